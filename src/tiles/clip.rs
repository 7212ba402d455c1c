//! Cutting rings and lines at a tile's edge, in whole tile units.
//!
//! Rings are cut side by side (Sutherland and Hodgman 1974), lines segment by segment
//! (Liang and Barsky 1984). A ring that leaves the box and comes back keeps an edge
//! along the box's border; that edge lies in the buffer and is never seen.
//!
//! Where an edge meets the border is computed from its ends in one order, so that
//! the two owners of a shared edge are cut at the same place.

use fast_mvt::MvtCoord;

use super::{BUFFER, EXTENT};

/// Lowest and highest unit that is drawn.
const LOW: i64 = -(BUFFER as i64);
const HIGH: i64 = EXTENT as i64 + BUFFER as i64;

type At = (i64, i64);

/// Cuts the rings or lines of one feature after another; keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Clipper {
    ring: Vec<At>,
    spare: Vec<At>,
    pieces: Vec<MvtCoord>,
    ends: Vec<usize>,
}

/// A side of the box.
#[derive(Clone, Copy)]
enum Side {
    West,
    East,
    North,
    South,
}

impl Side {
    const ALL: [Self; 4] = [Self::West, Self::East, Self::North, Self::South];

    const fn holds(self, (x, y): At) -> bool {
        match self {
            Self::West => x >= LOW,
            Self::East => x <= HIGH,
            Self::North => y >= LOW,
            Self::South => y <= HIGH,
        }
    }

    /// Where an edge with one end on each side of the border meets it.
    fn meet(self, a: At, b: At) -> At {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        match self {
            Self::West => (LOW, along(a, b, LOW)),
            Self::East => (HIGH, along(a, b, HIGH)),
            Self::North => (along(swap(a), swap(b), LOW), LOW),
            Self::South => (along(swap(a), swap(b), HIGH), HIGH),
        }
    }
}

const fn swap((x, y): At) -> At {
    (y, x)
}

/// The ordinate of the edge at abscissa `x`. 128 bits: at zoom 20 an edge may be as
/// long as the world, 2³² units.
fn along(a: At, b: At, x: i64) -> i64 {
    let (dx, dy) = (i128::from(b.0 - a.0), i128::from(b.1 - a.1));
    a.1 + (dy * i128::from(x - a.0)).div_euclid(dx) as i64
}

impl Clipper {
    /// Forgets the pieces of the feature before.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
        self.ends.clear();
    }

    /// What was cut since [`Clipper::clear`], in order.
    pub(super) fn pieces(&self) -> Pieces<'_> {
        Pieces { coords: &self.pieces, ends: &self.ends, start: 0 }
    }

    /// Adds the part of an open ring that lies in the tile and its buffer, open.
    /// Returns false, and adds nothing, if no area is left of it.
    pub(super) fn ring(&mut self, points: impl Iterator<Item = At>) -> bool {
        self.ring.clear();
        self.ring.extend(points);
        for side in Side::ALL {
            if self.ring.iter().all(|p| side.holds(*p)) {
                continue;
            }
            self.spare.clear();
            for (i, &b) in self.ring.iter().enumerate() {
                let a = self.ring[(i + self.ring.len() - 1) % self.ring.len()];
                if side.holds(a) != side.holds(b) {
                    self.spare.push(side.meet(a, b));
                }
                if side.holds(b) {
                    self.spare.push(b);
                }
            }
            std::mem::swap(&mut self.ring, &mut self.spare);
        }
        tidy(&mut self.ring);
        let drawn = self.ring.len() >= 3 && twice_area(&self.ring) != 0;
        if drawn {
            self.pieces.extend(self.ring.iter().map(|p| unit(*p)));
            self.ends.push(self.pieces.len());
        }
        drawn
    }

    /// Adds the pieces of a line that lie in the tile and its buffer, each of two
    /// units or more.
    pub(super) fn line(&mut self, points: impl Iterator<Item = At>) {
        let mut open: Option<At> = None;
        let mut last: Option<At> = None;
        for at in points {
            let Some(before) = last.replace(at).filter(|before| *before != at) else { continue };
            let Some((from, to)) = segment(before, at) else { continue };
            if open != Some(from) {
                close_piece(&mut self.pieces, &mut self.ends);
                self.pieces.push(unit(from));
            }
            if from != to {
                self.pieces.push(unit(to));
            }
            open = Some(to);
        }
        close_piece(&mut self.pieces, &mut self.ends);
    }
}

/// Rings or pieces of lines, one slice for each.
pub(super) struct Pieces<'a> {
    coords: &'a [MvtCoord],
    ends: &'a [usize],
    start: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [MvtCoord];

    fn next(&mut self) -> Option<Self::Item> {
        let (&end, rest) = self.ends.split_first()?;
        let piece = &self.coords[self.start..end];
        self.start = end;
        self.ends = rest;
        Some(piece)
    }
}

const fn unit((x, y): At) -> MvtCoord {
    MvtCoord { x: x as i32, y: y as i32 }
}

