//! When a point can be visited: its free slots.

use axum::extract::Path;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::point_view::stamp;
use super::points;
use super::problem::Problem;
use crate::city::City;

/// Most slots of an answer, the earliest of them.
const MAX_SLOTS: usize = 1000;

/// What a bound of the time is.
const EXPECTED: &str = "a day such as 2026-01-31 or a time such as 2026-01-31T09:30";

/// The free slots of a point.
#[derive(Serialize, ToSchema)]
struct Slots<'a> {
    /// Id of the point.
    point: &'a str,
    /// Free slots, the earliest first; at most 1000.
    slots: Vec<SlotView<'a>>,
}

/// A free slot.
#[derive(Serialize, ToSchema)]
struct SlotView<'a> {
    /// Id by which the portal knows it; goes into `/reserve?slot=`.
    id: &'a str,
    start: String,
    end: String,
    /// Code of the matter; null: any that the point handles.
    service: Option<&'a str>,
    /// How many visits it has room for, where that is said.
    capacity: Option<u32>,
    /// When it was seen to be free.
    observed_at: String,
    /// Whether that is too long ago to be relied on.
    stale: bool,
    source: &'a str,
}

/// The free slots of a point, as far as somebody has said.
#[utoipa::path(get, path = "/v1/points/{id}/slots", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("from" = Option<String>, Query, description = "A time, or a day from its beginning; now if left out"),
        ("to" = Option<String>, Query, description = "A time, or a day to its end")),
    responses(
        (status = 200, description = "The slots", body = Slots),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such point", body = Problem),
        (status = 410, description = "It no longer holds", body = Problem)))]
pub(super) async fn slots(Path(id): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let city = asked.city();
    let now = Timestamp::now();
    let from = q.read("from", EXPECTED, |t| bound(t, city, false)).unwrap_or(now);
    let to = q.read("to", EXPECTED, |t| bound(t, city, true)).unwrap_or(Timestamp::MAX);
    if from > to {
        q.fault("to", "is before from");
    }
    q.finish()?;
    let number = points::find(&asked.snapshot, &id)?;
    let zone = &city.zone;
    let mut found = Vec::new();
    for schedule in city.schedules.get(&id).into_iter().flatten() {
        let within = schedule.slots.iter().filter(|s| s.start >= from && s.start < to);
        found.extend(within.map(|slot| (slot, schedule)));
    }
    found.sort_by_key(|(slot, schedule)| (slot.start, &schedule.id, &slot.id));
    let slots = found.into_iter().take(MAX_SLOTS).map(|(slot, schedule)| SlotView {
        id: &slot.id,
        start: stamp(zone, slot.start),
        end: stamp(zone, slot.end),
        service: schedule.matter.as_deref(),
        capacity: slot.capacity,
        observed_at: stamp(zone, schedule.observed_at),
        stale: !schedule.is_fresh(now),
        source: &schedule.source,
    });
    asked.json(&Slots { point: &city.points[number as usize].id, slots: slots.collect() })
}

/// A time with an offset, one on the city's clocks, or the beginning or end of a day.
fn bound(text: &str, city: &City, end: bool) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local: DateTime = match text.parse::<Date>() {
        Ok(day) if end => day.tomorrow().ok()?.into(),
        Ok(day) => day.into(),
        Err(_) => text.parse().ok()?,
    };
    city.zone.to_timestamp(local).ok()
}
