//! Tickets as columns, for counting.
//!
//! A ticket is 17 bytes: its place on the Morton curve, its number, its hour and second, status
//! and channel; its divisions are kept where they change from one row to the next. Rows lie in
//! *parts* of about 6 days each, in a part by category, and of a category along the curve: a
//! stretch of time is some parts, and a tile is one run in each category of each. What is asked
//! most often is counted before: by cell for groups of parts, by hour for each part; with that a
//! ticket is about 24 bytes.
//!
//! - [`mod@row`]: a ticket as it is counted
//! - [`mod@column`]: values side by side, in memory or in a mapped file
//! - [`words`]: categories, channels and divisions by small numbers
//! - [`sorted`]: rows in order, and how many there are of each hour
//! - [`codes`]: where they are
//! - [`whens`]: their times
//! - [`manners`]: their statuses and channels
//! - [`byte_set`]: which of 64 bytes are of a set, and how often each comes
//! - [`stretches`]: their divisions, as stretches of rows that have the same
//! - [`mod@part`]: a stretch of time: rows in order, and those that came since
//! - [`sums`]: counts by cell of groups of parts
//! - [`summing`]: how those are made
//! - [`clock`]: which hour and which day a second is in the city
//! - [`share`]: none, some or all of many
//! - [`area`]: a box as stretches of the curve
//! - [`filter`]: what tickets must be like
//! - [`tell`]: those of a part, many at a time
//! - [`count`]: how many are so: in all, by cell, by kind
//! - [`timeline`]: when they were filed
//! - [`list`]: which are so, page by page
//! - [`mod@file`]: the kept copy, with a checksum, which is mapped into memory
//! - [`background`]: sums that are made beside the answering
//! - [`keep`]: from the records or the kept copy, whichever is right
//!
//! An index is never changed: [`TicketIndex::next`] gives the one after some changes, which
//! shares the parts that no change has touched. Retired tickets are not in it. Neither are
//! identifiers and words: who has a number finds them in the records.

mod area;
mod background;
mod byte_set;
mod clock;
mod codes;
mod column;
mod count;
mod file;
mod filter;
mod keep;
mod list;
mod manners;
mod part;
mod row;
mod share;
mod sorted;
mod stretches;
mod summing;
mod sums;
mod tell;
mod timeline;
mod whens;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub use background::Summing;
use clock::Dial;
pub use count::{Cells, Hexagons, Kind, TooManyCells};
pub use file::FileFault;
pub use filter::{Rhythm, TicketFilter};
pub(in crate::index) use keep::fingerprint;
pub use keep::{Keeper, open, read_copy, write_copy};
pub use list::{Among, Circle, Cut, List, Listed, Mark, NoMark, Order, Page};
use part::Part;
use row::{Row, When, code_of};
use sums::Groups;
pub use timeline::{Beginning, Step};
use words::Words;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::city::synthetic::hotline::SOURCE;
use crate::store::{Filed, TicketRecord};

/// All tickets that hold, at one moment of the change log.
#[derive(Debug, Clone, Default)]
pub struct TicketIndex {
    /// The last change that it has taken in.
    seq: u64,
    dial: Dial,
    words: Arc<Words>,
    parts: BTreeMap<i64, Arc<Part>>,
    /// Only those that are of the parts.
    groups: Groups,
}

impl TicketIndex {
    /// The last change of the log that it has taken in.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether made-up tickets are among them, or were since it was built.
    pub fn is_synthetic(&self) -> bool {
        self.words.lists.sources.iter().any(|source| source == SOURCE)
    }

