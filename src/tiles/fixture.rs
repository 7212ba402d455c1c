//! A made-up town to draw, and an independent reader of tiles. Used by the tests of
//! this room, by those of `features/` and by its bench.

use std::f64::consts::PI;

use geo::{LineString, MultiLineString, MultiPolygon, Polygon};

use crate::city::{
    Calendar, Category, Channel, City, Division, Level, Localized, Manifest, Place, PlaceKind,
    Portal, Quality, Road, RoadClass, ServicePoint, Tree,
};
use crate::geo::{LonLat, TileId, World};
use crate::index::Snapshot;

/// The middle of the town.
pub(super) const MIDDLE: LonLat = LonLat::new(10.0, 50.0);
/// Half the town's width, degrees.
pub(super) const REACH: f64 = 0.15;
/// Codes of the categories; points of the second can be booked.
pub(super) const CATEGORIES: [&str; 4] = ["office", "library", "clinic", "bank"];

const MANIFEST: &str = r#"
format = 1
id = "town"
name = { zh = "小城", en = "Town" }
time_zone = "Europe/Berlin"
languages = ["zh", "en"]
crs = "wgs84"
bounds = [9.8, 49.8, 10.2, 50.2]
center = [10.0, 50.0]
zoom = 11
level = []
[map]
attribution = "the town"
[[source]]
id = "made"
name = "made up"
licence = "CC0-1.0"
attribution = "nobody"
"#;

/// The tile of a zoom that holds a position.
pub(super) fn tile_at(z: u8, place: LonLat) -> TileId {
    let (x, y) = World::project(place).cell(u32::from(z));
    TileId { z, x, y }
}

/// The tile of a zoom that holds the middle of the town.
pub(super) fn middle_tile(z: u8) -> TileId {
    tile_at(z, LonLat::new(MIDDLE.lon + 0.001, MIDDLE.lat - 0.001))
}

/// A town with so many points, spread evenly, and everything else.
pub(crate) fn town(points: usize) -> Snapshot {
    let mut noise = Noise(7);
    let mut at = |i: usize| {
        let (x, y) = (noise.signed(), noise.signed());
        (LonLat::new(MIDDLE.lon + x * REACH, MIDDLE.lat + y * REACH), i % CATEGORIES.len())
    };
    let points: Vec<_> = (0..points).map(&mut at).collect();
    town_with(&points)
}

/// A town with these points, each with the number of its category.
pub(super) fn town_with(points: &[(LonLat, usize)]) -> Snapshot {
    let (categories, portals) = (categories(), vec![portal()]);
    Snapshot::build(City {
        manifest: toml::from_str::<Manifest>(MANIFEST).expect("the manifest reads"),
        categories,
        matters: Tree::new(Vec::new()).expect("an empty tree"),
        portals,
        schedules: std::collections::BTreeMap::new(),
        redrawings: Vec::new(),
        releases: Vec::new(),
        calendar: Calendar::default(),
        points: points.iter().enumerate().map(|(i, (at, kind))| point(i, *at, *kind)).collect(),
        retired: std::collections::BTreeMap::new(),
        divisions: divisions().into(),
        changes: Vec::new(),
        routing: crate::city::routing::Routing::default(),
        repeats: crate::city::Repeats::default(),
        places: places().into(),
        roads: roads().into(),
        zone: jiff::tz::TimeZone::UTC,
        records_seq: None,
        digest: "0".repeat(16),
    })
}

/// Numbers that look random and are always the same.
pub(super) struct Noise(pub(super) u64);

