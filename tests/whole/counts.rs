//! Tickets counted over HTTP: by cell, by time and by kind, always the same total.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Server, city};
use crate::tiles::{number, properties};
use crate::writes::make_key;

/// Tickets of a made-up fortnight: every second hour one, most of them in the first
/// district, every seventh without a position, every third closed.
fn tickets() -> String {
    let mut csv = "id,category,channel,requested_at,closed_at,lon,lat\n".to_owned();
    for i in 0..168 {
        let (day, hour) = (1 + i / 12, i % 12 * 2);
        let at = format!("2026-03-{day:02} {hour:02}:30");
        let closed =
            if i % 3 == 0 { format!("2026-03-{:02} {hour:02}:40", day + 1) } else { String::new() };
        let place = if i % 7 == 6 {
            ",".to_owned()
        } else {
            format!("{:.4},39.93", 116.41 + f64::from(i % 5) / 1000.0)
        };
        let (kind, channel) =
            (["kind-a", "kind-b", "kind-c"][i as usize % 3], ["phone", "app"][i as usize % 2]);
        writeln!(csv, "T{i},{kind},{channel},{at},{closed},{place}").unwrap();
    }
    csv
}

fn import(folder: &Path, database: &Path) {
    std::fs::write(folder.join("tickets.csv"), tickets()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["import", "tickets", "--crs", "wgs84", "tickets.csv"])
        .current_dir(folder)
        .env("SERVICEMAP_CITY", city())
        .env("SERVICEMAP_DATABASE", database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn sum(list: &Value) -> u64 {
    list.as_array().unwrap().iter().map(|one| one["count"].as_u64().unwrap()).sum()
}

#[test]
fn cells_stretches_and_kinds_add_up_to_the_same_total_under_every_filter() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let key = make_key(&city(), &database, "analyst");
    import(folder.path(), &database);
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let bearer = format!("Bearer {key}");
    let get = |path: &str| server.get_with(path, &[("authorization", &bearer)]);
    let json = |path: &str| {
        let answer = get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        answer.json()
    };
    for (filter, expected) in [
        ("", 168),
        ("category=kind-a", 56),
        ("category=kind-a,kind-c", 112),
        ("channel=app", 84),
        ("status=closed", 56),
        ("status=closed,open", 168),
        ("from=2026-03-02&to=2026-03-04", 24),
        ("from=2026-03-02T12:00&to=2026-03-03", 6),
        ("from=2026-03-01T16:00:00Z&to=2026-03-02T16:00:00Z", 12),
        ("hour=8-10", 28),
        // The first of March 2026 is a Sunday.
        ("weekday=7", 24),
        ("weekday=6,7&hour=0-11", 24),
        ("bbox=116.405,39.9,116.4115,39.95", 58),
        ("division=110101", 144),
        ("category=nothing", 0),
    ] {
        let density = json(&format!("/v1/density?zoom=10&{filter}"));
        let placed = sum(&density["cells"]);
        assert_eq!(density["total"], expected, "{filter}");
        assert_eq!(placed + density["unplaced"].as_u64().unwrap(), expected, "{filter}");
        assert_eq!(density["zoom"], 16);
        assert_eq!(density["synthetic"], false);
        for by in ["hour", "day", "week", "month", "hour_of_week"] {
            let timeline = json(&format!("/v1/timeline?by={by}&{filter}"));
            assert_eq!(timeline["total"], expected, "{by} {filter}");
            assert_eq!(sum(&timeline["stretches"]), expected, "{by} {filter}");
        }
        for by in ["category", "division", "township", "community", "status", "channel"] {
            let breakdown = json(&format!("/v1/breakdown?by={by}&{filter}"));
            assert_eq!(breakdown["total"], expected, "{by} {filter}");
            assert_eq!(sum(&breakdown["kinds"]), expected, "{by} {filter}");
        }
        let unplaced = density["unplaced"].as_u64().unwrap();
        for tail in ["", "shape=cell", "grid=8", "metric=rate"] {
            let tile = get(&format!("/tiles/density/0/0/0?{tail}&{filter}"));
            assert_eq!(tile.header("cache-control"), "private, no-cache");
            let cells = match tile.status {
                200 => properties(&tile.body, "density"),
                status => {
                    assert_eq!(status, 204, "{}", tile.text());
                    Vec::new()
                }
            };
            let counted: u64 = cells.iter().map(|cell| number(cell.get("count"))).sum();
            assert_eq!(counted + unplaced, expected, "{tail} {filter}");
            assert!(cells.iter().all(|c| c.contains_key("rate") == (tail == "metric=rate")));
        }
    }
    // A coarser grid holds the same tickets, each cell those of the four under it.
    let (fine, coarse) = (json("/v1/density?zoom=9&grid=8"), json("/v1/density?zoom=9&grid=7"));
    let count = |of: &Value, x: u64, y: u64| {
        let cells = of["cells"].as_array().unwrap().iter();
        let cell = cells.filter(|c| (c["x"].as_u64(), c["y"].as_u64()) == (Some(x), Some(y)));
        cell.map(|c| c["count"].as_u64().unwrap()).sum::<u64>()
    };
    for cell in coarse["cells"].as_array().unwrap() {
        let (x, y) = (cell["x"].as_u64().unwrap(), cell["y"].as_u64().unwrap());
        let below =
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| count(&fine, 2 * x + i, 2 * y + j));
        assert_eq!(cell["count"], below.iter().sum::<u64>());
    }
    // Hexagons of any resolution hold the same tickets.
    for res in [0, 5, 8, 15] {
        let hexagons = json(&format!("/v1/density?grid=h3&res={res}&category=kind-a"));
        let placed = sum(&hexagons["cells"]);
        assert_eq!(placed + hexagons["unplaced"].as_u64().unwrap(), 56);
        let index = hexagons["cells"][0]["h3"].as_str().unwrap();
        assert_eq!(u64::from_str_radix(index, 16).unwrap() >> 52 & 15, res, "{index}");
    }
    // A month has 30.436875 days.
    let rates = json("/v1/density?metric=rate&zoom=0&grid=5&from=2026-03-01&to=2026-03-15");
    let cell = &rates["cells"][0];
    let rate = cell["count"].as_f64().unwrap() / 14.0 * 30.436_875;
    assert!((cell["rate"].as_f64().unwrap() - rate).abs() < 1e-9, "{cell}");

    let days = json("/v1/timeline?by=day&category=kind-a&to=2026-03-03");
    assert_eq!(days["stretches"][0]["at"], "2026-03-01");
    let districts = json("/v1/breakdown?by=division&lang=en");
    assert_eq!(districts["kinds"][0]["code"], "110101");
    assert!(districts["kinds"][0]["name"].as_str().unwrap().contains("Dongcheng"), "{districts}");
    assert_eq!(districts["kinds"][1]["code"], Value::Null, "those without a position");
    server.assert_log_clean();
}

