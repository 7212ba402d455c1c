//! A box as stretches of the curve.

use std::ops::{Range, RangeInclusive};

use super::byte_set::{FEW, ones};
use super::codes::Codes;
use super::column::near;
use super::row::NOWHERE;
use super::share::Share;
use crate::geo::mercator::MAX_ZOOM;
use crate::geo::morton::{morton, morton_range};
use crate::geo::{Bounds, LonLat, TileId, World};

/// How often the tiles around a box are divided, so that most of what is in them is in the
/// box and need not be looked at one by one.
const DEPTH: u8 = 6;

/// A box in world units.
#[derive(Debug)]
pub(super) struct Area {
    x: RangeInclusive<u32>,
    y: RangeInclusive<u32>,
    sides: Sides,
    /// Stretches of the curve that cover it, in order, and whether all of each is inside.
    pub(super) ranges: Vec<(Range<u64>, bool)>,
}

/// A box by the bits of the curve. Those of a column alone are in the order of the columns,
/// and so are those of a row, so that nothing need be taken apart.
#[derive(Debug)]
struct Sides {
    empty: bool,
    /// The first column and how far it is to the last, and the same of the rows.
    columns: [u64; 2],
    rows: [u64; 2],
}

/// The bits of a column.
const COLUMN: u64 = 0x5555_5555_5555_5555;

impl Sides {
    fn of(x: &RangeInclusive<u32>, y: &RangeInclusive<u32>) -> Self {
        let first = morton(World { x: *x.start(), y: *y.start() });
        let last = morton(World { x: *x.end(), y: *y.end() });
        let side = |bits: u64| [first & bits, (last & bits).wrapping_sub(first & bits)];
        let empty = x.is_empty() || y.is_empty();
        Self { empty, columns: side(COLUMN), rows: side(!COLUMN) }
    }

    /// Without a branch; one comparison each, because what is before the first wraps around.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch for each row is slower")]
    const fn contain(&self, code: u64) -> bool {
        let [column, columns] = self.columns;
        let [row, rows] = self.rows;
        !self.empty
            & (code != NOWHERE)
            & ((code & COLUMN).wrapping_sub(column) <= columns)
            & ((code & !COLUMN).wrapping_sub(row) <= rows)
    }

    /// How much of what lies between two codes on the curve, both included, is in the box; some
    /// where it is not seen. Cuts the curve `cuts` times where it leaves the largest tile.
    fn share(&self, low: u64, high: u64, cuts: u32) -> Share {
        let [columns, rows] = self.shares_of_tile(low, high);
        let share = match (columns, rows) {
            (Share::None, _) | (_, Share::None) => Share::None,
            (Share::All, Share::All) if high != NOWHERE => Share::All,
            _ => Share::Some,
        };
        if share != Share::Some || cuts == 0 || low == high {
            return share;
        }
        let middle = high & !(beneath(low, high) >> 1);
        match (self.share(low, middle - 1, cuts - 1), self.share(middle, high, cuts - 1)) {
            (a, b) if a == b => a,
            _ => Share::Some,
        }
    }

    /// How much of the columns, and of the rows, of the smallest tile around two codes, or the
    /// half of one, is in the box.
    fn shares_of_tile(&self, low: u64, high: u64) -> [Share; 2] {
        let beneath = beneath(low, high);
        let (low, high) = (low & !beneath, low | beneath);
        [(COLUMN, self.columns), (!COLUMN, self.rows)].map(|(bits, [first, more])| {
            let (from, to, last) = (low & bits, high & bits, first.wrapping_add(more));
            if self.empty || to < first || from > last {
                Share::None
            } else if from >= first && to <= last {
                Share::All
            } else {
                Share::Some
            }
        })
    }

