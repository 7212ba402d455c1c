//! What the agents' page asks of the server, and what pages elsewhere may ask.

use serde_json::Value;

use crate::harness::Server;

#[test]
fn the_agents_page_is_served() {
    let server = Server::start();
    let page = server.get("/agent");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("connect-src 'self'"));
    assert!(page.text().contains("/assets/agent-"), "{}", page.text());
    server.get("/agent/nothing").problem(404);
}

#[test]
fn a_candidate_has_all_that_a_position_has() {
    let server = Server::start();
    let meant = server.json("/v1/locate?text=%E5%8C%97%E5%A4%A7%E8%A1%97&category=library&lang=en");
    let candidates = meant["candidates"].as_array().unwrap();
    assert!(candidates.len() > 1, "{meant}");
    for one in candidates {
        let (lon, lat) = (&one["point_wgs84"][0], &one["point_wgs84"][1]);
        let there =
            server.json(&format!("/v1/locate?lon={lon}&lat={lat}&category=library&lang=en"));
        for field in ["divisions", "runner_up", "responsible"] {
            assert_eq!(one[field], there[field], "{field}");
        }
        let named = one["sentence"]["zh"].as_str().unwrap();
        assert!(named.starts_with("北大街"), "{named}");
    }
    let bad = server.get("/v1/locate?text=x&category=castles");
    assert_eq!(bad.problem(400), ["category"]);
}

#[test]
fn a_division_that_is_named_has_no_distance_and_no_neighbour() {
    let server = Server::start();
    let meant = server.json("/v1/locate?text=%E6%B5%B7%E6%B7%80%E5%8C%BA");
    let district = &meant["candidates"][0];
    assert_eq!(district["gid"], "servicemap:county:110108");
    assert_eq!(district["divisions"].as_array().unwrap().len(), 1);
    assert_eq!(district["divisions"][0]["distance_to_border_m"], Value::Null);
    assert_eq!(district["runner_up"], Value::Null);
    assert_eq!(district["responsible"]["code"], "110108");
    assert_eq!(district["sentence"]["zh"], "海淀区属于北京市。");
}

#[test]
fn a_position_in_any_datum_has_its_place_on_the_map() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=116.31&lat=39.98&crs=gcj02");
    assert_eq!(answer["point"], serde_json::json!([116.31, 39.98]));
    let on_map = answer["point_wgs84"].as_array().unwrap();
    let off = |i: usize, from: f64| on_map[i].as_f64().unwrap() - from;
    assert!((0.003..0.01).contains(&-off(0, 116.31)) && off(1, 39.98).abs() < 0.01, "{answer}");
}

/// A page of another origin asks before it sends a type that forms do not have.
#[test]
fn pages_elsewhere_may_send_a_batch() {
    let server = Server::start();
    let asked = server.send(
        "OPTIONS",
        "/v1/locate?lang=zh",
        &[
            ("origin", "https://example.org"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ],
        b"",
    );
    assert_eq!(asked.status, 200);
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    assert!(asked.header("access-control-allow-methods").contains("POST"));
    assert!(asked.header("access-control-allow-headers").to_lowercase().contains("content-type"));
    let sent = server.post_with(
        "/v1/locate?lang=zh",
        "application/x-ndjson",
        &[("origin", "https://example.org")],
        b"{\"lon\":116.31,\"lat\":39.98}\n",
    );
    assert_eq!((sent.status, sent.header("access-control-allow-origin")), (200, "*"));
    // A refusal can be read there too.
    let refused = server.post_with("/v1/locate", "text/plain", &[("origin", "https://x.org")], b"");
    refused.problem(415);
    assert_eq!(refused.header("access-control-allow-origin"), "*");
}
