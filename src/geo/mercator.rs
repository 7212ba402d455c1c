//! Web mercator (EPSG:3857) and its tile pyramid (OGC `WebMercatorQuad`).
//!
//! A position becomes a [`World`]: two unsigned 32-bit numbers that divide the world
//! square into 2³² × 2³² cells of about 9 mm at the equator, origin in the
//! north-west. All grids of the pyramid are then prefixes of the same bits: the tile
//! at zoom `z` is the top `z` bits, and what falls into a tile falls into exactly one
//! of its four children. Nothing is counted twice and nothing is lost on an edge.

use std::f64::consts::PI;

use super::LonLat;

/// Latitude at which the world square ends.
pub const MAX_LAT: f64 = 85.051_128_779_806_59;
/// The deepest zoom of the pyramid that the program addresses.
pub const MAX_ZOOM: u8 = 22;
const SIDE: f64 = 4_294_967_296.0;

/// A position in the world square, exact to 2⁻³² of its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    /// From the antimeridian eastwards.
    pub x: u32,
    /// From 85.05° N southwards.
    pub y: u32,
}

impl World {
    /// Projects a position; latitudes beyond ±85.05° go to the edge.
    pub fn project(p: LonLat) -> Self {
        let (x, y) = unit(p);
        Self {
            x: (x * SIDE).clamp(0.0, SIDE - 1.0) as u32,
            y: (y * SIDE).clamp(0.0, SIDE - 1.0) as u32,
        }
    }

    /// Column and row of the cell of side 2⁻ᵇⁱᵗˢ of the world that holds this position.
    /// `bits` is at most 32.
    pub fn cell(self, bits: u32) -> (u32, u32) {
        if bits == 0 { (0, 0) } else { (self.x >> (32 - bits), self.y >> (32 - bits)) }
    }
}

/// Position in the unit square, origin north-west.
pub fn unit(p: LonLat) -> (f64, f64) {
    let lat = p.lat.clamp(-MAX_LAT, MAX_LAT).to_radians();
    (p.lon / 360.0 + 0.5, 0.5 - lat.tan().asinh() / (2.0 * PI))
}

/// Inverse of [`unit()`].
pub fn from_unit(x: f64, y: f64) -> LonLat {
    LonLat::new((x - 0.5) * 360.0, ((0.5 - y) * 2.0 * PI).sinh().atan().to_degrees())
}

/// A tile of the pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    /// Zoom, 0 to [`MAX_ZOOM`].
    pub z: u8,
    /// Column, from the west.
    pub x: u32,
    /// Row, from the north.
    pub y: u32,
}

impl TileId {
    /// The tile, if it is in the pyramid.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        let side = 1u64 << z.min(MAX_ZOOM);
        (z <= MAX_ZOOM && u64::from(x) < side && u64::from(y) < side).then_some(Self { z, x, y })
    }

    /// The four tiles one zoom deeper.
    pub fn children(self) -> [Self; 4] {
        let (z, x, y) = (self.z + 1, self.x * 2, self.y * 2);
        [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)].map(|(x, y)| Self { z, x, y })
    }

    /// Position inside this tile in units of 1/`extent` of its side, origin in its
    /// north-west corner; outside the tile the numbers are negative or above `extent`.
    pub fn local(self, p: LonLat, extent: u32) -> (f64, f64) {
        let side = f64::from(1u32 << self.z);
        let (x, y) = unit(p);
        let extent = f64::from(extent);
        ((x * side - f64::from(self.x)) * extent, (y * side - f64::from(self.y)) * extent)
    }

    /// Half-open range of world columns and rows, as 64-bit numbers.
    pub fn world_range(self) -> (std::ops::Range<u64>, std::ops::Range<u64>) {
        let shift = 32 - u32::from(self.z);
        let range = |v: u32| (u64::from(v) << shift)..((u64::from(v) + 1) << shift);
        (range(self.x), range(self.y))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Worked by hand for zoom 10: (116.3975 + 180) / 360 · 1024 = 843.08, and
    /// (1 − ln(tan φ + sec φ) / π) / 2 · 1024 = 388.01 for φ = 39.9087°.
    #[test]
    fn a_known_place_falls_into_its_known_tile() {
        let w = World::project(LonLat::new(116.3975, 39.9087));
        assert_eq!(w.cell(10), (843, 388));
    }

    #[test]
    fn the_corners_of_the_world_stay_in_the_world() {
        for (lon, lat) in [(-180.0, 90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, -90.0)] {
            let w = World::project(LonLat::new(lon, lat));
            assert!(TileId::new(22, w.cell(22).0, w.cell(22).1).is_some());
        }
        assert_eq!(TileId::new(23, 0, 0), None);
        assert_eq!(TileId::new(3, 8, 0), None);
        assert_eq!(TileId::new(255, 0, 0), None);
    }

    proptest! {
        #[test]
        fn a_position_is_in_exactly_one_child_of_its_tile(
            lon in -180.0..180.0f64, lat in -85.0..85.0f64, z in 0u8..21,
        ) {
            let w = World::project(LonLat::new(lon, lat));
            let (x, y) = w.cell(u32::from(z));
            let child = w.cell(u32::from(z) + 1);
            let tile = TileId::new(z, x, y).expect("in the pyramid");
            prop_assert_eq!(tile.children().iter().filter(|c| (c.x, c.y) == child).count(), 1);
        }

        #[test]
        fn projecting_back_returns_the_position(lon in -179.9..179.9f64, lat in -85.0..85.0f64) {
            let (x, y) = unit(LonLat::new(lon, lat));
            let back = from_unit(x, y);
            prop_assert!((back.lon - lon).abs() < 1e-9 && (back.lat - lat).abs() < 1e-9);
        }
    }
}
