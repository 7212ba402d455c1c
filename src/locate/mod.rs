//! Whose jurisdiction is a place: a position in, the responsible divisions out, with
//! how sure that is.
//!
//! The answer is computed from one snapshot, as of one day. Its certainty is the distance
//! to the nearest border, held against how far the borders of that level may be off
//! (`accuracy_m` in the city pack). [`locate`] gives all of it; [`brief`] leaves out the
//! distances, for millions of positions, and agrees with it.

pub mod batch;
pub mod lineage;
mod position;
pub mod routing;
mod sentence;
mod tickets;
pub mod words;

use jiff::civil::Date;
pub use position::{PositionFault, position};
pub use tickets::divisions_of_ticket;

use crate::city::{City, Level, Localized};
use crate::geo::{Datum, LonLat};
use crate::index::{DivisionIndex, Snapshot};

/// How a position relates to the divisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// Covered, and farther from every border than the data may be off.
    Inside,
    /// Covered, but so near to a border that the neighbour may be right.
    Border,
    /// In no division, but nearer to one than the data may be off.
    Nearest,
    /// In no division and near none.
    Outside,
}

/// A division that an answer names.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// Number of the division in the city's list.
    pub division: u32,
    /// Its level.
    pub level: Level,
    /// Geodesic distance to its border, metres.
    pub distance_to_border_m: f64,
}

/// The neighbour that would be responsible if the border ran differently.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunnerUp {
    /// Number of the division in the city's list.
    pub division: u32,
    /// Geodesic distance to it, metres.
    pub distance_m: f64,
}

/// Whose jurisdiction a position is.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The position that was asked, WGS-84.
    pub point: LonLat,
    /// How it relates to the divisions.
    pub found: Match,
    /// The divisions, from the largest; at most one a level.
    pub divisions: Vec<Located>,
    /// The nearest other division of the smallest level that was found.
    pub runner_up: Option<RunnerUp>,
}

impl Answer {
    /// The answer in words that can be read out, in each language.
    pub fn sentence(&self, city: &City) -> Localized {
        sentence::compose(city, self)
    }
}

/// An answer without its distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    /// How the position relates to the divisions.
    pub found: Match,
    /// Numbers of the divisions: district, township, community.
    pub divisions: [Option<u32>; 3],
}

/// The divisions of a position on a day, with their margins. Some microseconds: a look
/// into a grid, and a walk through a tree of boxes for each distance.
pub fn locate(snapshot: &Snapshot, p: LonLat, day: Date) -> Answer {
    let index = &snapshot.divisions;
    let covering = index.covering_on(p, day);
    let mut divisions: Vec<Located> = Level::ALL
        .into_iter()
        .filter_map(|level| {
            let division = covering[level as usize]?;
            let border = index.own_border(level, division, p)?;
            Some(Located { division, level, distance_to_border_m: border.metres })
        })
        .collect();
    let found = if divisions.is_empty() {
        divisions = nearest_within(&snapshot.city, index, p, day);
        if divisions.is_empty() { Match::Outside } else { Match::Nearest }
    } else if divisions.iter().any(|d| d.distance_to_border_m < accuracy(&snapshot.city, d.level)) {
        Match::Border
    } else {
        Match::Inside
    };
    let runner_up = divisions.last().and_then(|smallest| {
        let (level, own) = (smallest.level, smallest.distance_to_border_m);
        let other = index.other_border_beyond(level, smallest.division, p, day, own)?;
        Some(RunnerUp { division: other.division, distance_m: other.metres })
    });
    Answer { point: p, found, divisions, runner_up }
}

/// The divisions of a position on a day, without distances. A tenth of a microsecond and,
/// where the borders may be off by little, not much more for `border`.
pub fn brief(snapshot: &Snapshot, p: LonLat, day: Date) -> Brief {
    let index = &snapshot.divisions;
    let divisions = index.covering_on(p, day);
    if divisions == [None; 3] {
        let near = nearest_within(&snapshot.city, index, p, day);
        let found = if near.is_empty() { Match::Outside } else { Match::Nearest };
        let of = |level| near.iter().find(|d| d.level == level).map(|d| d.division);
        return Brief { found, divisions: Level::ALL.map(of) };
    }
    // The smallest levels have the nearest borders.
    let border = Level::ALL.into_iter().rev().any(|level| {
        let accuracy = accuracy(&snapshot.city, level);
        divisions[level as usize]
            .and_then(|d| index.own_border_within(level, d, p, accuracy * MARGIN))
            .is_some_and(|border| border.metres < accuracy)
    });
    Brief { found: if border { Match::Border } else { Match::Inside }, divisions }
}

/// What to say where `p` was taken as WGS-84 because nobody said otherwise, and would be
/// in another division if it were GCJ-02, which shifts by some hundred metres.
pub fn datum_hint(snapshot: &Snapshot, p: LonLat, day: Date) -> Option<Localized> {
    let index = &snapshot.divisions;
    let (taken, shifted) =
        (index.covering_on(p, day), index.covering_on(Datum::Gcj02.to_wgs84(p), day));
    let other = (taken != shifted).then(|| shifted.into_iter().flatten().next_back())?;
    Some(sentence::datum_hint(&snapshot.city, other))
}

/// How much farther a walk may look than the geodesic distance it is bounded by: the
/// plane on which it measures is off by less, up to some tens of kilometres.
const MARGIN: f64 = 1.02;

/// How far the borders of a level may be off, metres.
fn accuracy(city: &City, level: Level) -> f64 {
    city.manifest.level(level).map_or(0.0, |l| l.accuracy_m)
}

/// Of each level the nearest division that is not farther than its border may be off. A
/// smaller one is looked for only inside the larger one that was found.
fn nearest_within(city: &City, index: &DivisionIndex, p: LonLat, day: Date) -> Vec<Located> {
    let mut found: Vec<Located> = Vec::new();
    for level in Level::ALL.into_iter().filter(|l| index.has_areas(*l)) {
        let above = found.last().map(|d| d.division);
        let accuracy = accuracy(city, level);
        let wanted = |d: u32| {
            index.exists(d, day)
                && (above.is_none() || index.parent(d).is_none_or(|p| Some(p) == above))
        };
        let near = index
            .border_of(level, p, accuracy * MARGIN, wanted)
            .filter(|border| border.metres <= accuracy);
        match near {
            Some(border) => found.push(Located {
                division: border.division,
                level,
                distance_to_border_m: border.metres,
            }),
            // Without a district there is no jurisdiction, however near a township is.
            None => break,
        }
    }
    found
}
