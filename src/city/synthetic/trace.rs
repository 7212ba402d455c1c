//! Outlines of groups of cells.
//!
//! Each side between two groups is a directed step with the group on its left. Steps are
//! followed until a corner comes a second time, and what lies between is cut off as a
//! ring: so no ring touches itself, and rings meet in corners only. Rings that run
//! counter-clockwise are parts, one for each connected piece; the others are holes of the
//! piece on their left.

use std::collections::HashMap;

use geo::{Area, LineString, MultiPolygon, Polygon};

use super::lattice::Lattice;

/// A step along a side: the corner it leads to, and the piece on its left.
type Step = (u32, u32);

/// The area of each group; `of` says which group a cell is in.
pub(super) fn outlines(
    lattice: &Lattice,
    of: &[Option<u32>],
    groups: u32,
) -> Vec<MultiPolygon<f64>> {
    let piece_of = pieces(lattice.side as usize, of);
    let mut steps: Vec<HashMap<u32, Vec<Step>>> = vec![HashMap::new(); groups as usize];
    let n = lattice.side as usize;
    for (cell, group) in of.iter().enumerate() {
        let Some(group) = *group else { continue };
        let (i, j) = (cell % n, cell / n);
        let corner = |i: usize, j: usize| (j * (n + 1) + i) as u32;
        let (sw, se) = (corner(i, j), corner(i + 1, j));
        let (nw, ne) = (corner(i, j + 1), corner(i + 1, j + 1));
        let beyond = [
            (sw, se, (j > 0).then(|| cell - n)),
            (se, ne, (i + 1 < n).then(|| cell + 1)),
            (ne, nw, (j + 1 < n).then(|| cell + n)),
            (nw, sw, (i > 0).then(|| cell - 1)),
        ];
        for (from, to, other) in beyond {
            if other.is_none_or(|o| of[o] != Some(group)) {
                let step = (to, piece_of[cell]);
                steps[group as usize].entry(from).or_default().push(step);
            }
        }
    }
    steps.into_iter().map(|steps| assemble(lattice, steps)).collect()
}

/// The number of the connected piece that each cell is in.
fn pieces(n: usize, of: &[Option<u32>]) -> Vec<u32> {
    let mut piece = vec![u32::MAX; of.len()];
    let mut todo = Vec::new();
    for start in 0..of.len() {
        if piece[start] != u32::MAX {
            continue;
        }
        piece[start] = start as u32;
        todo.push(start);
        while let Some(cell) = todo.pop() {
            let (i, j) = (cell % n, cell / n);
            let near = [
                (i > 0).then(|| cell - 1),
                (i + 1 < n).then(|| cell + 1),
                (j > 0).then(|| cell - n),
                (j + 1 < n).then(|| cell + n),
            ];
            for other in near.into_iter().flatten() {
                if piece[other] == u32::MAX && of[other] == of[cell] {
                    piece[other] = start as u32;
                    todo.push(other);
                }
            }
        }
    }
    piece
}

fn assemble(lattice: &Lattice, mut steps: HashMap<u32, Vec<Step>>) -> MultiPolygon<f64> {
    let mut starts: Vec<u32> = steps.keys().copied().collect();
    starts.sort_unstable();
    let mut rings: Vec<(LineString<f64>, u32)> = Vec::new();
    for start in starts {
        let mut path: Vec<u32> = vec![start];
        while let Some((to, piece)) = path.last().and_then(|at| steps.get_mut(at)?.pop()) {
            if let Some(begin) = path.iter().position(|c| *c == to) {
                rings.push((ring(lattice, &path[begin..]), piece));
                path.truncate(begin + 1);
            } else {
                path.push(to);
            }
        }
    }
    // Counter-clockwise rings come first.
    let signed = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new()).signed_area();
    let (parts, holes): (Vec<_>, Vec<_>) = rings.into_iter().partition(|(r, _)| signed(r) > 0.0);
    let polygons = parts.into_iter().map(|(exterior, piece)| {
        let own = holes.iter().filter(|(_, of)| *of == piece).map(|(ring, _)| ring.clone());
        Polygon::new(exterior, own.collect())
    });
    polygons.collect()
}

fn ring(lattice: &Lattice, corners: &[u32]) -> LineString<f64> {
    let mut out = Vec::new();
    for (i, from) in corners.iter().enumerate() {
        lattice.side(*from, corners[(i + 1) % corners.len()], &mut out);
    }
    LineString::new(out)
}
