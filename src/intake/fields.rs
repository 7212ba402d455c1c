//! The members of an object that a caller sends: each is read, or named as bad, and all bad
//! ones at once.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value};

/// Hotlines with records are not older.
const OLDEST: &str = "1990-01-01T00:00:00Z";
/// Clocks of other systems may be ahead by so much.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// Most of a bad value that is repeated, in characters.
const MAX_SHOWN: usize = 60;

/// Unknown members that are named.
const MAX_UNKNOWN: usize = 20;

/// What is wrong with a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its name.
    #[serde(rename = "parameter")]
    pub field: String,
    /// What is wrong with it and what would be right.
    pub detail: String,
}

/// The members of one object.
#[derive(Debug)]
pub struct Fields<'v> {
    members: &'v Map<String, Value>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
    now: Timestamp,
}

impl<'v> Fields<'v> {
    /// Of an object that arrived at `now`.
    pub const fn new(members: &'v Map<String, Value>, now: Timestamp) -> Self {
        Self { members, known: Vec::new(), faults: Vec::new(), now }
    }

    /// Reports a bad member.
    pub fn fault(&mut self, field: &str, detail: impl Into<String>) {
        self.faults.push(Fault { field: field.to_owned(), detail: detail.into() });
    }

    /// How many were reported.
    pub const fn faults(&self) -> usize {
        self.faults.len()
    }

    /// Whether a member is there and not null.
    pub fn is_given(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// A member that is there; null counts as absent.
    fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn expected(&mut self, name: &str, value: &Value, what: &str) {
        self.fault(name, format!("{} is not {what}", shown(value)));
    }

    /// A text of at most `max` characters, without the space around it; an empty one counts
    /// as absent.
    pub fn text(&mut self, name: &'static str, max: usize) -> Option<String> {
        let value = self.get(name)?;
        let Some(text) = value.as_str() else {
            self.expected(name, value, "a text");
            return None;
        };
        let text = text.trim();
        let count = text.chars().count();
        if count > max {
            self.fault(name, format!("has {count} characters; at most {max} are kept"));
            return None;
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.fault(name, "holds a control character; take it out");
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text of one line, that must be there.
    pub fn needed(&mut self, name: &'static str, max: usize) -> Option<String> {
        let before = self.faults.len();
        let text = self.word(name, max);
        if text.is_none() && self.faults.len() == before {
            self.fault(name, "is missing");
        }
        text
    }

    /// A text of one line.
    pub fn word(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.text(name, max)?;
        if text.contains(char::is_control) {
            self.fault(name, "is more than one line");
            return None;
        }
        Some(text)
    }

    /// A text that `read` understands; `what` says what that is.
    pub fn read<T>(
        &mut self,
        name: &'static str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(name)?;
        if value.as_str().is_some_and(|text| text.trim().is_empty()) {
            return None;
        }
        let found = value.as_str().and_then(|text| read(text.trim()));
        if found.is_none() {
            self.expected(name, value, what);
        }
        found
    }

    /// A finite number within a range.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.get(name)?;
        let number = value.as_f64().filter(|number| range.contains(number));
        if number.is_none() {
            let what = format!("a number from {} to {}", range.start(), range.end());
            self.expected(name, value, &what);
        }
        number
    }

    /// Any finite number.
    pub fn any_number(&mut self, name: &'static str) -> Option<f64> {
        let value = self.get(name)?;
        if value.as_f64().is_none() {
            self.expected(name, value, "a number");
        }
        value.as_f64()
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.get(name)?;
        if value.as_bool().is_none() {
            self.expected(name, value, "true or false");
        }
        value.as_bool()
    }

    /// A time since 1990 that is not in the future: RFC 3339, or by the clock of the city, or
    /// a day, which is its beginning.
    pub fn time(&mut self, name: &'static str, zone: &TimeZone) -> Option<Timestamp> {
        let value = self.get(name)?;
        self.moment(name, value, zone)
    }

    /// A list of at most `max` such times.
    pub fn times(
        &mut self,
        name: &'static str,
        max: usize,
        zone: &TimeZone,
    ) -> Option<Vec<Timestamp>> {
        let value = self.get(name)?;
        let Some(list) = value.as_array() else {
            self.expected(name, value, "a list of times");
            return None;
        };
        if list.len() > max {
            self.fault(name, format!("has {} times; at most {max} are kept", list.len()));
            return None;
        }
        Some(list.iter().filter_map(|value| self.moment(name, value, zone)).collect())
    }

    fn moment(&mut self, name: &str, value: &Value, zone: &TimeZone) -> Option<Timestamp> {
        let text = value.as_str().map(str::trim);
        if text == Some("") {
            return None;
        }
        let Some(at) = text.and_then(|text| moment(text, zone)) else {
            self.expected(name, value, "a time such as 2026-01-31T09:30:00+08:00");
            return None;
        };
        let oldest = OLDEST.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let latest = self.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX);
        if at < oldest {
            self.fault(name, format!("{at} is before 1990"));
        } else if at > latest {
            self.fault(name, format!("{at} is in the future: here it is {:.0}", self.now));
        } else {
            return Some(to_millisecond(at));
        }
        None
    }

    /// Everything that was bad, with the members that nobody asked for.
    pub fn finish(mut self) -> Vec<Fault> {
        self.known.sort_unstable();
        self.known.dedup();
        let known = std::mem::take(&mut self.known);
        let members = self.members;
        let unknown = || members.keys().filter(|name| !known.contains(&name.as_str()));
        for name in unknown().take(MAX_UNKNOWN) {
            let name: String = name.chars().take(MAX_SHOWN).collect();
            self.fault(&name, format!("is not known; the members are {}", known.join(", ")));
        }
        if let Some(more) = unknown().count().checked_sub(MAX_UNKNOWN + 1) {
            self.fault("…", format!("{} more members are not known", more + 1));
        }
        self.faults
    }
}

/// A time with an offset, or by the clock of a zone; of a day its beginning.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let day = text.parse::<Date>().map(|day| day.at(0, 0, 0, 0));
    let local = if text.len() == 10 { day.ok()? } else { text.parse::<DateTime>().ok()? };
    zone.to_timestamp(local).ok()
}

/// What is kept of a time.
pub(super) fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// A value for a message, not longer than one reads.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MAX_SHOWN {
        return text;
    }
    let text: String = text.chars().take(MAX_SHOWN).collect();
    format!("{text}…")
}
