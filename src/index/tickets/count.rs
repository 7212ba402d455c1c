//! How many tickets are as a filter says: in all, by cell, by time and by kind.
//!
//! All of them count the same rows, those that fit, so that they always agree. Exact. Where
//! they lie is answered from the sums of groups of parts ([`super::sums`]) as far as those
//! go; when and of what kind from the tallies by hour ([`super::sorted`]), unless a place or
//! a division is asked for; all else by a look at each row of the time, the kinds and the
//! tiles that are asked for, on as many cores as there are.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use h3o::{LatLng, Resolution};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rayon::prelude::*;

use super::byte_set::{CHUNK, ones};
use super::clock::{Clock, HOURS, hour_of, hour_of_day, moment, weekday};
use super::filter::{PartTest, Span, Test};
use super::part::Part;
use super::row::{Manner, Row, When};
use super::sorted::Tally;
use super::sums::Gather;
use super::{TicketFilter, TicketIndex};
use crate::city::{Level, TicketStatus};
use crate::geo::morton::demorton;
use crate::geo::{LonLat, TileId, World};

/// How tickets lie in the cells of a grid that is aligned with the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Column, row and count of each cell that is not empty, in the order of the curve.
    pub cells: Vec<(u32, u32, u64)>,
    /// How many tickets fit and have no place.
    pub unplaced: u64,
}

