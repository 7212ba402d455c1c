//! Every route of the service, by who calls it.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::cors::{Any, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::front::Front;
use super::problem::{Foreign, Problem};
use super::state::AppState;
use super::{
    batch, calendar, cities, counts, density, divisions, docs, fonts, health, layers, lineage,
    locate, ogc, open311, page, picture, point_write, points, redrawings, release, reserve, rules,
    search, services, slots, styles, ticket_similar, ticket_write, tickets, unread,
};

/// How long the answer took in here, for whoever measures from outside.
pub(super) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// Longest path and query that is read, in bytes.
const MAX_URI_BYTES: usize = 8 * 1024;
/// Largest request body where a body is read whole. Batches are streamed and have no end.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Most of a foreign error's text that is repeated.
const MAX_ERROR_BYTES: usize = 1024;

/// Headers of an answer that scripts of other pages may read.
const EXPOSED: [HeaderName; 5] = [
    header::ETAG,
    header::LINK,
    SERVER_TIMING,
    HeaderName::from_static("content-crs"),
    HeaderName::from_static("retry-after"),
];

/// The routes that are part of the public interface, with their descriptions.
pub(super) fn interface() -> OpenApiRouter<AppState> {
    bounded().merge(streamed())
}

/// Routes whose bodies are streamed, in constant memory whatever their length.
fn streamed() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(batch::batch))
        .routes(routes!(ticket_write::file))
        .merge(open311::routes())
}

/// Routes that read a request whole.
fn bounded() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        // Citizens: find the office, book it.
        .routes(routes!(search::autocomplete))
        .routes(routes!(search::search))
        .routes(routes!(search::reverse))
        .routes(routes!(search::place))
        .routes(routes!(points::list))
        .routes(routes!(points::get, point_write::put, point_write::retire))
        .routes(routes!(reserve::reserve))
        .routes(routes!(slots::slots))
        .routes(routes!(calendar::calendar))
        .routes(routes!(services::matters))
        .routes(routes!(services::matter))
        .routes(routes!(services::categories))
        // Agents: whose jurisdiction is it?
        .routes(routes!(locate::locate))
        .routes(routes!(divisions::list))
        .routes(routes!(divisions::get))
        .routes(routes!(lineage::successors))
        .routes(routes!(rules::list))
        .routes(routes!(redrawings::list))
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::get, ticket_write::step))
        .routes(routes!(ticket_write::callers))
        .routes(routes!(ticket_similar::similar))
        // Analysts: what is asked for, where and when?
        .routes(routes!(density::density))
        .routes(routes!(counts::timeline))
        .routes(routes!(counts::breakdown))
        // Everybody: the public figures.
        .routes(routes!(release::list))
        .routes(routes!(release::month))
        // Maps.
        .routes(routes!(cities::city))
        .routes(routes!(layers::catalog))
        .routes(routes!(layers::tilejson))
        .routes(routes!(layers::tile))
        .routes(routes!(picture::picture))
        .routes(routes!(styles::style))
        .routes(routes!(styles::sprite))
        .routes(routes!(fonts::glyphs))
        // Standard clients.
        .merge(ogc::routes())
        // Operators.
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

/// The whole service.
pub fn build(state: AppState) -> Router {
    let (bounded, _) = bounded().split_for_parts();
    let (streamed, _) = streamed().split_for_parts();
    bounded
        .merge(docs::routes())
        .route("/", axum::routing::get(page::index))
        .route("/agent", axum::routing::get(page::agent))
        .route("/agent/rules", axum::routing::get(page::agent))
        .route("/analyst", axum::routing::get(page::analyst))
        .route("/assets/{*path}", axum::routing::get(page::asset))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .merge(streamed)
        .fallback(page::other)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(limit_uri))
        .layer(middleware::from_fn(as_problem))
        .layer(middleware::from_fn(open311::as_errors))
        .layer(middleware::from_fn(unread::settle))
        .layer(middleware::from_fn_with_state(state.clone(), observe))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(cors())
        .with_state(state)
}

/// The whole service, with the short way for tiles before it.
pub fn service(state: AppState) -> Front {
    Front::new(state.clone(), build(state))
}

/// Public reads are open to every page.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::ACCEPT_LANGUAGE,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
        ])
        .expose_headers(EXPOSED)
        .max_age(Duration::from_hours(24))
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::method(request.method().as_str(), request.uri().path())
}

async fn limit_uri(request: Request, next: Next) -> Response {
    let bytes = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if bytes > MAX_URI_BYTES {
        let detail =
            format!("The path and query have {bytes} bytes; at most {MAX_URI_BYTES} are read.");
        return Problem::too_long(detail).into_response();
    }
    next.run(request).await
}

/// Errors that were not made here, such as a path that is no text, become problem
/// documents too.
async fn as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let ours = kind.is_some_and(|k| k.starts_with("application/problem") || k.contains("html"))
        || response.extensions().get::<Foreign>().is_some();
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let text = axum::body::to_bytes(response.into_body(), MAX_ERROR_BYTES).await;
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Problem::foreign(status, text.unwrap_or_default()).into_response()
}

/// Counts and times each request under its route's pattern, and says how long it took.
async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let method = request.method().clone();
    let start = Instant::now();
    let mut response = next.run(request).await;
    let took = start.elapsed();
    let route = route.as_deref().unwrap_or("none");
    let status = response.status();
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(route, status = status.as_u16(), "request failed");
    }
    state.metrics().request(route, method.as_str(), status.as_u16(), took);
    let timing = format!("total;dur={:.3}", took.as_secs_f64() * 1e3);
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = text, "a handler panicked; please report this");
    Problem::internal().into_response()
}
