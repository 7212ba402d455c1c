//! Shifts between WGS-84 and the two systems that Chinese map services publish in.
//!
//! GCJ-02 displaces WGS-84 by 50–700 m with a smooth function; BD-09 displaces
//! GCJ-02 once more. Neither is officially published. The formulas here are the ones
//! that the community recovered and that map libraries agree on. The forward shift is
//! a closed formula, the way back is a fixed-point iteration of it, which converges
//! because the shift changes by less than a thousandth of the step.
//!
//! Outside mainland China's bounding box the shift is none, in both directions.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::LonLat;

/// Semi-major axis of the Krasovsky 1940 ellipsoid, metres.
const KRASOVSKY_A: f64 = 6_378_245.0;
/// First eccentricity squared of the Krasovsky 1940 ellipsoid.
const KRASOVSKY_EE: f64 = 0.006_693_421_622_965_943;
/// The angle unit of the BD-09 formula.
const BD_PI: f64 = PI * 3000.0 / 180.0;
/// The shift's change over one iteration is under 0.1 %, so this many steps take
/// 700 m below a nanometre.
const MAX_STEPS: usize = 12;
/// Degrees; about 0.1 µm on the ground.
const CONVERGED: f64 = 1e-12;

/// A coordinate system that callers may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Datum {
    /// GPS, OpenStreetMap, `GeoJSON`.
    #[default]
    Wgs84,
    /// China's national system (Tianditu); equal to WGS-84 to a few centimetres.
    Cgcs2000,
    /// Amap, Tencent.
    Gcj02,
    /// Baidu.
    Bd09,
}

impl Datum {
    /// Every name that [`Datum::parse`] takes.
    pub const NAMES: &'static str = "wgs84, cgcs2000, gcj02, bd09";

    /// Reads a name as it is written in URLs and packs.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "wgs84" | "epsg:4326" => Some(Self::Wgs84),
            "cgcs2000" | "epsg:4490" => Some(Self::Cgcs2000),
            "gcj02" => Some(Self::Gcj02),
            "bd09" => Some(Self::Bd09),
            _ => None,
        }
    }

    /// Converts a position in this datum to WGS-84.
    pub fn to_wgs84(self, p: LonLat) -> LonLat {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => p,
            Self::Gcj02 => invert(p, wgs84_to_gcj02),
            Self::Bd09 => Self::Gcj02.to_wgs84(invert(p, gcj02_to_bd09)),
        }
    }

    /// Converts a WGS-84 position to this datum.
    pub fn from_wgs84(self, p: LonLat) -> LonLat {
        match self {
            Self::Wgs84 | Self::Cgcs2000 => p,
            Self::Gcj02 => wgs84_to_gcj02(p),
            Self::Bd09 => gcj02_to_bd09(wgs84_to_gcj02(p)),
        }
    }
}

/// The box in which the shift applies.
fn is_shifted(p: LonLat) -> bool {
    (72.004..=137.8347).contains(&p.lon) && (0.8293..=55.8271).contains(&p.lat)
}

fn wgs84_to_gcj02(p: LonLat) -> LonLat {
    if !is_shifted(p) {
        return p;
    }
    let (x, y) = (p.lon - 105.0, p.lat - 35.0);
    let ripple = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + ripple
        + (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0
        + (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + ripple
        + (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0
        + (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let lat = p.lat.to_radians();
    let w2 = 1.0 - KRASOVSKY_EE * lat.sin().powi(2);
    let meridian = KRASOVSKY_A * (1.0 - KRASOVSKY_EE) / (w2 * w2.sqrt());
    let parallel = KRASOVSKY_A / w2.sqrt() * lat.cos();
    LonLat::new(p.lon + (east / parallel).to_degrees(), p.lat + (north / meridian).to_degrees())
}

fn gcj02_to_bd09(p: LonLat) -> LonLat {
    if !is_shifted(p) {
        return p;
    }
    let z = p.lon.hypot(p.lat) + 0.000_02 * (p.lat * BD_PI).sin();
    let theta = p.lat.atan2(p.lon) + 0.000_003 * (p.lon * BD_PI).cos();
    LonLat::new(z * theta.cos() + 0.0065, z * theta.sin() + 0.006)
}

/// Finds the position that `shift` takes to `target`.
fn invert(target: LonLat, shift: fn(LonLat) -> LonLat) -> LonLat {
    if !is_shifted(target) {
        return target;
    }
    let mut guess = target;
    for _ in 0..MAX_STEPS {
        let there = shift(guess);
        let (dlon, dlat) = (there.lon - target.lon, there.lat - target.lat);
        guess = LonLat::new(guess.lon - dlon, guess.lat - dlat);
        if dlon.abs() < CONVERGED && dlat.abs() < CONVERGED {
            break;
        }
    }
    guess
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::distance::haversine;

    /// Published by several map services for the centre of Tiananmen: GCJ-02 is
    /// north-east of WGS-84 by these degrees.
    #[test]
    fn the_shift_at_tiananmen_is_the_known_one() {
        let wgs = LonLat::new(116.3975, 39.9087);
        let gcj = Datum::Gcj02.from_wgs84(wgs);
        assert!((gcj.lat - wgs.lat - 0.001_403_5).abs() < 1e-6, "{gcj:?}");
        assert!((gcj.lon - wgs.lon - 0.006_243_6).abs() < 1e-6, "{gcj:?}");
    }

    #[test]
    fn outside_china_nothing_moves() {
        let helsinki = LonLat::new(24.94, 60.17);
        for datum in [Datum::Gcj02, Datum::Bd09] {
            assert_eq!(datum.from_wgs84(helsinki), helsinki);
            assert_eq!(datum.to_wgs84(helsinki), helsinki);
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_under_a_centimetre(lon in 74.0..135.0f64, lat in 5.0..53.0f64) {
            let p = LonLat::new(lon, lat);
            let gcj = Datum::Gcj02.to_wgs84(Datum::Gcj02.from_wgs84(p));
            prop_assert!(haversine(p, gcj) < 0.01, "GCJ-02 {}", haversine(p, gcj));
            let bd = Datum::Bd09.to_wgs84(Datum::Bd09.from_wgs84(p));
            prop_assert!(haversine(p, bd) < 0.1, "BD-09 {}", haversine(p, bd));
        }
    }
}
