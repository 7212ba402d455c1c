//! One grid over all levels: for most positions the answer is in the cell.
//!
//! A cell that no border of a level crosses is wholly inside one division or in none,
//! and then no exact test is needed. Other cells list what may cover a position in them,
//! the lowest code first. There are [`PER_VERTEX`] cells for each vertex, so that a border
//! has a few segments in a cell it crosses; a cell is 12 bytes.

use super::outlines::Outlines;
use crate::geo::{Bounds, LonLat};

/// Cells for each vertex of all levels together.
const PER_VERTEX: f64 = 0.5;
/// Most cells in a row, and most rows.
const MOST: f64 = 4096.0;
/// Marks an entry that is the place of a list, and an item that covers its whole cell.
const MARK: u32 = 1 << 31;
/// Degrees by which a border is thought wider when cells are chosen, far above the
/// rounding of a position to its cell.
const SLACK: f64 = 1e-9;

/// What may cover the positions of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Candidate {
    /// This division covers the whole cell.
    Whole(u32),
    /// This part has a border in the cell.
    Part(u32),
}

/// One grid over all levels.
#[derive(Debug)]
pub(super) struct Cells {
    west: f64,
    south: f64,
    per_lon: f64,
    per_lat: f64,
    columns: usize,
    rows: usize,
    /// For each cell and level: 0, a division and 1, or [`MARK`] and the place of a list.
    entries: Vec<[u32; 3]>,
    /// Lists, each after its length.
    lists: Vec<u32>,
}

impl Cells {
    pub(super) fn new(levels: [&Outlines; 3]) -> Self {
        let parts = || levels.iter().flat_map(|o| o.parts());
        let vertices: usize = levels.iter().map(|o| o.vertex_count()).sum();
        let mut b = parts().fold(
            Bounds { west: 180.0, south: 90.0, east: -180.0, north: -90.0 },
            |b, part| Bounds {
                west: b.west.min(part.rect[0]),
                south: b.south.min(part.rect[1]),
                east: b.east.max(part.rect[2]),
                north: b.north.max(part.rect[3]),
            },
        );
        if vertices == 0 {
            b = Bounds { west: 0.0, south: 0.0, east: 0.0, north: 0.0 };
        }
        // No part ends on the rim of the grid.
        let rim = 1e-6;
        let (west, south) = (b.west - rim, b.south - rim);
        let (width, height) = (b.east + rim - west, b.north + rim - south);
        let shrink = f64::midpoint(b.south, b.north).to_radians().cos();
        let wanted = vertices as f64 * PER_VERTEX;
        let across = (wanted * width * shrink / height).sqrt().clamp(1.0, MOST);
        let columns = across.ceil();
        let rows = (wanted / columns).clamp(1.0, MOST).ceil();
        let mut cells = Self {
            west,
            south,
            per_lon: columns / width,
            per_lat: rows / height,
            columns: columns as usize,
            rows: rows as usize,
            entries: vec![[0; 3]; columns as usize * rows as usize],
            lists: Vec::new(),
        };
        for (level, outlines) in levels.into_iter().enumerate() {
            cells.fill(level, outlines);
        }
        cells.lists.shrink_to_fit();
        cells
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        size_of::<[u32; 3]>() * self.entries.capacity() + size_of::<u32>() * self.lists.capacity()
    }

    /// The entries of the cell that holds a position; `None` where no area can be.
    pub(super) fn at(&self, p: LonLat) -> Option<&[u32; 3]> {
        let (x, y) = ((p.lon - self.west) * self.per_lon, (p.lat - self.south) * self.per_lat);
        // False for what is not a number, too.
        if !(x >= 0.0 && y >= 0.0) {
            return None;
        }
        let (column, row) = (x as usize, y as usize);
        if column >= self.columns || row >= self.rows {
            return None;
        }
        Some(&self.entries[row * self.columns + column])
    }

