//! Damaged files: no panic, no endless reading, and never more rows than there were.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use servicemap::import::read::{self, Options};

use crate::gdal::made;

/// Cuts the file short, or turns a few bits of it, and reads what it then is.
fn damaged(whole: &[u8], name: &str, cases: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::with_cases(cases), rng);
    let bits = prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 0..4);
    let cut = prop::option::of(any::<prop::sample::Index>());
    let damage = |(bits, cut): (Vec<(prop::sample::Index, u8)>, Option<prop::sample::Index>)| {
        let mut bytes = whole.to_vec();
        for (at, bit) in bits {
            bytes[at.index(whole.len())] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(whole.len()));
        }
        std::fs::write(&path, bytes).unwrap();
        if let Ok(reader) = read::open(&path, &Options::default()) {
            // A flipped bit may merge or split rows of a text inside, never more than bytes.
            prop_assert!(reader.take(100_000).count() < 1000);
        }
        Ok(())
    };
    runner.run(&(bits, cut), damage).unwrap();
}

#[test]
fn a_damaged_flatgeobuf_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path(), "a.fgb", &["-nlt", "MULTIPOLYGON"]);
    damaged(&std::fs::read(file).unwrap(), "a.fgb", 1500);
}

#[test]
fn a_damaged_geopackage_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path(), "a.gpkg", &["-nlt", "MULTIPOLYGON"]);
    damaged(&std::fs::read(file).unwrap(), "a.gpkg", 300);
}

#[test]
fn a_damaged_shapefile_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let shp = made(folder.path(), "layer.shp", &[]);
    let out = folder.path().join("stored.zip");
    let mut zip = zip::ZipWriter::new(File::create(&out).unwrap());
    // Not packed, so that damage reaches the shapes and not only the unpacking.
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for part in ["shp", "dbf", "prj"] {
        zip.start_file(format!("layer.{part}"), stored).unwrap();
        zip.write_all(&std::fs::read(shp.with_extension(part)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    damaged(&std::fs::read(out).unwrap(), "a.zip", 300);
    // Beside each other there is no checksum that would find the damage first.
    damaged(&std::fs::read(&shp).unwrap(), "layer.shp", 1000);
    let dbf = std::fs::read(shp.with_extension("dbf")).unwrap();
    let moved = tempfile::tempdir().unwrap();
    std::fs::copy(&shp, moved.path().join("layer.shp")).unwrap();
    for at in (0..dbf.len() * 8).step_by(11) {
        let mut bytes = dbf.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        std::fs::write(moved.path().join("layer.dbf"), bytes).unwrap();
        if let Ok(reader) = read::open(&moved.path().join("layer.shp"), &Options::default()) {
            assert!(reader.count() <= 4);
        }
    }
}

#[test]
fn a_damaged_parquet_file_is_a_fault() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/offices.parquet");
    std::panic::set_hook(Box::new(|_| {}));
    damaged(&std::fs::read(file).unwrap(), "a.parquet", 1000);
}

#[test]
fn a_damaged_extract_is_a_fault() {
    std::panic::set_hook(Box::new(|_| {}));
    damaged(&crate::pbf::city().finish(), "a.osm.pbf", 2000);
    // Its blobs are packed, so damage mostly ends in the unpacking.
    damaged(&std::fs::read(crate::osm::helsinki()).unwrap(), "b.osm.pbf", 30);
}
