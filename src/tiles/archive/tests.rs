//! Archives of a made-up town: what is written is read, and what is broken is refused.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Archive, Archives, Plan, export};
use crate::city::Lang;
use crate::geo::TileId;
use crate::index::{PointFilter, Snapshot};
use crate::tiles::{LayerSet, encode, fixture};

fn plan(layers: &str, deepest: u8) -> Plan {
    let layers = LayerSet::parse(layers).unwrap();
    Plan { layers, zooms: 0..=deepest, lang: Lang::En }
}

fn written(snapshot: &Snapshot, plan: &Plan) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("town.pmtiles");
    let written = export(snapshot, plan, &path, |_, _| {}).unwrap();
    assert_eq!(written.bytes, std::fs::metadata(&path).unwrap().len());
    assert!(written.contents <= written.tiles);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing else is left");
    (folder, path)
}

fn open(path: &Path) -> std::sync::Arc<Archive> {
    let archives = Archives::open(&[("town".into(), path.to_owned())]).unwrap();
    archives.get("town").unwrap().unwrap()
}

fn tiles(z: u8) -> Vec<TileId> {
    let TileId { x, y, .. } = fixture::middle_tile(z);
    let near = |v: u32| v.saturating_sub(2)..=(v + 2).min((1 << z) - 1);
    near(x).flat_map(|x| near(y).map(move |y| TileId { z, x, y })).collect()
}

#[test]
fn an_archive_holds_the_tiles_that_the_server_would_encode() {
    let snapshot = fixture::town(3000);
    let plan = plan("points,divisions,places,roads", 15);
    let (_folder, path) = written(&snapshot, &plan);
    let archive = open(&path);
    assert_eq!(archive.info.zooms, 0..=15);
    assert_eq!(archive.info.name, "Town");
    let ids: Vec<&str> = archive.info.layer_ids().collect();
    assert_eq!(ids, ["points", "divisions", "division_labels", "places", "roads"]);
    for tile in (0..=15).flat_map(tiles) {
        let fresh = encode(&snapshot, &plan.layers, tile, &PointFilter::default());
        assert_eq!(archive.tile(tile).unwrap(), fresh, "{tile:?}");
    }
    assert!(archive.tile(fixture::middle_tile(16)).unwrap().is_empty());
}

#[test]
fn a_tile_that_comes_again_is_kept_once() {
    // Far inside a division all tiles are one.
    let snapshot = fixture::town(0);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("town.pmtiles");
    let told = export(&snapshot, &plan("divisions", 16), &path, |_, _| {}).unwrap();
    assert!(told.contents * 3 < told.tiles, "{told:?}");
}

#[test]
fn an_export_that_fails_leaves_what_was_there() {
    let snapshot = fixture::town(10);
    let nowhere = Path::new("/nonexistent/town.pmtiles");
    let said = export(&snapshot, &plan("points", 2), nowhere, |_, _| {}).unwrap_err();
    assert!(said.to_string().contains("/nonexistent/"), "{said}");
}

#[test]
fn names_are_checked_and_a_broken_file_is_refused_by_its_name() {
    let snapshot = fixture::town(10);
    let (folder, path) = written(&snapshot, &plan("points", 3));
    let open = |given: &[(&str, &Path)]| {
        let given: Vec<_> = given.iter().map(|(n, p)| ((*n).to_owned(), p.to_path_buf())).collect();
        Archives::open(&given).map_err(|e| e.to_string())
    };
    for bad in ["points", "", "a,b", "a/b", "图", &"x".repeat(41)] {
        assert!(open(&[(bad, &path)]).unwrap_err().contains("no name for a basemap"), "{bad}");
    }
    assert!(open(&[("a", &path), ("a", &path)]).unwrap_err().contains("two basemaps"));
    let broken = folder.path().join("broken.pmtiles");
    for bytes in [&b""[..], b"PMTiles", b"SQLite format 3\0", b"<html>"] {
        std::fs::write(&broken, bytes).unwrap();
        let said = open(&[("good", &path), ("base", &broken)]).unwrap_err();
        assert!(said.contains("\"base\"") && said.contains("broken.pmtiles"), "{said}");
    }
    assert!(open(&[("base", Path::new("/nonexistent"))]).unwrap_err().contains("/nonexistent"));
}

#[test]
fn a_replaced_file_is_opened_again_and_a_broken_one_is_out_of_service() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("town.pmtiles");
    let put = |points: usize| {
        export(&fixture::town(points), &plan("points", 3), &path, |_, _| {}).unwrap();
    };
    put(20);
    let archives = Archives::open(&[("town".into(), path.clone())]).unwrap();
    let tile = TileId { z: 0, x: 0, y: 0 };
    let now = || archives.get("town").unwrap();
    let first = now().unwrap();
    put(500);
    archives.refresh();
    let second = now().unwrap();
    assert_ne!(first.digest, second.digest);
    assert_ne!(first.tile(tile).unwrap(), second.tile(tile).unwrap());
    std::fs::write(&path, b"broken").unwrap();
    archives.refresh();
    assert!(now().is_none());
    assert_eq!(archives.whole().count(), 0);
    std::fs::remove_file(&path).unwrap();
    archives.refresh();
    assert!(now().is_none());
    put(20);
    archives.refresh();
    assert_eq!(now().unwrap().tile(tile).unwrap(), first.tile(tile).unwrap());
}

#[test]
fn a_file_that_is_shortened_under_the_reader_is_an_error_and_no_more() {
    let (_folder, path) = written(&fixture::town(2000), &plan("points", 12));
    let archive = open(&path);
    let length = std::fs::metadata(&path).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length / 2).unwrap();
    let answers: Vec<_> = (0..=12).flat_map(tiles).map(|tile| archive.tile(tile)).collect();
    assert!(answers.iter().any(Result::is_err));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_damage_makes_the_reader_panic(
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near_the_front in any::<bool>(),
    ) {
        static WHOLE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
            let (_folder, path) = written(&fixture::town(300), &plan("points,divisions", 9));
            std::fs::read(path).unwrap()
        });
        let mut bytes = WHOLE.clone();
        let reach = if near_the_front { 400 } else { bytes.len() };
        for (at, value) in hits {
            bytes[at.index(reach)] = value;
        }
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("town.pmtiles");
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(archives) = Archives::open(&[("town".into(), path)]) {
            let archive = archives.get("town").unwrap().unwrap();
            for tile in (0..=9).flat_map(tiles) {
                let _ = archive.tile(tile);
            }
        }
    }
}
