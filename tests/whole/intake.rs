//! Tickets written over HTTP one by one, and their steps.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use servicemap::city::{LocatedBy, TicketStatus};
use servicemap::store::{GeoPackage, KeptTicket, Store};

use crate::harness::{Answer, Server, city};
use crate::records::Folder;
use crate::writes::make_key;

/// A server with a database, and a key of the role agent for it.
pub(crate) struct Hotline {
    pub(crate) folder: Folder,
    pub(crate) server: Server,
    pub(crate) key: String,
}

impl Hotline {
    pub(crate) fn open() -> Self {
        let folder = Folder::new();
        let key = make_key(&city(), &folder.file(), "agent");
        let server = folder.serve();
        Self { folder, server, key }
    }

    pub(crate) fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
        self.server.send(method, path, &headers, body)
    }

    pub(crate) fn post(&self, ticket: &Value) -> Answer {
        self.send("POST", "/v1/tickets", "application/json", ticket.to_string().as_bytes())
    }

    fn step(&self, id: &str, step: &Value) -> Answer {
        let path = format!("/v1/tickets/{id}");
        self.send("PATCH", &path, "application/json", step.to_string().as_bytes())
    }

    pub(crate) fn kept(&self, id: &str) -> Option<KeptTicket> {
        GeoPackage::open(&self.folder.file(), "beijing").unwrap().ticket(id).unwrap()
    }
}

/// The members that the interface is documented to have for a body.
pub(crate) fn documented(schema: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let members = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
    members.keys().cloned().collect()
}

#[test]
fn a_ticket_is_filed_once_and_takes_its_steps_in_order() {
    let hotline = Hotline::open();
    let ticket = json!({
        "id": "2026/供暖 1", "category": "heat_service", "channel": "phone", "lon": 116.42, "lat": 39.93,
        "requested_at": "2026-10-05T08:30:00+08:00", "description": "家里不热", "phone": "1",
    });
    let filed = hotline.post(&ticket);
    assert_eq!(filed.status, 201, "{}", filed.text());
    let address = filed.header("location").to_owned();
    assert_eq!(address, "/v1/tickets/2026%2F%E4%BE%9B%E6%9A%96%201");
    let said = filed.json();
    assert_eq!(said["divisions"]["county"], "110101", "{said}");
    assert_eq!(said["divisions"]["on"], "2026-10-05");
    assert_eq!((&said["located_by"], &said["status"]), (&"given".into(), &"open".into()));
    let again = hotline.post(&ticket);
    assert_eq!((again.status, &again.json()["changed"]), (200, &false.into()));
    let mut other = ticket.clone();
    other["description"] = "家里太热".into();
    assert_eq!(hotline.post(&other).problem(409), ["description"]);

    let id = address.rsplit('/').next().unwrap();
    for (step, status) in [
        (json!({"step": "dispatched", "at": "2026-10-05T09:00:00+08:00"}), "dispatched"),
        (json!({"step": "returned"}), "returned"),
        (json!({"step": "dispatched"}), "dispatched"),
        (json!({"step": "accepted"}), "accepted"),
        (json!({"step": "responded", "response": "已报修"}), "responded"),
        (json!({"step": "closed"}), "closed"),
        (json!({"step": "surveyed", "solved": true, "satisfied": false}), "closed"),
    ] {
        let taken = hotline.step(id, &step);
        assert_eq!(taken.status, 200, "{step}: {}", taken.text());
        assert_eq!(taken.json()["status"], status);
        assert_eq!(taken.json()["changed"], true);
    }
    let refused = hotline.step(id, &json!({"step": "accepted"}));
    refused.problem(409);
    let said = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains("it is closed") && said.contains("by surveyed"), "{said}");
    assert_eq!(hotline.post(&ticket).status, 200, "the first report, sent again");
    let kept = hotline.kept("2026/供暖 1").unwrap();
    assert_eq!(kept.record.ticket.status, TicketStatus::Closed);
    assert_eq!(kept.record.ticket.steps.returned.len(), 1);
    assert_eq!(kept.record.ticket.survey.satisfied, Some(false));
    assert_eq!(kept.texts.response.as_deref(), Some("已报修"));
    assert_eq!(kept.texts.description.as_deref(), Some("家里不热"));

    for (step, named) in [
        (json!({}), vec!["step"]),
        (json!({"step": "lost", "at": "1989-01-01", "why": 1}), vec!["step", "at", "why"]),
        (json!({"step": "closed", "at": "2099-01-01", "solved": true}), vec!["at", "solved"]),
        (json!({"step": "accepted", "response": "yes"}), vec!["response"]),
    ] {
        assert_eq!(hotline.step(id, &step).problem(400), named, "{step}");
    }
    hotline.step("nobody", &json!({"step": "closed"})).problem(404);
    hotline.server.assert_log_clean();
}

