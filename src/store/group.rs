//! The one thread of this process that commits.
//!
//! A commit waits for the disk, a few milliseconds that cannot be had any faster. What
//! arrives meanwhile is taken together: the next transaction holds every batch that
//! waits, each in a savepoint of its own, so that one that is refused takes nothing with
//! it, and all are answered after one wait.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Batch, Receipt, StoreError};

/// Batches of one transaction at most: bounds how long the first of them waits.
const GROUP: usize = 256;

/// A connection that writes.
pub(super) trait Commit: Send + 'static {
    /// Commits a group in one transaction, and says for each batch what became of it.
    fn commit(&mut self, group: &[Batch]) -> Vec<Result<Receipt, StoreError>>;
}

/// Who waits for a batch.
type Answer = SyncSender<Result<Receipt, StoreError>>;

/// Wakes whoever waits for a change.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Mutex<u64>,
    happened: Condvar,
}

impl Signal {
    /// Says that there may be changes.
    pub(super) fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.happened.notify_all();
    }

    fn count(&self) -> u64 {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `head` is more than `after` or `patience` is over; gives back the head.
    /// It is looked at whenever the signal is raised, and every `look`.
    pub(super) fn wait(
        &self,
        after: u64,
        patience: Duration,
        look: Duration,
        head: impl Fn() -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        let end = Instant::now() + patience;
        loop {
            // Counted before the look, so that what happens after it is not missed.
            let seen = self.count();
            let head = head()?;
            let left = end.saturating_duration_since(Instant::now());
            if head > after || left.is_zero() {
                return Ok(head);
            }
            let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
            // A wait that ends early or late is only a look that is early or late.
            let _ = self.happened.wait_timeout_while(raised, left.min(look), |now| *now == seen);
        }
    }
}

/// The thread that commits, for whoever wants to write.
#[derive(Debug)]
pub(super) struct Committer {
    jobs: Option<Sender<(Batch, Answer)>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread; it raises `signal` after each commit.
    pub(super) fn start(to: impl Commit, signal: &Arc<Signal>) -> Result<Self, StoreError> {
        let (jobs, receiver) = channel();
        let signal = Arc::clone(signal);
        let thread = std::thread::Builder::new()
            .name("records".into())
            .spawn(move || run(to, &receiver, &signal))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Writes a batch and waits until it is on the disk.
    pub(super) fn write(&self, batch: Batch) -> Result<Receipt, StoreError> {
        let gone = || StoreError::Unavailable("the thread that writes has ended".into());
        let (answer, told) = sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or_else(gone)?;
        jobs.send((batch, answer)).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())?
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more; then its connection is closed.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut to: impl Commit, jobs: &Receiver<(Batch, Answer)>, signal: &Signal) {
    while let Ok(first) = jobs.recv() {
        let (mut group, mut answers) = (vec![first.0], vec![first.1]);
        while group.len() < GROUP
            && let Ok((batch, answer)) = jobs.try_recv()
        {
            group.push(batch);
            answers.push(answer);
        }
        let results = to.commit(&group);
        signal.raise();
        for (answer, result) in answers.into_iter().zip(results) {
            // Whoever no longer waits for the answer does not need it.
            let _ = answer.send(result);
        }
    }
}
