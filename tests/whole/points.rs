//! `/v1/points` and what hangs below it.

use std::collections::HashSet;

use serde_json::Value;

use crate::harness::Server;

fn ids(page: &Value) -> Vec<String> {
    let features = page["features"].as_array().unwrap();
    features.iter().map(|f| f["properties"]["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_hold_every_point_once_and_nearest_first() {
    let server = Server::start();
    let mut path = "/v1/points?lon=116.4&lat=39.9&limit=100".to_owned();
    let (mut seen, mut last, mut matched) = (HashSet::new(), 0.0, 0);
    loop {
        let page = server.json(&path);
        matched = page["numberMatched"].as_u64().unwrap().max(matched);
        for feature in page["features"].as_array().unwrap() {
            let distance = feature["properties"]["distance"].as_f64().unwrap();
            assert!(distance >= last, "{distance} comes after {last}");
            last = distance;
        }
        for id in ids(&page) {
            assert!(seen.insert(id.clone()), "{id} is on two pages");
        }
        match page["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len() as u64, matched);
    assert!(matched > 400, "{matched}");
    server.assert_log_clean();
}

#[test]
fn a_box_and_a_circle_hold_what_they_say_and_count_it() {
    let server = Server::start();
    let circle = "lon=116.4&lat=39.9&radius=5000";
    for area in [
        circle,
        "bbox=116.35,39.88,116.42,39.93",
        &format!("{circle}&bbox=116.35,39.88,116.42,39.93"),
    ] {
        let list = server.json(&format!("/v1/points?{area}&limit=1000"));
        assert_eq!(list["numberMatched"], list["numberReturned"], "{area}");
        assert!(list["numberReturned"].as_u64().unwrap() > 5, "{area}");
        for feature in list["features"].as_array().unwrap() {
            if area.contains("radius") {
                assert!(feature["properties"]["distance"].as_f64().unwrap() <= 5000.0);
            }
            let at = &feature["geometry"]["coordinates"];
            if area.contains("bbox") {
                assert!((116.35..=116.42).contains(&at[0].as_f64().unwrap()), "{feature}");
            }
        }
    }
}

#[test]
fn the_next_page_is_linked() {
    let server = Server::start();
    let answer = server.get("/v1/points?limit=3");
    let next = answer.json()["next"].as_str().unwrap().to_owned();
    let link = answer.header("link");
    assert!(link.starts_with('<') && link.contains(&next) && link.ends_with("; rel=\"next\""));
}

#[test]
fn filters_narrow_and_their_counts_agree_with_the_tree() {
    let server = Server::start();
    let categories = server.json("/v1/categories");
    let mut checked = 0;
    for group in categories["categories"].as_array().unwrap() {
        for category in group["children"].as_array().unwrap() {
            let code = category["code"].as_str().unwrap();
            let list = server.json(&format!("/v1/points?category={code}&limit=1"));
            assert_eq!(list["numberMatched"], category["points"], "{code}");
            checked += 1;
        }
        let code = group["code"].as_str().unwrap();
        let list = server.json(&format!("/v1/points?category={code}&limit=1"));
        assert_eq!(list["numberMatched"], group["points"], "{code}");
    }
    assert!(checked > 30, "{checked}");
    let both = server.json("/v1/points?bookable=true&limit=1")["numberMatched"].as_u64().unwrap()
        + server.json("/v1/points?bookable=false&limit=1")["numberMatched"].as_u64().unwrap();
    assert_eq!(server.json("/v1/points?limit=1")["numberMatched"].as_u64(), Some(both));
}

#[test]
fn the_districts_of_the_points_are_those_of_locate_and_of_the_filter() {
    let server = Server::start();
    let list = server.json("/v1/points?limit=1000");
    for feature in list["features"].as_array().unwrap().iter().step_by(9) {
        let at = &feature["geometry"]["coordinates"];
        let located = server.json(&format!("/v1/locate?lon={}&lat={}", at[0], at[1]));
        let county = &feature["properties"]["divisions"]["county"]["code"];
        assert_eq!(&located["divisions"][0]["code"], county, "{feature}");
    }
    // A community has no area here, and that is said rather than answered with nothing.
    assert_eq!(server.get("/v1/points?division=110101001001").problem(400), ["division"]);
    let in_haidian = server.json("/v1/points?division=110108&limit=1000");
    assert!(in_haidian["numberMatched"].as_u64().unwrap() > 10);
    for feature in in_haidian["features"].as_array().unwrap() {
        assert_eq!(feature["properties"]["divisions"]["county"]["name"], "海淀区");
    }
}

#[test]
fn a_position_in_another_datum_finds_the_same_point() {
    let server = Server::start();
    let wgs = server.json("/v1/points?lon=116.3975&lat=39.9087&limit=1");
    // The same place as Amap gives it.
    let gcj = server.json("/v1/points?lon=116.4037436&lat=39.9101035&crs=gcj02&limit=1");
    assert_eq!(ids(&wgs), ids(&gcj));
    let (a, b) = (&wgs["features"][0], &gcj["features"][0]);
    let (d, e) = (&a["properties"]["distance"], &b["properties"]["distance"]);
    assert!((d.as_f64().unwrap() - e.as_f64().unwrap()).abs() < 0.3, "{d} {e}");
    let shift = b["geometry"]["coordinates"][0].as_f64().unwrap()
        - a["geometry"]["coordinates"][0].as_f64().unwrap();
    assert!((0.0055..0.0068).contains(&shift), "the answer is in the caller's datum: {shift}");
}

#[test]
fn an_answer_is_not_sent_twice_to_whoever_has_it() {
    let server = Server::start();
    let first = server.get("/v1/points?limit=2");
    let again = server.get_with("/v1/points?limit=2", &[("If-None-Match", first.header("etag"))]);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = server.get_with("/v1/points?limit=3", &[("If-None-Match", first.header("etag"))]);
    assert_eq!(other.status, 200);
}

#[test]
fn a_spreadsheet_gets_csv_and_a_small_screen_only_what_it_asks_for() {
    let server = Server::start();
    let csv = server.get("/v1/points?category=library&format=csv&limit=1000");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let list = server.json("/v1/points?category=library&fields=name,category&limit=1000");
    let text = csv.text();
    assert_eq!(text.lines().count() - 1, list["features"].as_array().unwrap().len());
    assert!(text.contains("首都图书馆"));
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"points.csv\"");
    let narrow = server.get("/v1/points?format=csv&limit=3&fields=name,divisions").text();
    assert_eq!(narrow.lines().next().unwrap(), "id,name,county,localadmin,neighbourhood,lon,lat");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let heading: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    let (id, lon) = (0, heading.iter().position(|name| name == "lon").unwrap());
    for (row, feature) in table.records().zip(list["features"].as_array().unwrap()) {
        let row = row.unwrap();
        assert_eq!(row[id], *feature["properties"]["id"].as_str().unwrap());
        assert_eq!(row[lon], feature["geometry"]["coordinates"][0].to_string());
    }

    let properties = list["features"][0]["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names.len(), 3, "{names:?}");

    let near = server.json("/v1/points?lon=116.4&lat=39.9&limit=1");
    let every = near["features"][0]["properties"].as_object().unwrap();
    let names: Vec<&str> = every.keys().map(String::as_str).collect();
    let chosen = format!("/v1/points?lon=116.4&lat=39.9&limit=1&fields={}", names.join(","));
    assert_eq!(server.json(&chosen)["features"], near["features"]);
    assert_eq!(server.get("/v1/points?fields=name,colour").problem(400), ["fields"]);
}

#[test]
fn facets_count_what_the_list_holds_under_any_filter() {
    let server = Server::start();
    let areas = ["", "&bbox=116.3,39.8,116.5,40.0", "&lon=116.4&lat=39.9&radius=8000"];
    for area in areas.iter().flat_map(|a| [(*a).to_owned(), format!("{a}&bookable=true")]) {
        let path = format!("/v1/points?limit=1000&open_at=2026-11-24T10:00{area}");
        // `open_at` is a filter; what is counted with it is open.
        let open = server.json(&format!("{path}&facets=open"));
        assert_eq!(open["facets"]["open"]["open"], open["numberMatched"], "{area}");

        let path = format!("/v1/points?limit=1000{area}");
        let list = server.json(&format!("{path}&facets=category,county,open,bookable"));
        let points = list["features"].as_array().unwrap();
        let counted = |of: &dyn Fn(&Value) -> Value| {
            let mut counts = std::collections::HashMap::new();
            for point in points {
                *counts.entry(of(&point["properties"])).or_insert(0) += 1;
            }
            counts
        };
        let facets = &list["facets"];
        for (facet, own) in [
            ("category", counted(&|p| p["category"]["code"].clone())),
            ("county", counted(&|p| p["divisions"]["county"]["code"].clone())),
        ] {
            let counts = facets[facet].as_array().unwrap();
            assert_eq!(counts.len(), own.len(), "{facet}{area}");
            assert!(counts.windows(2).all(|w| w[0]["count"].as_u64() >= w[1]["count"].as_u64()));
            for c in counts {
                assert_eq!(c["count"], own[&c["code"]], "{facet}{area}");
            }
        }
        for (facet, own) in [
            ("open", counted(&|p| p["open"]["state"].clone())),
            ("bookable", counted(&|p| p["bookable"].to_string().into())),
        ] {
            let counts = facets[facet].as_object().unwrap();
            for (key, count) in counts {
                let own = own.get(&Value::from(key.as_str())).copied().unwrap_or_default();
                assert_eq!(*count, own, "{facet} {key}{area}");
            }
            let sum: u64 = counts.values().map(|c| c.as_u64().unwrap()).sum();
            assert_eq!(sum, list["numberMatched"].as_u64().unwrap());
        }
        // A page does not change what is counted.
        let page = server.json(&format!("/v1/points?limit=1{area}&facets=county"));
        assert_eq!(page["facets"]["county"], facets["county"]);
        assert!(page["facets"].get("open").is_none());
    }
    assert!(server.json("/v1/points?limit=1").get("facets").is_none());
    assert_eq!(server.get("/v1/points?facets=county,colour").problem(400), ["facets"]);
    assert_eq!(server.get("/v1/points?facets=county&format=csv").problem(400), ["facets"]);
}

#[test]
fn a_point_links_into_other_maps_in_their_datum() {
    let server = Server::start();
    let list = server.json("/v1/points?category=library&limit=1&lang=en");
    let links = list["features"][0]["properties"]["navigation"].as_array().unwrap().clone();
    let said: Vec<(&str, &str)> = links
        .iter()
        .map(|link| (link["id"].as_str().unwrap(), link["datum"].as_str().unwrap()))
        .collect();
    let expected = [("amap", "gcj02"), ("baidu", "bd09"), ("tencent", "gcj02"), ("geo", "wgs84")];
    assert_eq!(said, expected);
    for (link, (_, datum)) in links.iter().zip(said) {
        let crs = if datum == "bd09" { "bd09" } else { datum };
        let path = format!("/v1/points?category=library&limit=1&crs={crs}");
        let at = server.json(&path)["features"][0]["geometry"]["coordinates"].clone();
        for degrees in [&at[0], &at[1]] {
            let shown = format!("{:.6}", degrees.as_f64().unwrap());
            assert!(link["href"].as_str().unwrap().contains(&shown), "{shown} in {link}");
        }
    }
}

#[test]
fn a_point_says_what_it_is_and_what_is_not_known() {
    let server = Server::start();
    let id = ids(&server.json("/v1/points?category=library&limit=1"))[0].clone();
    let point = server.json(&format!("/v1/points/{id}?lang=en"));
    let properties = &point["properties"];
    assert_eq!(properties["category"]["name"], "Library");
    assert!(properties["services"].as_array().unwrap().iter().all(|s| s["basis"] == "typical"));
    assert_eq!(properties["open"]["state"], "unknown");
    assert_eq!(properties["open"]["reason"], "no_hours");
    assert_eq!(properties["address"], Value::Null);
    assert_eq!(properties["licence"], "ODbL-1.0");
    server.get("/v1/points/nobody").problem(404);
}

#[test]
fn booking_leads_to_the_portal_of_the_pack_and_nowhere_else() {
    let server = Server::start();
    let list = server.json("/v1/points?bookable=true&limit=1");
    let id = ids(&list)[0].clone();
    let reservation = list["features"][0]["properties"]["reservations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|r| r["channel"] == "reservation")
        .unwrap()
        .clone();
    let answer = server.get(&format!("/v1/points/{id}/reserve"));
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("https://"));
    let followed = server.get(reservation["href"].as_str().unwrap());
    assert_eq!(
        (followed.status, followed.header("location")),
        (303, reservation["url"].as_str().unwrap())
    );
    let followed = |server: &Server| {
        let metrics = server.get("/metrics").text();
        let lines = metrics.lines().filter(|l| l.starts_with("servicemap_reservations_total{"));
        lines.map(|l| l.rsplit(' ').next().unwrap().parse::<u32>().unwrap()).sum::<u32>()
    };
    assert_eq!(followed(&server), 2);
    assert_eq!(server.call("HEAD", &format!("/v1/points/{id}/reserve")).status, 303);
    assert_eq!(followed(&server), 2, "a HEAD is no visit");
    let bad = server.get(&format!("/v1/points/{id}/reserve?return_to=javascript:1"));
    assert_eq!(bad.problem(400), ["return_to"]);

    server.get(&format!("/v1/points/{id}/reserve?portal=https://evil.example")).problem(404);
    let unknown = server.get(&format!("/v1/points/{id}/reserve?url=https://evil.example"));
    assert_eq!(unknown.problem(400), ["url"]);
}

#[test]
fn what_cannot_be_booked_says_so() {
    let server = Server::start();
    let id = ids(&server.json("/v1/points?bookable=false&limit=1"))[0].clone();
    server.get(&format!("/v1/points/{id}/reserve")).problem(409);
    // An office of a kind that the hotline serves names the number to call.
    let office = ids(&server.json("/v1/points?category=subdistrict_office&limit=1"))[0].clone();
    let answer = server.get(&format!("/v1/points/{office}/reserve"));
    answer.problem(409);
    assert_eq!(answer.json()["phone"], "12345");
}

#[test]
fn a_visit_is_passed_on_where_the_portal_takes_it_and_only_to_whom_it_admits() {
    let pack = crate::packs::copy();
    crate::packs::edit(pack.path(), "portals.toml", |_| {
        r#"
        [[portal]]
        id = "desk"
        name = { zh = "热线代约" }
        url = "https://desk.example/book"
        channel = "reservation"
        categories = ["library"]
        who = ["agent"]
        source = "portals"

        [[portal]]
        id = "book"
        name = { zh = "预约" }
        url = "https://book.example/{point}{?service,slot,return_to,ref,lang,who}"
        channel = "reservation"
        phone = "12345"
        categories = ["library"]
        who = ["self", "proxy"]
        lead = { min = "PT2H", max = "P14D" }
        checked_at = "2026-11-24"
        status = "ok"
        source = "portals"
        "#
        .into()
    });
    let server = Server::start_with(pack.path(), &[]);
    let list = server.json("/v1/points?category=library&limit=1");
    let id = ids(&list)[0].clone();
    let properties = &list["features"][0]["properties"];
    assert_eq!(properties["bookable"], true, "by whoever comes");
    let book = &properties["reservations"][1];
    assert_eq!(book["who"], serde_json::json!(["self", "proxy"]));
    assert_eq!(book["lead"], serde_json::json!({"min": "PT2H", "max": "P14D"}));
    assert_eq!((&book["status"], &book["checked_at"]), (&"ok".into(), &"2026-11-24".into()));
    assert_eq!(book["url"], format!("https://book.example/{id}"));

    let path = format!("/v1/points/{id}/reserve");
    let led = |query: &str| {
        let answer = server.get(&format!("{path}?{query}"));
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").to_owned()
    };
    let all = "slot=s%261&return_to=https://city.example/back%3Fa&ref=map&lang=en";
    assert_eq!(
        led(all),
        format!(
            "https://book.example/{id}?slot=s%261&return_to=https%3A%2F%2Fcity.example%2Fback%3Fa\
             &ref=map&lang=en&who=self"
        )
    );
    // Whoever books for a caller says who they are.
    server.get(&format!("{path}?who=agent")).problem(401);
    assert!(led("who=proxy").contains("who=proxy"));
    server.get(&format!("{path}?portal=desk")).problem(409);
    assert_eq!(server.get(&format!("{path}?who=anybody")).problem(400), ["who"]);
}

#[test]
fn a_portal_that_could_lead_elsewhere_is_refused_with_its_line() {
    let pack = crate::packs::copy();
    crate::packs::edit(pack.path(), "portals.toml", |text| {
        text.replacen("https://www.114yygh.com/", "https://{point}.example/", 1)
    });
    let said = crate::harness::refused(pack.path());
    assert!(said.contains("portals.toml:8: url:"), "{said}");
}