#[test]
fn two_times_are_compared_and_a_ratio_to_few_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let bearer = format!("Bearer {}", make_key(&city(), &database, "analyst"));
    import(folder.path(), &database);
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let get = |path: &str| server.get_with(path, &[("authorization", &bearer)]);
    // Twelve a day: four of each kind.
    let now = "from=2026-03-08&to=2026-03-11";
    let compared = |by: &str, than: &str| {
        let path = format!("/v1/{by}{now}&compare={than}");
        let answer = get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    };
    let kinds = compared("breakdown?", "2026-03-02/2026-03-08");
    assert_eq!(kinds["total"], 36);
    for kind in kinds["kinds"].as_array().unwrap() {
        assert_eq!(kind["count"], 12);
        let twice_as_long = serde_json::json!({ "count": 24, "difference": -12, "ratio": 1.0 });
        assert_eq!(kind["compared"], twice_as_long);
    }
    let few = compared("breakdown?", "2026-03-01/2026-03-03");
    assert_eq!(few["kinds"][0]["compared"]["count"], 8);
    assert_eq!(few["kinds"][0]["compared"]["ratio"], Value::Null);
    let cells = compared("density?zoom=12&", "2026-03-02/2026-03-08");
    let before: u64 = cells["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["compared"]["count"].as_u64().unwrap())
        .sum();
    let unplaced = get("/v1/density?from=2026-03-02&to=2026-03-08").json()["unplaced"].clone();
    assert_eq!(before + unplaced.as_u64().unwrap(), 72);
    for (query, bad) in [
        ("compare=2026-03-01/2026-03-02", vec!["compare"]),
        ("from=2026-03-01&to=2026-03-02&compare=2026-03-02/2026-03-01", vec!["compare"]),
        ("from=2026-03-01&to=2026-03-02&compare=yesterday", vec!["compare"]),
        ("grid=h4&res=16", vec!["grid", "res"]),
        ("grid=6&res=8", vec!["res"]),
    ] {
        assert_eq!(get(&format!("/v1/density?{query}")).problem(400), bad, "{query}");
    }
}

