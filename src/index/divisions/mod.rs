//! Divisions by place and by code.
//!
//! Of each level at most one division covers a position. The rule for positions on a
//! shared border: the division with the lower code, everywhere in the program.
//!
//! Two structures a level: boxes of polygon parts in an R-tree with an exact test
//! behind them ([`area`]), and border segments in an R-tree for distances
//! ([`borders`]).

mod area;
mod borders;

use std::collections::HashMap;

use geo::BoundingRect;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::city::{City, Division, Level};
use crate::geo::{Bounds, LonLat};
use area::Area;
use borders::Borders;
pub use borders::Nearest;

/// A part of a division's area by its bounding box: place in `areas`.
type Part = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// The areas of one level.
#[derive(Debug)]
struct LevelIndex {
    parts: RTree<Part>,
    areas: Vec<(u32, Area)>,
    borders: Borders,
}

/// Divisions by place and by code.
#[derive(Debug)]
pub struct DivisionIndex {
    by_code: HashMap<String, u32>,
    children: HashMap<String, Vec<u32>>,
    levels: [LevelIndex; 3],
}

impl DivisionIndex {
    /// Builds the index over all divisions that exist and have an area.
    pub fn build(city: &City) -> Self {
        let mut by_code = HashMap::with_capacity(city.divisions.len());
        let mut children: HashMap<String, Vec<u32>> = HashMap::new();
        for (i, division) in city.divisions.iter().enumerate() {
            by_code.insert(division.code.clone(), i as u32);
            if let Some(parent) = &division.parent {
                children.entry(parent.clone()).or_default().push(i as u32);
            }
        }
        let levels = Level::ALL.map(|level| LevelIndex::build(&city.divisions, level));
        Self { by_code, children, levels }
    }

    /// The number of the division with this code.
    pub fn number(&self, code: &str) -> Option<u32> {
        self.by_code.get(code).copied()
    }

    /// Numbers of the divisions directly under `code`, in the order of their codes.
    pub fn children(&self, code: &str) -> &[u32] {
        self.children.get(code).map_or(&[], Vec::as_slice)
    }

    /// Numbers of the divisions that cover a position: district, township, community.
    pub fn covering(&self, p: LonLat) -> [Option<u32>; 3] {
        [0, 1, 2].map(|i| self.levels[i].covering(p))
    }

    /// Whether any division of this level has an area.
    pub fn has_areas(&self, level: Level) -> bool {
        !self.levels[level as usize].areas.is_empty()
    }

    /// The border of division `of` nearest to `p`, which must lie on `level`.
    pub fn own_border(&self, level: Level, of: u32, p: LonLat) -> Option<Nearest> {
        self.levels[level as usize].borders.nearest(p, |owner| owner == of)
    }

    /// The border nearest to `p` of any division of `level` but `not`.
    pub fn other_border(&self, level: Level, not: Option<u32>, p: LonLat) -> Option<Nearest> {
        self.levels[level as usize].borders.nearest(p, |owner| Some(owner) != not)
    }

    /// Numbers of the divisions of `level` of which some part's box meets `b`.
    pub fn meeting(&self, level: Level, b: Bounds) -> Vec<u32> {
        let envelope = AABB::from_corners([b.west, b.south], [b.east, b.north]);
        let index = &self.levels[level as usize];
        let parts = index.parts.locate_in_envelope_intersecting(envelope);
        let mut numbers: Vec<u32> = parts.map(|p| index.areas[p.data as usize].0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

impl LevelIndex {
    fn build(divisions: &[Division], level: Level) -> Self {
        let mut areas = Vec::new();
        let mut parts = Vec::new();
        let mut segments = Vec::new();
        let of_level = divisions.iter().enumerate().filter(|(_, d)| d.level == level);
        for (number, division) in of_level {
            for polygon in division.area.iter().flatten() {
                let Some(rect) = polygon.bounding_rect() else { continue };
                let (min, max) = (rect.min(), rect.max());
                let rect = Rectangle::from_corners([min.x, min.y], [max.x, max.y]);
                parts.push(Part::new(rect, areas.len() as u32));
                areas.push((number as u32, Area::new(polygon)));
                borders::collect(polygon, number as u32, &mut segments);
            }
        }
        Self { parts: RTree::bulk_load(parts), areas, borders: Borders::new(segments) }
    }

    fn covering(&self, p: LonLat) -> Option<u32> {
        let at = AABB::from_point([p.lon, p.lat]);
        let candidates = self.parts.locate_in_envelope_intersecting(at);
        // Divisions are numbered in the order of their codes, so the lowest number is
        // the lowest code.
        candidates
            .map(|part| &self.areas[part.data as usize])
            .filter(|(_, area)| area.covers(p.lon, p.lat))
            .map(|(number, _)| *number)
            .min()
    }
}
