//! Opening hours on every day of seven years, against the calendar's own table.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Weekday, date};
use servicemap::city::hours::{Hours, Opening, Reason, State};
use servicemap::city::{self, City};

use crate::harness::city as folder;

const FIRST: Date = date(2020, 1, 1);
const LAST: Date = date(2026, 12, 31);

/// The rows of the pack's calendar, read here and not by the program: whether the day is a
/// make-up workday, else a holiday.
fn table() -> BTreeMap<Date, bool> {
    let mut rows = csv::Reader::from_path(folder().join("calendar.csv")).unwrap();
    let row = |row: csv::StringRecord| (row[0].parse().unwrap(), &row[1] == "workday");
    rows.records().map(|r| row(r.unwrap())).collect()
}

fn days() -> impl Iterator<Item = Date> {
    std::iter::successors(Some(FIRST), |day| day.tomorrow().ok()).take_while(|day| *day <= LAST)
}

/// What a day is to an office that works from Monday to Friday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Holiday,
    MakeUp,
    Working,
    Weekend,
}

fn kind(table: &BTreeMap<Date, bool>, day: Date) -> Kind {
    match (table.get(&day), day.weekday()) {
        (Some(true), _) => Kind::MakeUp,
        (Some(false), _) => Kind::Holiday,
        (None, Weekday::Saturday | Weekday::Sunday) => Kind::Weekend,
        (None, _) => Kind::Working,
    }
}

fn at(day: Date, hour: i8, minute: i8) -> DateTime {
    day.at(hour, minute, 0, 0)
}

struct Asked {
    city: City,
}

impl Asked {
    fn opening(&self, rules: &str, at: DateTime) -> Opening {
        Hours::parse(rules, &self.city.calendar).unwrap().opening(&self.city.calendar, at)
    }
}

#[test]
fn an_office_is_open_on_the_days_that_the_table_says() {
    let (asked, table) = (Asked { city: city::load(&folder()).unwrap() }, table());
    let silent = Hours::parse("Mo-Fr 09:00-12:00,13:30-17:30", &asked.city.calendar).unwrap();
    let closed = Hours::parse("Mo-Fr 09:00-17:00; PH off", &asked.city.calendar).unwrap();
    let special = Hours::parse("Mo-Fr 09:00-17:00; PH 10:00-15:00", &asked.city.calendar).unwrap();
    let calendar = &asked.city.calendar;
    let mut counted = BTreeMap::<i16, [usize; 4]>::new();
    for day in days() {
        let kind = kind(&table, day);
        counted.entry(day.year()).or_default()[kind as usize] += 1;
        let is = |hours: &Hours, hour| {
            let opening = hours.opening(calendar, at(day, hour, 30));
            (opening.state, opening.reason)
        };
        let (quiet, off, own) = (is(&silent, 10), is(&closed, 10), is(&special, 10));
        match kind {
            Kind::Holiday => {
                let unsaid = Some(Reason::HolidayNotStated);
                assert_eq!(quiet, (State::Unknown, unsaid), "{day}");
                assert_eq!(off, (State::Closed, Some(Reason::Holiday)), "{day}");
                assert_eq!(own, (State::Open, Some(Reason::Holiday)), "{day}");
                assert_eq!(is(&special, 15).0, State::Closed, "{day}");
            }
            Kind::MakeUp => {
                for said in [quiet, off, own] {
                    assert_eq!(said, (State::Open, Some(Reason::MakeUpWorkday)), "{day}");
                }
                assert_eq!(is(&silent, 12).0, State::Closed, "{day}: lunch");
            }
            Kind::Working => {
                for said in [quiet, off, own] {
                    assert_eq!(said, (State::Open, None), "{day}");
                }
            }
            Kind::Weekend => {
                for said in [quiet, off, own] {
                    assert_eq!(said, (State::Closed, None), "{day}");
                }
            }
        }
        let until = silent.opening(calendar, at(day, 10, 0)).until;
        if matches!(kind, Kind::Working | Kind::MakeUp) {
            assert_eq!(until, Some(at(day, 12, 0)), "{day}");
        }
        let open: Vec<_> = silent.open_on(calendar, day).unwrap_or_default();
        let works = matches!(kind, Kind::Working | Kind::MakeUp);
        assert_eq!(open.len(), if works { 2 } else { 0 }, "{day}");
        assert_eq!(silent.open_on(calendar, day).is_err(), kind == Kind::Holiday, "{day}");
    }
    // The table really is that of seven years: each has its holidays, and weekends for them.
    assert_eq!(counted.len(), 7);
    for (year, [holidays, make_up, ..]) in counted {
        assert!((20..=40).contains(&holidays) && (3..=12).contains(&make_up), "{year}");
    }
}

#[test]
fn the_next_opening_is_that_of_the_next_day_on_which_it_is_open() {
    let (asked, table) = (Asked { city: city::load(&folder()).unwrap() }, table());
    let calendar = &asked.city.calendar;
    let hours = Hours::parse("Mo-Fr 09:00-17:00; PH off", calendar).unwrap();
    let works = |day: Date| matches!(kind(&table, day), Kind::Working | Kind::MakeUp);
    let evening = |day: Date| hours.opening(calendar, at(day, 18, 0));
    // Of the last two weeks the next opening is in a year that nobody knows yet.
    for day in days().take_while(|day| *day <= date(2026, 12, 16)) {
        let following = std::iter::successors(day.tomorrow().ok(), |d| d.tomorrow().ok());
        let next = following.take(14).find(|d| works(*d)).map(|d| at(d, 9, 0));
        assert_eq!(evening(day).state, State::Closed, "{day}");
        assert_eq!(evening(day).next_open, next, "{day}");
    }
    assert_eq!(evening(LAST).next_open, None, "2027 is not known");
}

#[test]
fn a_year_that_is_not_in_the_table_is_unknown() {
    let (asked, table) = (Asked { city: city::load(&folder()).unwrap() }, table());
    let (first, last) = (table.first_key_value().unwrap().0, table.last_key_value().unwrap().0);
    for year in [first.year() - 1, last.year() + 1, last.year() + 20] {
        for month in 1..=12 {
            let day = at(date(year, month, 3), 10, 0);
            let office = asked.opening("Mo-Fr 09:00-17:00; PH off", day);
            assert_eq!(
                (office.state, office.reason),
                (State::Unknown, Some(Reason::CalendarUnknown))
            );
            assert_eq!(asked.opening("24/7", day).state, State::Open);
        }
    }
}
