//! The divisions of rows in order, as stretches of rows that have the same.
//!
//! Along the curve the next row is most often of the same township, so where they change takes
//! less room than a number for each row, and less reading: of a hundred million tickets there
//! are some twenty to a change.

use std::ops::Range;

use super::column::Column;

/// A number for each row, kept where it changes: 8 bytes a change.
#[derive(Debug, Clone, Default)]
pub(super) struct Stretches {
    /// Where each ends; it begins where the one before ends.
    pub(super) ends: Column<u32>,
    /// Its number.
    pub(super) numbers: Column<u32>,
}

impl Stretches {
    pub(super) fn of(each: impl Iterator<Item = u32>) -> Self {
        let (mut ends, mut numbers) = (Vec::new(), Vec::new());
        for (number, end) in each.zip(1..) {
            match (numbers.last(), ends.last_mut()) {
                (Some(last), Some(last_end)) if *last == number => *last_end = end,
                _ => {
                    numbers.push(number);
                    ends.push(end);
                }
            }
        }
        ends.shrink_to_fit();
        numbers.shrink_to_fit();
        Self { ends: ends.into(), numbers: numbers.into() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.ends.bytes() + self.numbers.bytes()
    }

    /// The stretch that a row is in.
    fn place(&self, row: usize) -> usize {
        self.ends.partition_point(|end| *end as usize <= row)
    }

    /// The number of a row. Costs a search.
    pub(super) fn number(&self, row: usize) -> Option<u32> {
        self.numbers.get(self.place(row)).copied()
    }

    /// The stretches that these rows have a share in, cut to them.
    pub(super) fn over(
        &self,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, u32)> + '_ {
        let first = self.place(rows.start);
        let mut from = rows.start;
        let each = self.ends[first..].iter().zip(&self.numbers[first..]);
        each.map_while(move |(end, number)| {
            let end = rows.end.min(*end as usize);
            (from < end).then(|| (std::mem::replace(&mut from, end)..end, *number))
        })
    }

    /// To go along them.
    pub(super) fn walk(&self) -> Walk<'_> {
        Walk { ends: &self.ends, numbers: &self.numbers, at: 0 }
    }
}

/// Goes along stretches, never back.
pub(super) struct Walk<'a> {
    ends: &'a [u32],
    numbers: &'a [u32],
    at: usize,
}

/// Stretches that are passed one by one before the right one is searched for: the next is near,
/// unless a category or a place was passed over.
const NEAR: usize = 8;

impl Walk<'_> {
    /// How many of some rows each number has: of those from a place on that are set in `rows`,
    /// which lie behind all that were asked about before.
    pub(super) fn count(&mut self, from: usize, mut rows: u64, mut take: impl FnMut(u32, u32)) {
        while rows != 0 {
            let first = from + rows.trailing_zeros() as usize;
            let mut passed = 0;
            let end = loop {
                let Some(end) = self.ends.get(self.at).map(|end| *end as usize) else { return };
                if end > first {
                    break end - from;
                }
                self.at += if passed < NEAR {
                    1
                } else {
                    self.ends[self.at..].partition_point(|end| *end as usize <= first)
                };
                passed += 1;
            };
            let within = if end < 64 { rows & ((1 << end) - 1) } else { rows };
            take(self.numbers[self.at], within.count_ones());
            rows ^= within;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stretches_say_of_each_row_what_it_was_given(
            runs in prop::collection::vec((0_u32..4, 1_usize..90), 0..60),
            chunks in prop::collection::vec(any::<u64>(), 80),
            cut in any::<prop::sample::Index>(),
        ) {
            let each: Vec<u32> =
                runs.iter().flat_map(|(n, count)| std::iter::repeat_n(*n, *count)).collect();
            let stretches = Stretches::of(each.iter().copied());
            let found: Vec<_> = (0..each.len()).map(|i| stretches.number(i)).collect();
            prop_assert_eq!(found, each.iter().copied().map(Some).collect::<Vec<_>>());
            prop_assert_eq!(stretches.number(each.len()), None);
            prop_assert!(stretches.ends.len() <= runs.len());

            let from = cut.index(each.len() + 1);
            let over: Vec<u32> = stretches
                .over(from..each.len())
                .flat_map(|(rows, number)| std::iter::repeat_n(number, rows.len()))
                .collect();
            prop_assert_eq!(&over[..], &each[from..]);

            // Some chunks are passed over.
            let mut walk = stretches.walk();
            for ((chunk, rows), set) in each.chunks(64).enumerate().zip(chunks) {
                let set = if set % 3 == 0 { 0 } else { set & (u64::MAX >> (64 - rows.len())) };
                let mut found = [0; 4];
                walk.count(chunk * 64, set, |number, count| found[number as usize] += count);
                let mut expected = [0; 4];
                for (i, number) in rows.iter().enumerate() {
                    expected[*number as usize] += u32::from(set >> i & 1 == 1);
                }
                prop_assert_eq!(found, expected);
            }
        }
    }
}
