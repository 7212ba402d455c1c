//! Writing tickets: one, many, and the steps that they take. An answer comes when what it
//! says is on the disk.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::{ParameterFault, Problem};
use super::state::AppState;
use super::ticket_atomic::atomic;
use super::ticket_batch;
use super::ticket_body::{self, CallerBody, Manner, StepBody, TicketBody};
use crate::access::Role;
use crate::city::{LocatedBy, TicketDivisions, TicketStatus};
use crate::geo::Datum;
use crate::intake::file::StepFault;
use crate::intake::{self, Done, Filing, Outcome, PlacesBySearch, caller, ticket};

/// What became of a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketWritten {
    /// Its id.
    id: String,
    /// Its state, where this write has decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<TicketStatus>,
    /// Whether anything changed; writing what is there already changes nothing.
    changed: bool,
    /// How its position is known, where it is new and has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    located_by: Option<LocatedBy>,
    /// How far off its position may be, in metres, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_m: Option<f64>,
    /// Codes of the divisions that it was assigned to, where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    divisions: Option<DivisionsWritten>,
    /// What is to be known of it, such as that it is outside the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'static str>,
    /// Number of the last change: it shows in every answer whose tickets are of this `seq` or
    /// a later one.
    seq: u64,
}

/// Divisions of a ticket by their codes.
#[derive(Serialize, ToSchema)]
struct DivisionsWritten {
    county: Option<String>,
    localadmin: Option<String>,
    neighbourhood: Option<String>,
    /// The day whose borders were asked.
    on: Option<String>,
}

impl From<TicketDivisions> for DivisionsWritten {
    fn from(of: TicketDivisions) -> Self {
        Self {
            county: of.district,
            localadmin: of.township,
            neighbourhood: of.community,
            on: of.on.map(|day| day.to_string()),
        }
    }
}

impl TicketWritten {
    fn new(id: String, changed: bool, seq: u64) -> Self {
        Self {
            id,
            status: None,
            changed,
            located_by: None,
            accuracy_m: None,
            divisions: None,
            remark: None,
            seq,
        }
    }
}

/// Writes tickets: one as JSON, or many as NDJSON, one a line.
///
/// A ticket is known by its id. The same again changes nothing (200); another with the same id
/// is refused (409), but what has happened since (steps, the response, the survey) is added.
/// One without a position is looked up by its address; its divisions are those of the day of
/// the request, of an open one those of today.
///
/// Of NDJSON any number is taken, while it comes, in lots that are on the disk before the
/// answer speaks of them. The answer is NDJSON too: a line for each row that was refused
/// (`line`, `id`, `errors`), one for each lot (`through` the line up to which all is done), and
/// a last one with `done` and the sums, or with the `problem` that ended it. Read it while you
/// send. With `atomic=true` all go in or none, of at most 1,000,000 rows and 256 MiB, and the
/// answer is one JSON object. Takes a key of the role agent.
#[utoipa::path(post, path = "/v1/tickets", tag = "tickets",
    params(
        ("crs" = Option<String>, Query, description = "Datum of the positions: wgs84, cgcs2000, gcj02, bd09"),
        ("atomic" = Option<bool>, Query, description = "Of NDJSON: all or none")),
    request_body(content((TicketBody = "application/json"), (TicketBody = "application/x-ndjson"))),
    responses(
        (status = 200, description = "It was there, or has been added to; of NDJSON, what became of the rows",
            content((TicketWritten = "application/json"), (String = "application/x-ndjson"))),
        (status = 201, description = "It is new", body = TicketWritten),
        (status = 400, description = "Something is wrong with it; nothing was written", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 409, description = "There is another ticket with this id", body = Problem),
        (status = 413, description = "One ticket, or an atomic batch, is too large", body = Problem),
        (status = 415, description = "The body is neither JSON nor NDJSON", body = Problem),
        (status = 503, description = "The records cannot be reached; try again", body = Problem),
        (status = 507, description = "The disk is full; nothing was written", body = Problem)),
    security(("key" = [])))]