/// Each citizen is a ticket, and the ticket says whose trouble it shares.
#[test]
fn one_more_caller_is_one_more_ticket_at_the_same_place() {
    let hotline = Hotline::open();
    let first = json!({
        "id": "A1", "category": "heat_service", "lon": 116.42, "lat": 39.93, "accuracy_m": 20,
        "requested_at": "2026-10-05", "description": "cold", "address": "a street", "phone": "1",
    });
    assert_eq!(hotline.post(&first).status, 201);
    let add = |id: &str, caller: &Value| {
        let path = format!("/v1/tickets/{id}/callers");
        hotline.send("POST", &path, "application/json", caller.to_string().as_bytes())
    };
    let caller =
        json!({"id": "B7", "channel": "app", "description": "cold here too", "phone": "2"});
    let added = add("A1", &caller);
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(
        (&added.json()["id"], added.header("location")),
        (&"A1+B7".into(), "/v1/tickets/A1%2BB7")
    );
    assert_eq!(add("A1", &caller).status, 200, "the same again changes nothing");
    assert_eq!(add("A1", &json!({"id": "B7", "phone": "3"})).problem(409), ["phone"]);
    let (first, second) = (hotline.kept("A1").unwrap(), hotline.kept("A1+B7").unwrap());
    let (one, other) = (&first.record.ticket, &second.record.ticket);
    assert_eq!(
        (&one.category, one.location, one.accuracy_m),
        (&other.category, other.location, other.accuracy_m)
    );
    assert_eq!(one.divisions.community, other.divisions.community);
    assert_eq!((other.channel.as_str(), second.texts.phone.as_deref()), ("app", Some("2")));
    assert_eq!(second.texts.address, first.texts.address);
    assert_ne!(second.texts.description, first.texts.description);
    add("nobody", &caller).problem(404);
    let wrong = json!({"requested_at": "2026-10-04", "category": "castle"});
    assert_eq!(add("A1", &wrong).problem(400), ["id", "requested_at", "category"]);
    assert_eq!(add("A1", &json!({"id": "x".repeat(199)})).problem(400), ["id"]);
    hotline.server.assert_log_clean();
}

