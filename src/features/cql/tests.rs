//! Filters over a made-up town: what they take is counted another way.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::city::Level;
use crate::features::{Collection, Crs};
use crate::geo::Bounds;
use crate::index::Snapshot;
use crate::tiles::fixture;

fn ground(collection: Collection) -> Ground<'static> {
    static ZONE: TimeZone = TimeZone::UTC;
    Ground { collection, zone: &ZONE, crs: Crs::Crs84 }
}

/// Ids of what a filter takes.
fn taken(snapshot: &Snapshot, collection: Collection, filter: &str) -> HashSet<String> {
    let expr = parse(filter, ground(collection)).unwrap_or_else(|e| panic!("{filter}: {e}"));
    collection
        .members(snapshot)
        .filter(|number| expr.takes(collection, snapshot, *number))
        .map(|number| collection.feature_id(snapshot, number))
        .collect()
}

fn refused(filter: &str) -> String {
    parse(filter, ground(Collection::Points)).unwrap_err().to_string()
}

#[test]
fn every_class_of_comparison_takes_what_it_says() {
    let mut town = fixture::town(200);
    for (i, point) in town.city.points.iter_mut().enumerate() {
        point.observed_at = (i >= 40).then(|| jiff::civil::date(2026, 1, 1 + (i % 28) as i8));
        point.address = (i % 10 == 0).then(|| format!("{i} High Street"));
    }
    let of = |test: &dyn Fn(usize) -> bool| -> HashSet<String> {
        (0..200).filter(|i| test(*i)).map(|i| format!("town:{i:06}")).collect()
    };
    let day = |i: usize| (i >= 40).then_some(1 + i % 28);
    let kind = |i: usize| ["office", "library", "clinic", "bank"][i % 4];
    let expected: [(&str, HashSet<String>); 24] = [
        // Basic CQL2.
        ("category = 'library'", of(&|i| kind(i) == "library")),
        ("'library' = category", of(&|i| kind(i) == "library")),
        ("\"category\" <> 'library'", of(&|i| kind(i) != "library")),
        ("category < 'clinic'", of(&|i| kind(i) == "bank")),
        ("category >= 'library'", of(&|i| ["library", "office"].contains(&kind(i)))),
        ("bookable = TRUE", of(&|i| kind(i) == "library")),
        ("NOT bookable = true and category<>'bank'", of(&|i| i % 4 == 0 || i % 4 == 2)),
        ("NOT NOT (category='bank' OR category = 'clinic')", of(&|i| i % 4 >= 2)),
        (
            "category = 'bank' OR category = 'clinic' AND address IS NULL",
            of(&|i| i % 4 == 3 || (i % 4 == 2 && i % 10 != 0)),
        ),
        ("observed_at = DATE('2026-01-03')", of(&|i| day(i) == Some(3))),
        (
            "observed_at <= TIMESTAMP('2026-01-03T12:00:00Z')",
            of(&|i| day(i).is_some_and(|d| d <= 3)),
        ),
        ("address IS NOT NULL", of(&|i| i % 10 == 0)),
        ("true", of(&|_| true)),
        ("FALSE OR id = 'town:000007'", of(&|i| i == 7)),
        // What is not known neither is nor is not something else.
        ("observed_at > DATE('2026-01-10')", of(&|i| day(i).is_some_and(|d| d > 10))),
        ("NOT observed_at > DATE('2026-01-10')", of(&|i| day(i).is_some_and(|d| d <= 10))),
        (
            "NOT (observed_at > DATE('2026-01-10') AND category = 'bank')",
            of(&|i| kind(i) != "bank" || day(i).is_some_and(|d| d <= 10)),
        ),
        // Advanced comparison operators.
        ("name_en LIKE 'Service centre 1_'", of(&|i| (10..20).contains(&i))),
        ("name NOT LIKE '%1%'", of(&|i| !i.to_string().contains('1'))),
        (
            "observed_at BETWEEN DATE('2026-01-03') AND DATE('2026-01-05')",
            of(&|i| day(i).is_some_and(|d| (3..=5).contains(&d))),
        ),
        ("category NOT IN ('bank', 'clinic')", of(&|i| i % 4 < 2)),
        ("id NOT BETWEEN 'town:000001' AND 'town:000199'", of(&|i| i == 0)),
        // Case-insensitive comparison.
        ("CASEI(address) LIKE CASEI('%HIGH street')", of(&|i| i % 10 == 0)),
        ("CASEI(category) IN (CASEI('BANK'), casei('Clinic'))", of(&|i| i % 4 >= 2)),
    ];
    for (filter, expected) in expected {
        assert_eq!(taken(&town, Collection::Points, filter), expected, "{filter}");
    }
}