pub(super) async fn file(
    State(state): State<AppState>,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let actor = asked.require(Role::Agent)?.id.clone();
    let mut q = asked.params();
    let manner = Manner::read(&mut q);
    if ticket_body::media_type(&asked.headers) == ticket_batch::NDJSON {
        q.finish()?;
        return if manner.atomic {
            atomic(&state, &asked, actor, manner.crs, body).await
        } else {
            Ok(ticket_batch::streamed(state, asked, actor, manner.crs, body))
        };
    }
    if manner.atomic {
        q.fault("atomic", "is for many tickets, which are sent as application/x-ndjson");
    }
    q.finish()?;
    let members = ticket_body::object(&asked.headers, body, "One ticket").await?;
    let snapshot = asked.snapshot;
    let result = state.with_store(move |store| {
        let places = PlacesBySearch::over(&snapshot);
        let filing = match ticket_body::filing(&members, &snapshot, &places, manner.crs) {
            Ok(filing) => filing,
            Err(faults) => return Ok(Err(ticket_body::bad_members(faults))),
        };
        let done = intake::file(store, &actor, std::slice::from_ref(&filing), true)?;
        Ok(Ok((filing, done)))
    });
    let (filing, done) = result.await??;
    written(filing, done)
}

/// What became of the one ticket that was written.
fn written(filing: Filing, done: Done) -> Result<Response, Problem> {
    let Done { mut outcomes, seq } = done;
    let outcome = outcomes.pop().ok_or_else(Problem::internal)?;
    let Filing { ticket, remark, .. } = filing;
    let id = ticket.id;
    let address = format!("/v1/tickets/{}", utf8_percent_encode(&id, NON_ALPHANUMERIC));
    let (status, body) = match outcome {
        Outcome::Refused(faults) => {
            let detail = format!(
                "There is another ticket \"{id}\". Give this one an id of its own; what happens to \
                 the one that is there is written with PATCH."
            );
            let errors = faults.into_iter().map(ParameterFault::from).collect();
            return Err(Problem::conflict(detail, errors));
        }
        Outcome::Created => {
            let written = TicketWritten {
                status: Some(ticket.status),
                located_by: ticket.located_by,
                accuracy_m: ticket.accuracy_m,
                divisions: Some(ticket.divisions.into()),
                remark: remark.map(intake::Remark::text),
                ..TicketWritten::new(id, true, seq)
            };
            (StatusCode::CREATED, written)
        }
        Outcome::Changed => (StatusCode::OK, TicketWritten::new(id, true, seq)),
        Outcome::Unchanged => (StatusCode::OK, TicketWritten::new(id, false, seq)),
    };
    let mut response = (status, Json(body)).into_response();
    if let Ok(address) = HeaderValue::from_str(&address) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    Ok(no_store(response))
}

/// Adds one more citizen with the trouble of a ticket.
///
/// They get a ticket of their own, of the same kind and at the same place, so that counts are of
/// citizens who asked. Its id is that of the first, `+` and the one that is sent. The same again
/// changes nothing. Takes a key of the role agent.
#[utoipa::path(post, path = "/v1/tickets/{id}/callers", tag = "tickets",
    params(("id" = String, Path, description = "Id of the first ticket")),
    request_body(content = CallerBody, content_type = "application/json"),
    responses(
        (status = 200, description = "It was there", body = TicketWritten),
        (status = 201, description = "It is new", body = TicketWritten),
        (status = 400, description = "Something is wrong with it; nothing was written", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 404, description = "There is no such ticket", body = Problem),
        (status = 409, description = "There is another ticket with this id", body = Problem),
        (status = 410, description = "The first ticket was taken back", body = Problem),
        (status = 415, description = "The body is no JSON", body = Problem),
        (status = 503, description = "The records cannot be reached; try again", body = Problem),
        (status = 507, description = "The disk is full; nothing was written", body = Problem)),
    security(("key" = [])))]
