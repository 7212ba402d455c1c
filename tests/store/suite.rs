//! What any store must do.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use servicemap::store::{Batch, Kind, Operation, Record, Store, StoreError};

use crate::records::{any, history, point, replayed};

/// The city that stores of tests are of.
pub(crate) const CITY: &str = "example";

/// Long enough that only a broken store makes a test wait for all of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// A place where a store can be opened, more than once and by several at a time.
pub(crate) trait Place: Sync {
    /// A new, empty place.
    fn new() -> Self;

    /// Opens the store as another process would.
    fn open_for(&self, city: &str) -> Result<Box<dyn Store>, StoreError>;

    /// SQL that makes the tables as the first format had them, for a log of one entry.
    fn first_format() -> String;

    /// 116.4 E, 39.9 N in the geometry column of that format, in SQL.
    fn point_of_the_first_format() -> &'static str;

    /// Runs SQL behind the program's back.
    fn sql(&self, sql: &str) -> Result<(), String>;

    fn open(&self) -> Box<dyn Store> {
        self.open_for(CITY).unwrap()
    }
}

/// Cases of the property tests: each is a database of its own, or a part of one.
pub(crate) fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

pub(crate) fn a_new_record_is_added_once<P: Place>() {
    let place = P::new();
    let store = place.open();
    let batch = |name: &str| Batch::by("test").put(point("b", name)).put_new(point("a", name));
    assert_eq!(store.write(batch("first")).unwrap().changed, 2);
    let refused = store.write(batch("second")).unwrap_err();
    assert!(matches!(refused, StoreError::Known { kind: Kind::Point, .. }), "{refused}");
    let kept = store.load().unwrap();
    assert!(kept.points.values().all(|p| p.name.zh == "first"), "nothing of the batch is kept");
    let entries = store.entries(Kind::Point, 1).unwrap();
    assert_eq!(entries.iter().map(|e| (e.seq, e.id.as_str())).collect::<Vec<_>>(), [(2, "a")]);
    assert_eq!(entries[0].at, store.history(Kind::Point, "a").unwrap()[0].at);
}

pub(crate) fn every_field_comes_back<P: Place>() {
    let place = P::new();
    runner(64)
        .run(&any(), |record| {
            let store = place.open();
            let receipt = store.write(Batch::by("test").put(record.clone())).unwrap();
            drop(store);
            let store = place.open();
            let loaded = store.load().unwrap();
            let kept = match record.kind() {
                Kind::Point => loaded.points.get(record.id()).cloned().map(Record::Point),
                Kind::Ticket => unreachable!(),
                Kind::Division => loaded.divisions.get(record.id()).cloned().map(Record::Division),
                Kind::Key => loaded.keys.get(record.id()).cloned().map(Record::Key),
                Kind::Reservation => {
                    loaded.reservations.get(record.id()).cloned().map(Record::Reservation)
                }
                Kind::Schedule => loaded.schedules.get(record.id()).cloned().map(Record::Schedule),
                Kind::Day => loaded.days.get(record.id()).cloned().map(Record::Day),
                Kind::Release => loaded.releases.get(record.id()).cloned().map(Record::Release),
                Kind::Redrawing => {
                    loaded.redrawings.get(record.id()).cloned().map(Record::Redrawing)
                }
            };
            prop_assert_eq!(kept.as_ref(), Some(&record));
            prop_assert_eq!(loaded.seq, receipt.seq);
            let last = store.history(record.kind(), record.id()).unwrap().pop().unwrap();
            prop_assert_eq!((last.seq, &last.record), (receipt.seq, &record));
            prop_assert_eq!(last.operation, Operation::of(&record));
            Ok(())
        })
        .unwrap();
}

pub(crate) fn the_log_alone_tells_every_record<P: Place>() {
    let place = P::new();
    let store = place.open();
    runner(24)
        .run(&history(), |batches| {
            for batch in batches {
                let before = store.head().unwrap();
                match store.write(batch) {
                    Ok(receipt) => prop_assert_eq!(
                        receipt.seq,
                        before + receipt.changed as u64,
                        "one change, one number"
                    ),
                    Err(e) => {
                        prop_assert!(matches!(e, StoreError::NoSuchRecord { .. }), "{e}");
                        prop_assert_eq!(store.head().unwrap(), before, "nothing is kept");
                    }
                }
            }
            prop_assert_eq!(replayed(store.as_ref()), store.load().unwrap());
            Ok(())
        })
        .unwrap();
}

