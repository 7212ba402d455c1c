//! How many tickets are as a filter says: in all, by cell and by kind; by time in
//! [`super::timeline`].
//!
//! All of them count the same rows, those that fit, so that they always agree. Exact. Where
//! they lie is answered from the sums of groups of parts ([`super::sums`]) as far as those
//! go; when and of what kind from the tallies by hour ([`super::sorted`]), unless a place or
//! a division is asked for; all else by a look at each row of the time, the kinds and the
//! tiles that are asked for, on as many cores as there are.

use std::collections::{BTreeMap, HashMap};

use h3o::{LatLng, Resolution};
use rayon::prelude::*;

use super::byte_set::{ByteCounts, CHUNK, ones};
use super::filter::Test;
use super::manners::Side;
use super::part::Part;
use super::sums::Gather;
use super::tell::Told;
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
            test.tell(part, |some, n| *count += i64::from(some.len() * n));
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

    /// How many there are of each kind, most first; `None` for those of which it is not
    /// known.
    pub fn breakdown(&self, filter: &TicketFilter, by: Kind) -> Vec<(Option<&str>, u64)> {
        let test = self.test(filter);
        let lists = &self.words.lists;
        let known = match by {
            Kind::Category => lists.categories.len(),
            Kind::Division(_) => lists.divisions.len(),
            Kind::Status => TicketStatus::ALL.len(),
            Kind::Channel => lists.channels.len(),
        };
        let counted = self.over_parts(&test, |counts: &mut Vec<i64>, part| {
            // One more for what is none of them.
            counts.resize(known + 1, 0);
            let mut add = |number: usize, n: i64| counts[known.min(number)] += n;
            match by {
                Kind::Category => test.tell(part, |some, n| {
                    let (Told::Alike { category, .. } | Told::Rows { category, .. }) = some;
                    add(category.into(), (some.len() * n).into());
                }),
                Kind::Division(_) => {
                    let mut add = |number: u32, n: u32| add(number as usize, n.into());
                    let test = test.over(part);
                    let mut counter = part.sorted.divisions.counter(&mut add);
                    test.chunks(|_, from, fits| counter.push(from, fits));
                    counter.finish();
                    test.waiting().for_each(|row| add(row.divisions, 1));
                }
                Kind::Status => test.count(part, Side::Status, add),
                Kind::Channel => test.count(part, Side::Channel, add),
            }
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
    pub(super) fn over_parts<T: Default + Send>(
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

impl Test<'_> {
    /// Gives what a side of the manners of a part is, and how often.
    fn count(&self, part: &Part, side: Side, mut take: impl FnMut(usize, i64)) {
        let (of_rows, says) = part.sorted.whens.manners.sides(side);
        let mut counts = ByteCounts::new();
        self.tell(part, |some, n| match some {
            Told::Alike { manner, .. } => take(manner.side(side).into(), n.into()),
            Told::Rows { from, fits, .. } => counts.add_each(&of_rows[from..], fits, n),
        });
        let counts = says.into_iter().zip(counts.each()).filter(|(_, (_, count))| *count != 0);
        counts.for_each(|(number, (_, count))| take(number.into(), count));
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
