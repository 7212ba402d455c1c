//! Free slots out of a feed, from a publisher that behaves and misbehaves.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use servicemap::city::{self, City};
use servicemap::index::Follower;
use servicemap::outside::Client;
use servicemap::outside::slots::{self, SlotReport, SlotTerms, SlotsError, Source};
use servicemap::store::{self, GeoPackage, Store};

use crate::harness::city as folder_of_city;
use crate::links::client;
use crate::records::{Folder, wait};
use crate::unruly::{Reply, Request, Unruly};

/// A publisher's files by path, each with a tag.
type Files = Arc<Mutex<HashMap<String, String>>>;

struct Publisher {
    unruly: Unruly,
    files: Files,
    client: Client,
    store: GeoPackage,
    pack: City,
    folder: Folder,
    /// Two points of the city.
    points: [String; 2],
}

/// Answers from `files` as a publisher does: 304 to whoever has it.
fn publish(files: Files) -> impl Fn(&Request) -> Reply {
    move |request| {
        let path = request.path.split('?').next().unwrap();
        let Some(body) = files.lock().unwrap().get(path).cloned() else {
            return Reply::status(404);
        };
        let tag = format!("\"{}\"", &blake3::hash(body.as_bytes()).to_hex()[..8]);
        if request.headers.get("if-none-match") == Some(&tag) {
            return Reply::status(304);
        }
        Reply::Plain(200, vec![("etag", tag)], body.into_bytes())
    }
}

impl Publisher {
    fn start() -> Self {
        let (folder, files) = (Folder::new(), Files::default());
        let unruly = Unruly::start(publish(Arc::clone(&files)));
        let client = client(&unruly, &["feed.example", "files.example"]);
        let pack = city::load(&folder_of_city()).unwrap();
        let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
        store::seed(&store, &pack).unwrap();
        let points = [pack.points[0].id.clone(), pack.points[1].id.clone()];
        let publisher = Self { unruly, files, client, store, pack, folder, points };
        publisher.fill(Timestamp::now());
        publisher
    }

    fn put(&self, path: &str, text: impl Into<String>) {
        self.files.lock().unwrap().insert(path.to_owned(), text.into());
    }

    /// A feed with two locations, three schedules and slots at one, two and three hours.
    fn fill(&self, at: Timestamp) {
        let manifest = json!({
            "transactionTime": at.to_string(),
            "request": "https://feed.example/$bulk-publish",
            "output": [
                {"type": "Location", "url": "https://files.example/locations.ndjson"},
                {"type": "Schedule", "url": "schedules.ndjson"},
                {"type": "Slot", "url": "slots.ndjson", "extension": {"x": 1}},
                {"type": "Organization", "url": "https://nowhere.example/"},
            ],
            "error": [],
        });
        self.put("/manifest.json", manifest.to_string());
        let [first, second] = &self.points;
        let locations = [
            json!({"resourceType": "Location", "id": "l1", "name": "x",
                "identifier": [{"system": "a", "value": "77"}, {"value": first}]}),
            json!({"resourceType": "Location", "id": second}),
            json!({"resourceType": "Location", "id": "elsewhere"}),
        ];
        self.put("/locations.ndjson", lines(&locations));
        let schedule = |id: &str, location: &str, codes: &[&str]| {
            let codes: Vec<Value> = codes.iter().map(|c| json!({"code": c})).collect();
            json!({"resourceType": "Schedule", "id": id, "serviceType": [{"coding": codes}],
                "actor": [{"reference": format!("Location/{location}")}]})
        };
        let schedules = [
            schedule("s1", "l1", &["id_card_first", "not-ours"]),
            schedule("s2", second, &[]),
            schedule("s3", "elsewhere", &[]),
            schedule("s4", "l1", &["57"]),
        ];
        self.put("/schedules.ndjson", lines(&schedules));
        self.put(
            "/slots.ndjson",
            lines(&[
                slot("a", "s1", 60, "free"),
                slot("b", "s1", 120, "free"),
                slot("c", "s1", 180, "busy"),
                slot("past", "s1", -60, "free"),
                slot("d", "s2", 60, "free"),
            ]),
        );
    }

