//! The divisions of rows in order, as stretches of rows that have the same.
//!
//! Along the curve the next row is most often of the same township, so where they change takes
//! less room than a number for each row, and less reading: of a hundred million tickets there
//! are some twenty to a change.

use std::ops::Range;

use super::column::{Column, near};

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

    /// To count rows by their number.
    pub(super) fn counter<F: FnMut(u32, u32)>(&self, take: F) -> Counter<'_, F> {
        Counter {
            ends: &self.ends,
            numbers: &self.numbers,
            at: 0,
            base: 0,
            end: 0,
            words: [0; BLOCK + 1],
            take,
        }
    }
}

/// Words of 64 rows that are counted together.
const BLOCK: usize = 64;

/// How many rows of each number there are among some, which come in order.
///
/// Gathers a bit for each row, and then asks for each stretch how many of them lie before its
/// end. That takes the same steps whatever is set, which is quicker than to look for the
/// stretch of each bit.
pub(super) struct Counter<'a, F> {
    ends: &'a [u32],
    numbers: &'a [u32],
    /// A stretch that does not end after the rows that are counted.
    at: usize,
    /// The row of the first bit.
    base: usize,
    /// Behind the last row that is set.
    end: usize,
    /// One more than a block has, for 64 rows that begin within its last word.
    words: [u64; BLOCK + 1],
    take: F,
}

impl<F: FnMut(u32, u32)> Counter<'_, F> {
    /// Counts those of up to 64 rows from a place on that are set in `rows`; they lie behind all
    /// that came before.
    pub(super) fn push(&mut self, from: usize, rows: u64) {
        if rows == 0 {
            return;
        }
        if from - self.base >= BLOCK * 64 {
            self.give();
            self.base = from - from % 64;
        }
        let (word, shift) = ((from - self.base) / 64, from % 64);
        self.words[word] |= rows << shift;
        if shift > 0 {
            self.words[word + 1] |= rows >> (64 - shift);
        }
        self.end = from + 64 - rows.leading_zeros() as usize;
    }

    /// Gives what is left.
    pub(super) fn finish(mut self) {
        self.give();
    }

    fn give(&mut self) {
        let mut before = [0; BLOCK + 1];
        let mut all = 0;
        let used = self.end.saturating_sub(self.base).div_ceil(64);
        let words = &self.words[..used];
        for (before, word) in before.iter_mut().zip(words) {
            *before = all;
            all += word.count_ones();
        }
        let Some(first) = words.iter().position(|word| *word != 0) else { return };
        self.skip_to(self.base + first * 64 + words[first].trailing_zeros() as usize);
        let mut counted = 0;
        for (end, number) in self.ends[self.at..].iter().zip(&self.numbers[self.at..]) {
            if *end as usize >= self.end {
                (self.take)(*number, all - counted);
                break;
            }
            let i = *end as usize - self.base;
            let below = self.words[i / 64] & !(u64::MAX << (i % 64));
            let count = before[i / 64] + below.count_ones();
            (self.take)(*number, count - counted);
            counted = count;
            self.at += 1;
        }
        self.words[..used].fill(0);
    }

    /// Goes on to the stretch that a row is in.
    fn skip_to(&mut self, row: usize) {
        self.at += near(&self.ends[self.at..], |end| end as usize <= row);
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

            // Some chunks are passed over, and they need not begin at multiples of 64.
            let mut found = [0; 4];
            let mut counter = stretches.counter(|number, count| found[number as usize] += count);
            let mut expected = [0; 4];
            let mut start = cut.index(64).min(each.len());
            for (rows, set) in each[start..].chunks(64).zip(chunks) {
                let set = if set % 3 == 0 { 0 } else { set & (u64::MAX >> (64 - rows.len())) };
                counter.push(start, set);
                for (i, number) in rows.iter().enumerate() {
                    expected[*number as usize] += u32::from(set >> i & 1 == 1);
                }
                start += rows.len();
            }
            counter.finish();
            prop_assert_eq!(found, expected);
        }
    }
}
