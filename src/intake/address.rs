//! Addresses of tickets, found by the search of the city itself.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use geo::ChamberlainDuquetteArea;

use crate::city::{City, Level, LocatedBy, PlaceKind};
use crate::geo::distance::haversine;
use crate::import::tickets::{NoPlace, Placed, Places};
use crate::import::words;
use crate::index::Snapshot;
use crate::search::{self, Hit, HitKind, MatchType, Query};

/// What lies farther apart than this is not one place, metres.
const NARROW: f64 = 300.0;
/// A hit counts if it is at most so much less likely than the likeliest.
const NEAR: f32 = 0.1;
/// Addresses of tickets that are remembered.
const REMEMBERED: usize = 100_000;
/// What a point that is known stands for, metres: a house with its yard.
const HOUSE: f64 = 50.0;
/// What is less sure than this is not what was meant, 0 to 1.
const SURE: f32 = 0.5;

/// Finds the addresses of tickets by searching: as exactly as they are known, since a ticket
/// of which only the street is known still counts for its district. Each takes about a
/// millisecond, and is remembered.
#[derive(Debug)]
pub struct PlacesBySearch<'a> {
    city: &'a City,
    given: Option<&'a Snapshot>,
    built: OnceLock<Snapshot>,
    known: Mutex<Known>,
}

/// What is known of an address in a district.
type Known = HashMap<(String, Option<String>), Result<Placed, NoPlace>>;

impl<'a> PlacesBySearch<'a> {
    /// Over a city of which there is no index yet: it is built for the first address.
    pub fn new(city: &'a City) -> Self {
        Self { city, given: None, built: OnceLock::new(), known: Mutex::default() }
    }

    /// Over an index that there is.
    pub fn over(snapshot: &'a Snapshot) -> Self {
        Self { given: Some(snapshot), ..Self::new(&snapshot.city) }
    }

    fn look(&self, address: &str, district: Option<&str>) -> Result<Placed, NoPlace> {
        let built = || self.built.get_or_init(|| Snapshot::build(self.city.clone()));
        let snapshot = self.given.unwrap_or_else(built);
        // What the row calls its district may be in words of another system.
        let division = district.and_then(|name| district_code(self.city, name));
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
pub fn district_code(city: &City, name: &str) -> Option<String> {
    let wanted = words::fold(name);
    let mut districts = city.divisions.iter().filter(|d| d.level == Level::District);
    let found = districts.find(|d| {
        d.code == name
            || [&d.name.zh, &d.name.en]
                .into_iter()
                .chain(&d.aliases)
                .any(|n| words::fold(n) == wanted)
    });
    found.map(|d| d.code.clone())
}
