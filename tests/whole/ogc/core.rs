//! Features, Part 1: Core, GeoJSON, OpenAPI 3.0; Common, Part 1 and 2.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{CRS84, collections, link, matched, number};
use crate::harness::{Server, city, escaped};

/// /conf/core/root-op, root-success, api-definition-op, conformance-op,
/// conformance-success; /conf/oas30/oas-definition-1.
#[test]
fn the_landing_page_leads_to_everything() {
    let server = Server::start();
    let landing = server.json("/ogc");
    assert_eq!(landing, server.json("/ogc/"));
    assert_eq!(server.get("/ogc").header("content-type"), "application/json");
    assert!(landing["title"].as_str().is_some_and(|t| !t.is_empty()));
    assert_eq!(server.json(&link(&landing, "self")), landing);
    assert_eq!(server.get(&link(&landing, "service-doc")).status, 200);
    let conforms = server.json(&link(&landing, "conformance"))["conformsTo"].clone();
    for class in [
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
        "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
        "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    ] {
        assert!(conforms.as_array().unwrap().contains(&json!(class)), "{class}: {conforms}");
    }
    let api = server.get(&link(&landing, "service-desc"));
    assert_eq!(api.header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    assert_eq!(
        server.json(&link(&landing, "data"))["collections"],
        server.json("/ogc/collections")["collections"]
    );
    server.assert_log_clean();
}

/// /conf/oas30/completeness, /conf/core/fc-limit-definition, fc-bbox-definition,
/// fc-time-definition, bbox-crs; Part 3, /conf/queryables-query-parameters/parameters.
#[test]
fn the_definition_is_of_version_3_0_and_describes_what_is_served() {
    let server = Server::start();
    let api = server.json("/ogc/api");
    assert_eq!(api["openapi"], "3.0.3");
    assert_eq!(api["servers"][0]["url"], format!("http://{}", server.authority()));
    let text = api.to_string();
    assert!(!text.contains("\"null\""), "version 3.0 has no null type");
    for (path, item) in api["paths"].as_object().unwrap() {
        for variable in path.split('{').skip(1).map(|part| part.split('}').next().unwrap()) {
            let parameters = item["get"]["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|p| p["name"] == variable && p["in"] == "path"),
                "{path}"
            );
        }
        let references = text.matches("\"$ref\":\"#/components/schemas/Problem\"").count();
        assert!(references > 0 && api["components"]["schemas"]["Problem"].is_object());
    }
    let ids: HashSet<_> = api["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item["get"]["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), api["paths"].as_object().unwrap().len(), "operation ids are distinct");
    for collection in collections(&server) {
        let parameters =
            api["paths"][format!("/ogc/collections/{collection}/items")]["get"]["parameters"]
                .as_array()
                .unwrap()
                .clone();
        let of = |name: &str| parameters.iter().find(|p| p["name"] == name).unwrap().clone();
        let limit = of("limit")["schema"].clone();
        assert_eq!(
            (&limit["minimum"], &limit["maximum"], &limit["default"]),
            (&json!(1), &json!(1000), &json!(50)),
            "{limit}"
        );
        let bbox = of("bbox");
        assert_eq!((&bbox["style"], &bbox["explode"]), (&json!("form"), &json!(false)));
        assert_eq!(bbox["schema"]["type"], "array");
        assert_eq!(
            (&bbox["schema"]["minItems"], &bbox["schema"]["maxItems"]),
            (&json!(4), &json!(6))
        );
        assert_eq!(of("datetime")["schema"]["type"], "string");
        // Whatever is described is read, and the other way round.
        let answer = server.get(&format!("/ogc/collections/{collection}/items?no-such=1"));
        assert_eq!(answer.problem(400), ["no-such"]);
        let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        let known = detail.rsplit_once("parameters are ").unwrap().1;
        let mut described: Vec<&str> =
            parameters.iter().map(|p| p["name"].as_str().unwrap()).collect();
        described.sort_unstable();
        assert_eq!(known, described.join(", "), "{collection}");
    }
}

