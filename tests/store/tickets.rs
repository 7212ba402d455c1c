//! What any store must do with tickets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use servicemap::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use servicemap::geo::LonLat;
use servicemap::store::{
    Batch, Kind, Record, Seen, Store, StoreError, TicketMove, TicketRecord, TicketWrite, Write,
};

use crate::records::{date, lonlat, point, retirement, text};
use crate::suite::{Place, runner};

/// A plain ticket, for tests in which little more than its id matters.
pub(crate) fn ticket(id: &str) -> Ticket {
    Ticket {
        id: id.into(),
        category: "heating".into(),
        channel: "phone".into(),
        status: TicketStatus::Open,
        location: Some(LonLat::new(116.4, 39.9)),
        located_by: Some(LocatedBy::Given),
        accuracy_m: None,
        divisions: TicketDivisions::default(),
        steps: TicketSteps {
            requested: "2026-10-05T08:30:00Z".parse().unwrap(),
            ..TicketSteps::default()
        },
        survey: Survey::default(),
        source: "test".into(),
    }
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-2_000_000_000_000_i64..4_000_000_000_000)
        .prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

/// Tickets with every field drawn and few ids, so that histories meet them again.
fn tickets() -> impl Strategy<Value = TicketRecord> {
    let words = (text(), text(), text());
    let status = prop::sample::select(TicketStatus::ALL);
    let place = (
        option::of(lonlat()),
        option::of(prop::sample::select(LocatedBy::ALL)),
        option::of(0.0..1e5),
    );
    let divisions =
        (option::of(text()), option::of(text()), option::of(text()), option::of(date()));
    let steps = (time(), vec(option::of(time()), 5), vec(time(), 0..3));
    let survey = (any::<Option<bool>>(), any::<Option<bool>>());
    ("[a-f]", words, status, place, divisions, steps, survey, option::of(retirement())).prop_map(
        |(
            id,
            (category, channel, source),
            status,
            p,
            d,
            (requested, steps, returned),
            s,
            retired,
        )| {
            let ticket = Ticket {
                id,
                category,
                channel,
                status,
                location: p.0,
                located_by: p.1,
                accuracy_m: p.2,
                divisions: TicketDivisions {
                    district: d.0,
                    township: d.1,
                    community: d.2,
                    on: d.3,
                },
                steps: TicketSteps {
                    requested,
                    dispatched: steps[0],
                    accepted: steps[1],
                    responded: steps[2],
                    closed: steps[3],
                    surveyed: steps[4],
                    returned,
                },
                survey: Survey { solved: s.0, satisfied: s.1 },
                source,
            };
            TicketRecord { ticket, retired }
        },
    )
}

fn texts() -> impl Strategy<Value = TicketTexts> {
    let two = || (option::of(text()), option::of(text()));
    (two(), two(), option::of(text())).prop_map(
        |((description, address), (contact, phone), response)| TicketTexts {
            description,
            address,
            contact,
            phone,
            response,
        },
    )
}

/// Batches of tickets that come again, with words and without, and are retired, whether
/// there are any or not; with a point now and then.
fn history() -> impl Strategy<Value = Vec<Batch>> {
    let put = (tickets(), option::of(texts()));
    let put = put.prop_map(|(record, texts)| TicketWrite { record, texts });
    let write = prop_oneof![
        3 => ("[a-f]", text()).prop_map(|(id, reason)| Write::Retire {
            kind: Kind::Ticket, id, successor: None, reason
        }),
        1 => text().prop_map(|name| Write::Put(Box::new(point("p", &name)))),
    ];
    let batch = (option::of(text()), vec(put, 0..6), vec(write, 0..2));
    let batch = batch.prop_map(|(import, tickets, writes)| {
        let moves = tickets.iter().filter_map(|write| move_of(&write.record.ticket)).collect();
        Batch { import, tickets, writes, moves, ..Batch::by("test") }
    });
    vec(batch, 1..8)
}

fn move_of(ticket: &Ticket) -> Option<TicketMove> {
    let district = Some("moved".to_owned());
    let divisions = TicketDivisions { district, ..TicketDivisions::default() };
    Some(TicketMove { id: ticket.id.clone(), location: ticket.location?, divisions })
}

