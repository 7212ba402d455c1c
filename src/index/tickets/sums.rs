//! Counts by cell of whole groups of parts, for questions about much time and much ground.
//!
//! A group is 4, 16, 64 or 256 parts of which the first begins at a multiple of that: a year
//! is about one of 64. For each category, and for all together, it has lists of cells and counts
//! at some zooms, along the curve, where a list is much shorter than the rows. So what a tile
//! asks of three years is a few lists and the parts at both ends.
//!
//! A group belongs to the very rows that it was made of ([`Group::is_of`]). Rows of these that
//! no longer hold, and those that wait, are counted one by one; after its parts were put in
//! order anew it is of no use, and is made again ([`super::summing`]).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::TicketIndex;
use super::byte_set::{CHUNK, FEW, low, ones};
use super::column::{Column, near};
use super::filter::{PartTest, Rows, Span, Test};
use super::part::Part;
use super::row::NOWHERE;
use super::share::Share;
use super::sorted::Sorted;

/// Zooms of the cells of lists.
pub(super) const ZOOMS: [u8; 3] = [13, 15, 17];
/// Levels of groups; one of level `n` is 4ⁿ parts.
pub(super) const LEVELS: u8 = 4;

/// A category, or all together.
pub(super) type Of = Option<u16>;
/// The level of a group and its place among those of the level.
pub(super) type Name = (u8, i64);

/// Cells and counts along the curve.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    pub(super) cells: Column<u64>,
    pub(super) counts: Column<u32>,
}

/// Some parts together.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// The parts and the rows that they had.
    pub(super) parts: Vec<(i64, Arc<Sorted>)>,
    pub(super) lists: BTreeMap<(Of, u8), List>,
    /// How many have no place.
    pub(super) unplaced: BTreeMap<Of, u64>,
}

/// Groups by level and place.
pub(super) type Groups = BTreeMap<Name, Arc<Group>>;

/// The keys of the parts of a group.
pub(super) const fn keys((level, place): Name) -> Range<i64> {
    place << (2 * level)..(place + 1) << (2 * level)
}

/// The group of a level that a part belongs to.
pub(super) const fn name_of(level: u8, part: i64) -> Name {
    (level, part >> (2 * level))
}

impl Group {
    /// Whether it is of the parts that these are.
    pub(super) fn is_of(&self, name: Name, parts: &BTreeMap<i64, Arc<Part>>) -> bool {
        let now = parts.range(keys(name)).filter(|(_, part)| part.sorted.len() > 0);
        let was = self.parts.iter();
        now.clone().count() == was.len()
            && now
                .zip(was)
                .all(|((k, part), (key, sorted))| k == key && Arc::ptr_eq(&part.sorted, sorted))
    }

    pub(super) fn bytes(&self) -> usize {
        self.lists.values().map(|list| list.cells.bytes() + list.counts.bytes()).sum()
    }

    /// The list with the largest cells that are no larger than asked.
    fn list(&self, of: Of, zoom: u32) -> Option<(u8, &List)> {
        let mut fine = ZOOMS.iter().filter(|z| u32::from(**z) >= zoom);
        fine.find_map(|z| Some((*z, self.lists.get(&(of, *z))?)))
    }
}

/// What the counts of cells are added to.
pub(super) trait Gather: Send {
    /// Adds to a cell, named by its prefix of the curve, or to what has no place.
    fn add(&mut self, cell: Option<u64>, count: i64);

    /// Adds up to 64 rows, of which a bit says whether each is meant, by their codes, which are
    /// in order; `shift` bits of these are within a cell.
    fn add_rows(&mut self, codes: &[u64], which: u64, shift: u32) {
        each_cell(codes, which, shift, |cell, count| self.add(cell, count));
    }
}

