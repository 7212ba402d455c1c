//! Features, Part 2: coordinate reference systems by reference.

use serde_json::{Value, json};

use super::{CRS84, EPSG, matched};
use crate::harness::Server;

/// /conf/crs/fc-md-crs-list, fc-md-storageCrs, fc-md-storageCrs-valid-value.
#[test]
fn every_collection_lists_its_systems() {
    let server = Server::start();
    let list = server.json("/ogc/collections");
    for collection in list["collections"].as_array().unwrap() {
        let systems = collection["crs"].as_array().unwrap();
        assert_eq!(systems[0], CRS84);
        for code in [4326, 4490, 3857] {
            assert!(systems.contains(&json!(format!("{EPSG}{code}"))));
        }
        assert!(systems.contains(&collection["storageCrs"]));
    }
}

/// /conf/crs/crs-parameter, crs-parameter-default, crs-parameter-invalid,
/// geojson-crs-header (ogc-crs-header, ogc-crs-header-value).
#[test]
fn coordinates_are_in_the_system_that_was_asked_for() {
    let server = Server::start();
    let items = "/ogc/collections/points/items";
    let plain = server.get(&format!("{items}?limit=5"));
    assert_eq!(plain.header("content-crs"), format!("<{CRS84}>"));
    let position = |body: &Value, i: usize| -> Vec<f64> {
        serde_json::from_value(body["features"][i]["geometry"]["coordinates"].clone()).unwrap()
    };
    for (crs, turned) in
        [(CRS84.to_owned(), false), (format!("{EPSG}4326"), true), (format!("{EPSG}4490"), true)]
    {
        let answer = server.get(&format!("{items}?limit=5&crs={crs}"));
        assert_eq!(answer.header("content-crs"), format!("<{crs}>"));
        for i in 0..5 {
            let mut expected = position(&plain.json(), i);
            if turned {
                expected.reverse();
            }
            assert_eq!(position(&answer.json(), i), expected, "{crs}");
        }
    }
    let metres = server.get(&format!("{items}?limit=1&crs={EPSG}3857")).json();
    let ([lon, lat], [x, y]) = (
        position(&plain.json(), 0)[..].try_into().unwrap(),
        position(&metres, 0)[..].try_into().unwrap(),
    );
    // The inverse of the projection, as EPSG's guidance note 7-2 gives it.
    let radius: f64 = 6_378_137.0;
    let (lon, lat): (f64, f64) = (lon, lat);
    let (x, y): (f64, f64) = (x, y);
    assert!((x - radius * lon.to_radians()).abs() < 0.01);
    assert!(((2.0 * (y / radius).exp().atan()).to_degrees() - 90.0 - lat).abs() < 1e-6);
    let one = server.get(&format!("/ogc/collections/districts/items/110108?crs={EPSG}4326"));
    assert_eq!(one.header("content-crs"), format!("<{EPSG}4326>"));
    assert!(one.json()["geometry"]["coordinates"][0][0][0][0].as_f64().unwrap() < 42.0);
    for bad in ["EPSG:4326", "4326", "http://www.opengis.net/def/crs/EPSG/0/32650"] {
        assert_eq!(server.get(&format!("{items}?crs={bad}")).problem(400), ["crs"], "{bad}");
        assert_eq!(server.get(&format!("{items}?bbox-crs={bad}")).problem(400), ["bbox-crs"]);
    }
}

/// /conf/crs/bbox-crs-parameter, bbox-crs-parameter-default, bbox-crs-action.
#[test]
fn a_box_is_in_the_system_that_it_names() {
    let server = Server::start();
    let plain = matched(&server, "points", "bbox=116.3,39.9,116.4,40.0");
    assert!(plain > 0);
    for query in [
        format!("bbox=116.3,39.9,116.4,40.0&bbox-crs={CRS84}"),
        format!("bbox=39.9,116.3,40.0,116.4&bbox-crs={EPSG}4326"),
        format!("bbox=39.9,116.3,40.0,116.4&bbox-crs={EPSG}4490&crs={EPSG}3857"),
        // cs2cs: 116.3 39.9 and 116.4 40.0
        format!("bbox=12946456.80,4851421.18,12957588.75,4865942.28&bbox-crs={EPSG}3857"),
    ] {
        assert_eq!(matched(&server, "points", &query), plain, "{query}");
    }
}
