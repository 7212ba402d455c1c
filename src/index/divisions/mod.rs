//! Divisions by place and by code.
//!
//! Of each level at most one division covers a position on a day. The rule for positions
//! on a shared border: the division with the lower code, everywhere in the program.
//!
//! Outlines with a tree of boxes, a level each, answer what needs exact arithmetic
//! ([`outlines`]); one grid over all levels knows most answers without it ([`cells`]).

mod cells;
mod outlines;

use std::collections::HashMap;

use jiff::civil::Date;

use crate::city::{City, Division, Level};
use crate::geo::distance::{LocalPlane, geodesic};
use crate::geo::{Bounds, LonLat};
use cells::{Candidate, Cells};
use outlines::{Hit, Outlines};

/// The nearest border that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Number of the division whose border it is.
    pub division: u32,
    /// Geodesic distance to it, metres.
    pub metres: f64,
    /// The point of the border that is nearest.
    pub at: LonLat,
}

/// The areas of one level.
#[derive(Debug)]
struct LevelIndex {
    outlines: Outlines,
    /// Number of the level's first division.
    first: u32,
    /// Where the parts of each division begin in `parts`; one more than there are divisions.
    starts: Vec<u32>,
    parts: Vec<u32>,
}

/// Divisions by place and by code.
#[derive(Debug)]
pub struct DivisionIndex {
    by_code: HashMap<String, u32>,
    children: HashMap<String, Vec<u32>>,
    /// Number of each division's parent.
    parents: Vec<Option<u32>>,
    levels: [LevelIndex; 3],
    cells: Cells,
    /// First day on which each division exists, and first on which it no longer does;
    /// empty where all always exist.
    times: Vec<(Date, Date)>,
    /// Days on which any division begins to exist or no longer does, ordered.
    turns: Vec<Date>,
    today: Date,
}

impl DivisionIndex {
    /// Builds the index; today is the city's today.
    pub fn build(city: &City) -> Self {
        Self::build_on(&city.divisions, city.today())
    }

    /// Builds the index as if `today` were today. About 0.3 µs for each vertex.
    pub fn build_on(divisions: &[Division], today: Date) -> Self {
        let mut by_code = HashMap::with_capacity(divisions.len());
        let mut children: HashMap<String, Vec<u32>> = HashMap::new();
        for (i, division) in divisions.iter().enumerate() {
            by_code.insert(division.code.clone(), i as u32);
            if let Some(parent) = &division.parent {
                children.entry(parent.clone()).or_default().push(i as u32);
            }
        }
        let parent = |d: &Division| by_code.get(d.parent.as_deref()?).copied();
        let ends = divisions.iter().flat_map(|d| [d.valid_from, d.valid_to]);
        let mut turns: Vec<Date> = ends.flatten().collect();
        turns.sort_unstable();
        turns.dedup();
        let time =
            |d: &Division| (d.valid_from.unwrap_or(Date::MIN), d.valid_to.unwrap_or(Date::MAX));
        let levels = Level::ALL.map(|level| LevelIndex::build(divisions, level));
        let [a, b, c] = &levels;
        let cells = Cells::new([&a.outlines, &b.outlines, &c.outlines]);
        Self {
            parents: divisions.iter().map(parent).collect(),
            times: if turns.is_empty() { Vec::new() } else { divisions.iter().map(time).collect() },
            turns,
            by_code,
            children,
            levels,
            cells,
            today,
        }
    }

    /// The day that counts where none is asked for.
    pub const fn today(&self) -> Date {
        self.today
    }

    /// The day since which the divisions are those of today; `None` where they always were.
    pub fn since(&self) -> Option<Date> {
        self.turns[..self.turns_until(self.today)].last().copied()
    }

    /// Whether the divisions of `day` are those of today.
    pub fn holds_on(&self, day: Date) -> bool {
        self.turns_until(day) == self.turns_until(self.today)
    }

    fn turns_until(&self, day: Date) -> usize {
        self.turns.partition_point(|turn| *turn <= day)
    }

    /// The number of the division with this code.
    pub fn number(&self, code: &str) -> Option<u32> {
        self.by_code.get(code).copied()
    }

    /// Numbers of the divisions directly under `code`, in the order of their codes.
    pub fn children(&self, code: &str) -> &[u32] {
        self.children.get(code).map_or(&[], Vec::as_slice)
    }

    /// The number of a division's parent.
    pub fn parent(&self, division: u32) -> Option<u32> {
        self.parents[division as usize]
    }

    /// Whether a division exists on a day.
    pub fn exists(&self, division: u32, day: Date) -> bool {
        self.times.get(division as usize).is_none_or(|(from, to)| *from <= day && day < *to)
    }

    /// Numbers of the divisions that cover a position today: district, township, community.
    pub fn covering(&self, p: LonLat) -> [Option<u32>; 3] {
        self.covering_on(p, self.today)
    }

    /// Numbers of the divisions that cover a position on a day: district, township,
    /// community. One look into a grid for most positions, an exact test or two near a
    /// border. A position that is not finite is covered by none.
    pub fn covering_on(&self, p: LonLat, day: Date) -> [Option<u32>; 3] {
        let Some(entries) = self.cells.at(p) else { return [None; 3] };
        [0, 1, 2].map(|i| self.covering_of(i, entries[i], p, day))
    }

