//! The one thread of this process that writes to the file.
//!
//! A commit waits for the disk, a few milliseconds that cannot be had any faster. What
//! arrives meanwhile is taken together: the next transaction holds every batch that
//! waits, each in a savepoint of its own, so that one that is refused takes nothing with
//! it, and all are answered after one wait.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::{fault, rows};
use crate::store::{Batch, Receipt, StoreError};

/// Batches of one transaction at most: bounds how long the first of them waits.
const GROUP: usize = 256;

/// A batch and who waits for it.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) answer: SyncSender<Result<Receipt, StoreError>>,
}

/// Wakes whoever waits for a change of this process.
#[derive(Debug, Default)]
pub(super) struct Signal {
    commits: Mutex<u64>,
    happened: Condvar,
}

impl Signal {
    fn raise(&self) {
        *self.commits.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.happened.notify_all();
    }

    /// Commits so far; for [`Signal::wait`].
    pub(super) fn count(&self) -> u64 {
        *self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there were more commits than `seen`, or `patience` is over.
    pub(super) fn wait(&self, seen: u64, patience: Duration) {
        let commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        // A wait that ends early or late is only a wait that ends early or late.
        let _ = self.happened.wait_timeout_while(commits, patience, |now| *now == seen);
    }
}

/// Writes until nobody can send any more.
pub(super) fn run(mut connection: Connection, jobs: &Receiver<Job>, signal: &Arc<Signal>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        let results = commit(&mut connection, &group);
        signal.raise();
        for (job, result) in group.into_iter().zip(results) {
            // Whoever no longer waits for the answer does not need it.
            let _ = job.answer.send(result);
        }
    }
}

/// Commits a group and says for each batch what became of it.
fn commit(connection: &mut Connection, group: &[Job]) -> Vec<Result<Receipt, StoreError>> {
    let all =
        |e: &rusqlite::Error| group.iter().map(|_| Err(super::fault_of(e))).collect::<Vec<_>>();
    let mut write = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(write) => write,
        Err(e) => return all(&e),
    };
    let mut results = Vec::with_capacity(group.len());
    for job in group {
        let result = write.savepoint().map_err(fault).and_then(|savepoint| {
            let receipt = rows::write(&savepoint, &job.batch)?;
            savepoint.commit().map_err(fault)?;
            Ok(receipt)
        });
        results.push(result);
    }
    // Some faults (a full disk) undo the whole transaction: then there is nothing to
    // commit, and no batch of the group may be acknowledged.
    if write.is_autocommit() {
        let e = results.iter().find_map(|r| r.as_ref().err().map(ToString::to_string));
        let e = e.unwrap_or_else(|| "the transaction was undone".into());
        return group.iter().map(|_| Err(StoreError::Unavailable(e.clone()))).collect();
    }
    match write.commit() {
        Ok(()) => results,
        Err(e) => all(&e),
    }
}
