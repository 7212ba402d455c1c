//! Where rows are: their places on the curve, in order within each run.
//!
//! The first of each block of 64 stands a second time, side by side with those of the other
//! blocks. So what is looked for is looked for among these first, which are few enough to stay
//! near the processor, and of most blocks nothing else is read: what begins and ends in a box
//! that the curve does not leave in between is in it.

use std::ops::{Deref, Range};

use super::byte_set::CHUNK;
use super::column::Column;

/// A code for each row.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    pub(super) each: Column<u64>,
    /// Those of the rows 0, 64, 128 and so on.
    pub(super) heads: Column<u64>,
}

impl From<Vec<u64>> for Codes {
    fn from(each: Vec<u64>) -> Self {
        let heads: Vec<u64> = each.iter().copied().step_by(CHUNK).collect();
        Self { each: each.into(), heads: heads.into() }
    }
}

impl Deref for Codes {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.each
    }
}

impl Codes {
    /// Heads of so many rows.
    pub(super) const fn heads_of(rows: usize) -> usize {
        rows.div_ceil(CHUNK)
    }

    pub(super) fn bytes(&self) -> usize {
        self.each.bytes() + self.heads.bytes()
    }

    /// The blocks of a run.
    pub(super) fn blocks(&self, run: Range<usize>) -> Blocks<'_> {
        let first = Self::heads_of(run.start);
        let heads = &self.heads[first..Self::heads_of(run.end)];
        Blocks { heads, first: first * CHUNK, run }
    }
}

/// A run in blocks: what comes before the first row that has a head, then a block from each of
/// these to the next. The first may be empty.
#[derive(Debug, Clone)]
pub(super) struct Blocks<'a> {
    /// The first code of each block but the first.
    pub(super) heads: &'a [u64],
    /// The row of the first of these.
    first: usize,
    run: Range<usize>,
}

impl Blocks<'_> {
    /// Where a block begins.
    pub(super) fn start(&self, block: usize) -> usize {
        match block.checked_sub(1) {
            None => self.run.start,
            Some(block) => self.run.end.min(self.first + block * CHUNK),
        }
    }

    /// The rows of a block.
    fn rows(&self, block: usize) -> Range<usize> {
        self.start(block)..self.start(block + 1)
    }
}

/// Runs in which the same is looked for together.
const TOGETHER: usize = 64;

/// A search for the first code that is not below one.
struct Search<'a> {
    code: u64,
    /// Where it can be.
    left: &'a [u64],
    /// How many are below it for certain.
    below: usize,
}

/// Looks step by step in all of them together: where each step waits for memory, they wait at
/// the same time.
fn search(searches: &mut [Search<'_>]) {
    let mut longest = searches.iter().map(|search| search.left.len()).max().unwrap_or(0);
    while longest > 0 {
        for search in searches.iter_mut().filter(|search| !search.left.is_empty()) {
            let (before, after) = search.left.split_at(search.left.len() / 2);
            let is_below = after[0] < search.code;
            search.below += if is_below { before.len() + 1 } else { 0 };
            search.left = if is_below { &after[1..] } else { before };
        }
        longest /= 2;
    }
}

/// Where in each of some runs those of a stretch of the curve are.
pub(super) fn within(runs: &[(&Codes, Range<usize>)], stretch: &Range<u64>) -> Vec<Range<usize>> {
    let mut all = Vec::with_capacity(runs.len());
    let mut searches: Vec<Search<'_>> = Vec::with_capacity(2 * TOGETHER.min(runs.len()));
    for runs in runs.chunks(TOGETHER) {
        let blocks = runs.iter().map(|(codes, run)| codes.blocks(run.clone()));
        let blocks: Vec<Blocks<'_>> = blocks.collect();
        searches.clear();
        for Blocks { heads, .. } in &blocks {
            let of = |code| Search { code, left: heads, below: 0 };
            searches.extend([of(stretch.start), of(stretch.end)]);
        }
        search(&mut searches);
        let (pairs, _) = searches.as_chunks_mut::<2>();
        for (pair, (blocks, (codes, _))) in pairs.iter_mut().zip(blocks.iter().zip(runs)) {
            for Search { left, below, .. } in pair {
                // It is in the block before the first head that is not below it.
                let rows = blocks.rows(*below);
                *left = &codes[rows.clone()];
                *below = rows.start;
            }
        }
        search(&mut searches);
        let (found, _) = searches.as_chunks::<2>();
        all.extend(found.iter().map(|[start, end]| start.below..end.below));
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_within_a_stretch_is_found_in_each_run(
            runs in prop::collection::vec(prop::collection::vec(0_u64..300, 0..200), 0..150),
            (a, b) in (0_u64..310, 0_u64..310),
        ) {
            let mut codes = Vec::new();
            let places: Vec<Range<usize>> = runs
                .into_iter()
                .map(|mut run| {
                    run.sort_unstable();
                    let start = codes.len();
                    codes.extend(run);
                    start..codes.len()
                })
                .collect();
            let codes = Codes::from(codes);
            let stretch = a.min(b)..a.max(b);
            let runs: Vec<(&Codes, Range<usize>)> =
                places.iter().map(|run| (&codes, run.clone())).collect();
            let found = within(&runs, &stretch);
            prop_assert_eq!(found.len(), places.len());
            for (found, run) in found.into_iter().zip(places) {
                let of_run = &codes[run.clone()];
                let below = |code| of_run.iter().filter(|c| **c < code).count();
                let [from, to] = [stretch.start, stretch.end].map(below);
                prop_assert_eq!(found, run.start + from..run.start + to);
            }
        }
    }
}
