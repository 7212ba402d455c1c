//! Nearest first, by true distance, out of an R-tree that measures on a plane.
//!
//! The trees hold longitudes shrunk by the cosine of their middle latitude. How far
//! the order of such a plane may be off follows from the latitudes that are involved
//! ([`Plane::metres_per_degree`]), and a small heap of what is on the way puts it
//! exactly right. From far away, where no plane will do, everything is measured.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use crate::geo::distance::{METRES_PER_DEGREE_LAT_MIN, geodesic};
use crate::geo::{Bounds, LonLat};

/// How far outside the box of its content a plane is still walked, degrees.
const REACH: f64 = 3.0;
/// Latitude beyond which no plane is walked.
const MAX_LAT: f64 = 75.0;
/// For the curvature of the earth over the reach of a plane: a great circle is shorter
/// than the line on the plane by less than this factor.
const CURVATURE: f64 = 1.02;

/// A plane of shrunk longitudes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    content: Bounds,
    shrink: f64,
}

impl Plane {
    /// The plane for some positions.
    pub(super) fn for_positions(positions: impl Iterator<Item = LonLat>) -> Self {
        let nothing = Bounds {
            west: f64::INFINITY,
            south: f64::INFINITY,
            east: f64::NEG_INFINITY,
            north: f64::NEG_INFINITY,
        };
        let content = positions.fold(nothing, |b, p| Bounds {
            west: b.west.min(p.lon),
            south: b.south.min(p.lat),
            east: b.east.max(p.lon),
            north: b.north.max(p.lat),
        });
        let middle = f64::midpoint(content.south, content.north);
        // Near a pole, and where there is nothing, any factor but zero will do.
        let shrink = if middle.is_finite() { middle.to_radians().cos().max(0.01) } else { 1.0 };
        Self { content, shrink }
    }

    /// A position on the plane.
    pub(super) fn place(&self, lon: f64, lat: f64) -> [f64; 2] {
        [lon * self.shrink, lat]
    }

    /// The least number of metres that a degree of the plane stands for, seen from a
    /// position; `None` from where the plane's order says nothing.
    pub(super) fn metres_per_degree(&self, from: LonLat) -> Option<f64> {
        let b = self.content;
        let (south, north) = (b.south.min(from.lat), b.north.max(from.lat));
        let near = from.lon >= b.west - REACH
            && from.lon <= b.east + REACH
            && from.lat >= b.south - REACH
            && from.lat <= b.north + REACH
            && north - south <= 2.0 * REACH
            && b.east - b.west <= 2.0 * REACH
            && south.abs().max(north.abs()) <= MAX_LAT;
        let narrowest = south.abs().max(north.abs()).to_radians().cos();
        near.then(|| METRES_PER_DEGREE_LAT_MIN * (narrowest / self.shrink).min(1.0) / CURVATURE)
    }
}

/// Numbered positions, for "nearest" and "within".
#[derive(Debug)]
pub(super) struct NearIndex {
    tree: RTree<GeomWithData<[f64; 2], u32>>,
    plane: Plane,
}

impl NearIndex {
    /// Bulk-loads positions, numbered in their order.
    pub(super) fn build(positions: impl Iterator<Item = LonLat> + Clone) -> Self {
        let plane = Plane::for_positions(positions.clone());
        let located = positions
            .zip(0u32..)
            .map(|(p, number)| GeomWithData::new(plane.place(p.lon, p.lat), number))
            .collect();
        Self { tree: RTree::bulk_load(located), plane }
    }

