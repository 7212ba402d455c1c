//! Opening hours: the OpenStreetMap syntax, read with the city's workday calendar.
//!
//! The `opening_hours` crate knows the syntax; what it cannot know is that offices of
//! some countries work on certain weekends in exchange for a long holiday. A day is
//! therefore looked up in the [`Calendar`] first, and then the rules are asked:
//!
//! | the day is | the rules are asked for |
//! | --- | --- |
//! | ordinary | the day |
//! | a make-up workday on which the rules say closed | the last ordinary weekday before it |
//! | a public holiday, and the rules mention `PH` | the day |
//! | a public holiday, and the rules do not | nobody: `unknown`, unless always open |
//! | of a year that the calendar does not know | nobody: `unknown`, unless always open |

use std::sync::Arc;

use chrono::NaiveDate;
use compact_calendar::CompactCalendar;
use jiff::civil::{Date, DateTime, Time};
use opening_hours::{Context, ContextHolidays, OpeningHours, RuleKind};
use opening_hours_syntax::error::Error as ParserError;
use serde::Serialize;

use super::{Calendar, DayKind};

/// How many days ahead the next opening is looked for.
const HORIZON_DAYS: u32 = 14;
const MINUTES_OF_DAY: u16 = 24 * 60;

/// Opening hours of a point.
#[derive(Debug, Clone)]
pub struct Hours {
    raw: String,
    rules: OpeningHours,
    always: bool,
    mentions_holidays: bool,
}

/// Whether a point is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Open.
    Open,
    /// Closed.
    Closed,
    /// It cannot be said; the reason is given.
    Unknown,
}

/// Why a state is what it is, where the plain hours do not explain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No opening hours are known.
    NoHours,
    /// The rules themselves say that it depends.
    Conditional,
    /// A public holiday for which the hours say nothing.
    HolidayNotStated,
    /// A public holiday.
    Holiday,
    /// A weekend day that is worked.
    MakeUpWorkday,
    /// The calendar does not know this year.
    CalendarUnknown,
}

/// The answer to "is it open?" at a local time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Whether it is open.
    pub state: State,
    /// When this state ends, where that is known.
    pub until: Option<DateTime>,
    /// When it opens next, where it is closed and that is known.
    pub next_open: Option<DateTime>,
    /// Why, where the plain hours do not explain it.
    pub reason: Option<Reason>,
}

impl Opening {
    /// The answer for a point whose hours nobody knows.
    pub const fn not_known() -> Self {
        Self { state: State::Unknown, until: None, next_open: None, reason: Some(Reason::NoHours) }
    }
}

/// The open stretches of one day in minutes from midnight, or why they are not known.
struct Day {
    open: Result<Vec<(u16, u16)>, Reason>,
    note: Option<Reason>,
}

impl Hours {
    /// Reads rules in the OpenStreetMap syntax. The error says what is wrong with them.
    pub fn parse(raw: &str, calendar: &Calendar) -> Result<Self, String> {
        let rules: OpeningHours =
            raw.parse().map_err(|e: ParserError| e.to_string().replace('\n', " "))?;
        let always = rules.get_expression().is_constant()
            && NaiveDate::from_ymd_opt(2000, 1, 1).is_some_and(|any| {
                rules.schedule_at(any).into_iter().all(|r| r.kind == RuleKind::Open)
            });
        let holidays = ContextHolidays::new(Arc::new(public_holidays(calendar)), Arc::default());
        Ok(Self {
            raw: raw.to_owned(),
            always,
            mentions_holidays: raw.contains("PH"),
            rules: rules.with_context(Context::default().with_holidays(holidays)),
        })
    }

