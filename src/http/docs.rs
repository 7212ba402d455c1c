//! The interface's own description: `/openapi.json`, and `/docs` for people.

use axum::Router;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui::SwaggerUi;

use super::router;
use super::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "servicemap",
        description = "Find and book the responsible office, learn whose street a place is, \
            and draw both on a map. Coordinates are longitude and latitude, WGS-84, unless \
            `crs` says otherwise. Errors are problem documents (RFC 9457); an unknown or \
            malformed parameter is always refused.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "search", description = "In the dialect of Pelias, so that its clients work"),
        (name = "points", description = "Service points, and how to book them"),
        (name = "services", description = "What people come for, and the kinds of offices"),
        (name = "jurisdiction", description = "Whose street is it?"),
        (name = "tickets", description = "What is asked for, where and when"),
        (name = "maps", description = "Vector tiles, styles and what a map must say"),
        (name = "open311", description = "GeoReport v2, for clients that file requests"),
        (name = "ogc", description = "OGC API – Features and Tiles, for QGIS, GDAL and their like"),
        (name = "operation", description = "Health and metrics")
    ),
    modifiers(&KeyScheme)
)]
struct Description;

/// How a key is sent.
struct KeyScheme;

impl Modify for KeyScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A key that `servicemap key create` made"))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
    }
}

/// The OpenAPI document, from the handlers' own descriptions.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, paths) = router::interface().split_for_parts();
    let mut document = Description::openapi();
    document.merge(paths);
    document
}

pub(super) fn routes() -> Router<AppState> {
    SwaggerUi::new("/docs").url("/openapi.json", openapi()).into()
}
