//! In what datum a file's positions are.
//!
//! A file cannot be trusted to know: an EPSG code says nothing of a shift that somebody
//! applied before. But names are the same in every datum. Rows whose name the city knows
//! are compared with where it has them: under the right datum they fall together, under
//! another they miss by the half kilometre of the shift. That is evidence for whoever
//! imports, not a decision: without `--crs` nothing is taken in where a shift applies.

use std::collections::HashMap;

use geo::Centroid;
use serde::Serialize;

use super::words;
use crate::city::City;
use crate::geo::distance::haversine;
use crate::geo::{Datum, LonLat};

/// Farther apart two things of one name are not one thing, whatever the datum; metres. The
/// largest shift is 700 m, and BD-09 adds as much.
const SAME: f64 = 2500.0;
/// Fewer names than this are no evidence.
const NAMES_AT_LEAST: usize = 3;
/// Names that are compared at most.
const NAMES_AT_MOST: usize = 5000;
/// The right datum is nearer than the next by this factor.
const CLEARLY: f64 = 2.0;
/// And not farther than this, metres: things of one name have an extent.
const NEAR: f64 = 200.0;
/// A datum that differs from WGS-84 by less than this in a city is not shifted there.
const SHIFTED: f64 = 1.0;

/// The datums that are told apart; CGCS2000 is WGS-84 to a few centimetres.
const CANDIDATES: [Datum; 3] = [Datum::Wgs84, Datum::Gcj02, Datum::Bd09];

/// What comparing names says of a file's positions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Names that are known on both sides.
    pub names: usize,
    /// Their median distance under each datum, metres.
    pub median_m: Vec<(Datum, f64)>,
    /// The datum that this speaks for, if it speaks clearly.
    pub believed: Option<Datum>,
}

/// Positions of things by folded name, to compare with.
#[derive(Debug, Default)]
pub struct Gazetteer {
    places: HashMap<String, Vec<LonLat>>,
}

impl Gazetteer {
    /// The city's own points, buildings and stops.
    pub fn of(city: &City) -> Self {
        let mut places: HashMap<String, Vec<LonLat>> = HashMap::new();
        let mut add = |name: &str, at: LonLat| {
            let name = words::fold(name);
            if !name.is_empty() {
                places.entry(name).or_default().push(at);
            }
        };
        for point in &city.points {
            add(&point.name.zh, point.location);
            add(&point.name.en, point.location);
            for alias in &point.aliases {
                add(alias, point.location);
            }
        }
        // The middle of a street or a river says nothing.
        for place in city.places.iter().filter(|p| f64::from(p.extent_m) < NEAR) {
            add(&place.name.zh, place.location);
            add(&place.name.en, place.location);
        }
        Self { places }
    }

    /// The middles of the city's divisions.
    pub fn of_divisions(city: &City) -> Self {
        let mut places: HashMap<String, Vec<LonLat>> = HashMap::new();
        for division in city.divisions.iter() {
            let middle = division.area.as_ref().and_then(Centroid::centroid);
            let middle = middle.map(|c| LonLat::new(c.x(), c.y())).or(division.point);
            if let Some(middle) = middle {
                places.entry(words::fold(&division.name.zh)).or_default().push(middle);
            }
        }
        Self { places }
    }

    /// Compares named positions of unknown datum with the known ones.
    pub fn compare<'a>(&self, rows: impl Iterator<Item = (&'a str, LonLat)>) -> Evidence {
        let mut distances: [Vec<f64>; 3] = Default::default();
        for (name, at) in rows {
            let Some(known) = self.places.get(&words::fold(name)) else { continue };
            let under: Vec<f64> = CANDIDATES.map(|datum| nearest(datum.to_wgs84(at), known)).into();
            if under.iter().any(|d| *d < SAME) {
                for (all, d) in distances.iter_mut().zip(under) {
                    all.push(d);
                }
            }
            if distances[0].len() == NAMES_AT_MOST {
                break;
            }
        }
        let names = distances[0].len();
        let median_m: Vec<(Datum, f64)> = CANDIDATES
            .into_iter()
            .zip(distances.iter_mut().map(|d| median(d)))
            .filter_map(|(datum, median)| Some((datum, median?)))
            .collect();
        let mut ranked = median_m.clone();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        let believed = match ranked.as_slice() {
            [(best, near), (_, next), ..]
                if names >= NAMES_AT_LEAST && *near <= NEAR && *next >= near * CLEARLY =>
            {
                Some(*best)
            }
            _ => None,
        };
        Evidence { names, median_m, believed }
    }
}

fn nearest(at: LonLat, known: &[LonLat]) -> f64 {
    known.iter().map(|k| haversine(at, *k)).fold(f64::INFINITY, f64::min)
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The name of a datum in flags and messages.
pub const fn key(datum: Datum) -> &'static str {
    match datum {
        Datum::Wgs84 => "wgs84",
        Datum::Cgcs2000 => "cgcs2000",
        Datum::Gcj02 => "gcj02",
        Datum::Bd09 => "bd09",
    }
}

impl Evidence {
    /// The evidence in words.
    pub fn say(&self) -> String {
        if self.names == 0 {
            return "none of its names is known here, so there is nothing to compare".to_owned();
        }
        let under: Vec<String> = self
            .median_m
            .iter()
            .map(|(datum, median)| format!("{median:.0} m if it is {}", key(*datum)))
            .collect();
        let believed = match self.believed {
            Some(datum) => format!("it looks like {}", key(datum)),
            None => "that says nothing clear".to_owned(),
        };
        let under = under.join(", ");
        if self.names == 1 {
            return format!(
                "1 of its names is known here, and its distance is {under}: {believed}"
            );
        }
        format!(
            "{} of its names are known here, and their median distance is {under}: {believed}",
            self.names
        )
    }
}