/// Ends the piece that is being written; a piece of one unit is dropped.
fn close_piece(pieces: &mut Vec<MvtCoord>, ends: &mut Vec<usize>) {
    let start = ends.last().copied().unwrap_or_default();
    match pieces.len() - start {
        0 => {}
        1 => pieces.truncate(start),
        _ => ends.push(pieces.len()),
    }
}

/// The part of a segment that lies in the box.
fn segment(a: At, b: At) -> Option<(At, At)> {
    let (mut from, mut to) = (a, b);
    for side in Side::ALL {
        match (side.holds(from), side.holds(to)) {
            (true, true) => {}
            (false, false) => return None,
            (false, true) => from = side.meet(from, to),
            (true, false) => to = side.meet(from, to),
        }
    }
    Some((from, to))
}

/// Takes out what rounding to units left: a unit twice in a row, and a way there and
/// back.
fn tidy(ring: &mut Vec<At>) {
    let mut kept = 0;
    for i in 0..ring.len() {
        let p = ring[i];
        if kept >= 1 && ring[kept - 1] == p {
            continue;
        }
        if kept >= 2 && ring[kept - 2] == p {
            kept -= 1;
            continue;
        }
        ring[kept] = p;
        kept += 1;
    }
    ring.truncate(kept);
    // The same across the place where the ring closes.
    let mut start = 0;
    while ring.len() - start >= 3 {
        let last = ring.len() - 1;
        if ring[last] == ring[start] {
            ring.pop();
        } else if ring[last - 1] == ring[start] {
            ring.truncate(last - 1);
        } else if ring[last] == ring[start + 1] {
            start += 1;
        } else {
            break;
        }
    }
    ring.drain(..start);
}

fn twice_area(ring: &[At]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clip_ring(points: &[At]) -> Vec<At> {
        let mut clipper = Clipper::default();
        clipper.ring(points.iter().copied());
        pieces(&clipper).pop().unwrap_or_default()
    }

    fn clip_line(points: &[At]) -> Vec<Vec<At>> {
        let mut clipper = Clipper::default();
        clipper.line(points.iter().copied());
        pieces(&clipper)
    }

    fn pieces(clipper: &Clipper) -> Vec<Vec<At>> {
        let pieces = clipper.pieces();
        pieces.map(|p| p.iter().map(|c| (i64::from(c.x), i64::from(c.y))).collect()).collect()
    }

    #[test]
    fn a_ring_around_the_tile_becomes_the_tile_and_its_buffer() {
        let far = 1 << 32;
        let ring = clip_ring(&[(-far, -far), (far, -far), (far, far), (-far, far)]);
        assert_eq!(twice_area(&ring), 2 * (HIGH - LOW) * (HIGH - LOW));
    }

    #[test]
    fn a_ring_beside_the_tile_or_without_area_is_nothing() {
        assert!(clip_ring(&[(5000, 0), (6000, 0), (6000, 100)]).is_empty());
        assert!(clip_ring(&[(0, 0), (10, 10), (20, 20)]).is_empty());
        assert!(clip_ring(&[(0, 0), (10, 10), (0, 0), (10, 10)]).is_empty());
        assert!(clip_ring(&[]).is_empty());
    }

    #[test]
    fn a_way_there_and_back_is_taken_out() {
        let ring = clip_ring(&[(0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10)]);
        assert_eq!(ring, [(0, 0), (10, 0), (10, 10), (0, 10)]);
        let ring = clip_ring(&[(-5, 0), (0, 0), (10, 0), (10, 10), (0, 10), (0, 0)]);
        assert_eq!(twice_area(&ring), 200);
        assert_eq!(ring.len(), 4);
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two_pieces() {
        let pieces = clip_line(&[(100, 100), (5000, 100), (5000, 200), (100, 200)]);
        assert_eq!(pieces, [vec![(100, 100), (HIGH, 100)], vec![(HIGH, 200), (100, 200)]]);
        assert!(clip_line(&[(-900, 0), (0, -900)]).is_empty());
        assert!(clip_line(&[(7, 7), (7, 7)]).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_left_outside_the_buffer(
            points in prop::collection::vec((-9000i64..13000, -9000i64..13000), 2..30),
        ) {
            let inside = |p: &At| (LOW..=HIGH).contains(&p.0) && (LOW..=HIGH).contains(&p.1);
            prop_assert!(clip_ring(&points).iter().all(inside));
            let pieces = clip_line(&points);
            prop_assert!(pieces.iter().flatten().all(inside));
            prop_assert!(pieces.iter().all(|p| p.len() > 1));
        }

        #[test]
        fn a_shared_edge_is_cut_at_one_place(
            a in (-9000i64..13000, -9000i64..13000), b in (-9000i64..13000, -9000i64..13000),
        ) {
            let there = clip_line(&[a, b]);
            let mut back = clip_line(&[b, a]);
            for piece in &mut back {
                piece.reverse();
            }
            prop_assert_eq!(there, back);
        }
    }
}
