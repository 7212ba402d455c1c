//! The record store: a million tickets in, and single writes that wait for the disk.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use super::super::CommandResult;
use super::{grouped, per_second, row, say};
use crate::city::synthetic::Random;
use crate::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::LonLat;
use crate::store::{Batch, GeoPackage, PostGis, Store};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// How many tickets are written.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    tickets: u64,
    /// Draws the tickets.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder on the disk that is measured; the system's folder for temporary files unless
    /// given.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Connection string of an empty `PostGIS` database; `scripts/with-postgis` starts one,
    /// and with `POSTGIS_FSYNC=on` it waits for the disk.
    #[arg(long, env = "POSTGIS_URL", value_name = "URL")]
    postgis: Option<String>,
}

/// Tickets of one transaction.
const BATCH: u64 = 20_000;
/// Callers that write at the same time.
const WRITERS: u64 = 32;
/// How long they write.
const TIME: Duration = Duration::from_secs(3);
/// The city that the records are of.
const CITY: &str = "bench";

pub(super) fn run(options: &Options) -> CommandResult {
    say(&format!("{} synthetic tickets with a line of text each\n", grouped(options.tickets)));
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = Scratch::new(folder.join(format!("servicemap-bench-{}", std::process::id())))?;
    let file = folder.0.join("city.gpkg");
    let store = GeoPackage::open(&file, CITY)?;
    measure("GeoPackage", &store, options)?;
    drop(store);
    let size = std::fs::metadata(&file)?.len();
    row("GeoPackage, size of the file", &format!("{} MB", grouped(size / 1_000_000)), "");
    let Some(url) = &options.postgis else {
        row("PostGIS", "-", "no connection string; see --postgis");
        return Ok(());
    };
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let fsync: String = client.query_one("SHOW fsync", &[])?.get(0);
    measure(&format!("PostGIS (fsync {fsync})"), &PostGis::open(url, CITY)?, options)
}

fn measure(name: &str, store: &dyn Store, options: &Options) -> CommandResult {
    let took = import(store, options)?;
    let target = if name.starts_with("GeoPackage") { "100,000 /s" } else { "40,000 /s" };
    let per = per_second(options.tickets as usize, took);
    row(&format!("{name}, tickets durable and indexed"), &per, &format!("wanted {target}"));
    singles(name, store, options)
}

/// Draws tickets on one thread and writes them on this one, as an import reads and writes.
fn import(store: &dyn Store, options: &Options) -> Result<Duration, Box<dyn std::error::Error>> {
    let (give, take) = sync_channel(2);
    let (count, seed) = (options.tickets, options.seed);
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut random = Random(seed);
            let mut at = 0;
            while at < count {
                let until = count.min(at + BATCH);
                let batch = Batch { import: Some("bench".into()), ..Batch::by("bench") };
                let batch = (at..until).fold(batch, |batch, n| {
                    let (ticket, texts) = draw(n, &mut random);
                    batch.file(ticket, Some(texts))
                });
                if give.send(batch).is_err() {
                    return;
                }
                at = until;
            }
        });
        for batch in take {
            store.write(batch)?;
        }
        Ok(start.elapsed())
    })
}

/// Single writes of many callers.
fn singles(name: &str, store: &dyn Store, options: &Options) -> CommandResult {
    let waits = thread::scope(|scope| {
        let writing: Vec<_> = (0..WRITERS)
            .map(|w| {
                scope.spawn(move || {
                    let mut random = Random(options.seed + w);
                    let (start, mut waits) = (Instant::now(), Vec::new());
                    while start.elapsed() < TIME {
                        let n = (w + 1) * 100_000_000 + waits.len() as u64;
                        let (ticket, texts) = draw(n, &mut random);
                        let before = Instant::now();
                        store.write(Batch::by("bench").file(ticket, Some(texts)))?;
                        waits.push(before.elapsed());
                    }
                    Ok(waits)
                })
            })
            .collect();
        let mut all = Vec::new();
        for writer in writing {
            let waits: Result<Vec<Duration>, crate::store::StoreError> =
                writer.join().map_err(|_| "a writer panicked")?;
            all.extend(waits?);
        }
        Ok::<_, Box<dyn std::error::Error>>(all)
    });
    let mut waits = waits?;
    waits.sort_unstable();
    let part = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let figure = per_second(waits.len(), TIME);
    let note = format!("p50 {:.1} ms, p99 {:.1} ms", part(0.5), part(0.99));
    row(&format!("{name}, single tickets, {WRITERS} writers"), &figure, &note);
    Ok(())
}

/// Seconds since 1970 of the first ticket: 2024-01-01.
const FIRST: i64 = 1_704_067_200;
/// Seconds over which they are spread: three years.
const SPAN: u64 = 3 * 365 * 86_400;
/// Degrees of a grid cell of the made-up divisions.
const CELL: f64 = 0.02;

/// The ticket of a number: around centres in a square degree, in order of time, with steps
/// that lag.
fn draw(n: u64, random: &mut Random) -> (Ticket, TicketTexts) {
    let requested = FIRST + (n % 1_000_000 * SPAN / 1_000_000) as i64;
    let centre = random.below(97);
    let mut near = |tenths: usize| 30.0 + tenths as f64 / 10.0 + (random.unit() - 0.5) * 0.2;
    let location = LonLat::new(near(centre % 10), near(centre / 10));
    let cell = |size: f64| {
        format!("{:04}{:04}", (location.lon / size) as u32, (location.lat / size) as u32)
    };
    let mut lag = requested;
    let mut step = |share: usize| {
        lag += random.below(40_000) as i64;
        let at = jiff::Timestamp::from_second(lag).unwrap_or_default();
        (random.below(100) < share).then_some(at)
    };
    let steps = TicketSteps {
        requested: jiff::Timestamp::from_second(requested).unwrap_or_default(),
        dispatched: step(99),
        accepted: step(98),
        responded: step(95),
        closed: step(90),
        surveyed: step(60),
        returned: step(3).into_iter().collect(),
    };
    let survey = steps.surveyed.map_or_else(Survey::default, |_| Survey {
        solved: Some(random.below(10) < 8),
        satisfied: Some(random.below(10) < 9),
    });
    let closed = steps.closed.is_some();
    let ticket = Ticket {
        id: format!("T{n:010}"),
        category: format!("kind-{:03}", random.below(300)),
        channel: ["phone", "app", "web", "letter"][random.below(4)].into(),
        status: if closed { TicketStatus::Closed } else { TicketStatus::Dispatched },
        location: Some(location),
        located_by: Some(LocatedBy::Given),
        accuracy_m: None,
        divisions: TicketDivisions {
            district: Some(cell(CELL * 10.0)),
            township: Some(cell(CELL * 3.0)),
            community: Some(cell(CELL)),
            on: Some(jiff::civil::date(2026, 11, 1)),
        },
        steps,
        survey,
        source: "synthetic".into(),
    };
    let description = Some(format!("synthetic request number {n}, of nobody"));
    (ticket, TicketTexts { description, ..TicketTexts::default() })
}

/// A folder that goes with the bench.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
