//! How fast durable writes are, in a GeoPackage and in a PostgreSQL cluster of its own.
//! Prints figures: `cargo bench --bench store`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    dead_code,
    reason = "a bench prints figures, and uses only a part of what the tests share"
)]

#[path = "../tests/store/cluster.rs"]
mod cluster;
#[path = "../tests/store/records.rs"]
mod records;

use std::thread;
use std::time::{Duration, Instant};

use servicemap::store::{Batch, GeoPackage, PostGis, Store};

use cluster::Cluster;
use records::point;

/// Callers that write at the same time.
const WRITERS: usize = 32;
/// How long they write.
const TIME: Duration = Duration::from_secs(3);
/// Records of the large batch.
const LARGE: usize = 20_000;

fn print_figures(name: &str, store: &dyn Store) {
    let mut waits: Vec<Duration> = thread::scope(|scope| {
        let writing: Vec<_> = (0..WRITERS)
            .map(|w| {
                scope.spawn(move || {
                    let (start, mut waits) = (Instant::now(), Vec::new());
                    while start.elapsed() < TIME {
                        let id = format!("{w}-{}", waits.len());
                        let before = Instant::now();
                        store.write(Batch::by("bench").put(point(&id, &id))).unwrap();
                        waits.push(before.elapsed());
                    }
                    waits
                })
            })
            .collect();
        writing.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    waits.sort();
    let part = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_micros();
    println!(
        "{name}: {WRITERS} writers: {:.0} durable writes/s, p50 {} µs, p99 {} µs",
        waits.len() as f64 / TIME.as_secs_f64(),
        part(0.5),
        part(0.99),
    );
    let large = (0..LARGE)
        .fold(Batch::by("bench"), |batch, n| batch.put(point(&format!("large-{n}"), "large")));
    let start = Instant::now();
    store.write(large).unwrap();
    let rate = LARGE as f64 / start.elapsed().as_secs_f64();
    println!("{name}: a batch of {LARGE}: {rate:.0} records/s");
    let start = Instant::now();
    let records = store.load().unwrap();
    println!("{name}: loads {} records in {:?}", records.points.len(), start.elapsed());
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = GeoPackage::open(&folder.path().join("city.gpkg"), "bench").unwrap();
    print_figures("GeoPackage", &file);
    let cluster = Cluster::start();
    let database = PostGis::open(&cluster.address(), "bench").unwrap();
    print_figures("PostgreSQL", &database);
}
