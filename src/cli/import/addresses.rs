//! Addresses, found by the search of the city itself.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use geo::ChamberlainDuquetteArea;

use crate::city::{City, Level, LocatedBy, PlaceKind};
use crate::geo::LonLat;
use crate::geo::distance::haversine;
use crate::import::points::{Addresses, Found};
use crate::import::tickets::{NoPlace, Placed, Places};
use crate::import::words;
use crate::index::Snapshot;
use crate::search::{self, Hit, HitKind, MatchType, Query};

/// A hit counts if it is at most so much less likely than the likeliest.
const NEAR: f32 = 0.1;
/// What is larger or farther apart than this says too little of where an office is, metres.
const NARROW: f64 = 300.0;

/// Finds addresses by searching. The index is built for the first.
pub(super) struct BySearch<'a> {
    city: &'a City,
    snapshot: Option<Snapshot>,
    known: HashMap<(String, Option<String>), Result<Found, String>>,
}

impl<'a> BySearch<'a> {
    pub(super) fn new(city: &'a City) -> Self {
        Self { city, snapshot: None, known: HashMap::new() }
    }

    fn look(&mut self, address: &str, district: Option<&str>) -> Result<Found, String> {
        let snapshot = self.snapshot.get_or_insert_with(|| Snapshot::build(self.city.clone()));
        let division = district.map(|name| code(self.city, name)).transpose()?;
        let text = address.to_owned();
        let answer =
            search::search(snapshot, &Query { text, division, size: 10, ..Query::default() });
        // Only what answers all of the text: a house number that nobody knows is not the
        // middle of its street.
        let hits = answer.hits.iter().filter(|hit| {
            hit.because.is_none() && hit.match_type == MatchType::Exact && hit.location.is_some()
        });
        let hits: Vec<&Hit> = hits.collect();
        let unknown = || format!("its address \"{address}\" is not known here");
        let best = hits.first().ok_or_else(unknown)?;
        let name = |hit: &Hit| search::label(snapshot, hit.kind, self.city.manifest.default_lang());
        let at = best.location.ok_or_else(unknown)?;
        let extent = match best.kind {
            HitKind::Place(i) => f64::from(snapshot.city.places[i as usize].extent_m),
            HitKind::Division(_) => f64::INFINITY,
            HitKind::Point(_) | HitKind::Matter(_) => 0.0,
        };
        if extent > NARROW {
            return Err(format!("its address \"{address}\" is only known as {}", name(best)));
        }
        let rivals = hits.iter().filter(|hit| hit.confidence >= best.confidence - NEAR);
        let far = |p: LonLat| haversine(p, at) > NARROW;
        if let Some(rival) = rivals.into_iter().find(|hit| hit.location.is_some_and(far)) {
            return Err(format!(
                "its address \"{address}\" may be {} or {}",
                name(best),
                name(rival)
            ));
        }
        Ok(Found { at, what: name(best) })
    }
}

impl Addresses for BySearch<'_> {
    fn find(&mut self, address: &str, district: Option<&str>) -> Result<Found, String> {
        let key = (address.to_owned(), district.map(str::to_owned));
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let found = self.look(address, district);
        self.known.insert(key, found.clone());
        found
    }
}

/// Addresses of tickets that are remembered.
const REMEMBERED: usize = 100_000;
/// What a point that is known stands for, metres: a house with its yard.
const HOUSE: f64 = 50.0;
/// What is less sure than this is not what was meant, 0 to 1.
const SURE: f32 = 0.5;

/// Finds the addresses of tickets by searching: as exactly as they are known, since a ticket
/// of which only the street is known still counts for its district. The index is built for
/// the first; each takes about a millisecond, and is remembered.
pub(super) struct PlacesBySearch<'a> {
    city: &'a City,
    snapshot: OnceLock<Snapshot>,
    known: Mutex<Known>,
}

/// What is known of an address in a district.
type Known = HashMap<(String, Option<String>), Result<Placed, NoPlace>>;

impl<'a> PlacesBySearch<'a> {
    pub(super) fn new(city: &'a City) -> Self {
        Self { city, snapshot: OnceLock::new(), known: Mutex::default() }
    }

    fn look(&self, address: &str, district: Option<&str>) -> Result<Placed, NoPlace> {
        let snapshot = self.snapshot.get_or_init(|| Snapshot::build(self.city.clone()));
        // What the row calls its district may be in words of another system.
        let division = district.and_then(|name| code(self.city, name).ok());
        let text = address.to_owned();
        let answer =
            search::search(snapshot, &Query { text, division, size: 10, ..Query::default() });
        let hits = answer.hits.iter().filter(|hit| hit.because.is_none() && hit.confidence >= SURE);
        let placed: Vec<(f32, Placed)> =
            hits.filter_map(|hit| Some((hit.confidence, self.placed(hit)?))).collect();
        let (sure, best) = placed.first().ok_or(NoPlace::Unknown)?;
        let far = |other: &Placed| {
            haversine(other.at, best.at) > NARROW.max(best.accuracy_m + other.accuracy_m)
        };
        let rival = placed.iter().any(|(rival, other)| *rival >= sure - NEAR && far(other));
        if rival { Err(NoPlace::Several) } else { Ok(best.clone()) }
    }

    /// What a hit says of a position.
    fn placed(&self, hit: &Hit) -> Option<Placed> {
        let at = hit.location?;
        let exact = hit.match_type == MatchType::Exact;
        let (by, accuracy_m, division) = match hit.kind {
            HitKind::Point(_) if exact => (LocatedBy::Place, HOUSE, None),
            HitKind::Point(_) | HitKind::Matter(_) => return None,
            HitKind::Place(i) => {
                let place = &self.city.places[i as usize];
                let extent = f64::from(place.extent_m);
                match place.kind {
                    PlaceKind::Street => (LocatedBy::Street, extent.max(HOUSE), None),
                    _ if !exact => return None,
                    PlaceKind::Building if place.class == "address" => {
                        (LocatedBy::Address, extent.max(HOUSE), None)
                    }
                    _ => (LocatedBy::Place, extent.max(HOUSE), None),
                }
            }
            HitKind::Division(i) => {
                let division = &self.city.divisions[i as usize];
                let area = division.area.as_ref()?.chamberlain_duquette_unsigned_area();
                let radius = (area / std::f64::consts::PI).sqrt();
                (LocatedBy::Centroid, radius, Some(division.code.clone()))
            }
        };
        Some(Placed { at, by, accuracy_m, division })
    }
}

impl Places for PlacesBySearch<'_> {
    fn find(&self, address: &str, district: Option<&str>) -> Result<Placed, NoPlace> {
        let key = (address.to_owned(), district.map(str::to_owned));
        let remembered = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered().get(&key) {
            return known.clone();
        }
        let found = self.look(address, district);
        let mut known = remembered();
        if known.len() < REMEMBERED {
            known.insert(key, found.clone());
        }
        found
    }
}

/// The code of a district by its code or name.
fn code(city: &City, name: &str) -> Result<String, String> {
    let wanted = words::fold(name);
    let districts = city.divisions.iter().filter(|d| d.level == Level::District);
    let mut found = districts.filter(|d| {
        d.code == name
            || [&d.name.zh, &d.name.en]
                .into_iter()
                .chain(&d.aliases)
                .any(|n| words::fold(n) == wanted)
    });
    let code = found.next().map(|d| d.code.clone());
    code.ok_or_else(|| format!("its district \"{name}\" is not known here"))
}
