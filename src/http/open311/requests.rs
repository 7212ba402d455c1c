//! Which requests there are, one of them, and what a token stands for.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::answer::{Failure, Format, Node, agent};
use super::discovery::usual;
use crate::city::TicketStatus;
use crate::geo::Datum;
use crate::http::answer::{private, round7};
use crate::http::caller::Asked;
use crate::http::params::Params;
use crate::http::point_view::stamp;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::http::ticket_filter::instant;
use crate::index::tickets::{Cut, Order};
use crate::index::{Snapshot, TicketFilter};
use crate::store::{KeptTicket, Store, StoreError};

/// What a question spans at most, and if it does not say.
const SPAN: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Requests that one answer has at most.
const MOST: usize = 1000;
/// Requests that are looked at for the time of their last step.
const LOOKED_AT: usize = 50_000;
/// Largest radius, metres.
const MAX_RADIUS: f64 = 200_000.0;

/// What is asked for.
struct Question {
    filter: TicketFilter,
    order: Order,
    cut: Cut,
    /// Those whose last step was taken in this time.
    updated: Option<(Timestamp, Timestamp)>,
}

/// Requests, newest first: of the last 90 days, or of up to 90 days that are named.
///
/// `service_request_id` overrides everything else. An empty parameter is an absent one. Takes
/// a key of the role agent, as a bearer or as `api_key`.
#[utoipa::path(get, path = "/open311/v2/requests.{format}", tag = "open311",
    params(
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed"),
        ("api_key" = Option<String>, Query, description = "A key, where it is not sent as a bearer"),
        ("service_request_id" = Option<String>, Query, description = "Ids, by commas"),
        ("service_code" = Option<String>, Query, description = "Codes of services, by commas"),
        ("start_date" = Option<String>, Query, description = "Requested at this time or later"),
        ("end_date" = Option<String>, Query, description = "Requested at this time or before"),
        ("status" = Option<String>, Query, description = "open, closed, or both by commas"),
        ("updated_after" = Option<String>, Query, description = "Whose last step was taken at this time or later"),
        ("updated_before" = Option<String>, Query, description = "Whose last step was taken at this time or before"),
        ("bbox" = Option<String>, Query, description = "west,south,east,north"),
        ("lat" = Option<f64>, Query, description = "Latitude of a position: nearest first"),
        ("long" = Option<f64>, Query, description = "Longitude of a position"),
        ("radius" = Option<f64>, Query, description = "Only within so many metres of the position"),
        ("page" = Option<usize>, Query, description = "Which page, from 1"),
        ("page_size" = Option<usize>, Query, description = "1 to 1000, default 1000"),
        ("extensions" = Option<bool>, Query, description = "Accepted, and not needed"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The requests", content((String = "application/json"), (String = "text/xml"))),
        (status = 400, description = "A parameter is bad", content((String = "application/json"), (String = "text/xml"))),
        (status = 403, description = "There is no key of the role agent", content((String = "application/json"), (String = "text/xml"))),
        (status = 404, description = "There is no such request or service", content((String = "application/json"), (String = "text/xml")))),
    security(("key" = [])))]
pub(super) async fn list(
    format: Format,
    State(state): State<AppState>,
    asked: Result<Asked, Problem>,
) -> Response {
    match asked {
        Ok(asked) => {
            let result = listed(&state, &asked).await;
            let version = format!("{}-{}", asked.snapshot.version, asked.snapshot.tickets.seq());
            private(format.shown((&version, &asked.headers), "service_requests", result))
        }
        Err(problem) => format.failed(&problem.into()),
    }
}

async fn listed(state: &AppState, asked: &Asked) -> Result<Node, Failure> {
    let mut q = asked.params();
    let key = usual(&mut q);
    agent(&asked.headers, &asked.snapshot.keys, key.as_deref())?;
    let lang = asked.lang(&mut q);
    let ids = q.list("service_request_id");
    let shown = |kept: &KeptTicket| request(&asked.snapshot, lang, kept);
    if !ids.is_empty() {
        return with_ids(state, ids, shown).await;
    }
    let question = question(&mut q, asked)?;
    q.finish()?;
    let snapshot = std::sync::Arc::clone(&asked.snapshot);
    let found = state.with_store(move |store| find(store, &snapshot, &question)).await??;
    Ok(Node::List("request", found.iter().map(shown).collect()))
}

/// Those with some ids, in the order in which they are named.
async fn with_ids(
    state: &AppState,
    ids: Vec<String>,
    shown: impl Fn(&KeptTicket) -> Node,
) -> Result<Node, Failure> {
    let named = ids.clone();
    let mut kept = state
        .with_store(move |store| {
            let ids: Vec<&str> = named.iter().map(String::as_str).collect();
            store.tickets_of(&ids)
        })
        .await?;
    let found = ids.iter().filter_map(|id| kept.remove(id));
    let found: Vec<Node> =
        found.filter(|kept| kept.record.retired.is_none()).map(|kept| shown(&kept)).collect();
    if found.is_empty() {
        let detail = "service_request_id: none of these requests was found";
        return Err(Failure::new(StatusCode::NOT_FOUND, detail));
    }
    Ok(Node::List("request", found))
}

