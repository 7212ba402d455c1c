//! Changing borders: what a change of them moves, found and written down.
//!
//! Borders change when a layer of divisions is replaced, when an import of one is undone,
//! and on a day on which a division begins or ends. The divisions of service points are
//! derived and change with the snapshot. Tickets keep the divisions that they were given,
//! but for those that are still open: these go to whoever must act now.
//!
//! - [`before`]: the borders that were taken in last, out of the log
//! - [`moved`]: what is in another division since
//!
//! One batch has it all, the open tickets and a record of what moved, so that it happens
//! at once or not at all. The record says up to which change of the log borders have been
//! taken in, so a server that was stopped takes up what happened meanwhile; and its id is
//! the same wherever it is made, so of several servers one writes it.

mod before;
mod moved;

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use crate::city::Redrawing;
use crate::index::Snapshot;
use crate::store::{Batch, Record, RedrawingRecord, Store, StoreError};
use before::Before;

/// Who writes, in the log.
const ACTOR: &str = "servicemap serve";
/// How long to wait when the records cannot be reached.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes in the borders of each snapshot that is sent, as long as somebody may send one.
/// Records that cannot be reached are asked again.
pub fn follow(store: &dyn Store, snapshots: &Receiver<Arc<Snapshot>>) {
    while let Ok(mut snapshot) = snapshots.recv() {
        loop {
            while let Ok(newer) = snapshots.try_recv() {
                snapshot = newer;
            }
            match settle(store, &snapshot) {
                Ok(_) => break,
                Err(e) if e.is_temporary() => thread::sleep(PAUSE),
                Err(e) => {
                    tracing::error!(error = %e, "what changed borders moved is not written down");
                    break;
                }
            }
        }
    }
}

/// Takes in the borders of `now` if they are others than those that were taken in last:
/// writes what they moved. Gives back what it wrote.
///
/// Costs a look at the log, and if borders have changed the old ones' index, a look at each
/// point and one pass over all tickets: some seconds for a million. What is written while
/// it looks stays: a ticket that was closed or moved meanwhile is left alone.
pub fn settle(store: &dyn Store, now: &Snapshot) -> Result<Option<Redrawing>, StoreError> {
    let start = Instant::now();
    let Some(before) = Before::read(store, now)? else { return Ok(None) };
    let divisions = moved::divisions(&before, now);
    if divisions.is_empty() {
        return Ok(None);
    }
    let mut found = moved::points(&before, now);
    let tickets = moved::tickets(store, now, &mut found)?;
    let redrawing = Redrawing {
        id: before.id(now),
        seq: before.taken,
        day: now.divisions.today(),
        at: before.changed_at(now),
        divisions,
        points: found.points,
        tickets: tickets.len() as u64,
        flows: found.flows(),
        moved: found.named,
    };
    let record = RedrawingRecord { redrawing: redrawing.clone(), retired: None };
    let mut batch = Batch::by(ACTOR).put_new(Record::Redrawing(record));
    batch.moves = tickets;
    match store.write(batch) {
        Ok(_) => {}
        // Another server was faster.
        Err(StoreError::Known { .. }) => return Ok(None),
        Err(e) => return Err(e),
    }
    tracing::info!(
        id = redrawing.id,
        divisions = redrawing.divisions.len(),
        points = redrawing.points,
        tickets = redrawing.tickets,
        elapsed_ms = start.elapsed().as_millis() as u64,
        "borders have changed"
    );
    Ok(Some(redrawing))
}

#[cfg(test)]
mod tests;