/// All tickets by number.
pub(crate) fn kept(store: &dyn Store) -> BTreeMap<u64, TicketRecord> {
    let mut kept = BTreeMap::new();
    let seq = store
        .tickets(0, &mut |number, record| {
            assert_eq!(number, kept.len() as u64 + 1, "numbers are counted up from 1");
            kept.insert(number, record);
            Ok(())
        })
        .unwrap();
    assert_eq!(seq, store.head().unwrap());
    kept
}

/// All tickets as the change log alone tells them, by number.
pub(crate) fn replayed(store: &dyn Store, page: usize) -> BTreeMap<u64, TicketRecord> {
    let (mut told, mut seq) = (BTreeMap::new(), 0);
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    loop {
        let changes = store.changes(seq, page).unwrap();
        if changes.is_empty() {
            return told;
        }
        for change in changes {
            assert_eq!(change.seq, seq + 1, "the log has no gaps");
            seq = change.seq;
            let Record::Tickets(filed) = change.record else { continue };
            assert!(!filed.is_empty());
            for f in filed {
                let before = last.insert(f.number, seq).unwrap_or(0);
                assert_eq!(f.before, before, "each names the one before it");
                told.insert(f.number, f.record);
            }
        }
    }
}

pub(crate) fn every_field_of_a_ticket_comes_back<P: Place>() {
    let place = P::new();
    runner(64)
        .run(&(tickets(), texts()), |(record, texts)| {
            let id = record.ticket.id.clone();
            let store = place.open();
            store.write(Batch::by("test").file(record.clone(), Some(texts.clone()))).unwrap();
            drop(store);
            let store = place.open();
            let found = store.ticket(&id).unwrap().unwrap();
            prop_assert_eq!(&found.record, &record);
            prop_assert_eq!(found.texts, texts);
            let all = kept(store.as_ref());
            prop_assert_eq!(all.get(&found.number), Some(&record));
            let last = store.history(Kind::Ticket, &id).unwrap().pop().unwrap();
            prop_assert_eq!(last.seq, found.seq);
            let Record::Tickets(filed) = last.record else { panic!("a ticket") };
            prop_assert_eq!(filed.len(), 1, "and no other ticket of the block");
            prop_assert_eq!(&filed[0].record, &record);
            Ok(())
        })
        .unwrap();
}

pub(crate) fn the_log_alone_tells_every_ticket<P: Place>() {
    let place = P::new();
    let store = place.open();
    runner(24)
        .run(&history(), |batches| {
            for batch in batches {
                let before = store.head().unwrap();
                match store.write(batch) {
                    Ok(receipt) => prop_assert!(receipt.seq - before <= receipt.changed as u64),
                    Err(e) => {
                        prop_assert!(matches!(e, StoreError::NoSuchRecord { .. }), "{e}");
                        prop_assert_eq!(store.head().unwrap(), before, "nothing is kept");
                    }
                }
            }
            let all = kept(store.as_ref());
            prop_assert_eq!(&replayed(store.as_ref(), 3), &all);
            for (number, record) in all {
                let found = store.ticket(&record.ticket.id).unwrap().unwrap();
                prop_assert_eq!((found.number, &found.record), (number, &record));
                let history = store.history(Kind::Ticket, &record.ticket.id).unwrap();
                prop_assert!(history.is_sorted_by(|a, b| a.seq < b.seq));
                prop_assert_eq!(history.last().map(|c| c.seq), Some(found.seq));
            }
            Ok(())
        })
        .unwrap();
}

