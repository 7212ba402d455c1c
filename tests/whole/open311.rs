//! Open311: asked by clients that others use, and by whoever means no good.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{Answer, city};
use crate::intake::Hotline;
use crate::writes::make_key;

const FORM: &str = "application/x-www-form-urlencoded";

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

impl Hotline {
    fn ask(&self, query: &str) -> Answer {
        let path = format!("/open311/v2/requests.json{query}");
        self.server.get_with(&path, &[("authorization", &format!("Bearer {}", self.key))])
    }

    /// Ids of the requests of a list.
    fn ids(&self, query: &str) -> Vec<String> {
        let answer = self.ask(query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let id = |request: &Value| request["service_request_id"].as_str().unwrap().to_owned();
        answer.json().as_array().unwrap().iter().map(id).collect()
    }

    /// Asks until the list has so many.
    fn until(&self, query: &str, count: usize) {
        let start = Instant::now();
        while self.ids(query).len() != count {
            assert!(start.elapsed() < Duration::from_mins(1), "{:?}", self.ids(query));
        }
    }
}

/// Errors as the specification has them; what they say.
fn errors(answer: &Answer, status: u16) -> Vec<String> {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    let list = answer.json();
    let said = list.as_array().unwrap().iter().map(|error| {
        assert_eq!(error["code"], status.to_string(), "{error}");
        error["description"].as_str().unwrap().to_owned()
    });
    let said: Vec<String> = said.collect();
    assert!(!said.is_empty());
    said
}

/// `georeport` of `PyPI`, whose answers are held against schemas, and `open311` of npm.
#[test]
fn clients_that_others_use_make_requests_and_find_them() {
    let hotline = Hotline::open();
    let base = format!("http://{}", hotline.server.authority());
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    for (program, script) in [
        (clients.join(".venv/bin/python"), "georeport_check.py"),
        ("node".into(), "open311_check.js"),
    ] {
        let output = Command::new(&program)
            .arg(clients.join(script))
            .args([&base, &hotline.key])
            .output()
            .unwrap_or_else(|e| {
                panic!("{} (scripts/test-needs installs it): {e}", program.display())
            });
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        let made: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
        for id in &made {
            let kept = hotline.kept(id).unwrap();
            assert_eq!(kept.record.ticket.channel, "open311");
            assert!(kept.record.ticket.location.is_some());
        }
        if script.starts_with("georeport") {
            let kept = hotline.kept(&made[1]).unwrap();
            assert_eq!(kept.texts.contact.as_deref(), Some("A B <a@example.org>"));
        }
    }
    hotline.server.assert_log_clean();
}

#[test]
fn requests_are_found_by_time_state_service_and_place() {
    let hotline = Hotline::open();
    let now = Timestamp::now();
    let ago = |days: i64| (now - SignedDuration::from_hours(24 * days)).to_string();
    let file = |id: &str, days: i64, more: Value| {
        let mut ticket = json!({"id": id, "category": "heat_service", "requested_at": ago(days)});
        ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = hotline.post(&ticket);
        assert_eq!(answer.status, 201, "{}", answer.text());
    };
    file("old", 200, json!({}));
    file("a", 80, json!({"lon": 116.40, "lat": 39.90, "closed_at": ago(10)}));
    file("b", 50, json!({"lon": 116.42, "lat": 39.93, "dispatched_at": ago(49)}));
    file("c", 2, json!({"category": "noise_complaint", "lon": 116.3, "lat": 39.98}));
    hotline.until("", 3);
    for (query, due) in [
        ("?status=&service_code=&start_date=", vec!["c", "b", "a"]),
        ("?status=open", vec!["c", "b"]),
        ("?status=closed", vec!["a"]),
        ("?status=closed,open", vec!["c", "b", "a"]),
        ("?service_code=heat_service", vec!["b", "a"]),
        ("?service_code=heat_service,noise_complaint&page_size=2", vec!["c", "b"]),
        ("?page_size=2&page=2", vec!["a"]),
        ("?page_size=2&page=3", vec![]),
        ("?page=1000000&page_size=1000", vec![]),
        ("?page=999999999999", vec![]),
        (&format!("?start_date={}", escaped(&ago(81))), vec!["c", "b", "a"]),
        (&format!("?end_date={}", escaped(&ago(49))), vec!["b", "a"]),
        (&format!("?start_date={}", escaped(&ago(230))), vec!["old"]),
        (&format!("?start_date={}&end_date={}", escaped(&ago(60)), escaped(&ago(40))), vec!["b"]),
        (&format!("?updated_after={}", escaped(&ago(20))), vec!["c", "a"]),
        (&format!("?updated_before={}&page_size=1", escaped(&ago(20))), vec!["b"]),
        ("?bbox=116.39,39.89,116.43,39.94", vec!["b", "a"]),
        ("?lat=39.9&long=116.4", vec!["a", "b", "c"]),
        ("?lat=39.9&long=116.4&radius=5000", vec!["a", "b"]),
        ("?service_request_id=old,b,nobody&status=lost&start_date=never", vec!["old", "b"]),
        ("?jurisdiction_id=example.org&extensions=true", vec!["c", "b", "a"]),
    ] {
        assert_eq!(hotline.ids(query), due, "{query}");
    }
    let closed = hotline.ask("?service_request_id=a").json()[0].clone();
    let time = |name: &str| closed[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(
        time("updated_datetime").as_second(),
        ago(10).parse::<Timestamp>().unwrap().as_second()
    );
    assert_eq!(
        time("requested_datetime").as_second(),
        ago(80).parse::<Timestamp>().unwrap().as_second()
    );
    for (query, said) in [
        (format!("?start_date={}&end_date={}", escaped(&ago(92)), escaped(&ago(1))), "90 days"),
        (format!("?start_date={}&end_date={}", escaped(&ago(1)), escaped(&ago(2))), "before"),
        ("?status=lost".into(), "status"),
        ("?radius=10".into(), "radius"),
        ("?cursor=first&page=1".into(), "page"),
        ("?cursor=d0.0.0".into(), "cursor"),
        ("?page=0".into(), "page"),
        ("?page_size=1001".into(), "page_size"),
        ("?colour=red".into(), "colour"),
        ("?lat=116.4&long=39.9".into(), "swapped"),
    ] {
        let named = errors(&hotline.ask(&query), 400);
        assert!(named.iter().any(|named| named.contains(said)), "{query}: {named:?}");
    }
    errors(&hotline.ask("?service_code=castle"), 404);
    errors(&hotline.ask("?service_request_id=nobody"), 404);
    hotline.server.assert_log_clean();
}

/// More requests than one answer looks at: nothing is left out in silence, and whoever goes
/// through all of them finds each that fits once.
#[test]
fn those_that_were_updated_are_found_among_any_number() {
    const ROWS: i64 = 50_500;
    let hotline = Hotline::open();
    let now = Timestamp::now();
    let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);
    let stamp = |at: Timestamp| format!("{at:.0}");
    let filed = |n: i64| ago(1_000_000 + n * 7);
    let fits = |n: i64| n % 1000 == 17 || n > ROWS - 12;
    let row = |n: i64| {
        let closed = if fits(n) { ago(5000) } else { filed(n) };
        format!(
            "{{\"id\":\"{n}\",\"category\":\"heat_service\",\"requested_at\":\"{}\",\
             \"closed_at\":\"{}\"}}\n",
            stamp(filed(n)),
            stamp(closed)
        )
    };
    let pieces: Vec<Vec<u8>> = (0..ROWS).map(|n| row(n).into_bytes()).collect();
    let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    let (status, told) = hotline.pour("", length, pieces.into_iter());
    assert!(status == 200 && told.contains(&format!("\"created\":{ROWS},")), "{status}: {told}");
    let bearer = format!("Bearer {}", hotline.key);
    let start = Instant::now();
    let held = || {
        let list = hotline.server.get_with("/v1/tickets?limit=1", &[("authorization", &bearer)]);
        list.json()["total"].as_i64()
    };
    while held() != Some(ROWS) {
        assert!(start.elapsed() < Duration::from_mins(1), "{:?} are there", held());
    }

    let updated = format!("updated_after={}", escaped(&ago(6000).to_string()));
    let named = errors(&hotline.ask(&format!("?{updated}")), 400);
    assert!(named[0].contains("cursor=first"), "{named:?}");
    let narrow = format!("?{updated}&start_date={}", escaped(&filed(2018).to_string()));
    assert_eq!(hotline.ids(&narrow), ["17", "1017", "2017"]);
    let before = format!("?updated_before={}&page_size=3", escaped(&filed(ROWS - 40).to_string()));
    let older: Vec<String> = (ROWS - 40..ROWS - 37).map(|n| n.to_string()).collect();
    assert_eq!(hotline.ids(&before), older, "what was filed later is not looked at");

    let due: Vec<String> = (0..ROWS).filter(|n| fits(*n)).map(|n| n.to_string()).collect();
    // The answers are full first, and then at the end of what one of them looks at.
    for size in [7, 1000] {
        let mut path = format!("/open311/v2/requests.json?{updated}&page_size={size}&cursor=first");
        let mut pages: Vec<Vec<String>> = Vec::new();
        loop {
            assert!(pages.len() < 20, "{pages:?}");
            let answer = hotline.server.get_with(&path, &[("authorization", &bearer)]);
            let page = answer.json().as_array().unwrap().clone();
            let id = |request: &Value| request["service_request_id"].as_str().unwrap().to_owned();
            pages.push(page.iter().map(id).collect());
            let link = answer.header("link").to_owned();
            let Some((_, next)) = link.split_once(hotline.server.authority()) else { break };
            next.trim_end_matches(">; rel=\"next\"").clone_into(&mut path);
        }
        assert!(pages.len() > 1 && pages.iter().all(|page| page.len() <= size), "{pages:?}");
        assert_eq!(pages.concat(), due);
    }
    hotline.server.assert_log_clean();
}

/// Whatever goes wrong before there is a question is told in the words of the specification.
#[test]
fn every_error_is_a_list_of_codes_and_descriptions() {
    let hotline = Hotline::open();
    let long = format!("requests.json?service_code={}", "a".repeat(20_000));
    for (method, path, status) in [
        ("GET", "nothing.json", 404),
        ("GET", "requests/%FF.json", 400),
        ("DELETE", "requests.json", 405),
        ("PUT", "services/heat_service.json", 405),
        ("GET", &long, 414),
    ] {
        let path = format!("/open311/v2/{path}");
        let answer = hotline.server.call(method, &path);
        errors(&answer, status);
        assert!(status != 405 || answer.header("allow").contains("GET"), "{path}");
        let answer = hotline.server.call(method, &path.replacen(".json", ".xml", 1));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "text/xml; charset=utf-8")
        );
        let text = answer.text();
        assert!(
            text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><errors><error><code>")
        );
        assert!(text.contains(&format!("<code>{status}</code><description>")), "{text}");
    }
}

