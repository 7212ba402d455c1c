//! The earth: datum shifts, the web-mercator tile scheme, Morton order, distances.
//!
//! This room knows nothing of the domain. Coordinates are longitude then latitude
//! in decimal degrees; inside the program they are always WGS-84 (CGCS2000 is taken
//! as equal to it: they differ by centimetres), and other datums exist only at the
//! edges, where [`datum`] converts them.

pub mod datum;
pub mod distance;
pub mod ewkb;
pub mod mercator;
pub mod morton;

pub use datum::Datum;
pub use mercator::{TileId, World};

use serde::{Deserialize, Serialize};

/// A position: longitude and latitude in degrees, WGS-84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LonLat {
    /// Longitude, degrees east.
    pub lon: f64,
    /// Latitude, degrees north.
    pub lat: f64,
}

impl LonLat {
    /// A position from its parts.
    pub const fn new(lon: f64, lat: f64) -> Self {
        Self { lon, lat }
    }

    /// Whether both parts are finite and on the globe.
    pub fn is_valid(self) -> bool {
        self.lon.is_finite()
            && self.lat.is_finite()
            && self.lon.abs() <= 180.0
            && self.lat.abs() <= 90.0
    }
}

impl From<LonLat> for ::geo::Point<f64> {
    fn from(p: LonLat) -> Self {
        Self::new(p.lon, p.lat)
    }
}

/// A box of longitudes and latitudes, edges included; never crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct Bounds {
    /// Western edge.
    pub west: f64,
    /// Southern edge.
    pub south: f64,
    /// Eastern edge.
    pub east: f64,
    /// Northern edge.
    pub north: f64,
}

impl Bounds {
    /// Whether `p` lies inside or on an edge.
    pub fn contains(&self, p: LonLat) -> bool {
        (self.west..=self.east).contains(&p.lon) && (self.south..=self.north).contains(&p.lat)
    }

    /// Whether the two boxes share a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.west <= other.east
            && self.east >= other.west
            && self.south <= other.north
            && self.north >= other.south
    }

    /// Whether the edges are finite, on the globe and in order.
    pub fn is_valid(&self) -> bool {
        LonLat::new(self.west, self.south).is_valid()
            && LonLat::new(self.east, self.north).is_valid()
            && self.west <= self.east
            && self.south <= self.north
    }

    /// The box that holds everything within `metres` of `center`, a little larger
    /// than needed. Clamped to the globe.
    pub fn around(center: LonLat, metres: f64) -> Self {
        let dlat = metres / distance::METRES_PER_DEGREE_LAT_MIN;
        let shrink = (center.lat.abs() + dlat).min(89.9).to_radians().cos();
        let dlon = dlat / shrink;
        Self {
            west: (center.lon - dlon).max(-180.0),
            south: (center.lat - dlat).max(-90.0),
            east: (center.lon + dlon).min(180.0),
            north: (center.lat + dlat).min(90.0),
        }
    }
}

impl From<[f64; 4]> for Bounds {
    fn from([west, south, east, north]: [f64; 4]) -> Self {
        Self { west, south, east, north }
    }
}

impl From<Bounds> for [f64; 4] {
    fn from(b: Bounds) -> Self {
        [b.west, b.south, b.east, b.north]
    }
}
