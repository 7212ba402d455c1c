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
use crate::index::outward::DISTORTION;

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
    tree: RTree<Shrunk>,
    shrink: f64,
}

/// A segment on the tree's plane.
#[derive(Debug, Clone, Copy)]
struct Shrunk {
    segment: Segment,
    shrink: f64,
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
        let (south, north) = segments
            .iter()
            .fold((90.0f64, -90.0f64), |(s, n), seg| (s.min(seg.a[1]), n.max(seg.a[1])));
        let shrink = f64::midpoint(south, north).to_radians().cos();
        let shrunk = segments.into_iter().map(|segment| Shrunk { segment, shrink }).collect();
        Self { tree: RTree::bulk_load(shrunk), shrink }
    }

    /// The nearest segment among those whose owner is wanted.
    pub(super) fn nearest(&self, p: LonLat, wanted: impl Fn(u32) -> bool) -> Option<Nearest> {
        let plane = LocalPlane::at(p);
        let per_degree = plane.project(p.lon, p.lat + 1.0).1;
        let mut best: Option<(f64, LonLat, u32)> = None;
        for (shrunk, d2) in
            self.tree.nearest_neighbor_iter_with_distance_2([p.lon * self.shrink, p.lat])
        {
            if best.is_some_and(|(d, ..)| d2.sqrt() * per_degree > d * DISTORTION) {
                break;
            }
            let Segment { a, b, owner } = shrunk.segment;
            if !wanted(owner) {
                continue;
            }
            let (at, metres) = plane.nearest_on_segment(a, b);
            // Of two neighbours that share the segment, the lower code.
            if best.is_none_or(|(d, _, o)| metres < d || (metres <= d && owner < o)) {
                best = Some((metres, at, owner));
            }
        }
        best.map(|(_, at, division)| Nearest { division, metres: geodesic(p, at), at })
    }
}

impl RTreeObject for Shrunk {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        let Segment { a, b, .. } = self.segment;
        AABB::from_corners([a[0] * self.shrink, a[1]], [b[0] * self.shrink, b[1]])
    }
}

impl PointDistance for Shrunk {
    fn distance_2(&self, p: &[f64; 2]) -> f64 {
        let Segment { a, b, .. } = self.segment;
        let (ax, ay) = (a[0] * self.shrink - p[0], a[1] - p[1]);
        let (dx, dy) = ((b[0] - a[0]) * self.shrink, b[1] - a[1]);
        let len2 = dx * dx + dy * dy;
        let t = if len2 > 0.0 { (-(ax * dx + ay * dy) / len2).clamp(0.0, 1.0) } else { 0.0 };
        (ax + t * dx).powi(2) + (ay + t * dy).powi(2)
    }
}
