//! Makes the index in the background, and keeps it up with the change log.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::ask::TicketText;
use super::kept::{Kept, Trouble};
use crate::store::{Record, Store};

/// How long one wait for a change lasts at most.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a burst may gather before it is taken in: a commit is some files on the disk.
const GATHER: Duration = Duration::from_millis(100);
/// Changes that are read at a time.
const PAGE: usize = 1000;
/// Tickets of one commit, but for the last page.
const TICKETS: usize = 20_000;
/// Tickets whose words are read with one question.
const WORDS: usize = 1000;
/// First and longest pause after something failed.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(30)];

/// Keeps the words of the tickets of `store` indexed for ever, in `folder` where one is given,
/// and gives each new state to `publish`: nothing while it is being made. Words show less than a
/// second after they were written; those that were erased are gone as soon, and from the disk
/// within a day.
pub fn follow(
    store: &dyn Store,
    folder: Option<&Path>,
    publish: impl Fn(Option<Arc<TicketText>>),
) -> ! {
    // Of several servers of one database on one machine the first has the folder.
    let _lock;
    let folder = match folder.map(lock) {
        Some(Ok(lock)) => {
            _lock = lock;
            folder
        }
        Some(Err(why)) => {
            tracing::warn!(%why, "the index of what tickets say is not kept");
            None
        }
        None => None,
    };
    let mut pause = PAUSES[0];
    let mut kept = None;
    loop {
        let done = match kept.as_mut() {
            None => begin(store, folder, &publish).map(|made| kept = Some(made)),
            Some(kept) => step(store, kept, &publish),
        };
        let Err(trouble) = done else {
            pause = PAUSES[0];
            continue;
        };
        tracing::warn!(error = %trouble, "the words of tickets cannot be followed; trying again");
        if !matches!(trouble, Trouble::Store(_)) {
            publish(None);
            kept = None;
        }
        thread::sleep(pause);
        pause = PAUSES[1].min(pause * 2);
    }
}

/// Takes the right to the folder of an index, for as long as it is held.
fn lock(folder: &Path) -> io::Result<File> {
    let mut name = folder.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&name)?;
    file.try_lock()?;
    Ok(file)
}

/// The kept index, or a new one of all words; published. The caller sees to it that nobody
/// else has the folder. A new one costs some tens of microseconds a ticket, a kept one a look at
/// every byte of it.
///
/// # Errors
/// Where the records do not answer, or neither folder can be written.
pub fn begin(
    store: &dyn Store,
    folder: Option<&Path>,
    publish: &impl Fn(Option<Arc<TicketText>>),
) -> Result<Kept, Trouble> {
    let start = Instant::now();
    let there = folder.filter(|folder| folder.join("meta.json").exists());
    let opened = there.map(|folder| Kept::open(folder, store));
    let (mut kept, from) = match opened {
        Some(Ok(kept)) => (kept, "the kept folder"),
        Some(Err(Trouble::Store(error))) => return Err(error.into()),
        Some(Err(why)) => {
            tracing::warn!(%why, "the kept index of what tickets say is not used; it is made anew");
            (Kept::create(folder)?, "the records")
        }
        None => (Kept::create(folder)?, "the records"),
    };
    if from == "the records" {
        let mut failed = None;
        let seq = store.words(&mut |words| {
            if words.replaced_in.is_none() && failed.is_none() {
                failed = kept.add(words.number, &words.texts).err();
            }
            Ok(())
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        kept.commit(store, seq)?;
    }
    publish(Some(Arc::new(kept.view())));
    tracing::info!(
        tickets = kept.view().len(),
        from,
        elapsed_ms = start.elapsed().as_millis() as u64,
        "what tickets say is indexed"
    );
    Ok(kept)
}

/// Waits for changes, some seconds at most, takes them in and publishes what came of them.
///
/// # Errors
/// Where the records do not answer or cannot be those of the index, or it cannot be written.
pub fn step(
    store: &dyn Store,
    kept: &mut Kept,
    publish: &impl Fn(Option<Arc<TicketText>>),
) -> Result<(), Trouble> {
    let head = store.wait(kept.seq, PATIENCE)?;
    if head < kept.seq {
        return Err(Trouble::Unusable(
            "the log is shorter than it was; a backup was put in its place",
        ));
    }
    kept.purge(Kept::purge_after())?;
    if head == kept.seq {
        return Ok(());
    }
    thread::sleep(GATHER);
    let mut numbers = BTreeSet::new();
    let mut seq = kept.seq;
    while numbers.len() < TICKETS {
        let changes = store.changes(seq, PAGE)?;
        let Some(last) = changes.last() else { break };
        seq = last.seq;
        for change in changes {
            if let Record::Tickets(filed) = change.record {
                numbers.extend(filed.into_iter().map(|filed| filed.number));
            }
        }
    }
    let numbers: Vec<u64> = numbers.into_iter().collect();
    let mut changed = false;
    for numbers in numbers.chunks(WORDS) {
        for ticket in store.numbered(numbers, true)? {
            changed |= kept.put(ticket.number, &ticket.texts)?;
        }
    }
    if changed {
        kept.commit(store, seq)?;
    } else {
        // Nothing to show, and nothing that a start would not find out as fast.
        kept.seq = seq;
    }
    publish(Some(Arc::new(kept.view())));
    Ok(())
}