    fn terms(&self) -> SlotTerms {
        SlotTerms {
            source: Source::parse("https://feed.example/manifest.json").unwrap(),
            source_id: "portals".into(),
            points: HashMap::new(),
            matter: None,
            state: Some(self.folder.file().with_file_name("feed.state")),
        }
    }

    fn import(&self) -> Result<SlotReport, SlotsError> {
        self.import_with(&self.terms(), false)
    }

    fn import_with(&self, terms: &SlotTerms, dry_run: bool) -> Result<SlotReport, SlotsError> {
        let city = Follower::new(self.pack.clone(), self.store.load().unwrap()).city();
        slots::import(&self.store, &city, &self.client, terms, dry_run)
    }

    /// The ids of the slots of each schedule that holds.
    fn kept(&self) -> Vec<(String, Option<String>, Vec<String>)> {
        let records = self.store.load().unwrap().schedules.into_values();
        let held = records.filter(|r| r.retired.is_none()).map(|r| r.schedule);
        held.map(|s| (s.id, s.matter, s.slots.into_iter().map(|slot| slot.id).collect())).collect()
    }
}

fn lines(resources: &[Value]) -> String {
    resources.iter().flat_map(|r| [r.to_string(), "\n".to_owned()]).collect()
}

fn slot(id: &str, schedule: &str, minutes: i64, status: &str) -> Value {
    // Whole hours from this one, so that the same slot is the same text.
    let hour = Timestamp::from_second(Timestamp::now().as_second() / 3600 * 3600).unwrap();
    let start = hour + SignedDuration::from_mins(minutes + 60);
    let end = start + SignedDuration::from_mins(15);
    json!({"resourceType": "Slot", "id": id, "schedule": {"reference": format!("Schedule/{schedule}")},
        "status": status, "start": start.to_string(), "end": end.to_string(),
        "extension": [{"url": "http://x.example/slot-capacity", "valueInteger": 2}]})
}