pub(crate) fn an_equal_record_leaves_no_trace<P: Place>() {
    let place = P::new();
    let store = place.open();
    let batch = || Batch::by("test").put(point("a", "A")).put(point("b", "B"));
    let first = store.write(batch()).unwrap();
    assert_eq!((first.seq, first.changed, first.unchanged), (2, 2, 0));
    let again = store.write(batch().put(point("b", "B2"))).unwrap();
    assert_eq!((again.seq, again.changed, again.unchanged), (3, 1, 2));
}

pub(crate) fn a_retired_record_is_kept_and_can_come_back<P: Place>() {
    let place = P::new();
    let store = place.open();
    store.write(Batch::by("clerk").put(point("a", "A")).put(point("b", "B"))).unwrap();
    let retire = || Batch::by("clerk").retire(Kind::Point, "a", Some("b"), "merged");
    assert_eq!(store.write(retire()).unwrap().changed, 1);
    let kept = store.load().unwrap().points["a"].clone();
    let retired = kept.retired.as_ref().expect("it says that it no longer holds");
    assert_eq!((retired.successor.as_deref(), retired.reason.as_str()), (Some("b"), "merged"));
    assert_eq!(kept.name.zh, "A");
    assert_eq!(store.write(retire()).unwrap().unchanged, 1, "twice is once");
    store.write(Batch::by("head clerk").put(point("a", "A"))).unwrap();
    assert_eq!(store.load().unwrap().points["a"].retired, None);
    let history = store.history(Kind::Point, "a").unwrap();
    let operations: Vec<_> = history.iter().map(|c| (c.actor.as_str(), c.operation)).collect();
    assert_eq!(
        operations,
        [("clerk", Operation::Put), ("clerk", Operation::Retire), ("head clerk", Operation::Put)]
    );
}

pub(crate) fn a_refused_batch_leaves_nothing<P: Place>() {
    let place = P::new();
    let store = place.open();
    let batch = Batch::by("test").put(point("a", "A")).retire(Kind::Division, "x", None, "gone");
    let error = store.write(batch).unwrap_err();
    assert_eq!(error.to_string(), "there is no division \"x\"");
    assert!(!error.is_temporary());
    assert_eq!(store.head().unwrap(), 0);
    assert!(store.load().unwrap().points.is_empty());
    let receipt = store.write(Batch::by("test").put(point("a", "A"))).unwrap();
    assert_eq!(receipt.seq, 1, "a refused batch uses up no number");
}

pub(crate) fn a_nul_character_is_refused_in_a_text_and_kept_in_a_list<P: Place>() {
    let place = P::new();
    let store = place.open();
    let error = store.write(Batch::by("test").put(point("a", "A\0B"))).unwrap_err();
    assert_eq!(error.to_string(), "the point \"a\" holds a NUL character; take it out");
    let Record::Point(mut listed) = point("a", "A") else { unreachable!() };
    listed.aliases = vec!["A\0B".into(), "\\u0000".into()];
    let listed = Record::Point(listed);
    store.write(Batch::by("test").put(listed.clone())).unwrap();
    assert_eq!(store.load().unwrap().points.remove("a").map(Record::Point), Some(listed));
}

pub(crate) fn whoever_waits_is_woken_by_any_writer<P: Place>() {
    let place = P::new();
    let (here, there) = (place.open(), place.open());
    assert_eq!(here.wait(0, Duration::from_millis(1)).unwrap(), 0, "patience ends");
    thread::scope(|scope| {
        for (seq, writer) in [&here, &there].into_iter().enumerate() {
            let here = &here;
            let waiting = scope.spawn(move || here.wait(seq as u64, PATIENCE).unwrap());
            let name = seq.to_string();
            writer.write(Batch::by("test").put(point("a", &name))).unwrap();
            assert_eq!(waiting.join().unwrap(), seq as u64 + 1);
        }
    });
    assert_eq!(here.wait(0, PATIENCE).unwrap(), 2, "what has happened is not waited for");
}

