//! Reservation links are visited, and what does not answer is no longer offered.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use jiff::civil::{Date, date};
use serde_json::Value;
use servicemap::city::LinkStatus::{self, Dead, Failing, Ok};
use servicemap::city::Portal;
use servicemap::outside::links::{self, Found, LinkReport, LinkTerms};
use servicemap::outside::{Client, Terms};
use servicemap::store::{Batch, GeoPackage, Record, ReservationRecord, Store};

use crate::harness::Server;
use crate::records::{Folder, wait};
use crate::unruly::{Reply, Unruly};

/// A client that finds `hosts` at `address`, and nothing else that is not public.
pub(crate) fn client(unruly: &Unruly, hosts: &[&str]) -> Client {
    let named = hosts.iter().map(|host| ((*host).to_owned(), unruly.address)).collect();
    let authorities = Some(unruly.authorities.clone().into_bytes());
    let timeout = Duration::from_secs(2);
    let contact = Some("ops@city.example".to_owned());
    Client::new(&Terms { timeout, contact, named, authorities }).unwrap()
}

fn portal(id: &str, url: &str) -> Record {
    let text =
        format!("id = '{id}'\nurl = '{url}'\nchannel = 'reservation'\nname = {{ zh = '门户' }}");
    let portal: Portal = toml::from_str(&text).unwrap();
    Record::Reservation(ReservationRecord { portal, rank: 0, retired: None })
}

fn store(folder: &Folder, portals: &[(&str, &str)]) -> GeoPackage {
    let store = GeoPackage::open(&folder.file(), "beijing").unwrap();
    let batch = portals.iter().fold(Batch::by("test"), |b, (id, url)| b.put(portal(id, url)));
    store.write(batch).unwrap();
    store
}

fn terms(today: Date) -> LinkTerms {
    LinkTerms { today, dead_after: 3, delay: Duration::from_millis(1), hosts_at_once: 8 }
}

fn found(report: &LinkReport) -> BTreeMap<&str, (&Found, LinkStatus)> {
    report.links.iter().map(|l| (l.id.as_str(), (&l.found, l.after))).collect()
}

const DAY: Date = date(2026, 11, 24);

/// What each host does, and what is said of it; empty where it answers, a leading `?`
/// where nothing can be said.
const HOSTS: [(&str, &str); 17] = [
    ("good", ""),
    ("huge", ""),
    ("moved", ""),
    ("slow", "in time"),
    ("error", "status 500"),
    ("gone", "status 404"),
    ("loop", "more than 5 times"),
    ("plain", "not encrypted"),
    ("private", "not on the public net"),
    ("nowhere", "no address"),
    ("untrusted", "encryption is broken"),
    ("expired", "encryption is broken"),
    ("misnamed", "encryption is broken"),
    ("garbage", "broken"),
    ("half", "broken"),
    ("shy", "?status 403"),
    ("robots", "?robots.txt"),
];

fn misbehave(port: u16) -> impl Fn(&crate::unruly::Request) -> Reply {
    move |request| {
        let path = request.path.as_str();
        match request.host.split('.').next().unwrap() {
            "robots" if path == "/robots.txt" => Reply::ok("User-agent: *\nDisallow: /book\n"),
            _ if path == "/robots.txt" => Reply::status(404),
            "good" => Reply::ok("<html>"),
            "huge" => Reply::Endless,
            "moved" => Reply::to("https://good.example/new"),
            "slow" => Reply::Silence,
            "error" => Reply::status(500),
            "loop" => Reply::to("/book"),
            "plain" => Reply::to("http://good.example/"),
            "private" => Reply::to(&format!("https://127.0.0.1:{port}/")),
            "nowhere" => Reply::to("https://[nowhere/"),
            "garbage" => Reply::Garbage,
            "half" => Reply::Half,
            "shy" => Reply::status(403),
            _ => Reply::status(404),
        }
    }
}

