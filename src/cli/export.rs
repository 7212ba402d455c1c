//! `servicemap export`: records into files that offices and GIS programs open.

use std::path::{Path, PathBuf};

use super::{CommandResult, export_tiles};
use crate::city::{self, Level};
use crate::export::{self, Format, Layer};
use crate::store::{self, Record, Records};

/// What is exported.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Service points, for spreadsheets and GIS programs.
    Points(Options),
    /// Divisions of all levels or of one, for GIS programs.
    Divisions {
        #[command(flatten)]
        options: Options,
        /// This level alone: district, township or community.
        #[arg(long, value_parser = level)]
        level: Option<Level>,
    },
    /// Layers of the map, as one PMTiles archive.
    Pmtiles(export_tiles::Options),
}

/// Where from, and where to.
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
            write(options, &Layer::Points(points), count)
        }
        What::Divisions { options, level } => {
            let divisions: Vec<_> = records(options)?
                .divisions
                .into_values()
                .filter(|d| options.retired || d.retired.is_none())
                .filter(|d| level.is_none_or(|level| d.level == level))
                .collect();
            let count = divisions.len();
            write(options, &Layer::Divisions(divisions), count)
        }
        What::Pmtiles(options) => export_tiles::run(options),
    }
}

/// Writes the file and says how many records are in it.
fn write(options: &Options, layer: &Layer, count: usize) -> CommandResult {
    let out = options.out.display();
    let format = options.format.or_else(|| Format::of(&options.out)).ok_or_else(|| {
        format!("the ending of {out} names no format; --format takes {}", Format::NAMES)
    })?;
    export::write(&options.out, format, layer)
        .map_err(|e| format!("{out} cannot be written: {e}"))?;
    say(&format!("{count} records in {out}"));
    Ok(())
}

/// The records of the database, or those of the pack where there is none.
fn records(options: &Options) -> Result<Records, Box<dyn std::error::Error>> {
    let pack = city::load(&options.city)?;
    if let Some(database) = &options.database {
        let shared = database.contains("://");
        if !shared && !Path::new(database).exists() {
            return Err(format!("{database} does not exist").into());
        }
        let records = store::open(database, &pack.manifest.id)?.load()?;
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
    Ok(records)
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
