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
    errors(&get(&format!("requests/a.1?api_key={key}&format=json")), 404);
}

#[test]
fn a_request_is_read_whole_or_named_wrong_and_xml_is_not_read() {
    let hotline = Hotline::open();
    let post =
        |kind: &str, body: &[u8]| hotline.send("POST", "/open311/v2/requests.json", kind, body);
    let said = errors(&post(FORM, b""), 400);
    assert!(said.iter().any(|s| s.starts_with("lat")), "{said:?}");
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
    let fields = [
        "service_code",
        "lat",
        "long",
        "address_string",
        "address_id",
        "description",
        "email",
        "first_name",
        "last_name",
        "phone",
        "media_url",
        "device_id",
        "account_id",
        "jurisdiction_id",
        "attribute[a]",
        "service_request_id",
        "start_date",
        "end_date",
        "status",
        "updated_after",
        "updated_before",
        "bbox",
        "radius",
        "page",
        "page_size",
        "extensions",
        "lang",
    ];
    let value = prop_oneof![
        any::<String>(),
        "[0-9.,:-]{0,12}",
        prop::sample::select(vec!["heat_service", "39.9", "116.4", "open", "2026-11-01T00:00:00Z"])
            .prop_map(str::to_owned),
        "\\PC{0,40}",
    ];
    let given = prop::collection::vec((prop::sample::select(fields.to_vec()), value), 1..6);
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
            let path = "/open311/v2/requests.json";
            let answer = hotline.send("POST", path, FORM, query.as_bytes());
            prop_assert!(matches!(answer.status, 201 | 400 | 404), "{}", answer.text());
            let members: serde_json::Map<String, Value> =
                given.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let body = Value::from(members).to_string();
            let answer = hotline.send("POST", path, "application/json", body.as_bytes());
            prop_assert!(matches!(answer.status, 201 | 400 | 404), "{}", answer.text());
            prop_assert!(answer.json().is_array());
            Ok(())
        })
        .unwrap();
    hotline.server.assert_log_clean();
}
