//! Tickets for those who take calls: the list, and one of them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer;
use super::around::Around;
use super::caller::{Asked, BaseUrl};
use super::params::Params;
use super::points::{link_next, moved, next_page};
use super::problem::Problem;
use super::state::AppState;
use super::ticket_filter::{TicketParams, filter};
use super::ticket_view::{TicketFeature, TicketProperties, TicketShown};
use crate::access::Role;
use crate::geo::LonLat;
use crate::index::ticket_text::Wanted;
use crate::index::tickets::{Among, Circle, Cut, List, Mark, Order};

/// Tickets on a page unless the caller asks for more or fewer.
const DEFAULT_LIMIT: usize = 50;
/// Most tickets on a page.
const MAX_LIMIT: usize = 1000;
/// Largest radius, metres: farther than any city reaches.
const MAX_RADIUS: f64 = 200_000.0;

/// Tickets as GeoJSON.
#[derive(Serialize, ToSchema)]
struct TicketCollection<'a> {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Tickets that fit, on all pages: as many as `/v1/density` counts under the same filter.
    total: usize,
    /// Tickets on this page.
    #[serde(rename = "numberReturned")]
    number_returned: usize,
    /// GeoJSON features with the properties of a ticket.
    #[schema(value_type = Vec<Object>)]
    features: Vec<TicketFeature<'a>>,
    /// Path and query of the next page.
    next: Option<String>,
    /// The last change that is taken in.
    seq: u64,
}

/// Longest question for words, in characters.
const MAX_WORDS: usize = 100;

/// The letter with which cursors of an order begin.
pub(super) const fn letter(order: Order) -> char {
    match order {
        Order::Newest => 'n',
        Order::Nearest(_) => 'd',
        Order::Best => 'b',
    }
}

/// What words to look for.
fn wanted(q: &mut Params<'_>) -> Option<Wanted> {
    let text = q.text("q")?;
    if text.chars().count() > MAX_WORDS {
        q.fault("q", format!("is longer than {MAX_WORDS} characters"));
        return None;
    }
    let wanted = Wanted::read(&text);
    if wanted.is_none() {
        q.fault("q", "holds no letter, digit or character that could be looked for");
    }
    wanted
}

/// In which order: as `sort` says, else nearest first from a position, else the best first of
/// what was found by its words, else newest first.
fn order(q: &mut Params<'_>, from: Option<LonLat>) -> Order {
    let has_words = q.text("q").is_some();
    let sort = q.text("sort");
    match (sort.as_deref(), from) {
        (Some("nearest") | None, Some(from)) => Order::Nearest(from),
        (Some("best"), _) | (None, None) if has_words => Order::Best,
        (Some("newest"), _) | (None, None) => Order::Newest,
        (Some(other), _) => {
            let detail = match other {
                "nearest" => "needs a position; give lon and lat".to_owned(),
                "best" => "needs words to fit; give q".to_owned(),
                other => format!("\"{other}\" is none of newest, nearest, best"),
            };
            q.fault("sort", detail);
            Order::Newest
        }
    }
}

/// Tickets with their words, newest first; nearest first when a position is given, and with `q`
/// those first that hold it as it is written. A page goes on where the one before ended,
/// whatever has come in meanwhile.
///
/// Takes a key of the role agent.
#[utoipa::path(get, path = "/v1/tickets", tag = "tickets",
    params(
        ("lon" = Option<f64>, Query, description = "Longitude of a position: nearest first, those without a place last"),
        ("lat" = Option<f64>, Query, description = "Latitude of a position"),
        ("radius" = Option<f64>, Query, description = "Only within so many metres of the position"),
        ("q" = Option<String>, Query, description = "Words that the description, the address or the answer holds, in any order"),
        ("sort" = Option<String>, Query, description = "newest, nearest (to the position) or best (with q); left out: nearest with a position, else best with q, else newest"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, default 50"),
        ("cursor" = Option<String>, Query, description = "Where a page begins, from the page before"),
        ("lang" = Option<String>, Query, description = "zh or en"),
        TicketParams),
    responses(
        (status = 200, description = "The tickets", body = TicketCollection, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 503, description = "What tickets say is still being indexed", body = Problem)),
    security(("key" = [])))]
