//! `servicemap export`: records into files that offices and GIS programs open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::{CommandResult, export_tiles};
use crate::city::{self, Level};
use crate::export::{self, Format, Layer, Table, Tickets};
use crate::import::words::counted;
use crate::index::Follower;
use crate::store::{self, Record, Records, ReservationRecord, Store, StoreError, TicketRecord};

/// What to export.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Service points.
    Points(Options),
    /// Divisions of all levels, or of one.
    Divisions {
        #[command(flatten)]
        options: Options,
        /// Divisions of this level alone: district, township or community.
        #[arg(long, value_parser = level)]
        level: Option<Level>,
    },
    /// Tickets, without their words and without who filed them.
    Tickets(Options),
    /// The public figures of tickets, of all months or of one.
    Release {
        #[command(flatten)]
        options: Options,
        /// This month alone, such as 2026-10.
        #[arg(long)]
        month: Option<String>,
    },
    /// Public holidays and make-up workdays, as CSV or JSON.
    Calendar(Options),
    /// Free slots, as CSV or JSON.
    Slots(Options),
    /// Where visits are booked, as CSV or JSON.
    Reservations(Options),
    /// Layers of the map, as one PMTiles archive.
    Pmtiles(export_tiles::Options),
}

/// Records from where, and to where.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The file to write; one that is there is replaced when the new one is whole.
    out: PathBuf,
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// File (GeoPackage) or postgres:// address of the records; the pack's if left out.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "DATABASE")]
    database: Option<String>,
    /// csv, geojson, gpkg, fgb or parquet; by the ending of the file if left out.
    #[arg(long, value_parser = format)]
    format: Option<Format>,
    /// Records that no longer hold, too.
    #[arg(long)]
    retired: bool,
}

fn format(name: &str) -> Result<Format, String> {
    Format::parse(name).ok_or_else(|| format!("one of {}", Format::NAMES))
}

fn level(name: &str) -> Result<Level, String> {
    Level::parse(name).ok_or_else(|| "district, township or community".to_owned())
}

pub(super) fn run(what: &What) -> CommandResult {
    match what {
        What::Points(options) => {
            let points = records(options)?.points.into_values();
            let points: Vec<_> =
                points.filter(|p| options.retired || p.retired.is_none()).collect();
            let count = points.len();
            write(options, &Layer::Points(points))?;
            told(options, count);
            Ok(())
        }
        What::Divisions { options, level } => {
            let divisions = records(options)?.divisions.into_values();
            let divisions: Vec<_> = divisions
                .filter(|d| options.retired || d.retired.is_none())
                .filter(|d| level.is_none_or(|level| d.level == level))
                .collect();
            let count = divisions.len();
            write(options, &Layer::Divisions(divisions))?;
            told(options, count);
            Ok(())
        }
        What::Tickets(options) => tickets(options),
        What::Release { options, month } => release(options, month.as_deref()),
        What::Calendar(options) => {
            let city = Follower::new(city::load(&options.city)?, records(options)?).city();
            table(options, &Table::of_calendar(&city.calendar))
        }
        What::Slots(options) => {
            let schedules = records(options)?.schedules;
            let held = schedules.values().filter(|s| options.retired || s.retired.is_none());
            table(options, &Table::of_slots(held.map(|record| &record.schedule)))
        }
        What::Reservations(options) => {
            let all = records(options)?.reservations;
            let held = all.values().filter(|r| options.retired || r.retired.is_none());
            table(options, &Table::of_reservations(held)?)
        }
        What::Pmtiles(options) => export_tiles::run(options),
    }
}

/// The public figures, a row a cell.
fn release(options: &Options, month: Option<&str>) -> CommandResult {
    let all = records(options)?.releases.into_values();
    let months: Vec<_> = all
        .filter(|r| options.retired || r.retired.is_none())
        .filter(|r| month.is_none_or(|month| r.release.id == month))
        .map(|r| Arc::new(r.release))
        .collect();
    if let Some(month) = month.filter(|_| months.is_empty()) {
        return Err(format!("there are no public figures of {month}").into());
    }
    let cells = months.iter().map(|m| m.cells.len() + usize::from(m.elsewhere.is_some())).sum();
    write(options, &Layer::Release(months))?;
    told(options, cells);
    Ok(())
}

/// Tickets that are on their way from the store to the file.
const AHEAD: usize = 4096;

/// Tickets as they are at one moment, read on a thread of their own while the file is
/// written: memory does not grow with their number.
fn tickets(options: &Options) -> CommandResult {
    let pack = city::load(&options.city)?;
    let Some(database) = &options.database else {
        return Err("--database names the records; a city pack has no tickets".into());
    };
    let store = existing(database, &pack.manifest.id)?;
    let (give, take) = sync_channel::<io::Result<TicketRecord>>(AHEAD);
    let retired = options.retired;
    let count = thread::scope(|scope| {
        let store = store.as_ref();
        let reading = scope.spawn(move || {
            let mut count = 0;
            let read = store.tickets(0, &mut |_, record| {
                if retired || record.retired.is_none() {
                    count += 1;
                    let gone = |_| StoreError::Unavailable("nobody takes the tickets".into());
                    give.send(Ok(record)).map_err(gone)?;
                }
                Ok(())
            });
            if let Err(e) = read {
                // Whoever writes the file must know that there is more; if it has ended, it
                // has its own reason.
                let _ = give.send(Err(io::Error::other(e)));
            }
            count
        });
        let written = write(options, &Layer::Tickets(Tickets::new(take.into_iter())));
        let count = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.map(|()| count)
    })?;
    told(options, count);
    Ok(())
}

/// Writes records that have no place.
fn table(options: &Options, table: &Table) -> CommandResult {
    let out = options.out.display();
    let format = options.format.or_else(|| Format::of(&options.out)).unwrap_or(Format::Csv);
    table.write(&options.out, format).map_err(|e| format!("{out} cannot be written: {e}"))?;
    told(options, table.len());
    Ok(())
}

/// Writes the file.
fn write(options: &Options, layer: &Layer) -> CommandResult {
    let out = options.out.display();
    let format = options.format.or_else(|| Format::of(&options.out)).ok_or_else(|| {
        format!("the ending of {out} names no format; --format takes {}", Format::NAMES)
    })?;
    export::write(&options.out, format, layer)
        .map_err(|e| format!("{out} cannot be written: {e}"))?;
    Ok(())
}

/// Says how many records are in the file.
fn told(options: &Options, count: usize) {
    say(&format!("{} in {}", counted(count, "record"), options.out.display()));
}

/// Opens records that must be there: looking makes no file.
fn existing(database: &str, city: &str) -> Result<Box<dyn Store>, Box<dyn std::error::Error>> {
    if !store::is_address(database) && !Path::new(database).exists() {
        return Err(format!("{database} does not exist").into());
    }
    Ok(store::open(database, city)?)
}

/// The records of the database, or those of the pack where there is none.
fn records(options: &Options) -> Result<Records, Box<dyn std::error::Error>> {
    let pack = city::load(&options.city)?;
    if let Some(database) = &options.database {
        let records = existing(database, &pack.manifest.id)?.load()?;
        if records.seq > 0 {
            return Ok(records);
        }
    }
    let mut records = Records::default();
    for point in &pack.points {
        records.insert(Record::Point(point.into()));
    }
    for division in pack.divisions.iter() {
        records.insert(Record::Division(division.into()));
    }
    for (portal, rank) in pack.portals.iter().zip(0..) {
        let (portal, retired) = (portal.clone(), None);
        records.insert(Record::Reservation(ReservationRecord { portal, rank, retired }));
    }
    Ok(records)
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
