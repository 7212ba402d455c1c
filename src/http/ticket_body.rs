//! A ticket and a step as a caller writes them: how they are documented, and what is written
//! of them on the way in.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::params::Params;
use super::problem::{ParameterFault, Problem};
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::intake::lines::MAX_LINE_BYTES;
use crate::intake::{Fault, Filing, PlacesBySearch, Terms, ticket};

/// A ticket as it is written. Times are RFC 3339, or by the city's clock, or a day.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it is read by `intake::ticket::read`, and by nobody else")]
pub(super) struct TicketBody {
    /// Id of the system that it was filed in; the same id is the same ticket.
    id: String,
    /// A matter of the city, or a kind that tickets have already.
    category: String,
    /// How it came in, a word such as `phone`.
    channel: Option<String>,
    /// When it was filed; now where it is left out.
    requested_at: Option<String>,
    /// When it was sent to a body that must act.
    dispatched_at: Option<String>,
    /// When that body took it.
    accepted_at: Option<String>,
    /// When the caller had an answer.
    responded_at: Option<String>,
    /// When it was closed.
    closed_at: Option<String>,
    /// When the caller was asked whether it was solved.
    surveyed_at: Option<String>,
    /// Each time that a body sent it back.
    returned_at: Option<Vec<String>>,
    /// May be left out; must be what the steps tell.
    status: Option<String>,
    /// Longitude, in degrees.
    lon: Option<f64>,
    /// Latitude, in degrees.
    lat: Option<f64>,
    /// Datum of the position: wgs84, cgcs2000, gcj02, bd09; that of the query if left out.
    crs: Option<String>,
    /// How far off the position may be, in metres.
    accuracy_m: Option<f64>,
    /// How the position was obtained, where the caller looked it up: given, converted, address,
    /// place, street, centroid.
    located_by: Option<String>,
    /// The address or place as it was said; without a position it is looked up.
    address: Option<String>,
    /// Code of a division: where the address is, or all that is known.
    division: Option<String>,
    /// What was said.
    description: Option<String>,
    /// Name of whoever filed it.
    contact: Option<String>,
    /// Their telephone.
    phone: Option<String>,
    /// What they were answered.
    response: Option<String>,
    /// Whether the survey found it solved.
    solved: Option<bool>,
    /// Whether the survey found the caller content.
    satisfied: Option<bool>,
    /// Id of the source.
    source: Option<String>,
}

/// A step that a ticket takes.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it is read by `intake::ticket::read_step`, and by nobody else")]
pub(super) struct StepBody {
    /// dispatched, accepted, responded, closed, surveyed or returned.
    step: String,
    /// When; now where it is left out.
    at: Option<String>,
    /// With responded and closed: what the caller was answered.
    response: Option<String>,
    /// With surveyed: whether it was solved.
    solved: Option<bool>,
    /// With surveyed: whether the caller was content.
    satisfied: Option<bool>,
}

/// One more citizen with the trouble of a ticket.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it is read by `intake::caller::read`, and by nobody else")]
pub(super) struct CallerBody {
    /// Id of the system that it was filed in.
    id: String,
    /// How it came in, a word such as `phone`.
    channel: Option<String>,
    /// When it was filed; now where it is left out.
    requested_at: Option<String>,
    /// What was said.
    description: Option<String>,
    /// Name of whoever filed it.
    contact: Option<String>,
    /// Their telephone.
    phone: Option<String>,
    /// Id of the source.
    source: Option<String>,
}

/// The media type of a body, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = value.unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// All of a body that is no longer than `max` bytes, else 413; `what` says what may be so long.
pub(super) async fn whole(body: Body, max: usize, what: &str) -> Result<Bytes, Problem> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| Problem::bad_body(format!("The body ended early: {e}.")))?;
        if bytes.len() + piece.len() > max {
            return Err(Problem::too_large(format!("{what} has at most {max} bytes.")));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

/// The members of a body that is one JSON object.
pub(super) async fn object(
    headers: &HeaderMap,
    body: Body,
    what: &str,
) -> Result<Map<String, Value>, Problem> {
    let kind = media_type(headers);
    if kind != "application/json" {
        let kind = if kind.is_empty() { "of no stated type".to_owned() } else { kind };
        return Err(Problem::media_type(format!("The body is {kind}; send application/json.")));
    }
    let bytes = whole(body, MAX_LINE_BYTES, what).await?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Problem::bad_body(format!("The body is no JSON object: {e}.")))
}

/// What is said of tickets that do not say it.
pub(super) fn terms<'a>(
    snapshot: &'a Snapshot,
    places: &'a PlacesBySearch<'_>,
    crs: Datum,
) -> Terms<'a> {
    let now = Timestamp::now();
    Terms { snapshot, places, crs, source: "api", channel: "unknown", now }
}

/// Reads one ticket against the city as it is now.
pub(super) fn filing(
    members: &Map<String, Value>,
    snapshot: &Snapshot,
    places: &PlacesBySearch<'_>,
    crs: Datum,
) -> Result<Filing, Vec<Fault>> {
    ticket::read(members, &terms(snapshot, places, crs))
}

/// 400 with everything that is wrong with a body.
pub(super) fn bad_members(faults: Vec<Fault>) -> Problem {
    Problem::bad_parameters(faults.into_iter().map(ParameterFault::from).collect())
}

/// What a caller says of a whole body.
pub(super) struct Manner {
    pub(super) crs: Datum,
    pub(super) atomic: bool,
}

impl Manner {
    pub(super) fn read(q: &mut Params<'_>) -> Self {
        Self { crs: q.crs(), atomic: q.flag("atomic").unwrap_or(false) }
    }
}
