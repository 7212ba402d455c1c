//! Health and metrics, for whoever runs the server.

use axum::Json;
use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::params;
use super::problem::Problem;
use super::state::AppState;

/// The process is alive.
#[utoipa::path(get, path = "/health/live", tag = "operation",
    responses((status = 200, description = "The process is alive", body = String)))]
pub(super) async fn live(uri: Uri) -> Result<&'static str, Problem> {
    params::none(&uri)?;
    Ok("ok")
}

/// What is being served.
#[derive(Serialize, ToSchema)]
pub(super) struct Ready {
    /// Always `ready`; before that the answer is 503.
    status: &'static str,
    /// The city.
    city: String,
    /// Version of the snapshot.
    version: String,
    /// Service points in it.
    points: usize,
}

/// The city is loaded and answers come from it.
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses(
    (status = 200, description = "The city is loaded", body = Ready),
    (status = 503, description = "The city is being read", body = Problem)))]
pub(super) async fn ready(State(state): State<AppState>, uri: Uri) -> Result<Json<Ready>, Problem> {
    params::none(&uri)?;
    let snapshot = state.snapshot()?;
    Ok(Json(Ready {
        status: "ready",
        city: snapshot.city.manifest.id.clone(),
        version: snapshot.version.clone(),
        points: snapshot.points.len(),
    }))
}

/// Metrics in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = 200, description = "Metrics", body = String)))]
pub(super) async fn metrics(
    State(state): State<AppState>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    params::none(&uri)?;
    state.metrics().tiles(&state.tile_cache().stats());
    let text = state.metrics().render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