#[test]
fn what_may_be_asked_for_is_public_and_what_was_asked_is_not() {
    let hotline = Hotline::open();
    let analyst = make_key(&city(), &hotline.folder.file(), "analyst");
    let get = |path: &str| hotline.server.get(&format!("/open311/v2/{path}"));
    for path in ["discovery", "services", "services/heat_service"] {
        let (json, xml) = (get(&format!("{path}.json")), get(&format!("{path}.xml")));
        assert_eq!((json.status, xml.status), (200, 200), "{path}: {}", json.text());
        assert_eq!(json.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(xml.header("content-type"), "text/xml; charset=utf-8");
        assert!(xml.text().starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"));
        assert!(!xml.header("etag").is_empty());
    }
    errors(&get("services/nothing.json"), 404);
    hotline.post(&json!({"id": "a.1", "category": "heat_service"}));
    let form = b"service_code=heat_service&lat=39.9&long=116.4";
    for path in
        ["requests.json", "requests/a.1.json", "tokens/a.1.json", "requests.json?api_key=no"]
    {
        errors(&get(path), 403);
        assert!(get(&path.replace(".json", ".xml")).text().contains("<code>403</code>"));
    }
    errors(&get(&format!("requests.json?api_key={analyst}")), 403);
    errors(&hotline.server.post("/open311/v2/requests.json", FORM, form), 403);
    let key = &hotline.key;
    let mine = get(&format!("requests/a.1.json?api_key={key}"));
    assert_eq!((mine.status, mine.header("cache-control")), (200, "private, no-cache"));
    assert_eq!(mine.json().as_array().unwrap().len(), 1, "one is still a list");
    let token = get(&format!("tokens/a.1.json?api_key={key}")).json();
    assert_eq!(token[0]["service_request_id"], "a.1");
    let xml = get(&format!("requests/a.1.xml?api_key={key}")).text();
    assert!(xml.contains("<service_requests><request><service_request_id>a.1<"), "{xml}");
    let keyed = [form.as_slice(), b"&api_key=", key.as_bytes()].concat();
    assert_eq!(hotline.server.post("/open311/v2/requests.xml", FORM, &keyed).status, 201);
    let bare = get(&format!("requests/a.1?api_key={key}"));
    assert_eq!((bare.status, bare.header("content-type")), (404, "text/xml; charset=utf-8"));
}

#[test]
fn a_request_is_read_whole_or_named_wrong_and_xml_is_not_read() {
    let hotline = Hotline::open();
    let post =
        |kind: &str, body: &[u8]| hotline.send("POST", "/open311/v2/requests.json", kind, body);
    let said = errors(&post(FORM, b""), 400);
    assert!(said[0].starts_with("lat: ") && said[1].starts_with("service_code: "), "{said:?}");
    let bad =
        b"lat=north&long=&service_code=heat_service&attribute[A]=1&colour=red&phone=1&phone=2";
    let said = errors(&post(FORM, bad), 400);
    for field in ["attribute[A]", "colour", "phone"] {
        assert!(said.iter().any(|s| s.starts_with(field)), "{field}: {said:?}");
    }
    let said = errors(&post(FORM, b"service_code=&lat=x&long=116.4"), 400);
    assert!(said.iter().any(|s| s.starts_with("lat: ")), "{said:?}");
    assert!(said.iter().any(|s| s.starts_with("service_code: is missing")), "{said:?}");
    errors(&post(FORM, b"service_code=castle&lat=39.9&long=116.4"), 404);
    let long =
        format!("service_code=heat_service&lat=39.9&long=116.4&description={}", "x".repeat(4001));
    errors(&post(FORM, long.as_bytes()), 400);
    errors(&post(FORM, &vec![b'x'; 70_000]), 413);
    for kind in ["application/xml", "text/xml", "multipart/form-data; boundary=a", ""] {
        errors(
            &post(kind, b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
            415,
        );
    }
    errors(&post("application/json", b"[1]"), 400);
    errors(&post("application/json", b"{\"service_code\": [\"heat_service\"]}"), 400);
    let body = json!({"service_code": "heat_service", "lat": 39.93, "long": 116.42, "email": null,
        "description": "冷", "media_url": "https://example.org/a.jpg"});
    let made = post("application/json; charset=utf-8", body.to_string().as_bytes());
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()[0]["service_request_id"].as_str().unwrap().to_owned();
    let kept = hotline.kept(&id).unwrap();
    assert_eq!(kept.texts.description.as_deref(), Some("冷\nhttps://example.org/a.jpg"));
    assert_eq!(kept.record.ticket.divisions.district.as_deref(), Some("110101"));
    // A place by the id that the search gives.
    let found = hotline.server.json(&crate::harness::escaped("/v1/search?text=中关村大街&size=1"));
    let gid = found["features"][0]["properties"]["gid"].as_str().unwrap();
    let form = format!("service_code=heat_service&address_id={}", escaped(gid));
    assert_eq!(post(FORM, form.as_bytes()).status, 201);
    errors(&post(FORM, b"service_code=heat_service&address_id=nowhere"), 400);
    hotline.server.assert_log_clean();
}

/// Whatever stands in a parameter or a field, the answer is an answer or says what is wrong.
#[test]
fn any_value_of_any_field_gets_an_answer() {
    let hotline = Hotline::open();
    let document: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let of = &document["paths"]["/open311/v2/requests.{format}"];
    let asked = of["get"]["parameters"].as_array().unwrap().iter();
    let asked = asked.filter(|parameter| parameter["in"] == "query");
    let mut fields: Vec<String> =
        asked.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
    // Whoever sends another field is told which there are.
    let path = "/open311/v2/requests.json";
    let said = errors(&hotline.send("POST", path, FORM, b"colour=red"), 400);
    let (_, list) = said.iter().find_map(|s| s.split_once("the fields are ")).unwrap();
    let told = of["post"]["requestBody"]["description"].as_str().unwrap();
    for field in list.split(", ") {
        let is_query = field == "api_key" || field == "jurisdiction_id";
        assert!(is_query || told.contains(field), "{field} is not documented");
        fields.push(field.to_owned());
    }
    fields.retain(|field| field != "api_key");
    fields.extend(["attribute[a]", "attribute", "colour"].map(str::to_owned));
    let value = prop_oneof![
        any::<String>(),
        "[0-9.,:-]{0,12}",
        prop::sample::select(vec!["heat_service", "39.9", "116.4", "open", "2026-11-01T00:00:00Z"])
            .prop_map(str::to_owned),
        "\\PC{0,40}",
    ];
    let given = prop::collection::vec((prop::sample::select(fields), value), 1..6);
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&given, |given| {
            let encoded: Vec<String> = given
                .iter()
                .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
                .collect();
            let query = encoded.join("&");
            let answer = hotline.ask(&format!("?{query}"));
            prop_assert!(matches!(answer.status, 200 | 400 | 404), "{}", answer.text());
            let answer = hotline.send("POST", path, FORM, query.as_bytes());
            prop_assert!(matches!(answer.status, 201 | 400 | 404), "{}", answer.text());
            let members: serde_json::Map<String, Value> =
                given.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let body = Value::from(members).to_string();
            let answer = hotline.send("POST", path, "application/json", body.as_bytes());
            prop_assert!(matches!(answer.status, 201 | 400 | 404), "{}", answer.text());
            prop_assert!(answer.json().is_array());
            Ok(())
        })
        .unwrap();
    hotline.server.assert_log_clean();
}
