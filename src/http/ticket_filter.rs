//! What tickets must be like, as the query says it: one filter for every question about them.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use utoipa::IntoParams;

use super::params::Params;
use crate::city::{City, TicketStatus};
use crate::index::tickets::Rhythm;
use crate::index::{Snapshot, TicketFilter};

/// The filter that all questions about tickets take, as it is documented.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is read by `filter`, and by nobody else")]
pub(super) struct TicketParams {
    /// Filed at this time or later: RFC 3339, or by the city's clock, or a day.
    from: Option<String>,
    /// Filed before this time.
    to: Option<String>,
    /// Codes of categories, by commas; those below count too.
    category: Option<String>,
    /// open, dispatched, accepted, responded, closed, returned; by commas.
    status: Option<String>,
    /// Channels, by commas.
    channel: Option<String>,
    /// Code of the division whose ground it was at the time.
    division: Option<String>,
    /// Hours of the day, such as `8,9` or `22-23`.
    hour: Option<String>,
    /// Days of the week, such as `1-5`; 1 is Monday.
    weekday: Option<String>,
    /// west,south,east,north.
    bbox: Option<String>,
    /// Datum of the box.
    crs: Option<String>,
}

/// Reads it.
pub(super) fn filter(q: &mut Params<'_>, snapshot: &Snapshot) -> TicketFilter {
    let city = &snapshot.city;
    let crs = q.crs();
    let time = |t: &str| instant(t, city);
    let expected = "a time such as 2026-01-31T09:30, or a day";
    let (from, to) = (q.read("from", expected, time), q.read("to", expected, time));
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        q.fault("to", "is not later than from");
    }
    let categories = q.list("category");
    let categories = (!categories.is_empty())
        .then(|| categories.iter().flat_map(|code| with_those_below(city, code)).collect());
    let channels = Some(q.list("channel")).filter(|list| !list.is_empty());
    let known = TicketStatus::ALL.iter().map(|status| status.key()).collect::<Vec<_>>().join(", ");
    let statuses = q.read("status", &format!("a list of {known}"), |text| {
        text.split(',').map(|word| TicketStatus::parse(word.trim())).collect()
    });
    let division = q.text("division");
    if let Some(code) = division.as_ref().filter(|c| snapshot.divisions.number(c).is_none()) {
        q.fault("division", format!("\"{code}\" does not exist; /v1/divisions lists them"));
    }
    let hours = q.read("hour", "hours of the day such as 8,9 or 8-17", numbers::<24>);
    let weekdays = q.read("weekday", "days of the week such as 6,7 or 1-5 (1 is Monday)", |text| {
        numbers::<8>(text).filter(|days| !days[0])
    });
    let rhythm = (hours.is_some() || weekdays.is_some()).then(|| Rhythm {
        zone: city.zone.clone(),
        hours: hours.unwrap_or([true; 24]),
        weekdays: weekdays.map_or([true; 7], |days| std::array::from_fn(|i| days[i + 1])),
    });
    let bounds = q.bbox("bbox", crs);
    TicketFilter { from, to, categories, channels, statuses, division, bounds, rhythm }
}

/// Exponents of the cells along a tile's side that can be asked for.
pub(super) const GRIDS: RangeInclusive<u8> = 5..=8;
/// The one that is taken where none is asked for.
pub(super) const GRID: u8 = 6;
/// Seconds of a month, the twelfth part of a year of 365.2425 days.
const MONTH: f64 = 365.2425 * 86_400.0 / 12.0;

/// Reads `metric=`: with `rate`, the months of the time that is asked for, or from the first
/// ticket to the last where an end is left open.
pub(super) fn months(
    q: &mut Params<'_>,
    filter: &TicketFilter,
    snapshot: &Snapshot,
) -> Option<f64> {
    let rate = q.read("metric", "count or rate", |text| match text {
        "count" => Some(false),
        "rate" => Some(true),
        _ => None,
    });
    if rate != Some(true) {
        return None;
    }
    let held = snapshot.tickets.span();
    let from = filter.from.or(held.map(|(first, _)| first))?;
    let to = filter.to.or(held.map(|(_, end)| end))?;
    let seconds = (to.as_second() - from.as_second()).max(1);
    Some(seconds as f64 / MONTH)
}

/// A time with an offset, or by the city's clock; of a day its beginning.
pub(super) fn instant(text: &str, city: &City) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let day = text.parse::<jiff::civil::Date>().map(|day| day.at(0, 0, 0, 0));
    let local = if text.len() == 10 { day.ok()? } else { text.parse().ok()? };
    city.zone.to_timestamp(local).ok()
}

/// A category and all below it. Hotlines have kinds that are no matters of the city; they
/// stand for themselves.
fn with_those_below(city: &City, code: &str) -> Vec<String> {
    let below = city.matters.iter().filter(|m| city.matters.is_within(&m.code, code));
    let mut codes: Vec<String> = below.map(|m| m.code.clone()).collect();
    if codes.is_empty() {
        codes.push(code.to_owned());
    }
    codes
}

/// Numbers below `N` such as `1,3-5`.
fn numbers<const N: usize>(text: &str) -> Option<[bool; N]> {
    let mut set = [false; N];
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (usize, usize) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        if from > to {
            return None;
        }
        set.get_mut(from..=to)?.fill(true);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_are_read_as_numbers_and_ranges() {
        let hours = numbers::<24>("8,22-23").unwrap();
        assert_eq!((0..24).filter(|h| hours[*h]).collect::<Vec<_>>(), [8, 22, 23]);
        for bad in ["24", "5-3", "-1", "a", "", "1,,2", "1-2-3", "99999999999999999999"] {
            assert_eq!(numbers::<24>(bad), None, "{bad}");
        }
    }
}