    /// Numbers inside a box, edges included, in no order.
    pub(super) fn within(&self, b: Bounds) -> impl Iterator<Item = u32> + '_ {
        let corners = (self.plane.place(b.west, b.south), self.plane.place(b.east, b.north));
        self.tree.locate_in_envelope(AABB::from_corners(corners.0, corners.1)).map(|l| l.data)
    }

    /// Numbers that `keep` wants, in the order of their geodesic distance from a
    /// position, then of themselves; with that distance in metres. The price is that of
    /// what is taken; from far away it is that of everything.
    pub(super) fn nearest<'a>(
        &'a self,
        from: LonLat,
        keep: impl Fn(u32) -> bool + 'a,
        location: impl Fn(u32) -> LonLat + 'a,
    ) -> Box<dyn Iterator<Item = (u32, f64)> + 'a> {
        let Some(metres_per_degree) = self.plane.metres_per_degree(from) else {
            let mut all: Vec<OnTheWay> = self
                .tree
                .iter()
                .map(|l| l.data)
                .filter(|number| keep(*number))
                .map(|number| OnTheWay(geodesic(from, location(number)), number))
                .collect();
            all.sort_unstable();
            return Box::new(all.into_iter().map(|OnTheWay(metres, number)| (number, metres)));
        };
        let walk = self
            .tree
            .nearest_neighbor_iter_with_distance_2(self.plane.place(from.lon, from.lat))
            .filter(move |(located, _)| keep(located.data))
            .map(move |(located, d2)| (located.data, d2.sqrt() * metres_per_degree));
        Box::new(by_distance(walk, from, location))
    }
}

/// An item on the way, ordered by distance, then number.
#[derive(PartialEq)]
struct OnTheWay(f64, u32);

impl Eq for OnTheWay {}

impl Ord for OnTheWay {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for OnTheWay {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Turns `walk`, numbers with a rising lower bound of their distance in metres, into
/// numbers in the order of their distance.
fn by_distance<'a>(
    mut walk: impl Iterator<Item = (u32, f64)> + 'a,
    from: LonLat,
    location: impl Fn(u32) -> LonLat + 'a,
) -> impl Iterator<Item = (u32, f64)> + 'a {
    let mut on_the_way: BinaryHeap<Reverse<OnTheWay>> = BinaryHeap::new();
    let mut certain_to = 0.0;
    std::iter::from_fn(move || {
        loop {
            // Strictly below: what comes next may be as far, with a lower number.
            if let Some(Reverse(first)) = on_the_way.peek()
                && first.0 < certain_to
            {
                return on_the_way.pop().map(|Reverse(OnTheWay(metres, number))| (number, metres));
            }
            match walk.next() {
                Some((number, at_least)) => {
                    certain_to = at_least;
                    on_the_way.push(Reverse(OnTheWay(geodesic(from, location(number)), number)));
                }
                None if on_the_way.is_empty() => return None,
                None => certain_to = f64::INFINITY,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Cities of any latitude, with several points at one place.
    fn points() -> impl Strategy<Value = Vec<LonLat>> {
        (-80.0..80.0f64, -170.0..170.0f64, prop::collection::vec((0u8..40, 0u8..40), 1..120))
            .prop_map(|(lat, lon, cells)| {
                let place = |(x, y): (u8, u8)| {
                    LonLat::new(lon + f64::from(x) / 20.0, (lat + f64::from(y) / 20.0).min(84.0))
                };
                cells.into_iter().map(place).collect()
            })
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_sorting_everything(
            points in points(), dlon in -8.0..8.0f64, dlat in -8.0..8.0f64, on_a_point: bool,
        ) {
            let mut from = points[points.len() / 2];
            if !on_a_point {
                from = LonLat::new(from.lon + dlon, (from.lat + dlat).clamp(-89.0, 89.0));
            }
            let index = NearIndex::build(points.iter().copied());
            let found: Vec<(u32, f64)> =
                index.nearest(from, |n| n % 5 != 3, |n| points[n as usize]).collect();
            let mut all: Vec<(u32, f64)> = (0..points.len() as u32)
                .filter(|n| n % 5 != 3)
                .map(|n| (n, geodesic(from, points[n as usize])))
                .collect();
            all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            prop_assert_eq!(found, all);
        }
    }

    #[test]
    fn from_the_other_side_of_the_earth_the_nearest_still_comes_first() {
        // The second is nearer, but across the antimeridian.
        let points = [LonLat::new(118.0, 39.9), LonLat::new(123.0, 39.9)];
        let index = NearIndex::build(points.into_iter());
        let from = LonLat::new(-60.0, 40.0);
        let found: Vec<u32> =
            index.nearest(from, |_| true, |n| points[n as usize]).map(|(n, _)| n).collect();
        assert_eq!(found, [1, 0]);
    }

    #[test]
    fn nothing_is_near_where_there_is_nothing() {
        let index = NearIndex::build(std::iter::empty());
        let from = LonLat::new(116.0, 40.0);
        assert_eq!(index.nearest(from, |_| true, |_| from).count(), 0);
    }
}
