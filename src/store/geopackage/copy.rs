//! A copy of a whole file at one moment, while others write to it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{connect, fault, not_a_database, rows, schema};
use crate::store::StoreError;

/// Copies the database at `from` to `to`, which must not exist yet, as it is at one moment;
/// gives back the sequence number of that moment. Writers go on meanwhile. The copy is one
/// file, on the disk before it is in its place: after a crash it is there whole or not at all.
pub(super) fn copy(from: &Path, to: &Path, city: &str) -> Result<u64, StoreError> {
    let place = from.display().to_string();
    refuse_existing(to)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source =
        Connection::open_with_flags(from, flags).map_err(|e| super::opening(&place, &e))?;
    source.busy_timeout(super::BUSY).map_err(fault)?;
    schema::check(&source, &place).map_err(|e| not_a_database(&place, e))?;
    if !schema::is_made(&source)? {
        let detail = "it is empty".to_owned();
        return Err(StoreError::NotOurs { place, detail });
    }
    schema::check_city(&source, &place, city)?;
    make(to, |half| write(&source, half, &place))
}

/// Makes a file that is whole before it has its name. `write` gets the name to write under,
/// and gives back the sequence number of what it has written.
pub(super) fn make(
    to: &Path,
    write: impl FnOnce(&Path) -> Result<u64, StoreError>,
) -> Result<u64, StoreError> {
    refuse_existing(to)?;
    let half = beside(to, ".part");
    let _ = fs::remove_file(&half);
    let result = write(&half).and_then(|seq| {
        // Unlike a rename, this never replaces a file that came to be meanwhile.
        fs::hard_link(&half, to).map_err(|e| unavailable(to, &e))?;
        Ok(seq)
    });
    for rest in [half.clone(), beside(&half, "-journal")] {
        // What is left over is in nobody's way.
        let _ = fs::remove_file(rest);
    }
    if let Some(folder) = to.parent().filter(|f| !f.as_os_str().is_empty()) {
        // The name too is to survive a power failure; not every system can promise it.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    result
}

/// Writes the half-made copy and looks at every page of it.
fn write(source: &Connection, half: &Path, place: &str) -> Result<u64, StoreError> {
    let name = half.to_str().ok_or_else(|| {
        StoreError::Unavailable(format!("{} is not a name in UTF-8", half.display()))
    })?;
    // One read transaction, and nothing that is only a page of the write-ahead log.
    source.execute("VACUUM INTO ?1", [name]).map_err(fault)?;
    settle(half)?;
    let copy = connect(half)?;
    let sound: String =
        copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(fault)?;
    if sound != "ok" {
        return Err(StoreError::Damaged(format!("{place}: {sound}")));
    }
    rows::head(&copy)
}

/// Waits until a file is on the disk.
pub(super) fn settle(file: &Path) -> Result<(), StoreError> {
    File::open(file).and_then(|file| file.sync_all()).map_err(|e| unavailable(file, &e))
}

fn refuse_existing(to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        let place = to.display();
        return Err(StoreError::Exists(place.to_string()));
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

fn unavailable(path: &Path, e: &std::io::Error) -> StoreError {
    match e.kind() {
        std::io::ErrorKind::AlreadyExists => StoreError::Exists(path.display().to_string()),
        std::io::ErrorKind::StorageFull => StoreError::Full(e.to_string()),
        _ => StoreError::Unavailable(format!("{}: {e}", path.display())),
    }
}
