//! Tickets on the command line: in, in again, all or nothing, and out of a backup.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::harness::city;

/// Runs the program in a folder, on the records there.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(arguments)
        .current_dir(folder)
        .env("SERVICEMAP_CITY", city())
        .env("SERVICEMAP_DATABASE", "city.gpkg")
        .output()
        .unwrap()
}

/// The report of a run that must succeed.
fn report(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn tickets_are_imported_once_located_backed_up_and_taken_back() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let good = "id,category,requested_at,lon,lat\nA1,heating,2026-01-05 08:00,116.42,39.93\n\
                A2,heating,2026-01-05 09:00,,\n";
    fs::write(folder.join("t.csv"), good).unwrap();
    fs::write(folder.join("bad.csv"), format!("{good}A3,heating,never,,\n")).unwrap();
    let import = ["import", "tickets", "--json", "--crs", "wgs84"];
    let with = |more: &[&'static str]| [&import[..], more].concat();

    let strict = run(folder, &with(&["--strict", "bad.csv"]));
    assert_eq!(strict.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&strict.stderr).contains("all or none"));
    let rejected = fs::read_to_string(folder.join("rejected.csv")).unwrap();
    assert!(rejected.contains("A3") && rejected.contains("\"\"never\"\" is no time"), "{rejected}");

    let dry = report(folder, &with(&["--dry-run", "t.csv"]));
    assert_eq!((&dry["new"], &dry["import"]), (&2.into(), &serde_json::Value::Null));
    let first = report(folder, &with(&["t.csv"]));
    assert_eq!((&first["read"], &first["new"]), (&2.into(), &2.into()));
    let again = report(folder, &with(&["t.csv"]));
    assert_eq!((&again["new"], &again["unchanged"]), (&0.into(), &2.into()));
    assert_eq!(again["changed"], 0);

    assert_eq!(report(folder, &["backup", "--json", "copy.gpkg"])["seq"], store(folder).seq);
    assert_eq!(store(folder).district.as_deref(), Some("110101"), "located");
    let undone = report(folder, &["import", "--json", "--undo", first["import"].as_str().unwrap()]);
    assert_eq!(undone["retired"], 2);
    assert!(store(folder).retired);
    fs::remove_file(folder.join("city.gpkg")).unwrap();
    report(folder, &["restore", "--json", "copy.gpkg"]);
    assert!(!store(folder).retired, "as it was when the backup was made");
    let over = run(folder, &["restore", "copy.gpkg"]);
    assert!(String::from_utf8_lossy(&over.stderr).contains("is not written over"));
}

/// What the records say of the first ticket.
struct Kept {
    seq: u64,
    district: Option<String>,
    retired: bool,
}

fn store(folder: &Path) -> Kept {
    use servicemap::store::{GeoPackage, Store};
    let store = GeoPackage::open(&folder.join("city.gpkg"), "beijing").unwrap();
    let kept = store.ticket("A1").unwrap().unwrap();
    Kept {
        seq: store.head().unwrap(),
        district: kept.record.ticket.divisions.district,
        retired: kept.record.retired.is_some(),
    }
}
