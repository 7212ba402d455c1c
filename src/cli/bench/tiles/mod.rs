//! What tiles cost: cold beside `PostGIS`, kept beside a bare hyper server, while records
//! change, and from an archive.

mod cold;
mod made;
mod postgis;
mod served;

use super::super::CommandResult;
use super::{grouped, row, say};
use crate::city::synthetic::Random;
use crate::geo::TileId;
use crate::index::Snapshot;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// How many service points the city has.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    points: usize,
    /// Draws the points and the tiles.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Connection string of a `PostGIS` to compare with; `scripts/with-postgis` starts one.
    /// Needs `psql`.
    #[arg(long, env = "POSTGIS_URL", value_name = "URL")]
    postgis: Option<String>,
}

/// The zooms that are measured.
const ZOOMS: [u8; 7] = [0, 6, 10, 12, 14, 16, 18];
/// Tiles of each zoom at most.
const TILES: usize = 200;

pub(super) fn run(options: &Options) -> CommandResult {
    let city = made::city(options.points, options.seed)?;
    let snapshot = Snapshot::build(city);
    snapshot.shapes.warm(&snapshot.city);
    say(&format!(
        "synthetic city: {} service points, {} divisions\n",
        grouped(snapshot.points.len() as u64),
        grouped(snapshot.city.divisions.len() as u64)
    ));
    let tiles: Vec<(u8, Vec<TileId>)> =
        ZOOMS.iter().map(|z| (*z, drawn(&snapshot, *z, options.seed))).collect();
    let ours = cold::library(&snapshot, &tiles);
    if let Some(url) = &options.postgis {
        cold::beside(&ours, &postgis::medians(url, &snapshot, &tiles)?);
    } else {
        row("PostGIS", "-", "no connection string; see --postgis");
    }
    served::run(snapshot, options)
}

/// Different tiles of a zoom in which points lie, as many as there are or [`TILES`].
fn drawn(snapshot: &Snapshot, z: u8, seed: u64) -> Vec<TileId> {
    let mut random = Random(seed + u64::from(z));
    let mut tiles = Vec::new();
    for _ in 0..TILES {
        let point = random.below(snapshot.points.len()) as u32;
        let (x, y) = snapshot.points.facts(point).world.cell(u32::from(z));
        tiles.push(TileId { z, x, y });
    }
    tiles.sort_unstable_by_key(|t| (t.x, t.y));
    tiles.dedup();
    tiles
}
