//! Border segments, for the distance from a position to a border.
//!
//! The R-tree measures on a plane in which longitudes are shrunk for the middle of
//! the level; that order is right to a few percent. Candidates are therefore measured
//! again on the plane that touches the earth at the position, until the tree's order
//! cannot bring a nearer one, and the distance that is told is the geodesic one.

use geo::Polygon;
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use crate::geo::LonLat;
use crate::geo::distance::{LocalPlane, geodesic};
use crate::index::outward::Plane;

/// A border segment and the number of the division that owns it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    a: [f64; 2],
    b: [f64; 2],
    owner: u32,
}

/// The nearest border that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Number of the division whose border it is.
    pub division: u32,
    /// Geodesic distance to it, metres.
    pub metres: f64,
    /// The point of the border that is nearest.
    pub at: LonLat,
}

/// Border segments of one level.
#[derive(Debug)]
pub(super) struct Borders {
    tree: RTree<Placed>,
    plane: Plane,
}

/// A segment and where its ends are on the tree's plane.
#[derive(Debug, Clone, Copy)]
struct Placed {
    segment: Segment,
    a: [f64; 2],
    b: [f64; 2],
}

/// Adds the segments of a polygon's rings.
pub(super) fn collect(polygon: &Polygon<f64>, owner: u32, out: &mut Vec<Segment>) {
    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
        out.extend(ring.lines().map(|l| Segment {
            a: [l.start.x, l.start.y],
            b: [l.end.x, l.end.y],
            owner,
        }));
    }
}

impl Borders {
    pub(super) fn new(segments: Vec<Segment>) -> Self {
        // A ring's segments begin at all of its vertices.
        let vertices = segments.iter().map(|s| LonLat::new(s.a[0], s.a[1]));
        let plane = Plane::for_positions(vertices);
        let placed = segments.into_iter().map(|segment| Placed {
            a: plane.place(segment.a[0], segment.a[1]),
            b: plane.place(segment.b[0], segment.b[1]),
            segment,
        });
        Self { tree: RTree::bulk_load(placed.collect()), plane }
    }

    /// The nearest segment among those whose owner is wanted. From far away, where the
    /// plane's order says nothing, every segment is measured.
    pub(super) fn nearest(&self, p: LonLat, wanted: impl Fn(u32) -> bool) -> Option<Nearest> {
        let local = LocalPlane::at(p);
        let metres_per_degree = self.plane.metres_per_degree(p).unwrap_or(0.0);
        let mut best: Option<(f64, LonLat, u32)> = None;
        for (placed, d2) in
            self.tree.nearest_neighbor_iter_with_distance_2(self.plane.place(p.lon, p.lat))
        {
            if best.is_some_and(|(d, ..)| d2.sqrt() * metres_per_degree > d) {
                break;
            }
            let Segment { a, b, owner } = placed.segment;
            if !wanted(owner) {
                continue;
            }
            let (at, metres) = local.nearest_on_segment(a, b);
            // Of two neighbours that share the segment, the lower code.
            if best.is_none_or(|(d, _, o)| metres < d || (metres <= d && owner < o)) {
                best = Some((metres, at, owner));
            }
        }
        best.map(|(_, at, division)| Nearest { division, metres: geodesic(p, at), at })
    }
}

impl RTreeObject for Placed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.a, self.b)
    }
}

impl PointDistance for Placed {
    fn distance_2(&self, p: &[f64; 2]) -> f64 {
        let (ax, ay) = (self.a[0] - p[0], self.a[1] - p[1]);
        let (dx, dy) = (self.b[0] - self.a[0], self.b[1] - self.a[1]);
        let len2 = dx * dx + dy * dy;
        let t = if len2 > 0.0 { (-(ax * dx + ay * dy) / len2).clamp(0.0, 1.0) } else { 0.0 };
        (ax + t * dx).powi(2) + (ay + t * dy).powi(2)
    }
}
