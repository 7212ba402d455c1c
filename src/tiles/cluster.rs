//! What is counted in one cell of the cluster grid.

use crate::geo::World;
use crate::index::points::Facts;

/// The counts of one cell. One is kept for a whole tile and cleared between cells, so
/// that a cell costs its points and nothing else.
#[derive(Debug)]
pub(super) struct Cell {
    /// How many points there are.
    pub(super) points: u64,
    /// How many of them can be booked.
    pub(super) bookable: u64,
    /// The number of one of them.
    pub(super) any: u32,
    x: u64,
    y: u64,
    /// How many points of each category; zero for those that are not in `seen`.
    of_category: Vec<u32>,
    seen: Vec<usize>,
}

impl Cell {
    /// An empty cell of a city with so many categories.
    pub(super) fn new(categories: usize) -> Self {
        let of_category = vec![0; categories.max(1)];
        Self { points: 0, bookable: 0, any: 0, x: 0, y: 0, of_category, seen: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        (self.points, self.bookable, self.x, self.y) = (0, 0, 0, 0);
        for category in self.seen.drain(..) {
            self.of_category[category] = 0;
        }
    }

    pub(super) fn add(&mut self, point: u32, facts: &Facts) {
        self.points += 1;
        self.bookable += u64::from(facts.bookable);
        self.x += u64::from(facts.world.x);
        self.y += u64::from(facts.world.y);
        self.any = point;
        let count = &mut self.of_category[facts.category];
        if *count == 0 {
            self.seen.push(facts.category);
        }
        *count += 1;
    }

    /// The mean position, which lies in the cell as its points do. Of an empty cell
    /// it is the north-west corner of the world.
    pub(super) fn middle(&self) -> World {
        let mean = |sum: u64| sum.checked_div(self.points).unwrap_or_default() as u32;
        World { x: mean(self.x), y: mean(self.y) }
    }

    /// The category of most points; of equals the one with the lower code.
    pub(super) fn most_frequent<'c>(&self, code: impl Fn(usize) -> &'c str) -> Option<usize> {
        self.seen.iter().copied().max_by(|&a, &b| {
            let counts = self.of_category[a].cmp(&self.of_category[b]);
            counts.then_with(|| code(b).cmp(code(a)))
        })
    }
}
