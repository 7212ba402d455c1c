//! Whoever has no key cannot tell whether there are other tickets: two servers that differ in
//! nothing else give the same answers, to the byte and to the tag.

use serde_json::Value;

use super::{Released, at, csv, import};
use crate::harness::{Server, city};
use crate::writes::make_key;

/// Every address of the interface that is read, with something that exists in each.
fn paths(server: &Server) -> Vec<String> {
    let document = server.json("/openapi.json");
    let point = server.json("/v1/points?limit=1")["features"][0]["properties"]["id"].clone();
    let matter = "library_card";
    let documented = document["paths"].as_object().unwrap().iter();
    let read = documented.filter(|(_, item)| item.get("get").is_some());
    let mut paths: Vec<String> = read
        .map(|(path, _)| {
            path.replace("/services/{code}", &format!("/services/{matter}"))
                .replace("{code}", "110101")
                .replace("{id}", point.as_str().unwrap())
                .replace("{month}", "2020-08")
                .replace("{layers}", "points,divisions,density")
                .replace("{z}/{x}/{y}", "11/1686/776")
                .replace("{collection}", "points")
                .replace("{tileMatrixSet}", "WebMercatorQuad")
                .replace("{tileMatrix}/{tileRow}/{tileCol}", "11/776/1686")
        })
        .collect();
    paths.extend(
        [
            "/v1/search?text=图书馆",
            "/v1/locate?lon=116.4&lat=39.93",
            "/v1/density?zoom=12&grid=5",
            "/v1/density?category=noise",
            "/v1/density?from=2024-03-01",
            "/v1/release?month=2020-08",
            "/v1/release/2020-08?format=csv",
            "/v1/release/2024-03",
            "/tiles/points/12/3372/1552",
            "/open311/v2/discovery.json",
            "/open311/v2/services.json",
            "/open311/v2/requests.json",
            "/v1/tickets",
            "/v1/tickets/similar?lon=116.4&lat=39.93",
        ]
        .map(crate::harness::escaped),
    );
    // Its figures are of the requests of this server.
    paths.retain(|path| path != "/metrics");
    paths
}

/// Where both servers say that they are.
const ADDRESS: [&str; 2] = ["--public-url", "https://map.example"];

/// What somebody without a key sees of an answer.
fn seen(server: &Server, path: &str) -> (u16, String, String) {
    let answer = server.get(path);
    (answer.status, answer.header("etag").to_owned(), answer.text())
}

#[test]
fn other_tickets_change_nothing_that_is_told_without_a_key() {
    let released = Released::new("3000");
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("city.gpkg");
    std::fs::copy(&released.database, &other).unwrap();
    let late = [
        // Late, and in months without figures.
        ("2020-08", vec![(7, at(0.0, 0.0))]),
        ("2020-05", vec![(30, at(0.1, 0.0))]),
        ("2024-03", vec![(41, at(0.0, 0.1))]),
    ];
    for case in late {
        import(folder.path(), other.to_str().unwrap(), &csv(&[case]));
    }
    // Something else is written to both, so that answers name a new state.
    for database in [released.path(), other.clone()] {
        make_key(&city(), &database, "agent");
    }
    let serve = |database: &str| {
        Server::start_with(&city(), &[&["--database", database], &ADDRESS[..]].concat())
    };
    let (one, two) = (serve(&released.database), serve(other.to_str().unwrap()));
    let mut compared = 0;
    for path in paths(&one) {
        let (mine, theirs) = (seen(&one, &path), seen(&two, &path));
        assert_eq!(mine, theirs, "{path}");
        compared += usize::from(mine.0 == 200);
    }
    assert!(compared > 25, "{compared}");
    let metrics = one.get("/metrics").text();
    let about_tickets = |line: &&str| line.contains("ticket") && !line.contains("route=");
    assert_eq!(metrics.lines().find(about_tickets), None);
    // With a key they differ.
    let bearer = format!("Bearer {}", make_key(&city(), &other, "analyst"));
    let ask = |path: &str| two.get_with(path, &[("authorization", &bearer)]);
    crate::records::wait(|| ask("/v1/density").status == 200);
    let count: Value = ask("/v1/density?from=2024-03-01&to=2024-04-01").json();
    assert_eq!(count["total"], 41);
}