#[test]
fn rates_are_to_those_who_live_in_a_division_where_that_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let bearer = format!("Bearer {}", make_key(&city(), &database, "analyst"));
    import(folder.path(), &database);
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let get = |path: &str| server.get_with(path, &[("authorization", &bearer)]);
    let rates = |query: &str| {
        let answer = get(&format!("/v1/breakdown?lang=en&metric=rate&{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.json()
    };
    let districts = rates("by=division&per=residents");
    assert_eq!(districts["total"], 168);
    assert_eq!(sum(&districts["kinds"]), 168);
    assert!(districts["rate_unit"].as_str().unwrap().contains("10,000 residents"));
    let [dongcheng, nowhere] = districts["kinds"].as_array().unwrap().as_slice() else {
        panic!("{districts}")
    };
    let residents = server.json("/v1/divisions/110101")["properties"]["population"].clone();
    assert_eq!((&dongcheng["code"], &dongcheng["count"]), (&"110101".into(), &144.into()));
    let expected = serde_json::json!({ "count": residents, "on": "2020-11-01" });
    assert_eq!(dongcheng["residents"], expected);
    let rate = dongcheng["rate"].as_f64().unwrap();
    let back = rate * residents.as_f64().unwrap() / 10_000.0;
    assert!((back - 144.0).abs() < 1e-9, "{dongcheng}");
    for unknown in ["code", "residents", "rate"] {
        assert_eq!(nowhere.get(unknown), Some(&Value::Null), "{nowhere}");
    }
    // No source tells who lives in a township; the counts are there nevertheless.
    for query in ["by=division&level=township&per=residents", "by=township&per=residents"] {
        let townships = rates(query);
        assert_eq!(sum(&townships["kinds"]), 168, "{query}");
        let kinds = townships["kinds"].as_array().unwrap();
        assert!(kinds.iter().all(|kind| kind.get("rate") == Some(&Value::Null)), "{townships}");
    }
    // Of nine tickets a rate would be chance.
    let few = rates("by=division&per=residents&from=2026-03-01&to=2026-03-01T20:00");
    assert!(few["kinds"][0]["count"].as_u64().unwrap() < 10);
    assert_eq!(
        (&few["kinds"][0]["rate"], &few["kinds"][0]["residents"]),
        (&Value::Null, &expected)
    );
    // Two times have the same residents.
    let time = "from=2026-03-08&to=2026-03-11&compare=2026-03-02/2026-03-08";
    let two = rates(&format!("by=division&per=residents&{time}"));
    let compared = &two["kinds"][0]["compared"];
    let then = compared["rate"].as_f64().unwrap() / two["kinds"][0]["rate"].as_f64().unwrap();
    let counts = compared["count"].as_f64().unwrap() / two["kinds"][0]["count"].as_f64().unwrap();
    assert!((then - counts).abs() < 1e-9, "{two}");
    // A month has no residents, and is to be had for every kind.
    let months = rates("by=channel&from=2026-03-01&to=2026-03-15");
    let kind = &months["kinds"][0];
    let rate = kind["count"].as_f64().unwrap() / 14.0 * 30.436_875;
    assert!((kind["rate"].as_f64().unwrap() - rate).abs() < 1e-9, "{kind}");
    assert_eq!((kind.get("residents"), &months["rate_unit"]), (None, &"tickets in a month".into()));
    let two = rates(&format!("by=channel&{time}"));
    let kind = &two["kinds"][0];
    let rate = kind["compared"]["count"].as_f64().unwrap() / 6.0 * 30.436_875;
    assert!((kind["compared"]["rate"].as_f64().unwrap() - rate).abs() < 1e-9, "{kind}");
    assert!(get("/v1/breakdown").json()["kinds"][0].get("rate").is_none());

    for (path, bad) in [
        ("/v1/breakdown?by=category&metric=rate&per=residents", "per"),
        ("/v1/breakdown?metric=rate&per=year", "per"),
        ("/v1/breakdown?by=division&per=residents", "per"),
        ("/v1/breakdown?by=division&metric=mood", "metric"),
        ("/v1/breakdown?by=township&level=district", "level"),
        ("/v1/breakdown?by=division&level=street", "level"),
        ("/v1/density?metric=rate&per=residents", "per"),
        ("/tiles/density/0/0/0?metric=rate&per=residents", "per"),
    ] {
        assert_eq!(get(path).problem(400), [bad], "{path}");
    }
    let refused = get("/v1/density?metric=rate&per=residents");
    assert!(refused.text().contains("/v1/breakdown?by=division&metric=rate&per=residents"));
    server.assert_log_clean();
}

#[test]
fn bad_filters_and_callers_without_the_key_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let bearer = format!("Bearer {}", make_key(&city(), &database, "analyst"));
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let get = |path: &str| server.get_with(path, &[("authorization", &bearer)]);
    for (path, bad) in [
        ("/v1/density?zoom=99&grid=4", vec!["zoom", "grid"]),
        ("/v1/density?from=tomorrow&to=2026-13-01", vec!["from", "to"]),
        (
            "/v1/timeline?by=decade&hour=24&weekday=0&status=lost",
            vec!["status", "hour", "weekday", "by"],
        ),
        (
            "/v1/breakdown?by=mood&division=999999&from=2026-03-02&to=2026-03-01",
            vec!["to", "division", "by"],
        ),
    ] {
        assert_eq!(get(path).problem(400), bad, "{path}");
    }
    server.get("/v1/timeline").problem(401);
    server.get("/tiles/density/0/0/0?category=noise").problem(401);
    assert_eq!(server.get("/tiles/density/0/0/0").status, 204, "nothing was released");
    let bad = get("/tiles/density/0/0/0?shape=star&grid=9&metric=mood&from=soon");
    assert_eq!(bad.problem(400), vec!["from", "metric", "shape", "grid"]);
    assert_eq!(get("/tiles/density,points/0/0/0").problem(400), vec!["layers"]);
    let described = server.json("/tiles/density?grid=7&shape=cell");
    assert_eq!(described["vector_layers"][0]["id"], "density");
    assert!(described["tiles"][0].as_str().unwrap().ends_with("{y}?grid=7&shape=cell"));
    server.assert_log_clean();
}