fn ids(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

#[test]
fn free_slots_to_come_become_schedules_of_points_and_matters() {
    let publisher = Publisher::start();
    let report = publisher.import_with(&publisher.terms(), true).unwrap();
    assert_eq!((report.schedules, report.slots, publisher.kept().len()), (2, 3, 0), "dry run");
    let report = publisher.import().unwrap();
    assert_eq!((report.schedules, report.slots, report.written), (2, 3, 2));
    assert_eq!(report.unknown_locations, ["elsewhere"]);
    assert_eq!(report.unknown_codes, ["57", "not-ours"]);
    let matter = Some("id_card_first".to_owned());
    let expected = [
        ("portals/s1#id_card_first".to_owned(), matter, ids(&["a", "b"])),
        ("portals/s2".to_owned(), None, ids(&["d"])),
    ];
    assert_eq!(publisher.kept(), expected);
    let records = publisher.store.load().unwrap().schedules;
    let schedule = &records["portals/s1#id_card_first"].schedule;
    assert_eq!((&schedule.point, schedule.slots[0].capacity), (&publisher.points[0], Some(2)));
    assert_eq!(schedule.observed_at, report.observed_at);
}

#[test]
fn what_has_not_changed_is_neither_sent_nor_written_again() {
    let publisher = Publisher::start();
    publisher.import().unwrap();
    let head = publisher.store.head().unwrap();
    publisher.unruly.seen();
    let report = publisher.import().unwrap();
    assert_eq!((report.read, report.unchanged_files, report.written), (0, 3, 0));
    assert_eq!((report.slots, publisher.store.head().unwrap()), (3, head));
    let seen = publisher.unruly.seen();
    assert!(seen[0].path.contains("_since=20"), "{seen:?}");
    assert!(seen[1..].iter().all(|r| r.headers.contains_key("if-none-match")), "{seen:?}");

    // A change in one file, of one slot: the others are known.
    publisher
        .put("/slots.ndjson", lines(&[slot("a", "s1", 60, "busy"), slot("e", "s2", 240, "free")]));
    let report = publisher.import().unwrap();
    assert_eq!((report.read, report.unchanged_files, report.written), (1, 2, 2));
    let slots: Vec<_> = publisher.kept().into_iter().map(|(_, _, slots)| slots).collect();
    assert_eq!(slots, [ids(&["b"]), ids(&["d", "e"])]);

    // Without what was learnt, the file is all there is.
    std::fs::remove_file(publisher.terms().state.unwrap()).unwrap();
    publisher.import().unwrap();
    let slots: Vec<_> = publisher.kept().into_iter().map(|(_, _, slots)| slots).collect();
    assert_eq!(slots, [ids(&[]), ids(&["e"])]);
}

#[test]
fn a_schedule_that_is_gone_is_retired_and_an_older_feed_undoes_nothing() {
    let publisher = Publisher::start();
    let terms = SlotTerms { state: None, ..publisher.terms() };
    publisher.import_with(&terms, false).unwrap();
    publisher.fill(Timestamp::now() - SignedDuration::from_hours(2));
    publisher.put("/slots.ndjson", "");
    assert_eq!(publisher.import_with(&terms, false).unwrap().written, 0, "it is the older one");
    publisher.fill(Timestamp::now() + SignedDuration::from_hours(5));
    publisher.put("/schedules.ndjson", "");
    let report = publisher.import_with(&terms, false).unwrap();
    assert!(report.observed_at <= Timestamp::now(), "nobody has seen the future");
    assert_eq!((report.retired, publisher.kept().len()), (2, 0));
    assert_eq!(publisher.import_with(&terms, false).unwrap().retired, 0);
}

#[test]
fn the_caller_s_own_list_and_matter_win() {
    let publisher = Publisher::start();
    let points = HashMap::from([("elsewhere".to_owned(), publisher.points[1].clone())]);
    let matter = Some("passport".to_owned());
    let terms = SlotTerms { points, matter, state: None, ..publisher.terms() };
    let report = publisher.import_with(&terms, false).unwrap();
    assert_eq!(report.schedules, 4);
    assert!(publisher.kept().iter().all(|(_, m, _)| m.as_deref() == Some("passport")));
    for wrong in [
        SlotTerms { matter: Some("nothing".into()), ..terms.clone() },
        SlotTerms { source_id: "nobody".into(), ..terms.clone() },
    ] {
        assert!(matches!(publisher.import_with(&wrong, false), Err(SlotsError::Terms(_))));
    }
}

#[test]
fn a_feed_that_misbehaves_changes_nothing_and_says_why() {
    let publisher = Publisher::start();
    publisher.import().unwrap();
    let (head, kept) = (publisher.store.head().unwrap(), publisher.kept());
    let fails = |handler: fn(&Request) -> Option<Reply>, said: &str| {
        // Everything is asked for anew, so that nothing is answered from memory.
        let _ = std::fs::remove_file(publisher.terms().state.unwrap());
        let whole = publish(Arc::clone(&publisher.files));
        publisher.unruly.now(move |request| handler(request).unwrap_or_else(|| whole(request)));
        let error = publisher.import().unwrap_err().to_string();
        assert!(error.contains(said), "{said}: {error}");
        assert_eq!((publisher.store.head().unwrap(), publisher.kept()), (head, kept.clone()));
    };
    fails(|_| Some(Reply::status(500)), "status 500");
    fails(|_| Some(Reply::ok("[]")), "manifest");
    fails(|_| Some(Reply::ok("{\"output\": []}")), "transactionTime");
    fails(|_| Some(Reply::Endless), "larger than 1048576 bytes");
    fails(|_| Some(Reply::to("http://feed.example/manifest.json")), "not encrypted");
    fails(|_| Some(Reply::to("https://127.0.0.1/manifest.json")), "not on the public net");
    fails(|_| Some(Reply::to("/manifest.json")), "more than 5 times");
    fails(|r| r.path.contains("slots").then(|| Reply::status(404)), "slots.ndjson: it answers");
    fails(|r| r.path.contains("slots").then_some(Reply::Silence), "in time");
    fails(|r| r.path.contains("slots").then_some(Reply::Half), "slots.ndjson");
    fails(
        |_| {
            let output = json!({"type": "Slot", "url": "http://feed.example/slots.ndjson"});
            let at = "2026-01-01T00:00:00Z";
            Some(Reply::ok(json!({"transactionTime": at, "output": [output]}).to_string()))
        },
        "not encrypted",
    );
}

#[test]
fn lines_that_cannot_be_read_are_told_and_the_others_go_in() {
    let publisher = Publisher::start();
    let mut text = lines(&[slot("a", "s1", 60, "free")]);
    text += "{not json\n\n{\"resourceType\":\"Slot\",\"id\":\"x\"}\n";
    text += &lines(&[json!({"x": "y".repeat(70_000)})]);
    publisher.put("/slots.ndjson", text);
    let report = publisher.import().unwrap();
    assert_eq!((report.slots, report.bad_lines), (1, 3));
    let told: Vec<usize> = report.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(told, [2, 4, 5]);
    assert!(report.bad[1].detail.contains("no Schedule"), "{:?}", report.bad);
}

/// `servicemap import slot-feed FILE`, with a server that runs.
#[test]
fn a_feed_in_a_folder_is_imported_by_the_command_and_shown() {
    let folder = Folder::new();
    let server = folder.serve();
    let list = server.json("/v1/points?bookable=true&limit=1");
    let id = list["features"][0]["id"].as_str().unwrap().to_owned();
    let feed = folder.file().with_file_name("manifest.json");
    let beside =
        |name: &str, text: String| std::fs::write(feed.with_file_name(name), text).unwrap();
    let manifest = |url: &str| {
        let output = json!([{"type": "Schedule", "url": "s.ndjson"}, {"type": "Slot", "url": url}]);
        json!({"transactionTime": Timestamp::now().to_string(), "output": output}).to_string()
    };
    let schedule = json!({"resourceType": "Schedule", "id": "1",
        "actor": [{"reference": format!("Location/{id}")}]});
    beside("s.ndjson", lines(&[schedule]));
    beside("slots.ndjson", lines(&[slot("first", "1", 60, "free"), slot("next", "1", 90, "free")]));
    beside("manifest.json", manifest("slots.ndjson"));
    let run = |feed: &Path| {
        Command::new(env!("CARGO_BIN_EXE_servicemap"))
            .args(["import", "slot-feed", "--source", "portals", "--json", "--city"])
            .arg(folder_of_city())
            .arg("--database")
            .arg(folder.file())
            .arg(feed)
            .output()
            .unwrap()
    };
    let output = run(&feed);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["slots"], &report["written"]), (&2.into(), &1.into()));
    let path = format!("/v1/points/{id}");
    wait(|| server.json(&path)["properties"]["reservations"][0]["next_slot"]["id"] == "first");
    let next = server.json(&path)["properties"]["reservations"][0]["next_slot"].clone();
    assert!(next["observed_at"].is_string());
    let slots = server.json(&format!("{path}/slots"))["slots"].clone();
    assert_eq!((slots[0]["stale"].clone(), slots.as_array().unwrap().len()), (false.into(), 2));
    let calendar = server.get(next["calendar"].as_str().unwrap());
    assert_eq!(calendar.status, 200, "{}", calendar.text());

    beside("manifest.json", manifest("../slots.ndjson"));
    let refused = run(&feed);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("neither an address nor a file beside it"), "{said}");
    let plain = run(Path::new("http://feed.example/manifest.json"));
    assert_eq!(plain.status.code(), Some(2), "a wrong address is wrong usage");
    server.assert_log_clean();
}