/// New ones and known ones in any order, with words and without: more of them than are
/// written with one statement.
pub(crate) fn every_one_of_many_tickets_in_a_batch_comes_back<P: Place>() {
    let place = P::new();
    let store = place.open();
    let rounds = std::cell::Cell::new(0);
    runner(6)
        .run(&vec((tickets(), option::of(texts()), any::<bool>()), 60..200), |drawn| {
            let round = rounds.replace(rounds.get() + 1);
            let all: Vec<(TicketRecord, Option<TicketTexts>, bool)> = drawn
                .into_iter()
                .enumerate()
                .map(|(n, (mut record, texts, known))| {
                    // Not in the order of their ids, and not behind those of the round before.
                    record.ticket.id = format!("{:03}-{round}", n * 7 % 211);
                    (record, texts, known)
                })
                .collect();
            let mut first = Batch::by("test");
            let words =
                |text: &str| TicketTexts { description: Some(text.into()), ..Default::default() };
            for (record, ..) in all.iter().filter(|(.., known)| *known) {
                first = first.file(ticket(&record.ticket.id), Some(words("before")));
            }
            store.write(first).unwrap();
            let mut batch = Batch::by("test");
            for (record, texts, _) in &all {
                batch = batch.file(record.clone(), texts.clone());
            }
            let receipt = store.write(batch).unwrap();
            prop_assert_eq!(receipt.created, all.iter().filter(|(.., known)| !known).count());
            let ids: Vec<&str> = all.iter().map(|(r, ..)| r.ticket.id.as_str()).collect();
            let mut found = store.tickets_of(&ids).unwrap();
            for (record, texts, known) in &all {
                let kept = found.remove(&record.ticket.id).unwrap();
                prop_assert_eq!(&kept.record, record);
                let before = if *known { words("before") } else { TicketTexts::default() };
                prop_assert_eq!(&kept.texts, texts.as_ref().unwrap_or(&before));
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(replayed(store.as_ref(), 3), kept(store.as_ref()));
}

pub(crate) fn a_ticket_moves_while_it_is_open_and_where_it_was<P: Place>() {
    let place = P::new();
    let store = place.open();
    let placed = |id: &str, status| Ticket {
        location: Some(LonLat::new(116.4, 39.9)),
        status,
        ..ticket(id)
    };
    let (open, closed) = (TicketStatus::Accepted, TicketStatus::Closed);
    let put = Batch::by("test").file(placed("a", open), None).file(placed("b", closed), None);
    store.write(put).unwrap();
    let district = |id: &str| store.ticket(id).unwrap().unwrap().record.ticket.divisions.district;
    let moved = |id: &str, lon: f64| {
        let of =
            TicketMove { location: LonLat::new(lon, 39.9), ..move_of(&placed(id, open)).unwrap() };
        store.write(Batch { moves: vec![of], ..Batch::by("test") }).unwrap().changed
    };
    assert_eq!(moved("a", 116.5), 0, "it is elsewhere by now");
    assert_eq!(moved("b", 116.4), 0, "it is closed");
    assert_eq!(moved("nobody", 116.4), 0);
    assert_eq!((moved("a", 116.4), moved("a", 116.4)), (1, 0), "the second changes nothing");
    assert_eq!(district("a").as_deref(), Some("moved"));
    assert_ne!(district("b").as_deref(), Some("moved"));
}

/// Writers that read a ticket, add to it and write it back on the condition that it is as they
/// have read it: whoever is refused tries again, and nothing is lost.
pub(crate) fn a_ticket_that_somebody_else_wrote_is_not_written_over<P: Place>() {
    const EACH: usize = 8;
    let place = P::new();
    let store = place.open();
    let seen = |seq| vec![Seen { id: "a".into(), seq }];
    let new = |seq| Batch { seen: seen(seq), ..Batch::by("test") }.file(ticket("a"), None);
    assert!(matches!(store.write(new(1)), Err(StoreError::Overtaken { id }) if id == "a"));
    store.write(new(0)).unwrap();
    assert!(matches!(store.write(new(0)), Err(StoreError::Overtaken { .. })), "there is one now");
    let moment = |n: usize| Timestamp::from_second(1_800_000_000 + n as i64).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let store = store.as_ref();
            scope.spawn(move || {
                for n in 0..EACH {
                    loop {
                        let kept = store.tickets_of(&["a", "nobody"]).unwrap().remove("a").unwrap();
                        assert_eq!(store.ticket("a").unwrap().unwrap().number, kept.number);
                        let mut ticket = kept.record.ticket;
                        ticket.steps.returned.push(moment(writer * EACH + n));
                        let batch = Batch { seen: seen(kept.seq), ..Batch::by("test") };
                        match store.write(batch.file(ticket, None)) {
                            Ok(receipt) => break assert_eq!(receipt.changed, 1),
                            Err(e) => assert!(matches!(e, StoreError::Overtaken { .. }), "{e}"),
                        }
                    }
                }
            });
        }
    });
    let mut returned = store.ticket("a").unwrap().unwrap().record.ticket.steps.returned;
    returned.sort();
    assert_eq!(returned, (0..4 * EACH).map(moment).collect::<Vec<_>>());
    assert_eq!(store.tickets_of(&["nobody"]).unwrap().len(), 0);
}

