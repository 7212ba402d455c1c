//! A request is made: as a form, as the specification has it, or as JSON.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::answer::{Failure, Format, Node, agent};
use crate::http::caller::Asked;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::http::ticket_body::{media_type, whole};
use crate::intake::{self, Outcome, PlacesBySearch, Terms, open311, ticket};

/// Largest body, in bytes: a description of the allowed length, with every character escaped.
const MAX_BYTES: usize = 64 * 1024;
/// Most fields.
const MAX_FIELDS: usize = 100;

/// Makes a request.
///
/// `service_code` and a place are needed: `lat` and `long`, or an `address_string`, or an
/// `address_id`. Takes a key of the role agent, as a bearer or as `api_key`.
#[utoipa::path(post, path = "/open311/v2/requests.{format}", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed"),
        ("api_key" = Option<String>, Query, description = "A key, where it is in neither the body nor a header")),
    request_body(content((Object = "application/x-www-form-urlencoded"), (Object = "application/json")),
        description = "service_code, lat, long, address_string, address_id, description, email, first_name, last_name, phone, media_url; device_id and account_id are accepted and not kept"),
    responses(
        (status = 200, description = "Never; it is made, or not"),
        (status = 201, description = "The id of the request", content((String = "application/json"), (String = "text/xml"))),
        (status = 400, description = "Something is wrong with it", content((String = "application/json"), (String = "text/xml"))),
        (status = 403, description = "There is no key of the role agent", content((String = "application/json"), (String = "text/xml"))),
        (status = 404, description = "There is no such service", content((String = "application/json"), (String = "text/xml"))),
        (status = 413, description = "The body is too large", content((String = "application/json"), (String = "text/xml"))),
        (status = 415, description = "The body is neither a form nor JSON", content((String = "application/json"), (String = "text/xml")))),
    security(("key" = [])))]
pub(super) async fn file(
    format: Format,
    State(state): State<AppState>,
    asked: Result<Asked, Problem>,
    body: Body,
) -> Response {
    let result = match asked {
        Ok(asked) => filed(&state, asked, body).await,
        Err(problem) => Err(problem.into()),
    };
    match result {
        Ok(node) => format.made("service_requests", &node),
        Err(failure) => format.failed(&failure),
    }
}

async fn filed(state: &AppState, asked: Asked, body: Body) -> Result<Node, Failure> {
    let query = asked.uri().query().unwrap_or_default();
    let mut given: Vec<(String, String)> = pairs(query.as_bytes());
    // The key may be a field, so some kilobytes are read of a stranger too.
    given.extend(fields(&asked.headers, body).await?);
    given.retain(|(_, value)| !value.trim().is_empty());
    if given.len() > MAX_FIELDS {
        let detail = format!("the request has more than {MAX_FIELDS} fields");
        return Err(Failure::new(StatusCode::BAD_REQUEST, detail));
    }
    let key = given.iter().find(|(name, _)| name == "api_key").map(|(_, key)| key.trim());
    let actor = agent(&asked.headers, &asked.snapshot.keys, key)?;
    let id = id()?;
    let snapshot = asked.snapshot;
    let result = state.with_store(move |store| {
        let places = PlacesBySearch::over(&snapshot);
        let terms = Terms {
            snapshot: &snapshot,
            places: &places,
            crs: crate::geo::Datum::Wgs84,
            source: "open311",
            channel: "open311",
            now: jiff::Timestamp::now(),
        };
        let (members, mut faults) = open311::members(&given, id, &snapshot);
        let filing = match ticket::read(&members, &terms) {
            Ok(filing) if faults.is_empty() => filing,
            read => {
                faults.extend(read.err().into_iter().flatten());
                let name = |member: &str| open311::field(member).to_owned();
                return Ok(Err(Failure::of_faults(faults, name)));
            }
        };
        let done = intake::file(store, &actor, std::slice::from_ref(&filing), true)?;
        Ok(Ok((filing, done)))
    });
    let (filing, done) = result.await??;
    if done.outcomes != [Outcome::Created] {
        return Err(Problem::internal().into());
    }
    let notice = filing.remark.map(intake::Remark::text);
    Ok(Node::List(
        "request",
        vec![Node::Object(vec![
            ("service_request_id", filing.ticket.id.into()),
            ("service_notice", notice.into()),
            ("account_id", Node::None),
        ])],
    ))
}

/// An id that nobody has: 64 random bits.
fn id() -> Result<String, Failure> {
    let bits = getrandom::u64().map_err(|e| {
        tracing::error!(error = %e, "the system has no random numbers");
        Failure::from(Problem::internal())
    })?;
    Ok(format!("open311-{bits:016x}"))
}

/// The fields of a body.
async fn fields(headers: &HeaderMap, body: Body) -> Result<Vec<(String, String)>, Failure> {
    let kind = media_type(headers);
    let is_form = kind == "application/x-www-form-urlencoded";
    if !is_form && kind != "application/json" {
        let detail = format!(
            "the body is \"{kind}\"; send application/x-www-form-urlencoded or application/json"
        );
        return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let bytes = whole(body, MAX_BYTES, "A request").await?;
    if is_form {
        return Ok(pairs(&bytes));
    }
    let members: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|e| {
        Failure::new(StatusCode::BAD_REQUEST, format!("the body is no JSON object: {e}"))
    })?;
    open311::given(members).map_err(|fault| {
        let detail = format!("{}: {}", fault.field, fault.detail);
        Failure::new(StatusCode::BAD_REQUEST, detail)
    })
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().take(MAX_FIELDS + 1).collect()
}
