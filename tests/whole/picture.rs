//! `/v1/picture`: the map as PNG.

use crate::harness::{Server, escaped};

/// Width and height in the head of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && &png[12..16] == b"IHDR");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn a_point_a_division_and_a_position_are_drawn() {
    let server = Server::start();
    let point = server.json("/v1/points?limit=1")["features"][0]["id"].as_str().unwrap().to_owned();
    let point = format!("point={}", escaped(&point));
    let mut seen = Vec::new();
    for (query, expected) in [
        ("", (600, 400)),
        (point.as_str(), (600, 400)),
        (&format!("{point}&width=320&height=240&scale=2&lang=en"), (640, 480)),
        ("division=110108", (600, 400)),
        ("lon=116.31&lat=39.98&zoom=13.5", (600, 400)),
        ("lon=116.31&lat=39.98&zoom=13.5&crs=gcj02", (600, 400)),
        ("division=110108&lon=116.31&lat=39.98", (600, 400)),
    ] {
        let path = format!("/v1/picture?{query}");
        let answer = server.get(&path);
        assert_eq!((answer.status, answer.header("content-type")), (200, "image/png"), "{query}");
        assert_eq!(size(&answer.body), expected, "{query}");
        let tag = answer.header("etag").to_owned();
        let again = server.get_with(&path, &[("If-None-Match", &tag)]);
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert!(!seen.contains(&answer.body), "{query}");
        seen.push(answer.body);
    }
    server.assert_log_clean();
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let server = Server::start();
    let bad = "/v1/picture?width=99&height=1281&scale=3&zoom=21&division=none&colour=red";
    let mut named = server.get(bad).problem(400);
    named.sort();
    assert_eq!(named, ["colour", "division", "height", "scale", "width", "zoom"]);
    let swapped = server.get("/v1/picture?lon=39.98&lat=116.31");
    assert_eq!(swapped.problem(400), ["lon", "lat"]);
    assert_eq!(server.get("/v1/picture?point=x&lon=116.31&lat=39.98").problem(400), ["point"]);
    server.get("/v1/picture?point=no-such-point").problem(404);
    server.get_with("/v1/picture", &[("Accept", "image/webp")]).problem(406);
    server.assert_log_clean();
}