/// How tickets lie in the hexagons of H3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hexagons {
    /// Index and count of each that is not empty, in the order of the indexes.
    pub cells: Vec<(u64, u64)>,
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
        let counts = self.over_parts(&test, |count: &mut i64, part| {
            test.tell(part, |some, n| *count += some.len() * n);
        });
        counts.into_iter().sum::<i64>() as usize
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
        // A bound on what is gathered; cells that are emptied by what has changed have room.
        let bound = most.saturating_mul(2).saturating_add(1024);
        let new = || Listed { cells: HashMap::new(), unplaced: 0, most: bound };
        let mut gathered = self.spread(&test, u32::from(zoom.clamp(1, 32)), new).into_iter();
        let Listed { mut cells, mut unplaced, .. } = gathered.next().unwrap_or_else(new);
        let mut full = cells.len() >= bound;
        for more in gathered {
            full |= more.cells.len() >= bound;
            for (cell, count) in more.cells {
                *cells.entry(cell).or_default() += count;
            }
            unplaced += more.unplaced;
        }
        let mut cells: Vec<(u64, i64)> = cells.into_iter().filter(|(_, n)| *n != 0).collect();
        if full || cells.len() > most {
            return Err(TooManyCells);
        }
        cells.sort_unstable();
        let place = |(cell, count): (u64, i64)| {
            let World { x, y } = demorton(cell);
            (x, y, count as u64)
        };
        Ok(Cells { cells: cells.into_iter().map(place).collect(), unplaced: unplaced as u64 })
    }

    /// How they lie in the hexagons of H3 of a resolution: each that is not empty, by its
    /// index, and how many have no place. A hexagon is of the position itself and not of a
    /// cell, which costs some tenths of a microsecond a ticket.
    ///
    /// # Errors
    /// Where there are more than `most` hexagons.
    pub fn hexagons(
        &self,
        filter: &TicketFilter,
        resolution: Resolution,
        most: usize,
    ) -> Result<Hexagons, TooManyCells> {
        let test = self.test(filter);
        let counted =
            self.over_parts(&test, |(cells, unplaced): &mut (HashMap<_, u64>, u64), part| {
                test.each(part, |row| {
                    if !row.is_placed() {
                        *unplaced += 1;
                    } else if cells.len() <= most {
                        let LonLat { lon, lat } = row.at();
                        // Every position of the world is in a hexagon.
                        let cell =
                            LatLng::new(lat, lon).map(|at| u64::from(at.to_cell(resolution)));
                        *cells.entry(cell.unwrap_or_default()).or_default() += 1;
                    }
                });
            });
        let mut hexagons = Hexagons { cells: Vec::new(), unplaced: 0 };
        let mut cells: BTreeMap<u64, u64> = BTreeMap::new();
        for (of_thread, unplaced) in counted {
            hexagons.unplaced += unplaced;
            for (cell, count) in of_thread {
                *cells.entry(cell).or_default() += count;
            }
        }
        if cells.len() > most {
            return Err(TooManyCells);
        }
        hexagons.cells = cells.into_iter().collect();
        Ok(hexagons)
    }

    /// How they lie in a tile that has 2^`grid` cells along its side: number on the curve
    /// within the tile and count of each cell that is not empty, along the curve.
    pub fn tile(&self, filter: &TicketFilter, tile: TileId, grid: u32) -> Vec<(u32, u32)> {
        let test = self.test(filter).in_tile(tile);
        let new = || Square { counts: vec![0; 1 << (2 * grid)] };
        let mut gathered = self.spread(&test, u32::from(tile.z) + grid, new).into_iter();
        let Square { mut counts } = gathered.next().unwrap_or_else(new);
        for more in gathered {
            counts.iter_mut().zip(more.counts).for_each(|(count, more)| *count += more);
        }
        let counts = (0..).zip(counts).filter(|(_, count)| *count > 0);
        counts.map(|(cell, count)| (cell, count as u32)).collect()
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
        let counted = self.over_parts(&test, |hours: &mut BTreeMap<i64, i64>, part| {
            let clock = Clock::over(part.start, zone);
            let mut of_part = [0_i64; HOURS];
            if let Some(of) = clock.hours() {
                let of_row = &part.sorted.whens.hours[..];
                test.tell(part, |some, n| match some {
                    Told::Alike { hour, .. } => of_part[hour] += n,
                    Told::Rows { from, fits, .. } => {
                        ones(fits).for_each(|i| of_part[usize::from(of_row[from + i])] += n);
                    }
                });
                let counts = of.iter().zip(of_part).filter(|(_, count)| *count != 0);
                counts.for_each(|(hour, count)| *hours.entry(*hour).or_default() += count);
            } else {
                test.each(part, |row| {
                    *hours.entry(clock.hour_of(row.when)).or_default() += 1;
                });
            }
        });
        let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
        let mut week = [0; 168];
        for (hour, count) in counted.into_iter().flatten().filter(|(_, count)| *count != 0) {
            *hours.entry(hour).or_default() += count as u64;
            week[weekday(hour) * 24 + hour_of_day(hour)] += count as u64;
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
        let counted = self.over_parts(&test, |counts: &mut Vec<i64>, part| {
            if matches!(by, Kind::Division(_)) {
                // One for what is none of them.
                counts.resize(lists.divisions.len() + 1, 0);
                let last = lists.divisions.len();
                let mut add =
                    |number: u32, n: u32| counts[last.min(number as usize)] += i64::from(n);
                let test = test.over(part);
                let mut counter = part.sorted.divisions.counter(&mut add);
                test.chunks(|_, from, fits| counter.push(from, fits));
                counter.finish();
                test.waiting().for_each(|row| add(row.divisions, 1));
                return;
            }
            let mut add = |number: usize, count: i64| {
                if number >= counts.len() {
                    counts.resize(number + 1, 0);
                }
                counts[number] += count;
            };
            let number = |category: u16, manner: Manner| match by {
                Kind::Category | Kind::Division(_) => usize::from(category),
                Kind::Status => usize::from(manner.status),
                Kind::Channel => usize::from(manner.channel),
            };
            let whens = part.sorted.whens.slices(0..part.sorted.len());
            test.tell(part, |some, n| match (some, by) {
                (Told::Alike { category, manner, .. }, _) => add(number(category, manner), n),
                (Told::Rows { from, fits, .. }, Kind::Status | Kind::Channel) => {
                    ones(fits).for_each(|i| add(number(0, whens.get(from + i).manner), n));
                }
                (Told::Rows { category, .. }, _) => add(usize::from(category), some.len() * n),
            });
        });
        let mut counts: Vec<u64> = Vec::new();
        for part in counted {
            counts.resize(counts.len().max(part.len()), 0);
            counts.iter_mut().zip(part).for_each(|(all, count)| *all += count as u64);
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

    /// Works through the parts of the time that is asked for, on as many threads as there
    /// are cores where there are many rows; gives what was gathered, in some pieces.
    fn over_parts<T: Default + Send>(
        &self,
        test: &Test<'_>,
        work: impl Fn(&mut T, &Part) + Sync,
    ) -> Vec<T> {
        let parts = self.parts_of(test);
        let rows: usize = parts.iter().map(|part| part.len()).sum();
        let gather = |mut gathered: T, part: &&Part| {
            work(&mut gathered, part);
            gathered
        };
        if rows < MANY {
            return vec![parts.iter().fold(T::default(), gather)];
        }
        let together = parts.len().div_ceil(PIECES * rayon::current_num_threads());
        parts.par_iter().with_min_len(together).fold(T::default, gather).collect()
    }
}

/// Rows from which more threads than one look at them. Few in tests, so that they do there.
const MANY: usize = if cfg!(test) { 300 } else { 1 << 18 };
/// Pieces that the work of a thread is cut into, so that none waits long for another.
const PIECES: usize = 8;

/// Cells wherever they are.
struct Listed {
    cells: HashMap<u64, i64>,
    unplaced: i64,
    /// How many are kept; where there are more, that is all that is known.
    most: usize,
}

impl Gather for Listed {
    fn add(&mut self, cell: Option<u64>, count: i64) {
        match cell {
            None => self.unplaced += count,
            Some(cell) if self.cells.len() < self.most => {
                *self.cells.entry(cell).or_default() += count;
            }
            Some(_) => {}
        }
    }
}

/// The cells of a tile along the curve, a power of two.
struct Square {
    counts: Vec<i32>,
}

impl Square {
    /// The count of the cell of a code, or of a cell where `shift` is nothing.
    fn count(&mut self, code: u64, shift: u32) -> &mut i32 {
        let place = (code >> shift) as usize & (self.counts.len() - 1);
        &mut self.counts[place]
    }
}

impl Gather for Square {
    fn add(&mut self, cell: Option<u64>, count: i64) {
        if let Some(cell) = cell {
            *self.count(cell, 0) += count as i32;
        }
    }

    fn add_rows(&mut self, codes: &[u64], which: u64, shift: u32) {
        if which == 0 {
            return;
        }
        // All are in the tile, so those of a cell are those that are alike in its last bits.
        let (first, last) = (which.trailing_zeros() as usize, which.ilog2() as usize);
        if codes[first] >> shift == codes[last] >> shift {
            *self.count(codes[first], shift) += which.count_ones() as i32;
        } else if which == u64::MAX {
            // Without a branch that depends on where they are.
            codes[..CHUNK].iter().for_each(|code| *self.count(*code, shift) += 1);
        } else {
            ones(which).for_each(|i| *self.count(codes[i], shift) += 1);
        }
    }
}

/// Some tickets of a part.
#[derive(Clone, Copy)]
enum Told {
    /// One, or as many as are said, of a category, an hour of the part and a manner.
    Alike { category: u16, hour: usize, manner: Manner },
    /// Up to 64 rows of a category from a place on, each of which has a bit.
    Rows { category: u16, from: usize, fits: u64 },
}

impl Told {
    fn len(self) -> i64 {
        match self {
            Self::Alike { .. } => 1,
            Self::Rows { fits, .. } => i64::from(fits.count_ones()),
        }
    }

    fn row(row: &Row) -> Self {
        let When { hour, manner, .. } = row.when;
        Self::Alike { category: row.category, hour: hour.into(), manner }
    }
}

impl Test<'_> {
    /// Gives the tickets of a part that fit to `take`, many at a time, and how often each of them
    /// counts: some are taken back. From the tallies, unless a division is asked for, or times
    /// that are not whole hours, or little of a category.
    fn tell(&self, part: &Part, mut take: impl FnMut(Told, i64)) {
        let test = self.over(part);
        if self.asks_for_a_division() || !test.is_by_the_hour() {
            test.chunks(|category, from, fits| take(Told::Rows { category, from, fits }, 1));
        } else {
            self.tell_tallies(part, &test, &mut take);
        }
        test.waiting().for_each(|row| take(Told::row(row), 1));
    }

    fn tell_tallies(&self, part: &Part, test: &PartTest<'_, '_>, take: &mut impl FnMut(Told, i64)) {
        let fits: [bool; HOURS] = std::array::from_fn(|hour| test.hour_fits(hour as u8));
        let sorted = &part.sorted;
        let hours = &sorted.hours[..];
        for (category, rows, tallies) in sorted.runs().filter(|(c, ..)| self.has_category(*c)) {
            let mut scan = |rows: Range<usize>, look_where, n| {
                let span = Span { category, rows, look_where };
                test.scan(&span, &mut |from, fits| take(Told::Rows { category, from, fits }, n));
            };
            let places: Vec<(Range<usize>, bool)> = match &self.area {
                None => vec![(rows.clone(), true)],
                Some(area) => area.places(&sorted.codes, rows.clone()).collect(),
            };
            let within: usize = places.iter().map(|(places, _)| places.len()).sum();
            if tallies.is_empty() || within * 2 < rows.len() {
                for (places, inside) in places {
                    scan(places, !inside, 1);
                }
                continue;
            }
            // All of them, and then less those that are elsewhere.
            let mut from = rows.start;
            for (places, inside) in places {
                scan(std::mem::replace(&mut from, places.end)..places.start, false, -1);
                if !inside {
                    scan(places.clone(), false, -1);
                    scan(places, true, 1);
                }
            }
            scan(from..rows.end, false, -1);
            for tally in hours[tallies].iter().map(|tally| Tally(*tally)) {
                let (hour, manner) = (tally.hour(), tally.manner());
                if fits.get(hour) == Some(&true) && test.manner_fits(manner) {
                    take(Told::Alike { category, hour, manner }, tally.count() as i64);
                }
            }
            for i in part.gone.ones().filter(|i| rows.contains(i)) {
                let row = sorted.row(category, i);
                if test.fits_but_area(&row) {
                    take(Told::row(&row), -1);
                }
            }
        }
    }
}
