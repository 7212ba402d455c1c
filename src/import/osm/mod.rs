//! OpenStreetMap: everything that a city needs, out of one extract.
//!
//! An extract is read three times, so that memory holds what is kept and not what is in the
//! file: relations first, then the ways that they and the map need, then the nodes of these
//! ways. A needed node costs 16 bytes and each mention of it 8; tags are kept of what
//! becomes a record.
//!
//! - [`mapping`]: which tags make which kind of service point; a file, so that it is data
//! - `scan`: the three readings
//! - `words`: names, addresses and the rest, out of tags
//! - `areas`: ways to rings, rings to areas
//! - `divisions`, `points`, `places`, `roads`: the records
//! - [`pack`]: a whole city pack written out of them
//! - [`rows`]: the same for the records of a city that there is

mod areas;
mod divisions;
pub mod mapping;
pub mod pack;
mod places;
mod points;
mod roads;
pub mod rows;
mod scan;
mod words;

use std::path::Path;

pub use divisions::Levels;
pub use mapping::Mapping;

use super::row::FileFault;
use crate::city::{Division, Lang, Localized, Place, Road, ServicePoint};
use crate::geo::{Bounds, LonLat};

/// How many findings of one kind are listed; the rest is counted.
const MAX_LISTED: usize = 20;

/// What is asked of an extract.
#[derive(Debug, Default)]
pub struct Wishes {
    /// Which `admin_level` is which level; chosen by what there is if left out.
    pub levels: Option<Levels>,
    /// The language of `name`, where its letters should not decide it.
    pub language: Option<Lang>,
}

/// A service point, with what the record of one has no place for.
#[derive(Debug, Clone)]
pub struct Found {
    /// The point; its source is `osm`.
    pub point: ServicePoint,
    /// Its own page, `https` only.
    pub website: Option<String>,
}

/// What an extract holds of a city.
#[derive(Debug)]
pub struct Extract {
    /// The language of the map: that of most names.
    pub language: Lang,
    /// The city itself, where one area holds nearly everything.
    pub city: Option<Localized>,
    /// Where it lies.
    pub bounds: Bounds,
    /// Service points, ordered by id.
    pub points: Vec<Found>,
    /// Divisions, ordered by level and code.
    pub divisions: Vec<Division>,
    /// Which `admin_level` became which level.
    pub levels: Levels,
    /// Streets, stops, named buildings, addresses and waters, ordered by id.
    pub places: Vec<Place>,
    /// Roads.
    pub roads: Vec<Road>,
    /// What was read, and what could not be used.
    pub report: Report,
}

/// What was read, and what could not be used.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Nodes, ways and relations in the file.
    pub elements: [u64; 3],
    /// Opening hours that are understood.
    pub hours: u64,
    /// Opening hours that are not, and were left out.
    pub hours_unknown: Findings,
    /// Points that are there twice, as a node and as an area.
    pub twice: Findings,
    /// Divisions that the extract holds only a part of; they were left out.
    pub cut: Findings,
    /// Divisions whose border has gaps or crosses itself; they were kept without an area.
    pub broken: Findings,
    /// Populations of divisions that are no number, or of which no day is given
    /// (`population:date`); they were left out.
    pub undated: Findings,
    /// Areas that became valid by being drawn anew.
    pub repaired: Findings,
}

/// Findings of one kind, the first of them listed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// How many there are.
    pub count: u64,
    /// The first, each with its object.
    pub listed: Vec<String>,
}

impl Findings {
    fn add(&mut self, finding: impl FnOnce() -> String) {
        self.count += 1;
        if self.listed.len() < MAX_LISTED {
            self.listed.push(finding());
        }
    }
}

/// Reads an extract. `progress` is told how many objects were seen in the three readings,
/// and how far it is, from 0 to 1.
///
/// # Errors
/// Where the file cannot be read, is damaged, or needs more memory than is allowed.
pub fn read(
    path: &Path,
    mapping: &Mapping,
    wishes: &Wishes,
    progress: &mut dyn FnMut(usize, f64),
) -> Result<Extract, FileFault> {
    let raw = scan::scan(path, mapping, progress)?;
    let mut report = Report { elements: raw.elements, ..Report::default() };
    let language = wishes.language.unwrap_or_else(|| words::language(&raw));
    let seen = raw.seen;
    let points = points::read(&raw, mapping, language, &mut report);
    let places = places::read(&raw, &points, language);
    let roads = roads::read(&raw, language);
    let everything: Vec<_> =
        points.iter().map(|f| f.point.location).chain(places.iter().map(|p| p.location)).collect();
    let found = divisions::read(&raw, wishes.levels.as_ref(), &everything, language, &mut report);
    let bounds = found.bounds.or_else(|| around(&everything, raw.bounds));
    let bounds = bounds.ok_or_else(|| FileFault::Unknown {
        path: path.display().to_string(),
        detail: "there is nothing in it that a service map shows".to_owned(),
    })?;
    let points = points.into_iter().filter(|f| bounds.contains(f.point.location));
    let points = points
        .map(|mut found| {
            found.point.observed_at = seen;
            found
        })
        .collect();
    let places = places.into_iter().filter(|p| bounds.contains(p.location)).collect();
    Ok(Extract {
        language,
        city: found.city,
        bounds,
        points,
        divisions: found.list,
        levels: found.levels,
        places,
        roads,
        report,
    })
}

/// The box of what is in the file, as far as it lies in the box that the file states: of
/// what reaches over its edge, such as a river, the whole may be there.
fn around(everything: &[LonLat], stated: Option<Bounds>) -> Option<Bounds> {
    let first = everything.first()?;
    let start = Bounds { west: first.lon, south: first.lat, east: first.lon, north: first.lat };
    let held = everything.iter().fold(start, |b, p| Bounds {
        west: b.west.min(p.lon),
        south: b.south.min(p.lat),
        east: b.east.max(p.lon),
        north: b.north.max(p.lat),
    });
    let Some(stated) = stated.filter(Bounds::is_valid) else { return Some(held) };
    let both = Bounds {
        west: held.west.max(stated.west),
        south: held.south.max(stated.south),
        east: held.east.min(stated.east),
        north: held.north.min(stated.north),
    };
    Some(if both.is_valid() { both } else { held })
}
