//! Tickets as callers write them, good and bad, into a real store.

use std::sync::OnceLock;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::*;
use crate::city::{Level, LocatedBy, TicketStatus, synthetic};
use crate::geo::{Datum, LonLat};
use crate::import::tickets::{NoPlace, Placed, Places};
use crate::index::Snapshot;
use crate::store::{Batch, GeoPackage, Store};

const NOW: &str = "2026-10-05T08:00:00Z";

/// The members that a ticket has, which whoever sends another one is told.
fn members() -> Vec<String> {
    let faults = read(&with(&plain("a"), &json!({"colour": "red"}))).unwrap_err();
    let (_, list) = faults[0].detail.split_once("the members are ").unwrap();
    list.split(", ").map(str::to_owned).collect()
}

fn snapshot() -> &'static Snapshot {
    static ONE: OnceLock<Snapshot> = OnceLock::new();
    ONE.get_or_init(|| {
        let mut city = synthetic::city(&synthetic::Plan {
            seed: 3,
            side: 20,
            steps: 3,
            communities: 40,
            townships: 8,
            districts: 3,
            bits: Some(20),
        });
        let heating = crate::city::Matter {
            code: "heating".into(),
            parent: None,
            name: crate::city::Localized { zh: "供暖".into(), en: String::new() },
            phrases: Vec::new(),
        };
        city.matters = crate::city::Tree::new(vec![heating]).unwrap();
        Snapshot::build(city)
    })
}

/// A position in the middle of the first community.
fn inside() -> LonLat {
    let city = &snapshot().city;
    let community = city.divisions.iter().find(|d| d.level == Level::Community).unwrap();
    let area = community.area.as_ref().unwrap();
    let point = geo::InteriorPoint::interior_point(area).unwrap();
    LonLat::new(point.x(), point.y())
}

struct SomePlaces;