pub(crate) fn an_equal_ticket_leaves_no_trace_and_words_are_in_no_log<P: Place>() {
    let place = P::new();
    let store = place.open();
    let words =
        |text: &str| Some(TicketTexts { description: Some(text.into()), ..TicketTexts::default() });
    let batch = |text| Batch::by("test").file(ticket("a"), words(text)).file(ticket("b"), None);
    let first = store.write(batch("no heating since Monday")).unwrap();
    assert_eq!((first.seq, first.changed, first.unchanged), (1, 2, 0), "one entry for both");
    let again = store.write(batch("no heating since Monday")).unwrap();
    assert_eq!((again.seq, again.changed, again.unchanged), (1, 0, 2));
    let other = store.write(batch("cold again")).unwrap();
    assert_eq!((other.seq, other.changed, other.unchanged), (2, 1, 1), "words are a change");
    store.write(Batch::by("test").file(ticket("a"), None)).unwrap();
    let kept = store.ticket("a").unwrap().unwrap();
    assert_eq!(kept.texts.description.as_deref(), Some("cold again"), "no words leave them");
    let log = format!("{:?}", store.changes(0, 10).unwrap());
    assert!(log.contains("heating") && !log.contains("Monday") && !log.contains("cold"), "{log}");
}

pub(crate) fn an_import_keeps_the_words_that_it_replaces<P: Place>() {
    let place = P::new();
    let store = place.open();
    let words = |text: &str| TicketTexts { description: Some(text.into()), ..Default::default() };
    let first = Batch::by("test").file(ticket("a"), Some(words("first")));
    let receipt = store.write(first.file(ticket("b"), None)).unwrap();
    assert_eq!((receipt.changed, receipt.created), (2, 2));
    let by_hand = store.write(Batch::by("test").file(ticket("a"), Some(words("second")))).unwrap();
    assert_eq!((by_hand.changed, by_hand.created), (1, 0));
    assert!(store.replaced_texts(by_hand.seq).unwrap().is_empty(), "only for imports");
    let import = Batch { import: Some("mine".into()), ..Batch::by("test") };
    let import = import.file(ticket("a"), Some(words("third"))).file(ticket("b"), None);
    let import = import.file(ticket("c"), Some(words("new"))).file(ticket("a"), Some(words("4th")));
    let seq = store.write(import).unwrap().seq;
    assert_eq!(store.replaced_texts(seq - 1).unwrap(), [(1, words("second"))]);
    assert_eq!(store.replaced_texts(seq).unwrap(), [(1, words("third"))]);
    assert_eq!(store.ticket("a").unwrap().unwrap().texts, words("4th"));
}

pub(crate) fn a_ticket_that_comes_twice_in_a_batch_has_both_in_its_history<P: Place>() {
    let place = P::new();
    let store = place.open();
    let closed = Ticket { status: TicketStatus::Closed, ..ticket("a") };
    let batch = Batch::by("test").file(ticket("a"), None).file(ticket("b"), None);
    let batch = batch.file(closed, None).retire(Kind::Ticket, "a", None, "filed twice");
    // Retirements come before the tickets of the batch: there is none yet.
    assert!(matches!(store.write(batch.clone()), Err(StoreError::NoSuchRecord { .. })));
    assert_eq!(kept(store.as_ref()).len(), 0, "a refused batch leaves nothing");
    store.write(Batch { writes: Vec::new(), ..batch }).unwrap();
    let retire = Batch::by("clerk").retire(Kind::Ticket, "a", Some("b"), "filed twice");
    assert_eq!(store.write(retire.clone()).unwrap().changed, 1);
    assert_eq!(store.write(retire).unwrap().unchanged, 1, "twice is once");
    let told: Vec<_> = store
        .history(Kind::Ticket, "a")
        .unwrap()
        .into_iter()
        .map(|change| match change.record {
            Record::Tickets(filed) => {
                let record = &filed[0].record;
                let retired = record.retired.as_ref().and_then(|r| r.successor.clone());
                (change.actor, record.ticket.status, retired)
            }
            _ => panic!("a ticket"),
        })
        .collect();
    assert_eq!(
        told,
        [
            ("test".into(), TicketStatus::Open, None),
            ("test".into(), TicketStatus::Closed, None),
            ("clerk".into(), TicketStatus::Closed, Some("b".to_owned())),
        ]
    );
    assert!(store.history(Kind::Ticket, "nobody").unwrap().is_empty());
}

