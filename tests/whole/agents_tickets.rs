//! Tickets as those who take calls see them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Answer, Server, city, escaped};
use crate::records::Folder;
use crate::writes::make_key;

/// Runs the program on the records of a folder; it must succeed.
fn run(folder: &Path, database: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(arguments)
        .current_dir(folder)
        .env("SERVICEMAP_CITY", city())
        .env("SERVICEMAP_DATABASE", database)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Imports a table of tickets.
pub(crate) fn import(folder: &Path, database: &Path, csv: &str) {
    std::fs::write(folder.join("tickets.csv"), csv).unwrap();
    run(folder, database, &["import", "tickets", "--crs", "wgs84", "tickets.csv"]);
}

/// A server with its keys.
pub(crate) struct Desk {
    pub(crate) server: Server,
    agent: String,
    admin: String,
    analyst: String,
    folder: Folder,
}

impl Desk {
    /// Made by `fill`, which gets a folder and the database.
    pub(crate) fn new(fill: impl FnOnce(&Path, &Path)) -> Self {
        let folder = Folder::new();
        let [agent, admin, analyst] = ["agent", "admin", "analyst"]
            .map(|role| format!("Bearer {}", make_key(&city(), &folder.file(), role)));
        let place = tempfile::tempdir().unwrap();
        fill(place.path(), &folder.file());
        Self { server: folder.serve(), agent, admin, analyst, folder }
    }

    pub(crate) fn ask(&self, path: &str) -> Answer {
        self.server.get_with(&escaped(path), &[("authorization", &self.agent)])
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.ask(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        answer.json()
    }
}

/// The ids of a list.
pub(crate) fn ids(list: &Value) -> Vec<String> {
    let features = list["features"].as_array().unwrap().iter();
    features.map(|feature| feature["id"].as_str().unwrap().to_owned()).collect()
}

const TICKETS: &str = "\
id,category,channel,requested_at,closed_at,lon,lat,text,contact
A1,kind-heat,phone,2026-01-05 08:00,,116.4201,39.9301,家里暖气不热,010 0000 0001
A2,kind-heat,app,2026-01-05 09:00,2026-01-06 10:00,116.4205,39.9301,暖气管漏水,010 0000 0002
A3,kind-noise,phone,2026-01-06 23:00,,116.4301,39.9301,夜间施工噪音,010 0000 0003
A4,kind-noise,phone,2026-02-01 07:00,,,,不知道在哪里的噪音,010 0000 0004
";

#[test]
fn the_list_is_newest_first_or_nearest_first_under_the_filter_of_all_counts() {
    let desk = Desk::new(|folder, database| import(folder, database, TICKETS));
    let list = desk.json("/v1/tickets");
    assert_eq!(ids(&list), ["A4", "A3", "A2", "A1"]);
    assert_eq!((&list["total"], &list["next"]), (&4.into(), &Value::Null));
    let near = desk.json("/v1/tickets?lon=116.4205&lat=39.9301");
    assert_eq!(ids(&near), ["A2", "A1", "A3", "A4"], "without a place comes last");
    assert_eq!(near["features"][0]["properties"]["distance"], 0.0);
    assert_eq!(near["features"][3]["geometry"], Value::Null);
    let within = desk.json("/v1/tickets?lon=116.4205&lat=39.9301&radius=100");
    assert_eq!((ids(&within), &within["total"]), (vec!["A2".into(), "A1".into()], &2.into()));
    assert_eq!(ids(&desk.json("/v1/tickets?category=kind-heat&status=open")), ["A1"]);
    assert_eq!(ids(&desk.json("/v1/tickets?channel=app")), ["A2"]);
    assert_eq!(ids(&desk.json("/v1/tickets?from=2026-01-06&to=2026-02-01")), ["A3"]);

    let ticket = &desk.json("/v1/tickets/A2");
    let properties = &ticket["properties"];
    assert_eq!(ticket["geometry"]["coordinates"], serde_json::json!([116.4205, 39.9301]));
    assert_eq!(properties["texts"]["description"], "暖气管漏水");
    assert_eq!(properties["texts"]["phone"], "010 0000 0002");
    assert_eq!(properties["steps"]["closed"], "2026-01-06T10:00:00+08:00");
    assert_eq!(properties["divisions"]["county"]["code"], "110101");
    assert_eq!(&list["features"][2]["properties"], properties, "the list says the same");
    let shifted = desk.json("/v1/tickets/A2?crs=gcj02");
    let lon = shifted["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((lon - 116.4205).abs() > 0.003, "in the datum that was asked for: {lon}");
    // Its tag is that of its words: the same question gets 304.
    let answer = desk.ask("/v1/tickets?limit=2");
    let tag = answer.header("etag").to_owned();
    let again = [("authorization", desk.agent.as_str()), ("if-none-match", &tag)];
    assert_eq!(desk.server.get_with("/v1/tickets?limit=2", &again).status, 304);

    desk.ask("/v1/tickets/none").problem(404);
    assert_eq!(
        desk.ask("/v1/tickets?limit=0&cursor=x&radius=-1&lon=1000&hour=24").problem(400),
        ["hour", "lat", "radius", "limit", "cursor"]
    );
    assert_eq!(desk.ask("/v1/tickets?radius=5").problem(400), ["radius"]);
    let of_other_order = desk.json("/v1/tickets?limit=1")["next"].as_str().unwrap().to_owned();
    let mixed = format!("{of_other_order}&lon=116.42&lat=39.93");
    assert_eq!(desk.ask(&mixed).problem(400), ["cursor"]);
    desk.server.assert_log_clean();
}

#[test]
fn words_are_for_agents_and_administrators_alone() {
    let desk = Desk::new(|folder, database| import(folder, database, TICKETS));
    for path in ["/v1/tickets", "/v1/tickets/A1"] {
        let with = |key: &str| desk.server.get_with(path, &[("authorization", key)]);
        for answer in [desk.server.get(path), with(&desk.analyst)] {
            assert!(matches!(answer.status, 401 | 403), "{path}: {}", answer.status);
            assert!(!answer.text().contains("暖气") && !answer.text().contains("0000"), "{path}");
        }
        assert!(with(&desk.admin).text().contains("家里暖气不热"), "{path}");
    }
}

#[test]
fn pages_of_made_up_tickets_are_whole_and_their_total_is_that_of_the_density() {
    let desk = Desk::new(|folder, database| {
        let generate = ["generate", "tickets", "--count", "3000", "--until", "2026-10-31"];
        run(folder, database, &generate);
    });
    for filter in [
        "category=heating",
        "category=noise,parking&hour=0-11",
        "status=closed&weekday=6,7",
        "division=110105&from=2026-01-01",
        "bbox=116.3,39.85,116.5,40.0",
    ] {
        for order in ["", "&lon=116.4&lat=39.9"] {
            let admin = [("authorization", desk.admin.as_str())];
            let density = desk.server.get_with(&format!("/v1/density?{filter}"), &admin).json();
            let mut path = Some(format!("/v1/tickets?{filter}{order}&limit=200"));
            let (mut seen, mut last) = (Vec::new(), String::new());
            while let Some(next) = path {
                let answer = desk.ask(&next);
                let page = answer.json();
                assert_eq!(page["total"], density["total"], "{next}");
                seen.extend(ids(&page));
                path = page["next"].as_str().map(str::to_owned);
                let link = answer.header("link");
                assert_eq!(path.is_some(), link.ends_with("rel=\"next\""), "{link}");
                for feature in page["features"].as_array().unwrap() {
                    let at = feature["properties"]["steps"]["requested"].as_str().unwrap();
                    assert!(!order.is_empty() || last.is_empty() || at <= last.as_str());
                    at.clone_into(&mut last);
                }
            }
            assert_eq!(seen.len() as u64, density["total"].as_u64().unwrap(), "{filter}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "none twice");
        }
    }
    desk.server.assert_log_clean();
}

#[test]
fn words_are_found_with_every_other_filter_and_soon_after_they_are_written() {
    let desk = Desk::new(|folder, database| import(folder, database, TICKETS));
    // While they are being indexed, asking for words says so.
    let start = Instant::now();
    while desk.ask("/v1/tickets?q=暖气").status == 503 {
        assert_eq!(desk.ask("/v1/tickets").status, 200, "without words it answers");
        assert!(start.elapsed() < Duration::from_mins(1), "they are not indexed");
        thread::sleep(Duration::from_millis(10));
    }
    for (question, expected) in [
        ("q=暖气", vec!["A2", "A1"]),
        ("q=噪音&category=kind-noise&to=2026-02-01", vec!["A3"]),
        ("q=噪音&lon=116.43&lat=39.93", vec!["A3", "A4"]),
        ("q=暖气&status=closed", vec!["A2"]),
        ("q=不热的暖气", vec!["A1"]),
        ("q=噪音&sort=newest&limit=1", vec!["A4"]),
        ("q=停电", vec![]),
    ] {
        assert_eq!(ids(&desk.json(&format!("/v1/tickets?{question}"))), expected, "{question}");
    }
    let first = desk.json("/v1/tickets?q=暖气&limit=1");
    assert_eq!(first["total"], 2);
    let next = first["next"].as_str().unwrap();
    assert_eq!(ids(&desk.server.get_with(next, &[("authorization", &desk.agent)]).json()), ["A1"]);
    for (path, bad) in [
        ("/v1/tickets?q=，。！", "q"),
        ("/v1/tickets?sort=best", "sort"),
        ("/v1/tickets?sort=nearest", "sort"),
        ("/v1/tickets?sort=oldest&q=a", "sort"),
    ] {
        assert_eq!(desk.ask(path).problem(400), [bad], "{path}");
    }
    let long = format!("/v1/tickets?q={}", "水".repeat(101));
    assert_eq!(desk.ask(&long).problem(400), ["q"]);
    let analyst = [("authorization", desk.analyst.as_str())];
    assert_eq!(desk.server.get_with("/v1/tickets?q=a", &analyst).status, 403);

    let more = TICKETS.replace("家里暖气不热", "楼道路灯不亮")
        + "A5,kind-lamp,app,2026-03-01 07:00,,,,路灯一直亮着,\n";
    let place = tempfile::tempdir().unwrap();
    import(place.path(), &desk.folder.file(), &more);
    let start = Instant::now();
    while ids(&desk.json("/v1/tickets?q=路灯")) != ["A5", "A1"] {
        assert!(start.elapsed() < Duration::from_mins(1), "{}", desk.json("/v1/tickets?q=路灯"));
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(ids(&desk.json("/v1/tickets?q=暖气")), ["A2"], "what was said before is gone");
    desk.server.assert_log_clean();
}

const REPEATS: &str = "\
id,category,channel,requested_at,closed_at,lon,lat,text
B1,road-damage,phone,2026-01-05 08:00,,116.4201,39.9301,门口路面有大坑
B2,road-damage,app,2026-01-06 09:00,,116.4221,39.9301,路面破损
B3,manhole-cover,phone,2026-01-07 09:00,,116.4203,39.9301,井盖丢了
B4,lighting,phone,2026-01-08 09:00,,116.4202,39.9301,路灯下面的路面有大坑
B5,road-damage,phone,2026-01-01 09:00,2026-01-02 09:00,116.4201,39.9301,早就修好的坑
";

#[test]
fn what_was_already_reported_is_found_with_its_steps_and_where_to_add_the_caller() {
    let desk = Desk::new(|folder, database| import(folder, database, REPEATS));
    let here = "/v1/tickets/similar?lon=116.4201&lat=39.9301";
    let found = desk.json(&format!("{here}&category=road-damage"));
    assert_eq!(ids(&found), ["B1", "B3"], "of this place and kind, open: {found}");
    assert_eq!((&found["radius"], &found["total"]), (&100.0.into(), &2.into()));
    let (first, second) =
        (&found["features"][0]["properties"], &found["features"][1]["properties"]);
    assert_eq!(
        (&first["similar"]["kind"], &second["similar"]["kind"]),
        (&"same".into(), &"near".into())
    );
    assert_eq!(first["add_caller"], "/v1/tickets/B1/callers");
    assert_eq!(first["steps"]["requested"], "2026-01-05T08:00:00+08:00");
    assert_eq!(first["promised_on"], Value::Null, "nobody promises what has no source");
    assert_eq!((&first["status"], &first["distance"]), (&"open".into(), &0.0.into()));
    let worded = desk.json(&format!("{here}&category=road-damage&text=路面有个大坑"));
    assert_eq!(ids(&worded)[0], "B1");
    assert!(ids(&worded).contains(&"B4".to_owned()), "like words under another kind: {worded}");
    assert_eq!(
        ids(&desk.json(&format!("{here}&category=road-damage&radius=500"))),
        ["B1", "B2", "B3"]
    );
    assert_eq!(desk.json(&format!("{here}&limit=1"))["features"].as_array().unwrap().len(), 1);

    // By an address: the place of a name that means one thing, or a question back.
    let points = desk.server.json("/v1/points?limit=100");
    let named = points["features"].as_array().unwrap().iter().find_map(|point| {
        let name = point["properties"]["name"].as_str().unwrap();
        let meant = desk.server.get(&escaped(&format!("/v1/locate?text={name}"))).json();
        let only = meant["candidates"].as_array().is_some_and(|all| all.len() == 1);
        only.then(|| (name, &point["geometry"]["coordinates"]))
    });
    let (name, at) = named.expect("a name that means one place");
    let by_name = desk.json(&format!("/v1/tickets/similar?address={name}"));
    assert_eq!(&by_name["point"], at, "{name}");
    for (path, bad) in [
        ("/v1/tickets/similar", vec!["lon", "lat"]),
        ("/v1/tickets/similar?lon=116.42", vec!["lat"]),
        ("/v1/tickets/similar?address=没有这个地方的名字", vec!["address"]),
        ("/v1/tickets/similar?lon=116.42&lat=39.93&address=天安门", vec!["address"]),
        (
            "/v1/tickets/similar?lon=39.93&lat=116.42&radius=0&limit=101",
            vec!["lon", "lat", "radius", "limit"],
        ),
    ] {
        assert_eq!(desk.ask(path).problem(400), bad, "{path}");
    }
    let analyst = [("authorization", desk.analyst.as_str())];
    assert_eq!(desk.server.get_with(here, &analyst).status, 403);
    desk.server.get(here).problem(401);
    desk.server.assert_log_clean();
}
