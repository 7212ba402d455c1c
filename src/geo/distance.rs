//! Distances on the earth, in metres.
//!
//! Three tools with three prices: [`geodesic`] on the ellipsoid (about a microsecond,
//! exact) for figures that are shown, [`haversine`] on the sphere (some tens of
//! nanoseconds, within 0.5 %) for ordering, and [`LocalPlane`] (a few nanoseconds,
//! within 0.1 % up to some tens of kilometres) for the inner loops of a search.

use geo::{Distance, Geodesic, Haversine, Point};

use super::LonLat;

/// Metres in a degree of latitude at the equator, where it is shortest.
pub const METRES_PER_DEGREE_LAT_MIN: f64 = 110_574.0;

/// Length of the shortest line on the WGS-84 ellipsoid (Karney 2013), metres.
pub fn geodesic(a: LonLat, b: LonLat) -> f64 {
    Geodesic.distance(Point::from(a), Point::from(b))
}

/// Great-circle distance on the mean sphere, metres; off by up to 0.5 %.
pub fn haversine(a: LonLat, b: LonLat) -> f64 {
    Haversine.distance(Point::from(a), Point::from(b))
}

/// A plane that touches the ellipsoid at a position: metres east and north of it.
#[derive(Debug, Clone, Copy)]
pub struct LocalPlane {
    origin: LonLat,
    per_lon: f64,
    per_lat: f64,
}

impl LocalPlane {
    /// The plane at `origin`. Lengths of a degree by the series of the WGS-84
    /// ellipsoid (NGA.STND.0036, radii of curvature).
    pub fn at(origin: LonLat) -> Self {
        const A: f64 = 6_378_137.0;
        const E2: f64 = 0.006_694_379_990_141_316;
        let lat = origin.lat.to_radians();
        let w2 = 1.0 - E2 * lat.sin().powi(2);
        Self {
            origin,
            per_lon: (A / w2.sqrt() * lat.cos()).to_radians(),
            per_lat: (A * (1.0 - E2) / (w2 * w2.sqrt())).to_radians(),
        }
    }

    /// Metres east and north of the origin.
    #[inline]
    pub fn project(&self, lon: f64, lat: f64) -> (f64, f64) {
        ((lon - self.origin.lon) * self.per_lon, (lat - self.origin.lat) * self.per_lat)
    }

    /// Metres east and north of so many degrees of longitude and latitude.
    #[inline]
    pub fn metres(&self, lon: f64, lat: f64) -> (f64, f64) {
        (lon * self.per_lon, lat * self.per_lat)
    }

    /// Position that lies so many metres east and north of the origin.
    #[inline]
    pub fn unproject(&self, east: f64, north: f64) -> LonLat {
        LonLat::new(self.origin.lon + east / self.per_lon, self.origin.lat + north / self.per_lat)
    }

    /// The point of the segment `a`–`b` nearest to the origin, and its distance in metres.
    #[inline]
    pub fn nearest_on_segment(&self, a: [f64; 2], b: [f64; 2]) -> (LonLat, f64) {
        let (ax, ay) = self.project(a[0], a[1]);
        let (bx, by) = self.project(b[0], b[1]);
        let (dx, dy) = (bx - ax, by - ay);
        let len2 = dx * dx + dy * dy;
        let t = if len2 > 0.0 { (-(ax * dx + ay * dy) / len2).clamp(0.0, 1.0) } else { 0.0 };
        let (x, y) = (ax + t * dx, ay + t * dy);
        (self.unproject(x, y), (x * x + y * y).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A degree of latitude from 39.5 to 40.5 N by the series of the WGS-84
    /// ellipsoid: 111132.92 − 559.82 cos 2φ + 1.175 cos 4φ = 111 034.6 m at 40°.
    #[test]
    fn a_degree_of_latitude_at_forty_north_has_its_tabulated_length() {
        let d = geodesic(LonLat::new(116.0, 39.5), LonLat::new(116.0, 40.5));
        assert!((d - 111_034.6).abs() < 1.0, "{d}");
    }

    #[test]
    fn the_local_plane_agrees_with_the_ellipsoid_over_ten_kilometres() {
        let origin = LonLat::new(116.4, 39.9);
        let plane = LocalPlane::at(origin);
        for (dlon, dlat) in [(0.1, 0.0), (0.0, 0.09), (-0.07, 0.05), (0.03, -0.08)] {
            let there = LonLat::new(origin.lon + dlon, origin.lat + dlat);
            let (x, y) = plane.project(there.lon, there.lat);
            let exact = geodesic(origin, there);
            assert!((x.hypot(y) / exact - 1.0).abs() < 0.001, "{dlon} {dlat}");
        }
    }
}
