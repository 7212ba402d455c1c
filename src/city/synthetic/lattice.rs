//! A square lattice whose corners are moved a little and whose sides are jagged.
//!
//! A corner moves by at most [`JITTER`] of a cell, and a side leaves its chord by at most
//! [`SWING`] of the distance to its nearer end. Two sides that meet are then never less
//! than 43° apart at their chords and swing by at most 13° each, so that sides never
//! cross, whatever the seed.

use geo::Coord;

use super::grow::Graph;
use super::{Plan, Random};
use crate::geo::Bounds;

/// How far a corner may move, as a part of a cell's side.
const JITTER: f64 = 0.15;
/// How far a side may leave its chord, as a part of the way to its nearer end.
const SWING: f64 = 0.22;
/// Of so many cells one belongs to nobody.
const EMPTY: usize = 300;

pub(super) struct Lattice {
    pub(super) side: u32,
    steps: u32,
    seed: u64,
    grain: Option<f64>,
    corners: Vec<Coord<f64>>,
}

impl Lattice {
    pub(super) fn new(plan: &Plan, square: Bounds) -> Self {
        let n = plan.side + 1;
        let mut random = Random(plan.seed ^ 0xc0);
        let (dx, dy) = (
            (square.east - square.west) / f64::from(n),
            (square.north - square.south) / f64::from(n),
        );
        let mut moved = || (random.unit() * 2.0 - 1.0) * JITTER + 0.5;
        let mut lattice = Self {
            side: plan.side,
            steps: plan.steps.max(1),
            seed: plan.seed,
            grain: plan.bits.map(|bits| (1u64 << bits) as f64),
            corners: Vec::new(),
        };
        for j in 0..n {
            for i in 0..n {
                let x = square.west + (f64::from(i) + moved()) * dx;
                let y = square.south + (f64::from(j) + moved()) * dy;
                lattice.corners.push(lattice.round(Coord { x, y }));
            }
        }
        lattice
    }

    /// Cells by number, row by row, and which share a side.
    pub(super) fn cell_graph(&self, random: &mut Random) -> Graph {
        let n = self.side as usize;
        let inner = |c: usize| (1..n - 1).contains(&(c % n)) && (1..n - 1).contains(&(c / n));
        let empty: Vec<bool> = (0..n * n).map(|c| inner(c) && random.below(EMPTY) == 0).collect();
        let near = |c: usize| {
            let (i, j) = (c % n, c / n);
            let mut near = Vec::with_capacity(4);
            near.extend((i > 0).then(|| c - 1));
            near.extend((i + 1 < n).then(|| c + 1));
            near.extend((j > 0).then(|| c - n));
            near.extend((j + 1 < n).then(|| c + n));
            near.into_iter().filter(|o| !empty[*o]).map(|o| o as u32).collect()
        };
        (0..n * n).map(|c| if empty[c] { Vec::new() } else { near(c) }).collect()
    }

    /// Adds the side from corner `a` to its neighbour `b`, without its last vertex.
    pub(super) fn side(&self, a: u32, b: u32, out: &mut Vec<Coord<f64>>) {
        // Both neighbours draw the side in the same direction, and so to the same bits.
        let (low, high) = (a.min(b), a.max(b));
        let (from, to) = (self.corners[low as usize], self.corners[high as usize]);
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let name = (u64::from(low) << 32 | u64::from(high)) ^ self.seed;
        let inner = |k: u32| {
            let t = f64::from(k) / f64::from(self.steps);
            let d = SWING * t.min(1.0 - t) * noise(name, t);
            self.round(Coord { x: from.x + dx * t - dy * d, y: from.y + dy * t + dx * d })
        };
        if a == low {
            out.push(from);
            out.extend((1..self.steps).map(inner));
        } else {
            out.push(to);
            out.extend((1..self.steps).rev().map(inner));
        }
    }

    fn round(&self, c: Coord<f64>) -> Coord<f64> {
        match self.grain {
            Some(grain) => {
                Coord { x: (c.x * grain).round() / grain, y: (c.y * grain).round() / grain }
            }
            None => c,
        }
    }
}

/// A jagged curve through values from -1 to 1: four octaves of value noise.
fn noise(name: u64, t: f64) -> f64 {
    let mut sum = 0.0;
    for octave in 0..4u32 {
        let x = t * f64::from(3u32 << (2 * octave));
        let value = |k: u64| Random(name ^ (k << 48) ^ u64::from(octave)).unit() * 2.0 - 1.0;
        let (k, part) = (x as u64, x.fract());
        sum += (value(k) * (1.0 - part) + value(k + 1) * part) / f64::from(1u32 << octave);
    }
    sum / 1.875
}
