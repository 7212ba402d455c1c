//! Tiles by the addresses of OGC API: the same tiles as under `/tiles`, row before column.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::links::Links;
use crate::city::Lang;
use crate::features::{Collection, Crs, ShapeKind};
use crate::geo::{LonLat, World};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::layers;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::tiles::{Layer, MAX_ZOOM};

/// The only tile matrix set.
const MATRIX_SET: &str = "WebMercatorQuad";
/// Its address.
const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
/// Half the side of the world square, metres: π · 6,378,137.
const HALF_SIDE_M: f64 = 20_037_508.342_789_244;
/// A pixel of the standard display, metres.
const PIXEL_M: f64 = 0.000_28;

/// The tile matrix sets.
#[utoipa::path(get, path = "/ogc/tileMatrixSets", tag = "ogc", operation_id = "ogc_matrix_sets",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tile matrix sets", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn matrix_sets(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    read(&asked)?;
    let links = Links(&base.0);
    asked.json(&json!({
        "links": [links.json("self", "/tileMatrixSets")],
        "tileMatrixSets": [{
            "id": MATRIX_SET,
            "title": "Web mercator, every zoom half the size of the one before",
            "uri": MATRIX_SET_URI,
            "crs": Crs::WebMercator.uri(),
            "links": [links.json("self", &format!("/tileMatrixSets/{MATRIX_SET}"))],
        }],
    }))
}

