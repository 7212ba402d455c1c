//! Tiles that are kept: sent as they were, in every coding, until a change touches them.

use std::io::{Read, Write};

use crate::harness::{Server, city};
use crate::records::{Folder, until};
use crate::writes::{feature, make_key, put};

/// A figure of `/metrics`.
fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics").text();
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

#[test]
fn a_tile_is_encoded_once_and_sent_in_every_coding() {
    let server = Server::start();
    let path = "/tiles/points,divisions,roads,places/12/3372/1552";
    let plain = server.get_with(path, &[("accept-encoding", "identity")]);
    assert_eq!((plain.status, plain.header("content-encoding")), (200, ""));
    for coding in ["zstd", "br", "gzip"] {
        let get = || server.get_with(path, &[("accept-encoding", coding)]);
        let (first, again) = (get(), get());
        assert_eq!(first.header("content-encoding"), coding);
        assert_eq!(first.header("vary"), "accept-encoding");
        assert!(first.body.len() < plain.body.len());
        assert_eq!(first.body, again.body);
        assert_eq!(first.header("etag"), plain.header("etag"));
    }
    let unpacked = {
        let gzip = server.get_with(path, &[("accept-encoding", "gzip")]).body;
        let mut out = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(&gzip[..]), &mut out).unwrap();
        out
    };
    assert_eq!(unpacked, plain.body);
    assert_eq!(metric(&server, "servicemap_tiles_encoded_total"), 1);
    assert_eq!(metric(&server, "servicemap_tile_cache_misses_total"), 4);
    assert_eq!(metric(&server, "servicemap_tile_cache_hits_total"), 4);
    assert_eq!(metric(&server, "servicemap_tile_cache_tiles"), 4);
    assert!(metric(&server, "servicemap_tile_cache_bytes") > plain.body.len() as u64);
}

#[test]
fn an_answer_that_is_repeated_is_the_answer_that_was_given() {
    let server = Server::start();
    let asked = [
        ("/tiles/points,divisions/11/1686/775", "zstd"),
        ("/tiles/points,divisions/11/1686/775.mvt?bookable=true", "identity"),
        // So small that it is not packed.
        ("/tiles/points/20/862960/397552", "gzip"),
    ];
    for (path, coding) in asked {
        let get = || server.get_with(path, &[("accept-encoding", coding)]);
        let (first, again) = (get(), get());
        assert_eq!((first.status, again.status), (200, 200), "{path}");
        assert_eq!(first.body, again.body, "{path}");
        let heads = [&first, &again].map(|answer| {
            let own = ["date", "server-timing"];
            let mut head: Vec<_> =
                answer.headers().filter(|(name, _)| !own.contains(name)).collect();
            head.sort_unstable();
            format!("{head:?}")
        });
        assert_eq!(heads[0], heads[1], "{path}");
        // What the short way must leave to the long one.
        let tag = [("if-none-match", first.header("etag")), ("accept-encoding", coding)];
        assert_eq!(server.get_with(path, &tag).status, 304, "{path}");
        let page = server.get_with(path, &[("accept", "text/html"), ("accept-encoding", coding)]);
        assert_eq!(page.status, 406, "{path}");
        assert_eq!(server.call("HEAD", path).body.len(), 0, "{path}");
    }
    let route = r#"servicemap_requests_total{route="/tiles/{layers}/{z}/{x}/{y}",method="GET",status="200"}"#;
    assert_eq!(metric(&server, route), 6);
}

#[test]
fn a_change_names_the_tiles_it_touches_anew_and_no_others() {
    let folder = Folder::new();
    let secret = make_key(&city(), &folder.file(), "admin");
    let server = folder.serve();
    // The written point is in the first of them; the last has no points at all.
    let [here, apart, ground] = [
        "/tiles/points/14/13489/6208",
        "/tiles/points/14/13492/6201",
        "/tiles/divisions,roads/14/13489/6208",
    ];
    let tag = |path: &str| server.get(path).header("etag").to_owned();
    let before = [here, apart, ground].map(tag);
    let written = put(&server, &secret, "/v1/points/written-1", &feature("新开的图书馆"));
    assert_eq!(written.status, 200, "{}", written.text());
    until(&server, "/v1/points/written-1", 200);
    let after = [here, apart, ground].map(tag);
    assert_ne!(before[0], after[0]);
    assert_eq!(before[1..], after[1..]);
    let kept = server.get_with(apart, &[("if-none-match", &before[1])]);
    assert_eq!(kept.status, 304);
    assert!(server.get(here).text().contains("新开的图书馆"));
}

#[test]
fn a_tile_has_a_head_is_open_to_other_pages_and_lives_behind_a_prefix() {
    let url = "https://map.example/city/";
    let server = Server::start_with(&city(), &["--public-url", url]);
    let path = "/tiles/points/10/843/387";
    let (get, head) = (server.get(path), server.call("HEAD", path));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    for name in ["etag", "content-type", "cache-control", "access-control-allow-origin"] {
        assert!(!get.header(name).is_empty(), "{name}");
        assert_eq!(get.header(name), head.header(name), "{name}");
    }
    let json = server.json("/tiles/points,roads?category=library");
    let template = "https://map.example/city/tiles/points,roads/{z}/{x}/{y}?category=library";
    assert_eq!(json["tiles"][0], template);
    let style = server.json("/styles/citizen.json");
    assert!(style["sprite"].as_str().unwrap().starts_with("https://map.example/city/sprites/"));
}

#[test]
fn nonsense_is_answered_without_a_tile_being_made() {
    let server = Server::start();
    for (path, status) in [
        ("/tiles/points/99/0/0", 404),
        ("/tiles/points/-1/0/0", 400),
        ("/tiles/points/3/a/0", 400),
        ("/tiles/points/3/%00/0", 400),
        ("/tiles/%00/3/0/0", 404),
        ("/tiles/points%00/3/0/0", 404),
        ("/tiles/points/3/0/0?category=%00", 400),
        ("/tiles/points/4294967296/0/0", 404),
    ] {
        server.get(path).problem(status);
    }
    let many = |n| format!("/tiles/{}/3/0/0", vec!["points"; n].join(","));
    server.get(&many(2_000)).problem(414);
    let mut stream = server.connect();
    let _ = write!(stream, "GET {} HTTP/1.1\r\nhost: test\r\n\r\n", many(10_000));
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 414");
    server.get(&many(17)).problem(400);
    // Filters that no point can meet select nothing, and cost nothing.
    for query in ["accessible=trampoline", "updated_since=9999-12-31"] {
        assert_eq!(server.get(&format!("/tiles/points/0/0/0?{query}")).status, 204, "{query}");
    }
    let once = server.get("/tiles/points/0/0/0");
    assert_eq!(once.body, server.get("/tiles/points,points,points/0/0/0").body);
}
