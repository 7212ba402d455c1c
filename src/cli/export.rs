//! `servicemap export`: records into files that offices and GIS programs open.

use std::path::{Path, PathBuf};

use super::CommandResult;
use crate::city::{self, Level};
use crate::export::{self, Format, Layer};
use crate::store::{self, Record, Records};

/// The records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Service points.
    Points,
    /// Divisions of all levels, or of one.
    Divisions,
}

/// What to export, and where to.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    what: What,
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
    /// Divisions of this level alone: district, township or community.
    #[arg(long, value_parser = level)]
    level: Option<Level>,
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

/// Writes the file and says how many records are in it.
pub(super) fn run(options: &Options) -> CommandResult {
    let out = options.out.display();
    let format = options.format.or_else(|| Format::of(&options.out)).ok_or_else(|| {
        format!("the ending of {out} names no format; --format takes {}", Format::NAMES)
    })?;
    if options.level.is_some() && options.what == What::Points {
        return Err("--level is for divisions".into());
    }
    let records = records(options)?;
    let (layer, count) = match options.what {
        What::Points => {
            let points = records.points.into_values();
            let points: Vec<_> =
                points.filter(|p| options.retired || p.retired.is_none()).collect();
            let count = points.len();
            (Layer::Points(points), count)
        }
        What::Divisions => {
            let wanted = options.level;
            let divisions = records.divisions.into_values();
            let divisions: Vec<_> = divisions
                .filter(|d| options.retired || d.retired.is_none())
                .filter(|d| wanted.is_none_or(|level| d.level == level))
                .collect();
            let count = divisions.len();
            (Layer::Divisions(divisions), count)
        }
    };
    export::write(&options.out, format, &layer)
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
