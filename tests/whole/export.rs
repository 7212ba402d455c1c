//! What is exported on the command line is imported again without a change.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use servicemap::city::{
    Level, LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use servicemap::geo::LonLat;
use servicemap::index::DivisionIndex;
use servicemap::locate::divisions_of_ticket;
use servicemap::store::{self, Batch, Kind, Retirement, Store, TicketRecord};

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

/// A store of the city with a point and a division that no longer hold, and one of each that
/// has all its fields.
fn full(path: &str, pack: &servicemap::city::City) -> Box<dyn Store> {
    let store = store::open(path, &pack.manifest.id).unwrap();
    store::seed(store.as_ref(), pack).unwrap();
    let records = store.load().unwrap();
    let parents: Vec<_> = records.divisions.values().filter_map(|d| d.parent.as_ref()).collect();
    let leaf = records.divisions.values().find(|d| !parents.contains(&&d.code)).unwrap();
    let (gone, went) = {
        let mut ids = records.points.keys();
        (ids.next().unwrap(), ids.next().unwrap())
    };
    let batch = Batch::by("test")
        .retire(Kind::Point, gone, Some(went), "moved, \"next door\"")
        .retire(Kind::Division, &leaf.code, None, "never was");
    store.write(batch).unwrap();
    store
}

#[test]
fn what_is_exported_makes_equal_records_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pack = servicemap::city::load(&city()).unwrap();
    let database = path("city.gpkg");
    let here = full(&database, &pack).load().unwrap();
    for format in ["csv", "geojson", "gpkg", "fgb", "parquet"] {
        let there = path(&format!("there-{format}.gpkg"));
        for kind in ["points", "divisions"] {
            let out = path(&format!("{kind}.{format}"));
            let done = run(&["export", kind, &out, "--retired", "--database", &database]);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let rejected = path("rejected.csv");
            let import = ["import", kind, &out, "--crs", "wgs84", "--json"];
            let more = ["--database", &there, "--strict", "--rejected", &rejected];
            let done = run(&[&import[..], &more[..]].concat());
            let said = String::from_utf8_lossy(&done.stdout).into_owned();
            assert!(done.status.success(), "{format} {kind}: {said}");
            let report: Value = serde_json::from_str(&said).unwrap();
            assert_eq!((&report["retired"], &report["changed"]), (&1.into(), &0.into()), "{said}");
        }
        let there = store::open(&there, &pack.manifest.id).unwrap().load().unwrap();
        assert!(here.points == there.points, "points by {format}");
        assert!(here.divisions == there.divisions, "divisions by {format}");
    }
}

