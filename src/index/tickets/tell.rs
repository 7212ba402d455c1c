//! The tickets of a part that fit, many at a time: from the tallies or from the rows, whichever
//! is less to look at.

use std::ops::Range;

use super::clock::HOURS;
use super::filter::{PartTest, Place, Span, Test};
use super::part::Part;
use super::row::{Manner, Row, When};
use super::share::Share;
use super::sorted::Tally;

/// Some tickets of a part.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// One, or as many as are said, of a category, an hour of the part and a manner.
    Alike { category: u16, hour: u8, manner: Manner },
    /// Up to 64 rows of a category from a place on, each of which has a bit.
    Rows { category: u16, from: usize, fits: u64 },
}

impl Told {
    /// How many they are.
    pub(super) fn len(self) -> i32 {
        match self {
            Self::Alike { .. } => 1,
            Self::Rows { fits, .. } => fits.count_ones() as i32,
        }
    }

    fn row(row: &Row) -> Self {
        let When { hour, manner, .. } = row.when;
        Self::Alike { category: row.category, hour, manner }
    }
}

impl Test<'_> {
    /// Gives the tickets of a part that fit to `take`, many at a time, and how often each of them
    /// counts: some are taken back. From the tallies, unless a division is asked for, or times
    /// that are not whole hours, or little of a category.
    pub(super) fn tell(&self, part: &Part, mut take: impl FnMut(Told, i32)) {
        let test = self.over(part);
        if self.asks_for_a_division() || !test.is_by_the_hour() {
            test.chunks(|category, from, fits| take(Told::Rows { category, from, fits }, 1));
        } else {
            self.tell_tallies(part, &test, &mut take);
        }
        test.waiting().for_each(|row| take(Told::row(row), 1));
    }

    fn tell_tallies(&self, part: &Part, test: &PartTest<'_, '_>, take: &mut impl FnMut(Told, i32)) {
        let fits: [bool; HOURS] = std::array::from_fn(|hour| test.hour_fits(hour as u8));
        let sorted = &part.sorted;
        let hours = &sorted.hours[..];
        let mut shares: Vec<(Range<usize>, Share)> = Vec::new();
        for (category, rows, tallies) in sorted.runs().filter(|(c, ..)| self.has_category(*c)) {
            shares.clear();
            match &self.area {
                None => shares.push((rows.clone(), Share::All)),
                Some(area) => area.shares(&sorted.codes, rows.clone(), |rows, share| {
                    shares.push((rows, share));
                }),
            }
            let count = |of: Share| -> usize {
                let rows = shares.iter().filter(|(_, share)| *share == of);
                rows.map(|(rows, _)| rows.len()).sum()
            };
            // Those inside; or all, less those that are outside.
            let by_tallies = !tallies.is_empty()
                && count(Share::All) >= count(Share::None) + TALLY * tallies.len();
            let spans = shares.drain(..).filter_map(|(rows, share)| {
                let place = match (share, by_tallies) {
                    (Share::None, false) | (Share::All, true) => return None,
                    (Share::Some, false) => Place::Inside,
                    (Share::Some, true) => Place::Outside,
                    (Share::All, false) | (Share::None, true) => Place::Any,
                };
                Some(Span { category, rows, place })
            });
            let n = if by_tallies { -1 } else { 1 };
            test.scan_all(spans, &mut |category, from, fits| {
                take(Told::Rows { category, from, fits }, n);
            });
            if !by_tallies {
                continue;
            }
            for tally in hours[tallies].iter().map(|tally| Tally(*tally)) {
                let (hour, manner) = (tally.hour(), tally.manner());
                if fits.get(usize::from(hour)) == Some(&true) && test.manner_fits(manner) {
                    take(Told::Alike { category, hour, manner }, tally.count() as i32);
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

/// Rows that are looked at in the time that one tally is. Tallies are kept only where there are
/// fewer than half as many.
const TALLY: usize = 2;
