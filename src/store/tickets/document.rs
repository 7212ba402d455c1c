//! The document of a block of tickets: one list a field, as JSON.
//!
//! Field by field the same words stand once, and a ticket takes about 120 bytes where an
//! object of its own would take 600. Times are milliseconds since 1970. A list in which
//! nobody has a value is left out.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Filed, Retirement, StoreError, TicketRecord};
use crate::city::{LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps};
use crate::geo::LonLat;

/// Values of which many are the same: each once, and which one a ticket has.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Words<'a> {
    words: Vec<Cow<'a, str>>,
    of: Vec<Option<u32>>,
}

/// Values of which many are missing.
type Sparse<T> = Vec<Option<T>>;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document<'a> {
    numbers: Vec<u64>,
    before: Vec<u64>,
    ids: Vec<Cow<'a, str>>,
    category: Words<'a>,
    channel: Words<'a>,
    status: Words<'a>,
    source: Words<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lon: Sparse<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lat: Sparse<f64>,
    #[serde(skip_serializing_if = "Words::is_empty")]
    located_by: Words<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accuracy_m: Sparse<f64>,
    #[serde(skip_serializing_if = "Words::is_empty")]
    district: Words<'a>,
    #[serde(skip_serializing_if = "Words::is_empty")]
    township: Words<'a>,
    #[serde(skip_serializing_if = "Words::is_empty")]
    community: Words<'a>,
    #[serde(skip_serializing_if = "Words::is_empty")]
    divisions_on: Words<'a>,
    requested: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dispatched: Sparse<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accepted: Sparse<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    responded: Sparse<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    closed: Sparse<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    surveyed: Sparse<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    returned: BTreeMap<usize, Vec<i64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    solved: Sparse<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    satisfied: Sparse<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    retired: BTreeMap<usize, Cow<'a, Retirement>>,
}

