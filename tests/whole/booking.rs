//! Booking for somebody else, and taking a time home.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use servicemap::city::{Schedule, Slot};
use servicemap::store::{Batch, GeoPackage, Record, ScheduleRecord, Store};

use crate::harness::Server;
use crate::records::{Folder, until, wait};
use crate::writes::{feature, make_key, put};

const PORTALS: &str = r#"
    [[portal]]
    id = "desk"
    name = { zh = "热线代约" }
    url = "https://desk.example/book{?point,slot,who}"
    channel = "reservation"
    categories = ["library"]
    who = ["agent"]
    source = "portals"

    [[portal]]
    id = "book"
    name = { zh = "预约" }
    url = "https://book.example/{point}{?slot,who}"
    channel = "reservation"
    categories = ["library"]
    who = ["self"]
    source = "portals"
"#;

#[test]
fn only_an_agent_books_for_a_caller() {
    let pack = crate::packs::copy();
    crate::packs::edit(pack.path(), "portals.toml", |_| PORTALS.into());
    let folder = Folder::new();
    let agent = make_key(pack.path(), &folder.file(), "agent");
    let server = Server::start_with(pack.path(), &["--database", folder.file().to_str().unwrap()]);
    let list = server.json("/v1/points?category=library&limit=1");
    let id = list["features"][0]["id"].as_str().unwrap();
    let path = format!("/v1/points/{id}/reserve");
    let own = server.get(&format!("{path}?slot=7"));
    assert_eq!(own.header("location"), format!("https://book.example/{id}?slot=7&who=self"));

    let for_a_caller = format!("{path}?slot=7&who=agent");
    server.get(&for_a_caller).problem(401);
    server.get_with(&for_a_caller, &[("authorization", "Bearer nonsense")]).problem(401);
    let bearer = format!("Bearer {agent}");
    let led = server.get_with(&for_a_caller, &[("authorization", &bearer)]);
    assert_eq!(led.status, 303, "{}", led.text());
    let location = led.header("location");
    assert_eq!(location, format!("https://desk.example/book?point={id}&slot=7&who=agent"));
    // The key is for us, and nothing of it goes on.
    assert!(!location.contains(agent.split('.').next_back().unwrap()));
    let other =
        server.get_with(&format!("{path}?who=agent&portal=book"), &[("authorization", &bearer)]);
    other.problem(409);
    server.assert_log_clean();
}

/// The values of a property in a calendar file, unfolded.
fn values(calendar: &str, name: &str) -> Vec<String> {
    let unfolded = calendar.replace("\r\n ", "");
    let own = unfolded.lines().filter_map(|line| line.strip_prefix(&format!("{name}:")));
    own.map(str::to_owned).collect()
}

#[test]
fn a_slot_and_the_opening_hours_go_into_a_calendar() {
    let folder = Folder::new();
    let admin = make_key(&crate::harness::city(), &folder.file(), "admin");
    let server = folder.serve();
    assert_eq!(
        put(&server, &admin, "/v1/points/hall", &feature("调解室，一号；\"甲\"")).status,
        200
    );
    until(&server, "/v1/points/hall", 200);
    let path = "/v1/points/hall/calendar.ics";

    // Monday to Friday from nine to five: eight hours on each working day.
    let answer = server.get(&format!("{path}?days=7"));
    assert_eq!(answer.header("content-type"), "text/calendar; charset=utf-8");
    assert!(answer.header("content-disposition").contains("calendar.ics"));
    let text = answer.text();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    let read = |t: &String| DateTime::strptime("%Y%m%dT%H%M%SZ", t).unwrap();
    let (starts, ends) = (values(&text, "DTSTART"), values(&text, "DTEND"));
    assert!(!starts.is_empty() && starts.len() <= 7 && starts.len() == ends.len(), "{text}");
    for (start, end) in starts.iter().zip(&ends) {
        // Nine o'clock of the city is one o'clock of the world.
        assert_eq!((read(start).hour(), read(end).hour()), (1, 9), "{text}");
    }
    assert!(values(&text, "SUMMARY").iter().all(|s| s.contains("调解室，一号；\"甲\"")));
    let mut uids = values(&text, "UID");
    uids.dedup();
    assert_eq!(uids.len(), starts.len());

    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let (start, end) = (now + SignedDuration::from_mins(90), now + SignedDuration::from_mins(105));
    let schedule = Schedule {
        id: "s".into(),
        point: "hall".into(),
        matter: Some("passport".into()),
        slots: vec![Slot { id: "a/b&c".into(), start, end, capacity: None }],
        observed_at: now,
        source: "portals".into(),
    };
    let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
    let record = ScheduleRecord { schedule, retired: None };
    store.write(Batch::by("test").put(Record::Schedule(record))).unwrap();
    wait(|| server.get(&format!("{path}?slot=a/b%26c")).status == 200);
    let text = server.get(&format!("{path}?slot=a/b%26c")).text();
    let utc = |t: Timestamp| t.strftime("%Y%m%dT%H%M%SZ").to_string();
    assert_eq!(values(&text, "DTSTART"), [utc(start)]);
    assert_eq!(values(&text, "DTEND"), [utc(end)]);
    assert_eq!(values(&text, "STATUS"), ["TENTATIVE"]);
    let url = &values(&text, "URL")[0];
    assert!(url.ends_with("/v1/points/hall/reserve?slot=a%2Fb%26c&service=passport"), "{url}");

    server.get(&format!("{path}?slot=none")).problem(404);
    assert_eq!(server.get(&format!("{path}?days=0")).problem(400), ["days"]);
    assert_eq!(server.get(&format!("{path}?days=3&slot=a")).problem(400), ["days"]);
    // Of a point without opening hours.
    let list = server.json("/v1/points?category=hospital&limit=1");
    let id = list["features"][0]["id"].as_str().unwrap();
    server.get(&format!("/v1/points/{id}/calendar.ics")).problem(404);
    server.assert_log_clean();
}
