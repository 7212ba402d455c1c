//! Tickets as columns, for counting.
//!
//! A ticket is 24 bytes: its place on the Morton curve, its number, when it was filed, its
//! category, channel, status and divisions. Rows lie in *parts* of about 24 days each, and in
//! a part along the curve, so that a stretch of time is some parts and a tile is one run in
//! each.
//!
//! - [`columns`]: rows, column by column
//! - [`words`]: categories, channels and divisions by small numbers
//! - [`part`]: a stretch of time: sorted rows, and those that came since
//! - [`clock`]: which hour and which day a second is in the city
//! - [`filter`]: what tickets must be like
//! - [`count`]: how many are so: in all, by cell, by time, by kind
//! - [`list`]: which are so, page by page
//! - [`mod@file`]: the kept copy, with a checksum
//! - [`keep`]: from the records or the kept copy, whichever is right
//!
//! An index is never changed: [`TicketIndex::next`] gives the one after some changes, which
//! shares the parts that no change has touched. Retired tickets are not in it. Neither are
//! identifiers and words: who has a number finds them in the records.

mod clock;
mod columns;
mod count;
mod file;
mod filter;
mod keep;
mod list;
mod part;
mod words;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use columns::{Columns, Place, Row};
pub use count::{Beginning, Cells, Kind, Step, TooManyCells};
pub use file::FileFault;
pub use filter::{Rhythm, TicketFilter};
pub(in crate::index) use keep::fingerprint;
pub use keep::{Keeper, open};
pub use list::{Among, Circle, Cut, List, Listed, Mark, NoMark, Order, Page};
use part::Part;
use words::Words;

use crate::store::{Filed, TicketRecord};

/// All tickets that hold, at one moment of the change log.
#[derive(Debug, Clone, Default)]
pub struct TicketIndex {
    /// The last change that it has taken in.
    seq: u64,
    words: Arc<Words>,
    parts: BTreeMap<i64, Arc<Part>>,
}

impl TicketIndex {
    /// The last change of the log that it has taken in.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// How many tickets there are.
    pub fn len(&self) -> usize {
        self.parts.values().map(|part| part.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that it takes, from the capacities of its lists.
    pub fn bytes(&self) -> usize {
        self.parts.values().map(|part| part.bytes()).sum::<usize>() + self.words.bytes()
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
        let known = last.iter().filter(|(_, (_, known))| *known);
        let known: HashSet<u32> = known.filter_map(|(n, _)| u32::try_from(*n).ok()).collect();
        if let (Some(low), Some(high)) = (known.iter().min(), known.iter().max()) {
            for part in parts.values_mut() {
                if let Some(without) = part.without(&known, *low..=*high) {
                    *part = Arc::new(without);
                }
            }
        }
        let mut new: BTreeMap<i64, Columns> = BTreeMap::new();
        for (i, filed) in changes.iter().enumerate() {
            if last.get(&filed.number).is_some_and(|(place, _)| *place == i)
                && let Some((part, row)) = row(&mut words, filed.number, &filed.record)
            {
                new.entry(part).or_default().push(row);
            }
        }
        for (key, rows) in new {
            let part = parts.entry(key).or_default();
            *part = Arc::new(part.with(&rows));
        }
        parts.retain(|_, part| part.len() > 0);
        Self { seq, words, parts }
    }
}

/// Gathers the tickets of a store that is read from its start.
#[derive(Debug, Default)]
struct Builder {
    words: Arc<Words>,
    parts: BTreeMap<i64, Columns>,
}

impl Builder {
    fn push(&mut self, number: u64, record: &TicketRecord) {
        if let Some((part, row)) = row(&mut self.words, number, record) {
            self.parts.entry(part).or_default().push(row);
        }
    }

    fn finish(self, seq: u64) -> TicketIndex {
        let sorted = |(key, rows): (i64, Columns)| (key, Arc::new(Part::sorted(&rows)));
        TicketIndex { seq, words: self.words, parts: self.parts.into_iter().map(sorted).collect() }
    }
}

/// The row of a ticket and the part that it belongs to; `None` for one that is retired.
fn row(words: &mut Arc<Words>, number: u64, record: &TicketRecord) -> Option<(i64, Row)> {
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
    let place = ticket.location.map_or(Place::NOWHERE, Place::of);
    Some((part, Row { place, number, second, category, channel, status: ticket.status, divisions }))
}

#[cfg(test)]
mod tests;