#[test]
fn every_way_to_misbehave_is_found_out_and_named() {
    let folder = Folder::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let unruly = Unruly::start(misbehave(port));
    let hosts: Vec<String> = HOSTS.iter().map(|(name, _)| format!("{name}.example")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let urls: Vec<String> = hosts.iter().map(|host| format!("https://{host}/book")).collect();
    let portals: Vec<(&str, &str)> =
        HOSTS.iter().zip(&urls).map(|((name, _), url)| (*name, url.as_str())).collect();
    let store = store(&folder, &portals);
    // A number is not visited, a template is visited without what it would be told.
    store
        .write(Batch::by("test").put(portal("second", "https://good.example/{point}{?slot}")))
        .unwrap();
    let client = client(&unruly, &hosts);

    let report = links::check(&store, &client, &terms(DAY), false).unwrap();
    assert!(!report.offline);
    let found = found(&report);
    for (name, said) in HOSTS {
        let (what, status) = found[name];
        match (what, said.strip_prefix('?')) {
            (Found::Answer, None) => assert_eq!((said, status), ("", LinkStatus::Ok), "{name}"),
            (Found::Unsaid(why), Some(said)) => {
                assert!(why.contains(said), "{name}: {why}");
                assert_eq!(status, LinkStatus::Unchecked, "{name}");
            }
            (Found::Failure(why), None) => {
                assert!(!said.is_empty() && why.contains(said), "{name}: {why}");
                assert_eq!(status, LinkStatus::Failing, "{name}");
            }
            (what, _) => panic!("{name}: {what:?}"),
        }
    }
    assert_eq!(found["second"].1, LinkStatus::Ok);
    let seen = unruly.seen();
    assert!(seen.iter().all(|r| r.headers["user-agent"].contains("ops@city.example")));
    assert!(!seen.iter().any(|r| r.host == "robots.example" && r.path == "/book"));
    let good: Vec<&str> =
        seen.iter().filter(|r| r.host == "good.example").map(|r| r.path.as_str()).collect();
    assert_eq!(good.iter().filter(|p| **p == "/robots.txt").count(), 1, "{good:?}");
    assert!(good.contains(&"/") && good.contains(&"/book"), "{good:?}");
    let kept = &store.load().unwrap().reservations["good"].portal;
    assert_eq!((kept.status, kept.checked_at), (LinkStatus::Ok, Some(DAY)));
    let kept = &store.load().unwrap().reservations["shy"].portal;
    assert_eq!((kept.status, kept.checked_at), (LinkStatus::Unchecked, None));
}

#[test]
fn a_link_dies_after_three_days_of_failing_and_comes_back_with_an_answer() {
    let folder = Folder::new();
    let unruly = Unruly::start(|_| Reply::status(500));
    let store = store(
        &folder,
        &[("a", "https://a.example/"), ("b", "https://a.example/b"), ("c", "https://b.example/")],
    );
    let client = client(&unruly, &["a.example", "b.example"]);
    let status = |day: Date, dry_run: bool| {
        let report = links::check(&store, &client, &terms(day), dry_run).unwrap();
        assert_eq!(report.links.len(), 3);
        report.links[0].after
    };
    assert_eq!(status(DAY, false), Failing);
    assert_eq!(status(DAY, false), Failing, "twice on one day is one day");
    let (second, third) = (DAY.tomorrow().unwrap(), date(2026, 11, 28));
    assert_eq!(status(second, false), Failing);
    assert_eq!(status(third, true), Dead, "only looked");
    assert_eq!(store.load().unwrap().reservations["a"].portal.status, Failing);
    // An answer in between begins the count anew.
    unruly.now(|_| Reply::ok("here"));
    assert_eq!(status(second, false), Ok);
    unruly.now(|_| Reply::status(404));
    let days = [date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 4)];
    assert_eq!(days.map(|day| status(day, false)), [Failing, Failing, Dead, Dead]);
    unruly.now(|_| Reply::ok("again"));
    assert_eq!(status(date(2026, 12, 5), false), Ok);
    assert_eq!(unruly.most_at_once(), 1, "one request a host at a time");
}

#[test]
fn where_no_host_at_all_is_reached_nothing_is_held_against_them() {
    let folder = Folder::new();
    let unruly = Unruly::start(|_| Reply::ok(""));
    let store = store(&folder, &[("a", "https://a.example/"), ("b", "https://b.example/")]);
    let head = store.head().unwrap();
    // A port on which nobody listens any more.
    let closed: SocketAddr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let named = ["a.example", "b.example"].map(|host| (host.to_owned(), closed)).into();
    let authorities = Some(unruly.authorities.clone().into_bytes());
    let client = Client::new(&Terms { named, authorities, ..Terms::default() }).unwrap();
    let report = links::check(&store, &client, &terms(DAY), false).unwrap();
    assert!(report.offline && report.written == 0);
    assert_eq!(store.head().unwrap(), head);
}

/// Runs `servicemap links check` on the records of a running server.
#[test]
fn a_server_no_longer_offers_what_the_checker_found_dead() {
    let pack = crate::packs::copy();
    crate::packs::edit(pack.path(), "portals.toml", |_| {
        "[[portal]]\nid = 'book'\nname = { zh = '预约' }\nurl = 'https://book.example/{point}'\n\
         channel = 'reservation'\nphone = '12345'\ncategories = ['library']\nsource = 'portals'\n"
            .into()
    });
    let (folder, unruly) = (Folder::new(), Unruly::start(|_| Reply::status(500)));
    let authorities = folder.file().with_file_name("authorities.pem");
    std::fs::write(&authorities, &unruly.authorities).unwrap();
    let server = Server::start_with(pack.path(), &["--database", folder.file().to_str().unwrap()]);
    let check = || -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
            .args(["links", "check", "--json", "--dead-after", "1", "--delay", "1", "--city"])
            .arg(pack.path())
            .arg("--database")
            .arg(folder.file())
            .args(["--resolve", &format!("book.example={}", unruly.address)])
            .arg("--authorities")
            .arg(&authorities)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let bookable = || server.json("/v1/points?bookable=true&limit=1")["numberMatched"].clone();
    assert_ne!(bookable(), 0);
    let report = check();
    assert_eq!((&report["written"], &report["links"][0]["after"]), (&1.into(), &"dead".into()));
    wait(|| bookable() == 0);
    let point = server.json("/v1/points?category=library&limit=1")["features"][0].clone();
    assert_eq!(point["properties"]["reservations"], serde_json::json!([]));
    let id = point["id"].as_str().unwrap();
    let refused = server.get(&format!("/v1/points/{id}/reserve"));
    refused.problem(409);
    assert_eq!(refused.json()["phone"], "12345", "the number is offered instead");

    unruly.now(|_| Reply::ok("here"));
    assert_eq!(check()["links"][0]["after"], "ok");
    wait(|| bookable() != 0);
    server.assert_log_clean();
}
