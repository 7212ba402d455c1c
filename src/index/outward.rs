//! Nearest first, by true distance, out of an R-tree that measures on a plane.
//!
//! The trees hold longitudes shrunk by the cosine of the city's middle latitude. Their
//! order is then right to within [`DISTORTION`], and a small heap of what is on the
//! way puts it exactly right.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::geo::distance::{LocalPlane, geodesic};
use crate::geo::{Bounds, LonLat};

/// How far the plane of a tree may be off, as a factor: the cosines of the
/// northernmost and the middle latitude differ by less, for a city of up to three
/// degrees from south to north and below 60 degrees of latitude.
pub(super) const DISTORTION: f64 = 1.06;

/// What longitudes are multiplied with in the trees of a city.
pub(super) fn shrink(bounds: Bounds) -> f64 {
    f64::midpoint(bounds.south, bounds.north).to_radians().cos()
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

/// Turns `walk`, numbers in the order of their distance on the plane of a tree (in
/// degrees of latitude), into numbers in the order of their geodesic distance, with
/// that distance in metres.
pub(super) fn by_distance<'a>(
    mut walk: impl Iterator<Item = (u32, f64)> + 'a,
    from: LonLat,
    location: impl Fn(u32) -> LonLat + 'a,
) -> impl Iterator<Item = (u32, f64)> + 'a {
    let per_degree = LocalPlane::at(from).project(from.lon, from.lat + 1.0).1;
    let mut on_the_way: BinaryHeap<Reverse<OnTheWay>> = BinaryHeap::new();
    let mut certain_to = 0.0;
    std::iter::from_fn(move || {
        loop {
            if let Some(Reverse(first)) = on_the_way.peek()
                && first.0 <= certain_to
            {
                return on_the_way.pop().map(|Reverse(OnTheWay(metres, number))| (number, metres));
            }
            match walk.next() {
                Some((number, degrees)) => {
                    certain_to = degrees * per_degree / DISTORTION;
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

    proptest! {
        #[test]
        fn the_order_is_that_of_sorting_everything(
            points in prop::collection::vec((115.5..117.5f64, 39.5..41.0f64), 1..200),
            lon in 115.5..117.5f64, lat in 39.5..41.0f64,
        ) {
            let from = LonLat::new(lon, lat);
            let at = |i: u32| LonLat::new(points[i as usize].0, points[i as usize].1);
            let k = 40.25f64.to_radians().cos();
            let mut walk: Vec<(u32, f64)> = (0..points.len() as u32)
                .map(|i| (i, ((at(i).lon - lon) * k).hypot(at(i).lat - lat)))
                .collect();
            walk.sort_by(|a, b| a.1.total_cmp(&b.1));
            let found: Vec<f64> = by_distance(walk.into_iter(), from, at).map(|(_, m)| m).collect();
            let mut all: Vec<f64> = (0..points.len() as u32).map(|i| geodesic(from, at(i))).collect();
            all.sort_by(f64::total_cmp);
            prop_assert_eq!(found, all);
        }
    }
}
