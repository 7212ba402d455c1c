//! The interface under `/ogc`, described in OpenAPI 3.0.
//!
//! The standards want version 3.0; the program's own description is 3.1, made from the
//! handlers. Here its part is said in the older words, and what depends on the city is
//! added: the names of the collections, and their properties as parameters.

use std::sync::LazyLock;

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::collections::{kind_schema, said};
use super::links::OPENAPI;
use crate::features::Collection;
use crate::http::caller::{Asked, BaseUrl};
use crate::http::problem::Problem;
use crate::http::{accept, answer, docs};

/// The path of items, of which each collection has its own description.
const ITEMS: &str = "/ogc/collections/{collection}/items";

/// The interface under `/ogc`, as OpenAPI 3.0.
#[utoipa::path(get, path = "/ogc/api", tag = "ogc", operation_id = "ogc_api",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The description", body = Object,
            content_type = "application/vnd.oai.openapi+json;version=3.0"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn api(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    accept::needed(&asked.headers, &[OPENAPI, answer::JSON])?;
    let mut q = asked.params();
    let lang = super::document(&asked, &mut q);
    q.finish()?;
    let mut paths = PATHS.clone();
    let items = paths.remove(ITEMS);
    let collections: Vec<Collection> = Collection::of(&asked.snapshot).collect();
    let names: Vec<&str> = collections.iter().map(|c| c.id()).collect();
    for item in paths.values_mut() {
        parameters(item, |list| {
            for parameter in list.iter_mut().filter(|p| p["name"] == "collection") {
                parameter["schema"]["enum"] = json!(names);
            }
        });
    }
    for collection in collections {
        let mut item = items.clone().unwrap_or_default();
        if let Some(id) = item["get"]["operationId"].as_str() {
            item["get"]["operationId"] = format!("{id}_{}", collection.id()).into();
        }
        let own = collection.properties().iter().map(|property| {
            json!({
                "name": property.name,
                "in": "query",
                "description": said(property, lang),
                "required": false,
                "schema": kind_schema(property.kind),
            })
        });
        parameters(&mut item, |list| {
            list.retain(|parameter| parameter["in"] != "path");
            list.extend(own);
        });
        paths.insert(ITEMS.replace("{collection}", collection.id()), item);
    }
    let document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": asked.city().manifest.name.get(lang),
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": if base.0.is_empty() { "/" } else { &base.0 } }],
        "paths": paths,
        "components": { "schemas": *SCHEMAS },
    });
    answer::json(&asked.snapshot.version, &asked.headers, OPENAPI, &document)
}

/// Changes the parameters of a path's GET.
fn parameters(item: &mut Value, change: impl FnOnce(&mut Vec<Value>)) {
    if let Some(list) = item["get"]["parameters"].as_array_mut() {
        change(list);
    }
}

/// The program's own description in the words of 3.0.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(docs::openapi()).unwrap_or_default();
    older(&mut document);
    document
});

/// Its paths under `/ogc`.
static PATHS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let mut paths = DOCUMENT["paths"].as_object().cloned().unwrap_or_default();
    paths.retain(|path, _| path == "/ogc" || path.starts_with("/ogc/"));
    paths
});

/// The schemas that those refer to.
static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let mut schemas = DOCUMENT["components"]["schemas"].as_object().cloned().unwrap_or_default();
    schemas.retain(|name, _| matches!(name.as_str(), "Problem" | "ParameterFault"));
    schemas
});

/// Says in 3.0 what 3.1 says with a list of types.
fn older(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(older),
        Value::Object(members) => {
            if let Some(Value::Array(types)) = members.get_mut("type") {
                types.retain(|kind| kind != "null");
                let one = types.pop().unwrap_or_default();
                members.insert("type".to_owned(), one);
                members.insert("nullable".to_owned(), true.into());
            }
            members.values_mut().for_each(older);
        }
        _ => {}
    }
}
