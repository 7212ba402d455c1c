//! `/v1/rules`, and which rule fired.

use std::fs;

use serde_json::Value;

use crate::harness::Server;
use crate::packs;

const RULES: &str = r#"
[[body]]
code = "books"
name = { zh = "图书处", en = "Books office" }

[[rule]]
name = { zh = "将来", en = "Future" }
from = "2099-01-01"
responsible = "books"

[[rule]]
name = { zh = "西城图书馆", en = "Libraries of Xicheng" }
categories = ["library"]
divisions = ["110102"]
responsible = "books"

[[rule]]
name = { zh = "图书馆", en = "Libraries" }
categories = ["library"]
responsible = "district"
joint = ["books"]

[[rule]]
name = { zh = "属地", en = "Territory" }
responsible = "township"

[[rule]]
name = { zh = "另一图书馆", en = "Other libraries" }
categories = ["library"]
responsible = "books"
"#;

fn serve() -> (tempfile::TempDir, Server) {
    let pack = packs::copy();
    fs::write(pack.path().join("routing.toml"), RULES).unwrap();
    let server = Server::start_with(pack.path(), &[]);
    (pack, server)
}

/// Of each rule that was looked at: its place, whether it fires, the kinds of its reasons.
fn trials(answer: &Value) -> Vec<(u64, bool, Vec<&str>)> {
    let list = answer["explanation"].as_array().unwrap().iter();
    list.map(|t| {
        let reasons = t["reasons"].as_array().unwrap().iter();
        let kinds = reasons.map(|r| r["kind"].as_str().unwrap()).collect();
        (t["rule"].as_u64().unwrap(), t["fires"].as_bool().unwrap(), kinds)
    })
    .collect()
}

#[test]
fn every_rule_up_to_the_one_that_fires_says_why_it_does_not_apply() {
    let (_pack, server) = serve();
    let place = "/v1/locate?lon=116.31&lat=39.98&lang=en&explain=true";
    let library = server.json(&format!("{place}&category=library"));
    let expected =
        vec![(1, false, vec!["not_yet"]), (2, false, vec!["division"]), (3, true, vec![])];
    assert_eq!(trials(&library), expected);
    assert_eq!(library["responsible"]["basis"], "Libraries");
    assert_eq!(library["responsible"]["joint"][0]["code"], "books");
    let said = library["explanation"][1]["reasons"][0]["detail"].as_str().unwrap();
    assert!(said.contains("Xicheng"), "{said}");

    let any = server.json(place);
    let expected = vec![
        (1, false, vec!["not_yet"]),
        (2, false, vec!["category", "division"]),
        (3, false, vec!["category"]),
        (4, true, vec![]),
    ];
    assert_eq!(trials(&any), expected);
    let later = server.json(&format!("{place}&date=2099-01-01"));
    assert_eq!(trials(&later), [(1, true, vec![])]);
    let plain = server.json("/v1/locate?lon=116.31&lat=39.98");
    assert!(plain.get("explanation").is_none(), "only where it was asked");
    let outside = server.json("/v1/locate?lon=121.4&lat=31.2&explain=true");
    assert_eq!(outside["explanation"].as_array().unwrap().len(), 0);
    let bad = server.get("/v1/locate?lon=116.31&lat=39.98&explain=why");
    assert_eq!(bad.problem(400), ["explain"]);
}

#[test]
fn what_words_mean_is_explained_too() {
    let (_pack, server) = serve();
    let text = "/v1/locate?text=%E6%B5%B7%E6%B7%80%E5%8C%BA&explain=true&category=library";
    let candidate = &server.json(text)["candidates"][0];
    assert_eq!(trials(candidate).last().unwrap(), &(3, true, vec![]));
}

#[test]
fn the_rules_are_listed_with_what_is_wrong_with_them() {
    let (_pack, server) = serve();
    let rules = server.json("/v1/rules?lang=zh");
    let list = rules["rules"].as_array().unwrap();
    assert_eq!(list.len(), 5);
    assert_eq!(list[1]["divisions"][0]["name"], "西城区");
    assert_eq!(
        (&list[3]["level"], &list[2]["joint"][0]["name"]),
        (&"township".into(), &"图书处".into())
    );
    let findings = rules["findings"].as_array().unwrap();
    let never = findings.iter().find(|f| f["kind"] == "unreachable").unwrap();
    assert_eq!((&never["rule"], &never["other"]), (&5.into(), &3.into()), "{findings:?}");
    assert!(never["detail"].as_str().unwrap().contains("“另一图书馆”从不生效"), "{never}");
    assert_eq!(server.get("/agent/rules").status, 200);
}
