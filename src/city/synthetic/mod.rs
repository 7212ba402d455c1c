//! A made-up city: three levels of division that fill a square, with real difficulties
//! and no real place.
//!
//! Tests and benches need more divisions than any open data has, with as many vertices
//! as official borders have. [`city`] draws them from a seed: a lattice of jagged cells
//! ([`lattice`]) is grown into communities, those into townships, those into districts
//! ([`grow()`]), and the outlines are traced ([`mod@trace`]). Neighbours share each vertex to
//! the bit, on every level. Some cells belong to nobody (holes in everything around
//! them), and some communities belong to a township elsewhere (enclaves, and areas of
//! several parts). Every name says that it is synthetic. [`places()`] draws a gazetteer of
//! any size for a city, and [`hotline`] tickets.

mod grow;
pub mod hotline;
mod lattice;
mod names;
mod trace;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::manifest::{LevelInfo, MapNotes, ReleaseRules, SearchWords};
use super::{Calendar, City, Division, Lang, Level, Localized, Manifest, Quality, Source, Tree};
use crate::geo::{Bounds, Datum};
use grow::grow;
use lattice::Lattice;
pub use names::places;

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The same seed draws the same city.
    pub seed: u64,
    /// Cells on a side of the lattice; a community has `side² / communities` of them.
    pub side: u32,
    /// Segments into which each side of a cell is broken; more make longer rings.
    pub steps: u32,
    /// How many communities.
    pub communities: u32,
    /// How many townships.
    pub townships: u32,
    /// How many districts.
    pub districts: u32,
    /// Coordinates are rounded to multiples of 2⁻ᵇⁱᵗˢ degrees, so that the middle of a
    /// segment is exactly on it; `None` keeps every digit.
    pub bits: Option<u32>,
}

impl Plan {
    /// A city as large as the largest: 7,500 communities of about 100 vertices, 343
    /// townships of about 500, 16 districts of about 3,000.
    pub const METROPOLIS: Self = Self {
        seed: 5,
        side: 150,
        steps: 12,
        communities: 7_500,
        townships: 343,
        districts: 16,
        bits: None,
    };
}

/// The square that is filled, degrees WGS-84. It lies in the north temperate zone, where
/// a degree of longitude is much shorter than one of latitude.
const SQUARE: Bounds = Bounds { west: 116.0, south: 39.5, east: 117.5, north: 40.7 };

/// Draws a city that has divisions and nothing else. Some seconds for
/// [`Plan::METROPOLIS`] without optimisation.
pub fn city(plan: &Plan) -> City {
    let lattice = Lattice::new(plan, SQUARE);
    let mut random = Random(plan.seed);
    let cells = lattice.cell_graph(&mut random);
    let community_of_cell = grow(&cells, plan.communities, &mut random);
    let communities = grow::neighbours(&cells, &community_of_cell, plan.communities);
    let mut township_of = grow(&communities, plan.townships, &mut random);
    let townships = grow::neighbours(&communities, &township_of, plan.townships);
    let district_of = grow(&townships, plan.districts, &mut random);
    grow::exchange(&mut township_of, plan.townships, &mut random);

    let through = |outer: &[Option<u32>], inner: &[Option<u32>]| -> Vec<Option<u32>> {
        inner.iter().map(|i| i.and_then(|i| outer[i as usize])).collect()
    };
    let township_of_cell = through(&township_of, &community_of_cell);
    let district_of_cell = through(&district_of, &township_of_cell);

    let mut divisions = Vec::new();
    let mut draw = |level: Level, of_cell: &[Option<u32>], count: u32, parents: Parents<'_>| {
        let areas = trace::outlines(&lattice, of_cell, count);
        for (number, area) in areas.into_iter().enumerate() {
            let parent = parents.and_then(|(above, of)| Some(code(above, of[number]?)));
            divisions.push(division(level, number as u32, parent, area));
        }
    };
    draw(Level::District, &district_of_cell, plan.districts, None);
    let above = Some((Level::District, district_of.as_slice()));
    draw(Level::Township, &township_of_cell, plan.townships, above);
    let above = Some((Level::Township, township_of.as_slice()));
    draw(Level::Community, &community_of_cell, plan.communities, above);
    assemble(plan, divisions)
}

/// The level above, and which of its divisions each number belongs to.
type Parents<'a> = Option<(Level, &'a [Option<u32>])>;

