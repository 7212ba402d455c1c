//! A box as stretches of the curve.

use std::ops::{Range, RangeInclusive};

use super::row::NOWHERE;
use crate::geo::mercator::MAX_ZOOM;
use crate::geo::morton::{morton, morton_range};
use crate::geo::{Bounds, LonLat, TileId, World};

/// How often the tiles around a box are divided, so that most of what is in them is in the
/// box and need not be looked at one by one.
const DEPTH: u8 = 4;

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
    const fn contain(&self, code: u64) -> bool {
        let [column, columns] = self.columns;
        let [row, rows] = self.rows;
        !self.empty
            & ((code & COLUMN).wrapping_sub(column) <= columns)
            & ((code & !COLUMN).wrapping_sub(row) <= rows)
    }
}

impl Area {
    pub(super) fn of(bounds: &Bounds) -> Self {
        let north_west = World::project(LonLat::new(bounds.west, bounds.north));
        let south_east = World::project(LonLat::new(bounds.east, bounds.south));
        let (x, y) = (north_west.x..=south_east.x, north_west.y..=south_east.y);
        // The zoom at which it is no larger than a tile and so meets four of them at most.
        let side = (x.end().saturating_sub(*x.start())).max(y.end().saturating_sub(*y.start()));
        let z = side.leading_zeros().min(u32::from(MAX_ZOOM));
        let (left, top) = north_west.cell(z);
        let (right, bottom) = south_east.cell(z);
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

    /// The only stretch of the curve that covers it, if it is one, as of a tile; and whether all
    /// of it is inside.
    pub(super) fn only(&self) -> Option<(Range<u64>, bool)> {
        let [(range, inside)] = &self.ranges[..] else { return None };
        Some((range.clone(), *inside))
    }

    /// The places of a run of rows that can be in it, and whether all of each are.
    pub(super) fn places<'a>(
        &'a self,
        codes: &'a [u64],
        run: Range<usize>,
    ) -> impl Iterator<Item = (Range<usize>, bool)> + 'a {
        let mut from = run.start;
        let mut ranges = &self.ranges[..];
        std::iter::from_fn(move || {
            loop {
                // Stretches in which nothing lies are passed over together.
                let next = *codes[from..run.end].first()?;
                ranges = &ranges[ranges.partition_point(|(range, _)| range.end <= next)..];
                let ((range, inside), others) = ranges.split_first()?;
                ranges = others;
                let left = &codes[from..run.end];
                let skipped = if range.start <= next {
                    0
                } else {
                    left.partition_point(|code| *code < range.start)
                };
                let start = from + skipped;
                from = start + near(&codes[start..run.end], |code| code < range.end);
                if start < from {
                    return Some((start..from, *inside));
                }
            }
        })
    }
}

/// How many of some codes in order are below something. Costs by how many these are and not by
/// how many there are: what is in a tile lies in few cache lines, and what comes after in many.
pub(super) fn near(codes: &[u64], is_below: impl Fn(u64) -> bool) -> usize {
    let (mut below, mut step) = (0, 8);
    while codes.get(below + step).is_some_and(|code| is_below(*code)) {
        below += step;
        step *= 2;
    }
    let end = codes.len().min(below + step);
    below + codes[below..end].partition_point(|code| is_below(*code))
}

/// Runs in which the same is looked for together.
const TOGETHER: usize = 64;

/// Where in each of some runs of codes those of a stretch of the curve are. Looks for all of them
/// step by step together: where each step waits for memory, they wait at the same time.
pub(super) fn within(runs: &[&[u64]], stretch: &Range<u64>) -> Vec<Range<usize>> {
    struct Search<'a> {
        left: &'a [u64],
        at: usize,
        code: u64,
    }
    let mut all = Vec::with_capacity(runs.len());
    let mut searches: Vec<Search<'_>> = Vec::with_capacity(2 * TOGETHER.min(runs.len()));
    for runs in runs.chunks(TOGETHER) {
        searches.clear();
        for run in runs {
            let of = |code| Search { left: run, at: 0, code };
            searches.extend([of(stretch.start), of(stretch.end)]);
        }
        let mut longest = runs.iter().map(|run| run.len()).max().unwrap_or(0);
        while longest > 0 {
            for search in searches.iter_mut().filter(|search| !search.left.is_empty()) {
                let (before, after) = search.left.split_at(search.left.len() / 2);
                let is_below = after[0] < search.code;
                search.at += if is_below { before.len() + 1 } else { 0 };
                search.left = if is_below { &after[1..] } else { before };
            }
            longest /= 2;
        }
        let (found, _) = searches.as_chunks::<2>();
        all.extend(found.iter().map(|[start, end]| start.at..end.at));
    }
    all
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
                let inside = x.contains(&x_at) && y.contains(&y_at);
                prop_assert_eq!(sides.contain(morton(World { x: x_at, y: y_at })), inside);
            }
        }

        #[test]
        fn what_is_within_a_stretch_is_found_in_each_run(
            runs in prop::collection::vec(prop::collection::vec(0_u64..300, 0..90), 0..150),
            (a, b) in (0_u64..310, 0_u64..310),
        ) {
            let mut codes = Vec::new();
            let places: Vec<Range<usize>> = runs
                .into_iter()
                .map(|mut run| {
                    run.sort_unstable();
                    let start = codes.len();
                    codes.extend(run);
                    start..codes.len()
                })
                .collect();
            let stretch = a.min(b)..a.max(b);
            let runs: Vec<&[u64]> = places.iter().map(|run| &codes[run.clone()]).collect();
            let found = within(&runs, &stretch);
            prop_assert_eq!(found.len(), places.len());
            for (found, run) in found.into_iter().zip(places) {
                let below = |code| codes[run.clone()].iter().filter(|c| **c < code).count();
                prop_assert_eq!(found, below(stretch.start)..below(stretch.end));
                prop_assert_eq!(near(&codes[run.clone()], |c| c < stretch.end), below(stretch.end));
            }
        }
    }
}
