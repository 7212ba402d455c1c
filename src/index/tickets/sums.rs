//! Counts by cell of whole groups of parts, for questions about much time and much ground.
//!
//! A group is 4, 16 or 64 parts of which the first begins at a multiple of that: a year is
//! about one of 16. For each category, and for all together, it has lists of cells and counts
//! at some zooms, along the curve, where a list is much shorter than the rows. So what a tile
//! asks of three years is a few lists and the parts at both ends.
//!
//! A group belongs to the very rows that it was made of ([`Group::is_of`]). Rows of these that
//! no longer hold, and those that wait, are counted one by one; after its parts were put in
//! order anew it is of no use, and is made again ([`super::TicketIndex::summed`]).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::TicketIndex;
use super::column::Column;
use super::filter::{Share, Test, ones};
use super::part::Part;
use super::row::{NOWHERE, Row};
use super::sorted::Sorted;

/// Zooms of the cells of lists.
pub(super) const ZOOMS: [u8; 3] = [13, 15, 17];
/// A list is kept where it is this much shorter than its rows.
const SHORTER: u64 = 8;
/// Levels of groups; one of level `n` is 4ⁿ parts.
pub(super) const LEVELS: u8 = 3;

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
const fn name_of(level: u8, part: i64) -> Name {
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

impl TicketIndex {
    /// Gives the cell of each ticket that fits to `add`, many at a time: its prefix of
    /// `2 * zoom` bits of the curve, or `None` where it has no place, and how many more or
    /// less there are. What they are added to is made by `new`; where many rows are looked at
    /// that is several, each on a thread of its own.
    pub(super) fn spread<T: Send>(
        &self,
        test: &Test<'_>,
        zoom: u32,
        new: impl Fn() -> T + Send + Sync,
        add: impl Fn(&mut T, Option<u64>, i64) + Send + Sync,
    ) -> Vec<T> {
        let work = |to: &mut T, piece: &Piece<'_>| {
            self.spread_piece(test, piece, zoom, &mut |cell, count| add(to, cell, count))
        };
        let pieces = self.pieces(test);
        let mut first = new();
        let (mut looked, mut done) = (0, 0);
        while let Some(piece) = pieces.get(done).filter(|_| looked < MUCH) {
            looked += work(&mut first, piece);
            done += 1;
        }
        let mut all = vec![first];
        let left = &pieces[done..];
        let together = left.len().div_ceil(4 * rayon::current_num_threads()).max(1);
        all.par_extend(left.par_iter().with_min_len(together).fold(&new, |mut to, piece| {
            work(&mut to, piece);
            to
        }));
        all
    }

    /// The time that is asked for in the largest groups that are within it and may be used,
    /// and in parts.
    fn pieces(&self, test: &Test<'_>) -> Vec<Piece<'_>> {
        let parts: Vec<(i64, &Part)> =
            self.parts.iter().map(|(key, part)| (*key, part.as_ref())).collect();
        let plain = test.is_plain();
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

    /// The cells of a piece; says how many rows were looked at.
    fn spread_piece(
        &self,
        test: &Test<'_>,
        piece: &Piece<'_>,
        zoom: u32,
        take: &mut impl FnMut(Option<u64>, i64),
    ) -> usize {
        let shift = 64 - 2 * zoom;
        let cell = |row: &Row| cell_of(row.code, shift);
        match piece {
            Piece::Group(name, group, parts) => {
                self.spread_group(test, *name, group, zoom, take);
                for part in parts {
                    let test = test.over(part);
                    let gone = part.gone_rows().filter(|row| test.fits(row));
                    gone.for_each(|row| take(cell(&row), -1));
                    test.waiting().for_each(|row| take(cell(row), 1));
                }
                0
            }
            Piece::Part(part) => {
                let mut cells = Cells::new(&mut *take);
                let codes = &part.sorted.codes[..];
                let test = test.over(part);
                let looked =
                    test.chunks(|_, from, fits| cells.push_all(&codes[from..], fits, shift));
                test.waiting().for_each(|row| cells.push(cell(row), 1));
                cells.finish();
                looked
            }
        }
    }

    /// What the rows of a group hold, without regard to what has changed since.
    fn spread_group(
        &self,
        test: &Test<'_>,
        name: Name,
        group: &Group,
        zoom: u32,
        take: &mut impl FnMut(Option<u64>, i64),
    ) {
        let asked: Vec<Of> = match &test.categories {
            None => vec![None],
            Some(bits) => bits.ones().map(|category| Some(category as u16)).collect(),
        };
        for of in asked {
            self.spread_of(test, name, group, of, zoom, take);
        }
    }

    fn spread_of(
        &self,
        test: &Test<'_>,
        name: Name,
        group: &Group,
        of: Of,
        zoom: u32,
        take: &mut impl FnMut(Option<u64>, i64),
    ) {
        if let Some((at, list)) = group.list(of, zoom) {
            let (cells, counts) = (&list.cells[..], &list.counts[..]);
            let shift = 2 * (u32::from(at) - zoom);
            let mut give = |places: Range<usize>| {
                for (cell, count) in cells[places.clone()].iter().zip(&counts[places]) {
                    take(Some(cell >> shift), i64::from(*count));
                }
            };
            match &test.area {
                None => give(0..cells.len()),
                Some(area) => {
                    let shift = 64 - 2 * u32::from(at);
                    for (range, _) in &area.ranges {
                        let place = |code: u64| cells.partition_point(|c| *c << shift < code);
                        give(place(range.start)..place(range.end));
                    }
                }
            }
            if test.area.is_none()
                && let Some(unplaced) = group.unplaced.get(&of)
            {
                take(None, *unplaced as i64);
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
                self.spread_of(test, name, group, of, zoom, take);
                done = keys(name).end;
                continue;
            }
            if below > 0 {
                // A single part is no group.
                done = *key + 1;
            }
            spread_rows(test, sorted, of, zoom, take);
        }
    }

    /// The index with every group that it lacks. Costs some tens of nanoseconds a ticket of
    /// those groups, on one core.
    #[must_use]
    pub fn summed(&self) -> Self {
        let mut index = self.clone();
        let top = |key: &i64| name_of(LEVELS, *key);
        let mut names: Vec<Name> = index.parts.keys().map(top).collect();
        names.dedup();
        let made: Vec<Groups> = std::thread::scope(|scope| {
            // The second level is where the work is; of its groups two are made at a time.
            let of_second = |name: Name| {
                let keys = keys(name);
                let mut seconds: Vec<Name> =
                    self.parts.range(keys).map(|(key, _)| name_of(2, *key)).collect();
                seconds.dedup();
                seconds
            };
            let mut made = Vec::new();
            for name in names {
                if self.groups.contains_key(&name) {
                    continue;
                }
                let mut groups = Groups::new();
                let mut nodes = Vec::new();
                for two in of_second(name).chunks(2) {
                    let threads: Vec<_> = two
                        .iter()
                        .map(|second| {
                            let second = *second;
                            scope.spawn(move || {
                                let mut groups = Groups::new();
                                let node = self.node(second, &mut groups);
                                (node, groups)
                            })
                        })
                        .collect();
                    for thread in threads {
                        if let Ok((node, of_node)) = thread.join() {
                            nodes.push(node);
                            groups.extend(of_node);
                        }
                    }
                }
                if nodes.len() > 1 {
                    let node = Node::around(nodes);
                    groups.insert(name, Arc::new(node.group(self, name)));
                }
                made.push(groups);
            }
            made
        });
        for groups in made {
            for (name, group) in groups {
                index.groups.entry(name).or_insert(group);
            }
        }
        index
    }

    /// Whether [`Self::summed`] would add anything. Cheap.
    pub fn lacks_sums(&self) -> bool {
        let filled = self.parts.iter().filter(|(_, part)| part.sorted.len() > 0);
        let mut below: Vec<i64> = filled.map(|(key, _)| *key).collect();
        (1..=LEVELS).any(|level| {
            let groups = below.chunk_by(|a, b| a >> 2 == b >> 2);
            let lacks = groups
                .filter(|members| members.len() > 1)
                .any(|members| !self.groups.contains_key(&(level, members[0] >> 2)));
            below = below.iter().map(|place| place >> 2).collect();
            below.dedup();
            lacks
        })
    }

    /// Takes over the groups of another index that are of the parts of this one.
    pub(super) fn adopt(&mut self, groups: &Groups) {
        for (name, group) in groups {
            if !self.groups.contains_key(name) && group.is_of(*name, &self.parts) {
                self.groups.insert(*name, Arc::clone(group));
            }
        }
    }

    /// The index with the sums of another that are of the same rows.
    #[must_use]
    pub fn with_sums_of(&self, other: &Self) -> Self {
        let mut index = self.clone();
        index.adopt(&other.groups);
        index
    }

    /// Drops the groups that are no longer of the parts.
    pub(super) fn drop_stale(&mut self) {
        let Self { groups, parts, .. } = self;
        groups.retain(|name, group| group.is_of(*name, parts));
    }

    /// The cells of a group, and it and those below it.
    fn node(&self, name: Name, groups: &mut Groups) -> Node {
        if name.0 == 0 {
            let part = self.parts.get(&name.1);
            return part.map(|part| Node::of(&part.sorted)).unwrap_or_default();
        }
        let mut below: Vec<Name> =
            self.parts.range(keys(name)).map(|(key, _)| name_of(name.0 - 1, *key)).collect();
        below.dedup();
        let nodes: Vec<Node> = below.iter().map(|name| self.node(*name, groups)).collect();
        if let [_] = &nodes[..] {
            return nodes.into_iter().next().unwrap_or_default();
        }
        let node = Node::around(nodes);
        groups.insert(name, Arc::new(node.group(self, name)));
        node
    }
}

/// What is looked at together.
enum Piece<'a> {
    Group(Name, &'a Group, Vec<&'a Part>),
    Part(&'a Part),
}

/// Rows after which other threads help. Few in tests, so that they do there.
const MUCH: usize = if cfg!(test) { 300 } else { 1 << 18 };

/// The cell of a code; `None` for what has no place.
const fn cell_of(code: u64, shift: u32) -> Option<u64> {
    if code == NOWHERE { None } else { Some(code >> shift) }
}

/// The rows of a part of a category or of all, without regard to what has changed since.
fn spread_rows(
    test: &Test<'_>,
    sorted: &Sorted,
    of: Of,
    zoom: u32,
    take: &mut impl FnMut(Option<u64>, i64),
) {
    let shift = 64 - 2 * zoom;
    let codes = &sorted.codes[..];
    for (_, run, _) in sorted.runs().filter(|(c, ..)| of.is_none_or(|of| of == *c)) {
        let mut cells = Cells::new(&mut *take);
        let mut push = |places: Range<usize>| {
            for chunk in codes[places].chunks(64) {
                cells.push_all(chunk, u64::MAX >> (64 - chunk.len()), shift);
            }
        };
        match &test.area {
            None => push(run),
            Some(area) => area.places(codes, run).for_each(|(places, _)| push(places)),
        }
        cells.finish();
    }
}

/// Cells that come one after the other; those that are alike are given together.
struct Cells<F> {
    take: F,
    last: Option<u64>,
    count: i64,
}

impl<F: FnMut(Option<u64>, i64)> Cells<F> {
    const fn new(take: F) -> Self {
        Self { take, last: None, count: 0 }
    }

    fn push(&mut self, cell: Option<u64>, count: i64) {
        if cell != self.last {
            self.give();
            self.last = cell;
        }
        self.count += count;
    }

    /// Codes in order, of which a bit says whether each is meant.
    fn push_all(&mut self, codes: &[u64], which: u64, shift: u32) {
        // Most often all are in one cell, or each eight are.
        if !self.push_if_one(codes, which, shift) {
            for eight in (0..64).step_by(8) {
                let which = which & 0xff << eight;
                if !self.push_if_one(codes, which, shift) {
                    ones(which).for_each(|i| self.push(cell_of(codes[i], shift), 1));
                }
            }
        }
    }

    /// Takes them if there are none or they are in one cell.
    fn push_if_one(&mut self, codes: &[u64], which: u64, shift: u32) -> bool {
        if which == 0 {
            return true;
        }
        let [first, last] =
            [which.trailing_zeros(), which.ilog2()].map(|i| cell_of(codes[i as usize], shift));
        if first == last {
            self.push(first, i64::from(which.count_ones()));
        }
        first == last
    }

    fn give(&mut self) {
        if self.count != 0 {
            (self.take)(self.last, std::mem::take(&mut self.count));
        }
    }

    fn finish(mut self) {
        self.give();
    }
}

/// The finest cells of the rows of a group, by category.
#[derive(Debug, Default)]
struct Node {
    of: BTreeMap<u16, Finest>,
}

/// Cells of the last of [`ZOOMS`].
#[derive(Debug, Default)]
struct Finest {
    cells: Vec<(u64, u32)>,
    placed: u64,
    unplaced: u64,
}

impl Node {
    fn of(sorted: &Sorted) -> Self {
        let shift = 64 - 2 * u32::from(ZOOMS[2]);
        let mut node = Self::default();
        for (category, run, _) in sorted.runs() {
            let finest = node.of.entry(category).or_default();
            let placed = sorted.codes[run.clone()].partition_point(|code| *code != NOWHERE);
            let codes = &sorted.codes[run.start..run.start + placed];
            let same = codes.chunk_by(|a, b| a >> shift == b >> shift);
            finest.cells = same.map(|same| (same[0] >> shift, same.len() as u32)).collect();
            finest.placed = placed as u64;
            finest.unplaced = (run.len() - placed) as u64;
        }
        node
    }

    fn around(nodes: Vec<Self>) -> Self {
        let mut around = Self::default();
        for node in nodes {
            for (category, finest) in node.of {
                let all = around.of.entry(category).or_default();
                all.cells.extend(finest.cells);
                all.placed += finest.placed;
                all.unplaced += finest.unplaced;
            }
        }
        around.of.values_mut().for_each(|finest| finest.cells = together(&finest.cells, 0));
        around
    }

    /// The group of these cells.
    fn group(&self, index: &TicketIndex, name: Name) -> Group {
        let parts = index.parts.range(keys(name)).filter(|(_, part)| part.sorted.len() > 0);
        let mut group = Group {
            parts: parts.map(|(key, part)| (*key, Arc::clone(&part.sorted))).collect(),
            ..Group::default()
        };
        let mut all = Finest::default();
        for (category, finest) in &self.of {
            keep(&mut group, Some(*category), finest);
            all.cells.extend(&finest.cells);
            all.placed += finest.placed;
            all.unplaced += finest.unplaced;
        }
        all.cells = together(&all.cells, 0);
        keep(&mut group, None, &all);
        group
    }
}

/// Adds the lists of a category to a group, where they are worth it.
fn keep(group: &mut Group, of: Of, finest: &Finest) {
    if finest.unplaced > 0 {
        group.unplaced.insert(of, finest.unplaced);
    }
    for zoom in ZOOMS {
        let cells = together(&finest.cells, 2 * u32::from(ZOOMS[2] - zoom));
        if cells.len() as u64 * SHORTER > finest.placed {
            continue;
        }
        let counts: Vec<u32> = cells.iter().map(|(_, count)| *count).collect();
        let cells: Vec<u64> = cells.into_iter().map(|(cell, _)| cell).collect();
        group.lists.insert((of, zoom), List { cells: cells.into(), counts: counts.into() });
    }
}

/// Cells along the curve, each once, `shift` bits larger than they were.
fn together(cells: &[(u64, u32)], shift: u32) -> Vec<(u64, u32)> {
    let mut sorted: Vec<(u64, u32)> = cells.iter().map(|(c, n)| (c >> shift, *n)).collect();
    // Stable, because it makes use of lists that are in order already.
    sorted.sort_by_key(|(cell, _)| *cell);
    sorted.dedup_by(|(next, more), (cell, count)| {
        let same = next == cell;
        if same {
            *count += *more;
        }
        same
    });
    sorted.shrink_to_fit();
    sorted
}
