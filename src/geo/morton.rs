//! Morton order: positions along a curve on which every tile is one run.
//!
//! The bits of column and row are interleaved, so that the top bits of a code are the
//! tile, at every zoom. Whatever is sorted by its code can be cut into tiles, and into
//! the cells of any grid inside them, with two binary searches.

use std::ops::Range;

use super::{TileId, World};

/// The bits of `x` and `y` interleaved, `y` above `x`.
pub fn morton(world: World) -> u64 {
    let spread = |v: u32| {
        let mut v = u64::from(v);
        v = (v | v << 16) & 0x0000_ffff_0000_ffff;
        v = (v | v << 8) & 0x00ff_00ff_00ff_00ff;
        v = (v | v << 4) & 0x0f0f_0f0f_0f0f_0f0f;
        v = (v | v << 2) & 0x3333_3333_3333_3333;
        (v | v << 1) & 0x5555_5555_5555_5555
    };
    spread(world.x) | spread(world.y) << 1
}

/// Inverse of [`morton`].
pub fn demorton(code: u64) -> World {
    let gather = |code: u64| {
        let mut v = code & 0x5555_5555_5555_5555;
        v = (v | v >> 1) & 0x3333_3333_3333_3333;
        v = (v | v >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
        v = (v | v >> 4) & 0x00ff_00ff_00ff_00ff;
        v = (v | v >> 8) & 0x0000_ffff_0000_ffff;
        (v | v >> 16) as u32
    };
    World { x: gather(code), y: gather(code >> 1) }
}

/// The part of a Morton order that lies in a tile.
pub fn run_of_tile(order: &[(u64, u32)], tile: TileId) -> &[(u64, u32)] {
    &order[places_of_tile(order, tile)]
}

/// Where in a Morton order a tile begins and ends.
pub fn places_of_tile(order: &[(u64, u32)], tile: TileId) -> Range<usize> {
    let Range { start, end } = morton_range(tile);
    let from = order.partition_point(|(code, _)| u128::from(*code) < start);
    let to = order.partition_point(|(code, _)| u128::from(*code) < end);
    from..to
}

/// The Morton codes of a tile. 128 bits, because the end of the last tile is 2⁶⁴.
pub fn morton_range(tile: TileId) -> Range<u128> {
    let shift = 64 - 2 * u32::from(tile.z);
    let (columns, rows) = tile.world_range();
    let corner = morton(World { x: columns.start as u32, y: rows.start as u32 });
    u128::from(corner)..u128::from(corner) + (1u128 << shift)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_tile_ends_where_the_world_ends() {
        let side = (1u32 << 22) - 1;
        let last = morton_range(TileId { z: 22, x: side, y: side });
        assert_eq!(last.end, 1u128 << 64);
        assert_eq!(morton_range(TileId { z: 0, x: 0, y: 0 }), 0..1u128 << 64);
    }

    proptest! {
        #[test]
        fn a_tile_is_one_run_of_the_morton_order(x: u32, y: u32, z in 0u8..=22) {
            let world = World { x, y };
            let (tx, ty) = world.cell(u32::from(z));
            let tile = TileId { z, x: tx, y: ty };
            prop_assert!(morton_range(tile).contains(&u128::from(morton(world))));
            prop_assert_eq!(demorton(morton(world)), world);
            if let Some(other) = TileId::new(z, tx.wrapping_add(1), ty) {
                prop_assert!(!morton_range(other).contains(&u128::from(morton(world))));
            }
        }
    }
}
