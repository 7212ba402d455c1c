//! Many tickets in one body over HTTP, and bodies that are meant to hurt.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use servicemap::store::{GeoPackage, Store};

use crate::harness::{Answer, Server};
use crate::intake::{Hotline, documented};

const MIB: u64 = 1 << 20;

impl Hotline {
    fn many(&self, query: &str, rows: &str) -> Answer {
        let path = format!("/v1/tickets{query}");
        self.send("POST", &path, "application/x-ndjson", rows.as_bytes())
    }

    /// Says that a body of `length` bytes comes.
    fn begin(&self, query: &str, length: u64) -> TcpStream {
        let mut stream = self.server.connect();
        stream.set_read_timeout(Some(Duration::from_mins(5))).unwrap();
        write!(
            stream,
            "POST /v1/tickets{query} HTTP/1.0\r\nhost: a\r\nauthorization: Bearer {}\r\n\
             content-type: application/x-ndjson\r\ncontent-length: {length}\r\n\r\n",
            self.key
        )
        .unwrap();
        stream
    }

    /// Sends a body of `length` bytes that is never whole in memory, while it reads the answer;
    /// the status and the body of that.
    pub(crate) fn pour(
        &self,
        query: &str,
        length: u64,
        pieces: impl Iterator<Item = Vec<u8>> + Send,
    ) -> (u16, String) {
        let mut stream = self.begin(query, length);
        let mut answer = String::new();
        thread::scope(|scope| {
            let mut to = stream.try_clone().unwrap();
            // What is refused early is not taken to its end.
            scope.spawn(move || pieces.map(|p| to.write_all(&p)).find(Result::is_err));
            stream.read_to_string(&mut answer).unwrap();
        });
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    /// Number of the last change.
    fn head(&self) -> u64 {
        GeoPackage::open(&self.folder.file(), "beijing").unwrap().head().unwrap()
    }
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A row of a kind of twelve letters: all are of the same length.
fn row(id: char, n: usize, category: &str) -> String {
    format!("{{\"id\":\"{id}{n:07}\",\"category\":\"{category}\"}}\n")
}

/// Rows in pieces, the one of the number `bad` of a kind that nobody knows; and their bytes.
fn rows(id: char, count: usize, bad: usize) -> (u64, impl Iterator<Item = Vec<u8>> + Send) {
    let row = move |n| row(id, n, if n == bad { "castle_siege" } else { "heat_service" });
    let length = row(0).len() * count;
    let pieces = (0..count).step_by(1000).map(move |first| {
        (first..count.min(first + 1000)).flat_map(|n| row(n).into_bytes()).collect()
    });
    (length as u64, pieces)
}

/// Most bytes of memory that the server has ever had in use.
#[cfg(target_os = "linux")]
fn peak(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// A million rows, which are never whole in the memory of the server.
#[cfg(target_os = "linux")]
#[test]
fn of_a_million_rows_the_bad_one_is_named_and_the_rest_is_in() {
    const ROWS: usize = 1_000_000;
    const BAD: usize = 777_777;
    let hotline = Hotline::open();
    let (length, pieces) = rows('T', ROWS, BAD);
    let (status, body) = hotline.pour("", length, pieces);
    assert_eq!(status, 200, "{body}");
    let told: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, others) = told.split_last().unwrap();
    let count = ROWS as u64;
    assert_eq!(last["done"], true, "{last}");
    assert_eq!([&last["read"], &last["created"], &last["refused"]], [count, count - 1, 1]);
    let refused: Vec<&Value> = others.iter().filter(|line| line.get("errors").is_some()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0]["line"], &refused[0]["id"]), (&777_778.into(), &"T0777777".into()));
    assert_eq!(refused[0]["errors"][0]["parameter"], "category");
    let said = refused[0]["errors"][0]["detail"].as_str().unwrap();
    assert!(said.contains("castle_siege") && said.contains("/v1/services"), "{said}");
    let lots: Vec<u64> = others.iter().filter_map(|line| line["through"].as_u64()).collect();
    assert!(lots.is_sorted() && lots.last() == Some(&count), "{lots:?}");
    for (n, is_in) in [(0, true), (BAD - 1, true), (BAD, false), (BAD + 1, true), (ROWS - 1, true)]
    {
        assert_eq!(hotline.kept(&format!("T{n:07}")).is_some(), is_in, "{n}");
    }
    // As tickets they would be a gigabyte.
    let peak = peak(&hotline.server);
    assert!(peak < 512 * MIB, "a million rows in lots took {peak} bytes");
    hotline.server.assert_log_clean();
}

