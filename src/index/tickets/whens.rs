//! When rows were filed and how, in columns of their own: a question reads the bytes of what
//! it asks for, one or two a row.

use super::column::Column;
use super::manners::Manners;
use super::row::When;

/// A [`When`] for each row: 4 bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Whens {
    pub(super) hours: Column<u8>,
    /// Seconds of the hour.
    pub(super) seconds: Column<u16>,
    pub(super) manners: Manners,
}

/// The times, for whoever looks at many rows.
#[derive(Clone, Copy)]
pub(super) struct Times<'a> {
    pub(super) hours: &'a [u8],
    pub(super) seconds: &'a [u16],
}

impl Whens {
    pub(super) fn of(whens: &[When]) -> Self {
        Self {
            hours: whens.iter().map(|when| when.hour).collect::<Vec<u8>>().into(),
            seconds: whens.iter().map(|when| when.second).collect::<Vec<u16>>().into(),
            manners: Manners::of(whens.iter().map(|when| when.manner)),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.hours.bytes() + self.seconds.bytes() + self.manners.bytes()
    }

    /// That of a row. Without a panic, so that what is not used is not read.
    pub(super) fn get(&self, i: usize) -> When {
        When {
            hour: self.hours.get(i).copied().unwrap_or_default(),
            second: self.seconds.get(i).copied().unwrap_or_default(),
            manner: self.manners.get(i),
        }
    }

    pub(super) fn times(&self) -> Times<'_> {
        Times { hours: &self.hours, seconds: &self.seconds }
    }
}
