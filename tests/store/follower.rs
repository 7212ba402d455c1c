//! Read models that follow the log are those that are built from the records.

use std::fmt::Write as _;
use std::fs;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use geo::MultiPolygon;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use servicemap::city::{self, City, Level, Localized, Quality};
use servicemap::geo::{Bounds, LonLat};
use servicemap::index::text::Entry;
use servicemap::index::tickets::{self, Keeper};
use servicemap::index::{Follower, PointFilter, Snapshot, TicketFilter, follow};
use servicemap::locate::locate;
use servicemap::search::{Query, search};
use servicemap::store::{
    Batch, DivisionRecord, Kind, PointRecord, Record, StoreError, Write, seed,
};

use crate::geopackage::Folder;
use crate::suite::Place;
use crate::tickets::ticket;

/// A pack of a few lines: two districts, three points, a street.
fn pack() -> City {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in [
        (
            "city.toml",
            r#"format = 1
id = "example"
name = { zh = "样例市", en = "Example" }
time_zone = "Asia/Shanghai"
languages = ["zh", "en"]
crs = "wgs84"
bounds = [116.0, 39.5, 117.0, 40.5]
center = [116.4, 39.95]
zoom = 10
[[level]]
key = "district"
name = { zh = "区", en = "District" }
file = "districts.geojsonl"
quality = "approximate"
accuracy_m = 500
[[source]]
id = "test"
name = "test"
licence = "CC0-1.0"
"#,
        ),
        (
            "categories.toml",
            r##"[[category]]
code = "library"
name = { zh = "图书馆", en = "Library" }
icon = "library"
color = "#112233"
importance = 0.5
typical_matters = ["card"]
[[category]]
code = "police"
name = { zh = "派出所", en = "Police" }
icon = "police"
color = "#112233"
"##,
        ),
        (
            "matters.toml",
            "[[matter]]\ncode = \"card\"\nname = { zh = \"办证\", en = \"Get a card\" }\n",
        ),
        (
            "districts.geojsonl",
            r#"{"type":"Feature","properties":{"code":"01","name":"甲区","source":"test"},"geometry":{"type":"Polygon","coordinates":[[[116.3,39.9],[116.4,39.9],[116.4,40.0],[116.3,40.0],[116.3,39.9]]]}}
{"type":"Feature","properties":{"code":"02","name":"乙区","source":"test"},"geometry":{"type":"Polygon","coordinates":[[[116.4,39.9],[116.5,39.9],[116.5,40.0],[116.4,40.0],[116.4,39.9]]]}}
"#,
        ),
        (
            "points.csv",
            "id,name,category,lon,lat,source\np1,东山图书馆,library,116.35,39.95,test\np2,西山派出所,police,116.45,39.95,test\np3,南山图书馆,library,116.46,39.94,test\n",
        ),
        ("places.csv", "id,name,kind,lon,lat,source\na1,东山路,street,116.36,39.945,test\n"),
    ] {
        fs::write(folder.path().join(file), text).unwrap();
    }
    city::load(folder.path()).unwrap()
}

const NAMES: [&str; 4] = ["东山图书馆", "西山派出所", "北山", "银行"];

fn a_point() -> impl Strategy<Value = Record> {
    // The last category is one that the pack does not know.
    let category = prop::sample::select(vec!["library", "police", "castle"]);
    let hours =
        prop::sample::select(vec![None, Some("24/7"), Some("Mo-Fr 09:00-17:00"), Some("?")]);
    let phone = prop::option::of("[0-9]{3}");
    let place = (0_u8..8, 0_u8..4);
    ("p[1-5]", prop::sample::select(NAMES.to_vec()), category, hours, phone, place).prop_map(
        |(id, name, category, hours, phone, (x, y))| {
            Record::Point(PointRecord {
                id,
                name: Localized { zh: name.into(), en: String::new() },
                aliases: Vec::new(),
                category: category.into(),
                matters: Vec::new(),
                address: None,
                phone,
                opening_hours: hours.map(str::to_owned),
                accessibility: Vec::new(),
                location: LonLat::new(116.31 + f64::from(x) * 0.025, 39.91 + f64::from(y) * 0.025),
                source: "test".into(),
                observed_at: None,
                retired: None,
            })
        },
    )
}

fn a_division() -> impl Strategy<Value = Record> {
    let level = prop::sample::select(vec![Level::District, Level::Township]);
    let area = prop::option::of((0_u8..4, 0_u8..2));
    ("0[1-4]", level, prop::sample::select(NAMES.to_vec()), area).prop_map(
        |(code, level, name, area)| {
            let square = |(x, y): (u8, u8)| {
                let (west, south) = (116.3 + f64::from(x) * 0.05, 39.9 + f64::from(y) * 0.05);
                let rect = geo::Rect::new((west, south), (west + 0.05, south + 0.05));
                MultiPolygon::new(vec![rect.to_polygon()])
            };
            Record::Division(DivisionRecord {
                code,
                level,
                name: Localized { zh: name.into(), en: String::new() },
                aliases: Vec::new(),
                parent: None,
                valid_from: None,
                valid_to: None,
                predecessors: Vec::new(),
                successors: Vec::new(),
                quality: Quality::Approximate,
                area: area.map(square),
                point: None,
                placed_by: None,
                residents: None,
                source: "test".into(),
                retired: None,
            })
        },
    )
}