    /// Which of up to 64 codes in order are in the box: a bit for each.
    fn among(&self, codes: &[u64]) -> u64 {
        let (Some(low), Some(high)) = (codes.first(), codes.last()) else { return 0 };
        let [column, columns] = self.columns;
        let [row, rows] = self.rows;
        // Most lie along one side, and only that need be compared.
        match self.shares_of_tile(*low, *high) {
            [Share::None, _] | [_, Share::None] => 0,
            [Share::Some, Share::All] if *high != NOWHERE => {
                which(codes, |code| (code & COLUMN).wrapping_sub(column) <= columns)
            }
            [Share::All, Share::Some] if *high != NOWHERE => {
                which(codes, |code| (code & !COLUMN).wrapping_sub(row) <= rows)
            }
            _ => which(codes, |code| self.contain(code)),
        }
    }
}

/// All bits from the first in which two codes differ.
fn beneath(low: u64, high: u64) -> u64 {
    u64::MAX.checked_shr((low ^ high).leading_zeros()).unwrap_or(0)
}

/// A bit for each of up to 64 codes.
fn which(codes: &[u64], fits: impl Fn(u64) -> bool) -> u64 {
    let bits = |codes: &[u64]| {
        let each = codes.iter().enumerate();
        each.fold(0, |all, (i, code)| all | u64::from(fits(*code)) << i)
    };
    // By eight, so that how far each is moved is known when it is compiled.
    let (eights, rest) = codes.as_chunks::<8>();
    eights.iter().rev().fold(bits(rest), |all, eight| all << 8 | bits(eight))
}

/// How often the curve is cut to see how much of a block is in a box. Most that cross a border
/// between large tiles do so once.
const CUTS: u32 = 1;

impl Area {
    pub(super) fn of(bounds: &Bounds) -> Self {
        let north_west = World::project(LonLat::new(bounds.west, bounds.north));
        let south_east = World::project(LonLat::new(bounds.east, bounds.south));
        Self::over(north_west.x..=south_east.x, north_west.y..=south_east.y)
    }

    /// Of these columns and rows of the world.
    fn over(x: RangeInclusive<u32>, y: RangeInclusive<u32>) -> Self {
        // The zoom at which it is no larger than a tile and so meets four of them at most.
        let side = (x.end().saturating_sub(*x.start())).max(y.end().saturating_sub(*y.start()));
        let z = side.leading_zeros().min(u32::from(MAX_ZOOM));
        let (left, top) = World { x: *x.start(), y: *y.start() }.cell(z);
        let (right, bottom) = World { x: *x.end(), y: *y.end() }.cell(z);
        let tiles = (top..=bottom).flat_map(|y| (left..=right).map(move |x| (x, y)));
        Self::covered(x, y, tiles.filter_map(|(x, y)| TileId::new(z as u8, x, y)))
    }

    /// The part of it, or of the world, that is in a tile.
    pub(super) fn in_tile(area: Option<&Self>, tile: TileId) -> Self {
        let (x, y) = world_of(tile);
        let Some(area) = area else { return Self::covered(x, y, std::iter::once(tile)) };
        let both = |a: &RangeInclusive<u32>, b: &RangeInclusive<u32>| {
            *a.start().max(b.start())..=*a.end().min(b.end())
        };
        Self::covered(both(&x, &area.x), both(&y, &area.y), std::iter::once(tile))
    }

    fn covered(
        x: RangeInclusive<u32>,
        y: RangeInclusive<u32>,
        tiles: impl Iterator<Item = TileId>,
    ) -> Self {
        let sides = Sides::of(&x, &y);
        let mut area = Self { x, y, sides, ranges: Vec::new() };
        let mut ranges = Vec::new();
        tiles.for_each(|tile| area.cover(tile, DEPTH, &mut ranges));
        ranges.sort_unstable_by_key(|(codes, _)| codes.start);
        ranges.dedup_by(|(next, of_next), (last, of_last)| {
            let joins = last.end == next.start && of_last == of_next;
            if joins {
                last.end = next.end;
            }
            joins
        });
        area.ranges = ranges;
        area
    }

