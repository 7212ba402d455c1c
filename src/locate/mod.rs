//! Whose jurisdiction is a place: a position in, the responsible divisions out, with
//! how sure that is.
//!
//! The answer is computed from one snapshot. Its certainty is the distance to the
//! nearest border, held against how far the borders of that level may be off.

mod sentence;

use crate::city::{Division, Level, Localized};
use crate::geo::LonLat;
use crate::index::Snapshot;

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
    /// The answer in words.
    pub sentence: Localized,
}

/// Finds the divisions of a position. Some microseconds: one exact test a level, and
/// two walks of a border tree.
pub fn locate(snapshot: &Snapshot, p: LonLat) -> Answer {
    let index = &snapshot.divisions;
    let covering = index.covering(p);
    let mut divisions: Vec<Located> = Level::ALL
        .into_iter()
        .filter_map(|level| {
            let division = covering[level as usize]?;
            let border = index.own_border(level, division, p)?;
            Some(Located { division, level, distance_to_border_m: border.metres })
        })
        .collect();
    let accuracy = |level| snapshot.city.manifest.level(level).map_or(0.0, |l| l.accuracy_m);
    let found = if divisions.is_empty() {
        divisions = nearest_within(snapshot, p, accuracy);
        if divisions.is_empty() { Match::Outside } else { Match::Nearest }
    } else if divisions.iter().any(|d| d.distance_to_border_m < accuracy(d.level)) {
        Match::Border
    } else {
        Match::Inside
    };
    let runner_up = divisions.last().and_then(|smallest| {
        let other = index.other_border(smallest.level, Some(smallest.division), p)?;
        Some(RunnerUp { division: other.division, distance_m: other.metres })
    });
    let sentence = sentence::compose(&snapshot.city, found, &divisions, runner_up);
    Answer { point: p, found, divisions, runner_up, sentence }
}

/// Of each level the nearest division that is not farther than its border may be off.
fn nearest_within(snapshot: &Snapshot, p: LonLat, accuracy: impl Fn(Level) -> f64) -> Vec<Located> {
    let near = |level| {
        let border = snapshot.divisions.other_border(level, None, p)?;
        let metres = border.metres;
        (metres <= accuracy(level)).then_some(Located {
            division: border.division,
            level,
            distance_to_border_m: metres,
        })
    };
    // Without a district there is no jurisdiction, however near a township's cell is.
    let mut levels = Level::ALL.into_iter().filter(|l| snapshot.divisions.has_areas(*l));
    let Some(first) = levels.next().and_then(near) else {
        return Vec::new();
    };
    std::iter::once(first).chain(levels.filter_map(near)).collect()
}

/// The body that must act: the smallest division that was found.
pub fn responsible<'a>(snapshot: &'a Snapshot, answer: &Answer) -> Option<&'a Division> {
    answer.divisions.last().map(|d| &snapshot.city.divisions[d.division as usize])
}
