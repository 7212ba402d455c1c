//! The public figures: what anybody may know of the tickets of a month.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::geo::TileId;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(Date);

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self(day.first_of_month())
    }

    /// Reads `2026-10`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (year, month) = text.split_once('-')?;
        let whole = year.len() == 4 && month.len() == 2 && digits(year) && digits(month);
        whole
            .then(|| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok())
            .flatten()
            .map(Self)
    }

    /// Its first day.
    pub const fn first(self) -> Date {
        self.0
    }

    /// The month after it; `None` at the end of time.
    pub fn next(self) -> Option<Self> {
        self.0.last_of_month().tomorrow().ok().map(Self)
    }

    /// When it begins and when the next does, by a clock.
    pub fn span(self, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
        Some((midnight(self.0)?, midnight(self.next()?.0)?))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

/// The public figures of a month: a partition of its tickets, made once and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The month, such as `2026-10`; names it.
    pub id: String,
    /// When the month began, by the clock of the city at the time.
    pub begins: Timestamp,
    /// When the next month began.
    pub ends: Timestamp,
    /// Tickets that each figure counts at least.
    pub k: u64,
    /// How the partition was made: a version of [`crate::access::disclosure`].
    pub method: u32,
    /// The last change of the log that was counted. Not public: such numbers count writes.
    pub seq: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Cells that do not overlap, along the Morton curve.
    pub cells: Vec<ReleasedCell>,
    /// How many tickets of the month are in none of them; `None` where they are fewer than `k`.
    pub elsewhere: Option<u64>,
}

impl Release {
    /// How many tickets are in all figures together.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|cell| cell.count).sum::<u64>() + self.elsewhere.unwrap_or(0)
    }
}

/// A tile of the web-mercator pyramid, and how many tickets are in it. In documents it is
/// `[z, x, y, count]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "(u8, u32, u32, u64)", into = "(u8, u32, u32, u64)")]
pub struct ReleasedCell {
    /// Where.
    pub tile: TileId,
    /// How many.
    pub count: u64,
}

impl From<(u8, u32, u32, u64)> for ReleasedCell {
    fn from((z, x, y, count): (u8, u32, u32, u64)) -> Self {
        Self { tile: TileId { z, x, y }, count }
    }
}

impl From<ReleasedCell> for (u8, u32, u32, u64) {
    fn from(ReleasedCell { tile, count }: ReleasedCell) -> Self {
        (tile.z, tile.x, tile.y, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_four_digits_and_two() {
        let october = Month::parse("2026-10").unwrap();
        assert_eq!(october.to_string(), "2026-10");
        assert_eq!(Month::parse("2025-12").unwrap().next(), Month::parse("2026-01"));
        for bad in ["2026-13", "2026-1", "26-10", "2026-10-01", "+026-10", "2026/10", "", "-"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn months_follow_each_other_without_a_gap_where_clocks_are_changed() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let october = Month::parse("2026-10").unwrap();
        let (begins, ends) = october.span(&zone).unwrap();
        assert_eq!((ends.as_second() - begins.as_second()) / 3600, 31 * 24 + 1);
        assert_eq!(october.next().unwrap().span(&zone).unwrap().0, ends);
    }
}
