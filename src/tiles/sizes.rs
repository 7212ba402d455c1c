//! How large tiles are: with 100,000 points, however they lie, alone and with all other
//! layers, at every zoom.

use std::collections::HashMap;

use super::fixture::{self, MIDDLE, Noise, REACH, town_with};
use super::{LayerSet, MAX_ZOOM, encode};
use crate::geo::{LonLat, TileId};
use crate::index::{PointFilter, Snapshot};

/// No tile may have more bytes.
const LARGEST: usize = 500_000;
/// Half of the tiles of a zoom may not have more bytes.
const MEDIAN: usize = 50_000;
/// Points of the town.
const POINTS: usize = 100_000;
/// Tiles of one zoom that are drawn: those with the most points, and as many others.
const DRAWN: usize = 150;

/// The tiles of a zoom in which points lie, those with the most first.
fn by_points(snapshot: &Snapshot, z: u8) -> Vec<TileId> {
    let mut counts: HashMap<TileId, usize> = HashMap::new();
    for number in 0..snapshot.points.len() as u32 {
        let (x, y) = snapshot.points.facts(number).world.cell(u32::from(z));
        *counts.entry(TileId { z, x, y }).or_default() += 1;
    }
    let mut tiles: Vec<(usize, u32, u32)> =
        counts.into_iter().map(|(tile, count)| (count, tile.x, tile.y)).collect();
    tiles.sort_unstable_by(|a, b| b.cmp(a));
    tiles.into_iter().map(|(_, x, y)| TileId { z, x, y }).collect()
}

/// Draws the tiles of every zoom. `most_small` wants half of them to be small too: so
/// they are in a town, but not where every tile there is holds thousands of
/// points, and not of a zoom with a handful of tiles.
fn check(snapshot: &Snapshot, how: &str, most_small: bool) {
    let all = LayerSet::all();
    let sets = ["points", "points,places", "points,divisions,roads"];
    let sets: Vec<LayerSet> = sets.iter().map(|names| LayerSet::parse(names).unwrap()).collect();
    for z in 0..=MAX_ZOOM {
        let tiles = by_points(snapshot, z);
        let step = (tiles.len() / DRAWN).max(1);
        let rest = tiles.iter().skip(DRAWN).step_by(step);
        let drawn: Vec<TileId> = tiles.iter().take(DRAWN).chain(rest).copied().collect();
        for layers in sets.iter().chain([&all]) {
            let size =
                |tile: &TileId| encode(snapshot, layers, *tile, &PointFilter::default()).len();
            let mut sizes: Vec<usize> = drawn.iter().map(size).collect();
            sizes.sort_unstable();
            let (largest, median) = (sizes[sizes.len() - 1], sizes[sizes.len() / 2]);
            assert!(largest < LARGEST, "{how}, {layers}, zoom {z}: {largest} bytes");
            let small = median < MEDIAN || !most_small || tiles.len() < 10;
            assert!(small, "{how}, {layers}, zoom {z}: a median of {median} bytes");
        }
    }
}

#[test]
fn an_even_town_has_small_tiles_at_every_zoom() {
    check(&fixture::town(POINTS), "even", true);
}

/// Towns of real life: most offices in the middle.
#[test]
fn a_crowded_town_has_small_tiles_at_every_zoom() {
    let mut noise = Noise(5);
    let mut near = || noise.signed() * noise.signed() * noise.signed() * noise.signed() * REACH;
    let points: Vec<(LonLat, usize)> = (0..POINTS)
        .map(|i| (LonLat::new(MIDDLE.lon + near(), MIDDLE.lat + near()), i % 4))
        .collect();
    check(&town_with(&points), "crowded", true);
}

/// The worst that data can be: everything in one block, or on one spot.
#[test]
fn a_heap_of_points_is_clustered_and_not_lost() {
    let mut noise = Noise(9);
    for reach in [0.002, 0.0] {
        let mut near = || noise.signed() * reach;
        let points: Vec<(LonLat, usize)> = (0..POINTS)
            .map(|i| (LonLat::new(MIDDLE.lon + near(), MIDDLE.lat + near()), i % 4))
            .collect();
        check(&town_with(&points), "heaped", false);
    }
}
