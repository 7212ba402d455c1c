//! What was already reported: the same thing at the same place, open or closed lately.
//!
//! In two steps, because the columns know where, when and of what kind a ticket is, and only the
//! records know what was said: [`candidates`] finds the numbers of those that come into question,
//! a bounded number, and [`judge`] says of each of them why it may be the same and how surely.
//!
//! How near and how lately depends on the kind, which is a matter of the city
//! ([`Repeats`](crate::city::Repeats)). What is said is compared by the pairs of characters that
//! both hold, rare ones counting more.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, ToSpan};

use crate::city::{Kin, Ticket, TicketStatus, TicketTexts};
use crate::geo::LonLat;
use crate::geo::distance::geodesic;
use crate::index::ticket_text::{TicketText, said};
use crate::index::tickets::{Circle, Cut, List, Order};
use crate::index::{Snapshot, TicketFilter};

/// Tickets of each sort that come into question at most: open and closed ones, of the kind and
/// of any kind.
const MOST: usize = 250;
/// Days that a ticket is open at most to be found when it was closed lately.
const OPEN_DAYS: i64 = 120;
/// From this share of what was said on, the words are like each other.
const LIKE: f64 = 0.35;
/// What the kind, the words and the distance weigh in the score.
const WEIGHTS: [f64; 3] = [0.5, 0.3, 0.2];
/// What a near relative of the kind is worth.
const NEAR_KIN: f64 = 0.6;

/// What is reported now.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// Where, WGS-84.
    pub at: LonLat,
    /// Code of its category.
    pub category: Option<&'a str>,
    /// What is said.
    pub text: Option<&'a str>,
    /// Metres, where it is not the category that says how far.
    pub radius_m: Option<f64>,
    /// When.
    pub now: Timestamp,
}

/// A ticket that comes into question, as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// Its words.
    pub texts: &'a TicketTexts,
}

/// Why a ticket may be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similar {
    /// Its place among those that were judged.
    pub place: usize,
    /// Metres between the two.
    pub metres: f64,
    /// How the kinds are related; `None` where they are not, or no kind was reported.
    pub kin: Option<Kin>,
    /// The share of what was said that both say, 0 to 1; 0 where nothing was said.
    pub words: f64,
    /// 0 to 1: how surely it is the same.
    pub score: f64,
}

/// The numbers of the tickets that come into question: within the radius, open or filed lately
/// enough to have been closed lately; of the kind, and where something is said of any kind.
/// Costs a look at the tickets of the box around the circle.
pub fn candidates(s: &Snapshot, report: &Report<'_>) -> Vec<u64> {
    let radius = radius(s, report).unwrap_or_else(|| s.city.repeats.widest_m());
    let circle = Some(Circle { middle: report.at, radius });
    let days = i64::from(s.city.repeats.longest_days()) + OPEN_DAYS;
    let since = report.now.checked_sub((days * 24).hours()).ok();
    let kinds = report.category.map(|category| kindred(s, category));
    let any = (report.text.is_some() || kinds.is_none()).then_some(None);
    let mut numbers = BTreeSet::new();
    for categories in kinds.map(Some).into_iter().chain(any) {
        let open = TicketStatus::ALL.iter().copied().filter(|s| *s != TicketStatus::Closed);
        let open = TicketFilter {
            statuses: Some(open.collect()),
            categories: categories.clone(),
            ..TicketFilter::default()
        };
        let closed = TicketFilter {
            statuses: Some(vec![TicketStatus::Closed]),
            categories,
            from: since,
            ..TicketFilter::default()
        };
        for (filter, order) in [(&open, Order::Nearest(report.at)), (&closed, Order::Newest)] {
            let list = List { circle, order, ..List::newest(filter) };
            let page = s.tickets.list(&list, Cut::first(MOST));
            numbers.extend(page.tickets.into_iter().map(|listed| listed.number));
        }
    }
    numbers.into_iter().collect()
}

/// How far what is reported reaches, metres; `None` where nobody says, and each ticket reaches as
/// far as its own kind.
pub fn radius(s: &Snapshot, report: &Report<'_>) -> Option<f64> {
    let of = |category: &str| s.city.repeats.radius_m(&s.city.matters, category);
    report.radius_m.or_else(|| report.category.map(of))
}

