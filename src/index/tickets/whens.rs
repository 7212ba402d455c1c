//! When rows were filed and how, in columns of their own: a question reads the bytes of what
//! it asks for, one or two a row.

use super::column::Column;
use super::row::{Manner, When};

/// A [`When`] for each row: 5 bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Whens {
    pub(super) hours: Column<u8>,
    /// Seconds of the hour.
    pub(super) seconds: Column<u16>,
    pub(super) statuses: Column<u8>,
    pub(super) channels: Column<u8>,
}

/// The columns, for whoever looks at many rows.
#[derive(Clone, Copy)]
pub(super) struct Slices<'a> {
    pub(super) hours: &'a [u8],
    pub(super) seconds: &'a [u16],
    pub(super) statuses: &'a [u8],
    pub(super) channels: &'a [u8],
}

impl Whens {
    pub(super) fn of(whens: &[When]) -> Self {
        let bytes = |of: fn(&When) -> u8| Column::from(whens.iter().map(of).collect::<Vec<u8>>());
        Self {
            hours: bytes(|when| when.hour),
            seconds: whens.iter().map(|when| when.second).collect::<Vec<u16>>().into(),
            statuses: bytes(|when| when.manner.status),
            channels: bytes(|when| when.manner.channel),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let [hours, statuses, channels] =
            [&self.hours, &self.statuses, &self.channels].map(Column::bytes);
        hours + self.seconds.bytes() + statuses + channels
    }

    /// That of a row. Without a panic, so that what is not used is not read.
    pub(super) fn get(&self, i: usize) -> When {
        let byte = |of: &Column<u8>| of.get(i).copied().unwrap_or_default();
        let manner = Manner { status: byte(&self.statuses), channel: byte(&self.channels) };
        let second = self.seconds.get(i).copied().unwrap_or_default();
        When { hour: byte(&self.hours), second, manner }
    }

    pub(super) fn slices(&self) -> Slices<'_> {
        let Self { hours, seconds, statuses, channels } = self;
        Slices { hours, seconds, statuses, channels }
    }
}
