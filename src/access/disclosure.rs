//! Which figures of a month can be told to anybody: one partition of the city into tiles, in
//! which each holds at least *k* tickets.
//!
//! A tile is cut into its quarters where at least two of them hold *k* tickets each, and the
//! others together hold at most a tenth of what those hold; the tickets of the others are
//! then in no cell. Where one quarter alone holds *k* tickets, the search goes on inside it,
//! without a cut; a tile in which no cut is found is a cell, whole.
//!
//! **Why no smaller count follows**, for one who knows this method, *k* and every figure. Take
//! any figures that this method gives. Move all tickets of each cell to one place in it, any,
//! and those that are in no cell to those without a position. Every cut is made as before:
//! what is compared with *k* are whole cells and more. No other cut is made: in a cell there
//! is one place with tickets, and nothing to cut. So the same figures are given, and
//! a part of a cell may have none or all of its tickets. What is in no cell can lie anywhere
//! outside of the cells: with one ticket of it moved there, that place has still less than
//! *k*, and one is a tenth of two times *k* or less ([`LEAST_K`]). A count is therefore either that
//! of whole figures, and at least *k*, or it has two possible values at least.
//! `docs/release.md` says it at length, and `tests` here try every possible city.

use crate::city::ReleasedCell;
use crate::city::manifest::LEAST_K;
use crate::geo::mercator::MAX_ZOOM;
use crate::geo::morton::morton;
use crate::geo::{Bounds, TileId, World};

/// The version of this method; it is written into what was made with it.
pub const METHOD: u32 = 1;
/// The zoom of the smallest cells: tiles of about 500 m in the middle latitudes.
pub const FINEST: u8 = 16;
/// A cut leaves out at most one ticket for so many that it keeps.
const KEPT: u64 = 10;

const _: () = assert!(2 * LEAST_K >= KEPT, "one ticket can be left out of the smallest cut");

/// A partition of the tickets of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Cells that do not overlap, along the Morton curve, with at least `k` tickets each.
    pub cells: Vec<ReleasedCell>,
    /// Tickets that are in none of them.
    pub left: u64,
}

/// The smallest tile that holds a box, edges included; none is smaller than the smallest cell.
pub fn root(bounds: Bounds) -> TileId {
    let corner = |lon, lat| World::project(crate::geo::LonLat::new(lon, lat));
    let (a, b) = (corner(bounds.west, bounds.north), corner(bounds.east, bounds.south));
    let differ = (a.x ^ b.x) | (a.y ^ b.y);
    let z = (differ.leading_zeros() as u8).min(FINEST);
    let (x, y) = a.cell(u32::from(z));
    TileId { z, x, y }
}

/// The partition of `counts`: columns, rows and counts of the cells of [`FINEST`] that are not
/// empty, along the Morton curve. Those outside of `root` are left.
///
/// Costs some binary searches for each cell and each tile above it.
pub fn partition(root: TileId, counts: &[(u32, u32, u64)], k: u64) -> Partition {
    let k = k.max(LEAST_K);
    let counts = Counts::new(counts);
    let mut cells = Vec::new();
    let mut waiting = vec![root];
    while let Some(tile) = waiting.pop() {
        let count = counts.of(tile);
        if count < k {
            // Only the root: all others were weighed when they were cut off.
            continue;
        }
        match cut(&counts, tile, k) {
            // The first of them comes first.
            Some(dense) => waiting.extend(dense.into_iter().rev()),
            None => cells.push(ReleasedCell { tile, count }),
        }
    }
    let kept: u64 = cells.iter().map(|cell| cell.count).sum();
    Partition { cells, left: counts.all() - kept }
}

/// The parts into which a tile is cut, along the curve; `None` where it stays whole.
fn cut(counts: &Counts, tile: TileId, k: u64) -> Option<Vec<TileId>> {
    let (mut at, mut left) = (tile, 0);
    while at.z < FINEST {
        let quarters = at.children().map(|quarter| (quarter, counts.of(quarter)));
        let (dense, sparse): (Vec<_>, Vec<_>) = quarters.into_iter().partition(|(_, n)| *n >= k);
        left += sparse.iter().map(|(_, n)| n).sum::<u64>();
        match dense[..] {
            [] => return None,
            [(quarter, _)] => at = quarter,
            _ => {
                let kept: u64 = dense.iter().map(|(_, n)| n).sum();
                let cheap = left.saturating_mul(KEPT) <= kept;
                return cheap.then(|| dense.into_iter().map(|(quarter, _)| quarter).collect());
            }
        }
    }
    None
}

/// Counts along the curve, for the sum of any tile.
struct Counts {
    codes: Vec<u64>,
    /// Of all before each, and of all.
    sums: Vec<u64>,
}

impl Counts {
    fn new(counts: &[(u32, u32, u64)]) -> Self {
        let codes = counts.iter().map(|(x, y, _)| morton(World { x: *x, y: *y })).collect();
        let mut sum = 0;
        let mut sums = vec![0];
        sums.extend(counts.iter().map(|(_, _, count)| {
            sum += count;
            sum
        }));
        Self { codes, sums }
    }

    fn all(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    fn of(&self, TileId { z, x, y }: TileId) -> u64 {
        let shift = 2 * u32::from(FINEST - z);
        let first = morton(World { x, y }) << shift;
        let place = |code: u64| self.codes.partition_point(|c| *c < code);
        self.sums[place(first + (1 << shift))] - self.sums[place(first)]
    }
}

const _: () = assert!(FINEST < MAX_ZOOM, "a cell has quarters");

#[cfg(test)]
mod tests;
