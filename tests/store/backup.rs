//! Backups of a file that is written to, and what comes back from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use servicemap::store::{Batch, GeoPackage, Store, StoreError};

use crate::cluster::Cluster;
use crate::crash;
use crate::geopackage::Folder;
use crate::records::{point, replayed};
use crate::suite::{CITY, Place};
use crate::tickets;

/// Four threads write while copies are made: each copy is one moment, and has everything
/// that was acknowledged before it was begun.
#[test]
fn a_backup_made_while_four_threads_write_is_one_moment() {
    let place = Folder::new();
    let store = place.open();
    let file = place.0.path().join("city.gpkg");
    let done = AtomicBool::new(false);
    let last = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let (store, done, last) = (&store, &done, &last);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    let batch = crash::batch(0, thread, n);
                    let batch = batch.file(tickets::ticket(&format!("{thread}-{n}")), None);
                    store.write(batch).unwrap();
                    last.lock().unwrap().insert(thread, n);
                }
            });
        }
        for n in 0..5 {
            while last.lock().unwrap().len() < 4 {
                thread::yield_now();
            }
            let acknowledged = last.lock().unwrap().clone();
            let head = store.head().unwrap();
            let out = place.0.path().join(format!("backup-{n}"));
            let seq = GeoPackage::copy(&file, &out, CITY).unwrap();
            assert!(seq >= head);
            let restored = place.0.path().join(format!("restored-{n}.gpkg"));
            assert_eq!(GeoPackage::copy(&out, &restored, CITY).unwrap(), seq);
            let restored = GeoPackage::open(&restored, CITY).unwrap();
            let records = restored.load().unwrap();
            assert_eq!(records.seq, seq);
            crash::assert_whole(&records, &[acknowledged]);
            assert_eq!(replayed(&restored), records, "the log tells the same");
            let all = tickets::kept(&restored);
            assert_eq!(tickets::replayed(&restored, 100), all);
            // Each batch has three points of three names, and a ticket.
            assert_eq!(all.len() * 2, records.points.len() - 4, "no half of a batch is there");
            restored.write(crash::batch(1, 0, 0)).expect("it goes on from there");
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn words_of_tickets_come_back_too() {
    let place = Folder::new();
    let store = place.open();
    let words = servicemap::city::TicketTexts {
        description: Some("no heating".into()),
        ..Default::default()
    };
    let batch = Batch::by("test").file(tickets::ticket("a"), Some(words.clone()));
    store.write(batch).unwrap();
    let (file, out) = (place.0.path().join("city.gpkg"), place.0.path().join("out"));
    GeoPackage::copy(&file, &out, CITY).unwrap();
    let copy = GeoPackage::open(&out, CITY).unwrap();
    assert_eq!(copy.ticket("a").unwrap().unwrap().texts, words);
    assert_eq!(copy.ticket("a").unwrap(), store.ticket("a").unwrap());
}

#[test]
fn nothing_is_written_over_and_nothing_foreign_is_copied() {
    let place = Folder::new();
    let store = place.open();
    store.write(Batch::by("test").put(point("a", "A"))).unwrap();
    let folder = place.0.path();
    let (file, out) = (folder.join("city.gpkg"), folder.join("out"));
    std::fs::write(&out, "mine").unwrap();
    let error = GeoPackage::copy(&file, &out, CITY).unwrap_err();
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    let refused = |from: &Path| {
        let to = folder.join("new");
        let error = GeoPackage::copy(from, &to, CITY).unwrap_err();
        assert!(!to.exists() && !folder.join("new.part").exists());
        error
    };
    assert!(matches!(refused(&out), StoreError::NotOurs { .. }));
    let empty = folder.join("empty");
    std::fs::write(&empty, "").unwrap();
    assert!(matches!(refused(&empty), StoreError::NotOurs { .. }));
    assert!(matches!(refused(&folder.join("nowhere")), StoreError::Unavailable(_)));
    let error = GeoPackage::copy(&file, &folder.join("new"), "elsewhere").unwrap_err();
    assert!(matches!(error, StoreError::OtherCity { .. }), "{error}");
    // A page in the middle is overwritten.
    let sound = folder.join("sound");
    for n in 0..500 {
        let text = "x".repeat(500);
        store.write(Batch::by("test").put(point(&n.to_string(), &text))).unwrap();
    }
    GeoPackage::copy(&file, &sound, CITY).unwrap();
    let mut bytes = std::fs::read(&sound).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(&sound, bytes).unwrap();
    let error = refused(&sound);
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

/// Everything that a store has, to be compared.
fn all(store: &dyn Store) -> impl PartialEq + std::fmt::Debug {
    let mut words = Vec::new();
    let head = store
        .words(&mut |w| {
            words.push(w);
            Ok(())
        })
        .unwrap();
    words.sort_by_key(|w| (w.replaced_in, w.number));
    (store.load().unwrap(), store.changes(0, 100_000).unwrap(), tickets::kept(store), words, head)
}

/// A backup of a shared database is one moment too, and makes an equal one anew.
#[test]
fn a_backup_of_a_shared_database_is_one_moment_and_makes_an_equal_one() {
    let cluster = Cluster::start();
    let store = cluster.open();
    let words = |text: String| servicemap::city::TicketTexts {
        description: Some(text),
        ..Default::default()
    };
    let import = Batch { import: Some("mine".into()), ..Batch::by("test") };
    for said in ["first", "second"] {
        let batch = import.clone().file(tickets::ticket("a"), Some(words(said.into())));
        store.write(batch).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let done = AtomicBool::new(false);
    let last = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let (store, done, last) = (&store, &done, &last);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    let name = format!("{thread}-{n}");
                    let batch = crash::batch(0, thread, n)
                        .file(tickets::ticket(&name), Some(words(name.clone())));
                    store.write(batch).unwrap();
                    last.lock().unwrap().insert(thread, n);
                }
            });
        }
        for n in 0..3 {
            while last.lock().unwrap().len() < 4 {
                thread::yield_now();
            }
            let acknowledged = last.lock().unwrap().clone();
            let head = store.head().unwrap();
            let out = folder.path().join(format!("backup-{n}.gpkg"));
            let seq = GeoPackage::receive(store.as_ref(), &out, CITY).unwrap();
            assert!(seq >= head);
            let copy = GeoPackage::open(&out, CITY).unwrap();
            let records = copy.load().unwrap();
            assert_eq!(records.seq, seq);
            crash::assert_whole(&records, &[acknowledged]);
            assert_eq!(replayed(&copy), records, "the log tells the same");
            let kept = tickets::kept(&copy);
            assert_eq!(kept.len() - 1, (records.points.len() - 4) / 2, "no half of a batch");
            for record in kept.values().filter(|r| r.ticket.id != "a") {
                let id = &record.ticket.id;
                let texts = copy.ticket(id).unwrap().unwrap().texts;
                assert_eq!(texts, words(id.clone()), "words of that moment");
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    let out = folder.path().join("last.gpkg");
    GeoPackage::receive(store.as_ref(), &out, CITY).unwrap();
    let copy = GeoPackage::open(&out, CITY).unwrap();
    assert_eq!(all(&copy), all(store.as_ref()));
    let other = Cluster::start();
    let back = servicemap::store::PostGis::open(&other.address(), CITY).unwrap();
    assert_eq!(back.receive(&copy).unwrap(), store.head().unwrap());
    assert_eq!(all(&back), all(store.as_ref()));
    back.write(crash::batch(1, 0, 0)).expect("it goes on from there");
    let refused = back.receive(&copy).unwrap_err();
    assert!(matches!(refused, StoreError::NotEmpty(_)), "{refused}");
    let refused = GeoPackage::receive(&copy, &out, CITY).unwrap_err();
    assert!(matches!(refused, StoreError::Exists(_)), "{refused}");
}
