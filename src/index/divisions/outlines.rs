//! The outlines of a level, laid out so that both questions are short walks: does a part
//! cover a position, and how far is the nearest border?
//!
//! All vertices lie in one list, ring after ring, in blocks of [`BLOCK`] segments. Over
//! the blocks stands a tree of boxes, [`FAN`] children a node, without pointers: node `i`
//! of a layer has the children from `FAN · i` of the layer below. Rings run along the
//! ground and parts are in Morton order, so neighbours in the list are neighbours on the
//! map and the boxes are tight. For each vertex this is 16 bytes, and 2.3 for the boxes.
//!
//! *Covers* is the predicate of OGC Simple Features: true in the interior and on the
//! border. A ray to the east is crossed with the segments that the boxes leave; on which
//! side of a segment a position is is decided with adaptive exact arithmetic, so there is
//! no tolerance, and no position that two neighbours both deny. Both walks read some tens
//! of segments whatever the size of the ring; a comb whose every tooth meets the ray
//! costs its teeth.

mod near;
mod ray;

use std::ops::Range;

use geo::{BoundingRect, Coord, Polygon};

use crate::geo::distance::LocalPlane;
use crate::geo::{LonLat, World, morton};
use near::Search;
use ray::Ray;

/// Segments in a block.
const BLOCK: usize = 8;
/// Children of a node.
const FAN: usize = 8;
/// Marks the last block of a ring in [`Outlines::part_of`].
const LAST: u32 = 1 << 31;
/// Two distances are the same if they differ by less than this part of them.
const SAME: f64 = 1e-9;

/// A part of a division: one polygon with its holes.
#[derive(Debug)]
pub(super) struct Part {
    /// Number of its division.
    pub(super) division: u32,
    /// West, south, east, north.
    pub(super) rect: [f64; 4],
    blocks: Range<u32>,
}

/// The boxes of [`FAN`] nodes of a layer, degrees from the origin, rounded outwards. The
/// sides lie side by side, so that a processor measures several boxes at a time.
#[derive(Debug, Clone, Copy)]
struct Group {
    west: [f32; FAN],
    south: [f32; FAN],
    east: [f32; FAN],
    north: [f32; FAN],
}

/// The outlines of one level.
#[derive(Debug)]
pub(super) struct Outlines {
    parts: Vec<Part>,
    /// Segment `i` runs from vertex `i` to the next, but for the last of a ring.
    vertices: Vec<[f64; 2]>,
    /// The part of each block.
    part_of: Vec<u32>,
    /// From the boxes of the blocks up; group `i` of a layer is below node `i` of the next.
    layers: Vec<Vec<Group>>,
    origin: [f64; 2],
}

/// What a walk to the nearest border has found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) division: u32,
    pub(super) at: LonLat,
    /// On the plane that touches the earth at the position, metres.
    pub(super) metres: f64,
}

