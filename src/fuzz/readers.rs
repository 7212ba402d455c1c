//! The readers of files, and of the values in them.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::path::Path;

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::import::columns::ColumnMap;
use crate::import::read::{self, Options};
use crate::import::row::{FileFault, Rows};
use crate::import::value;

/// How much smaller deflate can make a file.
const PACKING: usize = 1032;
/// Rows of one input that are looked at, where a few bytes may rightly stand for many rows.
const LOOKED_AT: usize = 20_000;

/// Reads all rows there are, which may be at most `most`, and gives back how many.
fn drain(rows: Result<Box<dyn Rows>, FileFault>, most: usize) -> usize {
    let Ok(mut rows) = rows else { return 0 };
    let (mut read, mut good) = (0, 0);
    while read < LOOKED_AT
        && let Some(Ok(row)) = rows.next()
    {
        read += 1;
        good += usize::from(row.is_ok());
        assert!(read <= most, "rows without an end: over {most}");
        if read.is_multiple_of(64) {
            let _ = (rows.epsg(), rows.remarks());
        }
        let part = rows.progress().unwrap_or_default();
        assert!((0.0..=1.0).contains(&part), "it is {part} through after {read} rows");
    }
    good
}

thread_local! {
    /// A folder for readers that need a path.
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Reads files of these names and bytes in a folder by the path of the first.
fn drain_files(files: &[(&str, &[u8])], most: usize) -> usize {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a folder"));
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).expect("a file is written");
        }
        let path = |name: &str| folder.path().join(name);
        let read = files.first().map_or(0, |(name, _)| drain(open(&path(name)), most));
        for (name, _) in files {
            std::fs::remove_file(path(name)).expect("the file is still there");
        }
        read
    })
}

fn open(path: &Path) -> Result<Box<dyn Rows>, FileFault> {
    read::open(path, &Options::default())
}

/// Delimited text.
pub fn csv(bytes: &[u8]) -> usize {
    drain(read::csv::read(Cursor::new(bytes.to_vec()), "fuzz"), bytes.len() + 1)
}

/// `GeoJSON` and its relatives.
pub fn geojson(bytes: &[u8]) -> usize {
    drain(read::geojson::read(Cursor::new(bytes.to_vec()), "fuzz"), bytes.len() + 1)
}

/// Workbooks.
pub fn xlsx(bytes: &[u8]) -> usize {
    let rows = read::xlsx::read(Cursor::new(bytes.to_vec()), "fuzz", &Options::default());
    drain(rows, bytes.len() * PACKING)
}

/// The sheet of a workbook that is otherwise right: a checksum keeps most damage of a packed
/// one from its reader.
pub fn sheet(bytes: &[u8]) -> usize {
    const PARTS: [(&str, &str); 5] = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    let parts = PARTS.map(|(name, text)| (name, text.as_bytes()));
    let packed = stored(parts.iter().copied().chain([("xl/worksheets/sheet1.xml", bytes)]));
    let rows = read::xlsx::read(Cursor::new(packed), "fuzz", &Options::default());
    drain(rows, bytes.len())
}

/// A zip archive of these parts, not packed.
fn stored<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in parts {
        zip.start_file(name, options).expect("a part begins");
        zip.write_all(bytes).expect("a part is written");
    }
    zip.finish().expect("the archive ends").into_inner()
}

/// `FlatGeobuf`.
pub fn flatgeobuf(bytes: &[u8]) -> usize {
    drain(read::flatgeobuf::read(Cursor::new(bytes.to_vec()), "fuzz"), bytes.len())
}

/// Layers of a `GeoPackage`.
pub fn geopackage(bytes: &[u8]) -> usize {
    if !bytes.starts_with(b"SQLite format 3\0") {
        return 0;
    }
    drain_files(&[("a.gpkg", bytes)], bytes.len())
}

/// The `.shp` and the `.dbf` of a shapefile: the first two bytes say how long the `.shp` is.
pub fn shapefile(bytes: &[u8]) -> usize {
    let Some((head, rest)) = bytes.split_first_chunk() else { return 0 };
    let (shp, dbf) = rest.split_at(usize::from(u16::from_le_bytes(*head)).min(rest.len()));
    if !shp.starts_with(&[0, 0, 0x27, 0x0a]) {
        return 0;
    }
    drain_files(&[("a.shp", shp), ("a.dbf", dbf)], shp.len())
}

/// Zip archives, of whatever.
pub fn archive(bytes: &[u8]) -> usize {
    if !bytes.starts_with(b"PK") {
        return 0;
    }
    drain_files(&[("a.zip", bytes)], bytes.len() * PACKING)
}

/// Parquet. One value may stand for any number of rows, so the reader's own count bounds it.
pub fn geoparquet(bytes: &[u8]) -> usize {
    if !bytes.starts_with(b"PAR1") {
        return 0;
    }
    drain_files(&[("a.parquet", bytes)], usize::MAX)
}

/// Extracts of OpenStreetMap.
pub fn osm(bytes: &[u8]) -> usize {
    if bytes.get(4..6) != Some(b"\x0a\x09") {
        return 0;
    }
    drain_files(&[("a.osm.pbf", bytes)], bytes.len() * PACKING)
}

/// Geometries as databases keep them.
pub fn wkb(bytes: &[u8]) -> usize {
    usize::from(read::wkb::geometry(bytes).is_ok_and(|geometry| geometry.is_some()))
}

/// Geometries as cells of CSV keep them.
pub fn wkt(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    usize::from(read::wkt::geometry(text).is_ok_and(|geometry| geometry.is_some()))
}

/// Column maps.
pub fn columns(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    usize::from(ColumnMap::parse("fuzz", text).is_ok())
}

/// Opening hours, in words and as rules.
pub fn hours(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let _ = value::hours(text, true);
    usize::from(matches!(value::hours(text, false), Some(value::Said::Understood(_))))
}

/// Angles, pairs of them, and days.
pub fn position(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let found = [value::degrees(text).is_ok(), value::pair(text).is_ok()];
    let times = [
        value::day(text).is_some(),
        crate::import::tickets::time::time(text, &jiff::tz::TimeZone::UTC).is_some(),
    ];
    found.into_iter().chain(times).filter(|yes| *yes).count()
}
