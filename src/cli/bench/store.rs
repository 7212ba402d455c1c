//! The record store: a million tickets in, and single writes that wait for the disk.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::super::CommandResult;
use super::{grouped, per_second, row, say};
use crate::city::synthetic::{self, Plan, Random};
use crate::city::{
    City, LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::{Datum, LonLat};
use crate::import::gather::Maps;
use crate::import::tickets::{self, NoPlaces, Terms};
use crate::import::{columns, read};
use crate::index::tickets::Keeper;
use crate::index::{self, DivisionIndex};
use crate::locate::divisions_of_ticket;
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

/// Callers that write at the same time.
const WRITERS: u64 = 32;
/// How long they write.
const TIME: Duration = Duration::from_secs(3);
/// The city that the records are of.
const CITY: &str = "bench";

pub(super) fn run(options: &Options) -> CommandResult {
    say(&format!(
        "{} synthetic tickets with a line of text each; 7,500 communities\n",
        grouped(options.tickets)
    ));
    let folder = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = Scratch::new(folder.join(format!("servicemap-bench-{}", std::process::id())))?;
    let city = synthetic::city(&Plan::METROPOLIS);
    let bench =
        Bench { options, city: &city, folder: &folder.0, csv: folder.0.join("tickets.csv") };
    write_csv(&bench.csv, &city, options)?;
    let file = folder.0.join("city.gpkg");
    let store = GeoPackage::open(&file, CITY)?;
    bench.measure("GeoPackage", &store)?;
    drop(store);
    let size = std::fs::metadata(&file)?.len();
    row("GeoPackage, size of the file", &format!("{} MB", grouped(size / 1_000_000)), "");
    let Some(url) = &options.postgis else {
        row("PostGIS", "-", "no connection string; see --postgis");
        return Ok(());
    };
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    let fsync: String = client.query_one("SHOW fsync", &[])?.get(0);
    bench.measure(&format!("PostGIS (fsync {fsync})"), &PostGis::open(url, CITY)?)
}

/// What is written, and where.
struct Bench<'a> {
    options: &'a Options,
    city: &'a City,
    folder: &'a Path,
    csv: PathBuf,
}

impl Bench<'_> {
    fn measure(&self, name: &str, store: &dyn Store) -> CommandResult {
        let took = import(store, self.city, &self.csv)?;
        let target = if name.starts_with("GeoPackage") { "100,000 /s" } else { "40,000 /s" };
        let per = per_second(self.options.tickets as usize, took);
        let note = format!("from CSV, located, durable; wanted {target}");
        row(&format!("{name}, tickets imported"), &per, &note);
        starts(name, store, self.folder, &self.city.zone)?;
        singles(name, store, self.city, self.options)
    }
}

/// Imports the file as `servicemap import tickets` does: read, checked and located on one
/// thread, written on another.
fn import(store: &dyn Store, city: &City, file: &Path) -> Result<Duration, Box<dyn Error>> {
    let index = DivisionIndex::build(city);
    let divisions = |at, on, open| divisions_of_ticket(city, &index, at, on, open);
    let terms = Terms {
        city,
        places: &NoPlaces,
        divisions: &divisions,
        crs: Some(Datum::Wgs84),
        source: "synthetic",
        now: jiff::Timestamp::MAX,
    };
    let start = Instant::now();
    let rows = read::open(file, &read::Options::default())?;
    let maps = Maps::Choose(columns::shipped().to_vec());
    let mut sink = |tickets| {
        let import = Some("bench".to_owned());
        store.write(Batch { import, tickets, ..Batch::by("bench") })
    };
    let name = file.display().to_string();
    let done = tickets::import(&name, rows, maps, &[], &terms, &mut sink, &mut |_| ())?;
    match done.rejected.first() {
        None => Ok(start.elapsed()),
        Some(wrong) => Err(format!("{}: {}", wrong.place, wrong.reasons.join("; ")).into()),
    }
}

