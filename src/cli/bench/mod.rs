//! `servicemap bench`: what the program does in a second, on this machine.
//!
//! Figures are of a city that is drawn at random from a seed, so that anyone can measure
//! the same. They mean something in a release build only, and the first line says what
//! was measured on.

mod density;
mod load;
mod locate;
mod postgis;
mod search;
mod store;
mod tiles;
mod words;

use std::time::Duration;

use clap::Subcommand;

use super::CommandResult;

/// What is measured.
#[derive(Debug, Subcommand)]
pub(super) enum Subject {
    /// Whose jurisdiction a position is: the library, the server, and `PostGIS` beside them.
    Locate(locate::Options),
    /// The record store: a million tickets in, and single writes that wait for the disk.
    Store(store::Options),
    /// Tiles: cold beside `PostGIS`, kept beside a bare server, while records change, and
    /// from an archive.
    Tiles(tiles::Options),
    /// Tickets counted: tiles, timelines and breakdowns over many millions, with `DuckDB`
    /// beside them.
    Density(density::Options),
    /// What tickets say: the index of their words, made, started and asked.
    Words(words::Options),
    /// What a text may mean: how often the right answer comes first, and how fast.
    Search(search::Options),
}

pub(super) fn run(subject: &Subject) -> CommandResult {
    say(&machine());
    match subject {
        Subject::Locate(options) => locate::run(options),
        Subject::Store(options) => store::run(options),
        Subject::Tiles(options) => tiles::run(options),
        Subject::Density(options) => density::run(options),
        Subject::Words(options) => words::run(options),
        Subject::Search(options) => search::run(options),
    }
}

/// Processor, cores, build.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "debug build: not to be quoted" } else { "release" };
    let (version, day) = (env!("CARGO_PKG_VERSION"), jiff::Timestamp::now());
    format!(
        "servicemap {version} ({build}), {}, {cores} cores, {}",
        model.map_or("unknown processor", |(_, name)| name),
        day.strftime("%Y-%m-%d")
    )
}

/// A line of the table.
fn row(what: &str, figure: &str, note: &str) {
    say(&format!("{what:<44} {figure:>20}  {note}"));
}

/// How many a second, with separators.
fn per_second(count: usize, took: Duration) -> String {
    format!("{} /s", grouped((count as f64 / took.as_secs_f64()) as u64))
}

/// 1234567 as 1,234,567.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_threes() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(123_456), "123,456");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