/// All categories that are related to one.
fn kindred(s: &Snapshot, category: &str) -> Vec<String> {
    let (repeats, matters) = (&s.city.repeats, &s.city.matters);
    let named = repeats.kinds.iter().flat_map(|kind| &kind.codes).map(String::as_str);
    let all = matters.iter().map(|m| m.code.as_str()).chain(named).chain([category]);
    let related: BTreeSet<&str> =
        all.filter(|code| repeats.kin(matters, category, code).is_some()).collect();
    related.into_iter().map(str::to_owned).collect()
}

/// Which of some tickets may be the same as what is reported, the surest first. Words are weighed
/// by how rare they are in `text`; equally where that is not to be had. Some microseconds each.
pub fn judge(
    s: &Snapshot,
    report: &Report<'_>,
    known: &[Known<'_>],
    text: Option<&TicketText>,
) -> Vec<Similar> {
    let mut weights = Weights { text, known: HashMap::new() };
    let asked = report.text.map(said).filter(|terms| !terms.is_empty());
    let mut similar: Vec<Similar> = known
        .iter()
        .enumerate()
        .filter_map(|(place, known)| one(s, report, asked.as_ref(), place, known, &mut weights))
        .collect();
    similar.sort_by(|a, b| {
        let newer = |of: &Similar| known[of.place].ticket.steps.requested;
        b.score.total_cmp(&a.score).then_with(|| newer(b).cmp(&newer(a)))
    });
    similar
}

fn one(
    s: &Snapshot,
    report: &Report<'_>,
    asked: Option<&BTreeSet<String>>,
    place: usize,
    known: &Known<'_>,
    weights: &mut Weights<'_>,
) -> Option<Similar> {
    let (repeats, matters) = (&s.city.repeats, &s.city.matters);
    let Known { ticket, texts } = known;
    let metres = geodesic(report.at, ticket.location?);
    let reach = radius(s, report).unwrap_or_else(|| repeats.radius_m(matters, &ticket.category));
    if metres > reach || !holds(s, report, ticket) {
        return None;
    }
    let kin = report.category.and_then(|category| repeats.kin(matters, category, &ticket.category));
    let words = asked.map_or(0.0, |asked| {
        let theirs = [&texts.description, &texts.address].into_iter().flatten();
        let theirs: BTreeSet<String> = theirs.flat_map(|text| said(text)).collect();
        weights.share(asked, &theirs)
    });
    let says_something = report.category.is_some() || asked.is_some();
    if says_something && kin.is_none() && words < LIKE {
        return None;
    }
    let kind = kin.map_or(0.0, |kin| if kin == Kin::Same { 1.0 } else { NEAR_KIN });
    let near = if reach > 0.0 { 1.0 - metres / reach } else { 1.0 };
    let evidence = [report.category.map(|_| kind), asked.map(|_| words), Some(near)];
    let given = evidence.iter().zip(WEIGHTS).filter_map(|(e, w)| e.map(|e| (e * w, w)));
    let (sum, most) = given.fold((0.0, 0.0), |(sum, most), (e, w)| (sum + e, most + w));
    Some(Similar { place, metres, kin, words, score: sum / most })
}

/// Whether it is open, or was closed lately.
fn holds(s: &Snapshot, report: &Report<'_>, ticket: &Ticket) -> bool {
    if ticket.is_open() {
        return true;
    }
    let days = s.city.repeats.recent_days(&s.city.matters, &ticket.category);
    let closed = ticket.steps.closed.unwrap_or(ticket.steps.requested);
    let since = report.now.checked_sub((i64::from(days) * 24).hours());
    since.map_or(true, |since| closed >= since)
}

/// How much each term says.
struct Weights<'a> {
    text: Option<&'a TicketText>,
    known: HashMap<String, f64>,
}

impl Weights<'_> {
    fn of(&mut self, term: &str) -> f64 {
        if let Some(weight) = self.known.get(term) {
            return *weight;
        }
        let weight = self.text.map_or(1.0, |text| text.weight(term));
        self.known.insert(term.to_owned(), weight);
        weight
    }

    fn sum<'t>(&mut self, terms: impl Iterator<Item = &'t String>) -> f64 {
        // Nothing sums up to -0 otherwise.
        terms.fold(0.0, |sum, term| sum + self.of(term))
    }

    /// The share of the shorter that both say. One that says next to nothing is not taken for
    /// all of the other.
    fn share(&mut self, asked: &BTreeSet<String>, theirs: &BTreeSet<String>) -> f64 {
        let (ours, both) = (self.sum(asked.iter()), self.sum(asked.intersection(theirs)));
        let shorter = self.sum(theirs.iter()).min(ours).max(ours / 2.0);
        if shorter > 0.0 { (both / shorter).min(1.0) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests;
