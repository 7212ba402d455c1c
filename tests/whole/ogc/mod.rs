//! `/ogc`, held to the abstract test suites of the standards whose classes it declares.
//!
//! The names in the comments are those of the suites: `/conf/core/root-op` of OGC
//! 17-069r4 and so on. GDAL, which we did not write, reads every collection (`gdal`).

mod core;
mod crs;
mod filter;
mod gdal;
mod tiles;

use serde_json::Value;

use crate::harness::Server;

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// The address in a link with this relation; the part after the server.
fn link(document: &Value, rel: &str) -> String {
    let links = document["links"].as_array().unwrap_or_else(|| panic!("no links: {document}"));
    let link = links.iter().find(|link| link["rel"] == rel);
    let href =
        link.unwrap_or_else(|| panic!("no link {rel}: {document}"))["href"].as_str().unwrap();
    let (_, rest) = href.split_once("://").expect("a whole address");
    rest[rest.find('/').unwrap()..].to_owned()
}

/// Ids of all collections.
fn collections(server: &Server) -> Vec<String> {
    let list = server.json("/ogc/collections")["collections"].as_array().unwrap().clone();
    list.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn number(document: &Value, member: &str) -> u64 {
    document[member].as_u64().unwrap_or_else(|| panic!("no {member}: {document}"))
}

/// How many features a query matches.
fn matched(server: &Server, collection: &str, query: &str) -> u64 {
    let path = format!("/ogc/collections/{collection}/items?limit=1&{query}");
    number(&server.json(&path), "numberMatched")
}
