//! Tickets counted by time and by kind, under the filter of all counts, so that they agree.

use std::sync::Arc;

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::params::Params;
use super::problem::Problem;
use super::rate::{self, OrNull, Per, ResidentsView};
use super::ticket_filter::{Compared, TicketParams, beside, compare, filter};
use super::ticket_view::category_name;
use crate::access::Role;
use crate::city::{Lang, Level, Residents};
use crate::index::tickets::{Beginning, Kind, Step};
use crate::index::{Snapshot, TicketFilter};

/// Stretches of one timeline at most: three years by the hour.
const MOST_STRETCHES: usize = 27_000;

/// Counts on a thread that answers nobody else meanwhile.
pub(super) async fn aside<T: Send + 'static>(
    count: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(count).await.map_err(|e| {
        tracing::error!(error = %e, "the thread of a count ended early");
        Problem::internal()
    })
}

/// Tickets by time.
#[derive(Serialize, ToSchema)]
struct Timeline<'a> {
    /// How many tickets fit.
    total: u64,
    by: &'a str,
    /// Every stretch from the first with tickets to the last, empty ones too.
    stretches: Vec<StretchView>,
    /// Whether made-up tickets are among those that are kept.
    synthetic: bool,
    /// The last change that is counted.
    seq: u64,
    /// Version of the snapshot.
    version: &'a str,
}

#[derive(Serialize, ToSchema)]
struct StretchView {
    /// When it begins, by the city's clock; for hours of the week the hour, 0 to 167 from
    /// Monday midnight.
    at: String,
    count: u64,
}

/// When tickets were filed, by the city's clock.
///
/// Takes a key of the role analyst.
#[utoipa::path(get, path = "/v1/timeline", tag = "tickets",
    params(
        ("by" = Option<String>, Query, description = "hour, day, week, month or hour_of_week; day if left out"),
        TicketParams),
    responses(
        (status = 200, description = "The counts", body = Timeline),
        (status = 400, description = "A parameter is bad, or there are too many stretches", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem)),
    security(("key" = [])))]
pub(super) async fn timeline(asked: Asked) -> Result<Response, Problem> {
    asked.require(Role::Analyst)?;
    let mut q = asked.params();
    let filter = filter(&mut q, &asked.snapshot);
    let names = Step::ALL.map(|(name, _)| name).join(", ");
    let by = q.read("by", &format!("one of {names}"), |text| {
        Step::ALL.into_iter().find(|(name, _)| *name == text)
    });
    let (name, step) = by.unwrap_or(("day", Step::Day));
    q.finish()?;
    let snapshot = Arc::clone(&asked.snapshot);
    let count = move || snapshot.tickets.timeline(&filter, step, &snapshot.city.zone);
    let stretches = aside(count).await?;
    if stretches.len() > MOST_STRETCHES {
        let many = stretches.len();
        let detail = format!(
            "\"{name}\" gives {many} stretches, at most {MOST_STRETCHES} are given; take longer \
             ones, or a shorter time"
        );
        return Err(Problem::bad_parameter("by", detail));
    }
    let view = |(begin, count): (Beginning, u64)| StretchView {
        at: match begin {
            Beginning::At(at) if step == Step::Hour => at.strftime("%Y-%m-%dT%H:%M").to_string(),
            Beginning::At(at) => at.date().to_string(),
            Beginning::HourOfWeek(hour) => hour.to_string(),
        },
        count,
    };
    asked.private_json(&Timeline {
        total: stretches.iter().map(|(_, count)| count).sum(),
        by: name,
        stretches: stretches.into_iter().map(view).collect(),
        synthetic: asked.snapshot.tickets.is_synthetic(),
        seq: asked.snapshot.tickets.seq(),
        version: &asked.snapshot.version,
    })
}

/// Tickets by kind.
#[derive(Serialize, ToSchema)]
struct Breakdown<'a> {
    /// How many tickets fit.
    total: u64,
    by: &'a str,
    /// With `metric=rate`, what the rates count.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_unit: Option<&'a str>,
    /// The kinds, most tickets first.
    kinds: Vec<KindView<'a>>,
    /// Whether made-up tickets are among those that are kept.
    synthetic: bool,
    /// The last change that is counted.
    seq: u64,
    /// Version of the snapshot.
    version: &'a str,
}

#[derive(Serialize, ToSchema)]
struct KindView<'a> {
    /// Its code or word; null where it is not known.
    code: Option<&'a str>,
    /// Its name, where the city has one.
    name: Option<&'a str>,
    count: u64,
    /// With `per=residents`, who lives in the division; null where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ResidentsView>)]
    residents: Option<OrNull<ResidentsView>>,
    /// With `metric=rate`, how many in a month, or with `per=residents` how many of the time
    /// that is asked for come to 10,000 residents. That is null where the residents are not
    /// known, and where there are fewer than 10 tickets, of which a rate would be chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    rate: Option<OrNull<f64>>,
    /// With `compare`, how it was in the other time.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

