//! `servicemap import`: files into the records of a server that runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::harness::{Server, city, escaped};

/// A folder with a database that does not exist yet.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn database(&self) -> String {
        self.0.path().join("city.gpkg").display().to_string()
    }

    /// Runs the importer in this folder.
    fn import(&self, database: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_servicemap"))
            .arg("import")
            .args(arguments)
            .args(["--database", database, "--city"])
            .arg(city())
            .current_dir(self.0.path())
            .output()
            .expect("the program starts")
    }

    /// Runs it, and reads the report of its one file.
    fn report(&self, database: &str, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let output = self.import(database, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {said}"))
    }

    fn counts(&self, database: &str, arguments: &[&str]) -> [u64; 4] {
        let report = self.report(database, arguments);
        ["new", "changed", "unchanged", "rejected"].map(|key| report[key].as_u64().unwrap())
    }
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// Asks until the answer is as wanted.
fn until(server: &Server, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let answer = server.get(path);
        if answer.status == 200 && wanted(&answer.json()) {
            return answer.json();
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{path}: {}", answer.text());
        thread::sleep(Duration::from_millis(10));
    }
}

const LIST: &str = "编号,名称,类型,地址,电话,经度,纬度,办公时间\n\
    LIB-1,验收测试图书馆,图书馆,某路1号,010-1,116.41,39.91,\"周一至周五 9:00-12:00，13:30-17:30\"\n\
    LIB-2,验收测试书屋,Library,某路2号,,116.42,39.92,见门口公告\n\
    LIB-3,别处图书馆,图书馆,,,121.5,31.2,\n";

#[test]
fn an_office_s_list_is_served_while_the_server_runs_and_can_be_taken_back() {
    let folder = Folder::new();
    // As Excel saves it in China.
    let list = folder.file("list.csv", encoding_rs::GB18030.encode(LIST).0);
    let database = folder.database();
    let server = Server::start_with(&city(), &["--database", &database]);
    let list = list.to_str().unwrap();
    let points = ["points", list, "--crs", "wgs84", "--source", "osm"];
    let report = folder.report(&database, &points);
    assert_eq!((&report["new"], &report["rejected"]), (&2.into(), &1.into()), "{report}");
    let found = until(&server, "/v1/points/LIB-1", |_| true);
    assert_eq!(found["properties"]["opening_hours"], "Mo-Fr 09:00-12:00,13:30-17:30", "{found}");
    let kept = until(&server, "/v1/points/LIB-2", |_| true);
    assert_eq!(kept["properties"]["opening_hours"], "unknown \"见门口公告\"");
    assert_eq!(kept["properties"]["open"]["state"], "unknown");
    let search = server.json(&escaped("/v1/search?text=验收测试图书馆&size=1"));
    assert_eq!(search["features"][0]["properties"]["source_id"], "LIB-1", "{search}");
    let rejected = std::fs::read_to_string(folder.0.path().join("rejected.csv")).unwrap();
    assert!(rejected.contains("别处图书馆") && rejected.contains("outside the city"), "{rejected}");

    // The same file again is no change, and leaves no trace.
    assert_eq!(folder.counts(&database, &points), [0, 0, 2, 1]);
    // One record is edited by somebody else, then the import is taken back.
    let edited = LIST.replace("某路2号", "某路22号");
    let edit = folder.file("edit.csv", &edited);
    let edit = ["points", edit.to_str().unwrap(), "--crs", "wgs84", "--source", "osm"];
    assert_eq!(folder.counts(&database, &edit), [0, 1, 1, 1]);
    let id = report["import"].as_str().unwrap();
    let undone = folder.report(&database, &["--undo", id]);
    assert_eq!((&undone["retired"], &undone["left"][0][1]), (&1.into(), &"LIB-2".into()));
    let start = Instant::now();
    while server.get("/v1/points/LIB-1").status != 410 {
        assert!(start.elapsed() < Duration::from_mins(1), "it is not taken back");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.get("/v1/points/LIB-2").status, 200);
    // What was taken back can come again.
    assert_eq!(folder.counts(&database, &points), [0, 2, 0, 1]);
    server.assert_log_clean();
}

/// Points of the default city in Amap's coordinates.
fn shifted() -> String {
    use servicemap::geo::Datum;
    let pack = servicemap::city::load(&city()).unwrap();
    let mut out = "name,category,lon,lat\n".to_owned();
    for p in pack.points.iter().take(60) {
        let at = Datum::Gcj02.from_wgs84(p.location);
        let _ = writeln!(out, "{},{},{:.6},{:.6}", p.name.zh, p.category, at.lon, at.lat);
    }
    out
}

#[test]
fn a_datum_is_not_guessed_and_nothing_is_half_done() {
    let folder = Folder::new();
    let database = folder.database();
    let file = folder.file("amap.csv", shifted());
    let file = file.to_str().unwrap();
    let refused = folder.import(&database, &["points", file, "--source", "osm"]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("of its names are known") && said.contains("--crs gcj02"), "{said}");
    let declared = ["points", file, "--source", "osm", "--crs", "gcj02"];
    // A dry run makes nothing, not even the file.
    let other = folder.0.path().join("other.gpkg");
    let dry = folder.import(other.to_str().unwrap(), &[&declared[..], &["--dry-run"]].concat());
    let said = text(&dry.stdout);
    assert!(said.contains("Nothing was written") && said.contains("[columns]"), "{said}");
    assert!(!other.exists() && !folder.0.path().join("rejected.csv").exists());
    let bad = folder.file("bad.csv", shifted() + "甲,没有这种,116.4,39.9\n");
    let bad = bad.to_str().unwrap();
    let strict = ["points", bad, "--source", "osm", "--crs", "gcj02", "--strict"];
    let output = folder.import(&database, &strict);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("of 61 rows, 1 wrong"), "{}", text(&output.stderr));
    let counts = folder.counts(&database, &declared);
    assert_eq!(counts[0] + counts[3], 0, "all are known: {counts:?}");
    assert_eq!(counts[1] + counts[2], 60);
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let folder = Folder::new();
    let database = folder.database();
    for arguments in [&[][..], &["points"], &["points", "x.csv", "--crs", "utm"]] {
        let output = folder.import(&database, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
    }
    for (arguments, said) in [
        (&["points", "nowhere.csv"][..], "nowhere.csv"),
        (&["--undo", "i-1"], "no record has come"),
    ] {
        let output = folder.import(&database, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

#[test]
fn a_layer_of_divisions_is_replaced_and_followed() {
    let folder = Folder::new();
    let database = folder.database();
    let server = Server::start_with(&city(), &["--database", &database]);
    let lines = std::fs::read_to_string(city().join("divisions/districts.geojsonl")).unwrap();
    let all = folder.file("all.geojsonl", &lines);
    let all = all.to_str().unwrap();
    let divisions = |file: &str| {
        let arguments = ["divisions", file, "--crs", "cgcs2000", "--set", "level=区"];
        arguments.map(str::to_owned).to_vec()
    };
    let run = |file: &str, more: &[&str]| {
        let arguments = divisions(file);
        let arguments: Vec<&str> =
            arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
        folder.report(&database, &arguments)
    };
    let same = run(all, &[]);
    assert_eq!((&same["unchanged"], &same["new"]), (&16.into(), &0.into()), "{same}");
    let renamed = lines.replacen("\"name\":\"", "\"name\":\"新", 1);
    let first: Value = serde_json::from_str(renamed.lines().next().unwrap()).unwrap();
    let code = first["properties"]["code"].as_str().unwrap().to_owned();
    let part =
        folder.file("part.geojsonl", renamed.lines().take(15).collect::<Vec<_>>().join("\n"));
    let report = run(part.to_str().unwrap(), &["--replace"]);
    assert_eq!((&report["changed"], &report["retired"]), (&1.into(), &1.into()), "{report}");
    let path = format!("/v1/divisions/{code}");
    until(&server, &path, |d| {
        d["properties"]["name"].as_str().is_some_and(|n| n.starts_with('新'))
    });
    let count = |list: &Value| list["divisions"].as_array().map(Vec::len);
    until(&server, "/v1/divisions?level=district", |list| count(list) == Some(15));
    let undone = folder.report(&database, &["--undo", report["import"].as_str().unwrap()]);
    assert_eq!(undone["restored"], 2, "{undone}");
    until(&server, "/v1/divisions?level=district", |list| count(list) == Some(16));
    server.assert_log_clean();
}

#[test]
fn a_shared_database_takes_the_same_files() {
    let cluster = Cluster::start();
    let folder = Folder::new();
    let database = cluster.address();
    let server = Server::start_with(&city(), &["--database", &database]);
    let list = folder.file("list.csv", LIST);
    let points = ["points", list.to_str().unwrap(), "--crs", "wgs84", "--source", "osm"];
    let report = folder.report(&database, &points);
    until(&server, "/v1/points/LIB-1", |_| true);
    assert_eq!(folder.counts(&database, &points), [0, 0, 2, 1]);
    let undone = folder.report(&database, &["--undo", report["import"].as_str().unwrap()]);
    assert_eq!(undone["retired"], 2, "{undone}");
}

#[test]
fn the_guide_names_every_map_and_every_field() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/import.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for map in servicemap::import::columns::shipped() {
        assert!(guide.contains(&format!("`{}`", map.name)), "{} is not in the guide", map.name);
    }
    for subject in ["points", "divisions"] {
        let subject: servicemap::import::columns::Subject =
            serde_json::from_value(Value::from(subject)).unwrap();
        for field in subject.fields() {
            assert!(guide.contains(&format!("`{}`", field.key)), "{} is not there", field.key);
        }
    }
}

#[test]
fn a_calendar_and_free_slots_are_imported_and_followed() {
    let folder = Folder::new();
    let database = folder.database();
    folder.file("list.csv", LIST);
    let set = ["--crs", "wgs84", "--source", "osm"];
    folder.report(&database, &[&["points", "list.csv"], &set[..]].concat());
    let server = Server::start_with(&city(), &["--database", &database]);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(30);
    let later = soon + jiff::SignedDuration::from_mins(30);
    folder.file(
        "slots.csv",
        format!(
            "point,slot,start,end,capacity\nLIB-1,S1,{soon},{later},2\nLIB-1,S1,{soon},{later},2\n\
             LIB-1,S2,{later},{soon},1\nnobody,S3,{soon},{later},1\n"
        ),
    );
    let import = ["slots", "slots.csv", "--source", "osm"];
    assert_eq!(folder.counts(&database, &import), [1, 0, 0, 3]);
    let rejected = std::fs::read_to_string(folder.0.path().join("rejected.csv")).unwrap();
    for said in ["there already", "not after the start", "no point that is known"] {
        assert!(rejected.contains(said), "{said}: {rejected}");
    }
    let slots = until(&server, "/v1/points/LIB-1/slots", |v| v["slots"][0]["id"] == "S1");
    assert_eq!((&slots["slots"][0]["capacity"], &slots["slots"][1]), (&2.into(), &Value::Null));
    assert_eq!(folder.counts(&database, &import), [0, 0, 1, 3], "the same again is nothing");
    folder.file("slots.csv", format!("point,slot,start,end\nLIB-1,S9,{soon},{later}\n"));
    assert_eq!(folder.counts(&database, &import), [0, 1, 0, 0]);
    until(&server, "/v1/points/LIB-1/slots", |v| v["slots"][0]["id"] == "S9");

    folder.file("days.csv", "日期,安排,节日\n2031-10-01,放假,国庆节\n2031-10-04,上班,国庆节\n");
    let calendar = ["calendar", "days.csv"];
    let report = folder.report(&database, &calendar);
    assert_eq!((&report["new"], &report["rejected"]), (&2.into(), &0.into()), "{report}");
    assert_eq!(folder.counts(&database, &calendar), [0, 0, 2, 0]);
    let undo = folder.import(&database, &["--undo", report["import"].as_str().unwrap()]);
    assert_eq!(undo.status.code(), Some(0), "{}", text(&undo.stderr));
    assert_eq!(folder.counts(&database, &calendar), [0, 2, 0, 0], "and in again");
    for (kind, wanted) in [("calendar", "2031-10-04"), ("slots", "S9"), ("reservations", "http")] {
        for ending in ["csv", "json"] {
            let out = format!("{kind}.{ending}");
            let done = Command::new(env!("CARGO_BIN_EXE_servicemap"))
                .args(["export", kind, &out, "--database", &database, "--city"])
                .arg(city())
                .current_dir(folder.0.path())
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", text(&done.stderr));
            let file = std::fs::read_to_string(folder.0.path().join(&out)).unwrap();
            assert!(file.contains(wanted), "{out}: {file}");
            if kind != "reservations" {
                let again = folder.report(&database, &[kind, &out]);
                let counts = ["changed", "rejected"].map(|key| again[key].as_u64().unwrap());
                assert_eq!(counts, [0, 0], "{again}");
            }
        }
    }
    let unknown = folder.import(&database, &["slots", "days.csv"]);
    assert!(text(&unknown.stderr).contains("no column is known to hold point"));
}
