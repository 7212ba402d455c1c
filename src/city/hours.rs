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
/// Words of the syntax that stand for times of the sun.
const SUN: [&str; 4] = ["sunrise", "sunset", "dawn", "dusk"];

/// Opening hours of a point.
#[derive(Debug, Clone)]
pub struct Hours {
    raw: String,
    rules: OpeningHours,
    always: bool,
    mentions_holidays: bool,
    /// Whether they depend on sunrise or sunset, which nobody computes here.
    follows_the_sun: bool,
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

/// A stretch of a day, in minutes from midnight, that is not simply closed.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: u16,
    to: u16,
    /// Open, or unknown.
    open: bool,
}

/// The stretches of one day in their order, or why they are not known.
struct Day {
    stretches: Result<Vec<Stretch>, Reason>,
    note: Option<Reason>,
}

/// The state at a time, with the day around it.
struct Now {
    state: State,
    reason: Option<Reason>,
    stretches: Vec<Stretch>,
    /// The stretch that holds the time.
    current: Option<Stretch>,
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
        // What stands in quotes is a comment.
        let words: String = raw.split('"').step_by(2).collect();
        let holidays = ContextHolidays::new(Arc::new(public_holidays(calendar)), Arc::default());
        Ok(Self {
            raw: raw.to_owned(),
            always,
            mentions_holidays: words.contains("PH"),
            follows_the_sun: SUN.iter().any(|word| words.to_ascii_lowercase().contains(word)),
            rules: rules.with_context(Context::default().with_holidays(holidays)),
        })
    }

    /// The rules as they were given.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether it is open at `at`, a local time of the city, and until when.
    pub fn opening(&self, calendar: &Calendar, at: DateTime) -> Opening {
        let Now { state, reason, stretches, current } = self.now(calendar, at);
        let (until, next_open) = match (state, current) {
            (State::Open, Some(stretch)) => {
                (self.end_of_stretch(calendar, at.date(), stretch.to), None)
            }
            (State::Closed, _) => {
                let next = self.next_open(calendar, at, &stretches);
                (next, next)
            }
            _ => (None, None),
        };
        Opening { state, until, next_open, reason }
    }

    /// Whether it is open at `at`, a local time of the city. Looks at one day only.
    pub fn state(&self, calendar: &Calendar, at: DateTime) -> State {
        self.now(calendar, at).state
    }

    /// The times of a day at which it is open, in their order; one that goes on past
    /// midnight ends there.
    ///
    /// # Errors
    /// Why it is not known when it is open.
    pub fn open_on(
        &self,
        calendar: &Calendar,
        date: Date,
    ) -> Result<Vec<(DateTime, DateTime)>, Reason> {
        let whole = Stretch { from: 0, to: MINUTES_OF_DAY, open: true };
        let stretches =
            if self.always { vec![whole] } else { self.day(calendar, date).stretches? };
        let open = stretches.into_iter().filter(|s| s.open);
        Ok(open.filter_map(|s| Some((moment(date, s.from), end(date, s.to)?))).collect())
    }

    fn now(&self, calendar: &Calendar, at: DateTime) -> Now {
        let simply = |state, reason| Now { state, reason, stretches: Vec::new(), current: None };
        if self.always {
            return simply(State::Open, None);
        }
        let today = self.day(calendar, at.date());
        let stretches = match today.stretches {
            Ok(stretches) => stretches,
            Err(reason) => return simply(State::Unknown, Some(reason)),
        };
        let minute = minute_of(at);
        let current = stretches.iter().find(|s| (s.from..s.to).contains(&minute)).copied();
        let (state, reason) = match current {
            Some(Stretch { open: false, .. }) => (State::Unknown, Some(Reason::Conditional)),
            Some(_) => (State::Open, today.note),
            None => (State::Closed, today.note),
        };
        Now { state, reason, stretches, current }
    }

    /// Follows a stretch that reaches midnight into the following days.
    fn end_of_stretch(&self, calendar: &Calendar, date: Date, end: u16) -> Option<DateTime> {
        let (mut date, mut end) = (date, end);
        for _ in 0..HORIZON_DAYS {
            if end < MINUTES_OF_DAY {
                return Some(moment(date, end));
            }
            date = date.tomorrow().ok()?;
            match self.day(calendar, date).stretches.ok()?.first() {
                Some(Stretch { from: 0, to, open: true }) => end = *to,
                // What begins as unknown may still be open.
                Some(Stretch { from: 0, open: false, .. }) => return None,
                _ => return Some(moment(date, 0)),
            }
        }
        None
    }

    fn next_open(&self, calendar: &Calendar, at: DateTime, today: &[Stretch]) -> Option<DateTime> {
        // A stretch or a day of which nothing is known ends the search: an opening
        // after it may not be the next one.
        let opens = |date: Date, next: &Stretch| next.open.then(|| moment(date, next.from));
        if let Some(next) = today.iter().find(|s| s.from > minute_of(at)) {
            return opens(at.date(), next);
        }
        let mut date = at.date();
        for _ in 0..HORIZON_DAYS {
            date = date.tomorrow().ok()?;
            if let Some(next) = self.day(calendar, date).stretches.ok()?.first() {
                return opens(date, next);
            }
        }
        None
    }

    fn day(&self, calendar: &Calendar, date: Date) -> Day {
        if self.follows_the_sun {
            return Day { stretches: Err(Reason::Conditional), note: None };
        }
        match calendar.day(date) {
            DayKind::Ordinary => Day { stretches: self.stretches(date), note: None },
            DayKind::Unknown => Day { stretches: Err(Reason::CalendarUnknown), note: None },
            DayKind::Holiday(_) if self.mentions_holidays => {
                Day { stretches: self.stretches(date), note: Some(Reason::Holiday) }
            }
            DayKind::Holiday(_) => Day { stretches: Err(Reason::HolidayNotStated), note: None },
            DayKind::Workday(_) => {
                let own = self.stretches(date);
                let stretches = match (own, calendar.ordinary_weekday_before(date)) {
                    (Ok(own), Some(weekday)) if own.is_empty() => self.stretches(weekday),
                    (own, _) => own,
                };
                Day { stretches, note: Some(Reason::MakeUpWorkday) }
            }
        }
    }

    fn stretches(&self, date: Date) -> Result<Vec<Stretch>, Reason> {
        let day = to_chrono(date).ok_or(Reason::CalendarUnknown)?;
        let ranges = self.rules.schedule_at(day).into_iter();
        let open_or_unknown = ranges.filter(|range| range.kind != RuleKind::Closed);
        let stretches = open_or_unknown.map(|range| Stretch {
            from: range.range.start.mins_from_midnight(),
            to: range.range.end.mins_from_midnight().min(MINUTES_OF_DAY),
            open: range.kind == RuleKind::Open,
        });
        Ok(stretches.collect())
    }
}

