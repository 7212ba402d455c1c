//! Tiles, Part 1: the same tiles as under `/tiles`, found by links.

use serde_json::{Value, json};

use super::link;
use crate::harness::Server;

/// /conf/tilesets-list, /conf/dataset-tilesets, /conf/geodata-tilesets, /conf/tileset:
/// from the landing page and from a collection to the template of a tile.
#[test]
fn links_lead_to_the_tiles() {
    let server = Server::start();
    let vector = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
    let mut starts = vec![server.json("/ogc")];
    for id in ["points", "divisions", "places", "roads"] {
        starts.push(server.json(&format!("/ogc/collections/{id}")));
    }
    for start in starts {
        let list = server.json(&link(&start, vector));
        assert_eq!(server.json(&link(&list, "self")), list);
        let brief = &list["tilesets"][0];
        assert_eq!(brief["dataType"], "vector");
        let tileset = server.json(&link(brief, "self"));
        for member in ["dataType", "crs", "tileMatrixSetURI"] {
            assert_eq!(tileset[member], brief[member]);
        }
        let scheme = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
        let set = server.json(&link(&tileset, scheme));
        assert_eq!(set["uri"], tileset["tileMatrixSetURI"]);
        let template = link(&tileset, "item");
        let item =
            tileset["links"].as_array().unwrap().iter().find(|l| l["rel"] == "item").unwrap();
        assert_eq!(
            (&item["templated"], &item["type"]),
            (&json!(true), &json!("application/vnd.mapbox-vector-tile"))
        );
        let tile = |z: &str, row: &str, col: &str| {
            template.replace("{tileMatrix}", z).replace("{tileRow}", row).replace("{tileCol}", col)
        };
        let answer = server.get(&tile("13", "3103", "6744"));
        assert_eq!(answer.status, 200, "{template}");
        assert_eq!(answer.header("content-type"), "application/vnd.mapbox-vector-tile");
        let names: Vec<&str> = tileset["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["id"].as_str().unwrap())
            .collect();
        let own = server.get(&format!("/tiles/{}/13/6744/3103", names.join(",")));
        assert!(answer.body == own.body && answer.header("etag") == own.header("etag"));
        assert_eq!(server.json(&link(&tileset, "describedby"))["tilejson"], "3.0.0");
        within_limits(&server, &tileset, &tile);
    }
    server.get("/ogc/collections/districts/tiles").problem(404);
    server.assert_log_clean();
}

/// /conf/tileset/limits: the corners of the limits hold the corners of the city, and
/// what lies outside them holds nothing.
fn within_limits(server: &Server, tileset: &Value, tile: &dyn Fn(&str, &str, &str) -> String) {
    let limits = tileset["tileMatrixSetLimits"].as_array().unwrap();
    assert_eq!(limits.last().unwrap()["tileMatrix"], "20");
    let first: u32 = limits[0]["tileMatrix"].as_str().unwrap().parse().unwrap();
    if let Some(above) = first.checked_sub(1) {
        server.get(&tile(&above.to_string(), "0", "0")).problem(404);
    }
    let limit = limits.iter().find(|limit| limit["tileMatrix"] == "12").unwrap();
    let of = |name: &str| limit[name].as_u64().unwrap();
    assert!(of("minTileRow") < of("maxTileRow") && of("minTileCol") < of("maxTileCol"));
    let beyond = (of("maxTileRow") + 2).to_string();
    let answer = server.get(&tile("12", &beyond, &of("minTileCol").to_string()));
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

/// /conf/core/tc-op, tc-success, tc-error, tc-tilematrixset-definition, /conf/mvt.
#[test]
fn tiles_that_are_not_there_are_refused() {
    let server = Server::start();
    let base = "/ogc/collections/points/tiles/WebMercatorQuad";
    server.get(&format!("{base}/99/0/0")).problem(404);
    server.get(&format!("{base}/3/8/0")).problem(404);
    assert_eq!(server.get(&format!("{base}/3/x/0")).problem(400), ["y"]);
    server.get("/ogc/collections/points/tiles/WorldCRS84Quad/0/0/0").problem(404);
    server.get("/ogc/collections/castles/tiles/WebMercatorQuad/0/0/0").problem(404);
    server.get("/ogc/tileMatrixSets/WorldCRS84Quad").problem(404);
    server.get_with(&format!("{base}/0/0/0"), &[("Accept", "image/png")]).problem(406);
    assert_eq!(server.get(&format!("{base}/0/0/0?colour=1")).problem(400), ["colour"]);
    assert_eq!(
        server.get("/ogc/tiles/WebMercatorQuad/0/0/0?collections=castles").problem(400),
        ["collections"]
    );
    let some = server.get("/ogc/tiles/WebMercatorQuad/10/387/843?collections=roads,points");
    assert!(some.body == server.get("/tiles/points,roads/10/843/387").body);
    let filtered = server.get(&format!("{base}/10/387/843?category=library"));
    assert!(filtered.body == server.get("/tiles/points/10/843/387?category=library").body);
}

/// TMS 2.0, `WebMercatorQuad`: the numbers of its annex.
#[test]
fn the_tile_matrix_set_is_the_standard_one() {
    let server = Server::start();
    let list = server.json("/ogc/tileMatrixSets");
    let entry = &list["tileMatrixSets"][0];
    let set = server.json(&link(entry, "self"));
    assert_eq!((&set["id"], &set["uri"]), (&entry["id"], &entry["uri"]));
    let matrices = set["tileMatrices"].as_array().unwrap();
    for (z, scale, cell) in [
        (0usize, 559_082_264.028_717_8, 156_543.033_928_041),
        (10, 545_978.773_465_544_7, 152.874_056_570_353),
        (20, 533.182_395_962_446, 0.149_291_070_869_486),
    ] {
        let matrix = &matrices[z];
        assert_eq!(matrix["id"], z.to_string());
        let near = |name: &str, expected: f64| {
            let value = matrix[name].as_f64().unwrap();
            assert!((value / expected - 1.0).abs() < 1e-9, "{name} {value} {expected}");
        };
        near("scaleDenominator", scale);
        near("cellSize", cell);
        assert_eq!(matrix["matrixWidth"], 1u32 << z);
        assert_eq!(
            matrix["pointOfOrigin"],
            json!([-20_037_508.342_789_244, 20_037_508.342_789_244])
        );
    }
}