pub(super) async fn list(
    State(state): State<AppState>,
    asked: Asked,
    base: BaseUrl,
) -> Result<Response, Problem> {
    asked.require(Role::Agent)?;
    let mut q = asked.params();
    let filter = filter(&mut q, &asked.snapshot);
    let around = Around::read(&mut q, &asked, 0.0..=MAX_RADIUS, (DEFAULT_LIMIT, MAX_LIMIT));
    around.needs_position(&mut q);
    let Around { lang, crs, at: from, radius, limit } = around;
    let wanted = wanted(&mut q);
    let order = order(&mut q, from);
    let after = q.read("cursor", "a cursor of this list", |text| {
        text.strip_prefix(letter(order))?.parse::<Mark>().ok()
    });
    q.finish()?;

    let wanted =
        wanted.map(|wanted| Ok::<_, Problem>((state.ticket_text()?, wanted))).transpose()?;
    let snapshot = Arc::clone(&asked.snapshot);
    let cut = Cut { after, ..Cut::first(limit) };
    let circle = from.zip(radius).map(|(middle, radius)| Circle { middle, radius });
    let (page, kept) = state
        .with_store(move |store| {
            let found = wanted.map(|(text, wanted)| text.find(&wanted)).transpose();
            let found = match found {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            let among = found.as_ref().map(|found| Among { all: &found.words, best: &found.exact });
            let list = List { filter: &filter, among, circle, order };
            let page = snapshot.tickets.list(&list, cut);
            let numbers: Vec<u64> = page.tickets.iter().map(|listed| listed.number).collect();
            let kept = store.numbered(&numbers, true)?;
            Ok(Ok((page, kept)))
        })
        .await?
        .map_err(|error| {
            tracing::error!(%error, "the words of tickets cannot be looked for");
            Problem::internal()
        })?;

    let last = page.tickets.last().filter(|_| page.more);
    let next = last.map(|last| next_page(asked.uri(), &format!("{}{}", letter(order), last.mark)));
    let shown = TicketShown { snapshot: &asked.snapshot, lang, crs };
    let metres: HashMap<u64, Option<f64>> =
        page.tickets.iter().map(|listed| (listed.number, listed.metres)).collect();
    // What was retired since the snapshot was made is no longer shown.
    let kept = kept.iter().filter(|kept| kept.record.retired.is_none());
    let feature = |kept| shown.feature(kept, metres.get(&kept.number).copied().flatten());
    let features: Vec<_> = kept.map(feature).collect();
    let mut response = asked
        .geojson(&TicketCollection {
            kind: "FeatureCollection",
            total: page.total,
            number_returned: features.len(),
            features,
            next: next.clone(),
            seq: asked.snapshot.tickets.seq(),
        })
        .map(answer::private)?;
    link_next(&mut response, &base, next.as_deref());
    Ok(response)
}

/// One ticket with its words.
///
/// Takes a key of the role agent.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets",
    params(
        ("id" = String, Path, description = "Id of the ticket"),
        ("crs" = Option<String>, Query, description = "Datum of the answer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A GeoJSON feature with these properties", body = TicketProperties, content_type = "application/geo+json"),
        (status = 301, description = "Another ticket took its place"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem),
        (status = 404, description = "There is no such ticket", body = Problem),
        (status = 410, description = "It no longer holds; the detail says why", body = Problem)),
    security(("key" = [])))]
pub(super) async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.require(Role::Agent)?;
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    q.finish()?;
    let of = id.clone();
    let kept = state.with_store(move |store| store.ticket(&of)).await?;
    let Some(kept) = kept else {
        let detail = format!("There is no ticket \"{id}\"; /v1/tickets lists them.");
        return Err(Problem::not_found(detail));
    };
    if let Some(retired) = &kept.record.retired {
        let detail = format!("\"{id}\" no longer holds: {}.", retired.reason);
        let moved = |to: &String| moved(asked.uri(), "/v1/tickets/", to);
        let moved = retired.successor.as_ref().map(moved).map(answer::private);
        return moved.ok_or_else(|| Problem::gone(detail));
    }
    let shown = TicketShown { snapshot: &asked.snapshot, lang, crs };
    asked.geojson(&shown.feature(&kept, None)).map(answer::private)
}
