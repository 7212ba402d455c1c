//! A stretch of time: rows in order, and those that came since.

use std::collections::HashSet;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;

use super::clock::Dial;
use super::row::Row;
use super::sorted::Sorted;

/// A part is 2¹⁹ seconds long, about six days. A question that begins or ends within one looks at
/// each of its rows, which are many in a large tile; a small one is looked for in each part. With
/// twice as long parts the former take longer and the latter less.
const SECONDS: u32 = 19;

/// Seconds of an hour.
pub(super) const HOUR: u32 = 3600;

/// Rows that may wait out of order: this many, or a 32nd of those in order. Merging two
/// million rows takes some hundredths of a second, and each that waits costs every question
/// about the part a look.
const WAITING: usize = 1024;

/// The part of a time, and the whole seconds since it began.
pub(super) fn part_of(at: Timestamp) -> (i64, u32) {
    let second = at.as_millisecond().div_euclid(1000);
    (second >> SECONDS, (second & ((1 << SECONDS) - 1)) as u32)
}

/// The second at which a part begins.
pub(super) const fn start(part: i64) -> i64 {
    part << SECONDS
}

/// Seconds of a part.
pub(super) const LENGTH: i64 = 1 << SECONDS;

/// The tickets of a stretch of time.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// The second at which it begins.
    pub(super) start: i64,
    /// See [`Dial::cut`].
    pub(super) cut: u32,
    pub(super) sorted: Arc<Sorted>,
    /// Which of the sorted rows no longer hold.
    pub(super) gone: FixedBitSet,
    /// What came since, in no order.
    pub(super) waiting: Vec<Row>,
    /// The first and the last second of all that waited.
    waited: Option<(u32, u32)>,
}

impl Part {
    /// A part without any.
    pub(super) fn empty(key: i64, dial: Dial) -> Self {
        let start = start(key);
        Self { start, cut: dial.cut(start), ..Self::default() }
    }

    /// A part of these rows.
    pub(super) fn of(key: i64, dial: Dial, rows: Vec<Row>) -> Self {
        let part = Self::empty(key, dial);
        Self { sorted: Arc::new(Sorted::of(part.cut, rows)), ..part }
    }

    /// A part of rows that are in order already.
    pub(super) fn of_sorted(key: i64, dial: Dial, sorted: Sorted) -> Self {
        Self { sorted: Arc::new(sorted), ..Self::empty(key, dial) }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len() - self.gone.count_ones(..) + self.waiting.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.sorted.bytes() + self.waiting.capacity() * size_of::<Row>() + self.gone.len() / 8
    }

    /// The first and the last second that any of its tickets can have, since it began.
    pub(super) fn seconds(&self) -> Option<(u32, u32)> {
        around(self.sorted.seconds.into_iter().chain(self.waited))
    }

    /// Takes rows that are to wait.
    pub(super) fn wait(&mut self, rows: Vec<Row>) {
        let seconds = rows.iter().map(|row| row.when.second_of_part(self.cut)).map(|s| (s, s));
        self.waited = around(seconds.chain(self.waited));
        self.waiting.extend(rows);
    }

    /// Sorted rows that no longer hold.
    pub(super) fn gone_rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.gone.ones().map(|i| self.sorted.row(self.sorted.category(i), i))
    }

    /// Takes the tickets of these numbers out of the part and out of `numbers`; whether it
    /// had any.
    pub(super) fn remove(&mut self, numbers: &mut HashSet<u32>) -> bool {
        let before = numbers.len();
        if let (Some(low), Some(high)) =
            (numbers.iter().min().copied(), numbers.iter().max().copied())
        {
            // A gone row has the number of one that came after it.
            for (i, number) in self.sorted.numbers.iter().enumerate() {
                if (low..=high).contains(number)
                    && numbers.contains(number)
                    && !self.gone.contains(i)
                {
                    self.gone.grow(self.sorted.len());
                    self.gone.insert(i);
                    numbers.remove(number);
                }
            }
            self.waiting.retain(|row| !numbers.remove(&row.number));
        }
        numbers.len() < before
    }

    /// Merges what waits, if it is much.
    pub(super) fn settle(&mut self) {
        let most = WAITING.max(self.sorted.len() / 32);
        if self.waiting.len().max(self.gone.count_ones(..)) > most {
            *self = self.whole();
        }
    }

    /// The part with everything in order.
    pub(super) fn whole(&self) -> Self {
        let sorted = self.sorted.with(self.cut, &self.gone, self.waiting.clone());
        let Self { start, cut, .. } = *self;
        Self { start, cut, sorted: Arc::new(sorted), ..Self::default() }
    }

    /// Whether everything is in order.
    pub(super) fn is_whole(&self) -> bool {
        self.waiting.is_empty() && self.gone.is_clear()
    }
}

/// The stretch around some.
fn around(seconds: impl Iterator<Item = (u32, u32)>) -> Option<(u32, u32)> {
    seconds.reduce(|(a, b), (from, to)| (a.min(from), b.max(to)))
}
