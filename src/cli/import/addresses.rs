//! Addresses, found by the search of the city itself.

use std::collections::HashMap;

use crate::city::City;
use crate::geo::LonLat;
use crate::geo::distance::haversine;
use crate::import::points::{Addresses, Found};
use crate::index::Snapshot;
use crate::intake::district_code;
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
        let code = |name: &str| {
            let code = district_code(self.city, name);
            code.ok_or_else(|| format!("its district \"{name}\" is not known here"))
        };
        let division = district.map(code).transpose()?;
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
