//! Boxes in world units.

use crate::geo::{TileId, World};

/// A box in world units, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    min: World,
    max: World,
}

impl Extent {
    /// The box of some positions; of none it is empty and meets nothing.
    pub fn of(points: &[World]) -> Self {
        let nothing = Self { min: World { x: u32::MAX, y: u32::MAX }, max: World { x: 0, y: 0 } };
        points.iter().fold(nothing, |e, p| Self {
            min: World { x: e.min.x.min(p.x), y: e.min.y.min(p.y) },
            max: World { x: e.max.x.max(p.x), y: e.max.y.max(p.y) },
        })
    }

    /// The box of a tile, widened on each side by its side divided by `part`; cut at
    /// the edges of the world.
    pub fn of_tile(tile: TileId, part: u64) -> Self {
        let (columns, rows) = tile.world_range();
        let margin = (columns.end - columns.start) / part;
        let low = |v: u64| v.saturating_sub(margin) as u32;
        let high = |v: u64| (v + margin - 1).min(u64::from(u32::MAX)) as u32;
        Self {
            min: World { x: low(columns.start), y: low(rows.start) },
            max: World { x: high(columns.end), y: high(rows.end) },
        }
    }

    /// Whether the two have a position in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x
            && other.min.x <= self.max.x
            && self.min.y <= other.max.y
            && other.min.y <= self.max.y
    }
}