fn question(q: &mut Params<'_>, asked: &Asked) -> Result<Question, Failure> {
    let snapshot = &asked.snapshot;
    let codes = q.list("service_code");
    let known = |code: &&String| {
        snapshot.city.matters.get(code).is_some() || snapshot.tickets.has_category(code)
    };
    if let Some(code) = codes.iter().find(|code| !known(code)) {
        let detail = format!("service_code: \"{code}\" was not found; see services");
        return Err(Failure::new(StatusCode::NOT_FOUND, detail));
    }
    let expected = "a time such as 2026-01-31T09:30:00Z";
    let mut time = |name| q.read(name, expected, |text| instant(text, &snapshot.city));
    let (start, end) = (time("start_date"), time("end_date"));
    let (after, before) = (time("updated_after"), time("updated_before"));
    let statuses = q.read("status", "open, closed, or both", |text| {
        let mut statuses = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let closed = match word {
                "open" => false,
                "closed" => true,
                _ => return None,
            };
            let all = TicketStatus::ALL.iter().copied();
            statuses.extend(all.filter(|s| (*s == TicketStatus::Closed) == closed));
        }
        Some(statuses)
    });
    let from = q.position("long", "lat", Datum::Wgs84, asked.bounds());
    let radius = q.number_in("radius", 0.0..=MAX_RADIUS);
    if radius.is_some() && from.is_none() && !q.is_bad("lat") && !q.is_bad("long") {
        q.fault("radius", "is measured from a position; give lat and long");
    }
    let bounds = q.bbox("bbox", Datum::Wgs84);
    let page = q.integer("page", 1..=1_000_000_usize).unwrap_or(1);
    let size = q.integer("page_size", 1..=MOST).unwrap_or(MOST);
    let (start, end) = span(q, start, end);
    Ok(Question {
        filter: TicketFilter {
            from: Some(start),
            // The last second counts.
            to: end.map(|end| plus(end, SignedDuration::from_secs(1))),
            categories: (!codes.is_empty()).then_some(codes),
            statuses: statuses.filter(|statuses| !statuses.is_empty()),
            bounds,
            ..TicketFilter::default()
        },
        order: from.map_or(Order::Newest, |from| Order::Nearest { from, radius }),
        cut: Cut { skip: (page - 1) * size, ..Cut::first(size) },
        updated: (after.is_some() || before.is_some())
            .then(|| (after.unwrap_or(Timestamp::MIN), before.unwrap_or(Timestamp::MAX))),
    })
}

/// From when to when: 90 days from the one that is named, or the last ones. The end is open
/// where nobody named any.
fn span(
    q: &mut Params<'_>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
) -> (Timestamp, Option<Timestamp>) {
    match (start, end) {
        (Some(start), Some(end)) => {
            if end < start {
                q.fault("end_date", "is before start_date");
            } else if end.duration_since(start) > SPAN {
                q.fault("end_date", "is more than 90 days after start_date; ask in several pieces");
            }
            (start, Some(end))
        }
        (Some(start), None) => (start, Some(plus(start, SPAN))),
        (None, Some(end)) => (plus(end, -SPAN), Some(end)),
        (None, None) => (plus(Timestamp::now(), -SPAN), None),
    }
}

fn plus(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

/// The requests of a page.
fn find(
    store: &dyn Store,
    snapshot: &Snapshot,
    question: &Question,
) -> Result<Result<Vec<KeptTicket>, Failure>, StoreError> {
    let Question { filter, order, cut, updated } = question;
    let numbers = |cut: Cut| {
        let page = snapshot.tickets.list(filter, *order, cut);
        let numbers: Vec<u64> = page.tickets.iter().map(|listed| listed.number).collect();
        (page.total, numbers)
    };
    let holds = |kept: &KeptTicket| kept.record.retired.is_none();
    let Some((after, before)) = updated else {
        let mut found = store.numbered(&numbers(*cut).1, true)?;
        found.retain(holds);
        return Ok(Ok(found));
    };
    let (total, all) = numbers(Cut::first(LOOKED_AT));
    if total > LOOKED_AT {
        let detail = format!(
            "updated_after and updated_before look at {LOOKED_AT} requests at most, and there are \
             {total}: narrow start_date and end_date"
        );
        return Ok(Err(Failure::new(StatusCode::BAD_REQUEST, detail)));
    }
    let fits = |kept: &KeptTicket| {
        let at = last_step(kept);
        holds(kept) && at >= *after && at <= *before
    };
    let (mut page, mut skip) = (Vec::new(), cut.skip);
    for part in all.chunks(MOST) {
        for kept in store.numbered(part, false)?.iter().filter(|kept| fits(kept)) {
            if skip > 0 {
                skip -= 1;
            } else if page.len() < cut.limit {
                page.push(kept.number);
            }
        }
        if page.len() == cut.limit {
            break;
        }
    }
    let mut found = store.numbered(&page, true)?;
    found.retain(fits);
    Ok(Ok(found))
}

/// One request; still a list.
#[utoipa::path(get, path = "/open311/v2/requests/{service_request_id}.{format}", tag = "open311",
    params(
        ("service_request_id" = String, Path, description = "Id of the request"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed"),
        ("api_key" = Option<String>, Query, description = "A key, where it is not sent as a bearer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A list of one request", content((String = "application/json"), (String = "text/xml"))),
        (status = 403, description = "There is no key of the role agent", content((String = "application/json"), (String = "text/xml"))),
        (status = 404, description = "There is no such request", content((String = "application/json"), (String = "text/xml")))),
    security(("key" = [])))]