impl Places for SomePlaces {
    fn find(&self, address: &str, division: Option<&str>) -> Result<Placed, NoPlace> {
        let placed = |by, accuracy_m| Placed { at: inside(), by, accuracy_m, division: None };
        match address {
            "1 Example Street" => Ok(placed(LocatedBy::Address, 50.0)),
            "Example Street" => Ok(placed(LocatedBy::Street, 200_000.0)),
            "Everywhere" if division.is_none() => Err(NoPlace::Several),
            _ => Err(NoPlace::Unknown),
        }
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn read(ticket: &Value) -> Result<Filing, Vec<Fault>> {
    let terms = Terms {
        snapshot: snapshot(),
        places: &SomePlaces,
        crs: Datum::Wgs84,
        source: "test",
        channel: "unknown",
        now: now(),
    };
    ticket::read(ticket.as_object().unwrap(), &terms)
}

/// Names of the members that are wrong.
fn wrong(ticket: &Value) -> Vec<String> {
    read(ticket).unwrap_err().into_iter().map(|fault| fault.field).collect()
}

fn plain(id: &str) -> Value {
    json!({"id": id, "category": "heating", "requested_at": "2026-10-01T09:00:00+08:00"})
}

/// With more members.
fn with(ticket: &Value, more: &Value) -> Value {
    let mut members: Map<String, Value> = ticket.as_object().unwrap().clone();
    members.extend(more.as_object().unwrap().clone());
    members.into()
}

fn store() -> (tempfile::TempDir, GeoPackage) {
    let folder = tempfile::tempdir().unwrap();
    let store = GeoPackage::open(&folder.path().join("city.gpkg"), "example").unwrap();
    (folder, store)
}

/// Writes one ticket; what became of it.
fn filed(store: &GeoPackage, ticket: &Value) -> Outcome {
    let filing = read(ticket).unwrap_or_else(|faults| panic!("{faults:?}"));
    file(store, "test", &[filing], false).unwrap().outcomes.pop().unwrap()
}

#[test]
fn a_ticket_is_located_as_well_as_it_can_be() {
    let at = inside();
    let given = with(&plain("a"), &json!({"lon": at.lon, "lat": at.lat, "accuracy_m": 5}));
    let given = read(&given).unwrap();
    assert_eq!(given.ticket.location, Some(at));
    assert_eq!((given.ticket.located_by, given.remark), (Some(LocatedBy::Given), None));
    assert!(given.ticket.divisions.community.is_some());
    assert_eq!(given.ticket.divisions.on.unwrap().to_string(), "2026-10-01");
    let shifted = with(&plain("a"), &json!({"lon": at.lon, "lat": at.lat, "crs": "gcj02"}));
    assert_eq!(read(&shifted).unwrap().ticket.located_by, Some(LocatedBy::Converted));
    let of = |address: &str| read(&with(&plain("a"), &json!({"address": address}))).unwrap();
    let house = of("1 Example Street");
    assert_eq!(
        (house.ticket.located_by, house.ticket.accuracy_m),
        (Some(LocatedBy::Address), Some(50.0))
    );
    assert_eq!(house.ticket.divisions, given.ticket.divisions);
    let street = of("Example Street").ticket;
    assert_eq!((street.located_by, street.divisions.district), (Some(LocatedBy::Street), None));
    assert_eq!(of("Nowhere").remark, Some(Remark::AddressUnknown));
    assert_eq!(of("Everywhere").remark, Some(Remark::AddressSeveral));
    let code = given.ticket.divisions.community.clone().unwrap();
    let only =
        read(&with(&plain("a"), &json!({"address": "Everywhere", "division": code}))).unwrap();
    assert_eq!((only.ticket.location, only.ticket.divisions), (None, given.ticket.divisions));
    let outside = read(&with(&plain("a"), &json!({"lon": 2.35, "lat": 48.85}))).unwrap();
    assert_eq!(outside.remark, Some(Remark::Outside));
    assert_eq!(outside.ticket.divisions.district, None);
    assert!(outside.ticket.location.is_some(), "it is kept");
    assert_eq!(read(&plain("a")).unwrap().remark, Some(Remark::NoPlace));
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let ticket = json!({
        "category": "castles", "channel": 7, "requested_at": "soon",
        "dispatched_at": "1989-12-31T23:59:59Z", "closed_at": "2026-10-05T08:06:00Z",
        "returned_at": "2026-10-02", "status": "lost", "lon": 40.0, "crs": "mars",
        "accuracy_m": -1, "located_by": "guess", "division": "nowhere", "phone": "1\n2",
        "contact": "a\u{0}b", "solved": "yes", "colour": "red",
    });
    let mut named = wrong(&ticket);
    named.sort();
    let mut due = vec![
        "id",
        "category",
        "channel",
        "requested_at",
        "dispatched_at",
        "closed_at",
        "returned_at",
        "status",
        "lat",
        "crs",
        "accuracy_m",
        "located_by",
        "division",
        "phone",
        "contact",
        "solved",
        "colour",
    ];
    due.sort_unstable();
    assert_eq!(named, due);
    let (lon, lat) = (inside().lon, inside().lat);
    for (more, field, said) in [
        (json!({"lon": lat, "lat": lon}), "lon", "swapped"),
        (json!({"lon": 0, "lat": 0}), "lon", "no position"),
        (json!({"lon": 999, "lat": 1}), "lon", "longitude"),
        (json!({"accuracy_m": 5}), "accuracy_m", "there is none"),
        (json!({"solved": true}), "surveyed_at", "missing"),
        (json!({"response": "done"}), "response", "before"),
        (json!({"closed_at": "2026-09-30"}), "closed_at", "requested_at"),
        (json!({"closed_at": "2026-10-02", "status": "open"}), "status", "closed"),
        (json!({"category": "heatin"}), "category", "/v1/services"),
        (json!({"id": "similar"}), "id", "no id that an address can end in"),
        (json!({"description": "x".repeat(ticket::MAX_TEXT + 1)}), "description", "10000"),
    ] {
        let faults = read(&with(&plain("a"), &more)).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].field, field);
        assert!(faults[0].detail.contains(said), "{faults:?}");
    }
    let many: Map<String, Value> = (0..5000).map(|n| (format!("m{n}"), Value::Null)).collect();
    let faults = read(&many.into()).unwrap_err();
    assert!(faults.len() < 30, "{}", faults.len());
    assert!(faults.iter().any(|fault| fault.detail.contains("4980 more")), "{faults:?}");
}