/// /conf/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links,
/// fc-md-extent; sfc-md-op, sfc-md-success.
#[test]
fn every_collection_is_listed_with_its_links_and_extent() {
    let server = Server::start();
    let list = server.json("/ogc/collections");
    assert_eq!(server.json(&link(&list, "self")), list);
    assert_eq!(
        collections(&server),
        ["points", "divisions", "districts", "townships", "communities", "places", "roads"]
    );
    for collection in list["collections"].as_array().unwrap() {
        assert_eq!(server.json(&link(collection, "self")), *collection);
        let items = server.get(&link(collection, "items"));
        assert_eq!(items.header("content-type"), "application/geo+json");
        let spatial = &collection["extent"]["spatial"];
        assert_eq!(spatial["crs"], CRS84);
        let bbox: Vec<f64> = serde_json::from_value(spatial["bbox"][0].clone()).unwrap();
        assert!(bbox.len() == 4 && bbox[0] < bbox[2] && bbox[1] < bbox[3]);
        assert_eq!(collection["itemType"], "feature");
    }
    server.get("/ogc/collections/castles").problem(404);
    server.get("/ogc/collections/castles/items").problem(404);
}

/// /conf/core/fc-op, fc-response, fc-links, fc-rel-type, fc-numberMatched,
/// fc-numberReturned, fc-limit-response; /conf/geojson/content; f-op, f-success, f-links.
#[test]
fn pages_follow_each_other_to_the_last_feature_and_each_is_there_alone() {
    let server = Server::start();
    for (collection, limit) in [("points", 100), ("districts", 7), ("townships", 200)] {
        let mut path = format!("/ogc/collections/{collection}/items?limit={limit}");
        let mut seen = Vec::new();
        let total = loop {
            let page = server.json(&path);
            assert_eq!(page["type"], "FeatureCollection");
            let features = page["features"].as_array().unwrap();
            assert_eq!(number(&page, "numberReturned"), features.len() as u64);
            assert!(features.len() <= limit);
            assert_eq!(server.json(&link(&page, "self")), page);
            for feature in features {
                assert_eq!(feature["type"], "Feature");
                seen.push(feature["id"].as_str().unwrap().to_owned());
            }
            if page["links"].as_array().unwrap().iter().all(|link| link["rel"] != "next") {
                break number(&page, "numberMatched");
            }
            path = link(&page, "next");
        };
        assert_eq!(seen.len() as u64, total);
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "each once");
        let page = server.json(&format!("/ogc/collections/{collection}/items?limit=1&offset=3"));
        let mut feature = page["features"][0].clone();
        assert_eq!(feature["id"], seen[3]);
        let alone =
            server.json(&format!("/ogc/collections/{collection}/items/{}", escaped(&seen[3])));
        assert_eq!(server.json(&link(&alone, "self")), alone);
        assert_eq!(link(&alone, "collection"), format!("/ogc/collections/{collection}"));
        feature["links"] = alone["links"].clone();
        assert_eq!(alone, feature);
        server.get(&format!("/ogc/collections/{collection}/items/no-such-thing")).problem(404);
    }
    // A larger number than the largest is taken as that; what is no number is refused.
    let page = server.json("/ogc/collections/places/items?limit=1000000");
    assert_eq!(number(&page, "numberReturned"), 1000);
    for bad in ["0", "-1", "x", "1.5", "+5"] {
        let path = format!("/ogc/collections/places/items?limit={}", escaped(bad));
        assert_eq!(server.get(&path).problem(400), ["limit"], "{bad}");
    }
    let end = server.json("/ogc/collections/points/items?offset=99999999999999999999");
    assert_eq!(number(&end, "numberReturned"), 0);
}

