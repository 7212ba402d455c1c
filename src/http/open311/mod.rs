//! Open311 `GeoReport` v2: tickets in the dialect of a standard, so that existing clients work.
//!
//! - [`answer`]: what is answered, as JSON and as XML; errors as lists of code and description
//! - [`discovery`]: where the interface is, and what may be asked for
//! - [`requests`]: which requests there are
//! - [`post`]: a request is made
//!
//! A request is a ticket, a service is a matter of the city. What the specification leaves
//! open is said in `docs/open311.md`. Everything about requests takes a key of the role agent,
//! as everything about tickets does: as a bearer, or as the `api_key` of the specification.

mod answer;
mod discovery;
mod post;
mod requests;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use super::state::AppState;

/// The routes. The format is at the end of an address, where routers know no parameter: each
/// is served under both, and described once.
pub(super) fn routes() -> OpenApiRouter<AppState> {
    let routes = Routes(Router::new(), OpenApi::default());
    routes
        .both("/open311/v2/discovery", routes!(discovery::discovery))
        .both("/open311/v2/services", routes!(discovery::services))
        .under("/open311/v2/services/{file}", routes!(discovery::service))
        .both("/open311/v2/requests", routes!(requests::list, post::file))
        .under("/open311/v2/requests/{file}", routes!(requests::one))
        .under("/open311/v2/tokens/{file}", routes!(requests::token))
        .finish()
}

struct Routes(Router<AppState>, OpenApi);

impl Routes {
    fn both(self, path: &str, of: UtoipaMethodRouter<AppState>) -> Self {
        let json = of.2.clone();
        let Self(router, document) = self.under(&format!("{path}.xml"), of);
        Self(router.route(&format!("{path}.json"), json), document)
    }

    fn under(self, path: &str, (schemas, paths, methods): UtoipaMethodRouter<AppState>) -> Self {
        let Self(router, mut document) = self;
        document.paths.paths.extend(paths.paths);
        document.components.get_or_insert_default().schemas.extend(schemas);
        Self(router.route(path, methods), document)
    }

    fn finish(self) -> OpenApiRouter<AppState> {
        let described: OpenApiRouter<AppState> = OpenApiRouter::with_openapi(self.1);
        described.merge(OpenApiRouter::from(self.0))
    }
}
