//! Tickets written over HTTP: one, many, their steps, and bodies that are meant to hurt.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use servicemap::city::{LocatedBy, TicketStatus};
use servicemap::store::{GeoPackage, KeptTicket, Store};

use crate::harness::{Answer, Server, city};
use crate::records::Folder;
use crate::writes::make_key;

/// A server with a database, and a key of the role agent for it.
pub(crate) struct Hotline {
    pub(crate) folder: Folder,
    pub(crate) server: Server,
    pub(crate) key: String,
}

impl Hotline {
    pub(crate) fn open() -> Self {
        let folder = Folder::new();
        let key = make_key(&city(), &folder.file(), "agent");
        let server = folder.serve();
        Self { folder, server, key }
    }

    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        self.server.send(method, path, &headers, body)
    }

    pub(crate) fn post(&self, ticket: &Value) -> Answer {
        self.send("POST", "/v1/tickets", "application/json", ticket.to_string().as_bytes())
    }

    fn many(&self, query: &str, rows: &str) -> Answer {
        let path = format!("/v1/tickets{query}");
        self.send("POST", &path, "application/x-ndjson", rows.as_bytes())
    }

    fn step(&self, id: &str, step: &Value) -> Answer {
        let path = format!("/v1/tickets/{id}");
        self.send("PATCH", &path, "application/json", step.to_string().as_bytes())
    }

    pub(crate) fn kept(&self, id: &str) -> Option<KeptTicket> {
        GeoPackage::open(&self.folder.file(), "beijing").unwrap().ticket(id).unwrap()
    }
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_ticket_is_filed_once_and_takes_its_steps_in_order() {
    let hotline = Hotline::open();
    let ticket = json!({
        "id": "2026/供暖 1", "category": "heat_service", "channel": "phone", "lon": 116.42, "lat": 39.93,
        "requested_at": "2026-10-05T08:30:00+08:00", "description": "家里不热", "phone": "1",
    });
    let filed = hotline.post(&ticket);
    assert_eq!(filed.status, 201, "{}", filed.text());
    let address = filed.header("location").to_owned();
    assert_eq!(address, "/v1/tickets/2026%2F%E4%BE%9B%E6%9A%96%201");
    let said = filed.json();
    assert_eq!(said["divisions"]["county"], "110101", "{said}");
    assert_eq!(said["divisions"]["on"], "2026-10-05");
    assert_eq!((&said["located_by"], &said["status"]), (&"given".into(), &"open".into()));
    let again = hotline.post(&ticket);
    assert_eq!((again.status, &again.json()["changed"]), (200, &false.into()));
    let mut other = ticket.clone();
    other["description"] = "家里太热".into();
    assert_eq!(hotline.post(&other).problem(409), ["description"]);

    let id = address.rsplit('/').next().unwrap();
    for (step, status) in [
        (json!({"step": "dispatched", "at": "2026-10-05T09:00:00+08:00"}), "dispatched"),
        (json!({"step": "returned"}), "returned"),
        (json!({"step": "dispatched"}), "dispatched"),
        (json!({"step": "accepted"}), "accepted"),
        (json!({"step": "responded", "response": "已报修"}), "responded"),
        (json!({"step": "closed"}), "closed"),
        (json!({"step": "surveyed", "solved": true, "satisfied": false}), "closed"),
    ] {
        let taken = hotline.step(id, &step);
        assert_eq!(taken.status, 200, "{step}: {}", taken.text());
        assert_eq!(taken.json()["status"], status);
        assert_eq!(taken.json()["changed"], true);
    }
    let refused = hotline.step(id, &json!({"step": "accepted"}));
    refused.problem(409);
    let said = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains("it is closed") && said.contains("by surveyed"), "{said}");
    assert_eq!(hotline.post(&ticket).status, 200, "the first report, sent again");
    let kept = hotline.kept("2026/供暖 1").unwrap();
    assert_eq!(kept.record.ticket.status, TicketStatus::Closed);
    assert_eq!(kept.record.ticket.steps.returned.len(), 1);
    assert_eq!(kept.record.ticket.survey.satisfied, Some(false));
    assert_eq!(kept.texts.response.as_deref(), Some("已报修"));
    assert_eq!(kept.texts.description.as_deref(), Some("家里不热"));

    for (step, named) in [
        (json!({}), vec!["step"]),
        (json!({"step": "lost", "at": "1989-01-01", "why": 1}), vec!["step", "at", "why"]),
        (json!({"step": "closed", "at": "2099-01-01", "solved": true}), vec!["at", "solved"]),
        (json!({"step": "accepted", "response": "yes"}), vec!["response"]),
    ] {
        assert_eq!(hotline.step(id, &step).problem(400), named, "{step}");
    }
    hotline.step("nobody", &json!({"step": "closed"})).problem(404);
    hotline.server.assert_log_clean();
}

