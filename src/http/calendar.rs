//! A point in somebody's calendar: a slot, or when it is open.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::DateTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer;
use super::caller::{Asked, BaseUrl};
use super::ics::{self, Event};
use super::point_view::local_now;
use super::points;
use super::problem::Problem;
use crate::city::{City, Lang, ServicePoint};

/// Days of opening hours unless the caller asks for more or fewer.
const DEFAULT_DAYS: u16 = 28;
/// Most days of opening hours: further ahead holidays are rarely known.
const MAX_DAYS: u16 = 92;

/// A free slot of a point as a calendar file, or its opening hours for the coming days.
///
/// A slot in a calendar is not booked: the link in the event leads to where it is. Days of
/// which it is not known whether the point is open are left out.
#[utoipa::path(get, path = "/v1/points/{id}/calendar.ics", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("slot" = Option<String>, Query, description = "Id of a slot that /slots lists; the opening hours if left out"),
        ("days" = Option<u16>, Query, description = "Days of opening hours from today, 1 to 92, default 28"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The calendar", content_type = "text/calendar"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such point or slot, or its opening hours are not known", body = Problem),
        (status = 410, description = "It no longer holds", body = Problem)))]
pub(super) async fn calendar(
    Path(id): Path<String>,
    base: BaseUrl,
    asked: Asked,
) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let slot = q.text("slot");
    let days = q.integer("days", 1..=MAX_DAYS);
    if slot.is_some() && days.is_some() {
        q.fault("days", "is for opening hours; leave it out with a slot");
    }
    q.finish()?;
    let city = asked.city();
    let number = points::find(&asked.snapshot, &id)?;
    let point = &city.points[number as usize];
    let shown = Shown { city, point, lang, base: &base.0 };
    let events = match slot {
        Some(slot) => vec![shown.slot(&slot)?],
        None => shown.opening_hours(days.unwrap_or(DEFAULT_DAYS))?,
    };
    let body = ics::calendar(point.name.get(lang), &events);
    let kind = "text/calendar; charset=utf-8";
    let mut response = answer::tagged(&asked.snapshot.version, &asked.headers, kind, body);
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"calendar.ics\""),
    );
    Ok(response)
}

struct Shown<'a> {
    city: &'a City,
    point: &'a ServicePoint,
    lang: Lang,
    base: &'a str,
}

impl Shown<'_> {
    fn slot(&self, id: &str) -> Result<Event, Problem> {
        let (city, point, lang) = (self.city, self.point, self.lang);
        let schedules = city.schedules.get(&point.id).into_iter().flatten();
        let found = schedules.flat_map(|s| s.slots.iter().map(move |slot| (s, slot)));
        let (schedule, slot) = found
            .filter(|(_, slot)| slot.id == id)
            .min_by_key(|(s, _)| &s.id)
            .ok_or_else(|| {
            let (point, slots) = (&point.id, "/slots lists those that are");
            Problem::not_found(format!("\"{id}\" is no free slot of {point}; its {slots}."))
        })?;
        let matter = schedule.matter.as_ref().and_then(|code| city.matters.get(code));
        let what = matter.map_or_else(String::new, |m| format!("{} · ", m.name.get(lang)));
        let note = match lang {
            Lang::Zh => "这是一个空闲时段，尚未预约；请通过链接预约，以平台确认为准。",
            Lang::En => "This is a free time, not a booking: follow the link to book it.",
        };
        let mut query = format!("slot={}", utf8_percent_encode(id, NON_ALPHANUMERIC));
        if let Some(matter) = &schedule.matter {
            query.push_str("&service=");
            query.extend(utf8_percent_encode(matter, NON_ALPHANUMERIC));
        }
        Ok(Event {
            uid: format!("slot-{}-{}@{}", schedule.id, slot.id, city.manifest.id),
            stamp: schedule.observed_at,
            start: slot.start,
            end: slot.end,
            summary: format!("{what}{}", point.name.get(lang)),
            url: Some(format!("{}/v1/points/{}/reserve?{query}", self.base, point.id)),
            takes_time: true,
            ..self.event(note)
        })
    }

    fn opening_hours(&self, days: u16) -> Result<Vec<Event>, Problem> {
        let (city, point) = (self.city, self.point);
        let Some(hours) = &point.hours else {
            let id = &point.id;
            return Err(Problem::not_found(format!("The opening hours of {id} are not known.")));
        };
        let today = local_now(city).date();
        let mut open: Vec<(DateTime, DateTime)> = Vec::new();
        let coming = std::iter::successors(Some(today), |day| day.tomorrow().ok());
        for day in coming.take(usize::from(days)) {
            for (from, to) in hours.open_on(&city.calendar, day).unwrap_or_default() {
                match open.last_mut() {
                    // What is open past midnight is one time, not two.
                    Some((_, end)) if *end == from => *end = to,
                    _ => open.push((from, to)),
                }
            }
        }
        let at = |local: DateTime| city.zone.to_timestamp(local).ok();
        let stamp = at(today.into()).unwrap_or_default();
        let word = if self.lang == Lang::Zh { "开放" } else { "open" };
        let events = open.into_iter().filter_map(|(from, to)| {
            Some(Event {
                uid: format!(
                    "hours-{}-{}@{}",
                    point.id,
                    from.strftime("%Y%m%dT%H%M"),
                    city.manifest.id
                ),
                stamp,
                start: at(from)?,
                end: at(to)?,
                summary: format!("{} {word}", point.name.get(self.lang)),
                ..self.event("")
            })
        });
        Ok(events.collect())
    }

    /// An event at this point, to be filled in.
    fn event(&self, description: &str) -> Event {
        let point = self.point;
        let address = point.address.as_deref().unwrap_or_default();
        Event {
            uid: String::new(),
            stamp: Timestamp::UNIX_EPOCH,
            start: Timestamp::UNIX_EPOCH,
            end: Timestamp::UNIX_EPOCH,
            summary: String::new(),
            description: description.to_owned(),
            location: [point.name.get(self.lang), address].join(" ").trim().to_owned(),
            position: point.location,
            url: None,
            takes_time: false,
        }
    }
}
