//! How tickets lie on the map: counts in the cells of a grid that is aligned with the world.
//!
//! A tile has 2^grid cells along its side, and those of the tiles below it lie in them, so
//! that children add up to their parent. Features stand in the order of the curve. Written by
//! hand: a tile has thousands of features with one number each.

use super::{EXTENT_BITS, mvt};
use crate::geo::TileId;
use crate::geo::morton::demorton;
use crate::index::{TicketFilter, TicketIndex};
use crate::wire::{bytes_of, number, sized, varint, zigzag};

/// Name of the vector layer.
pub(super) const NAME: &str = "density";

/// What stands for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Its middle.
    #[default]
    Point,
    /// Its square.
    Cell,
}

/// Which tickets are drawn, and how.
#[derive(Debug, Clone, Default)]
pub struct Density {
    /// Which are counted.
    pub filter: TicketFilter,
    /// What stands for a cell.
    pub shape: Shape,
    /// A tile has 2^grid cells along its side; 5 to 8.
    pub grid: u8,
    /// Months of the time that is counted, where features say how many tickets there were in
    /// a month too.
    pub months: Option<f64>,
}

/// The layer as a part of a tile; none if there are no tickets. Costs what
/// [`TicketIndex::tile`] does, and some twenty nanoseconds a cell.
pub fn encode(tickets: &TicketIndex, tile: TileId, density: &Density) -> Vec<u8> {
    let grid = u32::from(density.grid);
    let cells = tickets.tile(&density.filter, tile, grid);
    if cells.is_empty() {
        return Vec::new();
    }
    let mut layer = Cells::new(density.months, cells.len());
    let side = 1 << (EXTENT_BITS - grid);
    for (cell, count) in cells {
        // The cell's number on the curve of its tile is a code of `2 * grid` bits.
        let at = demorton(u64::from(cell));
        let (x, y) = (at.x as i32 * side, at.y as i32 * side);
        layer.push(count);
        match density.shape {
            Shape::Point => layer.point(x + side / 2, y + side / 2),
            Shape::Cell => layer.square(x, y, side),
        }
    }
    layer.finish()
}

/// A layer of cells that grows.
struct Cells {
    months: Option<f64>,
    features: Vec<u8>,
    values: Vec<u8>,
    /// The number of the value of each small count, from 1 on; 0 where it has none yet.
    small: Vec<u32>,
    count: u32,
    /// The tags of the feature that comes next.
    tags: Vec<u8>,
}

/// Counts below this share their values.
const SMALL: usize = 4096;

impl Cells {
    fn new(months: Option<f64>, cells: usize) -> Self {
        Self {
            months,
            features: Vec::with_capacity(cells * 28),
            values: Vec::with_capacity(cells.min(SMALL) * 6),
            small: vec![0; SMALL],
            count: 0,
            tags: Vec::with_capacity(16),
        }
    }

    /// Begins a feature that says `count`.
    fn push(&mut self, count: u32) {
        let value = self.value(count);
        self.tags.clear();
        self.tags.push(0);
        varint(&mut self.tags, value);
        if self.months.is_some() {
            // The rate is the value after its count.
            self.tags.push(1);
            varint(&mut self.tags, value + 1);
        }
    }

    /// The number of a count among the values.
    fn value(&mut self, count: u32) -> u32 {
        let known = self.small.get(count as usize).copied().unwrap_or(0);
        if known > 0 {
            return known - 1;
        }
        let value = self.count;
        self.values.push(mvt::LAYER_VALUE);
        varint(&mut self.values, 1 + bytes_of(count));
        number(&mut self.values, mvt::VALUE_UINT, count);
        self.count += 1;
        if let Some(months) = self.months {
            self.values.extend([mvt::LAYER_VALUE, 9, mvt::VALUE_DOUBLE]);
            self.values.extend_from_slice(&(f64::from(count) / months).to_le_bytes());
            self.count += 1;
        }
        if let Some(place) = self.small.get_mut(count as usize) {
            *place = value + 1;
        }
        value
    }

    fn point(&mut self, x: i32, y: i32) {
        self.feature(mvt::POINT, |out| {
            out.push(mvt::MOVE_TO);
            varint(out, zigzag(x));
            varint(out, zigzag(y));
        });
    }

    /// A square, clockwise as outer rings are, from its north-west corner.
    fn square(&mut self, x: i32, y: i32, side: i32) {
        self.feature(mvt::POLYGON, |out| {
            out.push(mvt::MOVE_TO);
            varint(out, zigzag(x));
            varint(out, zigzag(y));
            out.push(mvt::THREE_LINES);
            for (dx, dy) in [(side, 0), (0, side), (-side, 0)] {
                varint(out, zigzag(dx));
                varint(out, zigzag(dy));
            }
            out.push(mvt::CLOSE_PATH);
        });
    }