pub(crate) fn many_tickets_are_few_entries_read_page_by_page<P: Place>() {
    const MANY: usize = 25_000;
    let place = P::new();
    let store = place.open();
    let batch = (0..MANY)
        .fold(Batch::by("test"), |batch, n| batch.file(ticket(&format!("{n:06}")), None))
        .put(point("p", "a point"));
    let receipt = store.write(batch.clone()).unwrap();
    assert_eq!(receipt.changed, MANY + 1);
    assert!(receipt.seq < 100, "{} entries", receipt.seq);
    let page = store.changes(0, 1000).unwrap();
    assert!(!page.is_empty() && (page.len() as u64) < receipt.seq, "a page is bounded");
    assert_eq!(replayed(store.as_ref(), 1000), kept(store.as_ref()));
    assert_eq!(store.write(batch).unwrap().unchanged, MANY + 1, "again is no change");
    // All of them change at once.
    let closed = |n: usize| Ticket { status: TicketStatus::Closed, ..ticket(&format!("{n:06}")) };
    let batch = (0..MANY).fold(Batch::by("test"), |batch, n| batch.file(closed(n), None));
    assert_eq!(store.write(batch).unwrap().changed, MANY);
    let all = kept(store.as_ref());
    assert!(all.len() == MANY && all.values().all(|r| r.ticket.status == TicketStatus::Closed));
    let mut after = Vec::new();
    store
        .tickets(MANY as u64 - 2, &mut |number, _| {
            after.push(number);
            Ok(())
        })
        .unwrap();
    assert_eq!(after, [MANY as u64 - 1, MANY as u64]);
}

pub(crate) fn what_a_ticket_cannot_hold_is_refused<P: Place>() {
    let place = P::new();
    let store = place.open();
    let nul = Ticket { channel: "a\0b".into(), ..ticket("a") };
    let error = store.write(Batch::by("test").file(nul, None)).unwrap_err();
    assert_eq!(error.to_string(), "the ticket \"a\" holds a NUL character; take it out");
    let words = TicketTexts { phone: Some("1\0".into()), ..TicketTexts::default() };
    let error = store.write(Batch::by("test").file(ticket("a"), Some(words))).unwrap_err();
    assert!(matches!(error, StoreError::Nul { .. }), "{error}");
    let nowhere = Ticket { location: Some(LonLat::new(f64::NAN, 0.0)), ..ticket("a") };
    let error = store.write(Batch::by("test").file(nowhere, None)).unwrap_err();
    assert!(error.to_string().contains("is not a number"), "{error}");
    assert_eq!((store.head().unwrap(), kept(store.as_ref()).len()), (0, 0));
    let fine = "2026-10-05T08:30:00.123456789Z".parse().unwrap();
    let steps = TicketSteps { requested: fine, closed: Some(fine), ..TicketSteps::default() };
    let exact = Ticket { steps, ..ticket("a") };
    store.write(Batch::by("test").file(exact.clone(), None)).unwrap();
    let found = store.ticket("a").unwrap().unwrap().record.ticket;
    assert_eq!(found.steps.requested.to_string(), "2026-10-05T08:30:00.123Z");
    assert_eq!(store.write(Batch::by("test").file(exact, None)).unwrap().unchanged, 1);
}

