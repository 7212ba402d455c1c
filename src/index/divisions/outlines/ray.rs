//! Whether a part covers a position: a ray to the east, crossed with its segments.

use std::ops::Range;

use geo::algorithm::kernels::{Kernel, Orientation};
use geo::{Coord, GeoNum};

use super::{FAN, Outlines, children};

/// A ray to the east on its way through the boxes of a part.
pub(super) struct Ray<'a> {
    outlines: &'a Outlines,
    blocks: Range<u32>,
    x: f64,
    y: f64,
    west: f32,
    south: f32,
    north: f32,
    inside: bool,
}

impl<'a> Ray<'a> {
    /// The ray from a position through a run of blocks.
    pub(super) fn new(outlines: &'a Outlines, blocks: Range<u32>, x: f64, y: f64) -> Self {
        let [west, south] = outlines.origin;
        Self {
            outlines,
            blocks,
            x,
            y,
            // A box is left out only if it is surely missed.
            west: ((x - west) as f32).next_down(),
            south: ((y - south) as f32).next_down(),
            north: ((y - south) as f32).next_up(),
            inside: false,
        }
    }

    /// Whether the position is inside, after the segments were crossed.
    pub(super) const fn inside(&self) -> bool {
        self.inside
    }

    /// Crosses the segments below some nodes; true where the position is on one.
    pub(super) fn meets_border(&mut self, layer: usize, nodes: Range<usize>) -> bool {
        let mut node = nodes.start;
        while node < nodes.end {
            let group = node / FAN;
            let g = &self.outlines.layers[layer][group];
            let mut met = [false; FAN];
            for (i, met) in met.iter_mut().enumerate() {
                *met =
                    g.east[i] >= self.west && g.north[i] >= self.south && g.south[i] <= self.north;
            }
            let end = nodes.end.min((group + 1) * FAN);
            for node in node..end {
                if !met[node % FAN] {
                    continue;
                }
                let on = if layer == 0 {
                    self.cross(node)
                } else {
                    self.meets_border(layer - 1, children(layer, node, &self.blocks))
                };
                if on {
                    return true;
                }
            }
            node = end;
        }
        false
    }

    fn cross(&mut self, block: usize) -> bool {
        let (x, y) = (self.x, self.y);
        for pair in self.outlines.vertices[self.outlines.vertices_of(block)].windows(2) {
            let ([x0, y0], [x1, y1]) = (pair[0], pair[1]);
            // Half-open in y, so that a vertex counts for one of its two segments.
            let crosses = (y0 > y) != (y1 > y);
            let level = y >= y0.min(y1) && y <= y0.max(y1);
            let touches = level && x >= x0.min(x1) && x <= x0.max(x1);
            if !touches {
                // Beside the segment's box the side is plain.
                self.inside ^= crosses && x < x0.min(x1);
                continue;
            }
            let side = <f64 as GeoNum>::Ker::orient2d(
                Coord { x: x0, y: y0 },
                Coord { x: x1, y: y1 },
                Coord { x, y },
            );
            match side {
                Orientation::Collinear => return true,
                Orientation::CounterClockwise => self.inside ^= crosses && y1 > y0,
                Orientation::Clockwise => self.inside ^= crosses && y1 < y0,
            }
        }
        false
    }
}
