//! `/v1/services`, `/v1/categories`, `/v1/city`.

use serde_json::Value;

use crate::harness::Server;

#[test]
fn every_matter_of_the_tree_has_a_page_and_its_points() {
    let server = Server::start();
    let tree = server.json("/v1/services");
    let mut leaves = 0;
    for group in tree["services"].as_array().unwrap() {
        for matter in group["children"].as_array().unwrap() {
            leaves += 1;
            if leaves % 12 != 0 {
                continue;
            }
            let code = matter["code"].as_str().unwrap();
            assert_eq!(&server.json(&format!("/v1/services/{code}")), matter);
            let points = server.json(&format!("/v1/points?service={code}&limit=1"));
            assert_eq!(points["numberMatched"], matter["points"], "{code}");
        }
    }
    assert!(leaves >= 150, "{leaves}");
    server.get("/v1/services/nothing").problem(404);
    server.assert_log_clean();
}

#[test]
fn the_language_is_the_callers() {
    let server = Server::start();
    let name = |answer: &Value| answer["categories"][0]["name"].as_str().unwrap().to_owned();
    let zh = name(&server.json("/v1/categories"));
    let en = name(&server.json("/v1/categories?lang=en"));
    assert!(zh.chars().all(|c| !c.is_ascii_alphabetic()) && en.is_ascii(), "{zh} {en}");
    let accepted = server.get_with("/v1/categories", &[("Accept-Language", "en-GB, zh;q=0.2")]);
    assert_eq!(name(&accepted.json()), en);
}

#[test]
fn the_city_says_what_a_map_of_it_must_say() {
    let server = Server::start();
    let city = server.json("/v1/city");
    assert_eq!(city["id"], "beijing");
    let attribution = city["attribution"].to_string();
    assert!(attribution.contains("OpenStreetMap"), "{attribution}");
    assert!(city["note"]["zh"].as_str().is_some_and(|n| !n.is_empty()));
    assert_eq!(city["calendar_years"], serde_json::json!([2004, 2026]));
    for style in city["styles"].as_array().unwrap() {
        let style = server.json(&format!("/styles/{}.json", style.as_str().unwrap()));
        assert_eq!(style["version"], 8);
        assert!(!style.to_string().contains("{base}"));
    }
    server.get("/styles/none.json").problem(404);
}
