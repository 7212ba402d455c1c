//! Says from which zoom on each vertex of a drawing is worth drawing.
//!
//! Visvalingam and Whyatt's rule: a vertex goes when the triangle with its two
//! neighbours is smaller than can be seen, the smallest first. It is applied to the
//! net of vertices, not to rings, so that what two areas share stays shared; and a
//! vertex stays while another lies in its triangle, so that no border crosses another
//! after it. Where more than two edges meet, or a line ends, the vertex stays always.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::geo::World;

/// The deepest zoom; one world unit is one tile unit there.
pub(super) const DEEPEST: u8 = 20;
/// Smallest triangle that is drawn, in square tile units: half a pixel of a tile that
/// is shown 512 pixels wide.
const SMALLEST_TRIANGLE: u128 = 32;

/// The two neighbours of a vertex, or `None` where it has to stay.
pub(super) type Links = Vec<Option<[u32; 2]>>;

/// The links of the net that `rings` make over `vertices` vertices.
pub(super) fn links_of_rings(vertices: usize, rings: &[Vec<u32>]) -> Links {
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for ring in rings {
        for (i, &a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            edges.extend([(a, b), (b, a)]);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut links = vec![None; vertices];
    for star in edges.chunk_by(|p, q| p.0 == q.0) {
        if let [(v, a), (_, b)] = star {
            links[*v as usize] = Some([*a, *b]);
        }
    }
    links
}

/// The links of one line of `vertices` vertices.
pub(super) fn links_of_line(vertices: usize) -> Links {
    let inner = |i: usize| i > 0 && i + 1 < vertices;
    (0..vertices).map(|i| inner(i).then(|| [i as u32 - 1, i as u32 + 1])).collect()
}

/// The lowest zoom at which each vertex is drawn. `at` is ordered by `x` where
/// `guarded` asks that no vertex comes to lie on the other side of an edge.
///
/// One pass over the vertices that are left for each zoom: 21 n at worst, and far
/// less where deep zooms need no thinning.
pub(super) fn kept_from(at: &[World], mut links: Links, guarded: bool) -> Vec<u8> {
    let mut from = vec![0u8; at.len()];
    let mut left: Vec<u32> = (0..at.len() as u32).collect();
    let mut gone = vec![false; at.len()];
    let mut heap = BinaryHeap::new();
    for zoom in (0..=DEEPEST).rev() {
        // Areas are compared doubled, as the cross product gives them.
        let smallest = (2 * SMALLEST_TRIANGLE) << (2 * u32::from(DEEPEST - zoom));
        heap.extend(left.iter().filter_map(|&v| {
            let area = triangle(at, v, links[v as usize]?);
            (area < smallest).then_some(Reverse((area, v)))
        }));
        while let Some(Reverse((area, v))) = heap.pop() {
            let Some([a, c]) = links[v as usize].filter(|_| !gone[v as usize]) else { continue };
            // A neighbour went since; the entry with the new area is in the heap too.
            if triangle(at, v, [a, c]) != area {
                continue;
            }
            if guarded && holds_another(at, &left, &gone, [a, v, c]) {
                continue;
            }
            gone[v as usize] = true;
            from[v as usize] = zoom + 1;
            for (neighbour, other) in [(a, c), (c, a)] {
                let Some(pair) = &mut links[neighbour as usize] else { continue };
                for link in pair.iter_mut().filter(|link| **link == v).take(1) {
                    *link = other;
                }
                let area = triangle(at, neighbour, *pair);
                if area < smallest {
                    heap.push(Reverse((area, neighbour)));
                }
            }
        }
        left.retain(|&v| !gone[v as usize]);
    }
    from
}

/// Twice the area of the triangle of a vertex and its neighbours.
fn triangle(at: &[World], v: u32, [a, c]: [u32; 2]) -> u128 {
    cross(at[a as usize], at[v as usize], at[c as usize]).unsigned_abs()
}

/// Twice the signed area of the triangle.
fn cross(a: World, b: World, c: World) -> i128 {
    let d = |p: u32, q: u32| i128::from(i64::from(p) - i64::from(q));
    d(b.x, a.x) * d(c.y, a.y) - d(b.y, a.y) * d(c.x, a.x)
}

/// Whether a vertex that is left lies inside the triangle or on its edge.
fn holds_another(at: &[World], left: &[u32], gone: &[bool], corners: [u32; 3]) -> bool {
    let [a, b, c] = corners.map(|v| at[v as usize]);
    let east = a.x.max(b.x).max(c.x);
    let west = a.x.min(b.x).min(c.x);
    let rows = a.y.min(b.y).min(c.y)..=a.y.max(b.y).max(c.y);
    let start = left.partition_point(|&v| at[v as usize].x < west);
    left[start..].iter().take_while(|&&v| at[v as usize].x <= east).any(|&v| {
        let p = at[v as usize];
        if gone[v as usize] || corners.contains(&v) || !rows.contains(&p.y) {
            return false;
        }
        let sides = [cross(a, b, p), cross(b, c, p), cross(c, a, p)];
        sides.iter().all(|s| *s >= 0) || sides.iter().all(|s| *s <= 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(points: &[(u32, u32)]) -> Vec<World> {
        points.iter().map(|&(x, y)| World { x, y }).collect()
    }

    #[test]
    fn a_vertex_on_a_straight_line_is_never_drawn() {
        let line = at(&[(0, 0), (1000, 1000), (2000, 2000)]);
        assert_eq!(kept_from(&line, links_of_line(3), false), [0, DEEPEST + 1, 0]);
    }

    #[test]
    fn a_large_bend_is_drawn_from_a_lower_zoom_than_a_small_one() {
        let line = at(&[(0, 0), (100, 40), (200, 0), (100_200, 60_000), (200_200, 0)]);
        let from = kept_from(&line, links_of_line(5), false);
        assert!(from[3] < from[1], "{from:?}");
        assert_eq!((from[0], from[4]), (0, 0));
    }

    #[test]
    fn a_vertex_stays_while_another_lies_in_its_triangle() {
        // A bend around a dot: straightened, the dot would change sides.
        let points = at(&[(0, 0), (100, 10), (100, 60), (110, 15), (200, 0)]);
        let mut links = vec![None; 5];
        links[2] = Some([0, 4]);
        assert_eq!(kept_from(&points, links.clone(), true)[2], 0);
        assert!(kept_from(&points, links, false)[2] > 0);
    }

    #[test]
    fn where_three_edges_meet_the_vertex_stays() {
        let links = links_of_rings(5, &[vec![0, 1, 2, 3], vec![1, 2, 4]]);
        let free: Vec<bool> = links.iter().map(Option::is_some).collect();
        assert_eq!(free, [true, false, false, true, true]);
    }
}
