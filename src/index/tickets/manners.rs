//! How the rows of a part came in and how far they are: one byte a row, so that status and
//! channel are looked at together.

use super::byte_set::ByteSet;
use super::column::Column;
use super::row::Manner;

/// Manners of a part that have numbers. Few in tests, so that there are parts with more.
const NUMBERS: usize = if cfg!(test) { 6 } else { 256 };

/// A [`Manner`] for each row.
#[derive(Debug, Clone)]
pub(super) enum Manners {
    /// By its number among those that come in the part, which are in order.
    Numbered { of: Vec<Manner>, each: Column<u8> },
    /// Of more than a byte has numbers for: some forty channels, of which every status comes.
    Apart { statuses: Column<u8>, channels: Column<u8> },
}

/// A side of a [`Manner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Status,
    Channel,
}

impl Manner {
    pub(super) const fn side(self, side: Side) -> u8 {
        match side {
            Side::Status => self.status,
            Side::Channel => self.channel,
        }
    }
}

impl Default for Manners {
    fn default() -> Self {
        Self::Numbered { of: Vec::new(), each: Column::default() }
    }
}

impl Manners {
    pub(super) fn of(rows: impl ExactSizeIterator<Item = Manner> + Clone) -> Self {
        let mut of: Vec<Manner> = Vec::new();
        for manner in rows.clone() {
            if let Err(place) = of.binary_search(&manner) {
                if of.len() == NUMBERS {
                    let column = |side| rows.clone().map(|m| m.side(side)).collect::<Vec<_>>();
                    let [statuses, channels] = [Side::Status, Side::Channel].map(column);
                    return Self::Apart { statuses: statuses.into(), channels: channels.into() };
                }
                of.insert(place, manner);
            }
        }
        let number = |manner| of.partition_point(|other| *other < manner) as u8;
        let each = rows.map(number).collect::<Vec<_>>().into();
        Self::Numbered { of, each }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Numbered { of, each } => of.capacity() * size_of::<Manner>() + each.bytes(),
            Self::Apart { statuses, channels } => statuses.bytes() + channels.bytes(),
        }
    }

    /// That of a row. Without a panic, so that what is not used is not read.
    pub(super) fn get(&self, i: usize) -> Manner {
        let byte = |of: &Column<u8>| of.get(i).copied().unwrap_or_default();
        match self {
            Self::Numbered { of, each } => {
                of.get(usize::from(byte(each))).copied().unwrap_or_default()
            }
            Self::Apart { statuses, channels } => {
                Manner { status: byte(statuses), channel: byte(channels) }
            }
        }
    }

    /// A byte of each row, and what that says of its manner, for each byte that comes.
    pub(super) fn sides(&self, side: Side) -> (&[u8], Vec<u8>) {
        match (self, side) {
            (Self::Numbered { of, each }, _) => {
                (each, of.iter().map(|manner| manner.side(side)).collect())
            }
            (Self::Apart { statuses, .. }, Side::Status) => (statuses, (0..=u8::MAX).collect()),
            (Self::Apart { channels, .. }, Side::Channel) => (channels, (0..=u8::MAX).collect()),
        }
    }

    /// Bytes of each row, and those that fit of them; a row fits if all of its bytes do. None
    /// where every row fits.
    pub(super) fn asked<'a>(
        &'a self,
        statuses: Option<&ByteSet>,
        channels: Option<&ByteSet>,
    ) -> Vec<(ByteSet, &'a [u8])> {
        let fits = |asked: Option<&ByteSet>, byte: u8| asked.is_none_or(|set| set.has(byte));
        match self {
            Self::Numbered { of, each } => {
                let fits = |m: &Manner| fits(statuses, m.status) && fits(channels, m.channel);
                if of.iter().all(fits) {
                    return Vec::new();
                }
                let set = ByteSet::of(|number| of.get(usize::from(number)).is_some_and(fits));
                vec![(set, &each[..])]
            }
            Self::Apart { statuses: of_status, channels: of_channel } => {
                let both = [(statuses, of_status), (channels, of_channel)];
                let asked = both.into_iter().filter_map(|(set, of)| Some((set?.clone(), &of[..])));
                asked.collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_manner_of_each_row_is_kept_and_found(
            rows in prop::collection::vec((0_u8..3, prop_oneof![0_u8..2, any::<u8>()]), 0..200),
            few in any::<bool>(),
            statuses in prop::option::of(prop::collection::vec(0_u8..3, 0..3)),
            channels in prop::option::of(prop::collection::vec(0_u8..3, 0..3)),
        ) {
            let rows: Vec<Manner> = rows
                .into_iter()
                .map(|(status, channel)| {
                    Manner { status, channel: if few { channel % 2 } else { channel } }
                })
                .collect();
            let manners = Manners::of(rows.iter().copied());
            if few {
                let numbered = matches!(manners, Manners::Numbered { .. });
                prop_assert!(numbered);
            }
            let got: Vec<Manner> = (0..rows.len()).map(|i| manners.get(i)).collect();
            prop_assert_eq!(&got, &rows);
            for side in [Side::Status, Side::Channel] {
                let (bytes, says) = manners.sides(side);
                prop_assert_eq!(bytes.len(), rows.len());
                for (byte, row) in bytes.iter().zip(&rows) {
                    prop_assert_eq!(says[usize::from(*byte)], row.side(side));
                }
            }
            let set = |bytes: &Option<Vec<u8>>| {
                bytes.as_ref().map(|bytes| ByteSet::of(|byte| bytes.contains(&byte)))
            };
            let asked = manners.asked(set(&statuses).as_ref(), set(&channels).as_ref());
            for (i, row) in rows.iter().enumerate() {
                let fits = statuses.as_ref().is_none_or(|s| s.contains(&row.status))
                    && channels.as_ref().is_none_or(|c| c.contains(&row.channel));
                prop_assert_eq!(asked.iter().all(|(set, of)| set.has(of[i])), fits);
            }
        }
    }
}
