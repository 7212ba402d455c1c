//! `/v1/locate` and `/v1/divisions`.

use crate::harness::Server;

#[test]
fn a_place_in_haidian_is_in_haidian() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=116.31&lat=39.98");
    assert_eq!(answer["divisions"][0]["name"], "海淀区");
    assert_eq!(answer["divisions"][0]["level"], "district");
    assert_eq!(answer["divisions"][0]["quality"], "approximate");
    assert!(answer["divisions"][0]["distance_to_border_m"].as_f64().unwrap() > 1000.0);
    let zh = answer["sentence"]["zh"].as_str().unwrap();
    assert!(zh.contains("海淀区") && zh.contains("近似"), "{zh}");
    assert!(answer["sentence"]["en"].as_str().unwrap().contains("Haidian"));
    server.assert_log_clean();
}

#[test]
fn outside_the_city_nobody_is_named() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=121.47&lat=31.23");
    assert_eq!(answer["match"], "outside");
    assert_eq!(answer["divisions"].as_array().unwrap().len(), 0);
    assert!(answer["responsible"].is_null());
}

#[test]
fn swapped_coordinates_are_pointed_out() {
    let server = Server::start();
    let answer = server.get("/v1/locate?lon=39.98&lat=116.31");
    assert_eq!(answer.problem(400), ["lon", "lat"]);
    assert!(answer.text().contains("lon=116.31&lat=39.98"));
}

#[test]
fn every_district_is_listed_and_holds_its_own_areas() {
    let server = Server::start();
    let list = server.json("/v1/divisions");
    let districts = list["divisions"].as_array().unwrap();
    assert_eq!(districts.len(), 16);
    let townships: usize = districts.iter().map(|d| d["children"].as_u64().unwrap() as usize).sum();
    assert!(townships >= 343, "{townships}");
    assert_eq!(
        server.json("/v1/divisions?level=township")["divisions"].as_array().unwrap().len(),
        343
    );
    assert_eq!(
        server.json("/v1/divisions?level=community")["divisions"].as_array().unwrap().len(),
        7535
    );

    let haidian = server.json("/v1/divisions/110108");
    assert_eq!(haidian["properties"]["population"], 3_133_469);
    assert_eq!(haidian["properties"]["population_at"], "2020-11-01");
    let all = server.json("/v1/divisions?level=district");
    let all = all["divisions"].as_array().unwrap().iter();
    let residents = all.map(|d| d["population"].as_u64().unwrap());
    assert_eq!(residents.sum::<u64>(), 21_893_095, "as many as in the whole city");
    assert_eq!(haidian["properties"]["name"], "海淀区");
    let ring = haidian["geometry"]["coordinates"][0][0].as_array().unwrap();
    assert_eq!(ring.first(), ring.last());
    let under = server.json("/v1/divisions?parent=110108&level=township");
    assert!(under["divisions"].as_array().unwrap().iter().all(|d| d["parent"] == "110108"));
    server.get("/v1/divisions/999999").problem(404);
    assert_eq!(server.get("/v1/divisions?parent=999999").problem(400), ["parent"]);
}

#[test]
fn a_district_that_was_merged_leads_to_the_one_it_joined() {
    let server = Server::start();
    let gone = server.json("/v1/divisions/110103/successors");
    assert_eq!(
        (gone["name"].as_str(), gone["successors"][0]["code"].as_str()),
        (Some("崇文区"), Some("110101"))
    );
    assert_eq!(gone["successors"][0]["changes"][0]["kind"], "merge");
    assert_eq!(gone["redrawn"][0], "2010");
    let before = server.json("/v1/divisions/110103/successors?date=2009-06-01");
    assert_eq!(before["successors"].as_array().unwrap().len(), 0);
    // Two changes, of which the second gave the county its present code.
    let county = server.json("/v1/divisions/110203/successors");
    assert_eq!(county["successors"][0]["code"], "110112");
    assert_eq!(county["successors"][0]["changes"].as_array().unwrap().len(), 2);
    let now = server.json("/v1/divisions/110101/successors");
    assert_eq!(now["successors"].as_array().unwrap().len(), 0);
    assert_eq!(now["predecessors"][0]["code"], "110103");
    server.get("/v1/divisions/999999/successors").problem(404);
    assert_eq!(server.get("/v1/divisions/110101/successors?date=2010").problem(400), ["date"]);
}

#[test]
fn a_datum_that_would_change_the_answer_is_asked_for() {
    let server = Server::start();
    let hints = |crs: &str| -> usize {
        let step = |i: i32| 116.2 + f64::from(i) * 0.002;
        let ask = |i| server.json(&format!("/v1/locate?lon={}&lat=39.92{crs}", step(i)));
        (0..60).filter(|i| ask(*i)["hint"].is_object()).count()
    };
    let without = hints("");
    assert!(without > 0 && without < 60, "{without}");
    assert_eq!(hints("&crs=wgs84"), 0);
    let inside = server.json("/v1/locate?lon=115.9&lat=40.6");
    assert!(inside["hint"].is_null(), "{inside}");
}

#[test]
fn the_responsible_body_is_named_with_the_rule_that_says_so() {
    let server = Server::start();
    let answer = server.json("/v1/locate?lon=116.31&lat=39.98&lang=en&category=library");
    assert_eq!(answer["responsible"]["code"], answer["divisions"][1]["code"]);
    assert!(answer["responsible"]["basis"].as_str().unwrap().contains("territory"), "{answer}");
    assert_eq!(answer["responsible"]["joint"].as_array().unwrap().len(), 0);
    let bad = server.get("/v1/locate?lon=116.31&lat=39.98&category=castles");
    assert_eq!(bad.problem(400), ["category"]);
}

#[test]
fn words_that_may_mean_several_places_are_answered_with_a_question() {
    let server = Server::start();
    // A district is itself, and nothing is asked.
    let sure = server.json("/v1/locate?text=%E6%B5%B7%E6%B7%80%E5%8C%BA");
    assert_eq!(sure["candidates"][0]["divisions"][0]["name"], "海淀区");
    // Names of stops and streets recur from district to district.
    let names = [
        "%E6%96%B0%E5%8D%8E%E5%A4%A7%E8%A1%97",
        "%E5%85%B4%E5%8D%8E%E8%B7%AF",
        "%E5%8C%97%E5%A4%A7%E8%A1%97",
        "%E5%8D%97%E5%A4%A7%E8%A1%97",
    ];
    let mut asked = 0;
    for name in names {
        let answer = server.json(&format!("/v1/locate?text={name}"));
        let candidates = answer["candidates"].as_array().unwrap();
        let districts: std::collections::HashSet<&str> =
            candidates.iter().filter_map(|c| c["divisions"][0]["name"].as_str()).collect();
        if districts.len() > 1 {
            let zh = answer["question"]["zh"].as_str().unwrap();
            assert!(zh.contains("的还是"), "{zh}");
            asked += 1;
        }
    }
    assert!(asked > 0, "none of the names recurs");
    let both = server.get("/v1/locate?text=x&lon=116.3&lat=39.9");
    assert_eq!(both.problem(400), ["text"]);
}