    fn cover(&self, tile: TileId, depth: u8, ranges: &mut Vec<(Range<u64>, bool)>) {
        let (x, y) = world_of(tile);
        let meets = |a: &RangeInclusive<u32>, b: &RangeInclusive<u32>| {
            a.start() <= b.end() && b.start() <= a.end()
        };
        let within = |a: &RangeInclusive<u32>, b: &RangeInclusive<u32>| {
            a.start() >= b.start() && a.end() <= b.end()
        };
        if !meets(&x, &self.x) || !meets(&y, &self.y) {
            return;
        }
        let inside = within(&x, &self.x) && within(&y, &self.y);
        if inside || depth == 0 || tile.z == MAX_ZOOM {
            let codes = morton_range(tile);
            // The code beyond the last is that of what has no place.
            let end = u64::try_from(codes.end).unwrap_or(NOWHERE);
            ranges.push((codes.start as u64..end, inside));
            return;
        }
        tile.children().into_iter().for_each(|child| self.cover(child, depth - 1, ranges));
    }

    /// Whether a place is in it.
    pub(super) fn contains(&self, code: u64) -> bool {
        self.sides.contain(code)
    }

    /// Which of up to 64 codes in order are in it, of those whose bits are set.
    pub(super) fn among(&self, codes: &[u64], asked: u64) -> u64 {
        if asked.count_ones() <= FEW {
            return ones(asked).fold(0, |all, i| all | u64::from(self.contains(codes[i])) << i);
        }
        asked & self.sides.among(codes)
    }

    /// The only stretch of the curve that covers it, if it is one, as of a tile; and whether all
    /// of it is inside.
    pub(super) fn only(&self) -> Option<(Range<u64>, bool)> {
        let [(range, inside)] = &self.ranges[..] else { return None };
        Some((range.clone(), *inside))
    }

    /// Gives the rows of a run to `take`, many together and all of them in order, and how much of
    /// these is in the box, as far as the first codes of blocks of rows ([`Codes`]) say it. Costs
    /// some nanoseconds a block at the edge of the box, and less where many together are the same.
    pub(super) fn shares(
        &self,
        codes: &Codes,
        run: Range<usize>,
        mut take: impl FnMut(Range<usize>, Share),
    ) {
        let of_run = &codes[run.clone()];
        let (Some(first), Some(last)) = (of_run.first(), of_run.last()) else { return };
        let blocks = codes.blocks(run);
        let count = blocks.heads.len() + 1;
        let mut ranges = &self.ranges[..];
        // The first may have no rows.
        let mut block = usize::from(blocks.start(0) == blocks.start(1));
        let mut code = *first;
        let (mut from, mut share_before) = (block, None);
        while block < count {
            ranges = &ranges[ranges.partition_point(|(range, _)| range.end <= code)..];
            // How much is so up to where.
            let (share, end) = match ranges.first() {
                None => (Share::None, None),
                Some((range, _)) if code < range.start => (Share::None, Some(range.start)),
                Some((range, true)) => (Share::All, Some(range.end)),
                Some((range, false)) => (Share::Some, Some(range.end)),
            };
            let is_before = |code: u64| end.is_none_or(|end| code < end);
            let (mut share, mut next) = (share, block);
            if share != Share::Some {
                next += near(&blocks.heads[block..], is_before);
                next += usize::from(next + 1 == count && is_before(*last));
            }
            if next == block {
                let high = blocks.heads.get(block).unwrap_or(last);
                share = self.sides.share(code, *high, CUTS);
                next += 1;
            }
            if share_before != Some(share) {
                if let Some(before) = share_before.replace(share) {
                    take(blocks.start(from)..blocks.start(block), before);
                }
                from = block;
            }
            block = next;
            code = blocks.heads.get(block - 1).copied().unwrap_or(code);
        }
        if let Some(share) = share_before {
            take(blocks.start(from)..blocks.start(count), share);
        }
    }
}

