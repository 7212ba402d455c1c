//! What a batch changes among the tickets.

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;

use super::{BLOCK, Filed, KeptTicket, TicketMove, TicketRecord, document};
use crate::city::TicketTexts;
use crate::store::{Batch, Kind, Operation, Record, Retirement, StoreError, Write};

/// The tickets that a batch is about, as they are, by id.
pub(in crate::store) type Kept = HashMap<String, KeptTicket>;

/// A ticket that changes.
#[derive(Debug)]
pub(in crate::store) struct Decided<'a> {
    pub(in crate::store) number: u64,
    /// The entry of the log that has it now.
    pub(in crate::store) seq: u64,
    /// The entry that had it before; 0 where it is new.
    pub(in crate::store) before: u64,
    pub(in crate::store) record: Cow<'a, TicketRecord>,
    /// Its words, where they are given.
    pub(in crate::store) texts: Option<&'a TicketTexts>,
    /// The words that an import replaces, so that it can be taken back.
    pub(in crate::store) replaced: Option<TicketTexts>,
}

/// Tickets of one entry of the log; never empty.
#[derive(Debug)]
pub(in crate::store) struct Block<'a> {
    pub(in crate::store) seq: u64,
    pub(in crate::store) tickets: Vec<Decided<'a>>,
}

impl Block<'_> {
    /// An entry of another store's log.
    pub(in crate::store) fn received(seq: u64, filed: Vec<Filed>) -> Self {
        let tickets = filed.into_iter().map(|f| Decided {
            number: f.number,
            seq,
            before: f.before,
            record: Cow::Owned(f.record),
            texts: None,
            replaced: None,
        });
        Self { seq, tickets: tickets.collect() }
    }

    /// The document of the log.
    pub(in crate::store) fn document(&self) -> Result<String, StoreError> {
        document::write(&self.tickets.iter().map(|t| (t.number, t.before, t.record.as_ref())))
    }

    /// What the log says was done.
    pub(in crate::store) fn operation(&self) -> Operation {
        let retired = self.tickets.iter().all(|t| t.record.retired.is_some());
        if retired { Operation::Retire } else { Operation::Put }
    }

    /// What the log calls it: the id of the first.
    pub(in crate::store) fn name(&self) -> &str {
        self.tickets.first().map_or("", |t| t.record.ticket.id.as_str())
    }
}

/// What a batch changes among the tickets.
#[derive(Debug, Default)]
pub(in crate::store) struct Decision<'a> {
    pub(in crate::store) blocks: Vec<Block<'a>>,
    pub(in crate::store) changed: usize,
    /// Of these, the new ones.
    pub(in crate::store) created: usize,
    pub(in crate::store) unchanged: usize,
}

/// One write.
enum Step<'a> {
    Put(&'a TicketRecord, Option<&'a TicketTexts>),
    Retire { id: &'a str, successor: Option<&'a String>, reason: &'a str },
    Move(&'a TicketMove),
}

impl<'a> Step<'a> {
    fn id(&self) -> &'a str {
        match self {
            Self::Put(record, _) => &record.ticket.id,
            Self::Retire { id, .. } => id,
            Self::Move(ticket) => &ticket.id,
        }
    }
}

fn steps(batch: &Batch) -> impl Iterator<Item = Step<'_>> {
    let among_others = batch.writes.iter().flat_map(|write| match write {
        Write::Put(record) | Write::Add(record) => match record.as_ref() {
            Record::Tickets(filed) => {
                filed.iter().map(|f| Step::Put(&f.record, None)).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        },
        Write::Retire { kind: Kind::Ticket, id, successor, reason } => {
            vec![Step::Retire { id, successor: successor.as_ref(), reason }]
        }
        Write::Retire { .. } => Vec::new(),
    });
    let tickets = batch.tickets.iter().map(|w| Step::Put(&w.record, w.texts.as_ref()));
    among_others.chain(tickets).chain(batch.moves.iter().map(Step::Move))
}

/// The ids of the tickets that a batch is about.
pub(in crate::store) fn ids(batch: &Batch) -> Vec<&str> {
    let among_others = batch.writes.iter().flat_map(|write| match write {
        Write::Put(record) | Write::Add(record) => match record.as_ref() {
            Record::Tickets(filed) => filed.iter().map(|f| f.record.ticket.id.as_str()).collect(),
            _ => Vec::new(),
        },
        Write::Retire { kind: Kind::Ticket, id, .. } => vec![id.as_str()],
        Write::Retire { .. } => Vec::new(),
    });
    let tickets = batch.tickets.iter().map(|w| w.record.ticket.id.as_str());
    let moves = batch.moves.iter().map(|m| m.id.as_str());
    let seen = batch.seen.iter().map(|seen| seen.id.as_str());
    among_others.chain(tickets).chain(moves).chain(seen).collect()
}