/// The flat features say what the interface's own say.
#[test]
fn features_are_the_records() {
    let server = Server::start();
    let page = server.json("/ogc/collections/points/items?limit=20&offset=100");
    for feature in page["features"].as_array().unwrap() {
        let id = feature["id"].as_str().unwrap();
        let own = server.json(&format!("/v1/points/{}", escaped(id)));
        let (ours, theirs) = (&own["properties"], &feature["properties"]);
        assert_eq!(feature["geometry"], own["geometry"]);
        assert_eq!(theirs["name"], ours["names"]["zh"]);
        assert_eq!(theirs["category"], ours["category"]["code"]);
        assert_eq!(theirs["bookable"], ours["bookable"]);
        assert_eq!(theirs["observed_at"], ours["observed_at"]);
        assert_eq!(theirs["district"], ours["divisions"]["county"]["code"]);
    }
    let own = server.json("/v1/divisions/110108");
    let feature = server.json("/ogc/collections/districts/items/110108");
    assert_eq!(feature["properties"]["name"], own["properties"]["names"]["zh"]);
    assert_eq!(feature["properties"]["quality"], own["properties"]["quality"]);
    let (a, b) = (&feature["geometry"]["coordinates"], &own["geometry"]["coordinates"]);
    assert_eq!(feature["geometry"]["type"], "MultiPolygon");
    let ring = |v: &Value| v[0][0].as_array().unwrap().len();
    assert_eq!(ring(a), ring(b));
}

/// /conf/core/fc-bbox-response, rc-bbox-response.
#[test]
fn a_box_takes_what_lies_in_it() {
    let server = Server::start();
    for bbox in ["116.3,39.9,116.4,40.0", "116.3,39.9,0,116.4,40.0,9000"] {
        let page = server.json(&format!("/ogc/collections/points/items?limit=1000&bbox={bbox}"));
        let list = server.json("/v1/points?bbox=116.3,39.9,116.4,40.0&limit=1000");
        assert_eq!(page["numberMatched"], list["numberMatched"]);
        let ids = |features: &Value| -> HashSet<String> {
            let features = features.as_array().unwrap();
            features.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&page["features"]), ids(&list["features"]));
        assert!(!ids(&list["features"]).is_empty());
    }
    // Not the box around the area, but the area.
    let all = matched(&server, "districts", "bbox=115,39,118,42");
    assert_eq!(all, 16);
    let here = server.json("/ogc/collections/districts/items?bbox=116.31,39.98,116.3101,39.9801");
    assert_eq!((number(&here, "numberMatched"), &here["features"][0]["id"]), (1, &json!("110108")));
    // West of the east: across the antimeridian, so everywhere but here.
    assert_eq!(matched(&server, "points", "bbox=118,-90,115,90"), 0);
    assert_eq!(matched(&server, "points", "bbox=115,-90,118,90"), matched(&server, "points", ""));
    for bad in ["1,2,3", "1,2,3,x", "116,40,117,39", "500,0,501,1", "1,2,3,4,5", ""] {
        let answer = server.get(&format!("/ogc/collections/points/items?bbox={bad}"));
        if bad.is_empty() {
            assert_eq!(answer.status, 200, "nothing given is nothing asked");
        } else {
            assert_eq!(answer.problem(400), ["bbox"], "{bad}");
        }
    }
}