/// Columns and rows of a tile.
fn world_of(tile: TileId) -> (RangeInclusive<u32>, RangeInclusive<u32>) {
    let (x, y) = tile.world_range();
    let inclusive = |range: Range<u64>| range.start as u32..=(range.end - 1) as u32;
    (inclusive(x), inclusive(y))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::morton::demorton;

    proptest! {
        #[test]
        fn a_code_is_in_a_box_as_its_place_is(
            corners in any::<[u32; 4]>(),
            near in prop::collection::vec((any::<u32>(), any::<u32>(), 0_usize..16), 1..40),
        ) {
            let [a, b, c, d] = corners;
            // Some are empty.
            let (x, y) = (a.min(b)..=b, c.min(d)..=d.max(c) - d.max(c) % 3);
            let sides = Sides::of(&x, &y);
            for (dx, dy, at) in near {
                // At the sides and beside them, and anywhere.
                let place = |from: u32, to: u32, off: u32, at: usize| match at {
                    0 => from,
                    1 => to,
                    2 => from.wrapping_sub(1),
                    _ if off.is_multiple_of(2) => to.wrapping_add(1),
                    _ => off,
                };
                let x_at = place(*x.start(), *x.end(), dx, at % 4);
                let y_at = place(*y.start(), *y.end(), dy, at / 4);
                let code = morton(World { x: x_at, y: y_at });
                let inside = x.contains(&x_at) && y.contains(&y_at) && code != NOWHERE;
                prop_assert_eq!(sides.contain(code), inside);
            }
        }

        #[test]
        fn of_each_row_it_is_said_whether_it_is_in_a_box_or_can_be(
            corners in any::<[(u8, u8); 2]>(),
            spread in 0_u32..32,
            places in prop::collection::vec((any::<u8>(), any::<u8>()), 1..400),
            (before, after) in (0_usize..100, 0_usize..100),
            asked in prop_oneof![Just(u64::MAX), any::<u64>()],
        ) {
            // Near each other or over the world; with the last of all and what has no place.
            let world = |(x, y): (u8, u8)| World {
                x: u32::MAX - (u32::from(x) << spread.min(24)),
                y: u32::MAX - (u32::from(y) << spread.min(24)),
            };
            let [a, b] = corners.map(world);
            let (x, y) = (a.x.min(b.x)..=a.x.max(b.x), a.y.min(b.y)..=a.y.max(b.y));
            let area = Area::over(x.clone(), y.clone());
            let mut codes: Vec<u64> = places.iter().map(|at| morton(world(*at))).collect();
            codes.sort_unstable();
            let is_in = |code: u64| {
                let World { x: x_at, y: y_at } = demorton(code);
                code != NOWHERE && x.contains(&x_at) && y.contains(&y_at)
            };
            let start = before.min(codes.len() - 1);
            let run = start..codes.len().saturating_sub(after).max(start + 1);
            let codes = Codes::from(codes);
            let mut row = run.start;
            area.shares(&codes, run.clone(), |rows, share| {
                assert_eq!(rows.start, row, "each row once and in order");
                assert!(rows.start < rows.end);
                row = rows.end;
                for chunk in codes[rows.clone()].chunks(64) {
                    let asked = asked & (u64::MAX >> (64 - chunk.len()));
                    let is_found = |i: &usize| asked >> i & 1 == 1 && is_in(chunk[*i]);
                    let expected: Vec<usize> = (0..chunk.len()).filter(is_found).collect();
                    let found: Vec<usize> = ones(area.among(chunk, asked)).collect();
                    assert_eq!(found, expected);
                }
                for code in &codes[rows] {
                    assert_eq!(area.contains(*code), is_in(*code));
                    assert!(share != Share::All || is_in(*code));
                    assert!(share != Share::None || !is_in(*code));
                }
            });
            prop_assert_eq!(row, run.end);
        }
    }
}