impl TicketIndex {
    /// Adds the tickets that fit to their cells, many at a time, some of them taken back. The
    /// cells are prefixes of `2 * zoom` bits of the curve. What they are added to is made by
    /// `new`; where many rows are looked at that is several, each on a thread of its own.
    pub(super) fn spread<T: Gather>(
        &self,
        test: &Test<'_>,
        zoom: u32,
        new: impl Fn() -> T + Send + Sync,
    ) -> Vec<T> {
        let shift = 64 - 2 * zoom;
        let mut first = new();
        let mut tests = Vec::new();
        let mut runs = Vec::new();
        for piece in self.pieces(test, zoom) {
            let parts = match &piece {
                Piece::Group(name, group, parts) => {
                    self.spread_group(test, (*name, group), zoom, &mut first, &mut runs);
                    &parts[..]
                }
                Piece::Part(part) => std::slice::from_ref(part),
            };
            for part in parts {
                let test = test.over(part);
                test.waiting().for_each(|row| first.add(cell_of(row.code, shift), 1));
                if let Piece::Group(..) = piece {
                    let gone = part.gone_rows().filter(|row| test.fits(row));
                    gone.for_each(|row| first.add(cell_of(row.code, shift), -1));
                } else {
                    tests.push(test);
                }
            }
        }
        // First where to look, which says how much that is.
        let mut spans: Vec<(Option<&PartTest<'_, '_>>, &Sorted, Span)> = Vec::new();
        for test in &tests {
            let of_part = test.spans().into_iter();
            spans.extend(of_part.map(|span| (Some(test), test.part.sorted.as_ref(), span)));
        }
        let of_groups = test.spans(&runs).into_iter();
        spans.extend(of_groups.map(|(run, span)| (None, runs[run].sorted, span)));
        let rows: usize = spans.iter().map(|(.., span)| span.rows.len()).sum();
        let look =
            |to: &mut T, (test, sorted, span): (Option<&PartTest<'_, '_>>, &Sorted, Span)| {
                let codes = &sorted.codes[..];
                if let Some(test) = test {
                    test.scan(&span, &mut |from, fits| to.add_rows(&codes[from..], fits, shift));
                } else {
                    for chunk in codes[span.rows].chunks(CHUNK) {
                        to.add_rows(chunk, low(chunk.len()), shift);
                    }
                }
            };
        if rows < MUCH {
            for span in spans {
                look(&mut first, span);
            }
            return vec![first];
        }
        let cut = spans
            .into_iter()
            .flat_map(|(test, sorted, span)| span.cut().map(move |span| (test, sorted, span)));
        let cut: Vec<_> = cut.collect();
        let together = cut.len().div_ceil(8 * rayon::current_num_threads());
        let gathered = cut.into_par_iter().with_min_len(together).fold(&new, |mut to, span| {
            look(&mut to, span);
            to
        });
        let mut all = vec![first];
        all.par_extend(gathered);
        all
    }

