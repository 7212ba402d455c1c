//! From world units to the units of one tile.

use fast_mvt::MvtCoord;

use super::{EXTENT_BITS, MAX_ZOOM};
use crate::geo::{TileId, World};

/// The units of one tile: 1/4096 of its side, origin in its north-west corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    shift: u32,
    west: i64,
    north: i64,
}

impl Frame {
    /// The frame of a tile that [`super::tile`] serves.
    pub(super) fn of(tile: TileId) -> Self {
        Self {
            shift: u32::from(MAX_ZOOM - tile.z),
            west: i64::from(tile.x) << EXTENT_BITS,
            north: i64::from(tile.y) << EXTENT_BITS,
        }
    }

    /// The unit that holds a position; outside the tile it is negative or 4096 and
    /// above.
    pub(super) fn unit(self, at: World) -> (i64, i64) {
        (i64::from(at.x >> self.shift) - self.west, i64::from(at.y >> self.shift) - self.north)
    }

    /// The unit that holds a position inside the tile.
    pub(super) fn inside(self, at: World) -> MvtCoord {
        let (x, y) = self.unit(at);
        MvtCoord { x: x as i32, y: y as i32 }
    }
}

/// The cell of a grid that is aligned with the world, as the prefix of a Morton code:
/// 2^`bits` cells along a tile's side. A cell lies in one cell of the same grid one
/// zoom up, and a tile's points in Morton order are ordered by their cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    shift: u32,
}

impl Grid {
    /// The grid of a zoom.
    pub(super) fn of(zoom: u8, bits: u32) -> Self {
        Self { shift: 64 - 2 * (u32::from(zoom) + bits) }
    }

    /// Whether two Morton codes are in one cell.
    pub(super) fn same_cell(self, a: u64, b: u64) -> bool {
        // A shift by all 64 bits means one cell for the world.
        a.checked_shr(self.shift) == b.checked_shr(self.shift)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::LonLat;

    proptest! {
        #[test]
        fn a_position_is_within_one_unit_of_the_projections_own_answer(
            lon in -180.0..180.0f64, lat in -85.0..85.0f64, z in 0u8..=MAX_ZOOM,
        ) {
            let place = LonLat::new(lon, lat);
            let world = World::project(place);
            let (x, y) = world.cell(u32::from(z));
            let tile = TileId { z, x, y };
            let (fx, fy) = tile.local(place, super::super::EXTENT);
            let unit = Frame::of(tile).inside(world);
            prop_assert!((0..4096).contains(&unit.x) && (0..4096).contains(&unit.y));
            prop_assert!((fx - f64::from(unit.x)).abs() <= 1.01, "{fx} {}", unit.x);
            prop_assert!((fy - f64::from(unit.y)).abs() <= 1.01, "{fy} {}", unit.y);
        }
    }
}