impl Outlines {
    /// Lays out valid polygons with the numbers of their divisions.
    pub(super) fn new(polygons: &[(u32, &Polygon<f64>)]) -> Self {
        let mut sorted: Vec<(u64, u32, &Polygon<f64>, [f64; 4])> = polygons
            .iter()
            .filter_map(|(division, polygon)| {
                let r = polygon.bounding_rect()?;
                let rect = [r.min().x, r.min().y, r.max().x, r.max().y];
                let center = LonLat::new(r.center().x, r.center().y);
                Some((morton::morton(World::project(center)), *division, *polygon, rect))
            })
            .collect();
        sorted.sort_by_key(|(code, division, ..)| (*code, *division));
        let origin = sorted
            .iter()
            .fold([180.0f64, 90.0f64], |o, (_, _, _, rect)| [o[0].min(rect[0]), o[1].min(rect[1])]);
        let mut outlines = Self {
            parts: Vec::new(),
            vertices: Vec::new(),
            part_of: Vec::new(),
            layers: Vec::new(),
            origin,
        };
        for (_, division, polygon, rect) in sorted {
            let first = outlines.part_of.len() as u32;
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                outlines.push_ring(&ring.0);
            }
            let blocks = first..outlines.part_of.len() as u32;
            outlines.parts.push(Part { division, rect, blocks });
        }
        outlines.vertices.shrink_to_fit();
        outlines.build_layers();
        outlines
    }

    /// Adds a closed ring, filled up to whole blocks with its last vertex.
    fn push_ring(&mut self, ring: &[Coord<f64>]) {
        let (Some(last), part) = (ring.last(), self.parts.len() as u32) else { return };
        let blocks = ring.len().div_ceil(BLOCK);
        self.vertices.extend(ring.iter().map(|c| [c.x, c.y]));
        let filled = blocks * BLOCK - ring.len();
        self.vertices.extend(std::iter::repeat_n([last.x, last.y], filled));
        self.part_of.extend(std::iter::repeat_n(part, blocks - 1));
        self.part_of.push(part | LAST);
    }

    fn build_layers(&mut self) {
        let around = |block| {
            let vertices = &self.vertices[self.vertices_of(block)];
            let mut b = EMPTY;
            for [x, y] in vertices {
                let (x, y) = (x - self.origin[0], y - self.origin[1]);
                b = [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)];
            }
            [
                (b[0] as f32).next_down(),
                (b[1] as f32).next_down(),
                (b[2] as f32).next_up(),
                (b[3] as f32).next_up(),
            ]
        };
        let mut boxes: Vec<[f32; 4]> = (0..self.part_of.len()).map(around).collect();
        loop {
            self.layers.push(boxes.chunks(FAN).map(Group::new).collect());
            if boxes.len() <= FAN {
                return;
            }
            boxes = boxes.chunks(FAN).map(joined).collect();
        }
    }

    /// The vertices of a block's segments: one more than there are segments.
    fn vertices_of(&self, block: usize) -> Range<usize> {
        let first = block * BLOCK;
        let last_of_ring = self.part_of[block] & LAST != 0;
        first..first + BLOCK + usize::from(!last_of_ring)
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The segments of a part, with some of no length at the ends of rings.
    pub(super) fn segments(&self, part: u32) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
        let blocks = self.parts[part as usize].blocks.clone();
        blocks
            .flat_map(|block| self.vertices[self.vertices_of(block as usize)].windows(2))
            .map(|w| (w[0], w[1]))
    }

    /// How many vertices there are, with those that fill blocks.
    pub(super) const fn vertex_count(&self) -> usize {
        self.vertices.len()
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Part>() * self.parts.capacity()
            + size_of::<[f64; 2]>() * self.vertices.capacity()
            + size_of::<u32>() * self.part_of.capacity()
            + self.layers.iter().map(|l| size_of::<Group>() * l.capacity()).sum::<usize>()
    }

    /// Whether the position is in the part's interior or on its border.
    pub(super) fn covers(&self, part: u32, x: f64, y: f64) -> bool {
        let part = &self.parts[part as usize];
        let [west, south, east, north] = part.rect;
        if !(x >= west && x <= east && y >= south && y <= north) {
            return false;
        }
        let mut ray = Ray::new(self, part.blocks.clone(), x, y);
        let (layer, nodes) = Self::roots(&part.blocks);
        ray.meets_border(layer, nodes) || ray.inside()
    }

    /// The lowest layer on which a run of blocks is at most [`FAN`] nodes, and those.
    fn roots(blocks: &Range<u32>) -> (usize, Range<usize>) {
        let (mut layer, mut first, mut last) = (0, blocks.start as usize, blocks.end as usize - 1);
        while last - first >= FAN {
            layer += 1;
            first /= FAN;
            last /= FAN;
        }
        (layer, first..last + 1)
    }

    /// The nearest border of one part that is nearer than `best`.
    pub(super) fn nearest_of(
        &self,
        part: u32,
        from: &LocalPlane,
        p: LonLat,
        best: f64,
    ) -> Option<Hit> {
        let blocks = self.parts[part as usize].blocks.clone();
        let (layer, nodes) = Self::roots(&blocks);
        let mut search = Search::new(self, from, p, best, blocks, |_| true);
        search.among(layer, nodes);
        search.hit()
    }

    /// The nearest border of the divisions that are wanted; of several that share it, the
    /// lowest number.
    pub(super) fn nearest(
        &self,
        from: &LocalPlane,
        p: LonLat,
        best: f64,
        wanted: impl Fn(u32) -> bool,
    ) -> Option<Hit> {
        let all = 0..self.part_of.len() as u32;
        if all.is_empty() {
            return None;
        }
        let (layer, nodes) = Self::roots(&all);
        let mut search = Search::new(self, from, p, best, all, wanted);
        search.among(layer, nodes);
        search.hit()
    }
}

/// A box around nothing.
const EMPTY: [f64; 4] = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

/// The children of a node that are in a run of blocks.
fn children(layer: usize, node: usize, blocks: &Range<u32>) -> Range<usize> {
    // A node of the layer below spans FAN^(layer-1) blocks.
    let span = FAN.pow(layer as u32 - 1);
    let (first, last) = (blocks.start as usize / span, (blocks.end as usize - 1) / span);
    (node * FAN).max(first)..((node + 1) * FAN).min(last + 1)
}

