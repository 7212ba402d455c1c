//! Which records of a collection are asked for, a page at a time.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::cql::Expr;
use super::{Collection, Crs};
use crate::geo::Bounds;
use crate::index::Snapshot;

/// A page ends early where its geometries have more positions than this together, so
/// that no answer grows beyond about ten megabytes. One feature is always on it.
const MAX_VERTICES: usize = 250_000;

/// A stretch of days, both ends included; an open end is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

impl Span {
    /// Reads an instant or an interval as OGC writes them: `2026-01-31`,
    /// `2026-01-31T09:00:00Z`, `2026-01-01/..`, `/2026-01-31`. A time stands for its day
    /// on the city's clocks.
    pub fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let end = |text: &str| match text {
            "" | ".." => Some(None),
            text => day(text, zone).map(Some),
        };
        let Some((from, to)) = text.split_once('/') else {
            let day = Some(day(text, zone)?);
            return Some(Self { from: day, to: day });
        };
        let (from, to) = (end(from)?, end(to)?);
        let ordered = from.zip(to).is_none_or(|(from, to)| from <= to);
        ordered.then_some(Self { from, to })
    }

    /// Whether it shares a day with a record's.
    fn meets(self, (from, to): (Option<Date>, Option<Date>)) -> bool {
        let before = |a: Option<Date>, b: Option<Date>| a.zip(b).is_none_or(|(a, b)| a <= b);
        before(self.from, to) && before(from, self.to)
    }
}

/// The day that a date or a time stands for.
pub(super) fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    let time = text.parse::<jiff::Timestamp>().ok().map(|t| zone.to_datetime(t).date());
    time.or_else(|| text.parse().ok())
}

/// The box of two corners in a system, lower left and upper right: four numbers, or six
/// with heights, which count for nothing. Two boxes where the left edge is east of the
/// right one, so that it crosses the antimeridian. `None` where it is no box.
pub fn boxes(numbers: &[f64], crs: Crs) -> Option<Vec<Bounds>> {
    let (lower, upper) = match *numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => (crs.read([a, b])?, crs.read([c, d])?),
        _ => return None,
    };
    if lower.lat > upper.lat || !numbers.iter().all(|n| n.is_finite()) {
        return None;
    }
    let between = |west, east| Bounds { west, south: lower.lat, east, north: upper.lat };
    Some(if lower.lon <= upper.lon {
        vec![between(lower.lon, upper.lon)]
    } else {
        vec![between(lower.lon, 180.0), between(-180.0, upper.lon)]
    })
}

/// What is asked of a collection.
#[derive(Debug, Default)]
pub struct Question {
    /// In one of these boxes; everywhere if there is none. Records without a geometry
    /// are in no box.
    pub boxes: Vec<Bounds>,
    /// At this time. Records of which no time is known hold at any.
    pub time: Option<Span>,
    /// All of these hold.
    pub filters: Vec<Expr>,
    /// So many are left out first.
    pub offset: usize,
    /// At most so many.
    pub limit: usize,
}

/// The answer.
#[derive(Debug)]
pub struct Page {
    /// How many there are on all pages.
    pub matched: usize,
    /// Numbers of the records on this one, in order.
    pub numbers: Vec<u32>,
}

impl Question {
    /// Looks at each record of the collection once.
    pub fn answer(&self, collection: Collection, snapshot: &Snapshot) -> Page {
        let mut page = Page { matched: 0, numbers: Vec::new() };
        let mut vertices = 0;
        let mut full = false;
        for number in collection.members(snapshot) {
            if !self.takes(collection, snapshot, number) {
                continue;
            }
            page.matched += 1;
            full = full || page.numbers.len() == self.limit;
            if page.matched <= self.offset || full {
                continue;
            }
            vertices += collection.shape(snapshot, number).map_or(0, |shape| shape.vertices());
            full = vertices > MAX_VERTICES && !page.numbers.is_empty();
            if !full {
                page.numbers.push(number);
            }
        }
        page
    }

    fn takes(&self, collection: Collection, snapshot: &Snapshot, number: u32) -> bool {
        let timely = self.time.is_none_or(|span| {
            collection.days(snapshot, number).is_none_or(|days| span.meets(days))
        });
        timely
            && (self.boxes.is_empty() || self.meets(collection, snapshot, number))
            && self.filters.iter().all(|filter| filter.takes(collection, snapshot, number))
    }

    fn meets(&self, collection: Collection, snapshot: &Snapshot, number: u32) -> bool {
        let shape = collection.shape(snapshot, number);
        shape.is_some_and(|shape| self.boxes.iter().any(|bounds| shape.meets(*bounds)))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn times_are_read_as_the_standard_writes_them() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let span = |text| Span::parse(text, &zone);
        let (a, b) = (Some(date(2026, 1, 31)), Some(date(2026, 2, 1)));
        assert_eq!(span("2026-01-31"), Some(Span { from: a, to: a }));
        assert_eq!(span("2026-01-31T23:00:00Z"), Some(Span { from: b, to: b }), "in the city");
        assert_eq!(span("2026-01-31/2026-02-01"), Some(Span { from: a, to: b }));
        assert_eq!(span("../2026-01-31"), Some(Span { from: None, to: a }));
        assert_eq!(span("2026-01-31/"), Some(Span { from: a, to: None }));
        assert_eq!(span("../.."), Some(Span { from: None, to: None }));
        for bad in ["2026-02-01/2026-01-31", "2026-13-01", "today", "..", "1/2/3", ""] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_box_is_read_in_the_order_of_the_axes_and_may_cross_the_antimeridian() {
        let one = |west, south, east, north| Bounds { west, south, east, north };
        let plain = Some(vec![one(116.0, 39.0, 117.0, 40.0)]);
        assert_eq!(boxes(&[116.0, 39.0, 117.0, 40.0], Crs::Crs84), plain);
        assert_eq!(boxes(&[116.0, 39.0, 0.0, 117.0, 40.0, 9.0], Crs::Crs84), plain);
        assert_eq!(boxes(&[39.0, 116.0, 40.0, 117.0], Crs::Wgs84), plain);
        let two = Some(vec![one(170.0, -9.0, 180.0, 9.0), one(-180.0, -9.0, -170.0, 9.0)]);
        assert_eq!(boxes(&[170.0, -9.0, -170.0, 9.0], Crs::Crs84), two);
        for bad in [&[1.0, 2.0, 3.0][..], &[0.0, 1.0, 1.0, 0.0], &[0.0, f64::NAN, 1.0, 2.0]] {
            assert_eq!(boxes(bad, Crs::Crs84), None, "{bad:?}");
        }
    }

    #[test]
    fn an_open_end_reaches_everything() {
        let day = |d| Some(date(2026, 1, d));
        let span = Span { from: day(10), to: day(20) };
        assert!(span.meets((None, None)) && span.meets((day(20), None)));
        assert!(!span.meets((day(21), None)) && !span.meets((None, day(9))));
    }
}