fn minute_of(at: DateTime) -> u16 {
    u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs())
}

/// A minute at which a stretch ends: that of midnight is the next day's.
fn end(date: Date, minute: u16) -> Option<DateTime> {
    if minute < MINUTES_OF_DAY {
        Some(moment(date, minute))
    } else {
        Some(date.tomorrow().ok()?.into())
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
    fn a_comment_is_no_rule_and_the_sun_is_not_guessed() {
        let comment =
            opening("Mo-Fr 09:00-17:00 \"ALPHA hall\"", datetime(2024, 10, 1, 10, 0, 0, 0));
        assert_eq!(comment.reason, Some(Reason::HolidayNotStated));
        let sun = opening("Mo-Su sunrise-sunset", datetime(2024, 9, 25, 12, 0, 0, 0));
        assert_eq!((sun.state, sun.reason), (State::Unknown, Some(Reason::Conditional)));
    }

    #[test]
    fn what_depends_in_the_afternoon_is_plain_in_the_morning() {
        const RULES: &str = "Mo-Fr 09:00-12:00, Mo-Fr 14:00-16:00 unknown";
        let morning = opening(RULES, datetime(2024, 9, 25, 10, 0, 0, 0));
        assert_eq!(
            (morning.state, morning.until),
            (State::Open, Some(datetime(2024, 9, 25, 12, 0, 0, 0)))
        );
        let lunch = opening(RULES, datetime(2024, 9, 25, 13, 0, 0, 0));
        assert_eq!((lunch.state, lunch.next_open), (State::Closed, None));
        let afternoon = opening(RULES, datetime(2024, 9, 25, 15, 0, 0, 0));
        assert_eq!(
            (afternoon.state, afternoon.reason),
            (State::Unknown, Some(Reason::Conditional))
        );
    }

    #[test]
    fn rules_that_are_not_rules_are_refused_with_words() {
        assert!(Hours::parse("whenever", &calendar()).is_err());
    }
}