impl Noise {
    /// The next whole number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number from -1 to 1.
    pub(super) fn signed(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

fn named(zh: String, en: String) -> Localized {
    Localized { zh, en }
}

fn categories() -> Tree<Category> {
    let category = |code: &str| Category {
        code: code.to_owned(),
        parent: None,
        name: named(code.to_owned(), code.to_owned()),
        icon: format!("{code}-icon"),
        color: "#8c2f39".to_owned(),
        importance: 0.5,
        aliases: Vec::new(),
        typical_matters: Vec::new(),
    };
    Tree::new(CATEGORIES.map(category).to_vec()).expect("codes are distinct")
}

fn portal() -> Portal {
    Portal {
        id: "p".to_owned(),
        name: Localized::default(),
        url: "https://example.org".to_owned(),
        deep: false,
        channel: Channel::Reservation,
        phone: String::new(),
        categories: vec![CATEGORIES[1].to_owned()],
        points: Vec::new(),
        matters: Vec::new(),
        who: Vec::new(),
        lead: None,
        checked_at: None,
        status: crate::city::LinkStatus::Ok,
        source: "made".to_owned(),
    }
}

fn point(i: usize, location: LonLat, kind: usize) -> ServicePoint {
    ServicePoint {
        id: format!("town:{i:06}"),
        name: named(format!("第{i}号服务中心"), format!("Service centre {i}")),
        aliases: Vec::new(),
        category: CATEGORIES[kind].to_owned(),
        matters: Vec::new(),
        address: None,
        phone: None,
        hours: None,
        accessibility: if i.is_multiple_of(3) { vec!["wheelchair".into()] } else { Vec::new() },
        location,
        source: "made".to_owned(),
        observed_at: None,
    }
}

/// A wavy border between two corners of the 3 × 3 districts, as both sides draw it.
fn border(from: (usize, usize), to: (usize, usize)) -> Vec<(f64, f64)> {
    const PARTS: usize = 80;
    let corner = |n: usize| 2.0 * REACH * n as f64 / 3.0 - REACH;
    let mut noise = Noise((from.0 * 31 + from.1 * 7 + to.0 * 3 + to.1) as u64);
    let swing = noise.signed() * 9.0;
    (0..=PARTS)
        .map(|k| {
            let t = k as f64 / PARTS as f64;
            let wave = (t * 20.0 + swing).sin() * 0.003 + noise.signed() * 0.001;
            let off = wave * (t * PI).sin();
            let (x0, y0, x1, y1) = (corner(from.0), corner(from.1), corner(to.0), corner(to.1));
            let (x, y) = (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
            let (x, y) = if from.0 == to.0 { (x + off, y) } else { (x, y + off) };
            rounded((MIDDLE.lon + x, MIDDLE.lat + y))
        })
        .collect()
}

/// To the sixth decimal, as files have it.
fn rounded((x, y): (f64, f64)) -> (f64, f64) {
    ((x * 1e6).round() / 1e6, (y * 1e6).round() / 1e6)
}

fn divisions() -> Vec<Division> {
    let mut districts = Vec::new();
    let mut townships = Vec::new();
    for i in 0..3 {
        for j in 0..3 {
            let code = format!("1{i}{j}");
            let south = border((i, j), (i + 1, j));
            let east = border((i + 1, j), (i + 1, j + 1));
            let north = border((i, j + 1), (i + 1, j + 1));
            let west = border((i, j), (i, j + 1));
            let ring: Vec<_> = south
                .iter()
                .chain(&east)
                .chain(north.iter().rev())
                .chain(west.iter().rev())
                .copied()
                .collect();
            // The middle district has another inside it.
            let hole = ((i, j) == (1, 1)).then(|| circle(MIDDLE, 0.01));
            districts.push(division(&code, None, Level::District, ring, hole.clone()));
            if let Some(hole) = hole {
                districts.push(division("199", None, Level::District, hole, None));
            }
            // Two townships meet on points that are no vertices of the districts.
            let half = |line: &[(f64, f64)]| {
                let k = line.len() / 2;
                let (a, b) = (line[k], line[k + 1]);
                rounded((f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1)))
            };
            let k = south.len() / 2;
            let (low, high) = (half(&south), half(&north));
            let mut left: Vec<_> = south[..=k].to_vec();
            left.extend([low, high]);
            left.extend(north[..=k].iter().rev().chain(west.iter().rev()));
            let mut right = vec![low];
            right.extend(south[k + 1..].iter().chain(&east));
            right.extend(north[k + 1..].iter().rev());
            right.push(high);
            let parent = Some(code.as_str());
            townships.push(division(&format!("{code}1"), parent, Level::Township, left, None));
            townships.push(division(&format!("{code}2"), parent, Level::Township, right, None));
        }
    }
    districts.sort_by(|a, b| a.code.cmp(&b.code));
    districts.extend(townships);
    districts
}

fn circle(middle: LonLat, radius: f64) -> Vec<(f64, f64)> {
    let at = |k: usize| {
        let t = k as f64 / 60.0 * 2.0 * PI;
        rounded((middle.lon + radius * t.cos(), middle.lat + radius * t.sin()))
    };
    (0..60).map(at).collect()
}

fn division(
    code: &str,
    parent: Option<&str>,
    level: Level,
    ring: Vec<(f64, f64)>,
    hole: Option<Vec<(f64, f64)>>,
) -> Division {
    let mut outside = LineString::from(ring);
    outside.0.dedup();
    outside.close();
    let holes = hole.into_iter().map(LineString::from).collect();
    Division {
        code: code.to_owned(),
        level,
        name: named(format!("{code}区"), String::new()),
        aliases: Vec::new(),
        parent: parent.map(str::to_owned),
        valid_from: None,
        valid_to: None,
        quality: Quality::Approximate,
        area: Some(MultiPolygon::new(vec![Polygon::new(outside, holes)])),
        point: None,
        placed_by: None,
        residents: None,
        source: "made".to_owned(),
    }
}

fn places() -> Vec<Place> {
    let kinds = [
        (PlaceKind::Transit, "station"),
        (PlaceKind::Building, "university"),
        (PlaceKind::Building, "house"),
        (PlaceKind::Street, "residential"),
    ];
    let mut noise = Noise(11);
    (0..4000)
        .map(|i| {
            let (kind, class) = kinds[(noise.next() % 13).min(3) as usize];
            let (x, y) = (noise.signed(), noise.signed());
            Place {
                id: format!("place:{i:05}"),
                name: named(format!("第{i}处"), format!("Place {i}")),
                kind,
                class: class.to_owned(),
                location: LonLat::new(MIDDLE.lon + x * REACH, MIDDLE.lat + y * REACH),
                extent_m: 10.0,
                source: "made".to_owned(),
            }
        })
        .collect()
}

fn roads() -> Vec<Road> {
    let classes = [
        RoadClass::Minor,
        RoadClass::Motorway,
        RoadClass::Tertiary,
        RoadClass::Primary,
        RoadClass::Secondary,
        RoadClass::Trunk,
    ];
    let mut noise = Noise(13);
    (0..120)
        .map(|i| {
            let across = 2.0 * REACH * f64::from(i) / 120.0 - REACH;
            let line: Vec<(f64, f64)> = (0..=100)
                .map(|k| {
                    let along = 2.0 * REACH * f64::from(k) / 100.0 - REACH;
                    let (x, y) = (along, across + noise.signed() * 0.0005);
                    let (x, y) = if i % 2 == 0 { (x, y) } else { (y, x) };
                    (MIDDLE.lon + x, MIDDLE.lat + y)
                })
                .collect();
            Road {
                name: format!("{i}路"),
                class: classes[i as usize % classes.len()],
                schematic: i % 5 == 0,
                lines: MultiLineString::new(vec![LineString::from(line)]),
            }
        })
        .collect()
}
