//! Records in one GeoPackage file, the default: SQLite in WAL mode with full syncs.
//!
//! - [`schema`]: the format of the file and its migrations
//! - [`rows`]: records in and out of tables
//! - [`tickets`]: tickets in and out of theirs, as rows ([`ticket_row`]) that name shared
//!   words by number ([`ticket_words`])
//! - [`packed`]: documents of the log, packed
//! - [`commit`]: a group of batches in one transaction
//! - [`mod@copy`]: the whole file at one moment

mod commit;
mod copy;
mod packed;
mod receive;
mod rows;
mod schema;
mod ticket_row;
mod ticket_words;
mod tickets;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::group::{Committer, Signal};
use super::{
    Batch, Change, EachTicket, EachWords, Entry, KeptTicket, Kind, Receipt, Records, Serving,
    Store, StoreError, replay,
};
use crate::city::TicketTexts;

/// How long a write waits for another process's write before it is refused.
const BUSY: Duration = Duration::from_secs(10);
/// How often the file is asked for changes of other processes. One look costs some
/// microseconds.
const LOOK: Duration = Duration::from_millis(50);

/// Records in one GeoPackage file.
#[derive(Debug)]
pub struct GeoPackage {
    path: PathBuf,
    reader: Mutex<Connection>,
    committer: Committer,
    signal: Arc<Signal>,
}

impl GeoPackage {
    /// Opens the records of a city, and makes the file if there is none. An older file is
    /// brought up to date.
    ///
    /// # Errors
    /// A file of a newer program, of another program or of another city is refused
    /// untouched.
    pub fn open(path: &Path, city: &str) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let mut connection = connect(path)?;
        connection.busy_timeout(BUSY).map_err(fault)?;
        schema::check(&connection, &place).map_err(|e| not_a_database(&place, e))?;
        // The tables first, the write-ahead log after: GDAL looks for the mark of a
        // GeoPackage in the file's first bytes, and would not find it in the log.
        schema::migrate(&mut connection, &place, city)?;
        schema::prepare(&connection)?;
        schema::prepare_writer(&connection)?;
        let reader = connect(path)?;
        schema::prepare(&reader)?;
        let signal = Arc::new(Signal::default());
        let committer = Committer::start(connection, &signal)?;
        Ok(Self { path: path.to_owned(), reader: Mutex::new(reader), committer, signal })
    }

    /// Copies the records of a city at `from` to a file `to` that does not exist yet, as they
    /// are at one moment; gives back the sequence number of that moment. Programs may write
    /// to `from` meanwhile, and need not wait. Costs the time of reading and writing it all.
    ///
    /// # Errors
    /// Where `to` exists, `from` is of another city or damaged, or there is no room. Then
    /// nothing is left of the copy.
    pub fn copy(from: &Path, to: &Path, city: &str) -> Result<u64, StoreError> {
        copy::copy(from, to, city)
    }

    /// Makes a file `to`, which must not exist yet, of all records of another store, as they
    /// are at one moment, with the same sequence numbers; gives back the last of them.
    /// Programs may write to `from` meanwhile. Costs the time of reading and writing it all;
    /// memory does not grow with it.
    ///
    /// # Errors
    /// Where `to` exists, `from` fails, or there is no room. Then nothing is left of the file.
    pub fn receive(from: &dyn Store, to: &Path, city: &str) -> Result<u64, StoreError> {
        copy::make(to, |half| {
            let mut connection = connect(half)?;
            schema::migrate(&mut connection, &half.display().to_string(), city)?;
            let transaction = connection.transaction().map_err(fault)?;
            // The words of a ticket come before it.
            transaction.execute_batch("PRAGMA defer_foreign_keys = ON").map_err(fault)?;
            let head = replay::replay(from, &mut receive::Receiver(&transaction))?;
            transaction.commit().map_err(fault)?;
            connection.close().map_err(|(_, e)| fault(e))?;
            copy::settle(half)?;
            Ok(head)
        })
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|e| opening(&path.display().to_string(), &e))
}

impl Store for GeoPackage {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn load(&self) -> Result<Records, StoreError> {
        let mut reader = self.reader();
        let moment = reader.transaction().map_err(fault)?;
        rows::load(&moment)
    }

