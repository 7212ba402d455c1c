//! A writer that is killed at random instants, again and again.
//!
//! The writer is the same test once more, started as a child: it writes from several
//! threads and says on its standard output what was acknowledged. Each batch puts two
//! new records and changes a third, so that a half of it could be told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use servicemap::store::{Batch, Records, Store, StoreError};

use crate::records::{point, replayed};

/// Tells the child where to write and which run it is.
pub(crate) const CHILD: &str = "SERVICEMAP_TEST_CRASH";

const THREADS: usize = 4;

/// A batch by its run, thread and number.
pub(crate) fn batch(run: usize, thread: usize, n: usize) -> Batch {
    let name = format!("{run}-{thread}-{n}");
    Batch::by("test")
        .put(point(&format!("{name}-1"), &name))
        .put(point(&format!("last-{thread}"), &name))
        .put(point(&format!("{name}-2"), &name))
}

/// Writes until it is killed, or until the database has gone.
pub(crate) fn write_until_killed(store: &dyn Store, run: usize) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for n in 0.. {
                    match store.write(batch(run, thread, n)) {
                        Ok(_) => {
                            let line = format!("{thread} {n}\n");
                            std::io::stdout().write_all(line.as_bytes()).unwrap();
                        }
                        Err(StoreError::Unavailable(_)) => return,
                        Err(e) => panic!("{e}"),
                    }
                }
            });
        }
    });
}

/// Starts the child `test` with `place`, kills it with SIGKILL `after` its first word,
/// and gives back the last batch that each thread had acknowledged.
pub(crate) fn kill_a_writer(
    test: &str,
    place: &str,
    run: usize,
    after: Duration,
) -> BTreeMap<usize, usize> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{run} {place}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut acknowledged = BTreeMap::new();
    let mut take = |line: String| {
        let numbers =
            line.split_once(' ').and_then(|(t, n)| Some((t.parse().ok()?, n.parse().ok()?)));
        numbers.is_some_and(|(thread, n)| acknowledged.insert(thread, n).is_some() || n == 0)
    };
    // The runner's own words come first.
    assert!(lines.by_ref().any(&mut take), "the child writes");
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines {
        take(line);
    }
    acknowledged
}

/// What this process was told if it is the child: the run and the place.
pub(crate) fn told() -> Option<(usize, String)> {
    let told = std::env::var(CHILD).ok()?;
    let (run, place) = told.split_once(' ').unwrap();
    Some((run.parse().unwrap(), place.to_owned()))
}

/// Every acknowledged batch is there, and every batch that is there is whole.
pub(crate) fn assert_whole(records: &Records, acknowledged: &[BTreeMap<usize, usize>]) {
    for (run, threads) in acknowledged.iter().enumerate() {
        for (thread, last) in threads {
            for n in 0..=*last {
                for half in ["1", "2"] {
                    let id = format!("{run}-{thread}-{n}-{half}");
                    assert!(records.points.contains_key(&id), "{id} was acknowledged");
                }
            }
        }
    }
    for id in records.points.keys().filter(|id| !id.starts_with("last-")) {
        let (name, _) = id.rsplit_once('-').unwrap();
        for half in ["1", "2"] {
            assert!(records.points.contains_key(&format!("{name}-{half}")), "half of {name}");
        }
    }
    // The record that each batch changed is as the last batch left it.
    let run = acknowledged.len() - 1;
    for (thread, last) in &acknowledged[run] {
        let name = &records.points[&format!("last-{thread}")].name.zh;
        let n: usize = name.strip_prefix(&format!("{run}-{thread}-")).unwrap().parse().unwrap();
        assert!(n >= *last, "thread {thread} is at {n}, but {last} was acknowledged");
    }
}

/// Kills a writer `times` times; `open` opens the store anew.
pub(crate) fn survive(test: &str, place: &str, times: usize, open: impl Fn() -> Box<dyn Store>) {
    let mut acknowledged = Vec::new();
    // Instants that differ from run to run of the test too: a fault may hide at some.
    let mut noise = u64::from(std::process::id()) * 2_654_435_761;
    for run in 0..times {
        noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let after = Duration::from_micros((noise >> 33) % 40_000);
        acknowledged.push(kill_a_writer(test, place, run, after));
        if run % 20 == 0 || run + 1 == times {
            let store = open();
            // A database of its own may still be at the killed writer's last commit.
            let (records, told) = loop {
                let (records, told) = (store.load().unwrap(), replayed(store.as_ref()));
                if records.seq == told.seq {
                    break (records, told);
                }
            };
            assert_whole(&records, &acknowledged);
            assert_eq!(told, records, "the log tells the same");
        }
    }
}
