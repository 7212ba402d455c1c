//! What was already reported at a place.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::{Timestamp, ToSpan};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, round7};
use super::around::Around;
use super::caller::Asked;
use super::params::Params;
use super::problem::Problem;
use super::state::AppState;
use super::ticket_view::{Feature, TicketProperties, TicketShown};
use crate::access::Role;
use crate::city::Kin;
use crate::geo::LonLat;
use crate::geo::distance::geodesic;
use crate::index::Snapshot;
use crate::locate::words::from_words;
use crate::search::similar::{Known, Report, Similar, candidates, judge, radius};
use crate::store::KeptTicket;

/// Tickets in an answer unless the caller asks for more or fewer.
const DEFAULT_LIMIT: usize = 10;
/// Most tickets in an answer.
const MAX_LIMIT: usize = 100;
/// Largest radius, metres.
const MAX_RADIUS: f64 = 5000.0;
/// Most places of an address that are named in a question back.
const NAMED: usize = 5;

/// What was already reported, the surest first.
#[derive(Serialize, ToSchema)]
struct SimilarCollection<'a> {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// Tickets that may be the same, also those beyond the limit.
    total: usize,
    /// Longitude and latitude that was asked about, in the caller's datum.
    point: [f64; 2],
    /// Metres around it; null where each ticket reaches as far as its own kind.
    radius: Option<f64>,
    /// GeoJSON features with the properties of a ticket and why it is similar.
    #[schema(value_type = Vec<Object>)]
    features: Vec<Feature<'a, SimilarProperties<'a>>>,
    /// The last change that is taken in.
    seq: u64,
}

/// A ticket, and why it may be the same.
#[derive(Serialize, ToSchema)]
pub(super) struct SimilarProperties<'a> {
    #[serde(flatten)]
    ticket: TicketProperties<'a>,
    /// Why it may be the same.
    similar: Why,
    /// The day by which the caller was promised an answer; null where nothing is promised.
    promised_on: Option<String>,
    /// Where this caller is added to it, with POST.
    add_caller: String,
}

/// Why a ticket may be the same.
#[derive(Serialize, ToSchema)]
struct Why {
    /// `same` category, or one above or below it; `near` for a relative; null for neither.
    kind: Option<&'static str>,
    /// The share of what was said that both say, 0 to 1.
    words: f64,
    /// How surely it is the same, 0 to 1.
    score: f64,
}

/// The position of an address, where there is one only.
fn position_of(q: &mut Params<'_>, asked: &Asked, reach: f64) -> Option<LonLat> {
    let text = q.text("address")?;
    let snapshot = &asked.snapshot;
    let lang = snapshot.city.manifest.default_lang();
    let meant = from_words(snapshot, &text, lang, snapshot.city.today());
    let places = meant.candidates.iter().filter(|c| c.answer.is_some() && !c.wide);
    let places: Vec<LonLat> = places.map(|candidate| candidate.point).collect();
    let Some(first) = places.first() else {
        q.fault("address", format!("\"{text}\" is no place that is known here; give lon and lat"));
        return None;
    };
    if places.iter().all(|place| geodesic(*first, *place) <= reach) {
        return Some(*first);
    }
    let named = places.iter().take(NAMED);
    let named: Vec<String> =
        named.map(|at| format!("{},{}", round7(at.lon), round7(at.lat))).collect();
    q.fault(
        "address",
        format!(
            "\"{text}\" may be {} places, such as {} (WGS-84); give lon and lat of the one",
            places.len(),
            named.join(" or ")
        ),
    );
    None
}

