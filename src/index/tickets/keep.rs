//! The index from the records or from the kept copy, whichever is right.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::clock::Dial;
use super::file::{self, Fingerprint};
use super::{Builder, TicketIndex};
use crate::store::{Change, Record, Store, StoreError};

/// Changes that are read at a time.
const PAGE: usize = 1000;
/// Entries of the log after which a copy is behind enough to be written anew.
const BEHIND: u64 = 200;
/// Of the time at most one part in so many is spent writing copies that are soon behind again.
const SELDOM: u32 = 20;
/// How long a copy that is behind at all is left so.
const AGE: Duration = Duration::from_mins(5);

/// The tickets of a store as they are now: from the copy at `path` and the changes since, if
/// the copy is sound, of this very log, and for the clock of `zone`; else from the records. Says
/// in the log which.
pub fn open(
    store: &dyn Store,
    path: Option<&Path>,
    zone: &TimeZone,
) -> Result<TicketIndex, StoreError> {
    let start = Instant::now();
    let kept = path.filter(|path| path.exists()).map(|path| kept(store, path, zone));
    let (index, from) = match kept {
        Some(Ok(Some(index))) => (catch_up(store, index)?, "the kept copy"),
        Some(Err(e)) => return Err(e),
        Some(Ok(None)) | None => (build(store, zone)?, "the records"),
    };
    tracing::info!(
        tickets = index.len(),
        bytes = index.bytes(),
        from,
        elapsed_ms = start.elapsed().as_millis() as u64,
        "tickets indexed"
    );
    Ok(index)
}

/// The kept copy, where it can be used.
fn kept(
    store: &dyn Store,
    path: &Path,
    zone: &TimeZone,
) -> Result<Option<TicketIndex>, StoreError> {
    let refuse = |why: &dyn std::fmt::Display| {
        let path = path.display();
        tracing::warn!(%path, %why, "the kept copy of tickets is not used; it is made anew");
        Ok(None)
    };
    let (index, of) = match file::read(path) {
        Ok(read) => read,
        Err(e) => return refuse(&e),
    };
    if fingerprint(store, index.seq)? != Some(of) {
        return refuse(&"it is of another store, or of a later state of this one");
    }
    if index.dial != Dial::of(zone) {
        return refuse(&"it counts by hours that are not those of the city");
    }
    Ok(Some(index))
}

/// All tickets from the records.
fn build(store: &dyn Store, zone: &TimeZone) -> Result<TicketIndex, StoreError> {
    let mut builder = Builder::new(zone);
    let seq = store.tickets(0, &mut |number, record| {
        builder.push(number, &record);
        Ok(())
    })?;
    Ok(builder.finish(seq))
}

/// The index with the changes since.
pub(super) fn catch_up(
    store: &dyn Store,
    mut index: TicketIndex,
) -> Result<TicketIndex, StoreError> {
    loop {
        let changes = store.changes(index.seq, PAGE)?;
        let Some(last) = changes.last().map(|change| change.seq) else { return Ok(index) };
        let filed = |change: Change| match change.record {
            Record::Tickets(filed) => filed,
            _ => Vec::new(),
        };
        let filed: Vec<_> = changes.into_iter().flat_map(filed).collect();
        index = index.next(&filed, last);
    }
}

/// Names the change `seq` of a log by all that is in it; `None` where there is none. A log
/// that has the same change at the same place has the same changes before it.
pub(in crate::index) fn fingerprint(
    store: &dyn Store,
    seq: u64,
) -> Result<Option<Fingerprint>, StoreError> {
    let Some(before) = seq.checked_sub(1) else { return Ok(None) };
    let change = store.changes(before, 1)?.pop().filter(|change| change.seq == seq);
    Ok(change.map(|change| *blake3::hash(format!("{change:?}").as_bytes()).as_bytes()))
}

/// Writes the copy anew from time to time, on a thread of its own.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    /// The change that the copy ends with, where it was written here.
    kept: Option<u64>,
    at: Instant,
    writing: Arc<AtomicBool>,
    /// How long the last one took, in milliseconds.
    took: Arc<AtomicU64>,
}

impl Keeper {
    /// For a copy at `path`.
    pub fn new(path: PathBuf) -> Self {
        Self { path, kept: None, at: Instant::now(), writing: Arc::default(), took: Arc::default() }
    }

    /// Writes the copy now, and waits for it.
    pub fn write(&mut self, store: &dyn Store, index: &TicketIndex) -> Result<(), StoreError> {
        let Some(of) = fingerprint(store, index.seq)? else { return Ok(()) };
        self.kept = Some(index.seq);
        self.at = Instant::now();
        save(index, &of, &self.path);
        Ok(())
    }

    /// Begins to write the copy if it is far behind `index`, or has been behind for long.
    pub fn keep(&mut self, store: &dyn Store, index: &Arc<TicketIndex>) -> Result<(), StoreError> {
        // Of a log that is shorter than it was, a backup was put in the place of the records.
        let behind = self.kept.and_then(|kept| index.seq.checked_sub(kept));
        let took = Duration::from_millis(self.took.load(Ordering::Relaxed));
        let much = |behind| behind >= BEHIND && self.at.elapsed() >= took * SELDOM;
        let due =
            behind.is_none_or(|behind| much(behind) || behind > 0 && self.at.elapsed() >= AGE);
        if !due || index.is_empty() || self.writing.load(Ordering::Acquire) {
            return Ok(());
        }
        let Some(of) = fingerprint(store, index.seq)? else { return Ok(()) };
        self.kept = Some(index.seq);
        self.at = Instant::now();
        self.writing.store(true, Ordering::Release);
        let (path, index) = (self.path.clone(), Arc::clone(index));
        let (writing, took) = (Arc::clone(&self.writing), Arc::clone(&self.took));
        let begun = thread::Builder::new().name("ticket copy".into()).spawn(move || {
            let start = Instant::now();
            save(&index, &of, &path);
            took.store(start.elapsed().as_millis() as u64, Ordering::Relaxed);
            writing.store(false, Ordering::Release);
        });
        if begun.is_err() {
            self.writing.store(false, Ordering::Release);
        }
        Ok(())
    }
}

/// Writes a copy that belongs to no log, to measure with.
///
/// # Errors
/// The system does not take it.
pub fn write_copy(index: &TicketIndex, path: &Path) -> std::io::Result<()> {
    file::write(index, &Fingerprint::default(), path)
}

/// Maps a copy whatever log it belongs to, to measure with.
///
/// # Errors
/// It is none, or not as it was written.
pub fn read_copy(path: &Path) -> Result<TicketIndex, file::FileFault> {
    file::read(path).map(|(index, _)| index)
}

/// A copy that cannot be written costs time at the next start and nothing else.
fn save(index: &TicketIndex, of: &Fingerprint, path: &Path) {
    let start = Instant::now();
    let path_shown = path.display();
    match file::write(index, of, path) {
        Ok(()) => tracing::debug!(
            path = %path_shown,
            elapsed_ms = start.elapsed().as_millis() as u64,
            "tickets kept"
        ),
        Err(error) => {
            tracing::warn!(path = %path_shown, %error, "the copy of tickets cannot be kept");
        }
    }
}
