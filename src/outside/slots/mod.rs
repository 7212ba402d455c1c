//! Free slots out of a feed: "SMART Scheduling Links", a manifest that names files of
//! `Location`, `Schedule` and `Slot`, one a line.
//!
//! A location is a point where its id, or a value by which others know it, is the point's
//! id, or where the caller's list says so. The codes of a schedule are those of matters;
//! one without codes is for any matter. A feed goes in whole or not at all.

mod feed;
mod resources;
mod state;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use feed::Feed;
pub use feed::Source;
use resources::Resource;
use state::State;

use super::{Client, FetchError};
use crate::city::{City, Schedule, Slot};
use crate::store::{Batch, Kind, Record, Records, ScheduleRecord, Store, StoreError};

/// Slots of a schedule that are kept, the earliest of them.
const MAX_SLOTS: usize = 1000;
/// A schedule that has not changed is confirmed when it was seen so long ago: half of what
/// makes it too old to be shown, so that the log does not grow with every look.
const CONFIRM: SignedDuration = SignedDuration::from_mins(30);

/// What is imported, and as what.
#[derive(Debug, Clone)]
pub struct SlotTerms {
    /// Where the feed is.
    pub source: Source,
    /// Id of the source in the city pack under which the slots are kept.
    pub source_id: String,
    /// Points by the id of the location, beside those that have the same id.
    pub points: HashMap<String, String>,
    /// The matter of all schedules, instead of their codes.
    pub matter: Option<String>,
    /// Where what was learnt of the feed is kept for the next time.
    pub state: Option<PathBuf>,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum SlotsError {
    /// A file of the feed could not be had.
    #[error("{url}: {cause}")]
    Fetch {
        /// Its address.
        url: String,
        /// Why.
        cause: FetchError,
    },
    /// A file of the feed is not there.
    #[error("{url}: it answers with status {status}")]
    Status {
        /// Its address.
        url: String,
        /// What was answered.
        status: u16,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The manifest is none.
    #[error("the manifest cannot be used: {0}")]
    Manifest(String),
    /// The manifest names what is no address.
    #[error("the manifest names \"{0}\", which is neither an address nor a file beside it")]
    Address(String),
    /// A code is not one of the city.
    #[error("{0}")]
    Terms(String),
    /// The records cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A line that could not be read.
#[derive(Debug, Clone, Serialize)]
pub struct BadLine {
    /// The file.
    pub url: String,
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub detail: String,
}

/// What came of an import.
#[derive(Debug, Default, Serialize)]
pub struct SlotReport {
    /// When the feed was as it is.
    pub observed_at: Timestamp,
    /// Files that were read.
    pub read: usize,
    /// Files that were the same as last time.
    pub unchanged_files: usize,
    /// Schedules with a point and a matter.
    pub schedules: usize,
    /// Free slots to come in them.
    pub slots: usize,
    /// Locations that are no point of the city.
    pub unknown_locations: Vec<String>,
    /// Codes that are no matter of the city.
    pub unknown_codes: Vec<String>,
    /// Lines that could not be read.
    pub bad_lines: usize,
    /// The first of them.
    pub bad: Vec<BadLine>,
    /// Schedules whose record changed.
    pub written: usize,
    /// Schedules that are no longer in the feed.
    pub retired: usize,
}

/// Imports a feed into the records of `city`, which is as they are now. With `dry_run`
/// nothing is written or remembered.
///
/// # Errors
/// Where any part of the feed cannot be had, or the records not be written; nothing is
/// changed then.
pub fn import(
    store: &dyn Store,
    city: &City,
    client: &Client,
    terms: &SlotTerms,
    dry_run: bool,
) -> Result<SlotReport, SlotsError> {
    check(city, terms)?;
    let now = Timestamp::now();
    let name = match &terms.source {
        Source::Address(url) => url.to_string(),
        Source::File(path) => path.display().to_string(),
    };
    let mut state = match &terms.state {
        Some(path) => State::open(path, &name),
        None => State::default(),
    };
    let feed = feed::get(client, &terms.source, &mut state, now)?;
    let mut report = SlotReport {
        observed_at: feed.at,
        read: feed.read,
        unchanged_files: feed.unchanged,
        bad_lines: feed.bad_lines,
        bad: feed.bad.clone(),
        ..SlotReport::default()
    };
    let schedules = schedules(city, terms, &feed, now, &mut report);
    report.schedules = schedules.len();
    report.slots = schedules.values().map(|s| s.slots.len()).sum();
    let batch = batch(&store.load()?, schedules, &terms.source_id, &mut report);
    if dry_run {
        return Ok(report);
    }
    if !batch.writes.is_empty() {
        store.write(batch)?;
    }
    // Not before the records are safe: what is remembered is not asked for again.
    if let Some(path) = &terms.state {
        state.save(path).map_err(|cause| SlotsError::File { path: path.clone(), cause })?;
    }
    Ok(report)
}

fn check(city: &City, terms: &SlotTerms) -> Result<(), SlotsError> {
    let source = &terms.source_id;
    if city.source(source).is_none() {
        let known: Vec<&str> = city.manifest.sources.iter().map(|s| s.id.as_str()).collect();
        return Err(SlotsError::Terms(format!(
            "\"{source}\" is no source of the city; its sources are {}",
            known.join(", ")
        )));
    }
    if let Some(matter) = terms.matter.as_ref().filter(|m| city.matters.get(m).is_none()) {
        return Err(SlotsError::Terms(format!("\"{matter}\" is no matter of the city")));
    }
    Ok(())
}

/// The schedules of a feed by id, with their free slots to come.
fn schedules(
    city: &City,
    terms: &SlotTerms,
    feed: &Feed,
    now: Timestamp,
    report: &mut SlotReport,
) -> BTreeMap<String, Schedule> {
    let points: BTreeSet<&str> = city.points.iter().map(|p| p.id.as_str()).collect();
    let mut locations: HashMap<&str, &str> = HashMap::new();
    let mut slots: HashMap<&str, Vec<Slot>> = HashMap::new();
    for resource in &feed.resources {
        match resource {
            Resource::Location { id, identifiers } => {
                let names = std::iter::once(id).chain(identifiers);
                let mut mapped = names.map(|name| terms.points.get(name).unwrap_or(name).as_str());
                if let Some(point) = mapped.find_map(|name| points.get(name)) {
                    locations.insert(id, point);
                }
            }
            Resource::Slot { id, schedule, free, start, end, capacity } => {
                if *free && *start > now {
                    let (id, start, end) = (id.clone(), *start, *end);
                    let slot = Slot { id, start, end, capacity: *capacity };
                    slots.entry(schedule).or_default().push(slot);
                }
            }
            Resource::Schedule { .. } => {}
        }
    }
    let (mut no_point, mut no_matter) = (BTreeSet::new(), BTreeSet::new());
    let mut found = BTreeMap::new();
    for resource in &feed.resources {
        let Resource::Schedule { id, location, codes } = resource else { continue };
        let mapped = terms.points.get(location).map(String::as_str);
        let own =
            mapped.and_then(|name| points.get(name)).or_else(|| points.get(location.as_str()));
        let Some(point) = locations.get(location.as_str()).or(own) else {
            no_point.insert(location.clone());
            continue;
        };
        let mut free = slots.get(id.as_str()).cloned().unwrap_or_default();
        free.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        free.dedup_by(|a, b| a.id == b.id);
        free.truncate(MAX_SLOTS);
        let (known, unknown): (Vec<&String>, Vec<&String>) =
            codes.iter().partition(|code| city.matters.get(code).is_some());
        no_matter.extend(unknown.into_iter().filter(|_| terms.matter.is_none()).cloned());
        let matters: Vec<Option<String>> = match &terms.matter {
            Some(matter) => vec![Some(matter.clone())],
            None if codes.is_empty() => vec![None],
            None => known.into_iter().map(|code| Some(code.clone())).collect(),
        };
        for matter in matters {
            let of = matter.as_ref().map(|m| format!("#{m}")).unwrap_or_default();
            let id = format!("{}/{id}{of}", terms.source_id);
            let schedule = Schedule {
                id: id.clone(),
                point: (*point).to_owned(),
                matter,
                slots: free.clone(),
                observed_at: feed.at,
                source: terms.source_id.clone(),
            };
            found.insert(id, schedule);
        }
    }
    report.unknown_locations = no_point.into_iter().collect();
    report.unknown_codes = no_matter.into_iter().collect();
    found
}

/// What must be written: schedules that have changed or must be confirmed, and the end of
/// those that are no longer there.
fn batch(
    records: &Records,
    schedules: BTreeMap<String, Schedule>,
    source: &str,
    report: &mut SlotReport,
) -> Batch {
    let mut batch = Batch::by("servicemap import slot-feed");
    // No id of a point has a slash, and so no schedule that was imported from a table.
    let prefix = format!("{source}/");
    for (id, kept) in &records.schedules {
        if kept.retired.is_none() && id.starts_with(&prefix) && !schedules.contains_key(id) {
            batch = batch.retire(Kind::Schedule, id, None, "no longer in the feed");
            report.retired += 1;
        }
    }
    for (id, schedule) in schedules {
        let kept = records.schedules.get(&id).filter(|kept| kept.retired.is_none());
        let known = kept.is_some_and(|kept| {
            let seen = kept.schedule.observed_at;
            // An older state of the feed must not undo a later one.
            seen > schedule.observed_at
                || (kept.schedule == Schedule { observed_at: seen, ..schedule.clone() }
                    && schedule.observed_at.duration_since(seen) < CONFIRM)
        });
        if !known {
            report.written += 1;
            batch = batch.put(Record::Schedule(ScheduleRecord { schedule, retired: None }));
        }
    }
    batch
}
