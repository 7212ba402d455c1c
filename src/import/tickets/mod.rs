//! Tickets out of a table, row by row, however long it is.
//!
//! - `draft`: a row as a ticket with its words, or why it is none
//! - `place`: where it is, and how that is known
//! - [`mod@ground`]: whose ground it was
//! - [`mod@time`]: times as offices write them
//!
//! Rows are read and checked on one thread and written on another, in batches that are one
//! transaction each. A ticket is known by the id that the caller gave it: the same file again
//! changes nothing, so an import that was interrupted is simply run again.

mod draft;
pub mod ground;
mod place;
pub mod time;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use jiff::Timestamp;
use jiff::civil::Date;

use super::columns::{Binding, Subject, recognise};
use super::datum::{Gazetteer, decide};
use super::gather::{ImportFault, Maps, Progress};
use super::report::{Notes, Rejected, Report};
use super::row::{Next, Row, Rows};
use crate::city::{City, LocatedBy, TicketDivisions};
use crate::geo::{Datum, LonLat};
use crate::store::{Receipt, StoreError, TicketWrite};
use draft::Reader;

/// Tickets of one transaction: some 100 to 300 ms of writing.
pub const BATCH: usize = 20_000;
/// Rows that do not go in, at most; a file with more of them is not what it was taken for.
pub const MAX_REJECTED: usize = 100_000;

/// Says whose ground the position of a ticket is that was filed on a day and is open or not.
pub type Divisions<'a> = dyn Fn(LonLat, Date, bool) -> TicketDivisions + Sync + 'a;

/// Where an address is, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Its position, WGS-84, or the middle of what is known of it.
    pub at: LonLat,
    /// How it was found.
    pub by: LocatedBy,
    /// How far off `at` may be, metres.
    pub accuracy_m: f64,
    /// The division that is all that is known of it, by its code.
    pub division: Option<String>,
}

/// Why an address has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPlace {
    /// Nothing of it is known.
    Unknown,
    /// It may be several places that are far apart.
    Several,
}

/// Finds addresses. Whoever calls the importer knows how.
pub trait Places: Sync {
    /// The place that an address means, `district` being what the row says of its district.
    ///
    /// # Errors
    /// Why it has none.
    fn find(&self, address: &str, district: Option<&str>) -> Result<Placed, NoPlace>;
}

/// Knows no address.
#[derive(Debug, Clone, Copy)]
pub struct NoPlaces;

impl Places for NoPlaces {
    fn find(&self, _: &str, _: Option<&str>) -> Result<Placed, NoPlace> {
        Err(NoPlace::Unknown)
    }
}

/// What the rows are checked against.
pub struct Terms<'a> {
    /// The city as it is now.
    pub city: &'a City,
    /// Whose ground a position is.
    pub divisions: &'a Divisions<'a>,
    /// Finds the addresses of tickets without a position.
    pub places: &'a dyn Places,
    /// Datum of the positions, where it was declared.
    pub crs: Option<Datum>,
    /// Id of the source.
    pub source: &'a str,
    /// No ticket came in later than this.
    pub now: Timestamp,
}

/// Why tickets are not imported, or not any further. Batches that were written stay.
#[derive(Debug, thiserror::Error)]
pub enum TicketsFault {
    /// The file, its columns or its positions.
    #[error(transparent)]
    Import(#[from] ImportFault),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hardly a row is right.
    #[error(
        "more than {MAX_REJECTED} rows are wrong, the first of them because of: {0}; what was \
         right before is in, and running it again with a corrected file or map takes the rest"
    )]
    TooManyRejected(String),
}

/// Writes a batch of tickets, or looks what writing would change.
pub type Sink<'a> = dyn FnMut(Vec<TicketWrite>) -> Result<Receipt, StoreError> + 'a;

/// What was found in a file.
#[derive(Debug)]
pub struct Done {
    /// Rows that did not go in.
    pub rejected: Vec<Rejected>,
    /// What was found and done.
    pub report: Report,
}

