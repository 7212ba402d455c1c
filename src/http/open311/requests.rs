//! Which requests there are, one of them, and what a token stands for.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::answer::{Failure, Format, Node, agent};
use super::discovery::usual;
use super::question::{Found, find, last_step, question};
use crate::city::TicketStatus;
use crate::http::answer::{private, round7};
use crate::http::caller::{Asked, BaseUrl};
use crate::http::point_view::stamp;
use crate::http::points::{link_next, next_page};
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::index::Snapshot;
use crate::store::KeptTicket;

/// Requests, newest first: of the last 90 days, or of up to 90 days that are named.
///
/// `service_request_id` overrides everything else. An empty parameter is an absent one. With
/// `updated_after` or `updated_before` an answer looks at 50,000 requests at most: where there
/// are more, `cursor=first` goes through all of them, answer by answer along the `Link` to the
/// next, in which some may be empty. Takes a key of the role agent, as a bearer or as `api_key`.
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
        ("cursor" = Option<String>, Query, description = "To go through all of them: `first`, then what the `Link` of each answer has; instead of page"),
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
    base: BaseUrl,
) -> Response {
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return format.failed(&problem.into()),
    };
    let result = listed(&state, &asked).await;
    let version = format!("{}-{}", asked.snapshot.version, asked.snapshot.tickets.seq());
    let (result, next) = match result {
        Ok((node, next)) => (Ok(node), next),
        Err(failure) => (Err(failure), None),
    };
    let mut response =
        private(format.shown((&version, &asked.headers), "service_requests", result));
    link_next(&mut response, &base, next.as_deref());
    response
}

/// The requests, and where those after them are, where somebody goes through all of them.
async fn listed(state: &AppState, asked: &Asked) -> Result<(Node, Option<String>), Failure> {
    let mut q = asked.params();
    let key = usual(&mut q);
    agent(&asked.headers, &asked.snapshot.keys, key.as_deref())?;
    let lang = asked.lang(&mut q);
    let ids = q.list("service_request_id");
    let shown = |kept: &KeptTicket| request(&asked.snapshot, lang, kept);
    if !ids.is_empty() {
        return with_ids(state, ids, shown).await.map(|node| (node, None));
    }
    let question = question(&mut q, &asked.snapshot)?;
    q.finish()?;
    let snapshot = std::sync::Arc::clone(&asked.snapshot);
    let Found { requests, next } =
        state.with_store(move |store| find(store, &snapshot, &question)).await??;
    let next = next.map(|cursor| next_page(asked.uri(), &cursor));
    Ok((Node::List("request", requests.iter().map(shown).collect()), next))
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