/// Several writers in two processes, some of them wrong, and one who reads along.
pub(crate) fn a_reader_sees_each_change_once_and_in_order<P: Place>() {
    const WRITERS: usize = 6;
    const BATCHES: usize = 30;
    let place = P::new();
    let stores = [place.open(), place.open()];
    let reader = place.open();
    let done = AtomicBool::new(false);
    let (acknowledged, seen) = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let mut seen = Vec::new();
            loop {
                let ending = done.load(Ordering::SeqCst);
                let after = seen.len() as u64;
                let changes = reader.changes(after, 5).unwrap();
                if changes.is_empty() && ending {
                    return seen;
                }
                if changes.is_empty() {
                    reader.wait(after, Duration::from_millis(20)).unwrap();
                }
                for change in changes {
                    assert_eq!(change.seq, seen.len() as u64 + 1, "in order, without a gap");
                    seen.push(change.record.id().to_owned());
                }
            }
        });
        let writing: Vec<_> = (0..WRITERS)
            .map(|w| {
                let store = &stores[w % stores.len()];
                scope.spawn(move || {
                    let mut acknowledged = Vec::new();
                    for b in 0..BATCHES {
                        let (one, two) = (format!("{w}-{b}-1"), format!("{w}-{b}-2"));
                        let batch = Batch::by("test").put(point(&one, "x")).put(point(&two, "x"));
                        if b % 5 == 4 {
                            let wrong = batch.retire(Kind::Point, "nobody", None, "");
                            store.write(wrong).unwrap_err();
                        } else {
                            let receipt = store.write(batch).unwrap();
                            assert_eq!(receipt.changed, 2);
                            acknowledged.extend([one, two]);
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        let acknowledged: BTreeSet<String> =
            writing.into_iter().flat_map(|w| w.join().unwrap()).collect();
        done.store(true, Ordering::SeqCst);
        (acknowledged, reading.join().unwrap())
    });
    assert_eq!(seen.len(), acknowledged.len(), "no change is told twice");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), acknowledged);
}

pub(crate) fn a_newer_format_is_refused_with_what_to_do<P: Place>() {
    let place = P::new();
    place.open().write(Batch::by("test").put(point("a", "A"))).unwrap();
    place
        .sql("INSERT INTO servicemap_format SELECT 999, at, program FROM servicemap_format WHERE version = 1")
        .unwrap();
    let error = place.open_for(CITY).err().expect("it is refused");
    assert!(matches!(error, StoreError::Newer { found: 999, .. }), "{error}");
    assert!(error.to_string().contains("use the newer servicemap"), "{error}");
    place.sql("DELETE FROM servicemap_format WHERE version = 999").unwrap();
    assert_eq!(place.open().load().unwrap().points.len(), 1, "it was not touched");
}

pub(crate) fn another_city_is_refused<P: Place>() {
    let place = P::new();
    drop(place.open());
    let error = place.open_for("elsewhere").err().expect("it is refused");
    let text = error.to_string();
    assert!(text.contains("\"example\"") && text.contains("\"elsewhere\""), "{text}");
}

pub(crate) fn an_edit_without_history_is_refused<P: Place>() {
    let place = P::new();
    let store = place.open();
    store.write(Batch::by("test").put(point("a", "A")).put(point("b", "B"))).unwrap();
    for (edit, said) in [
        ("UPDATE points SET name = 'edited'", "written by servicemap alone"),
        ("UPDATE points SET change_seq = 2 WHERE id = 'a'", "written by servicemap alone"),
        ("DELETE FROM points", "retired, never deleted"),
        ("DELETE FROM change", "only ever appended to"),
        ("UPDATE change SET actor = 'nobody'", "only ever appended to"),
    ] {
        let refused = place.sql(edit).expect_err(edit);
        assert!(refused.contains(said), "{edit}: {refused}");
    }
    assert_eq!(replayed(store.as_ref()), store.load().unwrap());
}

/// Names the tests of an implementation.
macro_rules! suite {
    ($place:ty: $($test:ident)*) => {
        crate::suite::suite! { suite, $place: $($test)* }
    };
    ($room:ident, $place:ty: $($test:ident)*) => {
        $(#[test]
        fn $test() {
            crate::$room::$test::<$place>();
        })*
    };
    ($place:ty) => {
        crate::suite::suite! { $place:
            every_field_comes_back
            a_new_record_is_added_once
            the_log_alone_tells_every_record
            an_equal_record_leaves_no_trace
            a_retired_record_is_kept_and_can_come_back
            a_refused_batch_leaves_nothing
            a_nul_character_is_refused_in_a_text_and_kept_in_a_list
            whoever_waits_is_woken_by_any_writer
            a_reader_sees_each_change_once_and_in_order
            a_newer_format_is_refused_with_what_to_do
            another_city_is_refused
            an_edit_without_history_is_refused
        }
        crate::tickets::suite! { $place }
    };
}
pub(crate) use suite;
