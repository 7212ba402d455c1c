//! Many tickets into the records, and single steps, so that two writers lose nothing.
//!
//! What is there is read, what becomes of it is decided, and that is written on the
//! condition that it is still as it was read ([`Batch::seen`]); else all is done again.

use std::collections::HashMap;

use jiff::Timestamp;

use super::fields::Fault;
use super::merge::merge;
use super::steps::{Taking, advance};
use super::ticket::Filing;
use crate::city::{TicketStatus, TicketTexts};
use crate::store::{Batch, KeptTicket, Seen, Store, StoreError, TicketWrite};

/// Times at which others may come first. Each time one of them has got on.
const TRIES: usize = 50;

/// What became of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was new.
    Created,
    /// Something was added to it.
    Changed,
    /// All of it was there.
    Unchanged,
    /// It is another ticket than the one that has its id.
    Refused(Vec<Fault>),
}

/// What became of some tickets; all of it is on the disk.
#[derive(Debug)]
pub struct Done {
    /// Of each, in the order in which they were given.
    pub outcomes: Vec<Outcome>,
    /// Sequence number from which on a reader sees them.
    pub seq: u64,
}

/// Writes tickets in one transaction; those that cannot be are left out, or with `atomic`
/// nothing is written where there is one. Some thousand at a time.
///
/// # Errors
/// Those of the store; then nothing is written.
pub fn file(
    store: &dyn Store,
    actor: &str,
    filings: &[Filing],
    atomic: bool,
) -> Result<Done, StoreError> {
    let mut ids: Vec<&str> = filings.iter().map(|filing| filing.ticket.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    again(|| {
        let kept = store.tickets_of(&ids)?;
        let (outcomes, tickets) = decide(filings, &kept);
        let refused = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_)));
        if tickets.is_empty() || atomic && refused {
            return Ok(Done { outcomes, seq: store.head()? });
        }
        let seen = tickets.iter().map(|write| seen(&kept, &write.record.ticket.id)).collect();
        let batch = Batch { tickets, seen, ..Batch::by(actor) };
        Ok(Done { outcomes, seq: store.write(batch)?.seq })
    })
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum StepFault {
    /// There is no such ticket.
    #[error("there is no ticket with this id")]
    Unknown,
    /// It was taken back.
    #[error("it was taken back: {0}")]
    Retired(String),
    /// It cannot take this step.
    #[error("{0}")]
    Refused(String),
    /// The records.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A step that is on the disk.
#[derive(Debug)]
pub struct Taken {
    /// The state of the ticket after it.
    pub status: TicketStatus,
    /// Whether it was not taken before.
    pub changed: bool,
    /// Sequence number from which on a reader sees it.
    pub seq: u64,
}

/// Lets a ticket take a step.
///
/// # Errors
/// Why it does not; then nothing is written.
pub fn take(
    store: &dyn Store,
    actor: &str,
    id: &str,
    taking: &Taking,
    now: Timestamp,
) -> Result<Taken, StepFault> {
    again(|| {
        let kept = store.ticket(id)?.ok_or(StepFault::Unknown)?;
        if let Some(retired) = kept.record.retired {
            return Err(StepFault::Retired(retired.reason));
        }
        let before = &kept.record.ticket;
        let next = advance(before, &kept.texts, taking, now).map_err(StepFault::Refused)?;
        let Some((ticket, texts)) = next else {
            return Ok(Taken { status: before.status, changed: false, seq: kept.seq });
        };
        let (status, seen) = (ticket.status, Seen { id: id.to_owned(), seq: kept.seq });
        // Words that do not change are not written, so that nobody brings back erased ones.
        let texts = (texts != kept.texts).then_some(texts);
        let batch = Batch { seen: vec![seen], ..Batch::by(actor) }.file(ticket, texts);
        Ok(Taken { status, changed: true, seq: store.write(batch)?.seq })
    })
}

/// An error that may say that somebody else came first.
trait MayBeOvertaken: From<StoreError> {
    fn is_overtaken(&self) -> bool;
}

impl MayBeOvertaken for StoreError {
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Overtaken { .. })
    }
}

impl MayBeOvertaken for StepFault {
    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Store(e) if e.is_overtaken())
    }
}

/// Does something until nobody else comes first.
fn again<T, E: MayBeOvertaken>(mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    for _ in 1..TRIES {
        match attempt() {
            Err(e) if e.is_overtaken() => {}
            result => return result,
        }
    }
    attempt()
}

fn seen(kept: &HashMap<String, KeptTicket>, id: &str) -> Seen {
    Seen { id: id.to_owned(), seq: kept.get(id).map_or(0, |kept| kept.seq) }
}

/// What becomes of each, and what is to be written. Of tickets that come twice the second
/// meets the first.
fn decide(
    filings: &[Filing],
    kept: &HashMap<String, KeptTicket>,
) -> (Vec<Outcome>, Vec<TicketWrite>) {
    let mut writes: Vec<TicketWrite> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let none = TicketTexts::default();
    let mut outcomes = Vec::with_capacity(filings.len());
    for filing in filings {
        let id = filing.ticket.id.as_str();
        let kept = kept.get(id);
        let earlier = places.get(id).map(|place| &writes[*place]);
        let record = earlier.map(|write| &write.record).or_else(|| kept.map(|kept| &kept.record));
        let Some(record) = record else {
            let texts = Some(filing.texts.clone()).filter(|texts| *texts != none);
            places.insert(id, writes.len());
            writes.push(TicketWrite { record: filing.ticket.clone().into(), texts });
            outcomes.push(Outcome::Created);
            continue;
        };
        let texts = earlier.and_then(|write| write.texts.as_ref());
        let texts = texts.or_else(|| kept.map(|kept| &kept.texts)).unwrap_or(&none);
        outcomes.push(match merge(record, texts, filing) {
            Err(faults) => Outcome::Refused(faults),
            Ok(None) => Outcome::Unchanged,
            Ok(Some((ticket, words))) => {
                let texts = (words != *texts).then_some(words);
                put(&mut writes, &mut places, id, TicketWrite { record: ticket.into(), texts });
                Outcome::Changed
            }
        });
    }
    (outcomes, writes)
}

/// Writes a ticket instead of what was to be written of it so far; words that were and do not
/// change stay.
fn put<'f>(
    writes: &mut Vec<TicketWrite>,
    places: &mut HashMap<&'f str, usize>,
    id: &'f str,
    write: TicketWrite,
) {
    let place = *places.entry(id).or_insert(writes.len());
    match writes.get_mut(place) {
        Some(earlier) => {
            let texts = write.texts.or_else(|| earlier.texts.take());
            *earlier = TicketWrite { texts, ..write };
        }
        None => writes.push(write),
    }
}