pub(crate) fn an_edit_of_a_ticket_without_history_is_refused<P: Place>() {
    let place = P::new();
    let store = place.open();
    store.write(Batch::by("test").file(ticket("a"), None).put(point("p", "P"))).unwrap();
    for (edit, said) in [
        ("UPDATE tickets SET status = 'closed'", "written by servicemap alone"),
        ("UPDATE tickets SET change_seq = 1", "written by servicemap alone"),
        ("UPDATE tickets SET change_seq = 99", "written by servicemap alone"),
        ("DELETE FROM tickets", "retired, never deleted"),
    ] {
        let refused = place.sql(edit).expect_err(edit);
        assert!(refused.contains(said), "{edit}: {refused}");
    }
    assert_eq!(replayed(store.as_ref(), 9), kept(store.as_ref()));
}

pub(crate) fn a_store_of_the_first_format_is_brought_up_to_date<P: Place>() {
    let place = P::new();
    place.sql(&P::first_format()).unwrap();
    let Record::Point(old) = point("p", "图书馆") else { unreachable!() };
    let document = serde_json::to_string(&old).unwrap();
    place
        .sql(&format!(
            "INSERT INTO change (seq, at, actor, kind, record, operation, document) VALUES \
             (1, '2026-01-01T00:00:00Z', 'clerk', 'point', 'p', 'put', '{document}'); \
             INSERT INTO points (geom, id, name, name_en, aliases, category, matters, \
             accessibility, source, change_seq) VALUES ({}, 'p', '图书馆', '', '[]', 'library', \
             '[]', '[]', 'test', 1);",
            P::point_of_the_first_format(),
        ))
        .unwrap();
    let store = place.open();
    let records = store.load().unwrap();
    assert_eq!((records.seq, &records.points["p"]), (1, &old));
    assert_eq!(crate::records::replayed(store.as_ref()), records);
    let receipt = store.write(Batch::by("test").file(ticket("a"), None)).unwrap();
    assert_eq!((receipt.seq, kept(store.as_ref()).len()), (2, 1));
    drop(store);
    assert_eq!(place.open().head().unwrap(), 2, "once is enough");
}

pub(crate) fn tickets_are_read_by_their_numbers_in_the_order_of_these<P: Place>() {
    let place = P::new();
    let store = place.open();
    let words = |text: &str| TicketTexts { response: Some(text.into()), ..TicketTexts::default() };
    let batch = Batch::by("test").file(ticket("a"), Some(words("one"))).file(ticket("b"), None);
    store.write(batch.file(ticket("c"), Some(words("three")))).unwrap();
    let retired = Batch::by("test").retire(Kind::Ticket, "b", None, "filed twice");
    store.write(retired).unwrap();
    let found = store.numbered(&[3, 99, 2, 1, u64::MAX], true).unwrap();
    let each = ["c", "b", "a"].map(|id| store.ticket(id).unwrap().unwrap());
    assert_eq!(found, each);
    assert!(found[1].record.retired.is_some(), "retired ones too");
    let bare = store.numbered(&[1, 3], false).unwrap();
    assert_eq!(bare.iter().map(|kept| kept.number).collect::<Vec<_>>(), [1, 3]);
    assert!(bare.iter().all(|kept| kept.texts.is_empty()), "without words");
    assert_eq!(bare[0].record, each[2].record);
    assert!(store.numbered(&[], true).unwrap().is_empty());
}

/// Names the tests of an implementation.
macro_rules! suite {
    ($place:ty) => {
        crate::suite::suite! { tickets, $place:
            every_field_of_a_ticket_comes_back
            the_log_alone_tells_every_ticket
            every_one_of_many_tickets_in_a_batch_comes_back
            an_equal_ticket_leaves_no_trace_and_words_are_in_no_log
            an_import_keeps_the_words_that_it_replaces
            a_ticket_moves_while_it_is_open_and_where_it_was
            a_ticket_that_somebody_else_wrote_is_not_written_over
            a_ticket_that_comes_twice_in_a_batch_has_both_in_its_history
            tickets_are_read_by_their_numbers_in_the_order_of_these
            many_tickets_are_few_entries_read_page_by_page
            what_a_ticket_cannot_hold_is_refused
            an_edit_of_a_ticket_without_history_is_refused
            a_store_of_the_first_format_is_brought_up_to_date
        }
    };
}
pub(crate) use suite;