/// /conf/core/fc-time-response.
#[test]
fn a_time_takes_what_held_then() {
    let folder = tempfile::tempdir().unwrap();
    let points = std::fs::read_to_string(city().join("points.csv")).unwrap();
    let total = matched(&Server::start(), "points", "");
    // One point with a day of its own, in a copy of the city.
    copy(&city(), folder.path());
    let mut rows = csv::Reader::from_reader(points.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let column = headers.iter().position(|h| h == "observed_at").unwrap();
    let mut out = csv::Writer::from_path(folder.path().join("points.csv")).unwrap();
    out.write_record(&headers).unwrap();
    for (i, row) in rows.records().enumerate() {
        let row = row.unwrap();
        let day = |(c, field): (usize, &str)| match (c == column, i) {
            (true, 0) => "2020-02-29".to_owned(),
            (true, 1) => String::new(),
            (true, _) => "2024-06-01".to_owned(),
            _ => field.to_owned(),
        };
        out.write_record(row.iter().enumerate().map(day)).unwrap();
    }
    out.flush().unwrap();
    let server = Server::start_with(folder.path(), &[]);
    for (datetime, expected) in [
        ("2020-02-29", 2),
        ("2020-02-29T12:00:00%2B08:00", 2),
        ("2020-02-28T20:00:00Z", 2),
        ("2021-01-01", 1),
        ("2020-01-01/2020-12-31", 2),
        ("../2023-12-31", 2),
        ("2024-01-01/..", total - 1),
        ("/2024-06-01", total),
        ("../..", total),
    ] {
        let found = matched(&server, "points", &format!("datetime={datetime}"));
        assert_eq!(found, expected, "{datetime}: those without a day hold at any time");
    }
    // What has no time at all holds at any.
    assert_eq!(matched(&server, "places", "datetime=1900-01-01"), matched(&server, "places", ""));
    for bad in ["yesterday", "2024-13-01", "2024-02-01/2024-01-01", "1/2/3"] {
        let answer = server.get(&format!("/ogc/collections/points/items?datetime={bad}"));
        assert_eq!(answer.problem(400), ["datetime"], "{bad}");
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != ".cache" {
                std::fs::create_dir(&target).unwrap();
                copy(&entry.path(), &target);
            }
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// /conf/core/query-param-unknown, query-param-invalid, http; 406 by RFC 9110.
#[test]
fn what_cannot_be_answered_is_refused_in_the_standard_ways() {
    let server = Server::start();
    for path in [
        "/ogc",
        "/ogc/conformance",
        "/ogc/collections",
        "/ogc/collections/points",
        "/ogc/collections/points/queryables",
        "/ogc/tileMatrixSets",
        "/ogc/tiles",
        "/ogc/api",
    ] {
        assert_eq!(server.get(&format!("{path}?colour=red")).problem(400), ["colour"], "{path}");
        assert_eq!(server.get(&format!("{path}?f=html")).problem(400), ["f"], "{path}");
        server.get_with(path, &[("Accept", "text/html")]).problem(406);
        assert_eq!(server.get_with(path, &[("Accept", "text/html,*/*;q=0.1")]).status, 200);
        assert_eq!(server.call("HEAD", path).status, 200);
    }
    server.get_with("/ogc/collections/points/items", &[("Accept", "image/png")]).problem(406);
    server.call("POST", "/ogc/collections/points/items").problem(405);
    assert_eq!(server.get("/ogc/collections/points/items/x?limit=1").problem(400), ["limit"]);
    let first = server.get("/ogc/collections/points/items?limit=3");
    let tag = first.header("etag").to_owned();
    let again =
        server.get_with("/ogc/collections/points/items?limit=3", &[("If-None-Match", &tag)]);
    assert_eq!(again.status, 304);
    server.assert_log_clean();
}

/// Behind a proxy every link begins with the address that callers see.
#[test]
fn links_begin_where_callers_see_the_server() {
    let server = Server::start_with(&city(), &["--public-url", "https://map.example/city/"]);
    let page = server.json("/ogc/collections/points/items?limit=2&bbox=115,39,118,42");
    let next = page["links"].as_array().unwrap().iter().find(|l| l["rel"] == "next").unwrap();
    assert_eq!(
        next["href"],
        "https://map.example/city/ogc/collections/points/items?limit=2&bbox=115,39,118,42&offset=2"
    );
    for path in ["/ogc", "/ogc/collections", "/ogc/tiles/WebMercatorQuad", "/ogc/tileMatrixSets"] {
        let text = server.json(path).to_string();
        let hrefs: Vec<&str> = text.split("\"href\":\"").skip(1).collect();
        assert!(!hrefs.is_empty());
        assert!(hrefs.iter().all(|h| h.starts_with("https://map.example/city/")), "{path}: {text}");
    }
}
