//! Tile ids: the tiles of all zooms along one line, each zoom on a Hilbert curve.

use crate::geo::TileId;

/// The deepest zoom whose ids the format can say.
pub(super) const DEEPEST: u8 = 26;

/// How many tiles there are above a zoom.
const fn tiles_above(zoom: u8) -> u64 {
    ((1u64 << (2 * zoom as u32)) - 1) / 3
}

/// The id of a tile, at most at zoom [`DEEPEST`].
pub(super) fn of(tile: TileId) -> u64 {
    let (mut x, mut y) = (u64::from(tile.x), u64::from(tile.y));
    let mut along = 0;
    let mut side = (1u64 << tile.z) >> 1;
    while side > 0 {
        let (right, low) = (u64::from(x & side > 0), u64::from(y & side > 0));
        along += side * side * ((3 * right) ^ low);
        // Turn the quarter so that its curve begins where the last one ended.
        if low == 0 {
            if right == 1 {
                let most = side.wrapping_sub(1);
                (x, y) = (most.wrapping_sub(x), most.wrapping_sub(y));
            }
            (x, y) = (y, x);
        }
        side >>= 1;
    }
    tiles_above(tile.z) + along
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_ids_of_the_specification() {
        for (z, x, y, id) in [
            (0, 0, 0, 0),
            (1, 0, 0, 1),
            (1, 0, 1, 2),
            (1, 1, 1, 3),
            (1, 1, 0, 4),
            (2, 0, 0, 5),
            (12, 3423, 1763, 19_078_479),
        ] {
            assert_eq!(of(TileId { z, x, y }), id, "{z}/{x}/{y}");
        }
    }

    #[test]
    fn each_zoom_is_one_run_and_each_step_goes_to_a_neighbour() {
        for z in 1..=6u8 {
            let side = 1u32 << z;
            let mut line: Vec<(u64, u32, u32)> = (0..side)
                .flat_map(|x| (0..side).map(move |y| (of(TileId { z, x, y }), x, y)))
                .collect();
            line.sort_unstable();
            let ids: HashSet<u64> = line.iter().map(|l| l.0).collect();
            assert_eq!(ids.len() as u64, u64::from(side) * u64::from(side));
            assert_eq!(
                (line[0].0, line[line.len() - 1].0),
                (tiles_above(z), tiles_above(z + 1) - 1)
            );
            for pair in line.windows(2) {
                assert_eq!(pair[0].1.abs_diff(pair[1].1) + pair[0].2.abs_diff(pair[1].2), 1);
            }
        }
    }
}
