//! Tickets as other systems write them.

use std::sync::LazyLock;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::geo::Datum;
use crate::http;
use crate::index::Snapshot;
use crate::intake::lines::Lines;
use crate::intake::merge::merge;
use crate::intake::steps::{advance, disorder, status};
use crate::intake::{Filing, PlacesBySearch, Terms, caller, open311, ticket};
use crate::search::fixture;
use crate::store::KeptTicket;

static CITY: LazyLock<Snapshot> = LazyLock::new(fixture::snapshot);

/// Rows of a batch, in pieces: the first byte says how long these are. Each row is also taken
/// for the question and for the form of an Open311 request; and where it is an object for the
/// same as JSON, and for a step and one more caller of the tickets before it.
pub fn tickets(bytes: &[u8]) -> usize {
    let Some((head, rest)) = bytes.split_first() else { return 0 };
    let (mut lines, mut rows) = (Lines::default(), Vec::new());
    for piece in rest.chunks(usize::from(*head) + 1) {
        lines.push(Bytes::copy_from_slice(piece), |line| rows.push(line));
    }
    lines.finish(|line| rows.push(line));
    let places = PlacesBySearch::over(&CITY);
    let terms = Terms {
        snapshot: &CITY,
        places: &places,
        crs: Datum::Wgs84,
        source: "test",
        channel: "unknown",
        now: Timestamp::from_second(1_800_000_000).unwrap_or_default(),
    };
    let mut known: Vec<KeptTicket> = Vec::new();
    let mut understood = 0;
    for row in rows.into_iter().filter_map(|line| line.bytes) {
        if let Ok(query) = std::str::from_utf8(&row) {
            understood += usize::from(http::found(query, &CITY).is_some());
        }
        let form: Vec<_> = form_urlencoded::parse(&row).into_owned().collect();
        understood += request(&form, &terms);
        let Ok(members) = serde_json::from_slice::<Map<String, Value>>(&row) else { continue };
        if let Ok(given) = open311::given(members.clone()) {
            understood += request(&given, &terms);
        }
        understood += additions(&members, &known, &terms);
        match ticket::read(&members, &terms) {
            Ok(filing) => {
                understood += 1;
                known.push(filed(&filing));
            }
            Err(faults) => assert!(!faults.is_empty()),
        }
    }
    understood
}

/// An Open311 request.
fn request(given: &[(String, String)], terms: &Terms<'_>) -> usize {
    let (members, faults) = open311::members(given, "a".to_owned(), &CITY);
    let read = ticket::read(&members, terms);
    if let Ok(filing) = &read {
        filed(filing);
    }
    usize::from(read.is_ok() && faults.is_empty())
}

/// A ticket that is new, which the same again does not change.
fn filed(filing: &Filing) -> KeptTicket {
    let (record, texts) = (filing.ticket.clone().into(), filing.texts.clone());
    assert_eq!(merge(&record, &texts, filing), Ok(None), "{filing:?}");
    let ticket = &filing.ticket;
    assert_eq!(disorder(&ticket.steps), [], "{ticket:?}");
    assert_eq!(status(&ticket.steps), ticket.status, "{ticket:?}");
    KeptTicket { number: 1, seq: 1, record, texts }
}

/// A step of each ticket, and one more caller.
fn additions(members: &Map<String, Value>, known: &[KeptTicket], terms: &Terms<'_>) -> usize {
    let step = ticket::read_step(members, &CITY.city, terms.now);
    let mut understood = usize::from(step.is_ok());
    for first in known {
        if let Ok(taking) = &step
            && let Ok(Some((next, texts))) =
                advance(&first.record.ticket, &first.texts, taking, terms.now)
        {
            assert_eq!(disorder(&next.steps), [], "{taking:?} of {first:?}");
            let again = advance(&next, &texts, taking, terms.now);
            assert!(taking.at.is_none() || again == Ok(None), "{taking:?} twice of {first:?}");
        }
        if let Ok(caller) = caller::read(members, first, terms) {
            understood += 1;
            filed(&caller);
        }
    }
    understood
}