/// How long a start takes that reads the records, and one that has the kept copy.
fn starts(name: &str, store: &dyn Store, folder: &Path, zone: &TimeZone) -> CommandResult {
    let copy = folder.join("tickets");
    let start = Instant::now();
    let index = index::tickets::open(store, None, zone)?;
    let figure = format!("{} ms", start.elapsed().as_millis());
    row(&format!("{name}, tickets from the records"), &figure, "");
    Keeper::new(copy.clone()).write(store, &index)?;
    let each = index.bytes() as f64 / index.len() as f64;
    row(&format!("{name}, memory a ticket"), &format!("{each:.1} bytes"), "wanted 64");
    drop(index);
    let start = Instant::now();
    index::tickets::open(store, Some(&copy), zone)?;
    let figure = format!("{} ms", start.elapsed().as_millis());
    row(&format!("{name}, tickets from the kept copy"), &figure, "wanted 2 s, all of a start");
    std::fs::remove_file(copy)?;
    Ok(())
}

/// Writes tickets as a file of a hotline.
fn write_csv(file: &Path, city: &City, options: &Options) -> CommandResult {
    let mut csv = csv::Writer::from_path(file)?;
    csv.write_record([
        "id",
        "category",
        "channel",
        "status",
        "requested_at",
        "dispatched_at",
        "accepted_at",
        "responded_at",
        "closed_at",
        "surveyed_at",
        "resolved",
        "satisfied",
        "lon",
        "lat",
        "text",
    ])?;
    let mut random = Random(options.seed);
    for n in 0..options.tickets {
        let (ticket, texts) = draw(n, city, &mut random);
        let steps = &ticket.steps;
        let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let said = |yes: Option<bool>| yes.map(|yes| yes.to_string()).unwrap_or_default();
        let place = ticket.location.map(|p| [p.lon.to_string(), p.lat.to_string()]);
        let [lon, lat] = place.unwrap_or_default();
        csv.write_record([
            ticket.id,
            ticket.category,
            ticket.channel,
            ticket.status.key().to_owned(),
            time(Some(steps.requested)),
            time(steps.dispatched),
            time(steps.accepted),
            time(steps.responded),
            time(steps.closed),
            time(steps.surveyed),
            said(ticket.survey.solved),
            said(ticket.survey.satisfied),
            lon,
            lat,
            texts.description.unwrap_or_default(),
        ])?;
    }
    csv.flush()?;
    Ok(())
}

/// Single writes of many callers.
fn singles(name: &str, store: &dyn Store, city: &City, options: &Options) -> CommandResult {
    let waits = thread::scope(|scope| {
        let writing: Vec<_> = (0..WRITERS)
            .map(|w| {
                scope.spawn(move || {
                    let mut random = Random(options.seed + w);
                    let (start, mut waits) = (Instant::now(), Vec::new());
                    while start.elapsed() < TIME {
                        let n = (w + 1) * 100_000_000 + waits.len() as u64;
                        let (ticket, texts) = draw(n, city, &mut random);
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

/// The ticket of a number: around centres in a square degree, in order of time, with steps
/// that lag.
fn draw(n: u64, city: &City, random: &mut Random) -> (Ticket, TicketTexts) {
    let requested = FIRST + (n % 1_000_000 * SPAN / 1_000_000) as i64;
    let centre = random.below(97);
    let bounds = city.manifest.bounds;
    // A tenth of the way is a centre; around it within a tenth.
    let mut near = |tenths: usize, from: f64, to: f64| {
        let part = (tenths as f64 / 10.0 + (random.unit() - 0.5) * 0.2).clamp(0.001, 0.999);
        from + (to - from) * part
    };
    let location = LonLat::new(
        near(centre % 10, bounds.west, bounds.east),
        near(centre / 10, bounds.south, bounds.north),
    );
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
        divisions: TicketDivisions::default(),
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
