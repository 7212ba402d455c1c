//! Rows of a part that lie in order: by category, and of a category along the curve.
//!
//! So a category is one run, and a tile one run in it; divisions lie in stretches of rows that
//! have the same ([`super::stretches`]). Beside the rows stand, for each run,
//! how many of them there are of each hour and manner ([`Sorted::hours`]), where that is
//! shorter than the rows: questions that do not ask for a place are answered from it.

use std::iter::Peekable;
use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::codes::Codes;
use super::column::Column;
use super::row::{Manner, NOWHERE, Row, Seen, When};
use super::stretches::Stretches;
use super::whens::Whens;

/// Rows of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) category: u16,
    /// Where its rows end; they begin where those of the run before end.
    pub(super) end: u32,
    /// Where its hours end.
    pub(super) hours_end: u32,
}

/// Rows in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Sorted {
    pub(super) codes: Codes,
    pub(super) numbers: Column<u32>,
    pub(super) whens: Whens,
    pub(super) divisions: Stretches,
    pub(super) runs: Vec<Run>,
    /// Tallies of all runs, one after the other.
    pub(super) hours: Column<u32>,
    /// The first and the last second.
    pub(super) seconds: Option<(u32, u32)>,
}

/// How many rows of a run are of an hour and a manner, in 32 bits: ten for the hour of the
/// part, three for the status, eight for the channel, eleven for how many less one. More than
/// 2,048 are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally(pub(super) u32);

/// Rows that one tally can stand for.
const MOST: u32 = 1 << 11;

impl Tally {
    const fn new(hour: u8, manner: Manner, count: u32) -> Self {
        let Manner { status, channel } = manner;
        Self((hour as u32) << 22 | (status as u32) << 19 | (channel as u32) << 11 | (count - 1))
    }

    pub(super) const fn hour(self) -> u8 {
        (self.0 >> 22) as u8
    }

    pub(super) const fn manner(self) -> Manner {
        Manner { status: (self.0 >> 19) as u8 & 7, channel: (self.0 >> 11) as u8 }
    }

    pub(super) const fn count(self) -> u64 {
        (self.0 & (MOST - 1)) as u64 + 1
    }
}

