//! Rows, column by column.

use crate::city::TicketStatus;
use crate::geo::morton::morton;
use crate::geo::{LonLat, World};

/// Bytes of a row in all columns.
pub(super) const ROW: usize = 24;

/// Set in the state of a ticket that has no place.
const UNPLACED: u8 = 0x80;

/// Where a ticket is: its place on the Morton curve, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(Option<u64>);

impl Place {
    /// No place.
    pub(super) const NOWHERE: Self = Self(None);

    /// That of a position, WGS-84.
    pub(super) fn of(at: LonLat) -> Self {
        Self(Some(morton(World::project(at))))
    }

    /// Its code; those without a place come after all others.
    const fn code(self) -> u64 {
        match self.0 {
            Some(code) => code,
            None => u64::MAX,
        }
    }
}

/// A ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) number: u32,
    /// Whole seconds since its part began.
    pub(super) second: u32,
    pub(super) category: u16,
    pub(super) channel: u8,
    pub(super) status: TicketStatus,
    pub(super) divisions: u32,
}

/// Rows, column by column; all columns have the same length.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub(super) codes: Vec<u64>,
    pub(super) numbers: Vec<u32>,
    pub(super) seconds: Vec<u32>,
    pub(super) divisions: Vec<u32>,
    pub(super) categories: Vec<u16>,
    pub(super) channels: Vec<u8>,
    /// The status, and whether there is a place.
    pub(super) states: Vec<u8>,
}

impl Columns {
    /// Columns with room for exactly so many rows.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            codes: Vec::with_capacity(rows),
            numbers: Vec::with_capacity(rows),
            seconds: Vec::with_capacity(rows),
            divisions: Vec::with_capacity(rows),
            categories: Vec::with_capacity(rows),
            channels: Vec::with_capacity(rows),
            states: Vec::with_capacity(rows),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.codes.capacity() * 8
            + (self.numbers.capacity() + self.seconds.capacity() + self.divisions.capacity()) * 4
            + self.categories.capacity() * 2
            + self.channels.capacity()
            + self.states.capacity()
    }

    pub(super) fn push(&mut self, row: Row) {
        let unplaced = if row.place == Place::NOWHERE { UNPLACED } else { 0 };
        self.codes.push(row.place.code());
        self.numbers.push(row.number);
        self.seconds.push(row.second);
        self.divisions.push(row.divisions);
        self.categories.push(row.category);
        self.channels.push(row.channel);
        self.states.push(row.status as u8 | unplaced);
    }

    /// Takes over a row of other columns.
    pub(super) fn copy(&mut self, from: &Self, i: usize) {
        self.codes.push(from.codes[i]);
        self.numbers.push(from.numbers[i]);
        self.seconds.push(from.seconds[i]);
        self.divisions.push(from.divisions[i]);
        self.categories.push(from.categories[i]);
        self.channels.push(from.channels[i]);
        self.states.push(from.states[i]);
    }

    /// The number of a row's status in [`TicketStatus::ALL`].
    pub(super) fn status(&self, i: usize) -> u8 {
        self.states[i] & !UNPLACED
    }

    pub(super) fn is_placed(&self, i: usize) -> bool {
        self.states[i] & UNPLACED == 0
    }

    /// Whether every value is one that [`Columns::push`] writes.
    pub(super) fn is_sound(&self) -> bool {
        let known = |state: &u8| usize::from(*state & !UNPLACED) < TicketStatus::ALL.len();
        self.states.iter().all(known) && self.codes.is_sorted()
    }
}
