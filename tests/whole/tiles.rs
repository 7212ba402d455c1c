//! `/tiles`, decoded by a reader that is not our writer; `/styles`, `/sprites`.

use std::collections::HashMap;

use mvt_reader::Reader;
use mvt_reader::feature::Value;

use crate::harness::Server;

/// The features of one layer: their properties.
pub(crate) fn properties(tile: &[u8], layer: &str) -> Vec<HashMap<String, Value>> {
    let reader = Reader::new(tile.to_vec()).expect("a vector tile");
    let names = reader.get_layer_names().expect("layers");
    let Some(index) = names.iter().position(|n| n == layer) else {
        return Vec::new();
    };
    let features = reader.get_features(index).expect("features");
    features.into_iter().map(|f| f.properties.unwrap_or_default()).collect()
}

pub(crate) fn number(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Int(n) | Value::SInt(n)) => u64::try_from(*n).unwrap(),
        Some(Value::UInt(n)) => *n,
        other => panic!("{other:?} is not a count"),
    }
}

fn count(tile: &[u8]) -> u64 {
    properties(tile, "points").iter().map(|p| number(p.get("point_count"))).sum()
}

fn tile(server: &Server, layers: &str, z: u32, x: u32, y: u32, query: &str) -> Vec<u8> {
    let answer = server.get(&format!("/tiles/{layers}/{z}/{x}/{y}{query}"));
    match answer.status {
        200 => {
            assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
            answer.body
        }
        204 => Vec::new(),
        status => panic!("{status}: {}", answer.text()),
    }
}

#[test]
fn clusters_add_up_from_zoom_to_zoom_and_to_the_list() {
    let server = Server::start();
    for filter in ["", "?category=police_justice", "?bookable=true", "?division=110105"] {
        let all = server.json(&format!(
            "/v1/points{filter}{}limit=1",
            if filter.is_empty() { "?" } else { "&" }
        ));
        let world = count(&tile(&server, "points", 0, 0, 0, filter));
        assert_eq!(Some(world), all["numberMatched"].as_u64(), "{filter}");
        let parent = count(&tile(&server, "points", 10, 843, 387, filter));
        let children: u64 = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .iter()
            .map(|(dx, dy)| count(&tile(&server, "points", 11, 1686 + dx, 774 + dy, filter)))
            .sum();
        assert_eq!(parent, children, "{filter}");
    }
    server.assert_log_clean();
}

#[test]
fn a_tile_of_points_and_divisions_holds_both() {
    let server = Server::start();
    let bytes = tile(&server, "points,divisions", 10, 843, 387, "");
    assert!(count(&bytes) > 50);
    let divisions = properties(&bytes, "divisions");
    let named =
        |name: &str| divisions.iter().any(|p| p.get("name") == Some(&Value::String(name.into())));
    assert!(named("海淀区") && named("朝阳区"), "{divisions:?}");
    let labels = properties(&bytes, "division_labels");
    assert!(!labels.is_empty() && labels.len() <= divisions.len());
}

#[test]
fn roads_and_places_are_drawn_where_people_look() {
    let server = Server::start();
    let bytes = tile(&server, "roads,places", 14, 13489, 6208, "");
    assert!(!properties(&bytes, "roads").is_empty());
    assert!(properties(&bytes, "roads").iter().all(|p| p["schematic"] == Value::Bool(true)));
    assert!(!properties(&bytes, "places").is_empty());
}

