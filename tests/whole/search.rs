//! `/v1/autocomplete`, `/v1/search`, `/v1/reverse`, `/v1/place`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::harness::Server;

/// A text as the value of a parameter.
fn query(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Names of the hits, in order.
fn names(answer: &Value) -> Vec<&str> {
    let features = answer["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"]["name"].as_str().unwrap()).collect()
}

fn search(server: &Server, text: &str, more: &str) -> Value {
    server.json(&format!("/v1/search?text={}{more}", query(text)))
}

#[test]
fn an_office_is_found_by_its_everyday_name_its_sound_and_its_initials() {
    let server = Server::start();
    let office = "北京市海淀区人民政府";
    for text in
        ["海淀区政府", "hdqzf", "北京市海淀区人民政府", "haidianquzhengfu", "海淀qzf", "海澱區政府"]
    {
        let answer = search(&server, text, "");
        assert_eq!(names(&answer).first(), Some(&office), "{text}: {:?}", names(&answer));
    }
    assert_eq!(names(&search(&server, "首都图书馆", ""))[0], "首都图书馆");
    server.assert_log_clean();
}

#[test]
fn what_one_comes_for_leads_to_the_offices_that_handle_it() {
    let server = Server::start();
    for text in ["办身份证", "领证", "打疫苗"] {
        let answer = search(&server, text, "");
        let features = answer["features"].as_array().unwrap();
        let matter = features.iter().find(|f| f["properties"]["layer"] == "matter");
        let matter = matter.unwrap_or_else(|| panic!("{text}: {:?}", names(&answer)));
        let code = matter["properties"]["addendum"]["servicemap"]["matter"].as_str().unwrap();
        let points = server.json(&format!("/v1/points?service={code}&limit=1"));
        assert_eq!(
            points["numberMatched"],
            matter["properties"]["addendum"]["servicemap"]["points"]
        );
    }
}

#[test]
fn suggestions_come_at_every_keystroke_and_say_what_matched() {
    let server = Server::start();
    let typed = "首都图书馆";
    for (i, _) in typed.char_indices().skip(1) {
        let text = &typed[..i + 3];
        let answer = server.json(&format!("/v1/autocomplete?text={}", query(text)));
        assert!(names(&answer).contains(&typed), "{text}: {:?}", names(&answer));
        let hit = &answer["features"].as_array().unwrap()
            [names(&answer).iter().position(|n| *n == typed).unwrap()];
        let marks = &hit["properties"]["addendum"]["servicemap"]["highlight"];
        assert_eq!(marks[0][0], 0, "{text}: {marks}");
    }
}

#[test]
fn an_answer_is_what_a_client_of_pelias_expects() {
    let server = Server::start();
    let answer =
        search(&server, "首都图书馆", "&focus.point.lat=39.9&focus.point.lon=116.4&size=3");
    assert_eq!(answer["type"], "FeatureCollection");
    assert_eq!(answer["geocoding"]["query"]["text"], "首都图书馆");
    assert!(answer["features"].as_array().unwrap().len() <= 3);
    let properties = &answer["features"][0]["properties"];
    for key in [
        "id",
        "gid",
        "layer",
        "source",
        "source_id",
        "name",
        "label",
        "match_type",
        "accuracy",
        "county",
        "region",
    ] {
        assert!(properties[key].is_string(), "{key}: {properties}");
    }
    assert!(properties["confidence"].as_f64().is_some_and(|c| (0.0..=1.0).contains(&c)));
    assert!(properties["distance"].as_f64().is_some_and(|km| km > 1.0 && km < 30.0));
    let gid = properties["gid"].as_str().unwrap();
    let place = server.json(&format!("/v1/place?ids={gid}"));
    assert_eq!(place["features"][0]["properties"]["name"], "首都图书馆");
}

#[test]
fn boundaries_hold() {
    let server = Server::start();
    let inside =
        search(&server, "医院", "&boundary.gid=servicemap:county:110108&size=20&layers=venue");
    for feature in inside["features"].as_array().unwrap() {
        assert_eq!(feature["properties"]["county"], "海淀区");
    }
    assert!(!inside["features"].as_array().unwrap().is_empty());
    let circle = search(
        &server,
        "医院",
        "&boundary.circle.lat=39.9&boundary.circle.lon=116.4&boundary.circle.radius=3&size=20",
    );
    for feature in circle["features"].as_array().unwrap() {
        let at = &feature["geometry"]["coordinates"];
        let (dx, dy) = (at[0].as_f64().unwrap() - 116.4, at[1].as_f64().unwrap() - 39.9);
        assert!((dx * 85.3).hypot(dy * 111.0) < 3.05, "{feature}");
    }
}