/// Histories in which every kind of change happens, the ones that share most of a
/// snapshot the most often.
fn history() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let put = |record| Write::Put(Box::new(record));
    let retire = |kind, id| Write::Retire { kind, id, successor: None, reason: "gone".into() };
    let write = prop_oneof![
        6 => a_point().prop_map(put),
        1 => a_division().prop_map(put),
        2 => "p[1-5]".prop_map(move |id| retire(Kind::Point, id)),
        1 => "0[1-4]".prop_map(move |id| retire(Kind::Division, id)),
    ];
    prop::collection::vec(prop::collection::vec(write, 1..4), 1..7)
}

/// What a snapshot answers to everything that can be asked, in words.
fn answers(s: &Snapshot) -> String {
    let mut out = format!("{} {:?} {:?}\n", s.version, s.city.points, s.city.retired);
    let _ = writeln!(out, "{:?}", s.city.divisions);
    for x in 0_u8..10 {
        let at = LonLat::new(116.29 + f64::from(x) * 0.024, 39.93 + f64::from(x % 3) * 0.02);
        let nearest: Vec<_> = s.points.nearest(at, &None).collect();
        let _ = writeln!(
            out,
            "{:?} {:?} {nearest:?}",
            locate(s, at, s.city.today()),
            s.divisions.covering(at)
        );
    }
    for (number, _) in s.city.points.iter().enumerate() {
        let _ = writeln!(out, "{:?}", s.points.facts(number as u32));
    }
    for (category, division) in [(Some("library"), None), (None, Some("01")), (None, Some("02"))] {
        let filter = PointFilter {
            category: category.map(str::to_owned),
            division: division.map(str::to_owned),
            ..PointFilter::default()
        };
        let selected = s.points.select(&s.city, &filter);
        let numbers: Option<Vec<_>> = selected.as_ref().map(|bits| bits.ones().collect());
        let _ = writeln!(out, "{numbers:?}");
    }
    let mut docs: Vec<u32> = s.text.docs().collect();
    docs.sort_by(|a, b| s.text.precedence(*a, *b));
    for doc in docs {
        // Not where its forms lie: points that were written lately are indexed apart.
        let Entry { kind, number, importance, location, divisions, .. } = s.text.entry(doc);
        let forms = s.text.forms(doc).collect::<Vec<_>>();
        let _ =
            writeln!(out, "{kind:?} {number} {importance} {location:?} {divisions:?} {forms:?}");
    }
    for text in ["东山", "xishan", "图书馆", "甲区", "北山", "办证", ""] {
        let rect = Some(Bounds { west: 116.0, south: 39.5, east: 117.0, north: 40.5 });
        let query = Query { text: text.into(), size: 20, rect, ..Query::default() };
        let _ = writeln!(out, "{text}: {:?}", search(s, &query).hits);
    }
    for zoom in [8, 12] {
        let _ = writeln!(out, "{:?}", s.shapes.outlines(&s.city, zoom));
    }
    let _ = writeln!(out, "{:?}", s.shapes.labels(&s.city));
    out
}

/// Compares line by line, so that a failure names the question.
fn assert_equal_answers(a: &Snapshot, b: &Snapshot) {
    let (a, b) = (answers(a), answers(b));
    for (a, b) in a.lines().zip(b.lines()) {
        assert_eq!(a, b);
    }
    assert_eq!(a.lines().count(), b.lines().count());
}

