//! The locator against an oracle that we did not write: `PostGIS`, over the same polygons.
//!
//! `ST_Covers` decides by itself which divisions cover a position; the rule for shared
//! borders (the lower code) is applied to its answers in SQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "in a test, a panic is how a failure is told"
)]

mod points;
mod postgis;

use std::fmt::Write as _;
use std::path::Path;

use postgis::PostGis;
use servicemap::city::synthetic::{self, Plan};
use servicemap::city::{self, City, Level};
use servicemap::geo::LonLat;
use servicemap::index::DivisionIndex;

/// Four districts whose rings have more than 20,000 vertices each, and coordinates of few
/// binary digits, so that the middle of a segment is exactly on it.
const LONG_RINGS: Plan = Plan {
    seed: 20,
    side: 40,
    steps: 160,
    communities: 150,
    townships: 20,
    districts: 4,
    bits: Some(22),
};

fn default_city() -> City {
    city::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/beijing")).expect("a whole pack")
}

/// What the oracle says: of each position the lowest covering division of each level.
fn ask_covers(db: &PostGis, points: usize) -> Vec<[Option<u32>; 3]> {
    let rows = db.run(
        "SELECT p.id, a.level, min(a.number) FROM area a JOIN point p
         ON ST_Covers(a.geom, p.geom) GROUP BY p.id, a.level;"
            .to_owned(),
    );
    let mut out = vec![[None; 3]; points];
    for row in rows {
        let n: Vec<u32> = row.iter().map(|c| c.parse().unwrap()).collect();
        out[n[0] as usize][n[1] as usize] = Some(n[2]);
    }
    out
}

fn agrees_on_coverage(city: &City, count: usize, seed: u64) {
    let db = PostGis::start();
    let points = points::adversarial(city, count, seed);
    db.load(city, &points);
    let said = ask_covers(&db, points.len());
    let index = DivisionIndex::build(city);
    let mut covered = 0;
    for (i, p) in points.iter().enumerate() {
        let ours = index.covering(*p);
        covered += usize::from(ours[0].is_some());
        assert_eq!(ours, said[i], "{p:?}; district, township, community by number");
    }
    assert!(covered > count / 2, "the positions are not where the divisions are");
}

#[test]
fn a_metropolis_of_7500_communities_agrees_with_st_covers() {
    let city = synthetic::city(&Plan::METROPOLIS);
    agrees_on_coverage(&city, 120_000, 1);
}

#[test]
fn rings_of_20000_vertices_agree_with_st_covers() {
    let city = synthetic::city(&LONG_RINGS);
    let longest = city.divisions.iter().filter_map(|d| d.area.as_ref()).flatten();
    assert!(longest.map(|p| p.exterior().0.len()).max() > Some(20_000));
    agrees_on_coverage(&city, 50_000, 2);
}

#[test]
fn the_default_city_agrees_with_st_covers() {
    agrees_on_coverage(&default_city(), 50_000, 3);
}

/// The distance from a position to a border on the azimuthal equidistant projection around
/// the position, on which distances from it are those on the ellipsoid.
///
/// A geography finds the nearest *point* on a sphere and only measures to it on the
/// ellipsoid. A degree north and a degree east differ by up to 0.7 % between the two, so
/// of two points that are nearly as near it may take the farther one. Where a geography
/// and we differ, this is the last word.
fn ask_equidistant(db: &PostGis, point: usize, p: LonLat, number: u32) -> f64 {
    let rows = db.run(format!(
        "SELECT ST_Distance(
            ST_Transform(ST_Boundary(ST_Segmentize(a.geom, 0.0005)), proj),
            ST_Transform(p.geom, proj))
         FROM area a, point p, LATERAL (SELECT
            '+proj=aeqd +lat_0={} +lon_0={} +datum=WGS84 +units=m'::text AS proj) q
         WHERE p.id = {point} AND a.number = {number};",
        p.lat, p.lon
    ));
    rows[0][0].parse().unwrap()
}

/// A distance agrees within 0.1 % or half a metre.
fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= (theirs * 0.001).max(0.5)
}

