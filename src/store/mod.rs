//! The truth: records, and the log of every change to them.
//!
//! One trait, two databases. A city of one server keeps its records in a GeoPackage file
//! ([`GeoPackage`]) that QGIS and GDAL open as it is; servers that share records keep them
//! in PostgreSQL ([`PostGis`]). Both databases have the same tables
//! and the same promises, and one suite (`tests/store`) holds them to it:
//!
//! - A write that was acknowledged is on the disk, whole; one that was not is not there.
//! - Nothing is deleted. A record is retired and says where to look instead.
//! - Every change is appended to the log with the whole new record. Its sequence has no
//!   gaps and is the order of the commits, so a reader that has seen `n` has seen all
//!   changes up to `n`, and asks only for what comes after.
//!
//! Tickets are many: they are read in turn ([`Store::tickets`]), logged in blocks, and
//! their words are apart and in no log.
//!
//! The store checks form, not meaning: whether a category exists or a position lies in
//! the city is checked by whoever writes.

mod change;
mod columns;
mod error;
pub mod geopackage;
mod group;
mod plain;
pub mod postgis;
mod record;
mod records;
mod replay;
mod seed;
mod tickets;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use crate::city::TicketTexts;

pub use change::{Batch, Change, Entry, Operation, Receipt, Seen, Write};
pub use error::StoreError;
pub use geopackage::GeoPackage;
pub use postgis::PostGis;
pub use record::{
    DayRecord, DivisionRecord, KeyRecord, Kind, PointRecord, Record, RedrawingRecord,
    ReleaseRecord, ReservationRecord, Retirement, ScheduleRecord,
};
pub use records::Records;
pub use replay::{EachWords, Words};
pub use seed::seed;
pub use tickets::{EachTicket, Filed, KeptTicket, TicketMove, TicketRecord, TicketWrite};

/// Proof that this process may serve from the records, for as long as it is kept.
#[derive(Debug)]
pub struct Serving {
    /// Holds the lock of the file; a shared database needs none.
    _lock: Option<std::fs::File>,
}

/// Where the records of one city are kept. Calls block; make them from threads that may.
pub trait Store: Send + Sync {
    /// Where the records are, in words for the log; never a password.
    fn place(&self) -> String;

    /// The file that they are in, where they are in one.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// Every record but for tickets, and the sequence number they are at, of one moment.
    fn load(&self) -> Result<Records, StoreError>;

    /// Gives the tickets whose numbers are after `after` to `each`, in the order of their
    /// numbers, as they are at one moment; gives back the sequence number of that moment.
    /// Memory does not grow with their number, and other calls need not wait.
    fn tickets(&self, after: u64, each: &mut EachTicket<'_>) -> Result<u64, StoreError>;

    /// A ticket with its words.
    fn ticket(&self, id: &str) -> Result<Option<KeptTicket>, StoreError>;

    /// The tickets of these numbers, in the same order, without those that there are not; with
    /// their words where `words` says so. One look for all of them; ask for some thousand at
    /// most.
    fn numbered(&self, numbers: &[u64], words: bool) -> Result<Vec<KeptTicket>, StoreError>;

    /// Those of some tickets that there are, by id, with their words.
    fn tickets_of(&self, ids: &[&str]) -> Result<HashMap<String, KeptTicket>, StoreError>;

    /// The words that tickets of the change `seq` had before it, by the tickets' numbers,
    /// where an import replaced them.
    fn replaced_texts(&self, seq: u64) -> Result<Vec<(u64, TicketTexts)>, StoreError>;

    /// Gives the words of all tickets to `each`, and those that imports replaced, as they are
    /// at one moment; gives back the sequence number of that moment.
    fn words(&self, each: &mut EachWords<'_>) -> Result<u64, StoreError>;

    /// The sequence number of the last change; 0 before the first. Cheap.
    fn head(&self) -> Result<u64, StoreError>;

    /// The changes after `after` in order, at most `limit`; fewer where they hold many
    /// tickets, and none only where there are no more.
    fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError>;

    /// Every change to one record, in order.
    fn history(&self, kind: Kind, id: &str) -> Result<Vec<Change>, StoreError>;

    /// What the log says of the records of a kind after `after`, in order and without the
    /// records themselves. Not for tickets, whose entries are blocks.
    fn entries(&self, kind: Kind, after: u64) -> Result<Vec<Entry>, StoreError>;

    /// The changes that were part of an import, in order.
    fn changes_of(&self, import: &str) -> Result<Vec<Change>, StoreError>;

    /// Writes all of a batch or nothing. When it returns, the batch is on the disk.
    ///
    /// Callers that write at the same time share the wait for the disk.
    fn write(&self, batch: Batch) -> Result<Receipt, StoreError>;

    /// Waits until there is a change after `after`, by any process, or `patience` is over;
    /// gives back the sequence number of the last change.
    fn wait(&self, after: u64, patience: Duration) -> Result<u64, StoreError>;

    /// Takes the right to serve from these records.
    ///
    /// # Errors
    /// [`StoreError::Served`] where only one server may, and there is one.
    fn serve(&self) -> Result<Serving, StoreError>;
}

/// Whether `database` is the address of a database, and not the path of a file.
pub fn is_address(database: &str) -> bool {
    database.starts_with("postgres://") || database.starts_with("postgresql://")
}

/// Opens the records of a city, and makes the tables if there are none yet. `database` is
/// the path of a file, or an address that begins with `postgres://`.
pub fn open(database: &str, city: &str) -> Result<Box<dyn Store>, StoreError> {
    if is_address(database) {
        return Ok(Box::new(PostGis::open(database, city)?));
    }
    Ok(Box::new(GeoPackage::open(Path::new(database), city)?))
}