/// The code of the `number`-th division of a level; codes sort as numbers do.
fn code(level: Level, number: u32) -> String {
    match level {
        Level::District => format!("D{number:03}"),
        Level::Township => format!("T{number:05}"),
        Level::Community => format!("V{number:06}"),
    }
}

fn division(
    level: Level,
    number: u32,
    parent: Option<String>,
    area: geo::MultiPolygon<f64>,
) -> Division {
    let zh = match level {
        Level::District => "区",
        Level::Township => "街道",
        Level::Community => "社区",
    };
    Division {
        code: code(level, number),
        level,
        name: Localized {
            zh: format!("合成{number}{zh}"),
            en: format!("Synthetic {} {number}", level.key()),
        },
        aliases: Vec::new(),
        parent,
        valid_from: None,
        valid_to: None,
        quality: Quality::Authoritative,
        area: Some(area),
        point: None,
        placed_by: None,
        residents: None,
        source: "synthetic".to_owned(),
    }
}

fn name(zh: &str, en: &str) -> Localized {
    Localized { zh: zh.to_owned(), en: en.to_owned() }
}

fn assemble(plan: &Plan, divisions: Vec<Division>) -> City {
    let level = |key: Level| LevelInfo {
        key,
        name: Localized { zh: key.key().to_owned(), en: key.key().to_owned() },
        file: String::new(),
        quality: Quality::Authoritative,
        accuracy_m: 5.0,
    };
    City {
        manifest: Manifest {
            format: super::pack::FORMAT,
            id: "synthetic".to_owned(),
            name: name("合成市", "Synthetic City"),
            time_zone: "UTC".to_owned(),
            languages: vec![Lang::Zh, Lang::En],
            crs: Datum::Wgs84,
            bounds: SQUARE,
            center: [
                f64::midpoint(SQUARE.west, SQUARE.east),
                f64::midpoint(SQUARE.south, SQUARE.north),
            ],
            zoom: 10.0,
            levels: Level::ALL.map(level).into(),
            search: SearchWords::default(),
            release: ReleaseRules::default(),
            map: MapNotes { note: name("合成数据", "Synthetic data"), ..MapNotes::default() },
            sources: vec![Source {
                id: "synthetic".to_owned(),
                name: "Drawn at random".to_owned(),
                licence: "CC0-1.0".to_owned(),
                url: String::new(),
                attribution: String::new(),
            }],
        },
        zone: jiff::tz::TimeZone::UTC,
        categories: Tree::default(),
        matters: Tree::default(),
        portals: Vec::new(),
        schedules: std::collections::BTreeMap::new(),
        redrawings: Vec::new(),
        releases: Vec::new(),
        calendar: Calendar::default(),
        points: Vec::new(),
        retired: BTreeMap::new(),
        divisions: divisions.into(),
        changes: Vec::new(),
        routing: super::routing::Routing::default(),
        repeats: super::Repeats::default(),
        places: Arc::default(),
        roads: Arc::default(),
        records_seq: None,
        digest: blake3::hash(format!("{plan:?}").as_bytes()).to_hex()[..16].to_owned(),
    }
}

/// Numbers that look random and follow from a seed (`SplitMix64`, Steele et al.
/// 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number from 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `end`, which is not 0.
    pub const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, Validation};

    use super::*;

    const SMALL: Plan = Plan {
        seed: 3,
        side: 30,
        steps: 5,
        communities: 300,
        townships: 24,
        districts: 4,
        bits: Some(20),
    };

    #[test]
    fn every_area_is_valid_and_each_level_covers_the_same_ground() {
        let city = city(&SMALL);
        let mut ground = [0.0; 3];
        for d in city.divisions.iter() {
            let area = d.area.as_ref().unwrap();
            assert!(area.is_valid(), "{} {:?}", d.code, area.validation_errors());
            ground[d.level as usize] += area.unsigned_area();
        }
        assert!((ground[0] - ground[1]).abs() < 1e-9 && (ground[1] - ground[2]).abs() < 1e-9);
    }

    #[test]
    fn there_are_holes_and_enclaves_and_areas_of_several_parts() {
        let city = city(&SMALL);
        let areas = || city.divisions.iter().filter_map(|d| d.area.as_ref());
        assert!(areas().any(|a| a.0.len() > 1));
        assert!(areas().any(|a| a.iter().any(|p| !p.interiors().is_empty())));
    }

    #[test]
    fn the_same_seed_draws_the_same_city() {
        let (a, b) = (city(&SMALL), city(&SMALL));
        assert!(a.divisions.iter().zip(b.divisions.iter()).all(|(a, b)| a.area == b.area));
    }
}
