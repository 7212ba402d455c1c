//! A ticket as it is counted.

use crate::city::TicketStatus;
use crate::geo::mercator::from_unit;
use crate::geo::morton::{demorton, morton};
use crate::geo::{LonLat, World};

/// The code of whatever has no place; it comes after all others.
pub(super) const NOWHERE: u64 = u64::MAX;
/// Bits of a channel in [`When`].
const CHANNEL_BITS: u32 = 8;
/// Bits of channel and status in [`When`].
pub(super) const MANNER_BITS: u32 = CHANNEL_BITS + 3;
/// Manners that can be told apart.
pub(super) const MANNERS: usize = 1 << MANNER_BITS;

/// Where a ticket is, on the Morton curve, or [`NOWHERE`]. The last centimetre of the world
/// is the one before it.
pub(super) fn code_of(at: Option<LonLat>) -> u64 {
    at.map_or(NOWHERE, |at| morton(World::project(at)).min(NOWHERE - 1))
}

/// When a ticket was filed, how it came in and how far it is, in 32 bits: the second of its
/// part above its *manner*, which is the status above the channel. They are in the order of
/// the seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct When(pub(super) u32);

impl When {
    pub(super) const fn new(second: u32, status: TicketStatus, channel: u8) -> Self {
        let manner = (status as u32) << CHANNEL_BITS | channel as u32;
        Self(second << MANNER_BITS | manner)
    }

    /// The first of a second.
    pub(super) const fn from(second: u32) -> u64 {
        (second as u64) << MANNER_BITS
    }

    /// Whole seconds since the part began.
    pub(super) const fn second(self) -> u32 {
        self.0 >> MANNER_BITS
    }

    /// Status and channel as one number below [`MANNERS`].
    pub(super) const fn manner(self) -> usize {
        self.0 as usize & (MANNERS - 1)
    }
}

/// The number of a manner's status in [`TicketStatus::ALL`].
pub(super) const fn status_of(manner: usize) -> usize {
    manner >> CHANNEL_BITS
}

/// The number of a manner's channel.
pub(super) const fn channel_of(manner: usize) -> usize {
    manner & ((1 << CHANNEL_BITS) - 1)
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
