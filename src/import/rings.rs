//! Rings to areas: which hole belongs to which outline.
//!
//! Shapefiles give rings by their turn, OpenStreetMap by their role; both leave open which
//! outline a hole lies in.

use std::cmp::Ordering;

use geo::{BoundingRect, Coord, LineString, MultiPolygon, Polygon, Rect};
use rstar::{AABB, RTree, RTreeObject};

/// Comparisons of a hole's position with an edge, over all holes of one area. Real areas
/// need thousands; an area made for the purpose would need hours.
const MAX_COMPARISONS: usize = 1 << 28;

/// An outline's box in the tree.
struct Outline {
    at: usize,
    edges: AABB<[f64; 2]>,
}

impl RTreeObject for Outline {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        self.edges
    }
}

/// Closes rings that are open, and puts each hole into the smallest outline that holds it. A hole that lies in none is an
/// outline itself: its ring was turned or named the wrong way.
///
/// Costs a look into a tree of boxes and, for each box that holds the hole, one comparison
/// an edge.
///
/// # Errors
/// Where that is more than any real area needs.
pub fn nest(
    mut outlines: Vec<LineString<f64>>,
    mut holes: Vec<LineString<f64>>,
) -> Result<MultiPolygon<f64>, String> {
    outlines.iter_mut().chain(&mut holes).for_each(LineString::close);
    let tree = RTree::bulk_load(
        (0..outlines.len())
            .filter_map(|at| Some(Outline { at, edges: aabb(outlines[at].bounding_rect()?) }))
            .collect(),
    );
    let mut polygons: Vec<(LineString<f64>, Vec<LineString<f64>>)> =
        outlines.into_iter().map(|ring| (ring, Vec::new())).collect();
    let mut comparisons = 0;
    for hole in holes {
        let Some(bounds) = hole.bounding_rect().map(aabb) else { continue };
        let mut found: Option<(f64, usize)> = None;
        for outline in tree.locate_in_envelope_intersecting(bounds) {
            if !contains(&outline.edges, &bounds) {
                continue;
            }
            let ring = &polygons[outline.at].0;
            comparisons += ring.0.len();
            if comparisons > MAX_COMPARISONS {
                return Err("has more rings inside each other than can be sorted".to_owned());
            }
            let size = area(&outline.edges);
            if found.is_none_or(|(least, _)| size < least) && holds(ring, &hole, &mut comparisons) {
                found = Some((size, outline.at));
            }
        }
        match found {
            Some((_, at)) => polygons[at].1.push(hole),
            None => polygons.push((hole, Vec::new())),
        }
    }
    Ok(MultiPolygon::new(
        polygons.into_iter().map(|(outer, inner)| Polygon::new(outer, inner)).collect(),
    ))
}

/// Twice the area within a ring; positive where it turns left (counter-clockwise).
pub fn turn(ring: &LineString<f64>) -> f64 {
    let Some(origin) = ring.0.first() else { return 0.0 };
    ring.0
        .windows(2)
        .map(|w| {
            (w[0].x - origin.x) * (w[1].y - origin.y) - (w[1].x - origin.x) * (w[0].y - origin.y)
        })
        .sum()
}

fn aabb(rect: Rect<f64>) -> AABB<[f64; 2]> {
    AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y])
}

fn area(bounds: &AABB<[f64; 2]>) -> f64 {
    let ([west, south], [east, north]) = (bounds.lower(), bounds.upper());
    (east - west) * (north - south)
}

fn contains(outer: &AABB<[f64; 2]>, inner: &AABB<[f64; 2]>) -> bool {
    let ([w, s], [e, n]) = (outer.lower(), outer.upper());
    let ([west, south], [east, north]) = (inner.lower(), inner.upper());
    w <= west && s <= south && east <= e && north <= n
}

/// Whether `ring` holds `hole`, asked of the first vertex of the hole that is not on the
/// ring: a hole may touch its outline.
fn holds(ring: &LineString<f64>, hole: &LineString<f64>, comparisons: &mut usize) -> bool {
    for &vertex in &hole.0 {
        match side(ring, vertex) {
            Ordering::Greater => return true,
            Ordering::Less => return false,
            Ordering::Equal => *comparisons += ring.0.len(),
        }
        if *comparisons > MAX_COMPARISONS {
            break;
        }
    }
    // Every vertex is on the ring.
    true
}

/// Inside, outside or on the ring.
fn side(ring: &LineString<f64>, p: Coord<f64>) -> Ordering {
    use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
    match coord_pos_relative_to_ring(p, ring) {
        CoordPos::Inside => Ordering::Greater,
        CoordPos::Outside => Ordering::Less,
        CoordPos::OnBoundary => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;

    fn square(x: f64, y: f64, size: f64) -> LineString<f64> {
        LineString::from(vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)])
    }

    #[test]
    fn a_hole_belongs_to_the_smallest_outline_around_it() {
        // An island in a lake of an island.
        let outlines = vec![square(0.0, 0.0, 9.0), square(3.0, 3.0, 3.0), square(20.0, 0.0, 1.0)];
        let holes = vec![square(4.0, 4.0, 1.0), square(2.0, 2.0, 5.0)];
        let area = nest(outlines, holes).unwrap();
        assert_eq!(area.0.len(), 3);
        assert!((area.0[0].unsigned_area() - (81.0 - 25.0)).abs() < 1e-9);
        assert!((area.0[1].unsigned_area() - (9.0 - 1.0)).abs() < 1e-9);
    }

    #[test]
    fn a_hole_that_touches_its_outline_stays_in_it_and_one_outside_is_an_outline() {
        let area =
            nest(vec![square(0.0, 0.0, 4.0)], vec![square(0.0, 0.0, 1.0), square(9.0, 9.0, 1.0)]);
        let area = area.unwrap();
        assert_eq!(area.0.len(), 2);
        assert_eq!(area.0[0].interiors().len(), 1);
    }

    #[test]
    fn the_turn_of_a_ring_is_twice_its_area() {
        assert!((turn(&square(100.0, 50.0, 2.0)) - 8.0).abs() < 1e-9);
        let mut back = square(100.0, 50.0, 2.0);
        back.0.reverse();
        assert!((turn(&back) + 8.0).abs() < 1e-9);
    }
}