/// The definition of the tile matrix set.
#[utoipa::path(get, path = "/ogc/tileMatrixSets/{tileMatrixSet}", tag = "ogc", operation_id = "ogc_matrix_set",
    params(
        ("tileMatrixSet" = String, Path, description = "WebMercatorQuad"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The definition", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such tile matrix set", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn matrix_set(
    Path(set): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    known(&set)?;
    read(&asked)?;
    let matrices: Vec<Value> = (0..=MAX_ZOOM)
        .map(|z| {
            let tiles = 1u32 << z;
            let cell = 2.0 * HALF_SIDE_M / 256.0 / f64::from(tiles);
            json!({
                "id": z.to_string(),
                "scaleDenominator": cell / PIXEL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_SIDE_M, HALF_SIDE_M],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": tiles,
                "matrixHeight": tiles,
            })
        })
        .collect();
    asked.json(&json!({
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": Crs::WebMercator.uri(),
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
        "links": [Links(&base.0).json("self", &format!("/tileMatrixSets/{MATRIX_SET}"))],
    }))
}

/// What the tiles of a path hold: one collection, or all of them.
#[derive(Clone, Copy)]
struct Of(Option<Collection>);

impl Of {
    /// A collection that has tiles.
    fn collection(asked: &Asked, id: &str) -> Result<Self, Problem> {
        let collection = super::collection(asked, id)?;
        if Layer::from_name(collection.id()).is_none() {
            let detail =
                "This collection has no tiles of its own; those of divisions hold all levels.";
            return Err(Problem::not_found(detail));
        }
        Ok(Self(Some(collection)))
    }

    /// Where its tilesets are, under `/ogc`.
    fn path(self) -> String {
        self.0.map_or_else(|| "/tiles".to_owned(), |c| format!("/collections/{}/tiles", c.id()))
    }

    /// The collections in its tiles.
    fn collections(self) -> impl Iterator<Item = Collection> {
        let tiled = |c: &Collection| Layer::from_name(c.id()).is_some();
        let wanted = move |c: &Collection| self.0.is_none_or(|own| own == *c);
        Collection::ALL.into_iter().filter(tiled).filter(wanted)
    }

    fn title(self, asked: &Asked, lang: Lang) -> String {
        let city = &asked.city().manifest.name;
        let title = self.0.map(|collection| collection.title(&asked.snapshot));
        title.as_ref().unwrap_or(city).get(lang).to_owned()
    }

    fn tilesets(self, asked: &Asked, base: &BaseUrl) -> Result<Response, Problem> {
        let lang = read(asked)?;
        let links = Links(&base.0);
        let path = self.path();
        asked.json(&json!({
            "links": [links.json("self", &path)],
            "tilesets": [{
                "title": self.title(asked, lang),
                "dataType": "vector",
                "crs": Crs::WebMercator.uri(),
                "tileMatrixSetURI": MATRIX_SET_URI,
                "links": [
                    links.json("self", &format!("{path}/{MATRIX_SET}")),
                    scheme(links),
                    links.tiles(&format!("{path}/{MATRIX_SET}")),
                ],
            }],
        }))
    }

    fn tileset(self, asked: &Asked, base: &BaseUrl) -> Result<Response, Problem> {
        let lang = read(asked)?;
        let links = Links(&base.0);
        let path = format!("{}/{MATRIX_SET}", self.path());
        let names: Vec<&str> = self.collections().map(Collection::id).collect();
        let tilejson = format!("/tiles/{}", names.join(","));
        let layers: Vec<Value> = self.collections().map(|c| layer(asked, c, lang)).collect();
        let manifest = &asked.city().manifest;
        let (bounds, [lon, lat]) = (manifest.bounds, manifest.center);
        asked.json(&json!({
            "title": self.title(asked, lang),
            "attribution": manifest.attributions().join(" | "),
            "dataType": "vector",
            "crs": Crs::WebMercator.uri(),
            "tileMatrixSetURI": MATRIX_SET_URI,
            "mediaTypes": [crate::tiles::MEDIA_TYPE],
            "tileMatrixSetLimits": self.limits(asked),
            "boundingBox": {
                "crs": Crs::Crs84.uri(),
                "lowerLeft": [bounds.west, bounds.south],
                "upperRight": [bounds.east, bounds.north],
            },
            "centerPoint": {
                "crs": Crs::Crs84.uri(),
                "coordinates": [lon, lat],
                "tileMatrix": (manifest.zoom.round() as u8).min(MAX_ZOOM).to_string(),
            },
            "layers": layers,
            "links": [
                links.json("self", &path),
                scheme(links),
                links.tiles(&path),
                links.beyond("describedby", "application/json", &tilejson),
            ],
        }))
    }

    /// Rows and columns in which the city lies, of each zoom that has tiles.
    fn limits(self, asked: &Asked) -> Vec<Value> {
        let b = asked.bounds();
        let (low, high) = (LonLat::new(b.west, b.north), LonLat::new(b.east, b.south));
        let (low, high) = (World::project(low), World::project(high));
        let of = |z: u8| {
            let bits = u32::from(z);
            let ((min_col, min_row), (max_col, max_row)) = (low.cell(bits), high.cell(bits));
            json!({
                "tileMatrix": z.to_string(),
                "minTileRow": min_row,
                "maxTileRow": max_row,
                "minTileCol": min_col,
                "maxTileCol": max_col,
            })
        };
        let layers = self.collections().filter_map(|c| Layer::from_name(c.id()));
        let from = layers.map(Layer::min_zoom).min().unwrap_or_default();
        (from..=MAX_ZOOM).map(of).collect()
    }

    async fn tile(
        self,
        state: AppState,
        asked: Asked,
        (set, numbers): (&str, [&str; 3]),
    ) -> Result<Response, Problem> {
        known(set)?;
        let mut q = asked.params();
        q.read("f", "mvt", |f| (f == "mvt").then_some(()));
        let mut names: Vec<&str> = self.collections().map(Collection::id).collect();
        if self.0.is_none() {
            let wanted = q.list("collections");
            if let Some(bad) = wanted.iter().find(|w| !names.contains(&w.as_str())) {
                let known = names.join(", ");
                let detail = format!("\"{bad}\" has no tiles; those that have are {known}");
                q.fault("collections", detail);
            } else if !wanted.is_empty() {
                names.retain(|name| wanted.iter().any(|w| w == name));
            }
        }
        let composite = layers::composite(&names.join(","), &state)?;
        layers::answer(state, &asked, q, &composite, numbers).await
    }
}

/// Reads the parameters of a document, and refuses a caller who does not take it.
fn read(asked: &Asked) -> Result<Lang, Problem> {
    super::takes_json(asked)?;
    let mut q = asked.params();
    let lang = super::document(asked, &mut q);
    q.finish()?;
    Ok(lang)
}

fn known(set: &str) -> Result<(), Problem> {
    if set == MATRIX_SET {
        return Ok(());
    }
    let detail = format!("There is no such tile matrix set; there is {MATRIX_SET}.");
    Err(Problem::not_found(detail))
}

fn scheme(links: Links<'_>) -> super::links::Link {
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
    links.json(rel, &format!("/tileMatrixSets/{MATRIX_SET}"))
}

fn layer(asked: &Asked, collection: Collection, lang: Lang) -> Value {
    let dimension = match collection.shape_kind() {
        ShapeKind::Point => 0,
        ShapeKind::Lines => 1,
        ShapeKind::Any => 2,
    };
    let zooms = Layer::from_name(collection.id()).map(|l| (l.min_zoom(), l.max_zoom()));
    let (min, max) = zooms.unwrap_or((0, MAX_ZOOM));
    json!({
        "id": collection.id(),
        "title": collection.title(&asked.snapshot).get(lang),
        "dataType": "vector",
        "geometryDimension": dimension,
        "minTileMatrix": min.to_string(),
        "maxTileMatrix": max.to_string(),
    })
}

/// The tilesets that hold all collections.
#[utoipa::path(get, path = "/ogc/tiles", tag = "ogc", operation_id = "ogc_city_tilesets",
    params(
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tilesets", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn city_tilesets(asked: Asked, base: BaseUrl) -> Result<Response, Problem> {
    Of(None).tilesets(&asked, &base)
}

/// A tileset that holds all collections.
#[utoipa::path(get, path = "/ogc/tiles/{tileMatrixSet}", tag = "ogc", operation_id = "ogc_city_tileset",
    params(
        ("tileMatrixSet" = String, Path, description = "WebMercatorQuad"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tileset", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such tile matrix set", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn city_tileset(
    Path(set): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    known(&set)?;
    Of(None).tileset(&asked, &base)
}

/// A tile of all collections. Takes the filters of `/tiles/points` too.
#[utoipa::path(get, path = "/ogc/tiles/{tileMatrixSet}/{tileMatrix}/{tileRow}/{tileCol}", tag = "ogc", operation_id = "ogc_city_tile",
    params(
        ("tileMatrixSet" = String, Path, description = "WebMercatorQuad"),
        ("tileMatrix" = String, Path, description = "Zoom, 0 to 20"),
        ("tileRow" = String, Path, description = "Row"),
        ("tileCol" = String, Path, description = "Column"),
        ("collections" = Option<String>, Query, description = "Only these, separated by commas"),
        ("f" = Option<String>, Query, description = "mvt, the only format")),
    responses(
        (status = 200, description = "The tile", content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "Nothing lies in it"),
        (status = 400, description = "A number or a parameter is bad", body = Problem),
        (status = 404, description = "There is no such tile", body = Problem),
        (status = 406, description = "The caller takes no vector tiles", body = Problem)))]
pub(super) async fn city_tile(
    Path((set, z, row, col)): Path<(String, String, String, String)>,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    Of(None).tile(state, asked, (&set, [&z, &col, &row])).await
}

/// The tilesets of a collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}/tiles", tag = "ogc", operation_id = "ogc_tilesets",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tilesets", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection, or it has no tiles", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn tilesets(
    Path(id): Path<String>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    Of::collection(&asked, &id)?.tilesets(&asked, &base)
}