/// Tickets that between them have every field.
fn tickets(pack: &servicemap::city::City) -> Batch {
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let centre = pack.manifest.center();
    let location = LonLat::new(centre.lon + 0.012_345_678_9, centre.lat);
    let day = jiff::civil::date(2026, 1, 31);
    let plain = Ticket {
        id: "T-1".into(),
        category: "noise_complaint".into(),
        channel: "phone".into(),
        status: TicketStatus::Open,
        location: Some(location),
        located_by: Some(LocatedBy::Given),
        accuracy_m: None,
        // An import says whose ground a position is.
        divisions: divisions_of_ticket(pack, &DivisionIndex::build(pack), location, day, true),
        steps: TicketSteps { requested: at("2026-01-31T08:00:00Z"), ..TicketSteps::default() },
        survey: Survey::default(),
        source: "test".into(),
    };
    let district = pack.divisions.iter().find(|d| d.level == Level::District).unwrap();
    let full = Ticket {
        id: "T-2, \"two\"".into(),
        status: TicketStatus::Returned,
        located_by: Some(LocatedBy::Street),
        accuracy_m: Some(612.5),
        divisions: TicketDivisions {
            district: Some("990001".into()),
            township: Some("990001002".into()),
            community: Some("990001002003".into()),
            on: Some(day),
        },
        steps: TicketSteps {
            requested: at("2026-01-31T08:00:00.25Z"),
            dispatched: Some(at("2026-01-31T08:01:00Z")),
            accepted: Some(at("2026-01-31T09:00:00Z")),
            responded: Some(at("2026-01-31T10:00:00Z")),
            closed: Some(at("2026-02-01T10:00:00Z")),
            surveyed: Some(at("2026-02-02T10:00:00.125Z")),
            returned: vec![at("2026-01-31T11:00:00Z"), at("2026-01-31T12:00:00.5Z")],
        },
        survey: Survey { solved: Some(false), satisfied: Some(true) },
        ..plain.clone()
    };
    let unplaced = Ticket {
        id: "T-3".into(),
        location: None,
        located_by: None,
        divisions: TicketDivisions {
            district: Some(district.code.clone()),
            ..TicketDivisions::default()
        },
        ..plain.clone()
    };
    let gone = TicketRecord {
        ticket: Ticket { id: "T-4".into(), ..full.clone() },
        retired: Some(Retirement {
            at: at("2026-02-03T00:00:00Z"),
            successor: Some("T-1".into()),
            reason: "filed twice".into(),
        }),
    };
    let words = TicketTexts {
        description: Some("SECRET words".into()),
        address: Some("SECRET street".into()),
        contact: Some("SECRET name".into()),
        phone: Some("SECRET number".into()),
        response: Some("SECRET answer".into()),
    };
    [plain.into(), full.into(), unplaced.into(), gone]
        .into_iter()
        .fold(Batch::by("test"), |batch, record: TicketRecord| {
            batch.file(record, Some(words.clone()))
        })
}

fn tickets_of(store: &dyn Store) -> Vec<TicketRecord> {
    let mut all = Vec::new();
    store
        .tickets(0, &mut |_, record| {
            all.push(record);
            Ok(())
        })
        .unwrap();
    all.sort_by(|a, b| a.ticket.id.cmp(&b.ticket.id));
    all
}

#[test]
fn tickets_are_exported_without_their_words_and_make_equal_records_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pack = servicemap::city::load(&city()).unwrap();
    let database = path("city.gpkg");
    let store = store::open(&database, &pack.manifest.id).unwrap();
    store.write(tickets(&pack)).unwrap();
    let here = tickets_of(store.as_ref());
    for format in ["csv", "geojson", "gpkg", "fgb", "parquet"] {
        let (out, there) = (path(&format!("t.{format}")), path(&format!("there-{format}.gpkg")));
        let done = run(&["export", "tickets", &out, "--retired", "--database", &database]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(String::from_utf8_lossy(&done.stdout), format!("4 records in {out}\n"));
        let bytes = std::fs::read(&out).unwrap();
        assert!(bytes.windows(6).all(|part| part != b"SECRET"), "{format}");
        let import = ["import", "tickets", &out, "--crs", "wgs84", "--json", "--strict"];
        let done = run(&[&import[..], &["--database", &there]].concat());
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{format}: {said}{}", String::from_utf8_lossy(&done.stderr));
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&report["new"], &report["changed"]), (&4.into(), &0.into()), "{said}");
        let there = store::open(&there, &pack.manifest.id).unwrap();
        assert_eq!(tickets_of(there.as_ref()), here, "{format}");
        assert!(there.ticket("T-3").unwrap().unwrap().texts.is_empty());
    }
    let out = path("some.csv");
    let done = run(&["export", "tickets", &out, "--database", &database]);
    assert_eq!(String::from_utf8_lossy(&done.stdout), format!("3 records in {out}\n"));
    // What an export does not say of words leaves them.
    let done = run(&["import", "tickets", &out, "--crs", "wgs84", "--database", &database]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let texts = store.ticket("T-1").unwrap().unwrap().texts;
    assert_eq!(texts.phone.as_deref(), Some("SECRET number"));
    let done = run(&["export", "tickets", &out]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("--database"));
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