    fn feature(&mut self, kind: u8, geometry: impl FnOnce(&mut Vec<u8>)) {
        // Lengths of one byte: two pairs of at most 6 bytes, ten numbers of at most 5.
        let start = self.features.len();
        self.features.extend([mvt::LAYER_FEATURE, 0]);
        sized(&mut self.features, mvt::FEATURE_TAGS, &self.tags);
        self.features.extend([mvt::FEATURE_TYPE, kind, mvt::FEATURE_GEOMETRY, 0]);
        let from = self.features.len();
        geometry(&mut self.features);
        self.features[from - 1] = (self.features.len() - from) as u8;
        self.features[start + 1] = (self.features.len() - start - 2) as u8;
    }

    fn finish(self) -> Vec<u8> {
        let keys: &[&str] = if self.months.is_some() { &["count", "rate"] } else { &["count"] };
        mvt::layer(NAME, &self.features, keys, &self.values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::geo::LonLat;
    use crate::index::tickets::testing;
    use crate::tiles::decoded::features;

    const MIDDLE: LonLat = LonLat::new(10.0, 50.0);

    fn tickets() -> impl Strategy<Value = TicketIndex> {
        let place = (-0.3..0.3, -0.3..0.3);
        proptest::collection::vec(place, 1..400).prop_map(|places| {
            let at = |(x, y): (f64, f64)| LonLat::new(MIDDLE.lon + x, MIDDLE.lat + y);
            testing::index(places.into_iter().map(at))
        })
    }

    fn total(bytes: &[u8]) -> u64 {
        features(bytes, NAME).iter().filter_map(|f| f.number("count")).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..Default::default() })]

        #[test]
        fn children_add_up_to_their_parent_and_all_to_the_whole(
            index in tickets(), grid in 5_u8..=8, z in 0_u8..=15, cell in any::<bool>(),
        ) {
            let shape = if cell { Shape::Cell } else { Shape::Point };
            let density = Density { shape, grid, ..Density::default() };
            let count = |tile| total(&encode(&index, tile, &density));
            let mut whole = 0;
            let mut parents = vec![TileId { z: 0, x: 0, y: 0 }];
            for _ in 0..z {
                let children = parents.iter().flat_map(|p| p.children());
                parents = children.filter(|t| count(*t) > 0).collect();
            }
            for parent in parents {
                let of_parent = count(parent);
                whole += of_parent;
                prop_assert_eq!(parent.children().into_iter().map(count).sum::<u64>(), of_parent);
            }
            prop_assert_eq!(whole as usize, index.len());
        }

        #[test]
        fn a_square_holds_the_tickets_that_its_count_says(index in tickets(), grid in 5_u8..=8) {
            let tile = TileId { z: 8, x: 135, y: 86 };
            let side = 1_i32 << (EXTENT_BITS - u32::from(grid));
            let density = Density { grid, shape: Shape::Cell, ..Density::default() };
            let mut found = BTreeMap::new();
            for feature in features(&encode(&index, tile, &density), NAME) {
                let ring = feature.coords();
                let ring: Vec<(i32, i32)> =
                    ring.iter().map(|at| (at.x as i32, at.y as i32)).collect();
                let (x, y) = ring[0];
                prop_assert_eq!(
                    &ring[..4],
                    [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
                );
                found.insert(((x / side) as u32, (y / side) as u32), feature.number("count").unwrap());
            }
            let zoom = tile.z + grid;
            let cells = index.cells(&TicketFilter::default(), zoom, usize::MAX).unwrap().cells;
            let expected: BTreeMap<(u32, u32), u64> = cells
                .into_iter()
                .filter(|(x, y, _)| (x >> grid, y >> grid) == (tile.x, tile.y))
                .map(|(x, y, n)| ((x & ((1 << grid) - 1), y & ((1 << grid) - 1)), n))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_rate_is_the_count_over_the_months() {
        let at = |n: usize| (0..n).map(|_| MIDDLE);
        for (n, months) in [(1, 2.0), (7, 0.5), (5000, 36.0)] {
            let density = Density { grid: 5, months: Some(months), ..Density::default() };
            let bytes = encode(&testing::index(at(n)), TileId { z: 3, x: 4, y: 2 }, &density);
            let [feature] = &features(&bytes, NAME)[..] else { panic!("one cell") };
            assert_eq!(feature.number("count"), Some(n as u64));
            assert_eq!(feature.double("rate"), Some(n as f64 / months));
        }
    }
}
