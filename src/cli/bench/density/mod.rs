//! Tickets counted: tiles, timelines and breakdowns over many millions of synthetic ones.

mod duckdb;
mod load;
mod questions;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::super::CommandResult;
use super::{grouped, row, say};
use crate::city::synthetic::Random;
use crate::index::tickets::{self, TicketIndex};
use crate::tiles::{Density, density_tile};
use load::Loaded;
use questions::Asked;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// Folder of the city pack over whose places the tickets lie.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER", default_value = "data/beijing")]
    city: PathBuf,
    /// How many tickets; may be given several times.
    #[arg(long, value_name = "N", default_values_t = [10_000_000])]
    tickets: Vec<u64>,
    /// Tiles that are asked for.
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    tiles: usize,
    /// Draws the tickets and the questions.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder for the kept copy and for what `DuckDB` reads; the system's folder for
    /// temporary files unless given.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A Python that has the package `duckdb`; `scripts/with-duckdb` makes one. Asked beside
    /// us about the first number of tickets.
    #[arg(long, env = "DUCKDB_PYTHON", value_name = "FILE")]
    duckdb: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> CommandResult {
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new().prefix("servicemap-bench-").tempdir_in(folder)?;
    let mut first = None;
    for (i, count) in options.tickets.iter().enumerate() {
        say(&format!("\n{} synthetic tickets over 36 months", grouped(*count)));
        let loaded = load::run(&options.city, *count, options.seed)?;
        let mut random = Random(options.seed);
        let asked: Vec<Asked> =
            (0..options.tiles).map(|_| questions::tile(&loaded, &mut random)).collect();
        let times = tiles(&loaded.index, &asked)?;
        match first {
            None => first = Some((count, median(&times))),
            Some((fewer, of_fewer)) => row(
                &format!("tile, median against that of {}", grouped(*fewer)),
                &format!("{:.2} times", median(&times) / of_fewer),
                "wanted 3 for ten times as many",
            ),
        }
        if let Some(python) = options.duckdb.as_ref().filter(|_| i == 0) {
            duckdb::run(python, folder.path(), &loaded, &asked, &times)?;
        } else if i == 0 {
            row("DuckDB", "-", "no Python with it; see --duckdb");
        }
        questions::hard_tiles(&loaded, &mut random);
        questions::kinds(&loaded, &mut random);
        // Last, so that the disk does not go on with it beside the questions.
        starts(&loaded, &folder.path().join("tickets"))?;
    }
    Ok(())
}

/// How long a start takes that maps the kept copy.
fn starts(loaded: &Loaded, copy: &std::path::Path) -> CommandResult {
    let start = Instant::now();
    tickets::write_copy(&loaded.index, copy)?;
    row("copy written", &format!("{:.1} s", start.elapsed().as_secs_f64()), "");
    let start = Instant::now();
    let read = tickets::read_copy(copy)?;
    let figure = format!("{:.2} s", start.elapsed().as_secs_f64());
    row("start from the copy, checked", &figure, "from the page cache; wanted 3 s");
    if read.len() != loaded.index.len() {
        return Err("the copy holds another number of tickets".into());
    }
    std::fs::remove_file(copy)?;
    Ok(())
}

/// Each tile once, without any cache; how long each took.
fn tiles(index: &TicketIndex, asked: &[Asked]) -> Result<Vec<Duration>, String> {
    let mut bytes = 0;
    let mut times = Vec::with_capacity(asked.len());
    for question in asked {
        let density = Density { filter: question.filter.clone(), grid: 6, ..Density::default() };
        let start = Instant::now();
        bytes += density_tile(index, question.tile, &density).len();
        times.push(start.elapsed());
    }
    if bytes == 0 {
        return Err("no tile holds anything".into());
    }
    for zoom in 8..=16 {
        let of = asked.iter().zip(&times).filter(|(question, _)| question.tile.z == zoom);
        let of: Vec<Duration> = of.map(|(_, time)| *time).collect();
        row(&format!("tile, zoom {zoom}"), &spread(&of), "");
    }
    let wanted = if index.len() > 50_000_000 { "2 and 15 ms" } else { "1 and 5 ms" };
    row("tile, all", &spread(&times), &format!("p50, p99, most; wanted {wanted}"));
    Ok(times)
}

/// The median, in seconds.
fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// Median, 99th percentile and maximum, in milliseconds.
fn spread(times: &[Duration]) -> String {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |part: f64| {
        let place = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
        sorted.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    format!("{:.2} {:.2} {:.2} ms", at(0.5), at(0.99), at(1.0))
}