    /// What an entry says, the lowest code first.
    pub(super) fn candidates(&self, entry: u32) -> impl Iterator<Item = Candidate> + '_ {
        let (one, list): (_, &[u32]) = if entry & MARK == 0 {
            (entry.checked_sub(1).map(Candidate::Whole), &[])
        } else {
            let at = (entry & !MARK) as usize;
            (None, &self.lists[at + 1..=at + self.lists[at] as usize])
        };
        let listed = list.iter().map(|item| {
            if item & MARK == 0 { Candidate::Part(*item) } else { Candidate::Whole(item & !MARK) }
        });
        one.into_iter().chain(listed)
    }

    fn fill(&mut self, level: usize, outlines: &Outlines) {
        // Cell, division, item.
        let mut listed: Vec<(u32, u32, u32)> = Vec::new();
        let mut touched: Vec<u32> = Vec::new();
        for (part, of) in (0u32..).zip(outlines.parts()) {
            touched.clear();
            for (a, b) in outlines.segments(part) {
                self.touch(a, b, &mut touched);
            }
            touched.sort_unstable();
            touched.dedup();
            listed.extend(touched.iter().map(|cell| (*cell, of.division, part)));
            // What lies between two touched cells of a row is wholly inside or outside.
            for pair in touched.windows(2) {
                let (from, to) = (pair[0] as usize + 1, pair[1] as usize);
                if from >= to || from / self.columns != to / self.columns {
                    continue;
                }
                let middle = self.middle(from);
                if !outlines.covers(part, middle.lon, middle.lat) {
                    continue;
                }
                for cell in from..to {
                    let entry = &mut self.entries[cell][level];
                    if *entry == 0 {
                        *entry = of.division + 1;
                    } else {
                        // Areas that overlap, as those of different times do.
                        listed.push((cell as u32, of.division, of.division | MARK));
                    }
                }
            }
        }
        listed.sort_unstable();
        listed.dedup();
        for run in listed.chunk_by(|a, b| a.0 == b.0) {
            let entry = &mut self.entries[run[0].0 as usize][level];
            let mut items: Vec<(u32, u32)> = run.iter().map(|(_, d, item)| (*d, *item)).collect();
            if let Some(whole) = entry.checked_sub(1) {
                items.push((whole, whole | MARK));
                items.sort_unstable();
                items.dedup();
            }
            *entry = self.lists.len() as u32 | MARK;
            self.lists.push(items.len() as u32);
            self.lists.extend(items.into_iter().map(|(_, item)| item));
        }
    }

    /// Adds the cells that a segment comes near.
    fn touch(&self, a: [f64; 2], b: [f64; 2], out: &mut Vec<u32>) {
        let row = |y: f64| ((y - self.south) * self.per_lat) as usize;
        let column = |x: f64| ((x - self.west) * self.per_lon) as usize;
        let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let rise = high[1] - low[1];
        let last = row(high[1] + SLACK).min(self.rows - 1);
        for r in row(low[1] - SLACK)..=last {
            // The part of the segment in this row, a little wider.
            let at = |y: f64| {
                let t = if rise > 0.0 { ((y - low[1]) / rise).clamp(0.0, 1.0) } else { 0.0 };
                low[0] + (high[0] - low[0]) * t
            };
            let south = self.south + r as f64 / self.per_lat;
            let (mut x0, mut x1) = (at(south - SLACK), at(south + 1.0 / self.per_lat + SLACK));
            if rise <= 4.0 * SLACK {
                (x0, x1) = (low[0], high[0]);
            }
            let (west, east) = (x0.min(x1) - SLACK, x0.max(x1) + SLACK);
            for c in column(west)..=column(east).min(self.columns - 1) {
                out.push((r * self.columns + c) as u32);
            }
        }
    }

    fn middle(&self, cell: usize) -> LonLat {
        let (row, column) = (cell / self.columns, cell % self.columns);
        LonLat::new(
            self.west + (column as f64 + 0.5) / self.per_lon,
            self.south + (row as f64 + 0.5) / self.per_lat,
        )
    }
}

#[cfg(test)]
mod tests {
    use geo::{Polygon, polygon};

    use super::*;

    #[test]
    fn a_grid_of_nothing_answers_nothing() {
        let none = Outlines::new(&[]);
        let cells = Cells::new([&none, &none, &none]);
        assert!(cells.at(LonLat::new(0.0, 0.0)).is_none_or(|e| *e == [0; 3]));
        assert_eq!(cells.at(LonLat::new(f64::NAN, 0.0)), None);
    }

    #[test]
    fn a_cell_inside_two_areas_lists_both_by_code() {
        let square = |d: f64| -> Polygon<f64> {
            polygon![(x: -d, y: -d), (x: d, y: -d), (x: d, y: d), (x: 0., y: d), (x: -d, y: d)]
        };
        let (large, small) = (square(3.0), square(2.0));
        let outlines = Outlines::new(&[(7, &large), (3, &small)]);
        let none = Outlines::new(&[]);
        let mut cells = Cells::new([&outlines, &none, &none]);
        // Cells fine enough that some have no border in them.
        cells.columns = 100;
        cells.rows = 100;
        cells.per_lon = 100.0 / 6.000_002;
        cells.per_lat = cells.per_lon;
        cells.entries = vec![[0; 3]; 10_000];
        cells.fill(0, &outlines);
        let at = |x, y| -> Vec<Candidate> {
            let entry = cells.at(LonLat::new(x, y)).unwrap()[0];
            cells.candidates(entry).collect()
        };
        assert_eq!(at(0.1, 0.1), [Candidate::Whole(3), Candidate::Whole(7)]);
        assert_eq!(at(2.5, 0.1), [Candidate::Whole(7)]);
    }
}
