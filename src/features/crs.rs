//! Coordinate reference systems of the callers, by the names that OGC gives them.

use crate::geo::LonLat;
use crate::geo::mercator::{from_unit, unit};

/// Length of the equator of web mercator, metres: 2π · 6,378,137.
const EQUATOR_M: f64 = 40_075_016.685_578_49;

/// A coordinate reference system that coordinates are read and written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crs {
    /// Longitude and latitude, WGS-84: what GeoJSON is in.
    #[default]
    Crs84,
    /// EPSG:4326, latitude first.
    Wgs84,
    /// EPSG:4490, CGCS2000, latitude first; taken as equal to WGS-84.
    Cgcs2000,
    /// EPSG:3857, metres.
    WebMercator,
}

impl Crs {
    /// All of them; the first is the one that records are kept in.
    pub const ALL: [Self; 4] = [Self::Crs84, Self::Wgs84, Self::Cgcs2000, Self::WebMercator];

    /// Its address.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Crs84 => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            Self::Wgs84 => "http://www.opengis.net/def/crs/EPSG/0/4326",
            Self::Cgcs2000 => "http://www.opengis.net/def/crs/EPSG/0/4490",
            Self::WebMercator => "http://www.opengis.net/def/crs/EPSG/0/3857",
        }
    }

    /// Reads [`Crs::uri`].
    pub fn parse(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|crs| crs.uri() == uri)
    }

    /// The two numbers of a position, in the order of the axes, rounded to a centimetre.
    pub fn write(self, p: LonLat) -> [f64; 2] {
        let round = |v: f64, parts: f64| (v * parts).round() / parts;
        match self {
            Self::Crs84 => [round(p.lon, 1e7), round(p.lat, 1e7)],
            Self::Wgs84 | Self::Cgcs2000 => [round(p.lat, 1e7), round(p.lon, 1e7)],
            Self::WebMercator => {
                let (x, y) = unit(p);
                [round((x - 0.5) * EQUATOR_M, 1e2), round((0.5 - y) * EQUATOR_M, 1e2)]
            }
        }
    }

    /// The position of two numbers in the order of the axes; `None` where they are none
    /// on the globe.
    pub fn read(self, [a, b]: [f64; 2]) -> Option<LonLat> {
        let p = match self {
            Self::Crs84 => LonLat::new(a, b),
            Self::Wgs84 | Self::Cgcs2000 => LonLat::new(b, a),
            Self::WebMercator => {
                // Beyond the square of the world there is nothing; its edge is as good.
                let part = |v: f64| (v / EQUATOR_M).clamp(-0.5, 0.5);
                if !(a.is_finite() && b.is_finite()) {
                    return None;
                }
                from_unit(part(a) + 0.5, 0.5 - part(b))
            }
        };
        p.is_valid().then_some(p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_in_the_order_of_their_definition() {
        let p = LonLat::new(116.397_5, 39.908_7);
        let written = |crs: Crs| crs.write(p).map(|v| v.to_string());
        assert_eq!(written(Crs::Crs84), ["116.3975", "39.9087"]);
        assert_eq!(written(Crs::Wgs84), ["39.9087", "116.3975"]);
        assert_eq!(written(Crs::Cgcs2000), ["39.9087", "116.3975"]);
    }

    /// `echo 116.3975 39.9087 | gdaltransform -s_srs OGC:CRS84 -t_srs EPSG:3857`
    #[test]
    fn web_mercator_is_that_of_proj() {
        let [x, y] = Crs::WebMercator.write(LonLat::new(116.397_5, 39.908_7));
        assert!((x - 12_957_310.43).abs() < 0.02 && (y - 4_852_683.67).abs() < 0.02, "{x} {y}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for crs in Crs::ALL {
            assert_eq!(Crs::parse(crs.uri()), Some(crs));
            let p = LonLat::new(-0.25, 51.5);
            let back = crs.read(crs.write(p)).unwrap();
            assert!((back.lon - p.lon).abs() < 2e-7 && (back.lat - p.lat).abs() < 2e-7);
            assert_eq!(crs.read([f64::NAN, 1.0]), None);
        }
        assert_eq!(Crs::Wgs84.read([116.0, 39.0]), None, "latitude comes first");
        assert_eq!(Crs::parse("EPSG:4326"), None);
    }
}
