//! Writing service points over HTTP, with keys.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use servicemap::store::{GeoPackage, Kind, Store};

use crate::harness::{Answer, Server, city, escaped};
use crate::records::{Folder, until};

/// Runs `servicemap key` on a database.
fn key(pack: &Path, database: &Path, action: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["key", action, "--city"])
        .arg(pack)
        .arg("--database")
        .arg(database)
        .args(arguments)
        .output()
        .unwrap()
}

/// Makes a key in a database, which is made from `pack` if there is none; its secret.
pub(crate) fn make_key(pack: &Path, database: &Path, role: &str) -> String {
    let output = key(pack, database, "create", &["--role", role, "--label", "a test"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn put(server: &Server, key: &str, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    server.send("PUT", path, &[("authorization", &bearer)], body.to_string().as_bytes())
}

pub(crate) fn feature(name: &str) -> Value {
    json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [116.4, 39.9]},
        "properties": {"name": name, "category": "library", "source": "osm",
            "opening_hours": "Mo-Fr 09:00-17:00", "phone": "+86 10 0000 0000"},
    })
}

#[test]
fn a_point_is_written_shown_sent_back_and_retired() {
    let folder = Folder::new();
    let secret = make_key(&city(), &folder.file(), "admin");
    let server = folder.serve();
    let path = "/v1/points/written-1";
    let written = put(&server, &secret, path, &feature("由接口写入的图书馆"));
    assert_eq!(written.status, 200, "{}", written.text());
    assert_eq!(written.json()["changed"], true);
    let shown = until(&server, path, 200).json();
    assert_eq!(shown["properties"]["opening_hours"], "Mo-Fr 09:00-17:00");
    assert!(shown["properties"]["divisions"]["county"].is_object(), "{shown}");
    let found = server.json(&escaped("/v1/search?text=由接口写入的图书馆&size=1"));
    assert_eq!(found["features"][0]["properties"]["source_id"], "written-1");

    let again = put(&server, &secret, path, &shown);
    assert_eq!(again.status, 200, "what was read can be sent back: {}", again.text());
    assert_eq!(again.json()["changed"], false, "and changes nothing");

    let delete = |query: &str| {
        let bearer = format!("Bearer {secret}");
        server.send("DELETE", &format!("{path}{query}"), &[("authorization", &bearer)], b"")
    };
    assert_eq!(delete("").problem(400), ["reason"]);
    assert_eq!(delete("?successor=nobody").problem(400), ["successor"]);
    assert_eq!(delete("?successor=written-1").problem(400), ["successor"]);
    assert_eq!(delete("?reason=closed").status, 200);
    assert!(until(&server, path, 410).text().contains("closed"));

    let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
    let history = store.history(Kind::Point, "written-1").unwrap();
    let id = secret.split('_').nth(1).unwrap();
    assert_eq!(history.len(), 2, "{history:?}");
    assert!(history.iter().all(|change| change.actor == id), "the log says whose key it was");
    server.assert_log_clean();
}

#[test]
fn a_write_needs_a_key_of_the_role_and_a_revoked_one_is_none() {
    let folder = Folder::new();
    let [agent, admin] = ["agent", "admin"].map(|role| make_key(&city(), &folder.file(), role));
    let server = folder.serve();
    let path = "/v1/points/written-1";
    let body = feature("图书馆");
    let bare = server.send("PUT", path, &[], body.to_string().as_bytes());
    bare.problem(401);
    assert_eq!(bare.header("www-authenticate"), "Bearer");
    put(&server, "smk_000000000000_00", path, &body).problem(401);
    put(&server, &agent, path, &body).problem(403);
    assert_eq!(put(&server, &admin, path, &body).status, 200);

    let id = admin.split('_').nth(1).unwrap();
    let listed = String::from_utf8(key(&city(), &folder.file(), "list", &[]).stdout).unwrap();
    assert!(listed.contains(id) && listed.contains("a test"), "{listed}");
    assert!(!listed.contains(&admin), "a secret is nowhere");
    assert!(key(&city(), &folder.file(), "revoke", &[id, "--reason", "lost"]).status.success());
    let start = std::time::Instant::now();
    while put(&server, &admin, path, &body).status != 401 {
        assert!(start.elapsed().as_secs() < 60, "a revoked key still opens");
    }
    let listed = String::from_utf8(key(&city(), &folder.file(), "list", &[]).stdout).unwrap();
    assert!(listed.contains("lost"), "{listed}");
    let bytes = std::fs::read(folder.file()).unwrap();
    let random = admin.split('_').nth(2).unwrap().as_bytes();
    assert!(!bytes.windows(random.len()).any(|w| w == random), "the file knows no secret");
}