fn joined(boxes: &[[f32; 4]]) -> [f32; 4] {
    boxes
        .iter()
        .skip(1)
        .fold(boxes[0], |a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

impl Group {
    fn new(boxes: &[[f32; 4]]) -> Self {
        let side = |i: usize| {
            let mut out = [EMPTY[i] as f32; FAN];
            out.iter_mut().zip(boxes).for_each(|(out, b)| *out = b[i]);
            out
        };
        Self { west: side(0), south: side(1), east: side(2), north: side(3) }
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

    /// A star around a centre is always a simple polygon.
    fn star(radii: &[i32]) -> Polygon<f64> {
        let mut around: Vec<(f64, f64)> = radii
            .iter()
            .enumerate()
            .map(|(i, a)| {
                let t = i as f64 / radii.len() as f64 * std::f64::consts::TAU;
                let r = 2.0 + f64::from(*a) / 3.0;
                ((12.0 + r * t.cos()).round(), (12.0 + r * t.sin()).round())
            })
            .collect();
        around.dedup();
        around.push(around[0]);
        Polygon::new(around.into(), vec![])
    }

    #[test]
    fn the_border_is_covered_and_the_hole_is_not() {
        let polygon = with_hole();
        let outlines = Outlines::new(&[(0, &polygon)]);
        for (x, y) in [(0., 0.), (10., 10.), (5., 0.), (0., 5.), (2., 2.), (3., 1.), (5., 4.)] {
            assert!(outlines.covers(0, x, y), "{x} {y} is on the border");
        }
        for (x, y) in [(3., 2.), (5., 5.), (5., 10.), (9., 9.5), (-1., 0.), (11., 1.)] {
            assert!(!outlines.covers(0, x, y), "{x} {y} is outside");
        }
    }

    #[test]
    fn not_a_number_is_nowhere() {
        let polygon = with_hole();
        let outlines = Outlines::new(&[(0, &polygon)]);
        assert!(!outlines.covers(0, f64::NAN, 1.0) && !outlines.covers(0, 1.0, f64::INFINITY));
    }

    proptest! {
        /// `geo`'s own predicate is the oracle; whole and half numbers make positions
        /// on vertices and edges frequent.
        #[test]
        fn it_agrees_with_the_predicate_of_geo(
            radii in prop::collection::vec(0i32..24, 3..90), px in 0i32..48, py in 0i32..48,
        ) {
            let polygon = star(&radii);
            prop_assume!(geo::Validation::is_valid(&polygon));
            let (x, y) = (f64::from(px) / 2.0, f64::from(py) / 2.0);
            let outlines = Outlines::new(&[(0, &polygon)]);
            prop_assert_eq!(outlines.covers(0, x, y), polygon.covers(&Point::new(x, y)));
        }

        /// The walk through the boxes finds what looking at every segment finds.
        #[test]
        fn the_nearest_border_is_that_of_measuring_every_segment(
            stars in prop::collection::vec((prop::collection::vec(0i32..24, 3..60), -30i32..30, -30i32..30), 1..12),
            x in -30.0..30.0f64, y in -30.0..30.0f64,
        ) {
            use geo::Translate;
            let polygons: Vec<Polygon<f64>> = stars
                .iter()
                .map(|(radii, dx, dy)| star(radii).translate(f64::from(*dx), f64::from(*dy)))
                .collect();
            let numbered: Vec<_> = polygons.iter().enumerate().map(|(i, p)| (i as u32, p)).collect();
            let outlines = Outlines::new(&numbered);
            let p = LonLat::new(x, y);
            let plane = LocalPlane::at(p);
            let all = |part: u32| {
                let metres = |(a, b)| plane.nearest_on_segment(a, b).1;
                outlines.segments(part).map(metres).fold(f64::INFINITY, f64::min)
            };
            let parts = 0..outlines.parts().len() as u32;
            for part in parts.clone() {
                let found = outlines.nearest_of(part, &plane, p, f64::INFINITY).unwrap();
                prop_assert!((found.metres - all(part)).abs() < 1e-6);
            }
            let not = outlines.parts()[0].division;
            let others = parts.filter(|i| outlines.parts()[*i as usize].division != not);
            let nearest = others.map(all).fold(f64::INFINITY, f64::min);
            match outlines.nearest(&plane, p, f64::INFINITY, |d| d != not) {
                Some(found) => prop_assert!((found.metres - nearest).abs() <= nearest * 1e-8),
                None => prop_assert!(nearest.is_infinite()),
            }
        }
    }
}
