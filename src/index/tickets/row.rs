//! A ticket as it is counted.

use super::part::HOUR;
use crate::city::TicketStatus;
use crate::geo::mercator::from_unit;
use crate::geo::morton::{demorton, morton};
use crate::geo::{LonLat, World};

/// The code of whatever has no place; it comes after all others.
pub(super) const NOWHERE: u64 = u64::MAX;

/// Where a ticket is, on the Morton curve, or [`NOWHERE`]. The last centimetre of the world
/// is the one before it.
pub(super) fn code_of(at: Option<LonLat>) -> u64 {
    at.map_or(NOWHERE, |at| morton(World::project(at)).min(NOWHERE - 1))
}

/// When a ticket was filed, how it came in and how far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct When {
    /// The hour, by the [`Dial`](super::clock::Dial), counted from the one in which its part begins.
    pub(super) hour: u8,
    /// The second of that hour.
    pub(super) second: u16,
    pub(super) manner: Manner,
}

/// How a ticket came in and how far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Manner {
    /// The number of its status in [`TicketStatus::ALL`].
    pub(super) status: u8,
    /// The number of its channel.
    pub(super) channel: u8,
}

impl When {
    /// Of a second of a part that has a [`cut`](super::clock::Dial::cut).
    pub(super) const fn new(second: u32, cut: u32, status: TicketStatus, channel: u8) -> Self {
        let second = second + cut;
        let manner = Manner { status: status as u8, channel };
        Self { hour: (second / HOUR) as u8, second: (second % HOUR) as u16, manner }
    }

    /// Whole seconds since the part began.
    pub(super) const fn second_of_part(self, cut: u32) -> u32 {
        (self.hour as u32 * HOUR + self.second as u32).saturating_sub(cut)
    }
}

/// A ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) code: u64,
    pub(super) number: u32,
    pub(super) when: When,
    pub(super) divisions: u32,
    pub(super) category: u16,
}

/// What is looked at of a ticket one by one: all but its divisions, which do not lie row by
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) code: u64,
    pub(super) number: u32,
    pub(super) when: When,
    pub(super) category: u16,
}

impl Seen {
    pub(super) const fn is_placed(&self) -> bool {
        self.code != NOWHERE
    }

    /// Where it is, to the centimetre; WGS-84.
    pub(super) fn at(&self) -> LonLat {
        let World { x, y } = demorton(self.code);
        let unit = |v: u32| (f64::from(v) + 0.5) / (f64::from(u32::MAX) + 1.0);
        from_unit(unit(x), unit(y))
    }
}

impl Row {
    pub(super) const fn seen(&self) -> Seen {
        let Self { code, number, when, category, .. } = *self;
        Seen { code, number, when, category }
    }

    /// What rows of a part are sorted by.
    pub(super) const fn key(&self) -> (u16, u64, u32) {
        (self.category, self.code, self.number)
    }
}
