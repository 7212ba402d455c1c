//! Is that a position at all?

use crate::geo::{Bounds, LonLat};

/// What is wrong with two numbers that were given as longitude and latitude.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PositionFault {
    /// They lie in the city the other way round.
    #[error(
        "longitude and latitude look swapped: {lat} as longitude and {lon} as latitude lies in the city"
    )]
    Swapped {
        /// Given as longitude.
        lon: f64,
        /// Given as latitude.
        lat: f64,
    },
    /// The longitude is none.
    #[error("{0} is not a longitude from -180 to 180")]
    Longitude(f64),
    /// The latitude is none.
    #[error("{0} is not a latitude from -90 to 90")]
    Latitude(f64),
}

/// The position, if the numbers can be one. Numbers that lie in the city only the other
/// way round are refused, because an answer to them would be a wrong one.
pub fn position(lon: f64, lat: f64, city: Bounds) -> Result<LonLat, PositionFault> {
    let (p, swapped) = (LonLat::new(lon, lat), LonLat::new(lat, lon));
    if !city.contains(p) && swapped.is_valid() && city.contains(swapped) {
        return Err(PositionFault::Swapped { lon, lat });
    }
    if !(-180.0..=180.0).contains(&lon) {
        return Err(PositionFault::Longitude(lon));
    }
    if !(-90.0..=90.0).contains(&lat) {
        return Err(PositionFault::Latitude(lat));
    }
    Ok(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITY: Bounds = Bounds { west: 115.0, south: 39.0, east: 118.0, north: 41.5 };

    #[test]
    fn what_is_no_position_is_said() {
        let fault = |lon, lat| position(lon, lat, CITY).unwrap_err().to_string();
        assert!(fault(39.9, 116.4).contains("swapped"));
        assert!(fault(200.0, 0.0).contains("200 is not a longitude"));
        assert!(fault(0.0, 91.0).contains("91 is not a latitude"));
        assert!(fault(f64::NAN, 40.0).contains("not a longitude"));
        assert!(fault(116.0, f64::NEG_INFINITY).contains("not a latitude"));
        assert!(position(10.0, 50.0, CITY).is_ok(), "far away is not wrong");
    }
}
