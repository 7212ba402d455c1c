//! How many tickets are as a filter says: in all, by cell, by time and by kind.
//!
//! All of them look at the same rows, those that fit, so that they always agree. Exact.
//! Costs a look at each ticket of the time that is asked, or with a box at those of the
//! tiles that cover it: a few nanoseconds each.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::clock::{Clock, hour_of, hour_of_day, moment, weekday};
use super::{TicketFilter, TicketIndex};
use crate::city::{Level, TicketStatus};
use crate::geo::morton::demorton;
use crate::geo::{TileId, World};

/// How tickets lie in the cells of a grid that is aligned with the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Column, row and count of each cell that is not empty, in the order of the curve.
    pub cells: Vec<(u32, u32, u64)>,
    /// How many tickets fit and have no place.
    pub unplaced: u64,
}

/// There are more cells than were to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyCells;

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

/// By what a total is broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By category.
    Category,
    /// By the division of a level, as it was at the time.
    Division(Level),
    /// By status.
    Status,
    /// By channel.
    Channel,
}

impl TicketIndex {
    /// How many tickets are as `filter` says.
    pub fn count(&self, filter: &TicketFilter) -> usize {
        let test = self.test(filter);
        let mut count = 0;
        for (start, part) in self.parts_of(&test) {
            test.each(start, part, |_, _| count += 1);
        }
        count
    }

    /// How they lie in the cells of a grid of 2^`zoom` columns over the world.
    ///
    /// # Errors
    /// Where there are more than `most` cells.
    pub fn cells(
        &self,
        filter: &TicketFilter,
        zoom: u8,
        most: usize,
    ) -> Result<Cells, TooManyCells> {
        let test = self.test(filter);
        let shift = 64 - 2 * u32::from(zoom.clamp(1, 32));
        let mut cells: HashMap<u64, u64> = HashMap::new();
        let mut unplaced = 0;
        for (start, part) in self.parts_of(&test) {
            // Rows of a cell follow each other, so that most need no look-up.
            let (mut cell, mut count) = (None, 0);
            test.each(start, part, |rows, i| {
                if !rows.is_placed(i) {
                    unplaced += 1;
                    return;
                }
                let of = Some(rows.codes[i] >> shift);
                if of == cell {
                    count += 1;
                    return;
                }
                if let Some(cell) = std::mem::replace(&mut cell, of) {
                    *cells.entry(cell).or_default() += count;
                }
                count = 1;
            });
            if let Some(cell) = cell {
                *cells.entry(cell).or_default() += count;
            }
            if cells.len() > most {
                return Err(TooManyCells);
            }
        }
        let mut cells: Vec<(u64, u64)> = cells.into_iter().collect();
        cells.sort_unstable();
        let place = |(cell, count): (u64, u64)| {
            let World { x, y } = demorton(cell);
            (x, y, count)
        };
        Ok(Cells { cells: cells.into_iter().map(place).collect(), unplaced })
    }

    /// How they lie in a tile that has 2^`grid` cells along its side: number on the curve
    /// within the tile and count of each cell that is not empty, along the curve.
    pub fn tile(&self, filter: &TicketFilter, tile: TileId, grid: u32) -> Vec<(u32, u32)> {
        let test = self.test(filter).in_tile(tile);
        let mut counts = vec![0_u32; 1 << (2 * grid)];
        let shift = 64 - 2 * (u32::from(tile.z) + grid);
        let mask = counts.len() as u64 - 1;
        for (start, part) in self.parts_of(&test) {
            test.each(start, part, |rows, i| {
                counts[(rows.codes[i] >> shift & mask) as usize] += 1;
            });
        }
        (0..).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    /// When they were filed, by the clock of `zone`: every stretch from the first in which
    /// there are any to the last, empty ones too.
    pub fn timeline(
        &self,
        filter: &TicketFilter,
        step: Step,
        zone: &TimeZone,
    ) -> Vec<(Beginning, u64)> {
        let test = self.test(filter);
        let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
        let mut week = [0; 168];
        for (start, part) in self.parts_of(&test) {
            let clock = Clock::over(start, zone);
            let first = clock.hour(0) - 24;
            // A part is 24.3 days long, and no clock is changed by more than a day.
            let mut of_part = [0; 27 * 24];
            test.each(start, part, |rows, i| {
                of_part[(clock.hour(rows.seconds[i]) - first) as usize] += 1;
            });
            for (hour, count) in (first..).zip(of_part).filter(|(_, count)| *count > 0) {
                *hours.entry(hour).or_default() += count;
                week[weekday(hour) * 24 + hour_of_day(hour)] += count;
            }
        }
        if step == Step::HourOfWeek {
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
        let mut stretches: BTreeMap<i64, u64> = BTreeMap::new();
        for (hour, count) in hours {
            *stretches.entry(begins(hour)).or_default() += count;
        }
        let (Some(first), Some(last)) =
            (stretches.keys().next().copied(), stretches.keys().next_back().copied())
        else {
            return Vec::new();
        };
        let all = std::iter::successors(Some(first), |begin| Some(next(*begin)));
        let all = all.take_while(|begin| *begin <= last);
        let count = |begin: i64| stretches.get(&begin).copied().unwrap_or(0);
        all.map(|begin| (Beginning::At(moment(begin)), count(begin))).collect()
    }

    /// How many there are of each kind, most first; `None` for those of which it is not
    /// known.
    pub fn breakdown(&self, filter: &TicketFilter, by: Kind) -> Vec<(Option<&str>, u64)> {
        let test = self.test(filter);
        let lists = &self.words.lists;
        let mut counts: Vec<u64> = Vec::new();
        for (start, part) in self.parts_of(&test) {
            test.each(start, part, |rows, i| {
                let number = match by {
                    Kind::Category => usize::from(rows.categories[i]),
                    Kind::Division(_) => rows.divisions[i] as usize,
                    Kind::Status => usize::from(rows.status(i)),
                    Kind::Channel => usize::from(rows.channels[i]),
                };
                if number >= counts.len() {
                    counts.resize(number + 1, 0);
                }
                counts[number] += 1;
            });
        }
        let name = |number: usize| match by {
            Kind::Category => lists.categories.get(number).map(String::as_str),
            Kind::Division(level) => lists.divisions.get(number)?[level as usize].as_deref(),
            Kind::Status => TicketStatus::ALL.get(number).map(|status| status.key()),
            Kind::Channel => lists.channels.get(number).map(String::as_str),
        };
        let mut named: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        for (number, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            *named.entry(name(number)).or_default() += count;
        }
        let mut named: Vec<_> = named.into_iter().collect();
        named.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        named
    }
}