#[test]
fn only_an_agent_writes_tickets_and_only_as_json() {
    let hotline = Hotline::open();
    let analyst = make_key(&city(), &hotline.folder.file(), "analyst");
    let body = json!({"id": "a", "category": "heat_service"}).to_string();
    let bare = hotline.server.post("/v1/tickets", "application/json", body.as_bytes());
    bare.problem(401);
    let bearer = format!("Bearer {analyst}");
    let start = Instant::now();
    loop {
        let headers = [("authorization", bearer.as_str())];
        let answer =
            hotline.server.post_with("/v1/tickets", "application/json", &headers, body.as_bytes());
        if answer.status == 403 {
            break;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{}", answer.text());
    }
    for kind in ["text/csv", "application/xml", "text/xml", "text/plain", ""] {
        hotline.send("POST", "/v1/tickets", kind, b"<!DOCTYPE a [<!ENTITY b \"c\">]>").problem(415);
        hotline.send("PATCH", "/v1/tickets/a", kind, b"<a>&b;</a>").problem(415);
    }
    for body in ["", "[]", "7", "{\"id\": ", "\u{0}", "{\"id\":\"a\"}{}"] {
        hotline.send("POST", "/v1/tickets", "application/json", body.as_bytes()).problem(400);
    }
    for id in ["similar", ".", ".."] {
        let named = hotline.post(&json!({"id": id, "category": "heat_service"}));
        assert_eq!(named.problem(400), ["id"], "nobody could read it");
    }
    let bad =
        json!({"category": "castle", "lon": 39.9, "lat": 116.4, "requested_at": "2101-01-01"});
    assert_eq!(hotline.post(&bad).problem(400), ["id", "category", "requested_at", "lon"]);
    let path = "/v1/tickets?atomic=true&crs=mars&limit=1";
    let answer = hotline.send("POST", path, "application/json", b"{}");
    assert_eq!(answer.problem(400), ["crs", "atomic", "limit"]);
    assert!(hotline.kept("a").is_none());
}

#[test]
fn an_address_is_looked_up_a_datum_converted_and_the_rest_of_the_world_kept() {
    let hotline = Hotline::open();
    let file = |id: &str, more: Value| {
        let mut ticket = json!({"id": id, "category": "heat_service"});
        ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = hotline.post(&ticket);
        assert_eq!(answer.status, 201, "{}", answer.text());
        (answer.json(), hotline.kept(id).unwrap().record.ticket)
    };
    let (said, kept) = file("street", json!({"address": "中关村大街"}));
    assert_eq!((&said["located_by"], kept.located_by), (&"street".into(), Some(LocatedBy::Street)));
    assert!(kept.accuracy_m.unwrap() > 0.0 && kept.location.is_some());
    let (said, kept) = file("nowhere", json!({"address": "没有这条街的街"}));
    assert!(said["remark"].as_str().unwrap().contains("not known"), "{said}");
    assert_eq!(kept.location, None);
    let (said, kept) = file("gcj", json!({"lon": 116.42, "lat": 39.93, "crs": "gcj02"}));
    assert_eq!(said["located_by"], "converted");
    let at = kept.location.unwrap();
    assert!((at.lon - 116.4138).abs() < 0.001, "{at:?}");
    let (said, kept) = file("paris", json!({"lon": 2.35, "lat": 48.85}));
    assert!(said["remark"].as_str().unwrap().contains("outside"), "{said}");
    assert!(kept.location.is_some() && kept.divisions.district.is_none());
    let (_, kept) = file("only", json!({"division": "110108"}));
    assert_eq!(kept.divisions.district.as_deref(), Some("110108"));
    hotline.server.assert_log_clean();
}

/// What is documented is what is read: each list is in the answer to a member that nobody knows.
#[test]
fn the_members_of_bodies_are_those_that_are_documented() {
    let hotline = Hotline::open();
    assert_eq!(hotline.post(&json!({"id": "a", "category": "heat_service"})).status, 201);
    for (schema, method, path) in [
        ("TicketBody", "POST", "/v1/tickets"),
        ("StepBody", "PATCH", "/v1/tickets/a"),
        ("CallerBody", "POST", "/v1/tickets/a/callers"),
    ] {
        let answer = hotline.send(method, path, "application/json", b"{\"colour\": \"red\"}");
        assert!(answer.problem(400).contains(&"colour".to_owned()), "{}", answer.text());
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        let said = errors.iter().find(|error| error["parameter"] == "colour").unwrap();
        let said = said["detail"].as_str().unwrap();
        let (_, list) = said.split_once("the members are ").unwrap();
        let mut read: Vec<&str> = list.split(", ").collect();
        read.sort_unstable();
        let mut documented = documented(schema);
        documented.sort_unstable();
        assert_eq!(read, documented, "{schema}");
    }
}