impl<'a> Words<'a> {
    fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn of(values: impl Iterator<Item = Option<Cow<'a, str>>>) -> Self {
        let mut numbers: HashMap<Cow<'a, str>, u32> = HashMap::new();
        let mut words = Vec::new();
        // Neighbours often have the same word.
        let mut last: Option<(Cow<'a, str>, u32)> = None;
        let of = values
            .map(|value| {
                let value = value?;
                if let Some((word, number)) = &last
                    && *word == value
                {
                    return Some(*number);
                }
                let number = *numbers.entry(value.clone()).or_insert_with(|| {
                    words.push(value.clone());
                    words.len() as u32 - 1
                });
                last = Some((value, number));
                Some(number)
            })
            .collect();
        Self { words, of }
    }

    fn get(&self, i: usize) -> Result<Option<&str>, StoreError> {
        let Some(number) = self.of.get(i).copied().flatten() else { return Ok(None) };
        let word = self.words.get(number as usize).ok_or_else(|| damaged("a word is missing"))?;
        Ok(Some(word))
    }

    fn parsed<T>(
        &self,
        i: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(word) = self.get(i)? else { return Ok(None) };
        parse(word).map(Some).ok_or_else(|| damaged(&format!("the word \"{word}\" is unknown")))
    }
}

/// The document of tickets with their numbers and the entries that had them before.
pub(in crate::store) fn write<'a>(
    filed: &(impl Iterator<Item = (u64, u64, &'a TicketRecord)> + Clone),
) -> Result<String, StoreError> {
    let tickets = || filed.clone().map(|(_, _, record)| &record.ticket);
    let steps = |of: fn(&TicketSteps) -> Option<Timestamp>| {
        sparse(tickets().map(|t| of(&t.steps).map(Timestamp::as_millisecond)))
    };
    let division = |of: fn(&TicketDivisions) -> &Option<String>| {
        Words::of(tickets().map(|t| of(&t.divisions).as_deref().map(Cow::Borrowed)))
    };
    let word = |of: fn(&Ticket) -> &str| Words::of(tickets().map(|t| Some(Cow::Borrowed(of(t)))));
    let document = Document {
        numbers: filed.clone().map(|(number, _, _)| number).collect(),
        before: filed.clone().map(|(_, before, _)| before).collect(),
        ids: tickets().map(|t| Cow::Borrowed(t.id.as_str())).collect(),
        category: word(|t| &t.category),
        channel: word(|t| &t.channel),
        status: word(|t| t.status.key()),
        source: word(|t| &t.source),
        lon: sparse(tickets().map(|t| t.location.map(|p| p.lon))),
        lat: sparse(tickets().map(|t| t.location.map(|p| p.lat))),
        located_by: Words::of(tickets().map(|t| t.located_by.map(|by| Cow::Borrowed(by.key())))),
        accuracy_m: sparse(tickets().map(|t| t.accuracy_m)),
        district: division(|d| &d.district),
        township: division(|d| &d.township),
        community: division(|d| &d.community),
        divisions_on: Words::of(days(tickets().map(|t| t.divisions.on)).into_iter()),
        requested: tickets().map(|t| t.steps.requested.as_millisecond()).collect(),
        dispatched: steps(|s| s.dispatched),
        accepted: steps(|s| s.accepted),
        responded: steps(|s| s.responded),
        closed: steps(|s| s.closed),
        surveyed: steps(|s| s.surveyed),
        returned: tickets()
            .map(|t| t.steps.returned.iter().map(|at| at.as_millisecond()).collect::<Vec<_>>())
            .enumerate()
            .filter(|(_, times)| !times.is_empty())
            .collect(),
        solved: sparse(tickets().map(|t| t.survey.solved)),
        satisfied: sparse(tickets().map(|t| t.survey.satisfied)),
        retired: filed
            .clone()
            .enumerate()
            .filter_map(|(i, (_, _, record))| Some((i, Cow::Borrowed(record.retired.as_ref()?))))
            .collect(),
    };
    serde_json::to_string(&document)
        .map_err(|e| StoreError::Damaged(format!("tickets cannot be written: {e}")))
}

/// Reads what [`write()`] wrote.
pub(in crate::store) fn read(document: &str) -> Result<Vec<Filed>, StoreError> {
    let mut d: Document<'_> = serde_json::from_str(document)
        .map_err(|e| StoreError::Damaged(format!("a document of the change log: {e}")))?;
    let n = d.ids.len();
    d.check(n)?;
    let ids = std::mem::take(&mut d.ids);
    ids.into_iter().enumerate().map(|(i, id)| d.filed(i, id.into_owned())).collect()
}

impl Document<'_> {
    /// Every list has a value for each ticket or, where it may, for none.
    fn check(&self, n: usize) -> Result<(), StoreError> {
        let due = [self.numbers.len(), self.before.len(), self.requested.len()];
        let words = [&self.category, &self.channel, &self.status, &self.source];
        let full = due.into_iter().chain(words.map(|w| w.of.len())).all(|len| len == n);
        let times =
            [&self.dispatched, &self.accepted, &self.responded, &self.closed, &self.surveyed];
        let reals = [&self.lon, &self.lat, &self.accuracy_m];
        let words =
            [&self.located_by, &self.district, &self.township, &self.community, &self.divisions_on];
        let sparse = times
            .map(Vec::len)
            .into_iter()
            .chain(reals.map(Vec::len))
            .chain(words.map(|w| w.of.len()))
            .chain([self.solved.len(), self.satisfied.len()])
            .all(|len| len == 0 || len == n);
        if full && sparse { Ok(()) } else { Err(damaged("its lists differ in length")) }
    }

    fn filed(&mut self, i: usize, id: String) -> Result<Filed, StoreError> {
        let due = |value: Option<&str>| {
            value
                .map(str::to_owned)
                .ok_or_else(|| damaged(&format!("ticket \"{id}\" lacks a word")))
        };
        let owned = |words: &Words<'_>| words.get(i).map(|word| word.map(str::to_owned));
        let step = |values: &Sparse<i64>| values.get(i).copied().flatten().map(time).transpose();
        let location = match (self.lon.get(i), self.lat.get(i)) {
            (Some(Some(lon)), Some(Some(lat))) => Some(LonLat::new(*lon, *lat)),
            _ => None,
        };
        let status = self.status.parsed(i, TicketStatus::parse)?;
        let ticket = Ticket {
            category: due(self.category.get(i)?)?,
            channel: due(self.channel.get(i)?)?,
            status: status.ok_or_else(|| damaged("a ticket lacks its status"))?,
            location,
            located_by: self.located_by.parsed(i, LocatedBy::parse)?,
            accuracy_m: self.accuracy_m.get(i).copied().flatten(),
            divisions: TicketDivisions {
                district: owned(&self.district)?,
                township: owned(&self.township)?,
                community: owned(&self.community)?,
                on: self.divisions_on.parsed(i, |day| day.parse().ok())?,
            },
            steps: TicketSteps {
                requested: time(self.requested[i])?,
                dispatched: step(&self.dispatched)?,
                accepted: step(&self.accepted)?,
                responded: step(&self.responded)?,
                closed: step(&self.closed)?,
                surveyed: step(&self.surveyed)?,
                returned: self
                    .returned
                    .remove(&i)
                    .unwrap_or_default()
                    .into_iter()
                    .map(time)
                    .collect::<Result<_, _>>()?,
            },
            survey: Survey {
                solved: self.solved.get(i).copied().flatten(),
                satisfied: self.satisfied.get(i).copied().flatten(),
            },
            source: due(self.source.get(i)?)?,
            id,
        };
        Ok(Filed {
            number: self.numbers[i],
            before: self.before[i],
            record: TicketRecord { ticket, retired: self.retired.remove(&i).map(Cow::into_owned) },
        })
    }
}

/// A list in which nobody has a value is empty.
fn sparse<T>(values: impl Iterator<Item = Option<T>>) -> Sparse<T> {
    let values: Sparse<T> = values.collect();
    if values.iter().all(Option::is_none) { Vec::new() } else { values }
}

/// Days as texts, each different one written once.
fn days<'a>(days: impl Iterator<Item = Option<Date>>) -> Vec<Option<Cow<'a, str>>> {
    let mut last: Option<(Date, String)> = None;
    days.map(|day| {
        let day = day?;
        let known = last.take().filter(|(of, _)| *of == day);
        let (_, text) = last.insert(known.unwrap_or_else(|| (day, day.to_string())));
        Some(Cow::Owned(text.clone()))
    })
    .collect()
}

fn time(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|_| damaged(&format!("{ms} is no time")))
}

fn damaged(detail: &str) -> StoreError {
    StoreError::Damaged(format!("a block of tickets in the change log: {detail}"))
}
