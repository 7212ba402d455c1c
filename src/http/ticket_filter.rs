//! What tickets must be like, as the query says it: one filter for every question about them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::params::Params;
use super::rate::OrNull;
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

/// Below this many tickets a ratio or a rate says little but chance, and is not given.
pub(super) const SMALL: u64 = 10;

/// How something was in another time.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct Compared {
    /// How many tickets there were.
    count: u64,
    /// How many more there are now.
    difference: i64,
    /// How many times as many there are now; where the times are not of the same length, of
    /// those in the same length. Null where there were fewer than 10, to which a ratio would
    /// be chance.
    ratio: Option<f64>,
    /// With `metric=rate` of a breakdown, the rate of that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    rate: Option<OrNull<f64>>,
}

impl Compared {
    /// The same, with the rate of that time, which `of` gives for its count.
    pub(super) fn with_rate(self, of: impl FnOnce(u64) -> Option<f64>) -> Self {
        Self { rate: Some(OrNull(of(self.count))), ..self }
    }
}

/// Another time under the same filter.
pub(super) struct Other {
    pub(super) filter: TicketFilter,
    /// How many times as long that time is as the one that is asked for.
    pub(super) scale: f64,
}

/// Reads `compare=FROM/TO`, which needs `from` and `to`.
pub(super) fn compare(
    q: &mut Params<'_>,
    filter: &TicketFilter,
    snapshot: &Snapshot,
) -> Option<Other> {
    let city = &snapshot.city;
    let expected = "two times such as 2025-01-01/2025-02-01, the second later";
    let (from, to) = q.read("compare", expected, |text| {
        let (from, to) = text.split_once('/')?;
        let (from, to) = (instant(from, city)?, instant(to, city)?);
        (from < to).then_some((from, to))
    })?;
    let Some((now, end)) = filter.from.zip(filter.to) else {
        q.fault("compare", "needs from and to, to compare with");
        return None;
    };
    let length = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
    let scale = length(from, to) / length(now, end);
    Some(Other { filter: TicketFilter { from: Some(from), to: Some(to), ..filter.clone() }, scale })
}

/// Counts beside those of another time, where there is one; what is in only one of them is 0
/// in the other.
pub(super) fn beside<K: Ord + Clone>(
    now: Vec<(K, u64)>,
    other: Vec<(K, u64)>,
    scale: Option<f64>,
) -> Vec<(K, u64, Option<Compared>)> {
    let Some(scale) = scale else {
        return now.into_iter().map(|(key, count)| (key, count, None)).collect();
    };
    let mut other: BTreeMap<K, u64> = other.into_iter().collect();
    let compared = |count: u64, before: u64| Compared {
        count: before,
        difference: count as i64 - before as i64,
        ratio: (before >= SMALL).then(|| count as f64 / before as f64 * scale),
        rate: None,
    };
    let mut all = Vec::with_capacity(now.len());
    for (key, count) in now {
        let before = other.remove(&key).unwrap_or(0);
        all.push((key, count, Some(compared(count, before))));
    }
    all.extend(other.into_iter().map(|(key, before)| (key, 0, Some(compared(0, before)))));
    all
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