/// Each citizen is a ticket, and the ticket says whose trouble it shares.
#[test]
fn one_more_caller_is_one_more_ticket_at_the_same_place() {
    let hotline = Hotline::open();
    let first = json!({
        "id": "A1", "category": "heat_service", "lon": 116.42, "lat": 39.93, "accuracy_m": 20,
        "requested_at": "2026-10-05", "description": "cold", "address": "a street", "phone": "1",
    });
    assert_eq!(hotline.post(&first).status, 201);
    let add = |id: &str, caller: &Value| {
        let path = format!("/v1/tickets/{id}/callers");
        hotline.send("POST", &path, "application/json", caller.to_string().as_bytes())
    };
    let caller =
        json!({"id": "B7", "channel": "app", "description": "cold here too", "phone": "2"});
    let added = add("A1", &caller);
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(
        (&added.json()["id"], added.header("location")),
        (&"A1+B7".into(), "/v1/tickets/A1%2BB7")
    );
    assert_eq!(add("A1", &caller).status, 200, "the same again changes nothing");
    assert_eq!(add("A1", &json!({"id": "B7", "phone": "3"})).problem(409), ["phone"]);
    let (first, second) = (hotline.kept("A1").unwrap(), hotline.kept("A1+B7").unwrap());
    let (one, other) = (&first.record.ticket, &second.record.ticket);
    assert_eq!(
        (&one.category, one.location, one.accuracy_m),
        (&other.category, other.location, other.accuracy_m)
    );
    assert_eq!(one.divisions.community, other.divisions.community);
    assert_eq!((other.channel.as_str(), second.texts.phone.as_deref()), ("app", Some("2")));
    assert_eq!(second.texts.address, first.texts.address);
    assert_ne!(second.texts.description, first.texts.description);
    add("nobody", &caller).problem(404);
    let wrong = json!({"requested_at": "2026-10-04", "category": "castle"});
    assert_eq!(add("A1", &wrong).problem(400), ["id", "requested_at", "category"]);
    assert_eq!(add("A1", &json!({"id": "x".repeat(199)})).problem(400), ["id"]);
    hotline.server.assert_log_clean();
}

