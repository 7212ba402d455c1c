//! Positions a second: the library on one core, the server, and `PostGIS`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::super::CommandResult;
use super::{grouped, load, per_second, postgis, row, say};
use crate::city::City;
use crate::city::synthetic::{self, Plan, Random};
use crate::geo::LonLat;
use crate::index::{DivisionIndex, Snapshot};
use crate::locate::{self, Match};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// How many positions the library is asked.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    points: usize,
    /// Draws the positions.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Connection string of a `PostGIS` to compare with; `scripts/with-postgis` starts one.
    /// Needs `psql`.
    #[arg(long, env = "POSTGIS_URL", value_name = "URL")]
    postgis: Option<String>,
}

/// Positions that `PostGIS` is asked; it is slower.
const POSTGIS_POINTS: usize = 200_000;
/// Times that each figure is measured; the best counts, because the others were disturbed.
const RUNS: usize = 5;

pub(super) fn run(options: &Options) -> CommandResult {
    let city = synthetic::city(&Plan::METROPOLIS);
    let vertices: usize = city.divisions.iter().map(vertices).sum();
    let mut counts = [0; 3];
    city.divisions.iter().for_each(|d| counts[d.level as usize] += 1);
    say(&format!(
        "synthetic city: {} communities, {} townships, {} districts, {} vertices\n",
        grouped(counts[2]),
        counts[1],
        counts[0],
        grouped(vertices as u64)
    ));
    let points = positions(&city, options.points, options.seed);
    let start = Instant::now();
    let index = DivisionIndex::build(&city);
    row("index built", &format!("{} ms", start.elapsed().as_millis()), "");
    let (bytes, coordinates) = (index.locator_bytes(), vertices * size_of::<[f64; 2]>());
    row(
        "memory of the locator",
        &format!("{:.2} x", bytes as f64 / coordinates as f64),
        &format!(
            "{} bytes for {} of coordinates",
            grouped(bytes as u64),
            grouped(coordinates as u64)
        ),
    );
    drop(index);

    let snapshot = Snapshot::build(city);
    let ours = library(&snapshot, &points);
    if let Some(url) = &options.postgis {
        let some = &points[..points.len().min(POSTGIS_POINTS)];
        let took = postgis::covering(url, &snapshot, some)?;
        let factor = took.as_secs_f64() / some.len() as f64 * ours;
        row("PostGIS, GiST, ST_Covers, three levels", &per_second(some.len(), took), "");
        row("library against PostGIS", &format!("{factor:.0} x"), "the same answers, checked");
    } else {
        row("PostGIS", "-", "no connection string; see --postgis");
    }
    load::run(snapshot, &points)
}

fn vertices(division: &crate::city::Division) -> usize {
    use geo::CoordsIter;
    division.area.as_ref().map_or(0, CoordsIter::coords_count)
}

/// Positions spread evenly over the city's bounds.
fn positions(city: &City, count: usize, seed: u64) -> Vec<LonLat> {
    let b = city.manifest.bounds;
    let mut random = Random(seed);
    let mut one = || {
        LonLat::new(
            b.west + random.unit() * (b.east - b.west),
            b.south + random.unit() * (b.north - b.south),
        )
    };
    (0..count).map(|_| one()).collect()
}

/// Measures the library; returns its positions a second without margins.
fn library(snapshot: &Snapshot, points: &[LonLat]) -> f64 {
    let index = &snapshot.divisions;
    let day = index.today();
    let took = best(|| {
        for p in points {
            black_box(index.covering_on(*p, day));
        }
    });
    row("library, three levels, no margin, one core", &per_second(points.len(), took), "CPU time");
    let fastest = points.len() as f64 / took.as_secs_f64();

    let mut near = 0usize;
    let took = best(|| {
        near = 0;
        for p in points {
            near += usize::from(locate::brief(snapshot, *p, day).found == Match::Border);
        }
    });
    let share = near as f64 * 100.0 / points.len() as f64;
    row(
        "library, with match but no distances",
        &per_second(points.len(), took),
        &format!("CPU time; {share:.1} % are border"),
    );

    let some = &points[..points.len() / 4];
    let took = best(|| {
        for p in some {
            black_box(locate::locate(snapshot, *p, day));
        }
    });
    row("library, with margins and runner-up", &per_second(some.len(), took), "CPU time");
    let took = best(|| {
        for p in some {
            black_box(locate::locate(snapshot, *p, day).sentence(&snapshot.city));
        }
    });
    row("library, and the sentence", &per_second(some.len(), took), "CPU time");
    fastest
}

/// Time on the processor, which others on the same machine take nothing of; by the clock
/// where the system does not tell.
fn best(mut what: impl FnMut()) -> Duration {
    let mut once = || {
        let (start, on_cpu) = (Instant::now(), on_cpu());
        what();
        match (on_cpu, self::on_cpu()) {
            (Some(from), Some(to)) => to.saturating_sub(from),
            _ => start.elapsed(),
        }
    };
    (0..RUNS).map(|_| once()).min().unwrap_or_default()
}

/// How long this thread has run, as Linux tells it.
fn on_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}
