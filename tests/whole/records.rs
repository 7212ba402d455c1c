//! A server with a database: made from the pack, followed while others write.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use servicemap::city::{Schedule, Slot};
use servicemap::store::{
    Batch, GeoPackage, Kind, PointRecord, PostGis, Record, ScheduleRecord, Store,
};

use crate::cluster::Cluster;
use crate::harness::{Server, city, escaped};

/// A path for a database that does not exist yet.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("city.gpkg")
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start_with(&city(), &["--database", self.file().to_str().unwrap()])
    }
}

/// Asks until the answer has this status.
pub(crate) fn until(server: &Server, path: &str, status: u16) -> crate::harness::Answer {
    let start = Instant::now();
    loop {
        let answer = server.get(path);
        if answer.status == status {
            return answer;
        }
        let patience = Duration::from_mins(1);
        assert!(start.elapsed() < patience, "{path} is {}: {}", answer.status, answer.text());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_server_makes_its_database_from_the_pack_and_answers_alike() {
    let folder = Folder::new();
    let (kept, plain) = (folder.serve(), Server::start());
    for path in [
        "/v1/points?limit=1000",
        "/v1/divisions?level=district",
        "/v1/locate?lon=116.4&lat=39.93",
        "/v1/points?lon=116.4&lat=39.9&bookable=true",
    ] {
        let (mut a, mut b) = (kept.json(path), plain.json(path));
        for answer in [&mut a, &mut b] {
            if let Some(answer) = answer.as_object_mut() {
                answer.remove("version");
            }
        }
        assert_eq!(a, b, "{path}");
    }
    kept.assert_log_clean();
}

#[test]
fn what_another_process_writes_is_served() {
    let folder = Folder::new();
    let server = folder.serve();
    let first = server.json("/v1/points?limit=1")["features"][0]["properties"].clone();
    let (id, name) = (first["id"].as_str().unwrap(), first["name"].as_str().unwrap());
    let path = format!("/v1/points/{id}");
    let tag = server.get(&path).header("etag").to_owned();
    let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
    let kept: PointRecord = store.load().unwrap().points[id].clone();
    assert_eq!(kept.name.zh, name);

    let new = PointRecord { id: "new-1".into(), name: zh("验收测试图书馆"), ..kept.clone() };
    store.write(Batch::by("test").put(Record::Point(new))).unwrap();
    until(&server, "/v1/points/new-1", 200);
    let found = server.json(&escaped("/v1/search?text=验收测试图书馆&size=1"));
    assert_eq!(found["features"][0]["properties"]["source_id"], "new-1", "{found}");
    assert_ne!(server.get(&path).header("etag"), tag, "another state, another tag");

    store.write(Batch::by("test").retire(Kind::Point, id, Some("new-1"), "搬走了")).unwrap();
    let moved = until(&server, &format!("{path}?lang=en"), 301);
    assert_eq!(moved.header("location"), "/v1/points/new%2D1?lang=en");
    store.write(Batch::by("test").retire(Kind::Point, "new-1", None, "关闭")).unwrap();
    let gone = until(&server, "/v1/points/new-1", 410);
    gone.problem(410);
    assert!(gone.text().contains("关闭"), "{}", gone.text());
    server.assert_log_clean();
}

/// Two servers on one database; one of them made it. What a third program writes shows
/// on both, also after the database was killed, and meanwhile both answer.
#[test]
fn two_servers_share_a_database_and_outlive_its_crash() {
    let mut cluster = Cluster::start();
    let address = cluster.address();
    let serve = || Server::start_with(&city(), &["--database", &address]);
    let servers = [serve(), serve()];
    let list = "/v1/points?limit=1000";
    assert_eq!(servers[0].json(list), servers[1].json(list));
    let store = PostGis::open(&address, "beijing").unwrap();
    let (id, kept) = store.load().unwrap().points.pop_first().unwrap();
    store.write(Batch::by("test").retire(Kind::Point, &id, None, "关闭")).unwrap();
    for server in &servers {
        until(server, &format!("/v1/points/{id}"), 410);
        server.assert_log_clean();
    }
    cluster.kill();
    let error = store.write(Batch::by("test").put(Record::Point(kept.clone()))).unwrap_err();
    assert!(error.is_temporary(), "{error}");
    for server in &servers {
        assert_eq!(server.get(&format!("/v1/points/{id}")).status, 410, "it serves what it has");
    }
    cluster.restart();
    store.write(Batch::by("test").put(Record::Point(kept))).unwrap();
    for server in &servers {
        until(server, &format!("/v1/points/{id}"), 200);
    }
}

fn zh(name: &str) -> servicemap::city::Localized {
    servicemap::city::Localized { zh: name.into(), en: String::new() }
}

/// Runs a server that must not start; what it said.
fn refused(pack: &Path, database: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["serve", "--listen", "127.0.0.1:0", "--city"])
        .arg(pack)
        .arg("--database")
        .arg(database)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_second_server_on_the_file_is_refused_and_the_next_one_goes_on() {
    let folder = Folder::new();
    let server = folder.serve();
    let version = server.json("/health/ready")["version"].as_str().unwrap().to_owned();
    let said = refused(&city(), &folder.file());
    assert!(said.contains("already served by process"), "{said}");
    drop(server);
    let next = folder.serve();
    assert_eq!(next.json("/health/ready")["version"], version.as_str());
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "id,name\n1,a spreadsheet\n".repeat(99)).unwrap();
    let said = refused(&city(), &folder.file());
    assert!(said.contains("is not a record store of servicemap"), "{said}");
}

/// Where a visit is booked and when is written while the server runs.
#[test]
fn reservations_and_free_slots_follow_the_records() {
    let folder = Folder::new();
    let server = folder.serve();
    let list = server.json("/v1/points?bookable=true&limit=1");
    let point = list["features"][0]["properties"].clone();
    let (id, portal) = (point["id"].as_str().unwrap(), point["reservations"][0].clone());
    assert!(portal["next_slot"].is_null());
    let path = format!("/v1/points/{id}");
    assert_eq!(server.json(&format!("{path}/slots"))["slots"], serde_json::json!([]));

    let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let slot = |id: &str, minutes: i64| Slot {
        id: id.into(),
        start: now + SignedDuration::from_mins(minutes),
        end: now + SignedDuration::from_mins(minutes + 15),
        capacity: Some(1),
    };
    let schedule = |observed_at| ScheduleRecord {
        schedule: Schedule {
            id: "s-1".into(),
            point: id.into(),
            matter: None,
            slots: vec![slot("past", -60), slot("soon", 90), slot("later", 3 * 24 * 60)],
            observed_at,
            source: "portals".into(),
        },
        retired: None,
    };
    store.write(Batch::by("test").put(Record::Schedule(schedule(now)))).unwrap();
    let ids = |query: &str| {
        let slots = server.json(&format!("{path}/slots{query}"))["slots"].clone();
        let id = |s: &serde_json::Value| s["id"].as_str().unwrap().to_owned();
        slots.as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    wait(|| ids("") == ["soon", "later"]);
    let hence = (now + SignedDuration::from_hours(24)).to_string();
    assert_eq!(ids(&format!("?to={hence}")), ["soon"]);
    assert_eq!(ids("?from=2020-01-01"), ["past", "soon", "later"]);
    assert_eq!(ids("?from=2020-01-01&to=2020-12-31"), [""; 0]);
    server.get(&format!("{path}/slots?from=2026-02-01&to=2026-01-01")).problem(400);
    let next = server.json(&path)["properties"]["reservations"][0]["next_slot"].clone();
    assert_eq!(next["id"], "soon", "{next}");
    assert_eq!(next["start"].as_str().unwrap().parse::<Timestamp>().unwrap(), slot("", 90).start);

    let long_ago = now - SignedDuration::from_hours(2);
    store.write(Batch::by("test").put(Record::Schedule(schedule(long_ago)))).unwrap();
    wait(|| server.json(&format!("{path}/slots"))["slots"][0]["stale"] == true);
    let next = &server.json(&path)["properties"]["reservations"][0]["next_slot"];
    assert!(next.is_null(), "what was free two hours ago is not promised");

    let gone = portal["id"].as_str().unwrap();
    store.write(Batch::by("test").retire(Kind::Reservation, gone, None, "shut down")).unwrap();
    wait(|| {
        let shown = server.json(&path)["properties"]["reservations"].clone();
        shown.as_array().unwrap().iter().all(|r| r["id"] != gone)
    });
    server.assert_log_clean();
}

/// Asks until it is so.
pub(crate) fn wait(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_mins(1), "it never comes");
        thread::sleep(Duration::from_millis(10));
    }
}