pub(super) async fn callers(
    Path(id): Path<String>,
    State(state): State<AppState>,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let actor = asked.require(Role::Agent)?.id.clone();
    asked.params().finish()?;
    let members = ticket_body::object(&asked.headers, body, "One caller").await?;
    let snapshot = asked.snapshot;
    let result = state.with_store(move |store| {
        let Some(first) = store.ticket(&id)? else { return Ok(Err(unknown(&id))) };
        if let Some(retired) = &first.record.retired {
            return Ok(Err(taken_back(&id, &retired.reason)));
        }
        let places = PlacesBySearch::over(&snapshot);
        let terms = ticket_body::terms(&snapshot, &places, Datum::Wgs84);
        let filing = match caller::read(&members, &first, &terms) {
            Ok(filing) => filing,
            Err(faults) => return Ok(Err(ticket_body::bad_members(faults))),
        };
        let done = intake::file(store, &actor, std::slice::from_ref(&filing), true)?;
        Ok(Ok((filing, done)))
    });
    let (filing, done) = result.await??;
    written(filing, done)
}

/// Lets a ticket take its next step.
///
/// `dispatched`, `accepted`, `responded`, `closed`, `surveyed` and `returned` follow each other in
/// the order that makes sense; one that does not is refused with the state that the ticket is
/// in and what may follow it. A step with its time `at` may be sent again and changes nothing.
/// Takes a key of the role agent.
#[utoipa::path(patch, path = "/v1/tickets/{id}", tag = "tickets",
    params(("id" = String, Path, description = "Id of the ticket")),
    request_body(content = StepBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The step is on the disk", body = TicketWritten),
        (status = 400, description = "Something is wrong with the step; nothing was written", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 404, description = "There is no such ticket", body = Problem),
        (status = 409, description = "The ticket is in a state that this step does not follow", body = Problem),
        (status = 410, description = "The ticket was taken back", body = Problem),
        (status = 415, description = "The body is no JSON", body = Problem),
        (status = 503, description = "The records cannot be reached; try again", body = Problem),
        (status = 507, description = "The disk is full; nothing was written", body = Problem)),
    security(("key" = [])))]
pub(super) async fn step(
    Path(id): Path<String>,
    State(state): State<AppState>,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let actor = asked.require(Role::Agent)?.id.clone();
    asked.params().finish()?;
    let members = ticket_body::object(&asked.headers, body, "A step").await?;
    let now = Timestamp::now();
    let taking =
        ticket::read_step(&members, asked.city(), now).map_err(ticket_body::bad_members)?;
    let of = id.clone();
    let taken =
        state.with_store(move |store| match intake::take(store, &actor, &of, &taking, now) {
            Err(StepFault::Store(e)) => Err(e),
            other => Ok(other),
        });
    match taken.await? {
        Ok(taken) => {
            let written = TicketWritten {
                status: Some(taken.status),
                ..TicketWritten::new(id, taken.changed, taken.seq)
            };
            Ok(no_store(Json(written).into_response()))
        }
        Err(StepFault::Unknown) => Err(unknown(&id)),
        Err(StepFault::Retired(reason)) => Err(taken_back(&id, &reason)),
        Err(fault) => {
            let detail = format!("The ticket \"{id}\" cannot take this step: {fault}.");
            Err(Problem::conflict(detail, Vec::new()))
        }
    }
}

/// 404 for a ticket that is to be added to.
fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("There is no ticket \"{id}\"."))
}

/// 410 for one that no longer holds.
fn taken_back(id: &str, reason: &str) -> Problem {
    Problem::gone(format!("The ticket \"{id}\" was taken back: {reason}."))
}

/// Nobody in between may keep it.
pub(super) fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
