//! What was released, in the cells of a map.
//!
//! All that is said here follows from released figures alone, so that nothing is told that
//! was not told already: a coarser map has the sums of whole cells, and a finer one has the
//! cells as they are. Months are partitions of their own. Where one has a cell that
//! another has in parts, the parts are summed, so that cells never overlap.

use std::sync::Arc;

use jiff::Timestamp;

use crate::city::{Release, ReleasedCell};
use crate::geo::morton::{demorton, morton_range};
use crate::geo::{Bounds, TileId};

/// Bits of a column or a row of the world.
const BITS: u8 = 32;

/// The releases of the months from `from` to before `to`; `None` where a time is not the
/// beginning of a released month or the end of one. Without a time it is all from the first,
/// or to the last.
pub fn months(
    all: &[Arc<Release>],
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Option<&[Arc<Release>]> {
    let first = match from {
        None => 0,
        Some(from) => all.iter().position(|release| release.begins == from)?,
    };
    let end = match to {
        None => all.len(),
        Some(to) => all.iter().position(|release| release.ends == to)? + 1,
    };
    all.get(first..end)
}

/// The cells of some months on a grid of 2^`zoom` columns over the world: those that are
/// smaller summed up, those that are larger as they are. They do not overlap, and go along
/// the Morton curve.
///
/// Costs a sort of all cells of these months.
pub fn cells(releases: &[Arc<Release>], zoom: u8) -> Vec<ReleasedCell> {
    let all = releases.iter().flat_map(|release| &release.cells);
    let mut all: Vec<(u64, u8, u64)> = all
        .map(|ReleasedCell { tile, count }| {
            let tile = above(*tile, zoom);
            (morton_range(tile).start as u64, tile.z, *count)
        })
        .collect();
    // Of those that begin at the same place the largest comes first.
    all.sort_unstable();
    let mut cells: Vec<(u64, u8, u64)> = Vec::new();
    for (start, z, count) in all {
        match cells.last_mut() {
            Some((first, of, sum)) if prefix(start, *of) == prefix(*first, *of) => *sum += count,
            _ => cells.push((start, z, count)),
        }
    }
    let cell = |(start, z, count): (u64, u8, u64)| {
        let world = demorton(start);
        let (x, y) = world.cell(u32::from(z));
        ReleasedCell { tile: TileId { z, x, y }, count }
    };
    cells.into_iter().map(cell).collect()
}

/// Of [`cells`] those that share ground with a tile: inside of it, or the one around it.
pub fn cells_of_tile(releases: &[Arc<Release>], zoom: u8, tile: TileId) -> Vec<ReleasedCell> {
    let shares = |cell: &ReleasedCell| {
        let z = cell.tile.z.min(tile.z);
        above(cell.tile, z) == above(tile, z)
    };
    cells(releases, zoom).into_iter().filter(shares).collect()
}

/// Where a tile is, WGS-84.
pub fn bounds(TileId { z, x, y }: TileId) -> Bounds {
    let side = f64::from(z).exp2();
    let corner =
        |x: u32, y: u32| crate::geo::mercator::from_unit(f64::from(x) / side, f64::from(y) / side);
    let (north_west, south_east) = (corner(x, y), corner(x + 1, y + 1));
    Bounds {
        west: north_west.lon,
        south: south_east.lat,
        east: south_east.lon,
        north: north_west.lat,
    }
}

/// The tile of a zoom that holds a tile; that itself where it is larger.
fn above(TileId { z, x, y }: TileId, zoom: u8) -> TileId {
    let up = z.saturating_sub(zoom);
    TileId { z: z - up, x: x >> up, y: y >> up }
}

/// The part of a Morton code that names the tile of a zoom.
const fn prefix(code: u64, z: u8) -> u64 {
    if z == 0 { 0 } else { code >> (2 * (BITS - z)) }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn release(month: i64, cells: Vec<ReleasedCell>) -> Arc<Release> {
        let at = |n: i64| Timestamp::from_second(n * 1000).unwrap();
        Arc::new(Release {
            id: month.to_string(),
            begins: at(month),
            ends: at(month + 1),
            k: 20,
            method: 1,
            seq: 1,
            made_at: at(month + 2),
            cells,
            elsewhere: None,
        })
    }

    fn cell(z: u8, x: u32, y: u32, count: u64) -> ReleasedCell {
        ReleasedCell::from((z, x, y, count))
    }

    #[test]
    fn months_begin_and_end_where_released_ones_do() {
        // The third month was not released.
        let all = [1, 2, 4].map(|month| release(month, Vec::new()));
        let at = |n: i64| Some(Timestamp::from_second(n * 1000).unwrap());
        let ids = |from, to| {
            months(&all, from, to).map(|m| m.iter().map(|r| r.id.as_str()).collect::<Vec<_>>())
        };
        assert_eq!(ids(None, None), Some(vec!["1", "2", "4"]));
        assert_eq!(ids(at(2), None), Some(vec!["2", "4"]));
        assert_eq!(ids(at(2), at(3)), Some(vec!["2"]));
        assert_eq!(ids(at(1), at(5)), Some(vec!["1", "2", "4"]));
        for (from, to) in [(at(3), None), (None, at(4)), (at(4), at(2)), (at(0), at(3))] {
            assert_eq!(ids(from, to), None);
        }
        assert_eq!(months(&[], None, None), Some(&[][..]));
    }

    #[test]
    fn a_finer_map_has_the_same_cells_and_a_coarser_one_their_sums() {
        let one = [release(1, vec![cell(10, 8, 8, 30), cell(9, 5, 4, 40)])];
        assert_eq!(cells(&one, 16), one[0].cells);
        assert_eq!(cells(&one, 9), [cell(9, 4, 4, 30), cell(9, 5, 4, 40)]);
        assert_eq!(cells(&one, 0), [cell(0, 0, 0, 70)]);
        // Another month has the first place in one piece, and a part of the second.
        let two = [
            Arc::clone(&one[0]),
            release(2, vec![cell(9, 4, 4, 100), cell(10, 10, 8, 20), cell(10, 11, 9, 20)]),
        ];
        assert_eq!(cells(&two, 16), [cell(9, 4, 4, 130), cell(9, 5, 4, 80)]);
        assert_eq!(cells_of_tile(&two, 16, TileId { z: 9, x: 5, y: 4 }), [cell(9, 5, 4, 80)]);
        let deep = TileId { z: 12, x: 35, y: 35 };
        assert_eq!(cells_of_tile(&two, 16, deep), [cell(9, 4, 4, 130)], "the cell around it");
        assert_eq!(cells_of_tile(&two, 16, TileId { z: 9, x: 6, y: 4 }), []);
    }

    proptest! {
        #[test]
        fn cells_never_overlap_and_lose_no_ticket(
            months in vec(vec((2_u8..6, 0_u32..64, 0_u32..64, 1_u64..100), 0..20), 1..4),
            zoom in 0_u8..8,
        ) {
            let of_month = |(i, cells): (usize, Vec<(u8, u32, u32, u64)>)| {
                let cells = cells.into_iter().map(|(z, x, y, n)| {
                    cell(z, x >> (6 - z), y >> (6 - z), n)
                });
                release(i as i64, cells.collect())
            };
            let releases: Vec<_> = months.into_iter().enumerate().map(of_month).collect();
            let found = cells(&releases, zoom);
            let all = releases.iter().flat_map(|r| &r.cells).map(|c| c.count).sum::<u64>();
            prop_assert_eq!(found.iter().map(|c| c.count).sum::<u64>(), all);
            for (i, a) in found.iter().enumerate() {
                prop_assert!(a.tile.z <= zoom);
                for b in &found[i + 1..] {
                    let z = a.tile.z.min(b.tile.z);
                    prop_assert_ne!(above(a.tile, z), above(b.tile, z));
                }
            }
        }
    }
}