pub(super) async fn one(
    format: Format,
    Path(file): Path<String>,
    State(state): State<AppState>,
    asked: Result<Asked, Problem>,
) -> Response {
    named(format, &file, &state, asked, false).await
}

/// The request that a token stands for. Requests are made at once here and no tokens are
/// given; the id of a request is as good as one.
#[utoipa::path(get, path = "/open311/v2/tokens/{token}.{format}", tag = "open311",
    params(
        ("token" = String, Path, description = "The token"),
        ("format" = String, Path, description = "xml or json"),
        ("jurisdiction_id" = Option<String>, Query, description = "Accepted, and not needed"),
        ("api_key" = Option<String>, Query, description = "A key, where it is not sent as a bearer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The id of the request", content((String = "application/json"), (String = "text/xml"))),
        (status = 403, description = "There is no key of the role agent", content((String = "application/json"), (String = "text/xml"))),
        (status = 404, description = "There is no such token", content((String = "application/json"), (String = "text/xml")))),
    security(("key" = [])))]
pub(super) async fn token(
    format: Format,
    Path(file): Path<String>,
    State(state): State<AppState>,
    asked: Result<Asked, Problem>,
) -> Response {
    named(format, &file, &state, asked, true).await
}

/// The one request that an address names, or only that it is there.
async fn named(
    format: Format,
    file: &str,
    state: &AppState,
    asked: Result<Asked, Problem>,
    only_id: bool,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return format.failed(&problem.into()),
    };
    let found = async {
        let mut q = asked.params();
        let key = usual(&mut q);
        agent(&asked.headers, &asked.snapshot.keys, key.as_deref())?;
        let lang = asked.lang(&mut q);
        q.finish()?;
        let id = format.id(file)?;
        with_ids(state, vec![id], |kept| {
            if only_id {
                let id = kept.record.ticket.id.as_str();
                return Node::Object(vec![("service_request_id", id.into()), ("token", id.into())]);
            }
            request(&asked.snapshot, lang, kept)
        })
        .await
    };
    let result = found.await;
    let version = format!("{}-{}", asked.snapshot.version, asked.snapshot.tickets.seq());
    private(format.shown((&version, &asked.headers), "service_requests", result))
}

/// When the last step of a ticket was taken; of a closed one when it was closed.
fn last_step(kept: &KeptTicket) -> Timestamp {
    let ticket = &kept.record.ticket;
    let steps = &ticket.steps;
    if let Some(closed) = steps.closed.filter(|_| ticket.status == TicketStatus::Closed) {
        return closed;
    }
    let single = [steps.dispatched, steps.accepted, steps.responded, steps.surveyed];
    let all = single.into_iter().flatten().chain(steps.returned.iter().copied());
    all.fold(steps.requested, Timestamp::max)
}

/// A ticket as a request.
fn request(snapshot: &Snapshot, lang: crate::city::Lang, kept: &KeptTicket) -> Node {
    let (ticket, texts) = (&kept.record.ticket, &kept.texts);
    let city = &snapshot.city;
    let closed = ticket.status == TicketStatus::Closed;
    let matter = city.matters.get(&ticket.category);
    let name = matter.map_or(ticket.category.as_str(), |matter| matter.name.get(lang));
    let text = |text: &Option<String>| Node::from(text.clone());
    let notes = texts.response.clone().unwrap_or_else(|| ticket.status.key().to_owned());
    let degrees = |of: fn(crate::geo::LonLat) -> f64| {
        ticket.location.map_or(Node::None, |at| Node::Number(round7(of(at))))
    };
    Node::Object(vec![
        ("service_request_id", ticket.id.as_str().into()),
        ("status", if closed { "closed" } else { "open" }.into()),
        ("status_notes", notes.into()),
        ("service_name", name.into()),
        ("service_code", ticket.category.as_str().into()),
        ("description", text(&texts.description)),
        ("agency_responsible", Node::None),
        ("service_notice", Node::None),
        ("requested_datetime", stamp(&city.zone, ticket.steps.requested).into()),
        ("updated_datetime", stamp(&city.zone, last_step(kept)).into()),
        ("expected_datetime", Node::None),
        ("address", text(&texts.address)),
        ("address_id", Node::None),
        ("zipcode", Node::None),
        ("lat", degrees(|at| at.lat)),
        ("long", degrees(|at| at.lon)),
        ("media_url", Node::None),
    ])
}