#[test]
fn only_an_agent_writes_tickets_and_only_as_json() {
    let hotline = Hotline::open();
    let analyst = make_key(&city(), &hotline.folder.file(), "analyst");
    let body = json!({"id": "a", "category": "heat_service"}).to_string();
    let bare = hotline.server.post("/v1/tickets", "application/json", body.as_bytes());
    bare.problem(401);
    let bearer = format!("Bearer {analyst}");
    let start = Instant::now();
    loop {
        let headers = [("authorization", bearer.as_str())];
        let answer =
            hotline.server.post_with("/v1/tickets", "application/json", &headers, body.as_bytes());
        if answer.status == 403 {
            break;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{}", answer.text());
    }
    for kind in ["text/csv", "application/xml", "text/xml", "text/plain", ""] {
        hotline.send("POST", "/v1/tickets", kind, b"<!DOCTYPE a [<!ENTITY b \"c\">]>").problem(415);
        hotline.send("PATCH", "/v1/tickets/a", kind, b"<a>&b;</a>").problem(415);
    }
    for body in ["", "[]", "7", "{\"id\": ", "\u{0}", "{\"id\":\"a\"}{}"] {
        hotline.send("POST", "/v1/tickets", "application/json", body.as_bytes()).problem(400);
    }
    let bad =
        json!({"category": "castle", "lon": 39.9, "lat": 116.4, "requested_at": "2101-01-01"});
    assert_eq!(hotline.post(&bad).problem(400), ["id", "category", "requested_at", "lon"]);
    let path = "/v1/tickets?atomic=true&crs=mars&limit=1";
    let answer = hotline.send("POST", path, "application/json", b"{}");
    assert_eq!(answer.problem(400), ["crs", "atomic", "limit"]);
    assert!(hotline.kept("a").is_none());
}

#[test]
fn an_address_is_looked_up_a_datum_converted_and_the_rest_of_the_world_kept() {
    let hotline = Hotline::open();
    let file = |id: &str, more: Value| {
        let mut ticket = json!({"id": id, "category": "heat_service"});
        ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = hotline.post(&ticket);
        assert_eq!(answer.status, 201, "{}", answer.text());
        (answer.json(), hotline.kept(id).unwrap().record.ticket)
    };
    let (said, kept) = file("street", json!({"address": "中关村大街"}));
    assert_eq!((&said["located_by"], kept.located_by), (&"street".into(), Some(LocatedBy::Street)));
    assert!(kept.accuracy_m.unwrap() > 0.0 && kept.location.is_some());
    let (said, kept) = file("nowhere", json!({"address": "没有这条街的街"}));
    assert!(said["remark"].as_str().unwrap().contains("not known"), "{said}");
    assert_eq!(kept.location, None);
    let (said, kept) = file("gcj", json!({"lon": 116.42, "lat": 39.93, "crs": "gcj02"}));
    assert_eq!(said["located_by"], "converted");
    let at = kept.location.unwrap();
    assert!((at.lon - 116.4138).abs() < 0.001, "{at:?}");
    let (said, kept) = file("paris", json!({"lon": 2.35, "lat": 48.85}));
    assert!(said["remark"].as_str().unwrap().contains("outside"), "{said}");
    assert!(kept.location.is_some() && kept.divisions.district.is_none());
    let (_, kept) = file("only", json!({"division": "110108"}));
    assert_eq!(kept.divisions.district.as_deref(), Some("110108"));
    hotline.server.assert_log_clean();
}

#[test]
fn of_many_rows_the_bad_one_is_named_and_the_rest_is_in() {
    const ROWS: usize = 100_000;
    let hotline = Hotline::open();
    let mut rows = String::new();
    for n in 0..ROWS {
        let category = if n == 77_777 { "castles" } else { "heat_service" };
        let (lon, lat) = (116.3 + (n % 1000) as f64 / 5000.0, 39.8 + (n % 777) as f64 / 5000.0);
        writeln!(
            rows,
            "{{\"id\":\"T{n}\",\"category\":\"{category}\",\"lon\":{lon:.4},\"lat\":{lat:.4},\
             \"requested_at\":\"2026-03-01T08:00:00Z\"}}"
        )
        .unwrap();
    }
    let told = lines(&hotline.many("", &rows));
    let (last, others) = told.split_last().unwrap();
    let count = ROWS as u64;
    assert_eq!(last["done"], true, "{last}");
    assert_eq!([&last["read"], &last["created"], &last["refused"]], [count, count - 1, 1]);
    let refused: Vec<&Value> = others.iter().filter(|line| line.get("errors").is_some()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0]["line"], &refused[0]["id"]), (&77_778.into(), &"T77777".into()));
    assert_eq!(refused[0]["errors"][0]["parameter"], "category");
    let lots: Vec<u64> = others.iter().filter_map(|line| line["through"].as_u64()).collect();
    assert!(lots.is_sorted() && lots.last() == Some(&count), "{lots:?}");
    let part: String = rows.lines().take(3000).flat_map(|line| [line, "\n"]).collect();
    let again = lines(&hotline.many("", &part));
    assert_eq!(again.last().unwrap()["unchanged"], 3000);

    // All or none.
    let new =
        |id: &str, category: &str| format!("{{\"id\":\"{id}\",\"category\":\"{category}\"}}\n");
    let batch = new("N1", "heat_service")
        + &new("N2", "castles")
        + "nonsense\n"
        + &new("N3", "heat_service");
    let named = hotline.many("?atomic=true", &batch).problem(400);
    assert_eq!(named, ["line 2: category", "line 3: row"]);
    assert!(hotline.kept("N1").is_none());
    let conflict = new("N1", "heat_service")
        + "{\"id\":\"T1\",\"category\":\"heat_service\",\"lon\":1,\"lat\":1}";
    assert_eq!(hotline.many("?atomic=true", &conflict).problem(409)[0], "line 2: lon");
    assert!(hotline.kept("N1").is_none());
    let fine =
        hotline.many("?atomic=true", &(new("N1", "heat_service") + &new("N3", "heat_service")));
    assert_eq!((fine.status, &fine.json()["created"]), (200, &2.into()));
    let many: String = (0..20_001).map(|n| new(&format!("M{n}"), "heat_service")).collect();
    let refused = hotline.many("?atomic=true", &many);
    refused.problem(413);
    assert!(refused.text().contains("20000 rows"), "{}", refused.text());
    hotline.server.assert_log_clean();
}

/// Any JSON, or what is none.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "2026-1[0-9]-0[1-9](T[0-2][0-9]:[0-5][0-9]:00(Z|\\+08:00)?)?".prop_map(Value::from),
        prop::sample::select(vec!["heat_service", "open", "closed", "bd09", "given", "110101"])
            .prop_map(Value::from),
        (30.0..120.0).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Value::from))
}