    /// The time that is asked for in the largest groups that are within it and may be used for
    /// cells of a zoom, and in parts.
    fn pieces(&self, test: &Test<'_>, zoom: u32) -> Vec<Piece<'_>> {
        let parts: Vec<(i64, &Part)> =
            self.parts.iter().map(|(key, part)| (*key, part.as_ref())).collect();
        let plain = zoom <= u32::from(ZOOMS[2]) && test.is_plain(zoom);
        let mut pieces = Vec::new();
        let mut i = 0;
        while i < parts.len() {
            let (key, part) = parts[i];
            let share = test.share(part);
            let group = (plain && share == Share::All).then(|| {
                (1..=LEVELS).rev().find_map(|level| {
                    let name = name_of(level, key);
                    let group = self.groups.get(&name)?;
                    let keys = keys(name);
                    let members = parts[i..].iter().take_while(|(k, _)| *k < keys.end);
                    let count = members.clone().count();
                    let whole = (i == 0 || parts[i - 1].0 < keys.start)
                        && members.clone().all(|(_, part)| test.share(part) == Share::All);
                    whole.then_some((name, group, count))
                })
            });
            if let Some((name, group, count)) = group.flatten() {
                let members = parts[i..i + count].iter().map(|(_, part)| *part).collect();
                pieces.push(Piece::Group(name, group, members));
                i += count;
                continue;
            }
            if share != Share::None {
                pieces.push(Piece::Part(part));
            }
            i += 1;
        }
        pieces
    }

    /// Adds what the rows of a group hold, without regard to what has changed since; those for
    /// which it has no list are left to be looked at as `runs`.
    fn spread_group<'a, T: Gather>(
        &'a self,
        test: &Test<'_>,
        group: (Name, &'a Group),
        zoom: u32,
        to: &mut T,
        runs: &mut Vec<Rows<'a>>,
    ) {
        let asked: Vec<Of> = match &test.categories {
            None => vec![None],
            Some(bits) => bits.ones().map(|category| Some(category as u16)).collect(),
        };
        for of in asked {
            self.spread_of(test, group, (of, zoom), to, runs);
        }
    }

    fn spread_of<'a, T: Gather>(
        &'a self,
        test: &Test<'_>,
        (name, group): (Name, &'a Group),
        (of, zoom): (Of, u32),
        to: &mut T,
        runs: &mut Vec<Rows<'a>>,
    ) {
        if let Some((at, list)) = group.list(of, zoom) {
            let (cells, counts) = (&list.cells[..], &list.counts[..]);
            let shift = 2 * (u32::from(at) - zoom);
            let mut give = |places: Range<usize>| {
                for (cell, count) in cells[places.clone()].iter().zip(&counts[places]) {
                    to.add(Some(cell >> shift), i64::from(*count));
                }
            };
            match &test.area {
                None => give(0..cells.len()),
                Some(area) => {
                    let shift = 64 - 2 * u32::from(at);
                    for (range, _) in &area.ranges {
                        let start = cells.partition_point(|cell| *cell << shift < range.start);
                        let end = near(&cells[start..], |cell| cell << shift < range.end);
                        give(start..start + end);
                    }
                }
            }
            if test.area.is_none()
                && let Some(unplaced) = group.unplaced.get(&of)
            {
                to.add(None, *unplaced as i64);
            }
            return;
        }
        let below = name.0 - 1;
        let mut done = i64::MIN;
        for (key, sorted) in &group.parts {
            if *key < done {
                continue;
            }
            let name = name_of(below, *key);
            if let Some(group) = self.groups.get(&name).filter(|_| below > 0) {
                self.spread_of(test, (name, group), (of, zoom), to, runs);
                done = keys(name).end;
                continue;
            }
            if below > 0 {
                // A single part is no group.
                done = *key + 1;
            }
            let rows = |category, range| Rows { sorted, category, range };
            match of {
                None => runs.extend(sorted.runs().map(|(kind, range, _)| rows(kind, range))),
                Some(kind) => runs.extend(sorted.run(kind).map(|range| rows(kind, range))),
            }
        }
    }
}

/// What is looked at together.
enum Piece<'a> {
    Group(Name, &'a Group, Vec<&'a Part>),
    Part(&'a Part),
}

/// Rows from which more threads than one look at them, which takes these some hundredths of a
/// millisecond to begin. Few in tests, so that they do there.
const MUCH: usize = if cfg!(test) { 300 } else { 1 << 16 };

/// The cell of a code; `None` for what has no place.
const fn cell_of(code: u64, shift: u32) -> Option<u64> {
    if code == NOWHERE { None } else { Some(code >> shift) }
}

/// Gives the cells of up to 64 rows, as [`Gather::add_rows`] takes them, and how many of these
/// are in each.
fn each_cell(codes: &[u64], mut which: u64, shift: u32, mut take: impl FnMut(Option<u64>, i64)) {
    if which == 0 {
        return;
    }
    let (first, last) = (which.trailing_zeros(), which.ilog2());
    let cell = cell_of(codes[first as usize], shift);
    // In order, so what is between two of a cell is of it too, and need not be read.
    if cell == cell_of(codes[last as usize], shift) {
        return take(cell, i64::from(which.count_ones()));
    }
    if which.count_ones() <= FEW {
        return ones(which).for_each(|i| take(cell_of(codes[i], shift), 1));
    }
    let mut cells = [NOWHERE; CHUNK];
    for (to, code) in cells.iter_mut().zip(codes) {
        *to = cell_of(*code, shift).unwrap_or(NOWHERE);
    }
    // A bit where the next is of another cell.
    let mut ends = 1_u64 << 63;
    for (i, two) in cells.windows(2).enumerate() {
        ends |= u64::from(two[0] != two[1]) << i;
    }
    while which != 0 {
        let first = which.trailing_zeros();
        let end = (ends >> first).trailing_zeros() + first;
        let here = which & (u64::MAX >> (63 - end));
        let cell = cells[first as usize];
        take((cell != NOWHERE).then_some(cell), i64::from(here.count_ones()));
        which ^= here;
    }
}