#[test]
fn a_new_ticket_is_counted_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let key = make_key(&city(), &database, "analyst");
    let agent = make_key(&city(), &database, "agent");
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let get =
        |key: &str| server.get_with("/v1/density", &[("authorization", &format!("Bearer {key}"))]);
    assert_eq!(get(&key).json()["total"], 0);
    get(&agent).problem(403);
    import(folder.path(), &database);
    let start = Instant::now();
    while get(&key).json()["total"] != 168 {
        assert!(start.elapsed() < Duration::from_mins(1), "{}", get(&key).text());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn made_up_tickets_are_counted_say_so_and_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("city.gpkg");
    let generate = || {
        let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
            .args(["generate", "tickets", "--json", "--count", "3000", "--until", "2026-10-31"])
            .args(["--truth", "truth.json"])
            .current_dir(folder.path())
            .env("SERVICEMAP_CITY", city())
            .env("SERVICEMAP_DATABASE", &database)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let first = generate();
    assert_eq!((&first["new"], &first["source"]), (&3000.into(), &"synthetic".into()));
    assert_eq!((&first["from"], &first["to"]), (&"2023-11-01".into(), &"2026-11-01".into()));
    assert_eq!(generate()["unchanged"], 3000);
    let truth = std::fs::read_to_string(folder.path().join("truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let planted = truth.as_array().unwrap().iter().map(|spot| spot["tickets"].as_u64().unwrap());
    assert_eq!(planted.sum::<u64>(), 30);

    let key = make_key(&city(), &database, "analyst");
    let server = Server::start_with(&city(), &["--database", database.to_str().unwrap()]);
    let bearer = format!("Bearer {key}");
    let get = |path: &str| server.get_with(path, &[("authorization", &bearer)]).json();
    let density = get("/v1/density");
    assert_eq!((&density["total"], &density["synthetic"]), (&3000.into(), &true.into()));
    let kinds = get("/v1/breakdown?by=category&lang=en");
    assert!(kinds["kinds"].as_array().unwrap().iter().all(|kind| kind["name"].is_string()));
    assert_eq!(kinds["synthetic"], true);
    let months = get("/v1/timeline?by=month");
    assert_eq!(months["stretches"].as_array().unwrap().len(), 36);
    assert_eq!(get("/v1/timeline?category=heating&from=2025-06-01&to=2025-09-01")["total"], 0);
    let districts = get("/v1/breakdown?by=division");
    assert!(districts["kinds"].as_array().unwrap().len() > 10, "{districts}");
}