/// What was already reported: tickets near the place, of the same kind or with like words, that
/// are open or were closed lately, the surest first. How near and how lately depends on the kind
/// (`repeats.toml` of the city pack). Where nothing says what is reported, all that is near.
///
/// Takes a key of the role agent.
#[utoipa::path(get, path = "/v1/tickets/similar", tag = "tickets",
    params(
        ("lon" = Option<f64>, Query, description = "Longitude"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("address" = Option<String>, Query, description = "An address or the name of a place, instead of a position"),
        ("category" = Option<String>, Query, description = "Code of the category that is reported"),
        ("text" = Option<String>, Query, description = "What is said"),
        ("radius" = Option<f64>, Query, description = "Metres, instead of what fits the category"),
        ("limit" = Option<usize>, Query, description = "1 to 100, default 10"),
        ("crs" = Option<String>, Query, description = "Datum of the position and of the answer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The tickets, GeoJSON features with these properties", body = SimilarProperties, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad, or the address may be several places", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem)),
    security(("key" = [])))]
pub(super) async fn similar(
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.require(Role::Agent)?;
    let mut q = asked.params();
    let around = Around::read(&mut q, &asked, 1.0..=MAX_RADIUS, (DEFAULT_LIMIT, MAX_LIMIT));
    let Around { lang, crs, at, radius: radius_m, limit } = around;
    let category = q.text("category");
    let text = q.text("text");
    let by_position = q.is_given("lon") || q.is_given("lat");
    let unplaced = LonLat::new(0.0, 0.0);
    let report = |at: LonLat| Report {
        at,
        category: category.as_deref(),
        text: text.as_deref(),
        radius_m,
        now: Timestamp::now(),
    };
    let reach = radius(&asked.snapshot, &report(unplaced));
    let reach = reach.unwrap_or(asked.city().repeats.radius_m);
    if by_position && q.text("address").is_some() {
        q.fault("address", "is instead of lon and lat; give one of them");
    }
    let at = if by_position { at } else { position_of(&mut q, &asked, reach) };
    if !by_position && !q.is_given("address") {
        q.fault("lon", "is needed, or address");
        q.fault("lat", "is needed, or address");
    }
    q.finish()?;
    // Nothing bad, so there is a position.
    let at = at.ok_or_else(Problem::internal)?;

    // Without the index of words all words weigh the same.
    let words = state.ticket_text().ok();
    let snapshot = Arc::clone(&asked.snapshot);
    let of = report(at);
    let (category, text) = (of.category.map(str::to_owned), of.text.map(str::to_owned));
    let now = of.now;
    let (kept, found) = state
        .with_store(move |store| {
            let report =
                Report { at, category: category.as_deref(), text: text.as_deref(), radius_m, now };
            let mut kept = store.numbered(&candidates(&snapshot, &report), true)?;
            kept.retain(|kept| kept.record.retired.is_none());
            let known = kept
                .iter()
                .map(|KeptTicket { record, texts, .. }| Known { ticket: &record.ticket, texts });
            let known: Vec<Known<'_>> = known.collect();
            let found = judge(&snapshot, &report, &known, words.as_deref());
            Ok((kept, found))
        })
        .await?;

    let shown = TicketShown { snapshot: &asked.snapshot, lang, crs };
    let features: Vec<_> = found
        .iter()
        .take(limit)
        .filter_map(|similar| Some(feature(&shown, kept.get(similar.place)?, similar)))
        .collect();
    let point = crs.from_wgs84(at);
    asked
        .geojson(&SimilarCollection {
            kind: "FeatureCollection",
            total: found.len(),
            point: [round7(point.lon), round7(point.lat)],
            radius: radius(&asked.snapshot, &of),
            features,
            seq: asked.snapshot.tickets.seq(),
        })
        .map(answer::private)
}

fn feature<'a>(
    shown: &TicketShown<'a>,
    kept: &'a KeptTicket,
    similar: &Similar,
) -> Feature<'a, SimilarProperties<'a>> {
    let hundredth = |share: f64| (share * 100.0).round() / 100.0;
    let id = utf8_percent_encode(&kept.record.ticket.id, NON_ALPHANUMERIC);
    shown.feature(kept, Some(similar.metres)).map(|ticket| SimilarProperties {
        ticket,
        similar: Why {
            kind: similar.kin.map(|kin| if kin == Kin::Same { "same" } else { "near" }),
            words: hundredth(similar.words),
            score: hundredth(similar.score),
        },
        promised_on: promised_on(shown.snapshot, kept),
        add_caller: format!("/v1/tickets/{id}/callers"),
    })
}

/// The day by which an answer was promised, by the city's clock.
fn promised_on(s: &Snapshot, kept: &KeptTicket) -> Option<String> {
    let ticket = &kept.record.ticket;
    let days = s.city.repeats.kind(&s.city.matters, &ticket.category)?.answer_days?;
    let filed = s.city.zone.to_datetime(ticket.steps.requested).date();
    Some(filed.checked_add(i64::from(days).days()).ok()?.to_string())
}
