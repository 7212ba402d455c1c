//! Features, Part 3, and CQL2: queryables and filters.

use serde_json::Value;

use super::{CRS84, EPSG, collections, link, matched};
use crate::harness::{Server, escaped};

/// Part 3: /conf/queryables/get-conf-class, /conf/queryables/success and returnables:
/// whatever a feature shows can be asked for.
#[test]
fn queryables_are_the_properties_of_the_features() {
    let server = Server::start();
    for id in collections(&server) {
        let collection = server.json(&format!("/ogc/collections/{id}"));
        let path = link(&collection, "http://www.opengis.net/def/rel/ogc/1.0/queryables");
        let answer = server.get(&path);
        assert_eq!(answer.header("content-type"), "application/schema+json");
        let schema = answer.json();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["$id"], format!("http://{}{path}", server.authority()));
        assert_eq!(schema["type"], "object");
        let mut known: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        known.retain(|name| *name != "geometry");
        let page = server.json(&format!("/ogc/collections/{id}/items?limit=1"));
        let shown: Vec<&String> =
            page["features"][0]["properties"].as_object().unwrap().keys().collect();
        assert_eq!(known, shown, "{id}");
    }
}

/// Part 3: /conf/queryables-query-parameters/op; a value of the wrong kind is 400.
#[test]
fn a_property_is_a_parameter() {
    let server = Server::start();
    let by_parameter = matched(&server, "points", "category=library&bookable=false");
    let by_filter = matched(
        &server,
        "points",
        &format!("filter={}", escaped("category = 'library' AND bookable = FALSE")),
    );
    assert!(by_parameter > 0);
    assert_eq!(by_parameter, by_filter);
    assert_eq!(matched(&server, "divisions", "level=district"), 16);
    assert_eq!(matched(&server, "districts", ""), 16);
    assert_eq!(
        server.get("/ogc/collections/points/items?bookable=maybe").problem(400),
        ["bookable"]
    );
    assert_eq!(server.get("/ogc/collections/places/items?extent_m=far").problem(400), ["extent_m"]);
}

/// Part 3: /conf/filter/filter-param, filter-lang-param, filter-crs; CQL2:
/// /conf/cql2-text/validate, /conf/basic-cql2/comparison and logical: for every property
/// what is equal and what is not are all whose value is known.
#[test]
fn every_property_can_be_compared() {
    let server = Server::start();
    for id in collections(&server) {
        let total = matched(&server, &id, "");
        let page = server.json(&format!("/ogc/collections/{id}/items?limit=50"));
        let features = page["features"].as_array().unwrap().clone();
        let names: Vec<String> =
            features[0]["properties"].as_object().unwrap().keys().cloned().collect();
        for name in names {
            let count = |filter: &str| {
                matched(&server, &id, &format!("filter-lang=cql2-text&filter={}", escaped(filter)))
            };
            let known = count(&format!("{name} IS NOT NULL"));
            assert_eq!(known + count(&format!("{name} IS NULL")), total, "{id}.{name}");
            let value = features.iter().map(|f| &f["properties"][&name]).find(|v| !v.is_null());
            let Some(value) = value else { continue };
            let day = ["observed_at", "valid_from", "valid_to", "population_at"];
            let day = day.contains(&name.as_str());
            let literal = match value {
                Value::String(text) if day => format!("DATE('{text}')"),
                Value::String(text) => format!("'{}'", text.replace('\'', "''")),
                other => other.to_string().to_uppercase(),
            };
            let equal = count(&format!("{name} = {literal}"));
            assert!(equal > 0, "{id}.{name} = {literal}");
            assert_eq!(equal + count(&format!("NOT {name} = {literal}")), known, "{id}.{name}");
            assert_eq!(equal + count(&format!("{name} <> {literal}")), known, "{id}.{name}");
            let (less, more) = (format!("{name} < {literal}"), format!("{name} > {literal}"));
            assert_eq!(count(&less) + equal + count(&more), known, "{id}.{name}");
            assert_eq!(count(&format!("{less} OR {name} = {literal} OR {more}")), known);
            assert_eq!(count(&format!("{less} AND {more}")), 0);
            let (at_most, at_least) =
                (format!("{name} <= {literal}"), format!("{name} >= {literal}"));
            assert_eq!(count(&format!("{at_most} AND {at_least}")), equal, "{id}.{name}");
        }
    }
    server.assert_log_clean();
}

/// CQL2: /conf/basic-spatial-functions; Part 3: filter-crs-wgs84, filter-crs-param.
#[test]
fn a_filter_over_places_is_a_box() {
    let server = Server::start();
    let by_box = matched(&server, "places", "bbox=116.3,39.9,116.35,39.95");
    assert!(by_box > 0);
    let filter = |text: &str, crs: &str| {
        matched(&server, "places", &format!("filter-crs={crs}&filter={}", escaped(text)))
    };
    assert_eq!(filter("S_INTERSECTS(geometry,BBOX(116.3,39.9,116.35,39.95))", CRS84), by_box);
    let turned = format!("{EPSG}4326");
    assert_eq!(filter("S_INTERSECTS(geometry,BBOX(39.9,116.3,39.95,116.35))", &turned), by_box);
    let both = "bbox=116.3,39.9,116.35,39.95&filter=kind%20%3D%20%27street%27";
    let streets = matched(&server, "places", both);
    assert!(streets > 0 && streets < by_box);
    let bad = server.get("/ogc/collections/places/items?filter-crs=EPSG:4326");
    assert_eq!(bad.problem(400), ["filter-crs"]);
}

/// CQL2: /conf/cql2-text/validate: what is no filter is 400, with its place.
#[test]
fn a_filter_that_cannot_be_read_is_refused_with_its_place() {
    let server = Server::start();
    let refused = |query: &str| {
        let answer = server.get(&format!("/ogc/collections/points/items?{query}"));
        let names = answer.problem(400);
        (names, answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned())
    };
    let (names, detail) = refused(&format!("filter={}", escaped("category = = 'x'")));
    assert_eq!(names, ["filter"]);
    assert!(detail.contains("at character 12"), "{detail}");
    let (_, detail) = refused(&format!("filter={}", escaped("colour = 'red'")));
    assert!(
        detail.contains("\"colour\" is not a property; the properties are id, name"),
        "{detail}"
    );
    assert_eq!(refused("filter-lang=cql2-json&filter=true").0, ["filter-lang"]);
    let long = format!("name='{}'", "x".repeat(5000));
    assert_eq!(refused(&format!("filter={long}")).0, ["filter"]);
    let deep = format!("{}true{}", "(".repeat(1500), ")".repeat(1500));
    assert!(refused(&format!("filter={deep}")).1.contains("nested"));
}