    /// The rules as they were given.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether it is open at `at`, a local time of the city.
    pub fn opening(&self, calendar: &Calendar, at: DateTime) -> Opening {
        if self.always {
            return Opening { state: State::Open, until: None, next_open: None, reason: None };
        }
        let today = self.day(calendar, at.date());
        let minute =
            u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        let ranges = match &today.open {
            Err(reason) => {
                return Opening {
                    state: State::Unknown,
                    until: None,
                    next_open: None,
                    reason: Some(*reason),
                };
            }
            Ok(ranges) => ranges,
        };
        if let Some(&(_, end)) = ranges.iter().find(|(s, e)| (*s..*e).contains(&minute)) {
            let until = self.end_of_stretch(calendar, at.date(), end);
            return Opening { state: State::Open, until, next_open: None, reason: today.note };
        }
        let next = self.next_open(calendar, at.date(), ranges, minute);
        Opening { state: State::Closed, until: next, next_open: next, reason: today.note }
    }

    /// Follows a stretch that reaches midnight into the following days.
    fn end_of_stretch(&self, calendar: &Calendar, date: Date, end: u16) -> Option<DateTime> {
        let (mut date, mut end) = (date, end);
        for _ in 0..HORIZON_DAYS {
            if end < MINUTES_OF_DAY {
                return Some(moment(date, end));
            }
            date = date.tomorrow().ok()?;
            match self.day(calendar, date).open.ok()?.first() {
                Some(&(0, next)) => end = next,
                _ => return Some(moment(date, 0)),
            }
        }
        None
    }

    fn next_open(
        &self,
        calendar: &Calendar,
        date: Date,
        today: &[(u16, u16)],
        minute: u16,
    ) -> Option<DateTime> {
        if let Some(&(start, _)) = today.iter().find(|(start, _)| *start > minute) {
            return Some(moment(date, start));
        }
        let mut date = date;
        for _ in 0..HORIZON_DAYS {
            date = date.tomorrow().ok()?;
            // A day of which nothing is known ends the search: an opening after it may
            // not be the next one.
            if let Some(&(start, _)) = self.day(calendar, date).open.ok()?.first() {
                return Some(moment(date, start));
            }
        }
        None
    }

    fn day(&self, calendar: &Calendar, date: Date) -> Day {
        match calendar.day(date) {
            DayKind::Ordinary => Day { open: self.ranges(date), note: None },
            DayKind::Unknown => Day { open: Err(Reason::CalendarUnknown), note: None },
            DayKind::Holiday(_) if self.mentions_holidays => {
                Day { open: self.ranges(date), note: Some(Reason::Holiday) }
            }
            DayKind::Holiday(_) => Day { open: Err(Reason::HolidayNotStated), note: None },
            DayKind::Workday(_) => {
                let own = self.ranges(date);
                let substitute = calendar.ordinary_weekday_before(date);
                let open = match (own, substitute) {
                    (Ok(own), Some(weekday)) if own.is_empty() => self.ranges(weekday),
                    (own, _) => own,
                };
                Day { open, note: Some(Reason::MakeUpWorkday) }
            }
        }
    }

    fn ranges(&self, date: Date) -> Result<Vec<(u16, u16)>, Reason> {
        let day = to_chrono(date).ok_or(Reason::CalendarUnknown)?;
        let mut open = Vec::new();
        for range in self.rules.schedule_at(day) {
            match range.kind {
                RuleKind::Open => open.push((
                    range.range.start.mins_from_midnight(),
                    range.range.end.mins_from_midnight().min(MINUTES_OF_DAY),
                )),
                RuleKind::Unknown => return Err(Reason::Conditional),
                RuleKind::Closed => {}
            }
        }
        Ok(open)
    }
}

fn moment(date: Date, minute: u16) -> DateTime {
    let time = Time::new((minute / 60 % 24) as i8, (minute % 60) as i8, 0, 0);
    date.to_datetime(time.unwrap_or(Time::midnight()))
}

/// The crate that reads the rules speaks chrono; the program speaks jiff.
fn to_chrono(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(
        i32::from(date.year()),
        u32::from(date.month().unsigned_abs()),
        u32::from(date.day().unsigned_abs()),
    )
}

