//! Borders that change under points and open tickets.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::harness::{Server, city};

/// A position in the first district and one in the second, far from their border.
const TICKETS: &str = "id,category,requested_at,closed_at,lon,lat\n\
    open,noise,2026-01-05 08:00,,116.42,39.93\n\
    closed,noise,2026-01-05 08:00,2026-01-06 09:00,116.42,39.93\n\
    beyond,noise,2026-01-05 08:00,,116.30,39.98\n";

/// Runs the program on a database, in a folder.
fn run(folder: &Path, database: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(arguments)
        .current_dir(folder)
        .env("SERVICEMAP_CITY", city())
        .env("SERVICEMAP_DATABASE", database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The layer of districts with the areas of the first two exchanged.
fn exchanged() -> String {
    let lines = std::fs::read_to_string(city().join("divisions/districts.geojsonl")).unwrap();
    let mut features: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let codes = features[..2].iter().map(|f| f["properties"]["code"].clone());
    assert_eq!(codes.collect::<Vec<_>>(), ["110101", "110102"]);
    let first = features[0]["geometry"].take();
    features[0]["geometry"] = features[1]["geometry"].take();
    features[1]["geometry"] = first;
    features.iter().map(|f| f.to_string() + "\n").collect()
}

/// Asks until there are so many changes of borders.
fn until(server: &Server, key: &str, count: usize) -> Value {
    let start = Instant::now();
    loop {
        let answer =
            server.get_with("/v1/redrawings", &[("authorization", &format!("Bearer {key}"))]);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        let mut all = answer.json()["redrawings"].take();
        if all.as_array().unwrap().len() == count {
            return all[0].take();
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{all}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// What moved on the level of districts, from where to where.
fn flows(redrawing: &Value) -> Vec<(Value, Value, Value)> {
    let flows = redrawing["flows"].as_array().unwrap().iter();
    let of_districts = flows.filter(|f| f["level"] == "district");
    of_districts.map(|f| (f["from"].clone(), f["to"].clone(), f["tickets"].clone())).collect()
}

fn borders_change(database: &str, folder: &Path, others: &dyn Fn(&str, &Value)) {
    std::fs::write(folder.join("tickets.csv"), TICKETS).unwrap();
    std::fs::write(folder.join("exchanged.geojsonl"), exchanged()).unwrap();
    let serve = || Server::start_with(&city(), &["--database", database]);
    let mut server = serve();
    server.get("/v1/redrawings").problem(401);
    let key = run(folder, database, &["key", "create", "--role", "agent", "--label", "a test"]);
    let key = String::from_utf8(key).unwrap().trim().to_owned();
    run(folder, database, &["import", "tickets", "--crs", "wgs84", "tickets.csv"]);
    let place = "/v1/locate?lon=116.42&lat=39.93";
    assert_eq!(server.json(place)["divisions"][0]["code"], "110101");
    let import = ["import", "divisions", "--json", "--crs", "cgcs2000", "--set", "level=区"];
    let report = run(folder, database, &[&import[..], &["exchanged.geojsonl"]].concat());
    let report: Value = serde_json::from_slice(&report).unwrap();

    let redrawing = until(&server, &key, 1);
    let redrawn: Vec<&Value> =
        redrawing["divisions"].as_array().unwrap().iter().map(|d| &d["code"]).collect();
    assert_eq!(redrawn, ["110101", "110102"], "{redrawing}");
    assert_eq!(redrawing["tickets"], 1, "{redrawing}");
    assert_eq!(
        flows(&redrawing),
        [
            (json!("110101"), json!("110102"), json!(1)),
            (json!("110102"), json!("110101"), json!(0))
        ]
    );
    let moved = redrawing["moved"].as_array().unwrap();
    assert_eq!(redrawing["points"], moved.len());
    let path = format!("/v1/points/{}", moved[0]["id"].as_str().unwrap());
    assert_eq!(server.json(place)["divisions"][0]["code"], "110102");
    let now = server.json(&path)["properties"]["divisions"]["county"]["code"].clone();
    assert!(["110101", "110102"].map(Value::from).contains(&now), "{now}");
    others(&key, &redrawing);

    // Taken back while nobody serves: the next start takes it in.
    server.stop();
    run(folder, database, &["import", "--undo", report["import"].as_str().unwrap()]);
    let server = serve();
    let back = until(&server, &key, 2);
    assert_eq!((&back["points"], &back["tickets"]), (&redrawing["points"], &json!(1)));
    let before = server.json(&path)["properties"]["divisions"]["county"]["code"].clone();
    assert_ne!(before, now);
    server.assert_log_clean();
}

#[test]
fn a_replaced_layer_moves_points_and_open_tickets_at_once_and_lists_them() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg").display().to_string();
    let ticket = |id: &str| {
        use servicemap::store::{GeoPackage, Store};
        let store = GeoPackage::open(Path::new(&database), "beijing").unwrap();
        store.ticket(id).unwrap().unwrap().record.ticket.divisions
    };
    borders_change(&database, folder.path(), &|_, _| {
        assert_eq!(ticket("open").district.as_deref(), Some("110102"));
        assert_eq!(ticket("closed").district.as_deref(), Some("110101"), "as it was at the time");
        assert_eq!(ticket("beyond").district.as_deref(), Some("110108"));
    });
    assert_eq!(ticket("open").district.as_deref(), Some("110101"));
}

#[test]
fn servers_that_share_a_database_write_a_change_of_borders_once() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let database = cluster.address();
    let other = Server::start_with(&city(), &["--database", &database]);
    borders_change(&database, folder.path(), &|key, redrawing| {
        assert_eq!(&until(&other, key, 1), redrawing);
    });
    other.assert_log_clean();
}
