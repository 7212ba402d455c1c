//! Makes one net of vertices out of rings that were drawn one by one.
//!
//! Neighbours share a border on the ground, but in files their vertices differ in the
//! last decimals, and where three areas meet one of them often has a vertex that the
//! other lacks. Simplified apart, such borders gape. Welding gives every corner one
//! number, whoever drew it, and puts a corner into each edge that it lies on.

use geo::LineString;

use crate::geo::{LonLat, World};

/// Corners nearer than this are one: about 15 cm on the ground in middle latitudes,
/// the sixth decimal of a degree.
const WELD: i64 = 16;

/// Rings over common vertices.
#[derive(Debug, Default)]
pub(super) struct Net {
    /// Where each vertex is, ordered by `x`, then `y`.
    pub(super) at: Vec<World>,
    /// Vertex numbers of each ring, open: the first is not repeated at the end.
    pub(super) rings: Vec<Vec<u32>>,
}

impl Net {
    /// Welds closed rings, keeping their order. n log n for edges that are short
    /// beside the whole, as borders are: some milliseconds for 10,000 vertices.
    pub(super) fn weld<'a>(rings: impl Iterator<Item = &'a LineString<f64>>) -> Self {
        let mut corners: Vec<(World, u32)> = Vec::new();
        let mut ends = Vec::new();
        for ring in rings {
            let open = ring.0.len().saturating_sub(usize::from(ring.is_closed()));
            for c in &ring.0[..open] {
                corners.push((World::project(LonLat::new(c.x, c.y)), corners.len() as u32));
            }
            ends.push(corners.len());
        }
        let mut number = vec![0u32; corners.len()];
        corners.sort_unstable_by_key(|(w, _)| (w.x, w.y));
        let mut at: Vec<World> = Vec::new();
        for (corner, place) in &corners {
            let near = at.iter().enumerate().rev();
            let near = near.take_while(|(_, w)| i64::from(corner.x) - i64::from(w.x) <= WELD);
            let twin = near.filter(|(_, w)| close(**w, *corner)).map(|(i, _)| i).next();
            number[*place as usize] = twin.unwrap_or_else(|| {
                at.push(*corner);
                at.len() - 1
            }) as u32;
        }
        let mut net = Self { at, rings: Vec::with_capacity(ends.len()) };
        let mut start = 0;
        for end in ends {
            let ring = net.with_corners_on_edges(&number[start..end]);
            net.rings.push(ring);
            start = end;
        }
        net
    }

    /// The ring with each vertex put in that lies on one of its edges.
    fn with_corners_on_edges(&self, ring: &[u32]) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::with_capacity(ring.len());
        let mut on_edge: Vec<(f64, u32)> = Vec::new();
        for (i, &a) in ring.iter().enumerate() {
            let b = ring[(i + 1) % ring.len()];
            out.push(a);
            // Always asked in one direction, so that both owners of an edge agree.
            let (from, to) = (a.min(b), a.max(b));
            on_edge.clear();
            on_edge.extend(self.on_edge(from, to));
            on_edge.sort_unstable_by(|p, q| p.0.total_cmp(&q.0).then(p.1.cmp(&q.1)));
            if a > b {
                on_edge.reverse();
            }
            out.extend(on_edge.iter().map(|(_, vertex)| *vertex));
        }
        out.dedup();
        while out.len() > 1 && out.first() == out.last() {
            out.pop();
        }
        out
    }

    /// Vertices within [`WELD`] of the inside of an edge, with how far along they lie.
    fn on_edge(&self, from: u32, to: u32) -> impl Iterator<Item = (f64, u32)> + '_ {
        let (a, b) = (self.at[from as usize], self.at[to as usize]);
        let (ax, ay) = (i64::from(a.x), i64::from(a.y));
        let (dx, dy) = ((i64::from(b.x) - ax) as f64, (i64::from(b.y) - ay) as f64);
        let len2 = dx * dx + dy * dy;
        let rows = i64::from(a.y.min(b.y)) - WELD..=i64::from(a.y.max(b.y)) + WELD;
        let start = self.at.partition_point(|w| i64::from(w.x) < ax.min(i64::from(b.x)) - WELD);
        let east = ax.max(i64::from(b.x)) + WELD;
        let column = self.at[start..].iter().enumerate();
        column.take_while(move |(_, w)| i64::from(w.x) <= east).filter_map(move |(i, w)| {
            let vertex = (start + i) as u32;
            if vertex == from || vertex == to || !rows.contains(&i64::from(w.y)) {
                return None;
            }
            let (px, py) = ((i64::from(w.x) - ax) as f64, (i64::from(w.y) - ay) as f64);
            let along = (px * dx + py * dy) / len2;
            let off = px * dy - py * dx;
            let on = (0.0..=1.0).contains(&along) && off * off <= (WELD * WELD) as f64 * len2;
            on.then_some((along, vertex))
        })
    }
}

fn close(a: World, b: World) -> bool {
    let (dx, dy) = (i64::from(a.x) - i64::from(b.x), i64::from(a.y) - i64::from(b.y));
    dx * dx + dy * dy <= WELD * WELD
}

#[cfg(test)]
mod tests {
    use geo::line_string;

    use super::*;

    #[test]
    fn a_corner_on_a_neighbours_edge_becomes_a_corner_of_both() {
        // The western square has no vertex where the two eastern ones meet; and the
        // last decimals differ.
        let west = line_string![(x: 10.0, y: 40.0), (x: 10.1, y: 40.0), (x: 10.1, y: 40.2), (x: 10.0, y: 40.2), (x: 10.0, y: 40.0)];
        let south = line_string![(x: 10.1, y: 40.0), (x: 10.2, y: 40.0), (x: 10.2, y: 40.1), (x: 10.100_000_4, y: 40.1), (x: 10.1, y: 40.0)];
        let north = line_string![(x: 10.100_000_3, y: 40.1), (x: 10.2, y: 40.1), (x: 10.2, y: 40.2), (x: 10.1, y: 40.2), (x: 10.100_000_3, y: 40.1)];
        let net = Net::weld([&west, &south, &north].into_iter());
        assert_eq!(net.at.len(), 8, "{:?}", net.at);
        assert_eq!(net.rings.iter().map(Vec::len).collect::<Vec<_>>(), [5, 4, 4]);
        let meeting =
            net.rings[1].iter().find(|v| net.rings[2].contains(v) && net.rings[0].contains(v));
        assert!(meeting.is_some());
    }

    #[test]
    fn a_ring_that_is_one_place_has_one_vertex() {
        let dot = line_string![(x: 1.0, y: 1.0), (x: 1.0, y: 1.0), (x: 1.000_000_1, y: 1.0), (x: 1.0, y: 1.0)];
        let net = Net::weld(std::iter::once(&dot));
        assert_eq!((net.at.len(), net.rings[0].len()), (1, 1));
    }
}