/// A tileset of a collection.
#[utoipa::path(get, path = "/ogc/collections/{collection}/tiles/{tileMatrixSet}", tag = "ogc", operation_id = "ogc_tileset",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("tileMatrixSet" = String, Path, description = "WebMercatorQuad"),
        ("f" = Option<String>, Query, description = "json, the only format"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tileset", body = Object, content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection or tile matrix set", body = Problem),
        (status = 406, description = "The caller takes no JSON", body = Problem)))]
pub(super) async fn tileset(
    Path((id, set)): Path<(String, String)>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    known(&set)?;
    Of::collection(&asked, &id)?.tileset(&asked, &base)
}

/// A tile of a collection. Those of points take the filters of `/tiles/points` too.
#[utoipa::path(get,
    path = "/ogc/collections/{collection}/tiles/{tileMatrixSet}/{tileMatrix}/{tileRow}/{tileCol}",
    tag = "ogc", operation_id = "ogc_tile",
    params(
        ("collection" = String, Path, description = "Name of the collection"),
        ("tileMatrixSet" = String, Path, description = "WebMercatorQuad"),
        ("tileMatrix" = String, Path, description = "Zoom, 0 to 20"),
        ("tileRow" = String, Path, description = "Row"),
        ("tileCol" = String, Path, description = "Column"),
        ("f" = Option<String>, Query, description = "mvt, the only format")),
    responses(
        (status = 200, description = "The tile", content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "Nothing lies in it"),
        (status = 400, description = "A number or a parameter is bad", body = Problem),
        (status = 404, description = "There is no such collection or tile", body = Problem),
        (status = 406, description = "The caller takes no vector tiles", body = Problem)))]
pub(super) async fn tile(
    Path((id, set, z, row, col)): Path<(String, String, String, String, String)>,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    Of::collection(&asked, &id)?.tile(state, asked, (&set, [&z, &col, &row])).await
}