fn public_holidays(calendar: &Calendar) -> CompactCalendar {
    let mut days = CompactCalendar::default();
    for day in calendar.holidays().filter_map(to_chrono) {
        days.insert(day);
    }
    days
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::{date, datetime};

    use super::*;
    use crate::city::Localized;
    use crate::city::calendar::Entry;

    /// Three days of a published calendar: National Day 2024, the weekend worked for
    /// it, and the first and last days that bound what is known.
    fn calendar() -> Calendar {
        let name = |zh: &str| Localized { zh: zh.into(), en: String::new() };
        Calendar::new(BTreeMap::from([
            (date(2024, 1, 1), (Entry::Holiday, name("元旦"))),
            (date(2024, 9, 29), (Entry::Workday, name("国庆节"))),
            (date(2024, 10, 1), (Entry::Holiday, name("国庆节"))),
        ]))
    }

    fn opening(rules: &str, at: DateTime) -> Opening {
        Hours::parse(rules, &calendar()).unwrap().opening(&calendar(), at)
    }

    const OFFICE: &str = "Mo-Fr 09:00-12:00,13:30-17:30";

    #[test]
    fn an_office_is_open_until_lunch_and_then_opens_again() {
        let open = opening(OFFICE, datetime(2024, 9, 25, 11, 0, 0, 0));
        assert_eq!(
            (open.state, open.until),
            (State::Open, Some(datetime(2024, 9, 25, 12, 0, 0, 0)))
        );
        let lunch = opening(OFFICE, datetime(2024, 9, 25, 12, 0, 0, 0));
        assert_eq!(lunch.state, State::Closed);
        assert_eq!(lunch.next_open, Some(datetime(2024, 9, 25, 13, 30, 0, 0)));
    }

    #[test]
    fn a_make_up_sunday_is_a_working_day() {
        let open = opening(OFFICE, datetime(2024, 9, 29, 10, 0, 0, 0));
        assert_eq!((open.state, open.reason), (State::Open, Some(Reason::MakeUpWorkday)));
        let saturday = opening(OFFICE, datetime(2024, 9, 28, 10, 0, 0, 0));
        assert_eq!(saturday.next_open, Some(datetime(2024, 9, 29, 9, 0, 0, 0)));
    }

    #[test]
    fn a_holiday_is_unknown_unless_the_hours_speak_of_it() {
        let silent = opening(OFFICE, datetime(2024, 10, 1, 10, 0, 0, 0));
        assert_eq!((silent.state, silent.reason), (State::Unknown, Some(Reason::HolidayNotStated)));
        let said = opening("Mo-Fr 09:00-17:00; PH off", datetime(2024, 10, 1, 10, 0, 0, 0));
        assert_eq!((said.state, said.reason), (State::Closed, Some(Reason::Holiday)));
        assert_eq!(said.next_open, Some(datetime(2024, 10, 2, 9, 0, 0, 0)));
    }

    #[test]
    fn a_year_without_a_calendar_is_unknown_but_an_emergency_ward_is_open() {
        let at = datetime(2031, 5, 7, 10, 0, 0, 0);
        assert_eq!(opening(OFFICE, at).reason, Some(Reason::CalendarUnknown));
        assert_eq!(opening("24/7", at).state, State::Open);
    }

    #[test]
    fn a_night_service_is_open_past_midnight() {
        let night = opening("Mo-Su 20:00-02:00", datetime(2024, 9, 25, 23, 0, 0, 0));
        assert_eq!(night.until, Some(datetime(2024, 9, 26, 2, 0, 0, 0)));
        assert_eq!(
            opening("Mo-Su 20:00-02:00", datetime(2024, 9, 26, 1, 0, 0, 0)).state,
            State::Open
        );
    }

    #[test]
    fn rules_that_are_not_rules_are_refused_with_words() {
        assert!(Hours::parse("whenever", &calendar()).is_err());
    }
}
