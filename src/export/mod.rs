//! The way out: records into files that offices and GIS programs open.
//!
//! A file has everything that a record holds, under the names by which `import` knows it,
//! so that what was exported can be imported again. Positions are longitude and latitude,
//! WGS-84, to the last bit. A file appears under its name when it is whole.

mod flatgeobuf;
mod geopackage;
mod geoparquet;
mod plain;
mod table;
mod text;

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use plain::Table;

use crate::city::Release;
use crate::store::{DivisionRecord, PointRecord, TicketRecord};

/// A format that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8; areas as well-known text.
    Csv,
    /// A `FeatureCollection`.
    GeoJson,
    /// A GeoPackage with one layer.
    GeoPackage,
    /// `FlatGeobuf`.
    FlatGeobuf,
    /// `GeoParquet` 1.1, packed with zstd.
    GeoParquet,
}

impl Format {
    /// The names of all formats, for messages.
    pub const NAMES: &str = "csv, geojson, gpkg, fgb, parquet";

    /// Reads the name of a format, or the ending of a file.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "csv" => Self::Csv,
            "geojson" | "json" => Self::GeoJson,
            "gpkg" | "geopackage" => Self::GeoPackage,
            "fgb" | "flatgeobuf" => Self::FlatGeobuf,
            "parquet" | "geoparquet" => Self::GeoParquet,
            _ => return None,
        })
    }

    /// The format that the ending of a file names.
    pub fn of(path: &Path) -> Option<Self> {
        Self::parse(path.extension()?.to_str()?)
    }
}

/// Tickets, one after the other: they are many, and go into one file once.
pub struct Tickets(Mutex<Option<Box<EachTicket>>>);

/// What tickets come from; an error ends the file.
type EachTicket = dyn Iterator<Item = io::Result<TicketRecord>> + Send;

impl Tickets {
    /// Tickets that come from an iterator.
    pub fn new(each: impl Iterator<Item = io::Result<TicketRecord>> + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(each))))
    }

    fn take(&self) -> Box<EachTicket> {
        let taken = self.0.lock().map(|mut each| each.take()).unwrap_or_default();
        taken.unwrap_or_else(|| Box::new(std::iter::empty()))
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets")
    }
}

/// Records of one kind.
#[derive(Debug)]
pub enum Layer {
    /// Service points.
    Points(Vec<PointRecord>),
    /// Divisions.
    Divisions(Vec<DivisionRecord>),
    /// Tickets, without their words and without who filed them.
    Tickets(Tickets),
    /// The public figures of some months: a row a cell, and one for what is in no cell.
    Release(Vec<Arc<Release>>),
}

impl Layer {
    /// Its name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Points(_) => "points",
            Self::Divisions(_) => "divisions",
            Self::Tickets(_) => "tickets",
            Self::Release(_) => "release",
        }
    }

    /// The geometry of its records, in the words of GIS.
    const fn geometry(&self) -> &'static str {
        match self {
            Self::Points(_) | Self::Tickets(_) => "Point",
            Self::Divisions(_) | Self::Release(_) => "MultiPolygon",
        }
    }
}

/// Writes records of one kind into `path`, over a file that is there. Until it is whole the
/// file has another name beside it.
///
/// # Errors
/// Where it cannot be written; then nothing is left of it, and a file that was there is as
/// it was.
pub fn write(path: &Path, format: Format, layer: &Layer) -> io::Result<()> {
    replace(path, |unfinished| write_into(unfinished, format, layer))
}

/// Puts what `write` makes under another name in the place of `path`.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let unfinished = beside(path)?;
    let written = write(&unfinished)
        .and_then(|()| File::open(&unfinished)?.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn write_into(path: &Path, format: Format, layer: &Layer) -> io::Result<()> {
    if format == Format::GeoPackage {
        return geopackage::write(path, layer).map_err(io::Error::other);
    }
    let mut out = BufWriter::new(File::create_new(path)?);
    match format {
        Format::Csv => text::csv(&mut out, layer)?,
        Format::GeoJson => text::geojson(&mut out, layer)?,
        Format::FlatGeobuf => flatgeobuf::write(&mut out, layer)?,
        Format::GeoParquet => geoparquet::write(&mut out, layer)?,
        Format::GeoPackage => {}
    }
    out.flush()
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let name = format!(".{}.unfinished-{}", name.to_string_lossy(), std::process::id());
    Ok(path.with_file_name(name))
}