/// Why a file's positions are not taken in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DatumFault {
    /// Nobody said in what datum they are.
    #[error(
        "the file does not say in what datum its positions are; {}. Say --crs {}",
        .0.say(),
        .0.believed.map_or("wgs84, cgcs2000, gcj02 or bd09", key)
    )]
    NotSaid(Evidence),
    /// They are no longitudes and latitudes.
    #[error(
        "its coordinates are EPSG:{0}, not degrees of longitude and latitude; reproject it \
         first: ogr2ogr -t_srs EPSG:4326 OUT IN"
    )]
    Projected(u32),
}

/// A decision, with what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The datum that the positions are in.
    pub datum: Datum,
    /// What the names say; `None` where no shift applies.
    pub evidence: Option<Evidence>,
    /// Said where the names contradict what was declared.
    pub doubt: Option<String>,
}

/// Decides in what datum positions are: as declared; or, where no shift applies in the
/// city, WGS-84.
///
/// # Errors
/// Where it is not declared and a shift applies, with the evidence; or the file says that
/// they are no degrees.
pub fn decide<'a>(
    declared: Option<Datum>,
    epsg: Option<u32>,
    city: &City,
    known: &Gazetteer,
    rows: impl Iterator<Item = (&'a str, LonLat)>,
) -> Result<Decision, DatumFault> {
    /// Geographic codes: WGS 84, CGCS2000, with height, ETRS89, NAD83.
    const DEGREES: [u32; 6] = [4326, 4490, 4979, 4480, 4258, 4269];
    if let Some(code) = epsg.filter(|code| !DEGREES.contains(code)) {
        return Err(DatumFault::Projected(code));
    }
    if !shift_applies(city) {
        let datum = declared.unwrap_or(Datum::Wgs84);
        return Ok(Decision { datum, evidence: None, doubt: None });
    }
    let evidence = known.compare(rows);
    let Some(datum) = declared else { return Err(DatumFault::NotSaid(evidence)) };
    let centre = city.manifest.center();
    let same = |a: Datum, b: Datum| a.to_wgs84(centre) == b.to_wgs84(centre);
    let contradicts = evidence.believed.is_some_and(|believed| !same(believed, datum));
    let doubt = contradicts.then(|| format!("declared as {}, but {}", key(datum), evidence.say()));
    Ok(Decision { datum, evidence: Some(evidence), doubt })
}

/// Whether any of the datums differs from WGS-84 in this city.
fn shift_applies(city: &City) -> bool {
    let centre = city.manifest.center();
    CANDIDATES.into_iter().any(|datum| haversine(datum.to_wgs84(centre), centre) > SHIFTED)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gazetteer(n: usize) -> (Gazetteer, Vec<(String, LonLat)>) {
        let mut gazetteer = Gazetteer::default();
        let mut rows = Vec::new();
        for i in 0..n {
            let name = format!("第{i}馆");
            let at = LonLat::new(116.0 + i as f64 * 0.01, 39.8 + (i % 7) as f64 * 0.03);
            gazetteer.places.insert(words::fold(&name), vec![at]);
            rows.push((name, at));
        }
        (gazetteer, rows)
    }

    proptest! {
        /// The right datum is found, though names are metres off and some mean other things.
        #[test]
        fn the_datum_is_found_out_by_names(
            n in 5usize..40,
            datum in prop::sample::select(&CANDIDATES[..]),
            off in prop::collection::vec((-40.0..40.0f64, -40.0..40.0f64), 40),
            strangers in 0usize..2,
        ) {
            let (gazetteer, rows) = gazetteer(n);
            let moved: Vec<(String, LonLat)> = rows
                .into_iter()
                .zip(off)
                .enumerate()
                .map(|(i, ((name, at), (east, north)))| {
                    let far = if i < strangers { 0.02 } else { 0.0 };
                    let at = LonLat::new(at.lon + far + east / 85_000.0, at.lat + north / 111_000.0);
                    (name, datum.from_wgs84(at))
                })
                .collect();
            let evidence = gazetteer.compare(moved.iter().map(|(n, at)| (n.as_str(), *at)));
            prop_assert_eq!(evidence.believed, Some(datum), "{}", evidence.say());
        }
    }

    #[test]
    fn too_few_or_unknown_names_say_nothing() {
        let (gazetteer, rows) = gazetteer(2);
        let few = gazetteer.compare(rows.iter().map(|(n, at)| (n.as_str(), *at)));
        assert_eq!((few.names, few.believed), (2, None));
        let one = gazetteer.compare(rows.iter().take(1).map(|(n, at)| (n.as_str(), *at)));
        assert!(one.say().starts_with("1 of its names is known here, and its"), "{}", one.say());
        let none = gazetteer.compare([("elsewhere", LonLat::new(1.0, 2.0))].into_iter());
        assert_eq!((none.names, none.believed), (0, None));
        assert!(none.say().contains("nothing to compare"));
    }

    #[test]
    fn the_refusal_gives_the_evidence_and_says_what_to_do() {
        let (gazetteer, rows) = gazetteer(9);
        let shifted: Vec<_> =
            rows.iter().map(|(n, at)| (n.as_str(), Datum::Gcj02.from_wgs84(*at))).collect();
        let fault = DatumFault::NotSaid(gazetteer.compare(shifted.into_iter())).to_string();
        for said in ["9 of its names", "0 m if it is gcj02", "Say --crs gcj02"] {
            assert!(fault.contains(said), "{fault}");
        }
    }
}
