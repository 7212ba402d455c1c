//! The same rows and the same questions in `DuckDB`, which must give the same answers.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use super::super::row;
use super::load::Loaded;
use super::questions::Asked;
use super::{median, spread};
use crate::geo::World;

/// Tiles that are asked for.
const TILES: usize = 300;
/// Reads rows and questions, and answers with a line each.
const SCRIPT: &str = include_str!("questions.py");
/// Cells of a tile's side, as a power of two.
const GRID: u32 = 6;

#[derive(Deserialize)]
struct Answer {
    ms: f64,
    cells: u64,
    total: u64,
}

/// Asks the first of the questions; `times` are ours.
pub(super) fn run(
    python: &Path,
    folder: &Path,
    loaded: &Loaded,
    asked: &[Asked],
    times: &[Duration],
) -> Result<(), Box<dyn Error>> {
    let csv = folder.join("tickets.csv");
    write_rows(&csv, loaded)?;
    let asked = &asked[..asked.len().min(TILES)];
    let questions = folder.join("questions.jsonl");
    let mut to = BufWriter::new(File::create(&questions)?);
    for Asked { tile, filter } in asked {
        let shift = 32 - u32::from(tile.z) - GRID;
        let (x, y) = tile.world_range();
        let second = |at: Option<jiff::Timestamp>| at.map(jiff::Timestamp::as_second);
        let question = serde_json::json!({
            "x": [x.start, x.end], "y": [y.start, y.end], "shift": shift,
            "from": second(filter.from), "to": second(filter.to), "kinds": filter.categories,
        });
        writeln!(to, "{question}")?;
    }
    to.flush()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .args([csv.as_path(), questions.as_path()])
        .arg(threads.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("DuckDB says nothing")?;
    let mut lines = BufReader::new(out).lines();
    let version = lines.next().ok_or("DuckDB says nothing")??;
    let mut theirs = Vec::new();
    for (Asked { tile, filter }, line) in asked.iter().zip(lines) {
        let answer: Answer = serde_json::from_str(&line?)?;
        let ours = loaded.index.tile(filter, *tile, GRID);
        let total: u64 = ours.iter().map(|(_, count)| u64::from(*count)).sum();
        if (answer.cells, answer.total) != (ours.len() as u64, total) {
            return Err(format!("{tile:?}: DuckDB counts {} and we {total}", answer.total).into());
        }
        theirs.push(Duration::from_secs_f64(answer.ms / 1e3));
    }
    if !child.wait()?.success() || theirs.len() != asked.len() {
        return Err("DuckDB did not answer to the end".into());
    }
    row(&format!("DuckDB {version}, {} tiles", theirs.len()), &spread(&theirs), "the same answers");
    let factor = median(&theirs) / median(&times[..theirs.len()]);
    row("DuckDB's median over ours", &format!("{factor:.0} times"), "wanted 20");
    Ok(())
}

/// Rows for `DuckDB`: position in world units, second, kind; those without a position
/// in the city are in no tile.
fn write_rows(path: &Path, loaded: &Loaded) -> Result<(), Box<dyn Error>> {
    let mut to = BufWriter::new(File::create(path)?);
    for ticket in loaded.tickets()? {
        if let Some(at) = ticket.location.filter(|_| !ticket.is_outside()) {
            let World { x, y } = World::project(at);
            let second = ticket.steps.requested.as_second();
            writeln!(to, "{x},{y},{second},{}", ticket.category)?;
        }
    }
    Ok(to.flush()?)
}