#[test]
fn the_tilejson_says_where_tiles_are_and_keeps_the_filter() {
    let server = Server::start();
    let json = server.json("/tiles/points,divisions,roads,places");
    assert_eq!(json["tilejson"], "3.0.0");
    let ids: Vec<&str> = json["vector_layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["id"].as_str().unwrap())
        .collect();
    for id in ["points", "divisions", "division_labels", "roads", "places"] {
        assert!(ids.contains(&id), "{id} is not in {ids:?}");
    }
    let template =
        server.json("/tiles/points?category=library")["tiles"][0].as_str().unwrap().to_owned();
    assert!(template.ends_with("/tiles/points/{z}/{x}/{y}?category=library"), "{template}");
    let path = template.split_once("/tiles").unwrap().1;
    let path =
        format!("/tiles{}", path.replace("{z}", "0").replace("{x}", "0").replace("{y}", "0"));
    assert_eq!(server.get(&path).status, 200);
    assert!(server.json("/tiles")["tiles"]["points"].is_object());
}

#[test]
fn what_is_no_tile_is_refused_in_words() {
    let server = Server::start();
    for path in [
        "/tiles/points/99/0/0",
        "/tiles/points/3/8/0",
        "/tiles/castles/0/0/0",
        "/tiles/castles",
        "/tiles/places/5/26/12",
    ] {
        server.get(path).problem(404);
    }
    assert_eq!(server.get("/tiles/points/-1/x/0.5").problem(400), ["z", "x", "y"]);
    assert_eq!(
        server.get("/tiles/points/0/0/0?category=castle&colour=1").problem(400),
        ["category", "colour"]
    );
    // Only points take filters.
    assert_eq!(server.get("/tiles/roads/10/843/387?category=library").problem(400), ["category"]);
    server.get("/tiles/points,,divisions/0/0/0").problem(400);
    server.get(&format!("/tiles/{}/0/0/0", vec!["points"; 900].join(","))).problem(400);
    server.get_with("/tiles/points/0/0/0", &[("Accept", "text/html")]).problem(406);
    assert_eq!(server.get("/tiles/points/18/0/0").status, 204);
}

#[test]
fn a_tile_that_the_caller_has_is_not_encoded_again() {
    let server = Server::start();
    let first = server.get("/tiles/points,divisions/10/843/387.mvt");
    let again = server.get_with(
        "/tiles/points,divisions/10/843/387.mvt",
        &[("If-None-Match", first.header("etag"))],
    );
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn labels_need_no_font_and_no_server_but_this_one() {
    let server = Server::start();
    let names = server.json("/v1/city")["styles"].as_array().unwrap().clone();
    for name in ["agent", "analyst", "citizen", "citizen-dark", "high-contrast", "print"] {
        assert!(names.contains(&name.into()), "{names:?}");
        let own = server.json(&format!("/styles/{name}.json"));
        assert!(own["glyphs"].is_null() && own["font-faces"].is_null());
        let style = server.json(&format!("/styles/{name}.json?fonts=bundled"));
        let faces = style["font-faces"]["Noto Sans SC"].as_array().unwrap();
        // 中 is U+4E2D; the first file is the Latin one.
        assert!(faces.len() > 50 && faces[0].to_string().contains("U+0000-00FF"), "{}", faces[0]);
        for face in [&faces[0], faces.last().unwrap()] {
            let path = face["url"].as_str().unwrap().split_once("/assets").unwrap().1;
            let file = server.get(&format!("/assets{path}"));
            assert_eq!((file.status, file.header("content-type")), (200, "font/woff2"));
        }
    }
    assert_eq!(server.get("/styles/print.json?fonts=comic").problem(400), ["fonts"]);
}

#[test]
fn the_styles_ask_for_layers_and_icons_that_are_there() {
    let server = Server::start();
    let index = server.json("/sprites/servicemap.json");
    let icons = index.as_object().unwrap();
    for category in server.json("/v1/categories")["categories"].as_array().unwrap() {
        for category in std::iter::once(category).chain(category["children"].as_array().unwrap()) {
            let icon = category["icon"].as_str().unwrap();
            assert!(icons.contains_key(icon), "no icon {icon}");
        }
    }
    let png = server.get("/sprites/servicemap@2x.png");
    assert!(png.body.starts_with(b"\x89PNG"));
    server.get("/sprites/servicemap@3x.png").problem(404);
    let ids: Vec<String> = server.json("/tiles/points,divisions,roads,places")["vector_layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["id"].as_str().unwrap().to_owned())
        .collect();
    for style in server.json("/v1/city")["styles"].as_array().unwrap() {
        let style = server.json(&format!("/styles/{}.json", style.as_str().unwrap()));
        for layer in style["layers"].as_array().unwrap() {
            if let Some(source_layer) = layer["source-layer"].as_str() {
                assert!(ids.iter().any(|id| id == source_layer), "{source_layer}");
            }
        }
    }
    server.assert_log_clean();
}