/// Imports the tickets of a file: good rows go to `sink` in batches, and what it says of
/// them into the report.
///
/// # Errors
/// Where the file cannot be read to its end, a column is missing, nobody says in what datum
/// the positions are, too many rows are wrong, or `sink` fails.
pub fn import(
    file: &str,
    mut rows: Box<dyn Rows>,
    maps: Maps,
    set: &[(String, String)],
    terms: &Terms<'_>,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Done, TicketsFault> {
    let first = rows.next();
    let binding = bind(first.as_ref(), maps, set)?;
    let mut report = Report::of(file, rows.format(), rows.remarks(), &binding);
    for field in ["id", "category", "requested_at"] {
        if first.is_some() && !binding.has(field) {
            let unused = binding.unused().join(", ");
            return Err(ImportFault::Refused(format!(
                "no column is known to hold {field}; not understood: {unused}. Name the columns \
                 with --columns MAP.toml (--dry-run prints the map as it is now)"
            ))
            .into());
        }
    }
    let placed = ["lon", "lat", "position"].iter().any(|field| binding.has(field));
    if placed || rows.epsg().is_some() {
        let none = std::iter::empty();
        let decision = decide(terms.crs, rows.epsg(), terms.city, &Gazetteer::default(), none)
            .map_err(ImportFault::from)?;
        report.crs = Some(decision.datum);
    }
    let reader = Reader::new(&binding, terms, report.crs.unwrap_or(Datum::Wgs84));
    let (give, take) = sync_channel(2);
    let found = thread::scope(|scope| {
        let reading = scope.spawn(|| read(first, rows.as_mut(), reader, &give_to(give)));
        // Ends when the reader has ended: on an error here it finds nobody to give to.
        let written = write(take, &mut report, sink, progress);
        let found = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.map_err(TicketsFault::from).and(found)
    })?;
    report.read = found.read;
    report.notes = found.notes.into_vec();
    report.count(&found.rejected);
    Ok(Done { rejected: found.rejected, report })
}

/// What the reading thread gives to the writing one.
struct Load {
    tickets: Vec<TicketWrite>,
    progress: Progress,
}

/// What the reading thread has found when it ends.
struct Found {
    read: usize,
    rejected: Vec<Rejected>,
    notes: Notes,
}

fn bind(
    first: Option<&Next>,
    maps: Maps,
    set: &[(String, String)],
) -> Result<Binding, ImportFault> {
    let columns = match first {
        Some(Ok(Ok(row))) => Arc::clone(&row.columns),
        _ => Arc::default(),
    };
    let subject = Subject::Tickets;
    let mut map = match maps {
        Maps::Given(map) if map.subject != subject => {
            let what = format!("{:?}", map.subject).to_lowercase();
            return Err(ImportFault::Refused(format!("{} is a map of {what}", map.name)));
        }
        Maps::Given(map) => map,
        Maps::Choose(maps) => Arc::unwrap_or_clone(
            recognise(subject, &columns.0, &maps)
                .ok_or_else(|| ImportFault::Refused("no column map of tickets".to_owned()))?,
        ),
    };
    for (field, value) in set {
        map = map.with(field, value)?;
    }
    Ok(Binding::new(Arc::new(map), &columns))
}

/// Takes what is given to the channel; whether somebody is there to take it.
fn give_to(channel: SyncSender<Load>) -> impl Fn(Load) -> bool {
    move |load| channel.send(load).is_ok()
}

fn read(
    first: Option<Next>,
    rows: &mut dyn Rows,
    mut reader: Reader<'_>,
    give: &dyn Fn(Load) -> bool,
) -> Result<Found, TicketsFault> {
    let mut found = Found { read: 0, rejected: Vec::new(), notes: Notes::default() };
    let mut tickets = Vec::with_capacity(BATCH);
    let mut next = first.or_else(|| rows.next());
    while let Some(row) = next {
        found.read += 1;
        let result =
            row.map_err(ImportFault::from)?.map_err(|fault| Box::new(Rejected::from(fault)));
        match result.and_then(|row: Row| reader.read(row, &mut found.notes)) {
            Ok(ticket) => tickets.push(ticket),
            Err(rejected) if found.rejected.len() == MAX_REJECTED => {
                let first = found.rejected.first().unwrap_or(&rejected);
                let why = format!("{}: {}", first.place, first.reasons.join("; "));
                return Err(TicketsFault::TooManyRejected(why));
            }
            Err(rejected) => found.rejected.push(*rejected),
        }
        if tickets.len() == BATCH {
            let progress = Progress { rows: found.read, part: rows.progress() };
            let full = std::mem::replace(&mut tickets, Vec::with_capacity(BATCH));
            if !give(Load { tickets: full, progress }) {
                return Ok(found);
            }
        }
        next = rows.next();
    }
    give(Load { tickets, progress: Progress { rows: found.read, part: Some(1.0) } });
    Ok(found)
}

fn write(
    loads: Receiver<Load>,
    report: &mut Report,
    sink: &mut Sink<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    for load in loads {
        if !load.tickets.is_empty() {
            let receipt = sink(load.tickets)?;
            report.new += receipt.created;
            report.changed += receipt.changed - receipt.created;
            report.unchanged += receipt.unchanged;
        }
        progress(load.progress);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