/// Whatever the rows between them are, good ones go in; and no body of one ticket or step
/// makes the server fail.
#[test]
fn rows_of_any_kind_leave_the_good_ones_in() {
    const ROWS: usize = 400;
    let members = [
        "id",
        "category",
        "channel",
        "requested_at",
        "dispatched_at",
        "accepted_at",
        "responded_at",
        "closed_at",
        "surveyed_at",
        "returned_at",
        "status",
        "lon",
        "lat",
        "crs",
        "accuracy_m",
        "located_by",
        "address",
        "division",
        "description",
        "contact",
        "phone",
        "response",
        "solved",
        "satisfied",
        "source",
        "step",
        "at",
    ];
    let object =
        prop::collection::btree_map(prop::sample::select(members.to_vec()), anything(), 0..7);
    let row = prop_oneof![
        5 => object.prop_map(|members| json!(members).to_string()),
        1 => any::<String>().prop_map(|text| text.replace('\n', " ")),
        1 => anything().prop_map(|value| value.to_string()),
    ];
    let hotline = Hotline::open();
    let mut runner = TestRunner::new(Config::default());
    let odd: Vec<String> =
        (0..ROWS).map(|_| row.new_tree(&mut runner).unwrap().current()).collect();
    let mut body = String::new();
    for (n, odd) in odd.iter().enumerate() {
        let good = json!({"id": format!("good-{n}"), "category": "heat_service"});
        writeln!(body, "{odd}\n{good}").unwrap();
    }
    let told = lines(&hotline.many("", &body));
    let last = told.last().unwrap();
    assert_eq!(last["done"], true, "{last}");
    let refused = told.iter().filter(|line| line.get("errors").is_some());
    let odd_lines = refused.map(|line| line["line"].as_u64().unwrap());
    assert!(odd_lines.into_iter().all(|line| line % 2 == 1), "only odd rows are refused: {told:?}");
    for n in [0, ROWS / 2, ROWS - 1] {
        assert!(hotline.kept(&format!("good-{n}")).is_some());
    }
    for odd in odd.iter().take(100) {
        for (method, path) in [
            ("POST", "/v1/tickets"),
            ("PATCH", "/v1/tickets/good-1"),
            ("POST", "/v1/tickets/good-2/callers"),
        ] {
            let answer = hotline.send(method, path, "application/json", odd.as_bytes());
            let known = matches!(answer.status, 200 | 201 | 400 | 409);
            assert!(known, "{method} {path} {odd}: {}", answer.text());
        }
    }
    hotline.server.assert_log_clean();
}

/// Bytes of memory that the server has in use.
#[cfg(target_os = "linux")]
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A line that does not end is passed over without being held, and what comes after it is in.
#[cfg(target_os = "linux")]
#[test]
fn a_body_without_end_needs_the_memory_of_a_line() {
    const PIECE: usize = 1 << 20;
    let hotline = Hotline::open();
    let mut stream = hotline.server.connect();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(
        stream,
        "POST /v1/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n",
        hotline.key
    )
    .unwrap();
    let chunk =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let good = |id: &str| format!("{{\"id\":\"{id}\",\"category\":\"heat_service\"}}\n");
    stream.write_all(&chunk(good("before").as_bytes())).unwrap();
    // What came is filed although more is to come.
    let start = Instant::now();
    while hotline.kept("before").is_none() {
        assert!(start.elapsed() < Duration::from_mins(1), "it waits for the end of the body");
        thread::sleep(Duration::from_millis(20));
    }
    let (piece, before) = (chunk(&vec![b'x'; PIECE]), memory(&hotline.server));
    for _ in 0..200 {
        stream.write_all(&piece).unwrap();
    }
    let grown = memory(&hotline.server).saturating_sub(before);
    assert!(grown < 64 << 20, "200 MiB of one line took {grown} bytes");
    stream.write_all(&chunk(format!("\n{}", good("after")).as_bytes())).unwrap();
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("is longer than 131072 bytes"), "{answer}");
    assert!(answer.contains("\"done\":true"), "{answer}");
    assert!(hotline.kept("after").is_some());
}

/// A body that claims a gigabyte is refused at the limit of what is read whole, long before
/// it has come.
#[test]
fn a_gigabyte_of_one_ticket_is_refused_at_the_limit() {
    let hotline = Hotline::open();
    for (path, kind) in
        [("/v1/tickets", "application/json"), ("/v1/tickets?atomic=true", "application/x-ndjson")]
    {
        let mut stream = hotline.server.connect();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\
             content-type: {kind}\r\ncontent-length: 1073741824\r\n\r\n",
            hotline.key
        )
        .unwrap();
        let piece = vec![b' '; 1 << 20];
        let mut sent = 0;
        // The server stops reading, so writing fails or waits once the buffers are full.
        stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
        while sent < 64 && stream.write_all(&piece).is_ok() {
            sent += 1;
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413", "{path} after {sent} MiB");
    }
    assert_eq!(hotline.post(&json!({"id": "a", "category": "heat_service"})).status, 201);
}