    /// How many tickets there are.
    pub fn len(&self) -> usize {
        self.parts.values().map(|part| part.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From the time of the first ticket to the second after that of the last, or some time
    /// around them where these were changed of late; `None` where there are none.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let spans = || self.parts.values().filter_map(|part| Some((part.start, part.seconds()?)));
        let at = |start: i64, second: u32| Timestamp::from_second(start + i64::from(second)).ok();
        let ((first, (from, _)), (last, (_, to))) = spans().next().zip(spans().next_back())?;
        at(first, from).zip(at(last, to + 1))
    }

    /// Bytes that it takes, from the capacities of its lists.
    pub fn bytes(&self) -> usize {
        let parts: usize = self.parts.values().map(|part| part.bytes()).sum();
        let groups: usize = self.groups.values().map(|group| group.bytes()).sum();
        parts + groups + self.words.bytes()
    }

    /// The index after the tickets of some entries of the log, the last of which is `seq`.
    /// Costs what the changed parts hold, at most; new tickets cost what there are of them
    /// and of others that came since their part was sorted.
    #[must_use]
    pub fn next(&self, changes: &[Filed], seq: u64) -> Self {
        let mut words = Arc::clone(&self.words);
        let mut parts = self.parts.clone();
        // Of each ticket the last state counts, and whether any before it is in the parts.
        let mut last: HashMap<u64, (usize, bool)> = HashMap::with_capacity(changes.len());
        for (i, filed) in changes.iter().enumerate() {
            let (place, known) = last.entry(filed.number).or_insert((i, filed.before > 0));
            *place = i;
            *known |= filed.before > 0;
        }
        let mut new: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
        for (i, filed) in changes.iter().enumerate() {
            if last.get(&filed.number).is_some_and(|(place, _)| *place == i)
                && let Some((part, row)) = row(self.dial, &mut words, filed.number, &filed.record)
            {
                new.entry(part).or_default().push(row);
            }
        }
        let known = last.iter().filter(|(_, (_, known))| *known);
        let known = known.filter_map(|(n, _)| u32::try_from(*n).ok()).collect();
        take_out(&mut parts, known, &new);
        for (key, rows) in new {
            let part = parts.entry(key).or_insert_with(|| Arc::new(Part::empty(key, self.dial)));
            let part = Arc::make_mut(part);
            part.wait(rows);
            part.settle();
        }
        parts.retain(|_, part| part.len() > 0);
        let mut next = Self { seq, dial: self.dial, words, parts, groups: self.groups.clone() };
        next.drop_stale();
        next
    }
}

/// Takes the tickets of these numbers out of the parts. When a ticket was filed seldom
/// changes, so it is looked for first where its `new` row will be.
fn take_out(
    parts: &mut BTreeMap<i64, Arc<Part>>,
    mut known: HashSet<u32>,
    new: &BTreeMap<i64, Vec<Row>>,
) {
    let take = |part: &mut Arc<Part>, numbers: &mut HashSet<u32>| {
        let mut without = part.as_ref().clone();
        if !numbers.is_empty() && without.remove(numbers) {
            without.settle();
            *part = Arc::new(without);
        }
    };
    for (key, rows) in new {
        let numbers = rows.iter().map(|row| row.number);
        let mut here = numbers.filter(|number| known.remove(number)).collect();
        if let Some(part) = parts.get_mut(key) {
            take(part, &mut here);
        }
        known.extend(here);
    }
    for part in parts.values_mut() {
        take(part, &mut known);
    }
}

/// Gathers the tickets of a store that is read from its start.
#[derive(Debug)]
pub struct Builder {
    dial: Dial,
    words: Arc<Words>,
    parts: BTreeMap<i64, Vec<Row>>,
}

impl Builder {
    /// For a city of this zone; what is counted by another clock is looked at ticket by ticket
    /// where its hours are not the same.
    pub fn new(zone: &TimeZone) -> Self {
        Self { dial: Dial::of(zone), words: Arc::default(), parts: BTreeMap::new() }
    }

    /// Takes a ticket, which has not come before; one that is retired is not counted.
    pub fn push(&mut self, number: u64, record: &TicketRecord) {
        if let Some((part, row)) = row(self.dial, &mut self.words, number, record) {
            self.parts.entry(part).or_default().push(row);
        }
    }

    /// The index as of the change `seq`, put in order on as many threads as there are cores.
    pub fn finish(self, seq: u64) -> TicketIndex {
        let Self { dial, words, parts } = self;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let left = Mutex::new(parts.into_iter());
        let sort = || {
            let mut sorted = Vec::new();
            loop {
                let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((key, rows)) = next else { return sorted };
                sorted.push((key, Arc::new(Part::of(key, dial, rows))));
            }
        };
        let parts = thread::scope(|scope| {
            let all: Vec<_> = (0..threads).map(|_| scope.spawn(sort)).collect();
            let join = |one: thread::ScopedJoinHandle<'_, Vec<_>>| {
                one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            all.into_iter().flat_map(join).collect()
        });
        TicketIndex { seq, dial, words, parts, groups: Groups::new() }.summed(threads)
    }
}

/// The row of a ticket and the part that it belongs to; `None` for one that is retired.
fn row(
    dial: Dial,
    words: &mut Arc<Words>,
    number: u64,
    record: &TicketRecord,
) -> Option<(i64, Row)> {
    if record.retired.is_some() {
        return None;
    }
    let Ok(number) = u32::try_from(number) else {
        tracing::error!(number, "not counted: its number is beyond what can be held");
        return None;
    };
    let ticket = &record.ticket;
    let (part, second) = part::part_of(ticket.steps.requested);
    let (category, channel, divisions) = words::number(words, ticket);
    // What lies outside the city is kept and counted, and is not on the map.
    let code = code_of(ticket.location.filter(|_| !ticket.is_outside()));
    let when = When::new(second, dial.cut(part::start(part)), ticket.status, channel);
    Some((part, Row { code, number, when, divisions, category }))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
