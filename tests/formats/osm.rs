//! Extracts of OpenStreetMap: a made one whose every border is known, and a real one.

use std::path::{Path, PathBuf};
use std::process::Command;

use geo::{Area, Contains, Point};
use servicemap::city::Level;
use servicemap::import::osm::{self, Extract, Levels, Mapping, Wishes};
use servicemap::import::read::{self, Options};

use crate::pbf;

/// The centre of Helsinki.
pub(crate) fn helsinki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/helsinki.osm.pbf")
}

fn read_with(path: &Path, mapping: &Mapping, wishes: &Wishes) -> Extract {
    osm::read(path, mapping, wishes, &mut |_, _| {}).unwrap_or_else(|e| panic!("{e}"))
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.osm.pbf");
    std::fs::write(&path, pbf::city().finish()).unwrap();
    (folder, path)
}

#[test]
fn a_city_is_put_together_from_an_extract() {
    let (_folder, path) = made();
    let found = read_with(&path, &Mapping::shipped().unwrap(), &Wishes::default());
    assert_eq!(found.report.elements, [13, 6, 6]);
    assert_eq!(found.city.as_ref().unwrap().zh, "样例市");
    let b = found.bounds;
    assert_eq!(format!("{:?}", <[f64; 4]>::from(b)), "[120.0, 30.0, 120.04, 30.02]");
    // The levels below the city's own.
    assert_eq!(found.levels, Levels::parse("6=district,8=township").unwrap());
    let divisions: Vec<_> = found
        .divisions
        .iter()
        .map(|d| (d.code.as_str(), d.level, d.parent.as_deref(), d.area.is_some()))
        .collect();
    assert_eq!(
        divisions,
        [
            ("r101", Level::District, None, true),
            ("r102", Level::District, None, true),
            ("r103", Level::Township, Some("r101"), true),
            ("r104", Level::Township, None, false),
        ]
    );
    let area = |at: usize| found.divisions[at].area.as_ref().unwrap();
    // The island is a hole in the one and a part of the other.
    let island = Point::new(120.007, 30.006);
    assert!(!area(0).contains(&island) && area(1).contains(&island));
    let both = area(0).unsigned_area() + area(1).unsigned_area();
    assert!((both - 0.04 * 0.02).abs() < 1e-12, "{both}");
    assert!(found.report.broken.listed[0].contains("relation/104 样例断镇: its border has a gap"));
    assert_eq!(found.report.cut.listed, ["relation/105 样例缺镇"]);

    let point = &found.points[0];
    assert_eq!(found.points.len(), 3);
    assert_eq!(point.point.id, "osm-n31");
    assert_eq!(
        (point.point.name.en.as_str(), point.point.category.as_str()),
        ("West Sample Library", "library")
    );
    assert_eq!(point.point.address.as_deref(), Some("样例大街7号"));
    assert_eq!(point.point.accessibility, ["wheelchair"]);
    assert_eq!(point.website.as_deref(), Some("https://example.org/lib"));
    assert_eq!(point.point.hours.as_ref().unwrap().raw(), "Mo-Fr 09:00-17:00");
    assert!(found.points[1].point.hours.is_none());
    assert!(found.report.hours_unknown.listed[0].starts_with("node/32: \"from nine or so\""));
    assert_eq!(found.points[2].point.name.zh, "公共厕所");
    let places: Vec<_> = found.places.iter().map(|p| (p.name.zh.as_str(), p.kind.key())).collect();
    assert_eq!(
        places,
        [
            ("样例大街7号", "building"),
            ("样例站", "transit"),
            ("样例大街", "street"),
            ("样例河", "water")
        ]
    );
    assert_eq!(found.roads.len(), 1);
}

#[test]
fn levels_that_are_wished_for_are_taken() {
    let (_folder, path) = made();
    let wishes = Wishes { levels: Some(Levels::parse("8=district").unwrap()), language: None };
    let found = read_with(&path, &Mapping::shipped().unwrap(), &wishes);
    let codes: Vec<_> = found.divisions.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["r103", "r104"]);
}

#[test]
fn an_extract_is_rows_for_the_records_of_a_city_that_there_is() {
    let (_folder, path) = made();
    let mut rows = read::open(&path, &Options::default()).unwrap();
    assert_eq!(rows.epsg(), Some(4326));
    let first = rows.next().unwrap().unwrap().unwrap();
    assert_eq!(first.place.to_string(), "node/31");
    assert_eq!(crate::gdal::text(&first, "category").as_deref(), Some("library"));
    assert_eq!(rows.count(), 2);
    let options = Options { layer: Some("divisions".to_owned()) };
    assert_eq!(read::open(&path, &options).unwrap().count(), 4);
}

/// How many features of a layer GDAL finds.
fn gdal(layer: &str, condition: &str) -> usize {
    let output = Command::new("ogrinfo")
        .arg("-q")
        .arg(helsinki())
        .args([layer, "-where", condition])
        .output()
        .expect("GDAL is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|l| l.starts_with("OGRFeature")).count()
}

#[test]
fn a_real_extract_holds_what_gdal_finds_in_it() {
    let found = read_with(&helsinki(), &Mapping::shipped().unwrap(), &Wishes::default());
    assert_eq!(found.report.elements, [24_260, 5_130, 620]);
    let highways = "highway IN ('motorway','motorway_link','trunk','trunk_link','primary',\
                    'primary_link','secondary','secondary_link','tertiary','tertiary_link',\
                    'unclassified','residential','living_street','pedestrian','road')";
    assert_eq!(found.roads.len(), gdal("lines", highways));
    for kind in ["library", "pharmacy", "bank", "theatre"] {
        let text = format!(
            "[[category]]\ncode = \"x\"\nname = {{ zh = \"x\" }}\nicon = \"x\"\n\
             color = \"#000000\"\ntags = [\"amenity={kind}\"]\nunnamed = true"
        );
        let found = read_with(&helsinki(), &Mapping::parse(&text).unwrap(), &Wishes::default());
        let points = gdal("points", &format!("other_tags LIKE '%\"amenity\"=>\"{kind}\"%'"));
        let areas = gdal("multipolygons", &format!("amenity='{kind}'"));
        let all = found.points.len() + found.report.twice.count as usize;
        assert_eq!(all, points + areas, "{kind}");
    }
    // It lies inside Helsinki, whose border it holds only a part of.
    assert!(found.city.is_none() && found.divisions.is_empty());
    assert!(found.report.cut.listed.iter().any(|line| line == "relation/34914 Helsinki"));
}

#[test]
fn opening_hours_of_a_real_extract_are_understood_or_named() {
    let text = "[[category]]\ncode = \"x\"\nname = { zh = \"x\" }\nicon = \"x\"\n\
                color = \"#000000\"\ntags = [\"opening_hours=*\"]\nunnamed = true";
    let found = read_with(&helsinki(), &Mapping::parse(text).unwrap(), &Wishes::default());
    let unknown = &found.report.hours_unknown;
    assert_eq!(found.report.hours + unknown.count, 632);
    assert!(found.report.hours >= 620, "{} are understood: {unknown:#?}", found.report.hours);
    println!("{} of 632 are understood; not: {unknown:#?}", found.report.hours);
}
