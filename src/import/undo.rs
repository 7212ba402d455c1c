//! Taking an import back.
//!
//! What it made is retired, what it changed is as it was before, and a record that somebody
//! has changed since is left alone and named. The undoing is an import of its own.

use std::collections::HashSet;

use crate::store::{Batch, Kind, Retirement, Store, StoreError};

/// How the reason begins of what an undone import made.
const REASON: &str = "undone: import ";

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Undone {
    /// Id of the undoing, by which it can be taken back itself.
    pub import: Option<String>,
    /// Records that are as they were before.
    pub restored: usize,
    /// Records that were new, and are retired.
    pub retired: usize,
    /// Records that are as they were already.
    pub unchanged: usize,
    /// Records that somebody has changed since, and that stay as they are: kind, id, who.
    pub left: Vec<(String, String, String)>,
}

/// Why an import is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoFault {
    /// There is none.
    #[error("no record has come from an import \"{0}\"; its id stands in its report")]
    NoSuchImport(String),
    /// The records cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a record was retired by taking an import back.
pub fn was_undone(retired: &Retirement) -> bool {
    retired.reason.starts_with(REASON)
}

/// Takes an import back, in one transaction.
///
/// # Errors
/// Where there is no such import, or the records cannot be written.
pub fn undo(store: &dyn Store, import: &str, id: &str, dry_run: bool) -> Result<Undone, UndoFault> {
    let changes = store.changes_of(import)?;
    if changes.is_empty() {
        return Err(UndoFault::NoSuchImport(import.to_owned()));
    }
    let mut undone =
        Undone { import: None, restored: 0, retired: 0, unchanged: 0, left: Vec::new() };
    let mut batch = Batch::by("servicemap import --undo");
    batch.import = Some(id.to_owned());
    let mut seen: HashSet<(Kind, String)> = HashSet::new();
    for change in changes {
        let (kind, record) = (change.record.kind(), change.record.id().to_owned());
        if !seen.insert((kind, record.clone())) {
            continue;
        }
        let history = store.history(kind, &record)?;
        let Some(last) = history.last() else { continue };
        if last.import.as_deref() != Some(import) {
            let who = last.import.clone().unwrap_or_else(|| last.actor.clone());
            undone.left.push((kind.key().to_owned(), record, who));
            continue;
        }
        let first = history.iter().position(|c| c.import.as_deref() == Some(import));
        match first.and_then(|first| history[..first].last()) {
            Some(before) => {
                undone.restored += 1;
                batch = batch.put(before.record.clone());
            }
            None if last.record.retired().is_some() => undone.unchanged += 1,
            None => {
                undone.retired += 1;
                batch = batch.retire(kind, &record, None, &format!("{REASON}{import}"));
            }
        }
    }
    if !dry_run && !batch.writes.is_empty() {
        let receipt = store.write(batch)?;
        undone.import = (receipt.changed > 0).then(|| id.to_owned());
    }
    Ok(undone)
}
