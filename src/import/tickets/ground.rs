//! Whose ground a ticket is, by how exactly it is known where it is.

use jiff::civil::Date;

use crate::city::{City, Level, LocatedBy, TicketDivisions};
use crate::geo::LonLat;

/// A place that is not known more exactly than this may reach across a border, metres.
const NARROW: f64 = 300.0;
/// Metres in a degree of latitude, and in one of longitude at the equator.
const PER_DEGREE: f64 = 111_320.0;

/// Where a ticket is, and how that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// Its position, WGS-84, or the middle of what is known of it.
    pub at: LonLat,
    /// How that is known.
    pub by: LocatedBy,
    /// How far off `at` may be, metres, where that is known.
    pub accuracy_m: Option<f64>,
    /// The division that is all that is known of it, by its code.
    pub division: Option<String>,
}

/// Whose ground a spot is; `ask` says it of a position, `day` is the one of the request.
/// Where only a street is known, a division counts only if all of the street is in it.
pub fn ground(
    city: &City,
    spot: &Spot,
    day: Date,
    ask: &dyn Fn(LonLat) -> TicketDivisions,
) -> TicketDivisions {
    if let Some(code) = &spot.division {
        return chain(city, code, Some(day));
    }
    let mut found = ask(spot.at);
    // Its middle does not decide what it may be on both sides of.
    if let Some(metres) = spot.accuracy_m.filter(|m| *m > NARROW) {
        let north = metres / PER_DEGREE;
        let east = north / spot.at.lat.to_radians().cos().max(0.01);
        for (dx, dy) in [(east, 0.0), (-east, 0.0), (0.0, north), (0.0, -north)] {
            let other = ask(LonLat::new(spot.at.lon + dx, spot.at.lat + dy));
            let same = |a: Option<String>, b: Option<String>| a.filter(|a| b.as_ref() == Some(a));
            found.district = same(found.district, other.district);
            found.township = same(found.township, other.township);
            found.community = same(found.community, other.community);
        }
    }
    found
}

/// A division and those that it is part of, as of the day `on`.
pub fn chain(city: &City, code: &str, on: Option<Date>) -> TicketDivisions {
    let mut divisions = TicketDivisions { on, ..TicketDivisions::default() };
    let mut next = city.divisions.iter().find(|d| d.code == code);
    for _ in Level::ALL {
        let Some(division) = next else { break };
        let slot = match division.level {
            Level::District => &mut divisions.district,
            Level::Township => &mut divisions.township,
            Level::Community => &mut divisions.community,
        };
        *slot = Some(division.code.clone());
        let parent = division.parent.as_deref();
        next = parent.and_then(|p| city.divisions.iter().find(|d| d.code == p));
    }
    divisions
}
