//! The city's clock over a part: which hour and which day a second is.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::part::{self, LENGTH, Part};
use super::row::When;

const HOUR: i64 = part::HOUR as i64;
const DAY: i64 = 86_400;
/// The first day of the count of days, a Thursday.
const EPOCH: Date = date(1970, 1, 1);
/// Days from the Monday before [`EPOCH`] to it.
const FROM_MONDAY: i64 = 3;

/// Hours that a part has a share in, at most.
pub(super) const HOURS: usize = (LENGTH / HOUR) as usize + 2;

/// Where the hours begin by which an index counts: seconds before those of UTC, less than an
/// hour. They are the hours of the city, which are not those of UTC in India or Nepal, so that
/// a question about hours reads a byte of a row. Any other dial gives the same answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dial(u32);

impl Dial {
    /// That of a zone, by the last of its rules.
    pub(super) fn of(zone: &TimeZone) -> Self {
        let offset = i64::from(zone.to_offset(Timestamp::MAX).seconds());
        Self(offset.rem_euclid(HOUR) as u32)
    }

    /// Seconds of the hour in which something begins that were over before: the hour of a
    /// second of it is `(second + cut) / 3600`.
    pub(super) const fn cut(self, start: i64) -> u32 {
        (start + self.0 as i64).rem_euclid(HOUR) as u32
    }
}

/// The city's clock over a part.
#[derive(Debug)]
pub(super) struct Clock {
    /// The second at which the part begins.
    start: i64,
    /// Seconds of the part from which the clock is so far from UTC, in order; the first is 0.
    offsets: Vec<(u32, i64)>,
    /// See [`Dial::cut`].
    cut: u32,
    /// The city's hour for each hour of the part; none where these do not fit each other.
    hours: Vec<i64>,
}

impl Clock {
    /// The clock of `zone` over a part.
    pub(super) fn over(&Part { start, cut, .. }: &Part, zone: &TimeZone) -> Self {
        let at = |second: i64| {
            let within = second.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
            Timestamp::from_second(within).unwrap_or_default()
        };
        let mut offsets = vec![(0, i64::from(zone.to_offset(at(start)).seconds()))];
        for change in zone.following(at(start)) {
            let second = change.timestamp().as_second() - start;
            if second >= LENGTH {
                break;
            }
            offsets.push((second as u32, i64::from(change.offset().seconds())));
        }
        let mut clock = Self { start, offsets, cut, hours: Vec::new() };
        let whole = |(from, offset): &(u32, i64)| {
            (start - i64::from(cut) + offset) % HOUR == 0
                && (*from == 0 || (from + cut).is_multiple_of(part::HOUR))
        };
        if clock.offsets.iter().all(whole) {
            let seconds = (0..HOURS as u32).map(|hour| (hour * part::HOUR).saturating_sub(cut));
            clock.hours = seconds.map(|second| clock.local(second).div_euclid(HOUR)).collect();
        }
        clock
    }

    /// The city's hour for each hour of the part. None where these are not those of the
    /// [`Dial`], or not all along.
    pub(super) fn hours(&self) -> Option<&[i64]> {
        (!self.hours.is_empty()).then_some(&self.hours)
    }

    /// Seconds of the city's clock since the beginning of 1970 there.
    fn local(&self, second: u32) -> i64 {
        let later = self.offsets.iter().rfind(|(from, _)| *from <= second);
        self.start + i64::from(second) + later.map_or(0, |(_, offset)| *offset)
    }

    /// Whole hours of the city's clock since the beginning of 1970 there.
    pub(super) fn hour_of(&self, when: When) -> i64 {
        match self.hours.get(usize::from(when.hour)) {
            Some(hour) => *hour,
            None => self.local(when.second_of_part(self.cut)).div_euclid(HOUR),
        }
    }
}

/// The hour of the day, 0 to 23.
pub(super) const fn hour_of_day(hour: i64) -> usize {
    hour.rem_euclid(24) as usize
}

/// The day of the week, 0 for Monday.
pub(super) const fn weekday(hour: i64) -> usize {
    (hour.div_euclid(24) + FROM_MONDAY).rem_euclid(7) as usize
}

/// When an hour begins.
pub(super) fn moment(hour: i64) -> DateTime {
    let day = EPOCH.saturating_add(jiff::Span::new().days(hour.div_euclid(24)));
    day.at(hour_of_day(hour) as i8, 0, 0, 0)
}

/// The hour at which a day begins.
pub(super) fn hour_of(day: Date) -> i64 {
    EPOCH
        .at(0, 0, 0, 0)
        .until(day.at(0, 0, 0, 0))
        .map_or(0, |span| i64::from(span.get_days()) * (DAY / HOUR) + i64::from(span.get_hours()))
}
