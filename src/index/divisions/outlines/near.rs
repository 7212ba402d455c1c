//! How far the nearest border is: a walk through the boxes, nearest first.

use std::ops::Range;

use super::{BLOCK, FAN, Group, Hit, LAST, Outlines, SAME, children};
use crate::geo::LonLat;
use crate::geo::distance::LocalPlane;

/// A search for the nearest border, nearest boxes first.
pub(super) struct Search<'a, F> {
    outlines: &'a Outlines,
    plane: &'a LocalPlane,
    /// From the origin, degrees.
    p: [f32; 2],
    /// Metres in a degree.
    per_degree: [f32; 2],
    /// By how much a distance to a box may be too large, because boxes are measured in
    /// single precision, metres.
    slack: f32,
    blocks: Range<u32>,
    wanted: F,
    /// Squared metres, with a little more so that equals are still looked at.
    bound: f64,
    hit: Option<Hit>,
}

impl<'a, F: Fn(u32) -> bool> Search<'a, F> {
    pub(super) fn new(
        outlines: &'a Outlines,
        plane: &'a LocalPlane,
        p: LonLat,
        best: f64,
        blocks: Range<u32>,
        wanted: F,
    ) -> Self {
        let (x, y) = (p.lon - outlines.origin[0], p.lat - outlines.origin[1]);
        let (east, north) = plane.metres(1.0, 1.0);
        // Four roundings of numbers no larger than these.
        let slack = (x.abs() + y.abs() + 1.0) * north * 4.0 * f64::from(f32::EPSILON);
        Self {
            outlines,
            plane,
            p: [x as f32, y as f32],
            per_degree: [east as f32, north as f32],
            slack: slack as f32,
            blocks,
            wanted,
            bound: best * best * (1.0 + SAME),
            hit: None,
        }
    }

    /// What was found.
    pub(super) const fn hit(&self) -> Option<Hit> {
        self.hit
    }

    /// Looks below some nodes of a layer.
    pub(super) fn among(&mut self, layer: usize, nodes: Range<usize>) {
        let mut first = nodes.start;
        while first < nodes.end {
            let group = first / FAN;
            let end = nodes.end.min((group + 1) * FAN);
            self.in_group(layer, group, first..end);
            first = end;
        }
    }

    /// Looks below some nodes of one group, the nearest first.
    fn in_group(&mut self, layer: usize, group: usize, nodes: Range<usize>) {
        let distances = self.distances(&self.outlines.layers[layer][group]);
        let mut near = [(0.0f64, 0usize); FAN];
        let mut count = 0;
        for node in nodes {
            let d = f64::from(distances[node % FAN]);
            if d > self.bound {
                continue;
            }
            let mut i = count;
            while i > 0 && near[i - 1].0 > d {
                near[i] = near[i - 1];
                i -= 1;
            }
            near[i] = (d, node);
            count += 1;
        }
        for (d, node) in near.into_iter().take(count) {
            if d > self.bound {
                return;
            }
            if layer == 0 {
                self.measure(node);
            } else {
                self.among(layer - 1, children(layer, node, &self.blocks));
            }
        }
    }

    /// Squared metres to the boxes of a group; never too many.
    fn distances(&self, g: &Group) -> [f32; FAN] {
        let ([x, y], [east, north]) = (self.p, self.per_degree);
        let mut out = [0.0; FAN];
        for (i, out) in out.iter_mut().enumerate() {
            let dx = (g.west[i] - x).max(x - g.east[i]) * east - self.slack;
            let dy = (g.south[i] - y).max(y - g.north[i]) * north - self.slack;
            let (dx, dy) = (dx.max(0.0), dy.max(0.0));
            *out = (dx * dx + dy * dy) * (1.0 - 4.0 * f32::EPSILON);
        }
        out
    }

    fn measure(&mut self, block: usize) {
        let part = self.outlines.part_of[block] & !LAST;
        let division = self.outlines.parts[part as usize].division;
        if !(self.wanted)(division) {
            return;
        }
        // All segments are measured squared and side by side; the nearest is looked at again.
        let vertices = &self.outlines.vertices[self.outlines.vertices_of(block)];
        let (mut x, mut y) = ([0.0; BLOCK + 1], [0.0; BLOCK + 1]);
        for (i, (x, y)) in x.iter_mut().zip(&mut y).enumerate() {
            // The last block of a ring lacks a segment; its last vertex stands twice.
            let v = vertices[i.min(vertices.len() - 1)];
            (*x, *y) = self.plane.project(v[0], v[1]);
        }
        let mut squares = [0.0; BLOCK];
        for (i, square) in squares.iter_mut().enumerate() {
            let (dx, dy) = (x[i + 1] - x[i], y[i + 1] - y[i]);
            // Never 0, and of no weight beside a length that is not.
            let len2 = dx * dx + dy * dy + f64::MIN_POSITIVE;
            let t = (-(x[i] * dx + y[i] * dy) / len2).clamp(0.0, 1.0);
            let (x, y) = (x[i] + t * dx, y[i] + t * dy);
            *square = x * x + y * y;
        }
        let mut near: Option<(usize, f64)> = None;
        for (i, square) in squares.into_iter().enumerate() {
            if square <= self.bound && near.is_none_or(|(_, least)| square < least) {
                near = Some((i, square));
            }
        }
        let Some((i, _)) = near else { return };
        let next = vertices[(i + 1).min(vertices.len() - 1)];
        let (at, metres) = self.plane.nearest_on_segment(vertices[i], next);
        let better = self.hit.is_none_or(|hit| {
            let same = metres <= hit.metres * (1.0 + SAME);
            metres < hit.metres * (1.0 - SAME) || (same && division < hit.division)
        });
        if better {
            self.bound = metres * metres * (1.0 + 4.0 * SAME);
            self.hit = Some(Hit { division, at, metres });
        }
    }
}
