//! What is in another division than before.

use std::collections::BTreeMap;

use super::before::Before;
use crate::city::{BorderChange, Division, Flow, Level, Redrawn};
use crate::index::{DivisionIndex, Snapshot};
use crate::locate::divisions_of_ticket;
use crate::store::{Store, StoreError, TicketMove};

/// Points that are named at most.
const NAMED: usize = 1000;

/// From where to where, on a level, by codes.
type Way = (Level, Option<String>, Option<String>);

/// What has moved, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// How many points.
    pub(super) points: u64,
    /// Ids of the first of them.
    pub(super) named: Vec<String>,
    /// Points and tickets.
    ways: BTreeMap<Way, (u64, u64)>,
}

impl Moved {
    pub(super) fn flows(&self) -> Vec<Flow> {
        let flow = |((level, from, to), (points, tickets)): (&Way, &(u64, u64))| Flow {
            level: *level,
            from: from.clone(),
            to: to.clone(),
            points: *points,
            tickets: *tickets,
        };
        self.ways.iter().map(flow).collect()
    }

    /// The counts of each level on which the two differ; whether any does.
    fn compare<'a>(
        &mut self,
        was: impl Fn(Level) -> Option<&'a str>,
        is: impl Fn(Level) -> Option<&'a str>,
        count: impl Fn(&mut (u64, u64)),
    ) -> bool {
        let mut moved = false;
        for level in Level::ALL {
            let (from, to) = (was(level), is(level));
            if from != to {
                let way = (level, from.map(str::to_owned), to.map(str::to_owned));
                count(self.ways.entry(way).or_default());
                moved = true;
            }
        }
        moved
    }
}

/// The divisions that are not what they were.
pub(super) fn divisions(before: &Before, now: &Snapshot) -> Vec<Redrawn> {
    let there = |divisions: &[Division], index: &DivisionIndex, code: &str| {
        let number = index.number(code)?;
        index.exists(number, index.today()).then(|| divisions[number as usize].clone())
    };
    let codes = before.divisions.iter().chain(now.city.divisions.iter());
    let codes: BTreeMap<&str, Level> = codes.map(|d| (d.code.as_str(), d.level)).collect();
    let mut all: Vec<Redrawn> = codes
        .into_iter()
        .filter_map(|(code, level)| {
            let was = there(&before.divisions, &before.index, code);
            let is = there(&now.city.divisions, &now.divisions, code);
            let change = match (was, is) {
                (None, Some(_)) => BorderChange::New,
                (Some(_), None) => BorderChange::Gone,
                (Some(was), Some(is)) if before.written.contains(code) && was.area != is.area => {
                    BorderChange::Redrawn
                }
                _ => return None,
            };
            Some(Redrawn { code: code.to_owned(), level, change })
        })
        .collect();
    all.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    all
}

/// The points that are in another division: those that a border has passed, not those
/// that have moved themselves.
pub(super) fn points(before: &Before, now: &Snapshot) -> Moved {
    let mut found = Moved::default();
    for (point, number) in now.city.points.iter().zip(0..) {
        let was = before.index.covering(point.location);
        let is = now.points.facts(number).divisions;
        let was = |level: Level| Some(code(&before.divisions, was[level as usize]?));
        let is = |level: Level| Some(code(&now.city.divisions, is[level as usize]?));
        if found.compare(was, is, |(points, _)| *points += 1) {
            found.points += 1;
            if found.named.len() < NAMED {
                found.named.push(point.id.clone());
            }
        }
    }
    found
}

/// The open tickets that are in another division than they say. Those whose divisions
/// somebody else has stated, without a day, are left alone.
pub(super) fn tickets(
    store: &dyn Store,
    now: &Snapshot,
    found: &mut Moved,
) -> Result<Vec<TicketMove>, StoreError> {
    let mut moves = Vec::new();
    store.tickets(0, &mut |_, record| {
        let ticket = record.ticket;
        let placed = ticket.location.filter(|_| ticket.divisions.on.is_some());
        if let Some(location) = placed
            && ticket.is_open()
            && record.retired.is_none()
        {
            let requested = now.city.zone.to_datetime(ticket.steps.requested).date();
            let Snapshot { city, divisions, .. } = now;
            let divisions = divisions_of_ticket(city, divisions, location, requested, true);
            let was = |level| ticket.divisions.get(level);
            let is = |level| divisions.get(level);
            if found.compare(was, is, |(_, tickets)| *tickets += 1) {
                moves.push(TicketMove { id: ticket.id, location, divisions });
            }
        }
        Ok(())
    })?;
    Ok(moves)
}

fn code(divisions: &[Division], number: u32) -> &str {
    &divisions[number as usize].code
}