#[test]
fn a_followed_snapshot_is_the_rebuilt_one() {
    let pack = pack();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&history(), |batches| {
            let place = Folder::new();
            let store = place.open();
            seed(store.as_ref(), &pack).unwrap();
            let mut followed = Follower::new(pack.clone(), store.load().unwrap());
            let mut snapshot = Snapshot::build(followed.city());
            for writes in batches {
                let batch = Batch { writes, ..Batch::by("test") };
                match store.write(batch) {
                    Ok(_) | Err(StoreError::NoSuchRecord { .. }) => {}
                    Err(e) => panic!("{e}"),
                }
                for change in store.changes(followed.seq(), 100).unwrap() {
                    followed.apply(change);
                }
                snapshot = snapshot.next(followed.city());
                let mut rebuilt = Follower::new(pack.clone(), store.load().unwrap());
                let rebuilt = Snapshot::build(rebuilt.city());
                assert_equal_answers(&snapshot, &rebuilt);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_new_store_answers_as_the_pack_does() {
    let pack = pack();
    let place = Folder::new();
    let store = place.open();
    assert_eq!(seed(store.as_ref(), &pack).unwrap().map(|r| r.changed), Some(5));
    assert_eq!(seed(store.as_ref(), &pack).unwrap(), None, "once is enough");
    let mut follower = Follower::new(pack.clone(), store.load().unwrap());
    let mut city = follower.city();
    city.digest.clone_from(&pack.digest);
    assert_equal_answers(&Snapshot::build(city), &Snapshot::build(pack));
}

#[test]
fn a_change_without_new_names_shares_the_text_index() {
    let pack = pack();
    let mut point = PointRecord::from(&pack.points[0]);
    let mut follower = Follower::new(pack, servicemap::store::Records::default());
    let mut put = |point: &PointRecord, before: &Snapshot| {
        follower.apply(servicemap::store::Change {
            seq: follower.seq() + 1,
            at: jiff::Timestamp::now(),
            actor: "test".into(),
            import: None,
            operation: servicemap::store::Operation::Put,
            record: Record::Point(point.clone()),
        });
        before.next(follower.city())
    };
    let empty = Snapshot::build(city_without_points());
    let first = put(&point, &empty);
    point.phone = Some("12345".into());
    let phone = put(&point, &first);
    assert!(Arc::ptr_eq(&first.text, &phone.text) && Arc::ptr_eq(&first.shapes, &phone.shapes));
    assert_eq!(phone.city.points[0].phone.as_deref(), Some("12345"));
    point.name.zh = "新图书馆".into();
    let renamed = put(&point, &phone);
    assert!(!Arc::ptr_eq(&phone.text, &renamed.text), "names are indexed anew");
    assert!(Arc::ptr_eq(&phone.divisions, &renamed.divisions), "borders are not");
}

fn city_without_points() -> City {
    City { points: Vec::new(), ..pack() }
}

#[test]
fn a_follower_publishes_what_another_process_writes() {
    let place = Folder::new();
    let (here, there) = (place.open(), place.open());
    let pack = pack();
    seed(here.as_ref(), &pack).unwrap();
    let mut follower = Follower::new(pack, here.load().unwrap());
    let current = Arc::new(Snapshot::build(follower.city()));
    let (tell, told) = mpsc::channel();
    // It follows until the test ends.
    thread::spawn(move || {
        follow(here.as_ref(), follower, current, None, move |snapshot| {
            let snapshot = Arc::new(snapshot);
            let _ = tell.send(Arc::clone(&snapshot));
            snapshot
        })
    });
    let retire = Batch::by("test").retire(Kind::Point, "p1", Some("p3"), "merged");
    let receipt = there.write(retire).unwrap();
    let next = told.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(next.version.contains(&format!("-{}-", receipt.seq)), "{}", next.version);
    assert_eq!(next.points.number("p1"), None);
    assert_eq!(next.city.retired["p1"].successor.as_deref(), Some("p3"));
}

/// Tickets are counted while the records that are searched stay as they are.
#[test]
fn a_follower_counts_what_another_process_files() {
    let place = Folder::new();
    let (here, there) = (place.open(), place.open());
    let pack = pack();
    seed(here.as_ref(), &pack).unwrap();
    there.write(Batch::by("test").file(ticket("a"), None)).unwrap();
    let zone = pack.zone.clone();
    let tickets = tickets::open(here.as_ref(), None, &zone).unwrap();
    let mut follower = Follower::new(pack, here.load().unwrap()).with_tickets(tickets);
    let current = Snapshot::build(follower.city()).with_tickets(follower.tickets());
    let everything = TicketFilter::default();
    assert_eq!(current.tickets.count(&everything), 1);
    let current = Arc::new(current);
    let (tell, told) = mpsc::channel();
    let before = Arc::clone(&current);
    let copy = place.0.path().join("copy");
    let keeper = Keeper::new(copy.clone());
    // It follows until the test ends.
    thread::spawn(move || {
        follow(here.as_ref(), follower, before, Some(keeper), move |snapshot| {
            let snapshot = Arc::new(snapshot);
            let _ = tell.send(Arc::clone(&snapshot));
            snapshot
        })
    });
    let batch = (0..700).fold(Batch::by("test"), |b, n| b.file(ticket(&n.to_string()), None));
    there.write(batch.retire(Kind::Ticket, "a", None, "filed twice")).unwrap();
    let next = told.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!(next.tickets.count(&everything), 700);
    assert_eq!(next.version, current.version, "nothing else has changed");
    assert!(Arc::ptr_eq(&next.text, &current.text) && Arc::ptr_eq(&next.points, &current.points));
    let start = std::time::Instant::now();
    while !copy.exists() {
        assert!(start.elapsed() < Duration::from_mins(1), "a copy is kept");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(tickets::open(there.as_ref(), Some(&copy), &zone).unwrap().count(&everything), 700);
}
