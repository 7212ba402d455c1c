//! A row as a ticket with its words, or why it is none.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::Terms;
use super::time::time;
use crate::city::{Level, Survey, Ticket, TicketStatus, TicketSteps, TicketTexts};
use crate::geo::Datum;
use crate::import::cells::Cells;
use crate::import::columns::Binding;
use crate::import::report::{Notes, Rejected};
use crate::import::row::Row;
use crate::import::vocabulary::Vocabulary;
use crate::import::words;
use crate::store::{TicketRecord, TicketWrite};

/// A longer id, category or channel is a sentence.
const MAX_CHARS: usize = 200;
/// Hotlines with records are not older.
const OLDEST: &str = "1990-01-01T00:00:00Z";
/// Clocks of other systems may be ahead by so much.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// What a ticket says of a step that it has taken.
const STEPS: [&str; 5] =
    ["dispatched_at", "accepted_at", "responded_at", "closed_at", "surveyed_at"];
/// Times at which one ticket was sent back.
const MAX_RETURNS: usize = 1000;
/// Different words of a column that are remembered with what they mean.
const REMEMBERED: usize = 10_000;

/// Reads rows as tickets.
pub(super) struct Reader<'a> {
    binding: &'a Binding,
    pub(super) terms: &'a Terms<'a>,
    pub(super) datum: Datum,
    oldest: Timestamp,
    matters: Vocabulary,
    /// What words of the column of categories mean.
    categories: HashMap<String, String>,
    /// Codes of divisions by level and folded name or code; an empty one where it may be
    /// several.
    pub(super) divisions: HashMap<(Level, String), String>,
    /// Whether the file has a column of words; one that has none says nothing of them.
    has_words: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(binding: &'a Binding, terms: &'a Terms<'a>, datum: Datum) -> Self {
        let mut divisions: HashMap<(Level, String), String> = HashMap::new();
        for division in terms.city.divisions.iter() {
            let names = [&division.code, &division.name.zh, &division.name.en];
            for name in names.into_iter().chain(&division.aliases).filter(|n| !n.is_empty()) {
                let code = divisions
                    .entry((division.level, words::fold(name)))
                    .or_insert_with(|| division.code.clone());
                if *code != division.code {
                    code.clear();
                }
            }
        }
        Self {
            binding,
            terms,
            datum,
            oldest: OLDEST.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            matters: Vocabulary::matters(terms.city),
            categories: HashMap::new(),
            divisions,
            has_words: ["detail", "text", "address", "contact"].iter().any(|f| binding.has(f)),
        }
    }

    /// The ticket of a row.
    pub(super) fn read(
        &mut self,
        row: Row,
        notes: &mut Notes,
    ) -> Result<TicketWrite, Box<Rejected>> {
        let mut reasons = Vec::new();
        let write = self.ticket(&row, &mut reasons, notes);
        match write {
            Some(write) if reasons.is_empty() => Ok(write),
            _ => Err(Box::new(Rejected { place: row.place.clone(), row: Some(row), reasons })),
        }
    }

    fn ticket(
        &mut self,
        row: &Row,
        reasons: &mut Vec<String>,
        notes: &mut Notes,
    ) -> Option<TicketWrite> {
        let id = self.needed(row, "id", reasons);
        if let Some(id) = id.as_ref().filter(|id| Ticket::NO_IDS.contains(&id.as_str())) {
            reasons.push(format!("id: \"{id}\" is no id that an address can end in"));
        }
        let category = self.needed(row, "category", reasons).map(|word| self.category(&word));
        let steps = self.steps(row, reasons);
        let spot = self.spot(row, reasons, notes);
        let (id, category, steps) = (id?, category?, steps?);
        let status = self.status(row, &steps, reasons);
        let channel = self.text(row, "channel");
        if channel.as_ref().is_some_and(|c| c.chars().count() > MAX_CHARS) {
            reasons.push(format!("channel: it has more than {MAX_CHARS} characters"));
        }
        let day = self.terms.city.zone.to_datetime(steps.requested).date();
        let open = status != TicketStatus::Closed;
        let divisions = self.ground(row, spot.as_ref(), (day, open), reasons, notes);
        let survey = Survey {
            solved: self.yes_or_no(row, "resolved", reasons),
            satisfied: self.yes_or_no(row, "satisfied", reasons),
        };
        let owned = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        let told = [self.text(row, "detail"), self.text(row, "text")];
        let told: Vec<Cow<'_, str>> = told.into_iter().flatten().collect();
        let texts = TicketTexts {
            description: (!told.is_empty()).then(|| told.join("\n")),
            address: owned(self.text(row, "address")),
            contact: None,
            phone: owned(self.text(row, "contact")),
            response: None,
        };
        for unkept in ["returns", "agency"] {
            if self.text(row, unkept).is_some() {
                notes.add(&format!("{unkept}: a ticket has no place for it yet"), &row.place, "");
            }
        }
        let ticket = Ticket {
            id,
            category,
            channel: owned(channel).unwrap_or_else(|| "unknown".to_owned()),
            status,
            location: spot.as_ref().map(|spot| spot.at),
            located_by: spot.as_ref().map(|spot| spot.by),
            accuracy_m: spot.and_then(|spot| spot.accuracy_m),
            divisions,
            steps,
            survey,
            source: owned(self.text(row, "source")).unwrap_or_else(|| self.terms.source.to_owned()),
        };
        let mut cells = Cells::new(self.binding, row);
        let retired = cells.retirement();
        reasons.append(&mut cells.reasons);
        let texts = self.has_words.then_some(texts);
        Some(TicketWrite { record: TicketRecord { ticket, retired }, texts })
    }

    pub(super) fn text<'r>(&'r self, row: &'r Row, field: &str) -> Option<Cow<'r, str>> {
        self.binding.text(row, self.binding.field(field)?)
    }

    fn needed(&self, row: &Row, field: &str, reasons: &mut Vec<String>) -> Option<String> {
        let text = self.text(row, field);
        match text {
            None => reasons.push(format!("{field}: it is missing")),
            Some(text) if text.chars().count() > MAX_CHARS => {
                reasons.push(format!("{field}: it has more than {MAX_CHARS} characters"));
            }
            Some(text) if text.contains('\0') => {
                reasons.push(format!("{field}: it holds a NUL character"));
            }
            Some(text) => return Some(text.into_owned()),
        }
        None
    }

    /// The code of a matter of the city, or the word as it is: hotlines have more kinds than
    /// offices have matters.
    fn category(&mut self, word: &str) -> String {
        if let Some(code) = self.categories.get(word) {
            return code.clone();
        }
        let code = self.matters.code(word).map_or_else(|_| word.to_owned(), str::to_owned);
        if self.categories.len() < REMEMBERED {
            self.categories.insert(word.to_owned(), code.clone());
        }
        code
    }

    fn steps(&self, row: &Row, reasons: &mut Vec<String>) -> Option<TicketSteps> {
        let zone = &self.terms.city.zone;
        let latest = self.terms.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        let mut at = |field: &str| {
            let text = self.text(row, field)?;
            let Some(at) = time(&text, zone) else {
                reasons.push(format!("{field}: \"{text}\" is no time"));
                return None;
            };
            if at < self.oldest || at > latest {
                reasons.push(format!("{field}: {at} is before 1990 or in the future"));
                return None;
            }
            Some(at)
        };
        let requested = at("requested_at");
        let taken = STEPS.map(&mut at);
        if self.text(row, "requested_at").is_none() {
            reasons.push("requested_at: it is missing".to_owned());
        }
        let requested = requested?;
        for (field, at) in STEPS.iter().zip(taken) {
            if at.is_some_and(|at| at < requested) {
                reasons.push(format!("{field}: it is before requested_at"));
            }
        }
        let [dispatched, accepted, responded, closed, surveyed] = taken;
        let returned = self.returned(row, reasons);
        Some(TicketSteps { requested, dispatched, accepted, responded, closed, surveyed, returned })
    }

    /// The times at which it was sent back.
    fn returned(&self, row: &Row, reasons: &mut Vec<String>) -> Vec<Timestamp> {
        let Some(text) = self.text(row, "returned_at") else { return Vec::new() };
        let mut times = Vec::new();
        for part in words::list(&text) {
            match time(&part, &self.terms.city.zone) {
                Some(at) if times.len() < MAX_RETURNS => times.push(at),
                Some(_) => {
                    reasons.push(format!("returned_at: it has more than {MAX_RETURNS} times"));
                    break;
                }
                None => reasons.push(format!("returned_at: \"{part}\" is no time")),
            }
        }
        times
    }

    /// The status that the row says, or the one that its steps tell.
    fn status(&self, row: &Row, steps: &TicketSteps, reasons: &mut Vec<String>) -> TicketStatus {
        let told = match steps {
            TicketSteps { closed: Some(_), .. } => TicketStatus::Closed,
            TicketSteps { responded: Some(_), .. } => TicketStatus::Responded,
            TicketSteps { accepted: Some(_), .. } => TicketStatus::Accepted,
            TicketSteps { dispatched: Some(_), .. } => TicketStatus::Dispatched,
            _ => TicketStatus::Open,
        };
        let Some(word) = self.text(row, "status") else { return told };
        TicketStatus::parse(&word).unwrap_or_else(|| {
            let known: Vec<&str> = TicketStatus::ALL.iter().map(|s| s.key()).collect();
            reasons.push(format!(
                "status: \"{word}\" is none of {}; the column map can say what it means",
                known.join(", ")
            ));
            told
        })
    }

    fn yes_or_no(&self, row: &Row, field: &str, reasons: &mut Vec<String>) -> Option<bool> {
        let text = self.text(row, field)?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => {
                reasons.push(format!("{field}: \"{text}\" is neither true nor false"));
                None
            }
        }
    }
}
