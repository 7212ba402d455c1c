//! Which requests are asked for, and which these are.

use std::ops::RangeInclusive;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::answer::Failure;
use crate::city::TicketStatus;
use crate::geo::Datum;
use crate::http::params::Params;
use crate::http::ticket_filter::instant;
use crate::http::tickets::letter;
use crate::index::tickets::{Circle, Cut, List, Listed, Mark, Order};
use crate::index::{Snapshot, TicketFilter};
use crate::store::{KeptTicket, Store, StoreError};

/// What a question spans at most, and if it does not say.
const SPAN: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Requests that one answer has at most.
const MOST: usize = 1000;
/// Requests that are looked at for the time of their last step.
const LOOKED_AT: usize = 50_000;
/// Largest number of a page; there are no so many requests.
const MAX_PAGE: usize = 1_000_000_000_000;
/// Largest radius, metres.
const MAX_RADIUS: f64 = 200_000.0;

/// What is asked for.
pub(super) struct Question {
    filter: TicketFilter,
    circle: Option<Circle>,
    order: Order,
    cut: Cut,
    /// Whether somebody goes through all of them, each time from where they got to.
    through: bool,
    /// Those whose last step was taken in this time.
    updated: Option<RangeInclusive<Timestamp>>,
}

/// The requests of an answer.
pub(super) struct Found {
    pub(super) requests: Vec<KeptTicket>,
    /// The cursor of those after them.
    pub(super) next: Option<String>,
}

/// Reads a question, but for what every question may have.
pub(super) fn question(q: &mut Params<'_>, snapshot: &Snapshot) -> Result<Question, Failure> {
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
    let from = q.position("long", "lat", Datum::Wgs84, snapshot.city.manifest.bounds);
    let radius = q.number_in("radius", 0.0..=MAX_RADIUS);
    if radius.is_some() && from.is_none() && !q.is_bad("lat") && !q.is_bad("long") {
        q.fault("radius", "is measured from a position; give lat and long");
    }
    let bounds = q.bbox("bbox", Datum::Wgs84);
    let order = from.map_or(Order::Newest, Order::Nearest);
    let page = q.integer("page", 1..=MAX_PAGE);
    let size = q.integer("page_size", 1..=MOST).unwrap_or(MOST);
    let cursor = q.read("cursor", "first, or the cursor of an answer to this question", |text| {
        if text == "first" {
            return Some(None);
        }
        text.strip_prefix(letter(order))?.parse::<Mark>().ok().map(Some)
    });
    if cursor.is_some() && page.is_some() {
        q.fault("page", "is not counted with a cursor");
    }
    let skip = (page.unwrap_or(1) - 1).saturating_mul(size);
    let (start, end) = span(q, start, end);
    // No step is taken before a ticket is filed.
    let last = end.into_iter().chain(before).min();
    Ok(Question {
        filter: TicketFilter {
            from: Some(start),
            // The last second counts.
            to: last.map(|last| plus(last, SignedDuration::from_secs(1))),
            categories: (!codes.is_empty()).then_some(codes),
            statuses: statuses.filter(|statuses| !statuses.is_empty()),
            bounds,
            ..TicketFilter::default()
        },
        circle: from.zip(radius).map(|(middle, radius)| Circle { middle, radius }),
        order,
        cut: Cut { after: cursor.flatten(), skip, limit: size },
        through: cursor.is_some(),
        updated: (after.is_some() || before.is_some())
            .then(|| after.unwrap_or(Timestamp::MIN)..=before.unwrap_or(Timestamp::MAX)),
    })
}

/// How many requests a query string finds, if it is one that is answered.
#[cfg(any(test, fuzzing))]
pub(crate) fn found(query: &str, snapshot: &Snapshot) -> Option<usize> {
    let mut q = Params::parse(Some(query));
    super::discovery::usual(&mut q);
    let Question { filter, circle, order, cut, .. } = question(&mut q, snapshot).ok()?;
    q.finish().ok()?;
    let list = List { filter: &filter, among: None, circle, order };
    let page = snapshot.tickets.list(&list, cut);
    assert!(page.tickets.len() <= MOST, "{} requests on a page", page.tickets.len());
    Some(page.total)
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

/// The requests of an answer. When the last step was taken stands in the records alone, so with
/// `updated` they are read, newest or nearest first, until the answer is full; no more than
/// [`LOOKED_AT`] of them. Who goes through all of them goes on from there.
pub(super) fn find(
    store: &dyn Store,
    snapshot: &Snapshot,
    question: &Question,
) -> Result<Result<Found, Failure>, StoreError> {
    let Question { filter, circle, order, cut, through, updated } = question;
    let list = List { filter, among: None, circle: *circle, order: *order };
    let fits = |kept: &KeptTicket| {
        kept.record.retired.is_none()
            && updated.as_ref().is_none_or(|updated| updated.contains(&last_step(kept)))
    };
    let looked_at = Cut { skip: 0, limit: LOOKED_AT, ..*cut };
    let page = snapshot.tickets.list(&list, if updated.is_some() { looked_at } else { *cut });
    if updated.is_some() && !through && page.total > LOOKED_AT {
        let detail = format!(
            "updated_after and updated_before look at {LOOKED_AT} requests at most, and there are \
             {}: narrow start_date and end_date, or go through all of them with cursor=first",
            page.total
        );
        return Ok(Err(Failure::new(StatusCode::BAD_REQUEST, detail)));
    }
    let mut numbers: Vec<u64> = page.tickets.iter().map(|listed| listed.number).collect();
    let (mut last, mut more) = (page.tickets.last().map(|listed| listed.mark), page.more);
    if updated.is_some() {
        let (mut wanted, mut skip) = (Vec::new(), cut.skip);
        'parts: for part in page.tickets.chunks(MOST) {
            let part_numbers: Vec<u64> = part.iter().map(|listed| listed.number).collect();
            let kept = store.numbered(&part_numbers, false)?;
            for kept in kept.iter().filter(|kept| fits(kept)) {
                if skip > 0 {
                    skip -= 1;
                } else if wanted.len() < cut.limit {
                    wanted.push(kept.number);
                } else {
                    // The next answer goes on behind the last one that is in this.
                    let is_last = |listed: &&Listed| wanted.last() == Some(&listed.number);
                    last = page.tickets.iter().find(is_last).map(|listed| listed.mark);
                    more = true;
                    break 'parts;
                }
            }
        }
        numbers = wanted;
    }
    let mut requests = store.numbered(&numbers, true)?;
    requests.retain(fits);
    let next = last.filter(|_| *through && more);
    let next = next.map(|mark| format!("{}{mark}", letter(*order)));
    Ok(Ok(Found { requests, next }))
}

/// When the last step of a ticket was taken; of a closed one when it was closed.
pub(super) fn last_step(kept: &KeptTicket) -> Timestamp {
    let ticket = &kept.record.ticket;
    let steps = &ticket.steps;
    if let Some(closed) = steps.closed.filter(|_| ticket.status == TicketStatus::Closed) {
        return closed;
    }
    let single = [steps.dispatched, steps.accepted, steps.responded, steps.surveyed];
    let all = single.into_iter().flatten().chain(steps.returned.iter().copied());
    all.fold(steps.requested, Timestamp::max)
}
