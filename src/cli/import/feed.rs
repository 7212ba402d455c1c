//! `servicemap import slot-feed`: free slots out of a feed, once or again and again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{CommandResult, RecordsAt, load_pack, wrong_usage};
use crate::cli::outside::Outside;
use crate::index::Follower;
use crate::outside::Client;
use crate::outside::slots::{self, SlotReport, SlotTerms, Source};
use crate::store::{self, Store};

/// The feed, and how it is understood.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The manifest of a SMART Scheduling Links feed: an https address, or a file with the
    /// files that it names beside it.
    #[arg(value_name = "URL|FILE", value_parser = Source::parse)]
    feed: Source,
    /// Id of the source in city.toml that the slots are from.
    #[arg(long, value_name = "ID")]
    source: String,
    /// A table (CSV) with the columns location and point, for locations whose id is not
    /// that of the point.
    #[arg(long, value_name = "FILE")]
    points: Option<PathBuf>,
    /// Code of the matter that all slots are for, instead of the codes in the feed.
    #[arg(long, value_name = "CODE")]
    matter: Option<String>,
    /// File in which is kept what was learnt of the feed, so that only changes are asked
    /// for the next time.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Import again every so many minutes, until the command is stopped.
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..=1440))]
    every: Option<u64>,
    #[command(flatten)]
    outside: Outside,
}

pub(super) fn run(options: &Options, records: &RecordsAt) -> CommandResult {
    let terms = SlotTerms {
        source: options.feed.clone(),
        source_id: options.source.clone(),
        points: options.points.as_deref().map(mapping).transpose()?.unwrap_or_default(),
        matter: options.matter.clone(),
        state: options.state.clone(),
    };
    let (client, store) = (options.outside.client()?, open(records)?);
    let once = || once(records, store.as_ref(), &client, &terms);
    let Some(minutes) = options.every else { return once() };
    loop {
        // A publisher that is away today may be back in ten minutes.
        if let Err(e) = once() {
            warn(&e.to_string());
        }
        std::thread::sleep(Duration::from_secs(minutes * 60));
    }
}

fn open(records: &RecordsAt) -> Result<Box<dyn Store>, Box<dyn std::error::Error>> {
    let (pack, _) = load_pack(records)?;
    let Some(database) = records.database.as_deref() else {
        wrong_usage("--database names the records")
    };
    let store = store::open(database, &pack.manifest.id)?;
    store::seed(store.as_ref(), &pack)?;
    Ok(store)
}

fn once(
    records: &RecordsAt,
    store: &dyn Store,
    client: &Client,
    terms: &SlotTerms,
) -> CommandResult {
    let (pack, _) = load_pack(records)?;
    let city = Follower::new(pack, store.load()?).city();
    let report = slots::import(store, &city, client, terms, records.dry_run)?;
    if records.json {
        say(&serde_json::to_string(&report)?);
    } else {
        tell(&report);
    }
    Ok(())
}

/// Points by location, out of a table.
fn mapping(path: &Path) -> Result<HashMap<String, String>, Box<dyn std::error::Error>> {
    let fault = |e: csv::Error| format!("{}: {e}", path.display());
    let mut table = csv::Reader::from_path(path).map_err(fault)?;
    let heading = table.headers().map_err(fault)?.clone();
    let column = |name: &str| {
        let found = heading.iter().position(|h| h.trim_start_matches('\u{feff}').trim() == name);
        found.ok_or_else(|| format!("{} has no column \"{name}\"", path.display()))
    };
    let (location, point) = (column("location")?, column("point")?);
    let mut points = HashMap::new();
    for row in table.records() {
        let row = row.map_err(fault)?;
        points.insert(row[location].trim().to_owned(), row[point].trim().to_owned());
    }
    Ok(points)
}

fn tell(report: &SlotReport) {
    say(&format!(
        "{} free slots in {} schedules, seen {}; {} records changed, {} retired",
        report.slots, report.schedules, report.observed_at, report.written, report.retired
    ));
    if report.unchanged_files > 0 {
        say(&format!("{} files read, {} unchanged", report.read, report.unchanged_files));
    }
    let listed = |what: &str, which: &[String]| {
        if !which.is_empty() {
            let first: Vec<&str> = which.iter().take(10).map(String::as_str).collect();
            warn(&format!("{} {what}: {} …", which.len(), first.join(", ")));
        }
    };
    listed("locations are no point of the city (--points maps them)", &report.unknown_locations);
    listed("codes are no matter of the city (--matter sets one)", &report.unknown_codes);
    for bad in &report.bad {
        warn(&format!("{}:{}: {}", bad.url, bad.line, bad.detail));
    }
    if report.bad_lines > report.bad.len() {
        warn(&format!("{} more lines could not be read", report.bad_lines - report.bad.len()));
    }
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "what is wrong is told apart from the result")]
fn warn(text: &str) {
    eprintln!("{text}");
}
