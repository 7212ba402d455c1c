//! Writing service points. An answer comes when the write is on the disk.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::params::Params;
use super::point_body;
use super::problem::Problem;
use super::state::AppState;
use crate::access::Role;
use crate::city::{ID_RULE, is_id};
use crate::store::{Batch, Kind, Receipt, Record};

/// What became of a write.
#[derive(Serialize, ToSchema)]
struct Written {
    /// Id of the point.
    id: String,
    /// Whether anything changed; writing what is there already changes nothing.
    changed: bool,
    /// Number of the last change: whoever sees it in a `version` sees this write.
    seq: u64,
}

impl Written {
    fn answer(id: String, receipt: Receipt) -> Response {
        let written = Self { id, changed: receipt.changed > 0, seq: receipt.seq };
        (StatusCode::OK, Json(written)).into_response()
    }
}

/// Writes a service point, new or not, or brings a retired one back.
///
/// The body is the GeoJSON feature that is read, whole: what it leaves out is not known.
/// `category` and `source` may be codes, `services` a list of codes. What an answer
/// derives (`open`, `divisions`, `reservations` …) may stay in and is not looked at.
/// The answer comes when the point is on the disk; it shows in every list, tile and
/// search within a second. Takes a key of the role admin.
#[utoipa::path(put, path = "/v1/points/{id}", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point: 1 to 64 of a-z, A-Z, 0-9, -, _ and ."),
        ("crs" = Option<String>, Query, description = "Datum of the position")),
    request_body(content = Object, content_type = "application/geo+json", description = "A GeoJSON feature"),
    responses(
        (status = 200, description = "It is on the disk", body = Written),
        (status = 400, description = "Something is wrong with the point; nothing was written", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 503, description = "The records cannot be reached; try again", body = Problem),
        (status = 507, description = "The disk is full; nothing was written", body = Problem)),
    security(("key" = [])))]
pub(super) async fn put(
    Path(id): Path<String>,
    State(state): State<AppState>,
    asked: Asked,
    body: Bytes,
) -> Result<Response, Problem> {
    let actor = asked.require(Role::Admin)?.id.clone();
    let mut q = asked.params();
    let crs = q.crs();
    check_id(&mut q, "id", &id);
    let record = point_body::read(&mut q, &id, &body, crs, asked.city());
    q.finish()?;
    // Without faults there is a record.
    let record = record.ok_or_else(Problem::internal)?;
    let receipt = state.write(Batch::by(actor).put(Record::Point(record))).await?;
    Ok(Written::answer(id, receipt))
}

/// Retires a service point: it answers 301 to its successor, or 410 with the reason.
///
/// It is kept, with its history, and a PUT brings it back. Takes a key of the role admin.
#[utoipa::path(delete, path = "/v1/points/{id}", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("successor" = Option<String>, Query, description = "Id of the point that takes its place"),
        ("reason" = Option<String>, Query, description = "Why, in words that may be shown; needed without a successor")),
    responses(
        (status = 200, description = "It is on the disk", body = Written),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 404, description = "There is no such point", body = Problem),
        (status = 503, description = "The records cannot be reached; try again", body = Problem),
        (status = 507, description = "The disk is full; nothing was written", body = Problem)),
    security(("key" = [])))]
pub(super) async fn retire(
    Path(id): Path<String>,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    let actor = asked.require(Role::Admin)?.id.clone();
    let mut q = asked.params();
    let (successor, reason) = (q.text("successor"), q.text("reason"));
    if let Some(successor) = &successor {
        if *successor == id {
            q.fault("successor", "is the point itself");
        } else if !state.holds_point(successor.clone()).await? {
            q.fault("successor", format!("there is no service point \"{successor}\" that holds"));
        }
    } else if reason.is_none() {
        q.fault("reason", "is needed where there is no successor");
    }
    q.finish()?;
    let reason = reason.unwrap_or_default();
    let batch = Batch::by(actor).retire(Kind::Point, &id, successor.as_deref(), &reason);
    let receipt = state.write(batch).await?;
    Ok(Written::answer(id, receipt))
}

fn check_id(q: &mut Params<'_>, name: &str, id: &str) {
    if !is_id(id) {
        q.fault(name, format!("\"{id}\" is not {ID_RULE}"));
    }
}
