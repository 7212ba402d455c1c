//! The landing page, and which classes of the standards are kept.

use axum::response::Response;
use serde_json::json;

use super::links::{Links, OPENAPI};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::problem::Problem;

/// The classes that are kept.
const CLASSES: [&str; 21] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
];

/// Where clients of OGC API start.
#[utoipa::path(get, path = "/ogc", tag = "ogc", operation_id = "ogc_landing",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "Title and links", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn landing(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    super::takes_json(&asked)?;
    let mut q = asked.params();
    let lang = super::document(&asked, &mut q);
    q.finish()?;
    let (manifest, links) = (&asked.city().manifest, Links(&base.0));
    asked.json(&json!({
        "title": manifest.name.get(lang),
        "description": "Service points, divisions, places and roads, as features and as vector tiles",
        "attribution": manifest.attributions().join(" | "),
        "links": [
            links.json("self", "").titled("This document"),
            links.to("service-desc", OPENAPI, "/api").titled("The interface, for programs"),
            links.beyond("service-doc", "text/html", "/docs/").titled("The interface, for people"),
            links.json("conformance", "/conformance").titled("Classes of the standards"),
            links.json("data", "/collections").titled("The collections"),
            links.json("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "/tiles")
                .titled("All collections as vector tiles"),
            links.json("http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", "/tileMatrixSets")
                .titled("The tile matrix sets"),
        ],
    }))
}

/// The classes of the standards that are kept.
#[utoipa::path(get, path = "/ogc/conformance", tag = "ogc", operation_id = "ogc_conformance",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "Addresses of the classes", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn conformance(asked: Asked) -> Result<Response, Problem> {
    super::takes_json(&asked)?;
    let mut q = asked.params();
    super::document(&asked, &mut q);
    q.finish()?;
    asked.json(&json!({ "conformsTo": CLASSES }))
}
