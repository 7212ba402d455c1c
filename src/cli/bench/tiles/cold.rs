//! Tiles that nobody kept.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use super::super::row;
use crate::geo::TileId;
use crate::index::{PointFilter, Snapshot};
use crate::tiles::{LayerSet, encode};

/// The median time of a zoom.
pub(super) type Medians = BTreeMap<u8, Duration>;
/// Times that each tile is encoded; the best counts, because the others were disturbed.
const RUNS: usize = 5;

/// Measures all layers, points, and points under two filters; gives the medians of
/// unfiltered points.
pub(super) fn library(snapshot: &Snapshot, tiles: &[(u8, Vec<TileId>)]) -> Medians {
    let all = PointFilter::default();
    let kind = PointFilter { category: Some("category_03".to_owned()), ..all.clone() };
    let both = PointFilter { accessible: Some("wheelchair".to_owned()), ..kind.clone() };
    let mut plain = Medians::new();
    let mut sizes = Vec::new();
    for (z, tiles) in tiles {
        let measure = |layers: &str, filter: &PointFilter| {
            let layers = LayerSet::parse(layers).unwrap_or_else(|_| LayerSet::all());
            let mut times: Vec<(Duration, usize)> =
                tiles.iter().map(|tile| best(snapshot, &layers, *tile, filter)).collect();
            times.sort_unstable();
            (times[times.len() / 2].0, times[times.len() - 1], times)
        };
        let (median, (worst, _), times) = measure("points", &all);
        plain.insert(*z, median);
        sizes.extend(times.iter().map(|(_, bytes)| *bytes));
        let (one, ..) = measure("points", &kind);
        let (two, ..) = measure("points", &both);
        let (layers, (most, _), times) = measure("points,divisions,places,roads", &all);
        sizes.extend(times.iter().map(|(_, bytes)| *bytes));
        row(
            &format!("cold, zoom {z}, median / worst"),
            &format!("{} / {}", micros(median), micros(worst)),
            &format!(
                "{} tiles; a category {}, and wheelchair {}; all layers {} / {}",
                tiles.len(),
                micros(one),
                micros(two),
                micros(layers),
                micros(most)
            ),
        );
    }
    sizes.sort_unstable();
    let kb = |bytes: usize| format!("{:.1} KB", bytes as f64 / 1000.0);
    row(
        "bytes of these tiles, median / largest",
        &format!("{} / {}", kb(sizes[sizes.len() / 2]), kb(sizes[sizes.len() - 1])),
        "before packing",
    );
    plain
}

/// How long a tile takes, and how many bytes it has.
fn best(
    snapshot: &Snapshot,
    layers: &LayerSet,
    tile: TileId,
    filter: &PointFilter,
) -> (Duration, usize) {
    let once = || {
        let start = Instant::now();
        let bytes = black_box(encode(snapshot, layers, tile, filter)).len();
        (start.elapsed(), bytes)
    };
    (0..RUNS).map(|_| once()).min().unwrap_or_default()
}

/// Prints `PostGIS` beside ours.
pub(super) fn beside(ours: &Medians, theirs: &Medians) {
    for (z, theirs) in theirs {
        let Some(ours) = ours.get(z) else { continue };
        row(
            &format!("PostGIS, ST_AsMVT, zoom {z}, median"),
            &micros(*theirs),
            &format!("{:.0} x ours", theirs.as_secs_f64() / ours.as_secs_f64()),
        );
    }
}

pub(super) fn micros(d: Duration) -> String {
    format!("{:.0} µs", d.as_secs_f64() * 1e6)
}