/// The kinds of a breakdown by their names.
const KINDS: [(&str, Kind); 7] = [
    ("category", Kind::Category),
    ("division", Kind::Division(Level::District)),
    ("district", Kind::Division(Level::District)),
    ("township", Kind::Division(Level::Township)),
    ("community", Kind::Division(Level::Community)),
    ("status", Kind::Status),
    ("channel", Kind::Channel),
];

/// Reads `by=`, and with `by=division` the `level=`.
fn kind(q: &mut Params<'_>) -> (&'static str, Kind) {
    let names = KINDS.map(|(name, _)| name).join(", ");
    let by = q.read("by", &format!("one of {names}"), |text| {
        KINDS.into_iter().find(|(name, _)| *name == text)
    });
    let (name, kind) = by.unwrap_or(KINDS[0]);
    match q.read("level", "district, township or community", Level::parse) {
        Some(level) if name == "division" => (name, Kind::Division(level)),
        Some(_) => {
            if !q.is_bad("by") {
                q.fault("level", "is for by=division");
            }
            (name, kind)
        }
        None => (name, kind),
    }
}

/// How many tickets there are of each kind.
///
/// With `metric=rate` also how many in a month, or with `per=residents` how many per 10,000
/// residents of each division: of all tickets of the time that is asked for, however long that
/// is. Rate times residents is ten thousand times the count.
///
/// Takes a key of the role analyst.
#[utoipa::path(get, path = "/v1/breakdown", tag = "tickets",
    params(
        ("by" = Option<String>, Query, description = "category, division (districts), district, township, community, status or channel; category if left out"),
         ("level" = Option<String>, Query, description = "With by=division: district, township or community; district if left out"),
        ("metric" = Option<String>, Query, description = "count, or rate to have a rate too"),
        ("per" = Option<String>, Query, description = "With metric=rate: month, or residents for divisions; month if left out"),
        ("lang" = Option<String>, Query, description = "zh or en"),
        ("compare" = Option<String>, Query, description = "Another time, FROM/TO, under the same filter"),
        TicketParams),
    responses(
        (status = 200, description = "The counts", body = Breakdown),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem)),
    security(("key" = [])))]
pub(super) async fn breakdown(asked: Asked) -> Result<Response, Problem> {
    asked.require(Role::Analyst)?;
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let filter = filter(&mut q, &asked.snapshot);
    let (name, kind) = kind(&mut q);
    let divisions = matches!(kind, Kind::Division(_)) || q.is_bad("by");
    let refused = (!divisions).then_some("takes residents with by=division: nobody lives in these");
    let per = rate::read(&mut q, &filter, &asked.snapshot, refused);
    let other = compare(&mut q, &filter, &asked.snapshot);
    q.finish()?;
    let scale = other.as_ref().map_or(1.0, |other| other.scale);
    let tickets = Arc::clone(&asked.snapshot.tickets);
    let count = move || {
        let count = |filter: &TicketFilter| -> Vec<(Option<String>, u64)> {
            let found = tickets.breakdown(filter, kind).into_iter();
            found.map(|(code, count)| (code.map(str::to_owned), count)).collect()
        };
        let scale = other.as_ref().map(|other| other.scale);
        let other = other.map(|other| count(&other.filter)).unwrap_or_default();
        beside(count(&filter), other, scale)
    };
    let found = aside(count).await?;
    asked.private_json(&Breakdown {
        total: found.iter().map(|(_, count, _)| count).sum(),
        by: name,
        rate_unit: per.map(|per| per.unit(lang)),
        kinds: found
            .iter()
            .map(|(code, count, compared)| {
                let code = code.as_deref();
                let name = code.and_then(|code| name_of(&asked.snapshot, kind, code, lang));
                let residents = code.and_then(|code| residents_of(&asked.snapshot, code));
                let rate = |per: Per| move |count| per.of(count, residents);
                KindView {
                    code,
                    name,
                    count: *count,
                    residents: (per == Some(Per::Residents))
                        .then(|| OrNull(residents.map(Into::into))),
                    rate: per.map(|per| OrNull(rate(per)(*count))),
                    compared: compared.map(|compared| match per {
                        Some(per) => compared.with_rate(rate(per.over(scale))),
                        None => compared,
                    }),
                }
            })
            .collect(),
        synthetic: asked.snapshot.tickets.is_synthetic(),
        seq: asked.snapshot.tickets.seq(),
        version: &asked.snapshot.version,
    })
}

/// Who lives in a division.
fn residents_of(s: &Snapshot, code: &str) -> Option<Residents> {
    s.city.divisions[s.divisions.number(code)? as usize].residents
}

/// The name of a category or a division.
fn name_of<'a>(s: &'a Snapshot, kind: Kind, code: &str, lang: Lang) -> Option<&'a str> {
    match kind {
        Kind::Category => category_name(s, code, lang),
        Kind::Division(_) => {
            let number = s.divisions.number(code)?;
            Some(s.city.divisions[number as usize].name.get(lang))
        }
        Kind::Status | Kind::Channel => None,
    }
}
