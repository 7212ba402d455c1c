//! The interface's description cannot drift from the interface.

use crate::harness::{Server, city};
use crate::records::Folder;
use crate::writes::make_key;

/// Every documented parameter is one that the handler reads, and the other way round:
/// asked for an unknown one, the handler lists those that it knows.
#[test]
fn the_documented_parameters_are_the_ones_that_are_read() {
    // What needs a key is asked with one that opens everything.
    let folder = Folder::new();
    let key = make_key(&city(), &folder.file(), "admin");
    let bearer = format!("Bearer {key}");
    let server = folder.serve();
    let document = server.json("/openapi.json");
    let mut checked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let get = &item["get"];
        let parameters = get["parameters"].as_array().cloned().unwrap_or_default();
        let of = |place: &str| -> Vec<String> {
            let mut names: Vec<String> = parameters
                .iter()
                .filter(|p| p["in"] == place)
                .map(|p| p["name"].as_str().unwrap().to_owned())
                .collect();
            names.sort();
            names
        };
        if !path.starts_with("/v1/") || get.is_null() {
            continue;
        }
        let real = path
            .replace("{id}", "p-none")
            .replace("/v1/services/{code}", "/v1/services/none")
            .replace("{code}", "none");
        let asked = format!("{real}?no-such-parameter=1");
        let answer = server.get_with(&asked, &[("authorization", &bearer)]);
        let errors = answer.json()["errors"].clone();
        let detail = errors
            .as_array()
            .unwrap()
            .iter()
            .find(|e| e["parameter"] == "no-such-parameter")
            .unwrap_or_else(|| panic!("{path} takes anything: {errors}"))["detail"]
            .as_str()
            .unwrap()
            .to_owned();
        let known = detail.rsplit_once("parameters are ").map(|(_, list)| list).unwrap_or_default();
        let mut known: Vec<String> = known.split(", ").map(str::to_owned).collect();
        known.sort();
        assert_eq!(of("query"), known, "{path}");
        checked += 1;
    }
    assert!(checked >= 10, "{checked}");
}

/// A change of the interface is seen in a review, because it changes this file.
#[test]
fn the_kept_description_is_that_of_the_program() {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let kept = std::fs::read_to_string(kept).unwrap_or_default();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .arg("openapi")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(
        kept == String::from_utf8_lossy(&output.stdout),
        "the interface has changed; see what it is now with `servicemap openapi > docs/openapi.json`"
    );
}

#[test]
fn the_interface_is_described_for_people_and_programs() {
    let server = Server::start();
    let document = server.json("/openapi.json");
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(
                operation["responses"]["200"].is_object() || path.ends_with("/reserve"),
                "{path}"
            );
        }
    }
    let page = server.get("/docs/");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("swagger-ui"));
    server.assert_log_clean();
}

#[test]
fn the_metrics_are_those_of_the_requests() {
    let server = Server::start();
    server.json("/v1/locate?lon=116.31&lat=39.98");
    server.get("/v1/locate?lon=x&lat=y").problem(400);
    let metrics = server.get("/metrics").text();
    for line in [
        "servicemap_requests_total{route=\"/v1/locate\",method=\"GET\",status=\"200\"} 1",
        "servicemap_requests_total{route=\"/v1/locate\",method=\"GET\",status=\"400\"} 1",
        "servicemap_records{kind=\"points\"}",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert_eq!(server.get("/health/live").text(), "ok");
}
