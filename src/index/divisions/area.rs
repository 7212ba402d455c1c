//! The exact test: does a polygon cover a position?
//!
//! *Covers* is the predicate of OGC Simple Features: true in the interior and on the
//! border. A ray to the east is crossed with the edges; which side of an edge a
//! position is on is decided with adaptive exact arithmetic, so there is no
//! tolerance and no position that two neighbours both deny.
//!
//! Edges are sorted into horizontal slabs, about [`EDGES_PER_SLAB`] in each, and laid
//! out slab after slab: one test reads one short run of memory whatever the size of
//! the ring. An edge that spans several slabs is stored in each; for the outlines
//! that occur this makes 1.5 to 2 copies of an edge.

use geo::algorithm::kernels::{Kernel, Orientation};
use geo::{Coord, GeoNum, Polygon};

/// Smaller slabs cost memory, larger ones time; measured flat between 4 and 16.
const EDGES_PER_SLAB: usize = 8;

/// An edge: `[x0, y0, x1, y1]`.
type Edge = [f64; 4];

/// One polygon with its holes, ready for the test.
#[derive(Debug)]
pub(super) struct Area {
    south: f64,
    slabs_per_degree: f64,
    /// Where each slab's run of edges begins; one more than there are slabs.
    starts: Vec<u32>,
    edges: Vec<Edge>,
}

impl Area {
    /// Sorts the edges of a valid polygon into slabs.
    pub(super) fn new(polygon: &Polygon<f64>) -> Self {
        let edges: Vec<Edge> = std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .flat_map(geo::LineString::lines)
            .map(|l| [l.start.x, l.start.y, l.end.x, l.end.y])
            .collect();
        let south = edges.iter().map(|e| e[1].min(e[3])).fold(f64::INFINITY, f64::min);
        let north = edges.iter().map(|e| e[1].max(e[3])).fold(f64::NEG_INFINITY, f64::max);
        let slabs = (edges.len() / EDGES_PER_SLAB).max(1);
        let slabs_per_degree = if north > south { slabs as f64 / (north - south) } else { 0.0 };
        let slab = |y: f64| (((y - south) * slabs_per_degree) as usize).min(slabs - 1);

        let mut starts = vec![0u32; slabs + 1];
        for e in &edges {
            for count in &mut starts[slab(e[1].min(e[3])) + 1..=slab(e[1].max(e[3])) + 1] {
                *count += 1;
            }
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![[0.0; 4]; starts[slabs] as usize];
        for e in &edges {
            for at in &mut next[slab(e[1].min(e[3]))..=slab(e[1].max(e[3]))] {
                sorted[*at as usize] = *e;
                *at += 1;
            }
        }
        Self { south, slabs_per_degree, starts, edges: sorted }
    }

    /// Whether the position is in the polygon's interior or on its border. Expects a
    /// position inside the polygon's bounding box; reads one slab.
    pub(super) fn covers(&self, x: f64, y: f64) -> bool {
        let slab = ((y - self.south) * self.slabs_per_degree) as usize;
        let slab = slab.min(self.starts.len() - 2);
        let run = self.starts[slab] as usize..self.starts[slab + 1] as usize;
        let mut inside = false;
        for &[x0, y0, x1, y1] in &self.edges[run] {
            // Half-open in y, so that a vertex counts for one of its two edges.
            let crosses = (y0 > y) != (y1 > y);
            let touches = y >= y0.min(y1) && y <= y0.max(y1) && x >= x0.min(x1) && x <= x0.max(x1);
            if !crosses && !touches {
                continue;
            }
            if crosses && !touches && x > x0.max(x1) {
                continue;
            }
            let side = <f64 as GeoNum>::Ker::orient2d(
                Coord { x: x0, y: y0 },
                Coord { x: x1, y: y1 },
                Coord { x, y },
            );
            match side {
                Orientation::Collinear if touches => return true,
                Orientation::CounterClockwise if crosses && y1 > y0 => inside = !inside,
                Orientation::Clockwise if crosses && y1 < y0 => inside = !inside,
                _ => {}
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use geo::{Covers, Point, polygon};
    use proptest::prelude::*;

    use super::*;

    fn with_hole() -> Polygon<f64> {
        let mut p = polygon![(x: 0., y: 0.), (x: 10., y: 0.), (x: 10., y: 10.), (x: 5., y: 4.), (x: 0., y: 10.)];
        p.interiors_push(vec![(2., 1.), (4., 1.), (4., 3.), (2., 3.), (2., 1.)]);
        p
    }

    #[test]
    fn the_border_is_covered_and_the_hole_is_not() {
        let area = Area::new(&with_hole());
        for (x, y) in [(0., 0.), (10., 10.), (5., 0.), (0., 5.), (2., 2.), (3., 1.), (5., 4.)] {
            assert!(area.covers(x, y), "{x} {y} is on the border");
        }
        for (x, y) in [(3., 2.), (5., 5.), (5., 10.), (9., 9.5)] {
            assert!(!area.covers(x, y), "{x} {y} is outside");
        }
    }

    proptest! {
        /// `geo`'s own predicate is the oracle; whole and half numbers make positions
        /// on vertices and edges frequent.
        #[test]
        fn it_agrees_with_the_predicate_of_geo(
            xs in prop::collection::vec((0i32..24, 0i32..24), 3..40), px in 0i32..48, py in 0i32..48,
        ) {
            // A star around a centre is always a simple polygon.
            let mut around: Vec<(f64, f64)> = xs.iter().enumerate().map(|(i, (a, _))| {
                let t = i as f64 / xs.len() as f64 * std::f64::consts::TAU;
                let r = 2.0 + f64::from(*a) / 3.0;
                ((12.0 + r * t.cos()).round(), (12.0 + r * t.sin()).round())
            }).collect();
            around.dedup();
            around.push(around[0]);
            let polygon = Polygon::new(around.into(), vec![]);
            prop_assume!(geo::Validation::is_valid(&polygon));
            let (x, y) = (f64::from(px) / 2.0, f64::from(py) / 2.0);
            let rect = geo::BoundingRect::bounding_rect(&polygon).unwrap();
            prop_assume!(geo::Intersects::intersects(&rect, &Point::new(x, y)));
            prop_assert_eq!(Area::new(&polygon).covers(x, y), polygon.covers(&Point::new(x, y)));
        }
    }
}