/// All or none of a million: the bad one is named, and no other is in.
#[test]
fn of_a_million_rows_with_a_bad_one_none_is_in_if_all_are_wanted() {
    const ROWS: usize = 1_000_000;
    let hotline = Hotline::open();
    let before = hotline.head();
    let (length, pieces) = rows('A', ROWS, 777_777);
    let (status, body) = hotline.pour("?atomic=true", length, pieces);
    assert_eq!(status, 400, "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
    assert_eq!(problem["errors"][0]["parameter"], "line 777778: category");
    assert_eq!(hotline.head(), before);
    assert!(hotline.kept("A0000000").is_none());
    let (length, pieces) = rows('B', ROWS + 1, ROWS + 1);
    let (status, body) = hotline.pour("?atomic=true", length, pieces);
    assert_eq!(status, 413, "{body}");
    assert!(body.contains("at most 1000000 rows"), "{body}");
    assert_eq!(hotline.head(), before);
    hotline.server.assert_log_clean();
}

#[test]
fn some_rows_go_in_all_or_none() {
    let hotline = Hotline::open();
    let new =
        |id: &str, category: &str| format!("{{\"id\":\"{id}\",\"category\":\"{category}\"}}\n");
    let batch = new("N1", "heat_service")
        + &new("N2", "castles")
        + "nonsense\n"
        + &new("N3", "heat_service");
    let named = hotline.many("?atomic=true", &batch).problem(400);
    assert_eq!(named, ["line 2: category", "line 3: row"]);
    assert!(hotline.kept("N1").is_none());
    assert_eq!(hotline.post(&json!({"id": "T1", "category": "heat_service"})).status, 201);
    let conflict = new("N1", "heat_service")
        + "{\"id\":\"T1\",\"category\":\"heat_service\",\"lon\":1,\"lat\":1}";
    assert_eq!(hotline.many("?atomic=true", &conflict).problem(409)[0], "line 2: lon");
    assert!(hotline.kept("N1").is_none());
    let fine =
        hotline.many("?atomic=true", &(new("N1", "heat_service") + &new("N3", "heat_service")));
    assert_eq!((fine.status, &fine.json()["created"]), (200, &2.into()));
    let again =
        hotline.many("?atomic=true", &(new("N1", "heat_service") + &new("N3", "heat_service")));
    assert_eq!(again.json()["unchanged"], 2);
    hotline.server.assert_log_clean();
}

/// Batches that need much memory come one after the other: of two that come at once one is told
/// to wait, and the other goes in.
#[test]
fn of_large_batches_one_is_taken_at_a_time() {
    const ROWS: usize = 21_000;
    let hotline = Hotline::open();
    let mut streams = ['A', 'B'].map(|id| {
        let (length, pieces) = rows(id, ROWS, ROWS);
        let last = row(id, ROWS, "heat_service");
        let mut stream = hotline.begin("?atomic=true", length + last.len() as u64);
        pieces.for_each(|piece| stream.write_all(&piece).unwrap());
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        (stream, id, last)
    });
    let start = Instant::now();
    let (loser, told) = 'told: loop {
        for (i, (stream, ..)) in streams.iter_mut().enumerate() {
            let mut first = [0; 12];
            if stream.read_exact(&mut first).is_ok() {
                break 'told (i, first);
            }
        }
        assert!(start.elapsed() < Duration::from_mins(1), "nobody is told to wait");
    };
    assert_eq!(&told[9..], b"503");
    let (stream, winner, last) = &mut streams[1 - loser];
    let few = hotline.many("?atomic=true", &row('C', 0, "heat_service"));
    assert_eq!(few.status, 200, "{}", few.text());
    assert!(hotline.kept(&format!("{winner}0000000")).is_none(), "it has not come to its end");
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"created\":21001"), "{answer}");
    let (length, pieces) = rows('D', ROWS, ROWS);
    assert_eq!(hotline.pour("?atomic=true", length, pieces).0, 200, "it is free again");
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
    let members = ["TicketBody", "StepBody", "CallerBody"].map(documented).concat();
    let object = prop::collection::btree_map(prop::sample::select(members), anything(), 0..7);
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

/// A gigabyte in one line that does not end is passed over without being held, and what comes
/// after it is in.
#[cfg(target_os = "linux")]
#[test]
fn a_gigabyte_without_a_line_break_needs_the_memory_of_a_line() {
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
    let (piece, before) = (chunk(&vec![b'x'; MIB as usize]), peak(&hotline.server));
    for _ in 0..1024 {
        stream.write_all(&piece).unwrap();
    }
    stream.write_all(&chunk(format!("\n{}", good("after")).as_bytes())).unwrap();
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("is longer than 131072 bytes"), "{answer}");
    assert!(answer.contains("\"done\":true"), "{answer}");
    assert!(hotline.kept("after").is_some());
    let grown = peak(&hotline.server) - before;
    assert!(grown < 64 * MIB, "a gigabyte of one line took {grown} bytes");
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
        let piece = vec![b' '; MIB as usize];
        let mut sent = 0;
        // The server stops reading, so writing fails or waits once the buffers are full.
        stream.set_write_timeout(Some(Duration::from_secs(5))).unwrap();
        while sent < 1024 && stream.write_all(&piece).is_ok() {
            sent += 1;
        }
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413", "{path} after {sent} MiB");
        assert!(sent < 1024, "{path}: all of it was taken");
    }
    assert_eq!(hotline.post(&json!({"id": "a", "category": "heat_service"})).status, 201);
}
