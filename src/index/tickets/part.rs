//! A stretch of time: sorted rows, and those that came since.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use jiff::Timestamp;

use super::columns::Columns;

/// A part is 2²¹ seconds long, about 24 days.
const SECONDS: u32 = 21;

/// Rows that may wait unsorted: this many, or an eighth of the sorted ones.
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
    /// Along the Morton curve.
    sorted: Arc<Columns>,
    /// Lowest and highest number of the sorted rows.
    numbers: Option<(u32, u32)>,
    /// Sorted rows that no longer hold.
    gone: FixedBitSet,
    /// What came since, in no order.
    waiting: Columns,
}

impl Part {
    /// A part of these rows.
    pub(super) fn sorted(rows: &Columns) -> Self {
        let mut order: Vec<(u64, u32, u32)> = rows
            .codes
            .iter()
            .zip(&rows.numbers)
            .zip(0..)
            .map(|((code, number), i)| (*code, *number, i))
            .collect();
        order.sort_unstable();
        let mut sorted = Columns::with_capacity(rows.len());
        for (_, _, i) in order {
            sorted.copy(rows, i as usize);
        }
        Self::of_sorted(sorted)
    }

    /// A part of rows that are sorted already.
    pub(super) fn of_sorted(sorted: Columns) -> Self {
        let numbers =
            sorted.numbers.iter().min().copied().zip(sorted.numbers.iter().max().copied());
        Self { sorted: Arc::new(sorted), numbers, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len() - self.gone.count_ones(..) + self.waiting.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.sorted.bytes() + self.waiting.bytes() + self.gone.len() / 8
    }

    /// The first and the last second of its tickets, since it began. Looks at each of them.
    pub(super) fn seconds(&self) -> Option<(u32, u32)> {
        let sorted = self.sorted.seconds.iter().enumerate();
        let sorted = sorted.filter(|(i, _)| !self.gone.contains(*i)).map(|(_, second)| second);
        let all = sorted.chain(&self.waiting.seconds).copied();
        all.fold(None, |span, second| {
            Some(span.map_or((second, second), |(a, b): (u32, u32)| (a.min(second), b.max(second))))
        })
    }

    /// The sorted rows, which of them no longer hold, and the others.
    pub(super) fn rows(&self) -> (&Columns, &FixedBitSet, &Columns) {
        (&self.sorted, &self.gone, &self.waiting)
    }

    /// The part without the tickets of these numbers; `None` where it has none of them.
    pub(super) fn without(
        &self,
        numbers: &HashSet<u32>,
        range: RangeInclusive<u32>,
    ) -> Option<Self> {
        let hit = |number: &u32| range.contains(number) && numbers.contains(number);
        let within =
            self.numbers.is_some_and(|(low, high)| low <= *range.end() && high >= *range.start());
        let sorted = if within { self.sorted.numbers.as_slice() } else { &[] };
        let gone: Vec<usize> =
            sorted.iter().enumerate().filter(|(_, n)| hit(n)).map(|(i, _)| i).collect();
        let waits = self.waiting.numbers.iter().any(hit);
        if gone.is_empty() && !waits {
            return None;
        }
        let mut part = self.clone();
        if !gone.is_empty() {
            part.gone.grow(self.sorted.len());
            for i in gone {
                part.gone.insert(i);
            }
        }
        if waits {
            part.waiting = Columns::default();
            for i in (0..self.waiting.len()).filter(|i| !hit(&self.waiting.numbers[*i])) {
                part.waiting.copy(&self.waiting, i);
            }
        }
        Some(part.settled())
    }

    /// The part with more rows.
    pub(super) fn with(&self, rows: &Columns) -> Self {
        let mut part = self.clone();
        for i in 0..rows.len() {
            part.waiting.copy(rows, i);
        }
        part.settled()
    }

    /// The part with everything sorted.
    pub(super) fn whole(&self) -> Self {
        let mut rows = Columns::with_capacity(self.len());
        for i in (0..self.sorted.len()).filter(|i| !self.gone.contains(*i)) {
            rows.copy(&self.sorted, i);
        }
        for i in 0..self.waiting.len() {
            rows.copy(&self.waiting, i);
        }
        Self::sorted(&rows)
    }

    /// Whether everything is sorted.
    pub(super) fn is_whole(&self) -> bool {
        self.waiting.len() == 0 && self.gone.is_clear()
    }

    fn settled(self) -> Self {
        let most = WAITING.max(self.sorted.len() / 8);
        let loose = self.waiting.len().max(self.gone.count_ones(..));
        if loose > most { self.whole() } else { self }
    }
}
