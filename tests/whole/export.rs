//! What is exported on the command line is imported again without a change.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::city;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(arguments)
        .arg("--city")
        .arg(city())
        .output()
        .expect("the program starts")
}

#[test]
fn exported_points_are_imported_without_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (database, rejected) = (path("city.gpkg"), path("rejected.csv"));
    for format in ["csv", "geojson", "gpkg", "fgb", "parquet"] {
        let out = path(&format!("points.{format}"));
        let done = run(&["export", "points", &out]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let import = ["import", "points", &out, "--crs", "wgs84", "--json"];
        let more = ["--database", &database, "--rejected", &rejected];
        let done = run(&[&import[..], &more[..]].concat());
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["read"], 525, "{format}: {said}");
        assert_eq!(report["unchanged"], 525, "{format}: {said}");
        assert!(!Path::new(&rejected).exists(), "{format}: {said}");
    }
}

#[test]
fn divisions_of_one_level_are_exported_and_a_wrong_wish_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("districts.geojson").display().to_string();
    let done = run(&["export", "divisions", &out, "--level", "district"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let file: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(file["features"].as_array().unwrap().len(), 16);
    let said = |arguments: &[&str]| {
        let done = run(arguments);
        assert!(!done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    let xlsx = folder.path().join("a.xlsx").display().to_string();
    assert!(said(&["export", "points", &xlsx]).contains("csv, geojson, gpkg, fgb, parquet"));
    assert!(said(&["export", "points", &out, "--level", "district"]).contains("--level"));
    let none = folder.path().join("none.gpkg").display().to_string();
    assert!(said(&["export", "points", &out, "--database", &none]).contains("does not exist"));
    assert!(!Path::new(&none).exists());
}