/// Whether the tickets that the writer has looked at are still as they were.
fn check_seen(batch: &Batch, kept: &Kept) -> Result<(), StoreError> {
    let now = |id: &str| kept.get(id).map_or(0, |kept| kept.seq);
    match batch.seen.iter().find(|seen| now(&seen.id) != seen.seq) {
        Some(seen) => Err(StoreError::Overtaken { id: seen.id.clone() }),
        None => Ok(()),
    }
}

/// Decides what a batch of the time `at` changes. `kept` has those of its tickets that
/// there are; entries of the log are numbered after `head`, new tickets after `last`.
pub(in crate::store) fn decide<'a>(
    batch: &'a Batch,
    at: Timestamp,
    kept: &Kept,
    head: u64,
    last: u64,
) -> Result<Decision<'a>, StoreError> {
    check_seen(batch, kept)?;
    let mut decision = Decision::default();
    // Where in `blocks` a ticket is that this batch has written already.
    let mut written: HashMap<&str, (usize, usize)> = HashMap::new();
    let mut number = last;
    for step in steps(batch) {
        let id = step.id();
        let earlier = written.get(id).map(|(b, i)| &decision.blocks[*b].tickets[*i]);
        let known = kept.get(id);
        let now = earlier.map(|d| d.record.as_ref()).or_else(|| known.map(|k| &k.record));
        let (record, texts) = match step {
            Step::Put(record, texts) => {
                record.check(texts)?;
                (record.rounded(), texts)
            }
            Step::Retire { id, successor, reason } => {
                let now = now.ok_or_else(|| StoreError::NoSuchRecord {
                    kind: Kind::Ticket,
                    id: id.to_owned(),
                })?;
                let (successor, reason) = (successor.cloned(), reason.to_owned());
                let same = now
                    .retired
                    .as_ref()
                    .filter(|r| r.successor == successor && r.reason == reason)
                    .cloned();
                let retired = same.unwrap_or(Retirement { at, successor, reason });
                let record = TicketRecord { retired: Some(retired), ..now.clone() };
                record.check(None)?;
                (Cow::Owned(record), None)
            }
            Step::Move(ticket) => {
                let Some(moved) = now.and_then(|now| ticket.result(now)) else {
                    decision.unchanged += 1;
                    continue;
                };
                moved.check(None)?;
                (Cow::Owned(moved), None)
            }
        };
        let same_texts = texts.is_none_or(|texts| {
            let now = earlier.and_then(|d| d.texts).or_else(|| known.map(|k| &k.texts));
            now.map_or(texts.is_empty(), |now| now == texts)
        });
        if now == Some(record.as_ref()) && same_texts {
            decision.unchanged += 1;
            continue;
        }
        let replaced = (batch.import.is_some() && !same_texts).then(|| {
            let now = earlier.and_then(|d| d.texts).or_else(|| known.map(|k| &k.texts));
            now.cloned()
        });
        let replaced = replaced.flatten().filter(|_| known.is_some());
        let texts = texts.or_else(|| earlier.and_then(|d| d.texts));
        let before = earlier.map_or_else(|| known.map_or(0, |k| k.seq), |d| d.seq);
        let of = earlier.map(|d| d.number).or_else(|| known.map(|k| k.number));
        let of = of.unwrap_or_else(|| {
            number += 1;
            number
        });
        let current = head + decision.blocks.len() as u64;
        // A ticket is in an entry once, or the chain of its history would end in itself.
        let fits = before != current
            && decision.blocks.last().is_some_and(|block| block.tickets.len() < BLOCK);
        if !fits {
            let tickets = Vec::with_capacity(BLOCK.min(batch.tickets.len()));
            decision.blocks.push(Block { seq: current + 1, tickets });
        }
        decision.changed += 1;
        decision.created += usize::from(before == 0);
        let place = decision.blocks.len() - 1;
        if let Some(block) = decision.blocks.last_mut() {
            written.insert(id, (place, block.tickets.len()));
            let seq = block.seq;
            block.tickets.push(Decided { number: of, seq, before, record, texts, replaced });
        }
    }
    Ok(decision)
}

/// Takes what was decided into `kept`, for the next batch of the same transaction.
pub(in crate::store) fn keep(kept: &mut Kept, decision: &Decision<'_>) {
    for decided in decision.blocks.iter().flat_map(|block| &block.tickets) {
        let id = &decided.record.ticket.id;
        let texts = decided.texts.cloned();
        let texts = texts.or_else(|| kept.get(id).map(|k| k.texts.clone())).unwrap_or_default();
        let record = decided.record.clone().into_owned();
        let (number, seq) = (decided.number, decided.seq);
        kept.insert(id.clone(), KeptTicket { number, seq, record, texts });
    }
}
