//! Files that claim more than they hold, or hold more than anybody needs: each is a fault
//! that names the limit.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use servicemap::import::limits::{MAX_DEPTH, MAX_LINE_BYTES, MAX_POSITIONS};
use servicemap::import::read::{self, Options};

/// What is said of a file: of itself, or of its first row.
fn said(path: &Path) -> String {
    match read::open(path, &Options::default()) {
        Err(fault) => fault.to_string(),
        Ok(mut rows) => match rows.next().unwrap() {
            Err(fault) => fault.to_string(),
            Ok(row) => row.unwrap_err().to_string(),
        },
    }
}

fn said_of(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    said(&path)
}

#[test]
fn ten_gigabytes_that_are_claimed_are_not_made_room_for() {
    let mut fgb = b"fgb\x03fgb\x00".to_vec();
    fgb.extend(u32::MAX.to_le_bytes());
    assert!(said_of("a.fgb", &fgb).contains("10485760 bytes"));
    let mut shp = vec![0; 100];
    shp[..4].copy_from_slice(&9994_u32.to_be_bytes());
    shp.extend([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
    let length = (shp.len() / 2) as u32;
    shp[24..28].copy_from_slice(&length.to_be_bytes());
    let limit = MAX_LINE_BYTES.to_string();
    assert!(said_of("a.shp", &shp).contains(&limit));
    // A message of 2 GB in an extract, whose format allows 32 MiB.
    let pbf = b"\0\0\0\x13\x0a\x09OSMHeader\x18\xff\xff\xff\xff\x07";
    let error = said_of("a.osm.pbf", pbf);
    assert!(error.contains("33554432 bytes"), "{error}");
    // A feature of 4 GB after a header that is right.
    let folder = tempfile::tempdir().unwrap();
    let whole = crate::gdal::made(folder.path(), "b.fgb", &["-lco", "SPATIAL_INDEX=NO"]);
    let mut bytes = std::fs::read(whole).unwrap();
    let header = u32::from_le_bytes(*bytes[8..].first_chunk().unwrap()) as usize;
    bytes[12 + header..16 + header].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(said_of("b.fgb", &bytes).contains(&limit));
}

/// A zip archive with one part of so many times the same bytes.
fn bomb(path: &Path, part: &str, bytes: &[u8], times: usize) {
    let mut zip = zip::ZipWriter::new(File::create(path).unwrap());
    zip.start_file(part, zip::write::SimpleFileOptions::default()).unwrap();
    for _ in 0..times {
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_bomb_of_an_archive_is_not_unpacked_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xlsx");
    let piece = "<si><t>x</t></si>".repeat(10_000);
    // 340 MB of what looks like shared texts, of which 256 MiB may be held.
    bomb(&path, "xl/sharedStrings.xml", piece.as_bytes(), 2000);
    assert!(std::fs::metadata(&path).unwrap().len() < 2_000_000);
    let mut renamed = Vec::new();
    File::open(&path).unwrap().read_to_end(&mut renamed).unwrap();
    let error = {
        let input = std::io::Cursor::new(renamed);
        read::xlsx::read(input, "a.xlsx", &Options::default()).err().unwrap().to_string()
    };
    assert!(error.contains("268435456 bytes"), "{error}");
}

#[test]
fn a_polygon_of_millions_of_positions_is_refused_by_its_number() {
    let limit = MAX_POSITIONS.to_string();
    let many = "[1,2],".repeat(MAX_POSITIONS);
    let json = format!(
        r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[[{many}[1,2]]]}}}}"#
    );
    let error = said_of("a.geojson", json.as_bytes());
    assert!(error.contains(&limit), "{error}");
    let mut shp = vec![0; 100];
    shp[..4].copy_from_slice(&9994_u32.to_be_bytes());
    let mut shape = 5_u32.to_le_bytes().to_vec();
    shape.extend([0; 32]);
    shape.extend([1_u32, MAX_POSITIONS as u32 + 1, 0].map(u32::to_le_bytes).concat());
    shp.extend(1_u32.to_be_bytes());
    shp.extend((shape.len() as u32 / 2).to_be_bytes());
    shp.extend(shape);
    let length = (shp.len() / 2) as u32;
    shp[24..28].copy_from_slice(&length.to_be_bytes());
    let error = said_of("a.shp", &shp);
    assert!(error.contains(&limit), "{error}");
}

#[test]
fn json_within_json_has_an_end() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let error = said_of("a.geojson", deep.as_bytes());
    assert!(error.contains(&format!("{MAX_DEPTH} levels")), "{error}");
}
