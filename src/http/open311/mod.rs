//! Open311 `GeoReport` v2: tickets in the dialect of a standard, so that existing clients work.
//!
//! - [`answer`]: what is answered, as JSON and as XML; errors as lists of code and description
//! - [`discovery`]: where the interface is, and what may be asked for
//! - [`question`]: which requests are asked for
//! - [`requests`]: which requests there are
//! - [`post`]: a request is made
//!
//! A request is a ticket, a service is a matter of the city. What the specification leaves
//! open is said in `docs/open311.md`. Everything about requests takes a key of the role agent,
//! as everything about tickets does: as a bearer, or as the `api_key` of the specification.

mod answer;
mod discovery;
mod post;
mod question;
mod requests;

use answer::{Failure, Format};
use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use super::problem::Foreign;
use super::state::AppState;

#[cfg(any(test, fuzzing))]
pub(crate) use question::found;

/// A problem that is made into a list of errors is not longer.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

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

/// Whatever goes wrong before a question is read, as the specification has it: paths that
/// nobody answers, methods, addresses that are no text.
pub(super) async fn as_errors(request: Request, next: Next) -> Response {
    let is_ours = request.uri().path().starts_with("/open311/");
    let format = Format::of(request.uri().path());
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_ours || !is_error || response.extensions().get::<Foreign>().is_some() {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let bytes = axum::body::to_bytes(response.into_body(), MAX_PROBLEM_BYTES).await;
    let problem: Option<Value> = serde_json::from_slice(&bytes.unwrap_or_default()).ok();
    let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut response = format.failed(&Failure::new(status, detail.unwrap_or(reason)));
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
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
