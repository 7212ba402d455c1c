//! `servicemap check`.

use std::process::{Command, Output};

use serde_json::Value;

use crate::harness;

fn check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["check", "--city"])
        .arg(harness::city())
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn the_quality_of_the_default_city_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let html = folder.path().join("check.html");
    let done = check(&["--json", "--html", html.to_str().unwrap(), "--lang", "en"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["points"]["count"], 525);
    assert_eq!(report["points"]["missing"][0]["hours"], 525, "no open source has any");
    let rows = report["coverage"]["districts"].as_array().unwrap();
    let cells = rows.iter().flat_map(|r| r["points"].as_array().unwrap());
    assert_eq!(cells.map(|n| n.as_u64().unwrap()).sum::<u64>(), 525);
    assert_eq!(report["levels"][0]["approximate"], 16);
    assert_eq!(report["levels"][0]["with_residents"], 16);
    assert_eq!(report["residents"]["count"], 0);
    let borders = report["borders"].as_array().unwrap();
    assert_eq!(borders.len(), 2, "districts and townships have areas");
    for level in borders {
        assert_eq!(level["not_compared"], 0);
        assert_eq!(level["overlaps"]["count"], 0, "{level}");
    }
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("Data quality") && page.contains("Haidian District"));
    for outside in ["http://", "<script", "<link", "<img", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn what_is_found_fails_only_where_that_was_asked() {
    let pack = crate::packs::copy();
    let rules = pack.path().join("routing.toml");
    let rule = |name: &str| {
        format!("[[rule]]\nname = {{ zh = \"{name}\" }}\nresponsible = \"district\"\n")
    };
    std::fs::write(rules, rule("一") + &rule("二")).unwrap();
    let check = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_servicemap"))
            .args(["check", "--city"])
            .arg(pack.path())
            .args(more)
            .output()
            .unwrap()
    };
    let lenient = check(&[]);
    assert_eq!(lenient.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&lenient.stdout).contains("“二”从不生效"));
    assert_eq!(check(&["--fail-on", "overlaps,outside"]).status.code(), Some(0));
    let strict = check(&["--fail-on", "overlaps,rules"]);
    assert_eq!(strict.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&strict.stderr).contains("found 1 rules"));
    assert_eq!(check(&["--fail-on", "everything"]).status.code(), Some(2));
}

#[test]
fn the_records_of_a_database_are_checked_while_they_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("city.gpkg");
    let database = file.to_str().unwrap();
    let none = check(&["--database", database]);
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no such file"));
    assert!(!file.exists(), "a check makes nothing");
    let server = harness::Server::start_with(&harness::city(), &["--database", database]);
    let done = check(&["--database", database, "--json"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["points"]["count"], 525);
    server.assert_log_clean();
}
