//! Whatever goes wrong leaves as a problem document that says what to do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::harness::Server;

#[test]
fn every_bad_parameter_is_named_at_once() {
    let server = Server::start();
    let answer = server.get("/v1/points?lon=x&limit=0&category=nothing&colour=red&bbox=1,2,3");
    let mut named = answer.problem(400);
    named.sort();
    assert_eq!(named, ["bbox", "category", "colour", "limit", "lon"]);
    server.assert_log_clean();
}

#[test]
fn nothing_is_served_at_an_unknown_path() {
    let server = Server::start();
    for path in ["/v1/nothing", "/v2", "/tiles/points/1", "/%00", "/v1/points/a/b/c"] {
        server.get(path).problem(404);
    }
    // People get the page, which says so itself.
    let page = server.get_with("/nothing", &[("Accept", "text/html,*/*;q=0.8")]);
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text());
}

#[test]
fn other_methods_are_refused_and_head_is_answered() {
    let server = Server::start();
    for path in ["/v1/points", "/index.html"] {
        let refused = server.call("DELETE", path);
        refused.problem(405);
        assert!(refused.header("allow").contains("GET"), "{path}");
    }
    let mut raw = server.connect();
    raw.write_all(b"FROBNICATE /v1/points HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    raw.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    assert!(!server.get("/metrics").text().contains("FROBNICATE"), "labels are bounded");
    let head = server.call("HEAD", "/v1/points?limit=1");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn an_endless_address_is_not_read() {
    let server = Server::start();
    server.get(&format!("/v1/points?category={}", "x".repeat(20_000))).problem(414);
    let long = server.get(&format!("/v1/points?category={}", "x".repeat(600)));
    assert_eq!(long.problem(400), ["category"]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let server = Server::start();
    server.get("/v1/points/%ff").problem(400);
    let named = server.get("/v1/points?category=%ff%fe").problem(400);
    assert_eq!(named, ["category"]);
    assert_eq!(server.get("/v1/points?limit=1&limit=2").problem(400), ["limit"]);
}

#[test]
fn half_a_request_does_not_hold_up_the_end() {
    let mut server = Server::start();
    let mut half = server.connect();
    half.write_all(b"GET /v1/city HTTP/1.1\r\nHost: x\r\n").unwrap();
    assert!(server.stop().success());
}

#[test]
fn answers_are_compressed_and_open_to_other_pages() {
    let server = Server::start();
    for encoding in ["gzip", "br", "zstd"] {
        let answer = server.get_with("/v1/services", &[("Accept-Encoding", encoding)]);
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}

/// What of a body arrives after the answer belongs to the request that was answered, and a
/// connection that ends says so.
#[test]
fn a_body_that_nobody_reads_breaks_no_connection() {
    let server = Server::start();
    let head = |length: usize, more: &str| {
        format!("POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{more}\r\n")
    };
    let next = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let read = |mut stream: TcpStream| {
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };

    let mut late = server.connect();
    late.write_all(head(3000, "").as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(50));
    late.write_all(&[b'x'; 3000]).unwrap();
    late.write_all(next.as_bytes()).unwrap();
    let answer = read(late);
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 200"), "{answer}");

    for (length, more) in [(1 << 30, ""), (3000, ""), (3000, "Expect: 100-continue\r\n")] {
        let mut silent = server.connect();
        silent.write_all(head(length, more).as_bytes()).unwrap();
        let answer = read(silent);
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    }
}
