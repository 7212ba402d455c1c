//! The packs in `data/`, drawn whole: what made-up towns do not have is in real data.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use geo::{Coord, Geometry, MapCoords, Validation};

use super::decoded::{DecodedFeature, decode};
use super::{Layer, LayerSet, MAX_ZOOM, encode};
use crate::city::{self, Level};
use crate::geo::{LonLat, TileId, World};
use crate::index::shapes::TOWNSHIPS_FROM;
use crate::index::{PointFilter, Snapshot};

/// Tiles of one zoom that are drawn; of more, every so many-th is taken.
const SAMPLE: usize = 400;

fn packs() -> Vec<PathBuf> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data");
    let folders = std::fs::read_dir(data).into_iter().flatten().flatten().map(|e| e.path());
    let packs: Vec<PathBuf> = folders.filter(|f| f.join("points.csv").exists()).collect();
    assert!(!packs.is_empty(), "there is no pack to draw");
    packs
}

/// All tiles of a zoom over the city.
fn tiles(snapshot: &Snapshot, z: u8) -> impl Iterator<Item = TileId> {
    let b = snapshot.city.manifest.bounds;
    let nw = World::project(LonLat::new(b.west, b.north)).cell(u32::from(z));
    let se = World::project(LonLat::new(b.east, b.south)).cell(u32::from(z));
    (nw.0..=se.0).flat_map(move |x| (nw.1..=se.1).map(move |y| TileId { z, x, y }))
}

/// The tiles of a zoom in which points lie.
fn tiles_with_points(snapshot: &Snapshot, z: u8) -> HashSet<TileId> {
    let all = (0..snapshot.points.len()).map(|i| snapshot.points.facts(i as u32).world);
    let cells = all.map(|world| world.cell(u32::from(z)));
    cells.map(|(x, y)| TileId { z, x, y }).collect()
}

#[test]
fn counts_of_every_zoom_add_up_to_the_number_of_points() {
    for pack in packs() {
        let snapshot = Snapshot::build(city::load(&pack).unwrap());
        let layers = LayerSet::parse("points").unwrap();
        for bookable in [None, Some(true), Some(false)] {
            let filter = PointFilter { bookable, ..PointFilter::default() };
            let selection = snapshot.points.select(&snapshot.city, &filter);
            let total = snapshot.points.count(&selection) as u64;
            for z in 0..=MAX_ZOOM {
                let tiles = tiles_with_points(&snapshot, z).into_iter();
                let layers = tiles.map(|tile| decode(&encode(&snapshot, &layers, tile, &filter)));
                let features = layers.flatten().flat_map(|layer| layer.features);
                let counted: u64 = features.map(|f| f.points()).sum();
                assert_eq!(counted, total, "zoom {z} {bookable:?}");
            }
        }
    }
}

#[test]
fn tiles_are_small_at_every_zoom() {
    for pack in packs() {
        let snapshot = Snapshot::build(city::load(&pack).unwrap());
        for layer in Layer::ALL {
            let layers = LayerSet::parse(layer.name()).unwrap();
            for z in 0..=MAX_ZOOM {
                let step = tiles(&snapshot, z).count() / SAMPLE + 1;
                let all = tiles(&snapshot, z).step_by(step);
                let size = |tile| encode(&snapshot, &layers, tile, &PointFilter::default()).len();
                let mut sizes: Vec<usize> = all.map(size).filter(|size| *size > 0).collect();
                sizes.sort_unstable();
                let Some(largest) = sizes.last().copied() else { continue };
                let median = sizes[sizes.len() / 2];
                println!("{} z{z}: median {median} B, largest {largest} B", layer.name());
                assert!(largest < 500_000 && median < 50_000, "{} zoom {z}", layer.name());
            }
        }
    }
}