#[test]
fn geometries_meet_boxes_and_positions() {
    let town = fixture::town(400);
    let inside = Bounds { west: 9.95, south: 49.98, east: 10.05, north: 50.06 };
    let expected: HashSet<String> = town
        .city
        .points
        .iter()
        .filter(|p| inside.contains(p.location))
        .map(|p| p.id.clone())
        .collect();
    assert!(!expected.is_empty());
    let filter = "S_INTERSECTS(geometry, BBOX(9.95, 49.98, 10.05, 50.06))";
    assert_eq!(taken(&town, Collection::Points, filter), expected);
    let districts = Collection::Level(Level::District);
    let covering = taken(&town, districts, "s_intersects(POINT(10.0 50.0), geometry)");
    assert_eq!(covering, HashSet::from(["199".to_owned()]), "the middle one has a hole there");
    let latitude_first = Ground { crs: Crs::Wgs84, ..ground(districts) };
    let expr = parse("S_INTERSECTS(geometry, POINT(50 10))", latitude_first).unwrap();
    assert_eq!(districts.members(&town).filter(|n| expr.takes(districts, &town, *n)).count(), 1);
    assert_eq!(
        taken(&town, Collection::Places, "extent_m > 9.5 AND extent_m < 1.05E1").len(),
        4000
    );
    assert_eq!(taken(&town, Collection::Roads, "schematic = TRUE").len(), 24);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (filter, said) in [
        ("", "at character 1: a property or a value is expected here"),
        ("colour = 'red'", "at character 1: \"colour\" is not a property; the properties are id"),
        ("name = 3", "at character 8: a number is compared with a text; texts stand between"),
        ("observed_at > '2026-01-01'", "at character 15: a text is compared with a day; days are"),
        ("name LIKE 3", "at character 11: a pattern between single quotes"),
        ("bookable LIKE 'x'", "at character 1: LIKE compares texts, and this is true or false"),
        ("name = 'x", "at character 8: the quotation mark ' is not closed"),
        ("name = 'x' name", "at character 12: AND, OR or the end is expected"),
        ("name", "at character 5: a comparison, LIKE, BETWEEN, IN or IS NULL is expected"),
        ("name = 'a' AND", "at character 15: a property"),
        ("(name = 'a'", "at character 12: ) is expected"),
        ("name IN ()", "at character 10: a property or a value"),
        ("name IS 'x'", "at character 9: NULL is expected"),
        ("observed_at = DATE('yesterday')", "DATE takes a text such as '2026-01-31'"),
        ("observed_at = DATE('2026-01-31T00:00:00Z')", "DATE takes a text such as"),
        ("S_INTERSECTS(geometry, geometry)", "takes geometry and one of POINT and BBOX"),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3))", "BBOX takes two corners"),
        ("S_INTERSECTS(geometry, POINT(500 2))", "POINT takes the two numbers"),
        ("ST_AREA(geometry) > 1", "there is no function \"ST_AREA\""),
        ("name = 'x'; DROP TABLE", "\";\" is no part of a filter"),
        ("extent = 1e999", "\"1e999\" is not a number"),
    ] {
        let error = refused(filter);
        assert!(error.contains(said), "{filter}: {error}");
    }
}

#[test]
fn a_filter_is_bounded_in_length_and_depth() {
    let longest = vec!["name = 'x'"; MAX_TERMS].join(" OR ");
    assert!(parse(&longest, ground(Collection::Points)).is_ok());
    assert!(refused(&format!("{longest} OR name = 'x'")).contains("more than 64 comparisons"));
    let list = vec!["'x'"; MAX_TERMS + 1].join(",");
    assert!(refused(&format!("name IN ({list})")).contains("more than 64 comparisons"));
    let deep = "(".repeat(100_000);
    assert!(refused(&format!("{deep}name = 'x'")).contains("nested more than 16 deep"));
    let casei = "CASEI(".repeat(100_000);
    assert!(refused(&format!("{casei}name")).contains("nested more than 16 deep"));
    assert!(parse(&format!("{}true", "NOT ".repeat(100_000)), ground(Collection::Points)).is_ok());
}

proptest! {
    #[test]
    fn no_text_is_too_strange_to_be_read(
        text in r#"([a-z_]{1,8}|'[^']{0,4}'|[-+0-9.eE]{1,5}|AND|OR|NOT|LIKE|IN|BETWEEN|CASEI\(|[()<>=,"';%]| |\PC){0,40}"#
    ) {
        let _ = parse(&text, ground(Collection::Points));
    }
}