impl Sorted {
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.codes.bytes()
            + self.numbers.bytes()
            + self.whens.bytes()
            + self.divisions.bytes()
            + self.hours.bytes()
            + self.runs.capacity() * size_of::<Run>()
    }

    /// The row at a place in a run of a category. Costs a search for its divisions.
    pub(super) fn row(&self, category: u16, i: usize) -> Row {
        let Seen { code, number, when, .. } = self.seen(category, i);
        let divisions = self.divisions.number(i).unwrap_or(u32::MAX);
        Row { code, number, when, divisions, category }
    }

    /// What is looked at of it. Without a panic, so that what is not used is not read.
    pub(super) fn seen(&self, category: u16, i: usize) -> Seen {
        Seen {
            code: self.codes.get(i).copied().unwrap_or(NOWHERE),
            number: self.numbers.get(i).copied().unwrap_or_default(),
            when: self.whens.get(i),
            category,
        }
    }

    /// Each run: its category, its rows and its tallies, which are none where they were not
    /// worth keeping.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u16, Range<usize>, Range<usize>)> + '_ {
        let (mut from, mut hours) = (0, 0);
        self.runs.iter().map(move |run| {
            let rows = std::mem::replace(&mut from, run.end as usize)..run.end as usize;
            let tallies =
                std::mem::replace(&mut hours, run.hours_end as usize)..run.hours_end as usize;
            (run.category, rows, tallies)
        })
    }

    /// The rows of a category.
    pub(super) fn run(&self, category: u16) -> Option<Range<usize>> {
        let i = self.runs.binary_search_by_key(&category, |run| run.category).ok()?;
        let from = i.checked_sub(1).map_or(0, |before| self.runs[before].end);
        Some(from as usize..self.runs[i].end as usize)
    }

    /// The category of a row.
    pub(super) fn category(&self, i: usize) -> u16 {
        let run = self.runs.partition_point(|run| run.end as usize <= i);
        self.runs.get(run).map_or(u16::MAX, |run| run.category)
    }

    /// Every row, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, Row)> + '_ {
        let seen = self
            .runs()
            .flat_map(move |(category, rows, _)| rows.map(move |i| (i, self.seen(category, i))));
        let divisions = self.divisions.over(0..self.len());
        let divisions = divisions.flat_map(|(rows, number)| rows.map(move |_| number));
        seen.zip(divisions).map(|((i, seen), divisions)| {
            let Seen { code, number, when, category } = seen;
            (i, Row { code, number, when, divisions, category })
        })
    }

    /// Those of these rows, in any order, of a part that has a [`cut`](super::clock::Dial::cut).
    pub(super) fn of(cut: u32, mut rows: Vec<Row>) -> Self {
        rows.sort_unstable_by_key(Row::key);
        let count = rows.len();
        Self::gather(cut, rows.into_iter(), count)
    }

    /// These without some of them, and with others, in any order.
    pub(super) fn with(&self, cut: u32, gone: &FixedBitSet, mut more: Vec<Row>) -> Self {
        more.sort_unstable_by_key(Row::key);
        let count = self.len() - gone.count_ones(..) + more.len();
        let kept = self.rows().filter(|(i, _)| !gone.contains(*i)).map(|(_, row)| row);
        let merged = Merged { a: kept.peekable(), b: more.into_iter().peekable() };
        Self::gather(cut, merged, count)
    }

    /// Columns of rows in order.
    fn gather(cut: u32, rows: impl Iterator<Item = Row>, count: usize) -> Self {
        let mut codes = Vec::with_capacity(count);
        let mut numbers = Vec::with_capacity(count);
        let mut whens: Vec<When> = Vec::with_capacity(count);
        let mut divisions = Vec::with_capacity(count);
        let mut runs: Vec<Run> = Vec::new();
        let mut seconds = None;
        for row in rows {
            if runs.last().is_none_or(|run| run.category != row.category) {
                runs.push(Run { category: row.category, end: 0, hours_end: 0 });
            }
            codes.push(row.code);
            numbers.push(row.number);
            whens.push(row.when);
            divisions.push(row.divisions);
            if let Some(run) = runs.last_mut() {
                run.end = codes.len() as u32;
            }
            let second = row.when.second_of_part(cut);
            let (a, b) = seconds.unwrap_or((second, second));
            seconds = Some((second.min(a), second.max(b)));
        }
        let hours = tallies(&mut runs, &whens);
        Self {
            codes: codes.into(),
            numbers: numbers.into(),
            whens: Whens::of(&whens),
            divisions: Stretches::of(divisions.into_iter()),
            runs,
            hours: hours.into(),
            seconds,
        }
    }
}

/// Two lists of rows in order as one.
struct Merged<A: Iterator<Item = Row>, B: Iterator<Item = Row>> {
    a: Peekable<A>,
    b: Peekable<B>,
}

impl<A: Iterator<Item = Row>, B: Iterator<Item = Row>> Iterator for Merged<A, B> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        match (self.a.peek(), self.b.peek()) {
            (Some(a), Some(b)) if b.key() < a.key() => self.b.next(),
            (Some(_), _) => self.a.next(),
            (None, _) => self.b.next(),
        }
    }
}

/// The tallies of each run, where there are fewer than half as many as rows.
fn tallies(runs: &mut [Run], whens: &[When]) -> Vec<u32> {
    let mut out = Vec::new();
    let mut sorted: Vec<(u8, Manner)> = Vec::new();
    let mut from = 0;
    for run in runs {
        let rows = &whens[from..run.end as usize];
        from = run.end as usize;
        sorted.clear();
        sorted.extend(rows.iter().map(|when| (when.hour, when.manner)));
        sorted.sort_unstable();
        let before = out.len();
        for same in sorted.chunk_by(|a, b| a == b) {
            let (hour, manner) = same[0];
            let mut left = same.len() as u32;
            while left > 0 {
                let count = left.min(MOST);
                out.push(Tally::new(hour, manner, count).0);
                left -= count;
            }
        }
        if (out.len() - before) * 2 > rows.len() {
            out.truncate(before);
        }
        run.hours_end = out.len() as u32;
    }
    out.shrink_to_fit();
    out
}