#[test]
fn outlines_are_valid_and_every_division_is_drawn_and_labelled_once() {
    for pack in packs() {
        let snapshot = Snapshot::build(city::load(&pack).unwrap());
        let layers = LayerSet::parse("divisions").unwrap();
        let with_area = snapshot.city.divisions.iter().filter(|d| d.area.is_some()).count();
        let (mut whole, mut broken) = (0, 0);
        for z in 6..=13 {
            let mut drawn = HashSet::new();
            let mut labels: HashMap<String, usize> = HashMap::new();
            for tile in tiles(&snapshot, z) {
                let bytes = encode(&snapshot, &layers, tile, &PointFilter::default());
                for layer in decode(&bytes) {
                    for feature in &layer.features {
                        let code = feature.text("code").to_owned();
                        if layer.name == "division_labels" {
                            *labels.entry(code).or_default() += 1;
                        } else {
                            drawn.insert(code);
                            if let Some(valid) = valid(feature) {
                                whole += 1;
                                broken += usize::from(!valid);
                            }
                        }
                    }
                }
            }
            assert!(labels.values().all(|n| *n == 1), "zoom {z}");
            if z >= 10 {
                assert_eq!((drawn.len(), labels.len()), (with_area, with_area), "zoom {z}");
            }
        }
        println!("{broken} of {whole} outlines are not valid");
        assert!(broken * 200 <= whole, "{broken} of {whole} outlines are not valid");
    }
}

/// An edge of an outline that only one division draws lies on the city's own outline,
/// or the data has a gap there. Thinning must add none: the share of such edges, by
/// length, stays what it is in the data.
#[test]
fn thinning_opens_no_gaps_between_neighbours() {
    for pack in packs() {
        let snapshot = Snapshot::build(city::load(&pack).unwrap());
        let start = std::time::Instant::now();
        snapshot.shapes.warm(&snapshot.city);
        println!("all shapes of all zooms: {:?}", start.elapsed());
        for level in [Level::District, Level::Township] {
            let first = if level == Level::District { 7 } else { TOWNSHIPS_FROM };
            let in_data = lonely_share(&snapshot, level, MAX_ZOOM);
            for z in first..MAX_ZOOM {
                let share = lonely_share(&snapshot, level, z);
                let rings = snapshot.shapes.outlines(&snapshot.city, z);
                let vertices: usize = rings.iter().map(|ring| ring.points.len()).sum();
                println!("{level:?} z{z}, {vertices} vertices: {share:.4} of {in_data:.4}");
                assert!(share <= in_data * 1.02 + 0.01, "{level:?} zoom {z}: {share} {in_data}");
            }
        }
    }
}

/// What share of the length of a level's edges only one ring draws.
fn lonely_share(snapshot: &Snapshot, level: Level, z: u8) -> f64 {
    let mut owners: HashMap<[(u32, u32); 2], u32> = HashMap::new();
    for ring in snapshot.shapes.outlines(&snapshot.city, z) {
        if snapshot.city.divisions[ring.division as usize].level != level {
            continue;
        }
        for (a, b) in ring.points.iter().zip(ring.points.iter().cycle().skip(1)) {
            let (a, b) = ((a.x, a.y), (b.x, b.y));
            *owners.entry([a.min(b), a.max(b)]).or_default() += 1;
        }
    }
    let length = |[a, b]: &[(u32, u32); 2]| {
        (f64::from(a.0) - f64::from(b.0)).hypot(f64::from(a.1) - f64::from(b.1))
    };
    let all: f64 = owners.keys().map(length).sum();
    let lonely: f64 = owners.iter().filter(|(_, n)| **n == 1).map(|(edge, _)| length(edge)).sum();
    lonely / all
}

/// Whether an outline that the tile did not cut is valid.
fn valid(feature: &DecodedFeature) -> Option<bool> {
    let inner = -63.0..4159.0;
    let cut = feature.coords().iter().any(|c| !inner.contains(&c.x) || !inner.contains(&c.y));
    let wide = |c: Coord<f32>| Coord { x: f64::from(c.x), y: f64::from(c.y) };
    match &feature.geometry {
        _ if cut => None,
        Geometry::Polygon(p) => Some(p.map_coords(wide).is_valid()),
        Geometry::MultiPolygon(p) => Some(p.map_coords(wide).is_valid()),
        _ => Some(false),
    }
}