#[test]
fn the_same_again_changes_nothing_and_what_has_happened_since_is_added() {
    let (_folder, store) = store();
    let first = with(&plain("a"), &json!({"address": "1 Example Street", "description": "cold"}));
    assert_eq!(filed(&store, &first), Outcome::Created);
    assert_eq!(filed(&store, &first), Outcome::Unchanged);
    assert_eq!(filed(&store, &json!({"id": "a", "category": "heating"})), Outcome::Unchanged);
    for (more, field) in [
        (json!({"requested_at": "2026-10-02"}), "requested_at"),
        (json!({"description": "warm"}), "description"),
        (json!({"channel": "phone"}), "channel"),
        (json!({"lon": inside().lon, "lat": inside().lat}), "located_by"),
        (json!({"phone": "1"}), "phone"),
    ] {
        match filed(&store, &with(&first, &more)) {
            Outcome::Refused(faults) => {
                assert!(faults.iter().any(|f| f.field == field), "{faults:?}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
    let closed = json!({"dispatched_at": "2026-10-02", "responded_at": "2026-10-03",
        "closed_at": "2026-10-04", "response": "it is warm now"});
    assert_eq!(filed(&store, &with(&first, &closed)), Outcome::Changed);
    assert_eq!(filed(&store, &first), Outcome::Unchanged, "the first report comes late");
    let kept = store.ticket("a").unwrap().unwrap();
    assert_eq!(kept.record.ticket.status, TicketStatus::Closed);
    assert_eq!(kept.texts.description.as_deref(), Some("cold"));
    assert_eq!(kept.texts.response.as_deref(), Some("it is warm now"));
    let late = json!({"accepted_at": "2026-10-04T12:00:00Z"});
    let Outcome::Refused(faults) = filed(&store, &with(&first, &late)) else { panic!("in order") };
    assert_eq!(faults[0].field, "responded_at", "{faults:?}");
    store.write(Batch::by("test").retire(crate::store::Kind::Ticket, "a", None, "a test")).unwrap();
    let Outcome::Refused(faults) = filed(&store, &first) else { panic!("it was taken back") };
    assert_eq!(faults[0].field, "id");
}

#[test]
fn in_one_batch_the_second_meets_the_first() {
    let (_folder, store) = store();
    let first = read(&with(&plain("a"), &json!({"description": "cold"}))).unwrap();
    let closed = read(&with(&plain("a"), &json!({"closed_at": "2026-10-02"}))).unwrap();
    let other = read(&with(&plain("a"), &json!({"channel": "app"}))).unwrap();
    let batch = [first.clone(), first, closed.clone(), closed, other, read(&plain("b")).unwrap()];
    assert_eq!(file(&store, "test", &batch, true).unwrap().outcomes.len(), 6);
    assert_eq!(store.head().unwrap(), 0, "all or none");
    let outcomes = file(&store, "test", &batch, false).unwrap().outcomes;
    assert!(matches!(
        outcomes.as_slice(),
        [
            Outcome::Created,
            Outcome::Unchanged,
            Outcome::Changed,
            Outcome::Unchanged,
            Outcome::Refused(_),
            Outcome::Created
        ]
    ));
    let kept = store.ticket("a").unwrap().unwrap();
    assert_eq!(kept.record.ticket.status, TicketStatus::Closed);
    assert_eq!(kept.texts.description.as_deref(), Some("cold"), "words stay");
}

#[test]
fn two_writers_lose_no_step() {
    let (_folder, store) = store();
    filed(&store, &plain("a"));
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut returns = 0;
                    for n in 0..30 {
                        let step = [StepKind::Dispatched, StepKind::Returned][n % 2];
                        let taking = Taking {
                            step,
                            at: None,
                            response: None,
                            survey: crate::city::Survey::default(),
                        };
                        match take(&store, "test", "a", &taking, now()) {
                            Ok(_) => returns += usize::from(step == StepKind::Returned),
                            Err(file::StepFault::Refused(_)) => {}
                            Err(e) => panic!("{e}"),
                        }
                    }
                    returns
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let kept = store.ticket("a").unwrap().unwrap().record.ticket;
    assert!(taken > 0);
    assert_eq!(kept.steps.returned.len(), taken);
}

/// Any JSON, not too deep.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "2026-10-0[1-9](T[0-2][0-9]:[0-5][0-9]:00(Z|\\+08:00)?)?".prop_map(Value::from),
        prop::sample::select(vec!["heating", "open", "closed", "gcj02", "given", ""])
            .prop_map(Value::from),
        (0.0..120.0).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(".{0,3}", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Whatever stands in a member, the ticket is read or named as bad; what is read goes into the
/// store, and again as no change; and a good ticket beside it goes in.
#[test]
fn any_value_of_any_member_is_taken_or_named() {
    let (_folder, store) = store();
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    let known = members();
    assert!(known.len() > 20, "{known:?}");
    let members = prop::collection::vec((prop::sample::select(known.clone()), anything()), 1..5);
    let n = std::cell::Cell::new(0);
    TestRunner::new(config)
        .run(&members, |members| {
            let n = n.replace(n.get() + 1);
            let odd = members.iter().fold(plain(&format!("odd-{n}")), |ticket, (name, value)| {
                with(&ticket, &json!({name: value}))
            });
            let good = read(&plain(&format!("good-{n}"))).unwrap();
            match read(&odd) {
                Ok(odd) => {
                    let batch = [odd, good];
                    let done = file(&store, "test", &batch, false).unwrap();
                    prop_assert!(done.outcomes[1] == Outcome::Created);
                    let again = file(&store, "test", &batch, false).unwrap();
                    let new = done.outcomes[0] == Outcome::Created;
                    prop_assert!(!new || again.outcomes[0] == Outcome::Unchanged, "{again:?}");
                }
                Err(faults) => {
                    prop_assert!(!faults.is_empty());
                    for fault in faults {
                        prop_assert!(known.contains(&fault.field), "{fault:?}");
                        prop_assert!(fault.detail.chars().count() < 600, "{fault:?}");
                    }
                }
            }
            let step: Map<String, Value> = members
                .into_iter()
                .zip(["step", "at", "response", "solved", "satisfied"])
                .map(|((_, value), name)| (name.to_owned(), value))
                .collect();
            if let Ok(taking) = ticket::read_step(&step, &snapshot().city, now()) {
                let _ = take(&store, "test", &format!("good-{n}"), &taking, now());
            }
            Ok(())
        })
        .unwrap();
}
