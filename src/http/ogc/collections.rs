//! The collections: what they are, and what can be asked of them.

use axum::extract::Path;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::links::{Link, Links, SCHEMA};
use crate::city::Lang;
use crate::features::{Collection, Crs, Kind, Property, ShapeKind};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::problem::Problem;
use crate::http::{accept, answer};
use crate::tiles::Layer;

/// The collections.
#[utoipa::path(get, path = "/ogc/collections", tag = "ogc", operation_id = "ogc_collections",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The collections", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn list(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    super::takes_json(&asked)?;
    let mut q = asked.params();
    let lang = super::document(&asked, &mut q);
    q.finish()?;
    let links = Links(&base.0);
    let collections: Vec<Value> =
        Collection::of(&asked.snapshot).map(|c| described(&asked, c, links, lang)).collect();
    asked.json(&json!({
        "links": [links.json("self", "/collections")],
        "collections": collections,
        "crs": Crs::ALL.map(Crs::uri),
    }))
}

/// One collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}", tag = "ogc", operation_id = "ogc_collection",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The collection", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn get(
    Path(id): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    super::takes_json(&asked)?;
    let collection = super::collection(&asked, &id)?;
    let mut q = asked.params();
    let lang = super::document(&asked, &mut q);
    q.finish()?;
    asked.json(&described(&asked, collection, Links(&base.0), lang))
}

fn described(asked: &Asked, collection: Collection, links: Links<'_>, lang: Lang) -> Value {
    let manifest = &asked.city().manifest;
    let path = format!("/collections/{}", collection.id());
    let mut to = vec![
        links.json("self", &path),
        links.geojson("items", &format!("{path}/items")),
        queryables_link(links, &path),
    ];
    if Layer::from_name(collection.id()).is_some() {
        let rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
        to.push(links.json(rel, &format!("{path}/tiles")));
    }
    json!({
        "id": collection.id(),
        "title": collection.title(&asked.snapshot).get(lang),
        "description": collection.description().get(lang),
        "attribution": manifest.attributions().join(" | "),
        "itemType": "feature",
        "extent": {
            "spatial": {
                "bbox": [<[f64; 4]>::from(manifest.bounds)],
                "crs": Crs::Crs84.uri(),
            },
        },
        "crs": Crs::ALL.map(Crs::uri),
        "storageCrs": Crs::Crs84.uri(),
        "links": to,
    })
}

fn queryables_link(links: Links<'_>, path: &str) -> Link {
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
    links.to(rel, SCHEMA, &format!("{path}/queryables"))
}

/// What filters and parameters may name, as a JSON schema.
#[utoipa::path(get, path = "/ogc/collections/{collection}/queryables", tag = "ogc", operation_id = "ogc_queryables",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The schema", body = Object, content_type = "application/schema+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn queryables(
    Path(id): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    accept::needed(&asked.headers, &[SCHEMA, answer::JSON])?;
    let collection = super::collection(&asked, &id)?;
    let mut q = asked.params();
    let lang = super::document(&asked, &mut q);
    q.finish()?;
    let mut properties = Map::new();
    for property in collection.properties() {
        let mut schema = kind_schema(property.kind);
        schema["title"] = said(property, lang).into();
        properties.insert(property.name.to_owned(), schema);
    }
    let format = match collection.shape_kind() {
        ShapeKind::Point => "geometry-point",
        ShapeKind::Lines => "geometry-multilinestring",
        ShapeKind::Any => "geometry-any",
    };
    properties.insert(
        "geometry".to_owned(),
        json!({ "x-ogc-role": "primary-geometry", "format": format }),
    );
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": Links(&base.0).address(&format!("/collections/{}/queryables", collection.id())),
        "type": "object",
        "title": collection.title(&asked.snapshot).get(lang),
        "properties": properties,
        "additionalProperties": false,
    });
    answer::json(&asked.snapshot.version, &asked.headers, SCHEMA, &schema)
}

/// A property in words.
pub(super) const fn said(property: &Property, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => property.zh,
        Lang::En => property.en,
    }
}

/// The JSON schema of a kind of values.
pub(super) fn kind_schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Day => json!({ "type": "string", "format": "date" }),
    }
}