    fn covering_of(&self, level: usize, entry: u32, p: LonLat, day: Date) -> Option<u32> {
        let outlines = &self.levels[level].outlines;
        // Divisions are numbered in the order of their codes, and so are the candidates.
        self.cells.candidates(entry).find_map(|candidate| match candidate {
            Candidate::Whole(division) => self.exists(division, day).then_some(division),
            Candidate::Part(part) => {
                let division = outlines.parts()[part as usize].division;
                let covers = self.exists(division, day) && outlines.covers(part, p.lon, p.lat);
                covers.then_some(division)
            }
        })
    }

    /// Whether any division of this level has an area.
    pub fn has_areas(&self, level: Level) -> bool {
        !self.levels[level as usize].outlines.parts().is_empty()
    }

    /// The border of division `of` nearest to `p`, which must lie on `level`.
    pub fn own_border(&self, level: Level, of: u32, p: LonLat) -> Option<Nearest> {
        self.own_border_within(level, of, p, f64::INFINITY)
    }

    /// Like [`DivisionIndex::own_border`], but only if it is nearer than about `metres`,
    /// which is much faster for small distances.
    pub fn own_border_within(
        &self,
        level: Level,
        of: u32,
        p: LonLat,
        metres: f64,
    ) -> Option<Nearest> {
        let index = &self.levels[level as usize];
        let plane = LocalPlane::at(p);
        let mut best: Option<Hit> = None;
        for part in index.parts_of(of) {
            let bound = best.map_or(metres, |hit| hit.metres);
            best = index.outlines.nearest_of(*part, &plane, p, bound).or(best);
        }
        best.map(|hit| nearest(p, hit))
    }

    /// The border nearest to `p` of any division of `level` that exists on `day`, but `not`.
    pub fn other_border(
        &self,
        level: Level,
        not: Option<u32>,
        p: LonLat,
        day: Date,
    ) -> Option<Nearest> {
        self.border_of(level, p, f64::INFINITY, |d| Some(d) != not && self.exists(d, day))
    }

    /// The border nearest to `p`, and nearer than about `metres`, of the divisions that
    /// are wanted.
    pub fn border_of(
        &self,
        level: Level,
        p: LonLat,
        metres: f64,
        wanted: impl Fn(u32) -> bool,
    ) -> Option<Nearest> {
        let plane = LocalPlane::at(p);
        let hit = self.levels[level as usize].outlines.nearest(&plane, p, metres, wanted)?;
        Some(nearest(p, hit))
    }

    /// Like [`DivisionIndex::other_border`] where the own border is known to be `own`
    /// metres away. Neighbours nearly always share that border, and then the walk ends as
    /// soon as it has found it a second time.
    pub fn other_border_beyond(
        &self,
        level: Level,
        not: u32,
        p: LonLat,
        day: Date,
        own: f64,
    ) -> Option<Nearest> {
        let wanted = |d| d != not && self.exists(d, day);
        // The plane on which a walk measures is off by less than this.
        let first = own * 1.01 + 0.01;
        let near = self.border_of(level, p, first, wanted);
        near.or_else(|| self.border_of(level, p, f64::INFINITY, wanted))
    }

    /// Numbers of the divisions of `level` that exist today and of which some part's box
    /// meets `b`. Looks at each box once.
    pub fn meeting(&self, level: Level, b: Bounds) -> Vec<u32> {
        let parts = self.levels[level as usize].outlines.parts().iter();
        let meets = |[west, south, east, north]: [f64; 4]| {
            west <= b.east && east >= b.west && south <= b.north && north >= b.south
        };
        let mut numbers: Vec<u32> = parts
            .filter(|part| meets(part.rect) && self.exists(part.division, self.today))
            .map(|part| part.division)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Bytes on the heap of what locates: outlines with their boxes, the grid, the dates.
    /// Counted from the capacities of the lists; the polygons of the records, from which
    /// it was built, are not part of it.
    pub fn locator_bytes(&self) -> usize {
        let levels = self.levels.iter().map(|l| {
            l.outlines.bytes() + size_of::<u32>() * (l.starts.capacity() + l.parts.capacity())
        });
        levels.sum::<usize>()
            + self.cells.bytes()
            + size_of::<(Date, Date)>() * self.times.capacity()
            + size_of::<Option<u32>>() * self.parents.capacity()
    }
}

fn nearest(p: LonLat, hit: Hit) -> Nearest {
    Nearest { division: hit.division, metres: geodesic(p, hit.at), at: hit.at }
}

impl LevelIndex {
    fn build(divisions: &[Division], level: Level) -> Self {
        let first = divisions.partition_point(|d| d.level < level);
        let end = divisions.partition_point(|d| d.level <= level);
        let mut polygons = Vec::new();
        for (number, division) in divisions.iter().enumerate().take(end).skip(first) {
            polygons.extend(division.area.iter().flatten().map(|p| (number as u32, p)));
        }
        let outlines = Outlines::new(&polygons);
        let mut starts = vec![0u32; end - first + 1];
        for part in outlines.parts() {
            starts[part.division as usize - first + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut parts: Vec<u32> = (0..outlines.parts().len() as u32).collect();
        parts.sort_by_key(|part| outlines.parts()[*part as usize].division);
        Self { outlines, first: first as u32, starts, parts }
    }

    /// The parts of a division.
    fn parts_of(&self, division: u32) -> &[u32] {
        let i = (division - self.first) as usize;
        &self.parts[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
}