#[test]
fn without_a_text_the_nearest_of_a_kind_come() {
    let server = Server::start();
    let answer =
        server.json("/v1/search?categories=library&focus.point.lat=39.9&focus.point.lon=116.4");
    let distances: Vec<f64> = answer["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["distance"].as_f64().unwrap())
        .collect();
    assert!(distances.len() == 10 && distances.is_sorted(), "{distances:?}");
    assert_eq!(server.get("/v1/search").problem(400), ["text"]);
    let several = server.json(
        "/v1/search?categories=library,museum&focus.point.lat=39.9&focus.point.lon=116.4&size=40",
    );
    let kinds: std::collections::BTreeSet<&str> = several["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["category"][0].as_str().unwrap())
        .collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["library", "museum"]);
    assert_eq!(server.get("/v1/search?categories=library,none").problem(400), ["categories"]);
}

#[test]
fn an_address_is_answered_with_the_most_exact_thing_known() {
    let server = Server::start();
    for (text, name) in [
        ("地铁天安门东站附近", "天安门东"),
        ("首都图书馆对面", "首都图书馆"),
        ("望京南湖东园", "南湖东园"),
        ("朝阳区酒仙桥路10号院3号楼2单元", "酒仙桥路"),
    ] {
        let answer = search(&server, text, "");
        assert!(names(&answer)[0].starts_with(name), "{text}: {:?}", names(&answer));
    }
    let properties = |text: &str| search(&server, text, "")["features"][0]["properties"].clone();
    let known = properties("朝阳区酒仙桥路");
    let numbered = properties("朝阳区酒仙桥路10号院3号楼2单元");
    assert_eq!(
        (&known["match_type"], &numbered["match_type"]),
        (&"exact".into(), &"fallback".into())
    );
    assert_eq!(numbered["accuracy"], "centroid");
    assert!(numbered["confidence"].as_f64() < known["confidence"].as_f64());
}

#[test]
fn a_position_is_described_by_what_is_there() {
    let server = Server::start();
    let answer =
        server.json("/v1/reverse?point.lat=39.98&point.lon=116.31&layers=county,localadmin");
    assert!(names(&answer).contains(&"海淀区"), "{:?}", names(&answer));
    assert_eq!(server.get("/v1/reverse").problem(400), ["point.lon", "point.lat"]);
}

#[test]
fn strange_texts_are_answered_and_not_obeyed() {
    let server = Server::start();
    for text in [
        "\"",
        "(",
        "海淀 AND OR NOT *",
        "name:x~2^3",
        "'; DROP TABLE points;--",
        "😀😀😀",
        "مكتبة",
        "\u{202e}馆书图",
        "%_",
        "\\",
        "a+b-c&&d||e!f(g)h{i}j[k]l^m\"n~o*p?q:r\\s/t",
    ] {
        let answer = server.get(&format!("/v1/search?text={}", query(text)));
        assert_eq!(answer.status, 200, "{text}: {}", answer.text());
    }
    let long = server.get(&format!("/v1/search?text={}", "a".repeat(513)));
    assert_eq!(long.problem(400), ["text"]);
    assert_eq!(search(&server, &"馆".repeat(512), "")["type"], "FeatureCollection");
    server.assert_log_clean();
}

/// Those in different districts are told apart by the district, those in one by the township.
#[test]
fn homonyms_are_told_apart_by_their_labels() {
    let server = Server::start();
    let places = std::fs::read_to_string(crate::harness::city().join("places.csv")).unwrap();
    let mut table = csv::Reader::from_reader(places.as_bytes());
    let mut times = std::collections::BTreeMap::<String, usize>::new();
    for row in table.records() {
        *times.entry(row.unwrap()[1].to_owned()).or_default() += 1;
    }
    let (mut townships, mut asked) = (0, 0);
    for name in times.iter().filter(|(_, n)| **n > 1).map(|(name, _)| name).step_by(25) {
        let answer = search(&server, name, "&size=20");
        let own = answer["features"].as_array().unwrap().iter().map(|f| &f["properties"]);
        let own: Vec<&Value> = own.filter(|p| p["name"] == name.as_str()).collect();
        asked += 1;
        for (i, a) in own.iter().enumerate() {
            let label = a["label"].as_str().unwrap();
            if let Some(county) = a["county"].as_str() {
                assert!(label.contains(county) || a["layer"] == "county", "{label}");
            }
            for b in &own[i + 1..] {
                let levels = ["county", "localadmin"];
                let apart =
                    levels.iter().any(|l| a[l].is_string() && b[l].is_string() && a[l] != b[l]);
                assert!(!apart || a["label"] != b["label"], "{label}: {a} {b}");
                if a["county"] == b["county"] && a["localadmin"] != b["localadmin"] {
                    townships += 1;
                }
            }
        }
    }
    assert!(asked > 20 && townships > 5, "{asked} {townships}");
}
