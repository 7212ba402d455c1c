//! OGC API – Features and Tiles, under `/ogc`.
//!
//! Standard clients (QGIS, GDAL) start at the landing page and follow links.
//! What they read is defined by OGC 17-069r4 (Features, Core), 18-058r1 (CRS), 19-079r2
//! (Filtering), 21-065r2 (CQL2) and 20-057 (Tiles); [`landing`] lists the classes that
//! are kept, and `tests/whole/ogc` holds the server to each. What is answered comes from
//! `features/` and `tiles/`.

mod collections;
mod definition;
mod items;
mod landing;
mod links;
mod tiles;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Asked;
use super::params::Params;
use super::problem::Problem;
use super::state::AppState;
use super::{accept, answer};
use crate::city::Lang;
use crate::features::Collection;

/// Every route of this room.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(landing::landing))
        .route("/ogc/", axum::routing::get(landing::landing))
        .routes(routes!(landing::conformance))
        .routes(routes!(definition::api))
        .routes(routes!(collections::list))
        .routes(routes!(collections::get))
        .routes(routes!(collections::queryables))
        .routes(routes!(items::list))
        .routes(routes!(items::get))
        .routes(routes!(tiles::matrix_sets))
        .routes(routes!(tiles::matrix_set))
        .routes(routes!(tiles::city_tilesets))
        .routes(routes!(tiles::city_tileset))
        .routes(routes!(tiles::city_tile))
        .routes(routes!(tiles::tilesets))
        .routes(routes!(tiles::tileset))
        .routes(routes!(tiles::tile))
}

/// Refuses a caller who does not take JSON.
fn takes_json(asked: &Asked) -> Result<(), Problem> {
    accept::needed(&asked.headers, &[answer::JSON])
}

/// Reads what every document takes: the language, and the only format there is.
fn document(asked: &Asked, q: &mut Params<'_>) -> Lang {
    q.read("f", "json", |f| (f == "json").then_some(()));
    asked.lang(q)
}

/// The collection with this name.
fn collection(asked: &Asked, id: &str) -> Result<Collection, Problem> {
    Collection::find(&asked.snapshot, id).ok_or_else(|| {
        let known: Vec<&str> = Collection::of(&asked.snapshot).map(Collection::id).collect();
        let known = known.join(", ");
        Problem::not_found(format!("There is no such collection; the collections are {known}."))
    })
}
