//! When tickets were filed, in stretches of the city's clock.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::byte_set::ByteCounts;
use super::clock::{Clock, hour_of, hour_of_day, moment, weekday};
use super::tell::Told;
use super::{TicketFilter, TicketIndex};

/// The stretches of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Each hour.
    Hour,
    /// Each day.
    Day,
    /// Each week, from Monday.
    Week,
    /// Each month.
    Month,
    /// The 168 hours of a week, all weeks together, from Monday midnight.
    HourOfWeek,
}

impl Step {
    /// All of them with their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("hour", Self::Hour),
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("hour_of_week", Self::HourOfWeek),
    ];
}

/// When a stretch of a timeline begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beginning {
    /// By the clock of the city.
    At(DateTime),
    /// An hour of the week, from Monday midnight.
    HourOfWeek(usize),
}

impl TicketIndex {
    /// When they were filed, by the clock of `zone`: every stretch from the first in which
    /// there are any to the last, empty ones too. Costs a count, and some tens of nanoseconds
    /// a stretch.
    pub fn timeline(
        &self,
        filter: &TicketFilter,
        step: Step,
        zone: &TimeZone,
    ) -> Vec<(Beginning, u64)> {
        let hours = self.hours(filter, zone);
        if step == Step::HourOfWeek {
            let mut week = [0; 168];
            for (hour, count) in hours {
                week[weekday(hour) * 24 + hour_of_day(hour)] += count;
            }
            return (0..).map(Beginning::HourOfWeek).zip(week).collect();
        }
        let begins = |hour: i64| match step {
            Step::Hour | Step::HourOfWeek => hour,
            Step::Day => hour - hour.rem_euclid(24),
            Step::Week => hour - (weekday(hour) * 24 + hour_of_day(hour)) as i64,
            Step::Month => hour_of(moment(hour).date().first_of_month()),
        };
        let next = |begin: i64| match step {
            Step::Hour | Step::HourOfWeek => begin + 1,
            Step::Day => begin + 24,
            Step::Week => begin + 7 * 24,
            Step::Month => {
                let month = moment(begin).date().last_of_month();
                month.tomorrow().map_or(i64::MAX, hour_of)
            }
        };
        let mut line: Vec<(Beginning, u64)> = Vec::new();
        // When the last one ends.
        let mut end = None;
        for (hour, count) in hours {
            let mut begin = end.unwrap_or_else(|| begins(hour));
            while end.is_none_or(|end| end <= hour) {
                line.push((Beginning::At(moment(begin)), 0));
                end = Some(next(begin));
                begin = next(begin);
            }
            if let Some((_, of_stretch)) = line.last_mut() {
                *of_stretch += count;
            }
        }
        line
    }

    /// How many there are of each hour of the clock of `zone`, in order, of those that have any.
    fn hours(&self, filter: &TicketFilter, zone: &TimeZone) -> Vec<(i64, u64)> {
        let test = self.test(filter);
        let counted = self.over_parts(&test, |hours: &mut Vec<(i64, i64)>, part| {
            let clock = Clock::over(part, zone);
            let Some(of) = clock.hours() else {
                let mut of_part: BTreeMap<i64, i64> = BTreeMap::new();
                test.each(part, |row| *of_part.entry(clock.hour_of(row.when)).or_default() += 1);
                return hours.extend(of_part);
            };
            let mut of_part = ByteCounts::new();
            let of_rows = &part.sorted.whens.hours[..];
            test.tell(part, |some, n| match some {
                Told::Alike { hour, .. } => of_part.add(hour, n),
                Told::Rows { from, fits, .. } => of_part.add_each(&of_rows[from..], fits, n),
            });
            let counts = of.iter().zip(of_part.each()).map(|(hour, (_, count))| (*hour, count));
            hours.extend(counts.filter(|(_, count)| *count != 0));
        });
        let mut hours: Vec<(i64, i64)> = counted.into_iter().flatten().collect();
        // Parts share an hour where one ends, and where a clock is put back.
        hours.sort_unstable_by_key(|(hour, _)| *hour);
        hours.dedup_by(|(next, more), (hour, count)| {
            let same = next == hour;
            if same {
                *count += *more;
            }
            same
        });
        let some = hours.into_iter().filter(|(_, count)| *count != 0);
        some.map(|(hour, count)| (hour, count as u64)).collect()
    }
}