/// Distances to the own border on each level, and to the nearest other division of the
/// smallest. The borders of a city are straight on the plane of longitude and latitude
/// (RFC 7946), those of a geography run along geodesics: pieces of 0.0005 degrees make
/// them the same to a millimetre.
fn agrees_on_distance(city: &City, count: usize, seed: u64) {
    let db = PostGis::start();
    let points = points::adversarial(city, count, seed);
    db.load(city, &points);
    let index = DivisionIndex::build(city);
    let smallest = Level::ALL.into_iter().rfind(|l| index.has_areas(*l)).unwrap();
    let mut script =
        String::from("CREATE TABLE asked (id int, number int);\nCOPY asked FROM STDIN;\n");
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for (id, p) in points.iter().enumerate() {
        let covering = index.covering(*p);
        for level in Level::ALL {
            let Some(number) = covering[level as usize] else { continue };
            let border = index.own_border(level, number, *p).expect("an area has a border");
            own.push((id, number, border.metres));
            let _ = writeln!(script, "{id}\t{number}");
        }
        if let Some(number) = covering[smallest as usize] {
            let border = index
                .other_border(smallest, Some(number), *p, index.today())
                .expect("there are others");
            other.push((id, number, border.division, border.metres));
        }
    }
    script += "\\.\n
        CREATE TABLE border AS SELECT level, number,
            ST_Boundary(ST_Segmentize(geom, 0.0005))::geography AS geog FROM area;
        CREATE INDEX ON border (number);
        CREATE INDEX ON border USING gist (geog);
        ANALYZE border, asked;
        SELECT a.id, a.number, ST_Distance(b.geog, p.geom::geography)
        FROM asked a JOIN border b USING (number) JOIN point p USING (id) ORDER BY a.number, a.id;";
    let rows = db.run(script);
    own.sort_by_key(|(id, number, _)| (*number, *id));
    assert_eq!(rows.len(), own.len());
    let mut settled = 0;
    for (row, (id, number, ours)) in rows.iter().zip(&own) {
        assert_eq!((&row[0], &row[1]), (&id.to_string(), &number.to_string()));
        let mut theirs: f64 = row[2].parse().unwrap();
        if !close(*ours, theirs) {
            theirs = ask_equidistant(&db, *id, points[*id], *number);
            settled += 1;
        }
        let (p, code) = (points[*id], &city.divisions[*number as usize].code);
        assert!(
            close(*ours, theirs),
            "{p:?} to the border of {code}: {ours} m, PostGIS {theirs} m"
        );
    }

    // Of the nearest other division: how far that very one is, and that none is nearer.
    let level = smallest as u8;
    let mut script =
        String::from("CREATE TABLE other (id int, own int, found int);\nCOPY other FROM STDIN;\n");
    other.truncate(count / 5);
    for (id, own, found, _) in &other {
        let _ = writeln!(script, "{id}\t{own}\t{found}");
    }
    let _ = write!(
        script,
        "\\.\n
        SELECT o.id, ST_Distance(b.geog, p.geom::geography), least(n.metres, 1e9) FROM other o
        JOIN point p USING (id) JOIN border b ON b.number = o.found
        CROSS JOIN LATERAL (
            SELECT min(ST_Distance(c.geog, p.geom::geography)) AS metres FROM border c
            WHERE c.level = {level} AND c.number <> o.own
            AND ST_DWithin(c.geog, p.geom::geography,
                ST_Distance(b.geog, p.geom::geography) * 1.001 + 1)
        ) n ORDER BY o.id;"
    );
    let rows = db.run(script);
    assert_eq!(rows.len(), other.len());
    for (row, (id, _, found, ours)) in rows.iter().zip(&other) {
        assert_eq!(row[0], id.to_string());
        let mut theirs: f64 = row[1].parse().unwrap();
        let nearest: f64 = row[2].parse().unwrap();
        if !close(*ours, theirs) {
            theirs = ask_equidistant(&db, *id, points[*id], *found);
            settled += 1;
        }
        let (p, code) = (points[*id], &city.divisions[*found as usize].code);
        assert!(close(*ours, theirs), "{p:?} to {code}: {ours} m, PostGIS {theirs} m");
        let none_nearer = nearest >= *ours * 0.999 - 0.5;
        assert!(none_nearer, "{p:?}: {code} at {ours} m, but another is at {nearest} m");
    }
    eprintln!(
        "{} own borders and {} neighbours agree; {settled} of them only on the ellipsoid",
        own.len(),
        other.len()
    );
    assert!(settled * 100 < own.len(), "that is no longer a matter of sphere and ellipsoid");
}

#[test]
fn distances_in_a_metropolis_agree_with_geography() {
    agrees_on_distance(&synthetic::city(&Plan::METROPOLIS), 3_000, 4);
}

#[test]
fn distances_to_rings_of_20000_vertices_agree_with_geography() {
    agrees_on_distance(&synthetic::city(&LONG_RINGS), 1_000, 5);
}

#[test]
fn distances_in_the_default_city_agree_with_geography() {
    agrees_on_distance(&default_city(), 3_000, 6);
}

#[test]
fn an_outside_position_finds_the_nearest_division_of_geography() {
    let city = default_city();
    let bounds = city.manifest.bounds;
    let db = PostGis::start();
    let mut random = synthetic::Random(7);
    let points: Vec<LonLat> = (0..200)
        .map(|_| {
            let x = bounds.west + (random.unit() * 1.4 - 0.2) * (bounds.east - bounds.west);
            let y = bounds.south + (random.unit() * 1.4 - 0.2) * (bounds.north - bounds.south);
            LonLat::new(x, y)
        })
        .collect();
    db.load(&city, &points);
    let rows = db.run(
        "SELECT p.id, (SELECT min(ST_Distance(ST_Segmentize(a.geom, 0.01)::geography,
            p.geom::geography)) FROM area a WHERE a.level = 0) FROM point p ORDER BY p.id;"
            .to_owned(),
    );
    let index = DivisionIndex::build(&city);
    for (row, p) in rows.iter().zip(&points) {
        let theirs: f64 = row[1].parse().unwrap();
        let inside = index.covering(*p)[0].is_some();
        let found = index.other_border(Level::District, None, *p, index.today()).unwrap().metres;
        let ours = if inside { 0.0 } else { found };
        assert!(close(ours, theirs), "{p:?}: {ours} m, PostGIS {theirs} m");
    }
}
