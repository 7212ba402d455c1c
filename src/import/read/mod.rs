//! The readers: one file a format, all giving [`Rows`], and the choice between them.
//!
//! A file is what its first bytes say; its name counts only where text could be either of
//! two things. A reader takes any bytes: what it cannot read is a [`FileFault`] or, where
//! the rows after it can be read, a fault of one row. Memory follows the size of one row,
//! or a limit of [`limits`](super::limits) where a format must be opened whole.

pub mod csv;
pub mod flatgeobuf;
pub mod geojson;
pub mod geopackage;
pub mod geoparquet;
mod header;
pub mod shapefile;
mod text;
pub(crate) mod wkb;
pub(crate) mod wkt;
pub mod xlsx;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::osm;
use super::row::{FileFault, Rows};

/// What a reader reads from: a file, or bytes in memory.
pub trait Input: Read + Seek + Send + 'static {}
impl<T: Read + Seek + Send + 'static> Input for T {}

/// What is said of a file beside its path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The sheet or layer to read, where there are several; the first with rows if left out.
    pub layer: Option<String>,
}

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text with a row of names.
    Csv,
    /// `GeoJSON`, a JSON list of objects, or one JSON object a line.
    GeoJson,
    /// A workbook of Excel 2007 and later.
    Xlsx,
    /// `FlatGeobuf`.
    FlatGeobuf,
    /// A GeoPackage.
    GeoPackage,
    /// An Esri shapefile, alone or in a zip archive.
    Shapefile,
    /// Parquet, with or without a column of geometries.
    GeoParquet,
    /// An extract of OpenStreetMap.
    OsmPbf,
}

/// The formats, for messages.
pub const NAMES: &str =
    "CSV, GeoJSON, XLSX, FlatGeobuf, GeoPackage, Shapefile (zipped), GeoParquet, OSM PBF";

/// Opens a file with the reader of its format.
///
/// # Errors
/// Where it cannot be read, its format is not known, or its beginning is damaged.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, FileFault> {
    let format = recognise(path)?;
    Ok(match format {
        Format::Csv => csv::read(file(path)?, &name(path))?,
        Format::GeoJson => geojson::read(file(path)?, &name(path))?,
        Format::Xlsx => xlsx::read(file(path)?, &name(path), options)?,
        Format::FlatGeobuf => flatgeobuf::read(file(path)?, &name(path))?,
        Format::GeoPackage => geopackage::open(path, options)?,
        Format::Shapefile => shapefile::open(path, options)?,
        Format::GeoParquet => geoparquet::open(path)?,
        Format::OsmPbf => osm::rows::open(path, options)?,
    })
}

/// The format of a file, by its first bytes and then by its name.
///
/// # Errors
/// Where it cannot be read or is none of those formats; the error says what it looks like.
pub fn recognise(path: &Path) -> Result<Format, FileFault> {
    let mut head = Vec::with_capacity(4096);
    file(path)?.take(4096).read_to_end(&mut head).map_err(|e| unreadable(path, e))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return inside(path);
    }
    let found = match head.as_slice() {
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => Format::GeoPackage,
        [b'f', b'g', b'b', ..] => Format::FlatGeobuf,
        [b'P', b'A', b'R', b'1', ..] => Format::GeoParquet,
        [0, 0, 0x27, 0x0a, ..] => Format::Shapefile,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            return Err(unknown(path, "it is an old Excel file: save it as .xlsx"));
        }
        [_, _, _, _, 0x0a, 0x09, rest @ ..] if rest.starts_with(b"OSMHeader") => Format::OsmPbf,
        _ => text_format(path, &head, &extension)?,
    };
    Ok(found)
}

/// Whether a text is JSON or delimited.
fn text_format(path: &Path, head: &[u8], extension: &str) -> Result<Format, FileFault> {
    match extension {
        "csv" | "tsv" | "txt" => return Ok(Format::Csv),
        "json" | "geojson" | "geojsonl" | "ndjson" | "jsonl" | "geojsons" => {
            return Ok(Format::GeoJson);
        }
        "dbf" | "shx" | "prj" => {
            return Err(unknown(
                path,
                "it is one part of a shapefile: name the .shp, or a zip of \
                 all its parts",
            ));
        }
        _ => {}
    }
    let first = head.iter().find(|b| b.is_ascii_graphic() || **b == 0x1e);
    match first {
        Some(b'{' | b'[' | 0x1e) => Ok(Format::GeoJson),
        Some(_) if !head.contains(&0) => Ok(Format::Csv),
        Some(_) => Err(unknown(path, &format!("its format is not known; read are {NAMES}"))),
        None => Err(unknown(path, "there is nothing in it")),
    }
}

/// What a zip archive holds.
fn inside(path: &Path) -> Result<Format, FileFault> {
    let archive = zip::ZipArchive::new(file(path)?).map_err(|e| FileFault::Malformed {
        path: name(path),
        format: "zip archive",
        detail: e.to_string(),
    })?;
    let names: Vec<String> =
        archive.file_names().flatten().map(|name| name.to_ascii_lowercase()).collect();
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    if has("xl/workbook.xml") || has("[content_types].xml") {
        Ok(Format::Xlsx)
    } else if has(".shp") {
        Ok(Format::Shapefile)
    } else {
        Err(unknown(path, "it is a zip archive with neither a spreadsheet nor a shapefile in it"))
    }
}

fn unknown(path: &Path, detail: &str) -> FileFault {
    FileFault::Unknown { path: name(path), detail: detail.to_owned() }
}

fn unreadable(path: &Path, cause: io::Error) -> FileFault {
    FileFault::Unreadable { path: name(path), cause }
}

/// The path as it stands in messages.
fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Opens a regular file; anything else could block for ever.
fn file(path: &Path) -> Result<File, FileFault> {
    let open = || {
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        File::open(path)
    };
    open().map_err(|e| unreadable(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(name: &str, bytes: &[u8]) -> Result<Format, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        recognise(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert_eq!(recognised("a.csv", b"SQLite format 3\0"), Ok(Format::GeoPackage));
        assert_eq!(recognised("a.csv", b"fgb\x03fgb\x00"), Ok(Format::FlatGeobuf));
        assert_eq!(recognised("a.txt", b"PAR1"), Ok(Format::GeoParquet));
        assert_eq!(recognised("a", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"), Ok(Format::OsmPbf));
        assert_eq!(recognised("a", b"\xef\xbb\xbf {}"), Ok(Format::GeoJson));
        assert_eq!(recognised("a", b"name,lon"), Ok(Format::Csv));
    }

    #[test]
    fn what_is_not_read_says_what_to_do() {
        assert!(recognised("a.xls", b"\xd0\xcf\x11\xe0").unwrap_err().contains(".xlsx"));
        assert!(recognised("a.dbf", b"\x03").unwrap_err().contains(".shp"));
        assert!(recognised("a.bin", b"\x7fELF\0\0").unwrap_err().contains("GeoParquet"));
        assert!(recognised("a", b"").unwrap_err().contains("nothing"));
        assert!(recognise(Path::new("/")).unwrap_err().to_string().contains("regular"));
    }
}