    fn tickets(&self, after: u64, each: &mut EachTicket<'_>) -> Result<u64, StoreError> {
        // A connection of its own: reading millions takes seconds.
        let mut reader = connect(&self.path)?;
        schema::prepare(&reader)?;
        let moment = reader.transaction().map_err(fault)?;
        tickets::each(&moment, after, each)
    }

    fn ticket(&self, id: &str) -> Result<Option<KeptTicket>, StoreError> {
        tickets::find(&self.reader(), id)
    }

    fn numbered(&self, numbers: &[u64], words: bool) -> Result<Vec<KeptTicket>, StoreError> {
        tickets::numbered(&self.reader(), numbers, words)
    }

    fn tickets_of(&self, ids: &[&str]) -> Result<HashMap<String, KeptTicket>, StoreError> {
        // One moment for all, and one lock of the file.
        let reader = self.reader();
        let moment = reader.unchecked_transaction().map_err(fault)?;
        tickets::find_all(&moment, ids)
    }

    fn head(&self) -> Result<u64, StoreError> {
        rows::head(&self.reader())
    }

    fn replaced_texts(&self, seq: u64) -> Result<Vec<(u64, TicketTexts)>, StoreError> {
        tickets::replaced(&self.reader(), seq)
    }

    fn words(&self, each: &mut EachWords<'_>) -> Result<u64, StoreError> {
        // A connection of its own: reading millions takes seconds.
        let connection = connect(&self.path)?;
        schema::prepare(&connection)?;
        let moment = connection.unchecked_transaction().map_err(fault)?;
        tickets::words(&moment, each)
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        rows::changes(&self.reader(), "seq > ?1", &[&(after as i64)], limit)
    }

    fn history(&self, kind: Kind, id: &str) -> Result<Vec<Change>, StoreError> {
        if kind == Kind::Ticket {
            return super::tickets::history(self, id);
        }
        let condition = "kind = ?1 AND record = ?2";
        rows::changes(&self.reader(), condition, &[&kind.key(), &id], i64::MAX as usize)
    }

    fn entries(&self, kind: Kind, after: u64) -> Result<Vec<Entry>, StoreError> {
        rows::entries(&self.reader(), kind, after)
    }

    fn changes_of(&self, import: &str) -> Result<Vec<Change>, StoreError> {
        rows::changes(&self.reader(), "import = ?1", &[&import], i64::MAX as usize)
    }

    fn write(&self, batch: Batch) -> Result<Receipt, StoreError> {
        self.committer.write(batch)
    }

    fn wait(&self, after: u64, patience: Duration) -> Result<u64, StoreError> {
        self.signal.wait(after, patience, LOOK, || self.head())
    }

    fn serve(&self) -> Result<Serving, StoreError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let unavailable = |e: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("{}: {e}", Path::new(&name).display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&name)
            .map_err(|e| unavailable(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Who it is only makes the message better.
                let _ = file.read_to_string(&mut by);
                let by = if by.trim().is_empty() { "another server".into() } else { by };
                return Err(StoreError::Served { place: self.place(), by: by.trim().to_owned() });
            }
            Err(std::fs::TryLockError::Error(e)) => return Err(unavailable(&e)),
        }
        sign(&mut file).map_err(|e| unavailable(&e))?;
        Ok(Serving { _lock: Some(file) })
    }
}

/// Writes into the lock who holds it. The lock itself is the system's: it goes with the
/// process, however that ends.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "process {}", std::process::id())
}

/// What an error of SQLite means for the caller.
fn fault_of(e: &rusqlite::Error) -> StoreError {
    let text = e.to_string();
    match e.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(text),
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen,
        ) => StoreError::Unavailable(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(text),
        _ => StoreError::Database(text),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` takes")]
fn fault(e: rusqlite::Error) -> StoreError {
    fault_of(&e)
}

fn opening(place: &str, e: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("{place} cannot be opened: {e}"))
}

/// A first look that fails this way was at something that is no database at all.
fn not_a_database(place: &str, e: StoreError) -> StoreError {
    match e {
        StoreError::Damaged(detail) => StoreError::NotOurs { place: place.to_owned(), detail },
        other => other,
    }
}
