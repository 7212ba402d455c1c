//! Taking an import back.
//!
//! What it made is retired, what it changed is as it was before, and a record that somebody
//! has changed since is left alone and named. The undoing is an import of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::city::TicketTexts;
use crate::store::{Batch, Change, Kind, Record, Retirement, Store, StoreError, TicketRecord};

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

/// Takes an import back, in one transaction but for tickets.
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
    let (tickets, others): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| change.record.kind() == Kind::Ticket);
    for change in others {
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
    undo_tickets(store, import, tickets, id, dry_run, &mut undone)?;
    Ok(undone)
}

/// Tickets of one transaction.
const TICKETS: usize = 10_000;

/// Takes back what was imported of tickets, in several transactions; run again after an
/// interruption, it goes on. A ticket gets its words of before back too, unless they were
/// erased since; one that was new keeps its words, for whoever asks why it is retired.
fn undo_tickets(
    store: &dyn Store,
    import: &str,
    changes: Vec<Change>,
    id: &str,
    dry_run: bool,
    undone: &mut Undone,
) -> Result<(), StoreError> {
    let own: HashSet<u64> = changes.iter().map(|change| change.seq).collect();
    let mut words: HashMap<u64, TicketTexts> = HashMap::new();
    for seq in changes.iter().map(|change| change.seq) {
        for (number, texts) in store.replaced_texts(seq)? {
            // Of several, those that it had before the first.
            words.entry(number).or_insert(texts);
        }
    }
    // Of each ticket the entry that had it before the import.
    let mut before: BTreeMap<u64, (String, u64)> = BTreeMap::new();
    for change in changes {
        let Record::Tickets(filed) = change.record else { continue };
        for f in filed {
            before.entry(f.number).or_insert((f.record.ticket.id, f.before));
        }
    }
    let empty = || Batch { import: Some(id.to_owned()), ..Batch::by("servicemap import --undo") };
    let mut batch = empty();
    let mut block = (0, HashMap::new());
    let write = |batch: Batch, undone: &mut Undone| -> Result<(), StoreError> {
        if !dry_run && !batch.tickets.is_empty() {
            let receipt = store.write(batch)?;
            if receipt.changed > 0 {
                undone.import = Some(id.to_owned());
            }
        }
        Ok(())
    };
    for (number, (ticket, before)) in before {
        let Some(kept) = store.ticket(&ticket)? else { continue };
        let mut record = kept.record;
        if !own.contains(&kept.seq) {
            if record.retired.as_ref().is_some_and(|r| r.reason == format!("{REASON}{import}")) {
                undone.unchanged += 1;
                continue;
            }
            let last = store.changes(kept.seq.saturating_sub(1), 1)?.pop();
            let who = last.map_or_else(String::new, |c| c.import.unwrap_or(c.actor));
            undone.left.push((Kind::Ticket.key().to_owned(), ticket, who));
            continue;
        }
        if before == 0 {
            undone.retired += 1;
            let reason = format!("{REASON}{import}");
            record.retired = Some(Retirement { at: Timestamp::now(), successor: None, reason });
        } else {
            if block.0 != before {
                block = (before, entry(store, before)?);
            }
            let Some(old) = block.1.get(&number) else {
                let what = format!("change {before} lacks the ticket \"{ticket}\"");
                return Err(StoreError::Damaged(what));
            };
            undone.restored += 1;
            record = TicketRecord::clone(old);
        }
        let texts = words.remove(&number).filter(|_| before > 0);
        batch = batch.file(record, texts);
        if batch.tickets.len() >= TICKETS {
            write(std::mem::replace(&mut batch, empty()), undone)?;
        }
    }
    write(batch, undone)
}

/// The tickets of an entry of the log, by number.
fn entry(store: &dyn Store, seq: u64) -> Result<HashMap<u64, TicketRecord>, StoreError> {
    let change = store.changes(seq.saturating_sub(1), 1)?.pop().filter(|c| c.seq == seq);
    match change.map(|change| change.record) {
        Some(Record::Tickets(filed)) => {
            Ok(filed.into_iter().map(|f| (f.number, f.record)).collect())
        }
        _ => Err(StoreError::Damaged(format!("change {seq} has no tickets"))),
    }
}
