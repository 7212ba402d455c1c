//! Sums that are made beside the answering.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::TicketIndex;

/// How long after sums were made the next ones are begun at the earliest. They cost some
/// seconds of a core for a hundred million tickets, and without those of a changed part
/// questions about it are answered from its rows.
const PAUSE: Duration = Duration::from_mins(1);

/// Makes the sums that an index lacks, on a thread of its own.
#[derive(Debug, Default)]
pub struct Summing {
    running: Option<JoinHandle<TicketIndex>>,
    /// When the last ones were there.
    at: Option<Instant>,
}

impl Summing {
    /// Begins to make what `index` lacks, if anything, unless that was done a moment ago.
    pub fn begin(&mut self, index: &Arc<TicketIndex>) {
        let early = self.at.is_some_and(|at| at.elapsed() < PAUSE);
        if self.running.is_some() || early || !index.lacks_sums() {
            return;
        }
        let index = Arc::clone(index);
        let begun =
            thread::Builder::new().name("ticket sums".into()).spawn(move || index.summed(1));
        self.running = begun.inspect_err(|error| tracing::warn!(%error, "no sums are made")).ok();
    }

    /// An index with the sums that were begun, once they are there.
    pub fn take(&mut self) -> Option<TicketIndex> {
        let done = self.running.take_if(|running| running.is_finished())?;
        self.at = Some(Instant::now());
        done.join().inspect_err(|_| tracing::error!("the thread of the sums ended early")).ok()
    }
}
