//! The workday calendar: public holidays, and weekends that are worked instead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

use super::Localized;

/// What a day of the calendar's table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A public holiday.
    Holiday,
    /// A make-up workday.
    Workday,
}

/// What an offices' day is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayKind {
    /// An ordinary day of the week.
    Ordinary,
    /// A public holiday, with its name.
    Holiday(Localized),
    /// A weekend day that is worked, with the name of the holiday it makes up for.
    Workday(Localized),
    /// A weekday of a year that the calendar does not know.
    Unknown,
}

/// Public holidays and make-up workdays of the years it knows.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    days: BTreeMap<Date, (Entry, Localized)>,
}

impl Calendar {
    /// A calendar from its table.
    pub fn new(days: BTreeMap<Date, (Entry, Localized)>) -> Self {
        Self { days }
    }

    /// First and last year it knows.
    pub fn years(&self) -> Option<(i16, i16)> {
        Some((self.days.first_key_value()?.0.year(), self.days.last_key_value()?.0.year()))
    }

    /// The public holidays, in order.
    pub fn holidays(&self) -> impl Iterator<Item = Date> {
        self.days.iter().filter(|(_, (entry, _))| *entry == Entry::Holiday).map(|(date, _)| *date)
    }

    /// All days of its table, in order.
    pub fn days(&self) -> impl Iterator<Item = (Date, &(Entry, Localized))> {
        self.days.iter().map(|(date, day)| (*date, day))
    }

    /// The calendar in which years that `days` have are theirs alone.
    #[must_use]
    pub fn with_years(&self, days: &BTreeMap<Date, (Entry, Localized)>) -> Self {
        let theirs: BTreeSet<i16> = days.keys().map(|date| date.year()).collect();
        let own = self.days.iter().filter(|(date, _)| !theirs.contains(&date.year()));
        Self { days: own.chain(days).map(|(date, day)| (*date, day.clone())).collect() }
    }

    /// What `date` is. A year outside the table is unknown, never taken as ordinary.
    pub fn day(&self, date: Date) -> DayKind {
        match self.days.get(&date) {
            Some((Entry::Holiday, name)) => DayKind::Holiday(name.clone()),
            Some((Entry::Workday, name)) => DayKind::Workday(name.clone()),
            None => match self.years() {
                Some((from, to)) if (from..=to).contains(&date.year()) => DayKind::Ordinary,
                _ => DayKind::Unknown,
            },
        }
    }

    /// The last day before `date` that is an ordinary Monday to Friday.
    pub fn ordinary_weekday_before(&self, date: Date) -> Option<Date> {
        std::iter::successors(date.yesterday().ok(), |d| d.yesterday().ok()).take(31).find(|d| {
            !matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday)
                && self.day(*d) == DayKind::Ordinary
        })
    }
}
