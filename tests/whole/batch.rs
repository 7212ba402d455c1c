//! `POST /v1/locate` and `servicemap locate FILE`.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::harness::{self, Server};

const NDJSON: &str = "application/x-ndjson";

/// Positions on a net over the city and a little beyond.
fn net() -> Vec<(f64, f64)> {
    let step = |from: f64, to: f64, i: i32| from + (to - from) * f64::from(i) / 12.0;
    let row = |j: i32| (0..=12).map(move |i| (step(115.3, 117.6, i), step(39.3, 41.2, j)));
    (0..=12).flat_map(row).collect()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

#[test]
fn a_batch_says_what_single_questions_say() {
    let server = Server::start();
    let mut body = String::new();
    for (i, (lon, lat)) in net().into_iter().enumerate() {
        writeln!(body, "{{\"id\":{i},\"lon\":{lon},\"lat\":{lat}}}").unwrap();
    }
    let answer = server.post("/v1/locate?crs=gcj02&lang=en", NDJSON, body.as_bytes());
    assert_eq!((answer.status, answer.header("content-type")), (200, NDJSON));
    let rows = lines(&answer.text());
    assert_eq!(rows.len(), net().len());
    let mut kinds = std::collections::HashSet::new();
    for (i, (row, (lon, lat))) in rows.iter().zip(net()).enumerate() {
        assert_eq!(row["id"], i);
        let single = server.json(&format!("/v1/locate?crs=gcj02&lang=en&lon={lon}&lat={lat}"));
        assert_eq!(row["match"], single["match"], "{lon} {lat}");
        kinds.insert(row["match"].as_str().unwrap().to_owned());
        let named = |of: &Value| -> Vec<[Value; 3]> {
            let list = of["divisions"].as_array().unwrap().iter();
            list.map(|d| ["level", "code", "name"].map(|k| d[k].clone())).collect()
        };
        assert_eq!(named(row), named(&single), "{lon} {lat}");
    }
    assert!(kinds.len() >= 3, "{kinds:?}");
    server.assert_log_clean();
}

#[test]
fn a_broken_row_does_not_stop_a_batch() {
    let server = Server::start();
    let body =
        "id,lon,lat\na,116.31,39.98\nb,39.98,116.31\nc,NaN,39.98\nd,116.31\ne,116.31,39.98\n";
    let answer = server.post("/v1/locate", "text/csv; charset=utf-8", body.as_bytes());
    let text = answer.text();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows.len(), 6, "{text}");
    assert!(rows[0].starts_with("id,match,district,district_name"));
    assert!(
        rows[1].starts_with("a,border,110108,海淀区") || rows[1].starts_with("a,inside,110108")
    );
    assert!(rows[2].starts_with("b,") && rows[2].contains("swapped"), "{text}");
    assert!(rows[3].contains("line 4") && rows[3].contains("NaN"), "{text}");
    assert!(rows[4].contains("no cell for lat"), "{text}");
    assert_eq!(rows[5].trim_start_matches('e'), rows[1].trim_start_matches('a'));
}

#[test]
fn what_is_no_batch_is_refused_before_the_answer_begins() {
    let server = Server::start();
    server.post("/v1/locate", "application/json", b"{}").problem(415);
    let answer = server.post("/v1/locate", "text/csv", b"a,b\n1,2\n");
    answer.problem(400);
    assert!(answer.text().contains("a,b"), "{}", answer.text());
    server.post("/v1/locate", "text/csv", b"").problem(400);
    let bad = server.post("/v1/locate?crs=mars&date=soon&size=3", NDJSON, b"");
    assert_eq!(bad.problem(400), ["crs", "date", "size"]);
    assert_eq!(server.post("/v1/locate", NDJSON, b"").body, b"");
}

#[test]
fn a_compressed_answer_is_whole() {
    let server = Server::start();
    let mut body = String::from("id,lon,lat\n");
    for i in 0..20_000 {
        writeln!(body, "{i},116.31,39.98").unwrap();
    }
    for body in ["id,lon,lat\n", "id,lon,lat\n1,116.31,39.98\n", &body] {
        let plain = server.post("/v1/locate", "text/csv", body.as_bytes());
        let gzip = [("accept-encoding", "gzip")];
        let packed = server.post_with("/v1/locate", "text/csv", &gzip, body.as_bytes());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body);
    }
    server.assert_log_clean();
}

#[test]
fn a_file_that_comes_in_pieces_has_the_lines_of_the_file() {
    let server = Server::start();
    let piece = "编号,经度,纬度\n7,x,39.98\n";
    let answer = server.post("/v1/locate?first_line=41", "text/csv", piece.as_bytes()).text();
    assert!(answer.contains("line 42"), "{answer}");
    assert_eq!(server.post("/v1/locate?first_line=0", NDJSON, b"").problem(400), ["first_line"]);
}

/// Far more than the limit of bodies that are read whole, and in order.
#[test]
fn a_body_of_any_length_is_answered_while_it_is_sent() {
    const ROWS: usize = 100_000;
    let server = Server::start();
    let stream = TcpStream::connect(server.authority()).unwrap();
    let mut sending = stream.try_clone().unwrap();
    let sender = thread::spawn(move || {
        let head = "POST /v1/locate HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\
            content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
        sending.write_all(head.as_bytes()).unwrap();
        for from in (0..ROWS).step_by(1000) {
            let mut rows = String::new();
            for id in from..from + 1000 {
                writeln!(rows, "{{\"id\":{id},\"lon\":116.{:03},\"lat\":39.9}}", id % 1000)
                    .unwrap();
            }
            write!(sending, "{:x}\r\n{rows}\r\n", rows.len()).unwrap();
        }
        sending.write_all(b"0\r\n\r\n").unwrap();
    });
    let mut text = String::new();
    (&stream).read_to_string(&mut text).unwrap();
    sender.join().unwrap();
    let mut next = 0;
    for line in text.lines().filter(|l| l.starts_with("{\"id\"")) {
        assert!(line.starts_with(&format!("{{\"id\":{next},")), "{line}");
        next += 1;
    }
    assert_eq!(next, ROWS);
    server.assert_log_clean();
}

#[test]
fn the_command_line_answers_as_the_server_does() {
    let server = Server::start();
    let body = "id,lon,lat\n1,116.31,39.98\n2,x,39.98\n3,121.47,31.23\n";
    let served = server.post("/v1/locate", "text/csv", body.as_bytes()).text();
    let mut child = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["locate", "-", "--city"])
        .arg(harness::city())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), served);
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 rows"));
}
