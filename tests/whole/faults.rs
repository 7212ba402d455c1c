//! A server that is killed, whose disk is full, whose database dies.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use servicemap::store::{GeoPackage, Store};

use crate::cluster::Cluster;
use crate::harness::{Server, city};
use crate::records::Folder;
use crate::writes::{feature, make_key, put};

/// How often the server is killed.
const KILLS: usize = 200;
const WRITERS: usize = 4;

/// A pack that is read in no time: the default one without its gazetteer, roads,
/// communities, points and portals.
fn small_pack() -> tempfile::TempDir {
    let pack = crate::packs::copy();
    let header = |text: String| text.lines().next().unwrap_or_default().to_owned() + "\n";
    for file in ["places.csv", "points.csv", "divisions/communities.csv"] {
        crate::packs::edit(pack.path(), file, header);
    }
    for file in ["roads.geojsonl", "portals.toml"] {
        crate::packs::edit(pack.path(), file, |_| String::new());
    }
    pack
}

/// Writes over HTTP from several threads until the server is gone, each its own record
/// again and again and a new one each time; the last number that each had acknowledged.
fn write_until_killed(server: Server, key: &str, run: usize, after: Duration) -> Vec<usize> {
    let acknowledged = Mutex::new(vec![0; WRITERS]);
    let authority = server.authority().to_owned();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (acknowledged, authority) = (&acknowledged, &authority);
            scope.spawn(move || {
                let agent = ureq::Agent::new_with_defaults();
                for n in 1.. {
                    let body = feature(&format!("{run}-{writer}-{n}")).to_string();
                    for id in [format!("{run}-{writer}-{n}"), format!("last-{writer}")] {
                        let written = agent
                            .put(format!("http://{authority}/v1/points/{id}"))
                            .header("authorization", format!("Bearer {key}"))
                            .send(body.as_bytes());
                        if written.is_err() {
                            return;
                        }
                    }
                    acknowledged.lock().unwrap()[writer] = n;
                }
            });
        }
        thread::sleep(after);
        server.kill();
    });
    acknowledged.into_inner().unwrap()
}

#[test]
fn a_server_killed_two_hundred_times_keeps_every_acknowledged_write() {
    let (folder, pack) = (Folder::new(), small_pack());
    let key = make_key(pack.path(), &folder.file(), "admin");
    let database = folder.file().display().to_string();
    let mut acknowledged = BTreeMap::new();
    // Instants that differ from run to run of the test too: a fault may hide at some.
    let mut noise = u64::from(std::process::id()) * 2_654_435_761;
    for run in 0..KILLS {
        noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after = Duration::from_micros((noise >> 33) % 60_000);
        let server = Server::start_with(pack.path(), &["--database", &database]);
        acknowledged.insert(run, write_until_killed(server, &key, run, after));
    }
    let written: usize = acknowledged.values().flatten().sum();
    assert!(written > KILLS, "the servers took writes: {written}");
    let records = GeoPackage::open(&folder.file(), "beijing").unwrap().load().unwrap();
    for (run, writers) in &acknowledged {
        for (writer, last) in writers.iter().enumerate() {
            for n in 1..=*last {
                let id = format!("{run}-{writer}-{n}");
                let point = records.points.get(&id);
                assert_eq!(point.map(|p| p.name.zh.as_str()), Some(id.as_str()), "acknowledged");
            }
        }
    }
    let (run, writers) = acknowledged.last_key_value().unwrap();
    for (writer, last) in writers.iter().enumerate().filter(|(_, last)| **last > 0) {
        let name = &records.points[&format!("last-{writer}")].name.zh;
        let n: usize = name.strip_prefix(&format!("{run}-{writer}-")).unwrap().parse().unwrap();
        assert!(n >= *last, "writer {writer} is at {n}, but {last} was acknowledged");
    }
}

#[test]
fn while_the_database_is_away_writes_answer_503_and_then_go_on_by_themselves() {
    let mut cluster = Cluster::start();
    let address = cluster.address();
    let key = make_key(&city(), Path::new(&address), "admin");
    let server = Server::start_with(&city(), &["--database", &address]);
    let (path, body) = ("/v1/points/written-1", feature("图书馆"));
    assert_eq!(put(&server, &key, path, &body).status, 200);
    cluster.kill();
    let refused = put(&server, &key, "/v1/points/written-2", &body);
    refused.problem(503);
    assert_ne!(refused.header("retry-after"), "", "it says when to try again");
    assert_eq!(server.get("/v1/points?limit=1").status, 200, "reading goes on");
    cluster.restart();
    let start = Instant::now();
    while put(&server, &key, "/v1/points/written-2", &body).status != 200 {
        assert!(start.elapsed() < Duration::from_mins(1), "it does not come back");
        thread::sleep(Duration::from_millis(50));
    }
    crate::records::until(&server, path, 200);
    crate::records::until(&server, "/v1/points/written-2", 200);
}

/// The server runs in a mount namespace of its own, where the folder of its database is
/// a disk of a few megabytes with a file in it that is removed when the test says so.
#[test]
fn a_full_disk_answers_507_or_503_and_writes_go_on_when_there_is_room() {
    let (disk, outside, pack) = (Folder::new(), tempfile::tempdir().unwrap(), small_pack());
    let (made, relieve) = (outside.path().join("city.gpkg"), outside.path().join("relieve"));
    let key = make_key(pack.path(), &made, "admin");
    let script = "mount -t tmpfs -o size=6m tmpfs \"$1\" && cp \"$2\" \"$1/city.gpkg\" && \
        head -c 2000000 /dev/zero > \"$1/ballast\" || exit 1; \
        (n=0; while [ ! -e \"$3\" ] && [ $n -lt 2000 ]; do sleep 0.05; n=$((n+1)); done; \
        rm \"$1/ballast\") >/dev/null 2>&1 & \
        exec \"$4\" serve --listen 127.0.0.1:0 --city \"$5\" --database \"$1/city.gpkg\"";
    let mut program = Command::new("unshare");
    program
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(disk.file().parent().unwrap())
        .arg(&made)
        .arg(&relieve)
        .arg(env!("CARGO_BIN_EXE_servicemap"))
        .arg(pack.path());
    let server = Server::start_program(&mut program);
    let mut written = Vec::new();
    let refused = loop {
        let id = format!("p-{}", written.len());
        // A long name fills the disk sooner.
        let answer = put(&server, &key, &format!("/v1/points/{id}"), &feature(&"图".repeat(9000)));
        if answer.status != 200 {
            break answer;
        }
        written.push(id);
        assert!(written.len() < 10_000, "the disk does not fill");
    };
    assert!(matches!(refused.status, 503 | 507), "{}: {}", refused.status, refused.text());
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(server.get("/v1/points?limit=1").status, 200, "reading goes on");
    std::fs::write(&relieve, "").unwrap();
    let start = Instant::now();
    while put(&server, &key, "/v1/points/after", &feature("图书馆")).status != 200 {
        assert!(start.elapsed() < Duration::from_mins(1), "it does not recover");
        thread::sleep(Duration::from_millis(50));
    }
    crate::records::until(&server, "/v1/points/after", 200);
    for id in written {
        crate::records::until(&server, &format!("/v1/points/{id}"), 200);
    }
}