#[test]
fn every_fault_of_a_point_is_named_and_nothing_is_written() {
    let folder = Folder::new();
    let secret = make_key(&city(), &folder.file(), "admin");
    let server = folder.serve();
    let path = "/v1/points/written-1";
    let wrong = json!({
        "type": "Feature", "id": "another",
        "geometry": {"type": "Point", "coordinates": [39.9, 116.4]},
        "properties": {"name": " ", "category": "castle", "source": "hearsay", "colour": "red",
            "services": ["nothing"], "opening_hours": "whenever", "phone": 12,
            "aliases": "one", "observed_at": "yesterday"},
    });
    let answer = put(&server, &secret, path, &wrong);
    let mut named = answer.problem(400);
    named.sort();
    let mut due = [
        "id",
        "geometry",
        "properties.name",
        "properties.category",
        "properties.source",
        "properties.colour",
        "properties.services",
        "properties.opening_hours",
        "properties.phone",
        "properties.aliases",
        "properties.observed_at",
    ];
    due.sort_unstable();
    assert_eq!(named, due);
    assert!(answer.text().contains("swapped"), "{}", answer.text());
    for (body, parameter) in [("", "body"), ("[]", "body"), ("{}", "type"), ("\u{0}", "body")] {
        let bearer = format!("Bearer {secret}");
        let answer = server.send("PUT", path, &[("authorization", &bearer)], body.as_bytes());
        assert_eq!(answer.problem(400), [parameter], "{body}");
    }
    let mut outside = feature("图书馆");
    outside["geometry"]["coordinates"] = json!([2.35, 48.85]);
    assert_eq!(put(&server, &secret, path, &outside).problem(400), ["geometry"]);
    assert_eq!(put(&server, &secret, "/v1/points/a%20b", &feature("图书馆")).problem(400), ["id"]);
    let large = put(&server, &secret, path, &feature(&"图".repeat(40_000)));
    large.problem(413);
    assert_eq!(server.get(path).status, 404);
}

#[test]
fn a_position_is_written_in_the_datum_that_is_named() {
    let folder = Folder::new();
    let secret = make_key(&city(), &folder.file(), "admin");
    let server = folder.serve();
    let path = "/v1/points/written-1";
    assert_eq!(put(&server, &secret, &format!("{path}?crs=gcj02"), &feature("图书馆")).status, 200);
    until(&server, path, 200);
    let at = |query: &str| {
        let shown = server.json(&format!("{path}{query}"));
        shown["geometry"]["coordinates"].clone()
    };
    assert_eq!(at("?crs=gcj02"), json!([116.4, 39.9]));
    let shifted = at("");
    let [lon, lat] = [0, 1].map(|i| shifted[i].as_f64().unwrap());
    assert!((lon - 116.393_76).abs() < 1e-4 && (lat - 39.898_6).abs() < 1e-4, "{lon}, {lat}");
}

#[test]
fn a_server_without_records_takes_no_writes() {
    let server = Server::start();
    let answer = put(&server, "smk_000000000000_00", "/v1/points/a", &feature("图书馆"));
    answer.problem(401);
}
