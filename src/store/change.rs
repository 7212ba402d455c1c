//! What is written, and what the change log says of it.

use jiff::Timestamp;

use super::columns::holds_nul;
use super::{Kind, Record, Retirement, StoreError, TicketMove, TicketRecord, TicketWrite};
use crate::city::TicketTexts;

/// One write of a [`Batch`].
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// This is how the record is from now on. A record that is equal to the kept one
    /// changes nothing and leaves no trace in the log.
    Put(Box<Record>),
    /// The same for a record that is new: where there is one of its kind and id, the batch
    /// is refused.
    Add(Box<Record>),
    /// The record no longer holds. It must exist.
    Retire {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// Id of the record that takes its place.
        successor: Option<String>,
        /// Why, in words that may be shown.
        reason: String,
    },
}

impl Write {
    /// Kind and id of the record that it is about.
    pub fn about(&self) -> (Kind, &str) {
        match self {
            Self::Put(record) | Self::Add(record) => (record.kind(), record.id()),
            Self::Retire { kind, id, .. } => (*kind, id),
        }
    }

    /// The record after this write of the time `at`, where before it was `kept`; `None`
    /// where nothing changes.
    pub(super) fn result(
        &self,
        kept: Option<&Record>,
        at: Timestamp,
    ) -> Result<Option<Record>, StoreError> {
        let new = match self {
            Self::Put(record) => (kept != Some(record.as_ref())).then(|| Record::clone(record)),
            Self::Add(record) if kept.is_some() => {
                let (kind, id) = (record.kind(), record.id().to_owned());
                return Err(StoreError::Known { kind, id });
            }
            Self::Add(record) => Some(Record::clone(record)),
            Self::Retire { kind, id, successor, reason } => {
                let kept =
                    kept.ok_or_else(|| StoreError::NoSuchRecord { kind: *kind, id: id.clone() })?;
                let same = kept
                    .retired()
                    .is_some_and(|r| r.successor == *successor && r.reason == *reason);
                let (successor, reason) = (successor.clone(), reason.clone());
                let retired = Retirement { at, successor, reason };
                (!same).then(|| kept.clone().with_retirement(Some(retired)))
            }
        };
        match new {
            Some(record) if holds_nul(&record) => {
                Err(StoreError::Nul { kind: record.kind(), id: record.id().replace('\0', "") })
            }
            new => Ok(new),
        }
    }
}

/// Writes that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Who writes: a key's name, or the command.
    pub actor: String,
    /// Id of the import that this is part of.
    pub import: Option<String>,
    /// The writes, in order.
    pub writes: Vec<Write>,
    /// Tickets, written after these. Some tens of thousands a batch are fast and hold
    /// nobody else up for long.
    pub tickets: Vec<TicketWrite>,
    /// Tickets that are in other divisions, after these.
    pub moves: Vec<TicketMove>,
    /// Tickets that must still be as the writer has seen them; else the batch is refused.
    pub seen: Vec<Seen>,
}

/// A ticket as a writer has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: String,
    /// The last entry of the log that had it ([`KeptTicket::seq`](super::KeptTicket::seq));
    /// 0 where there was none.
    pub seq: u64,
}

impl Batch {
    /// A batch of one person or command, without writes yet.
    pub fn by(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), ..Self::default() }
    }

    /// With one more record put.
    #[must_use]
    pub fn put(mut self, record: Record) -> Self {
        self.writes.push(Write::Put(Box::new(record)));
        self
    }

    /// With one more new record.
    #[must_use]
    pub fn put_new(mut self, record: Record) -> Self {
        self.writes.push(Write::Add(Box::new(record)));
        self
    }

    /// With one more ticket put; `None` leaves the words that it has.
    #[must_use]
    pub fn file(mut self, record: impl Into<TicketRecord>, texts: Option<TicketTexts>) -> Self {
        self.tickets.push(TicketWrite { record: record.into(), texts });
        self
    }

    /// The writes that are about records of their own, not about tickets.
    pub(super) fn single(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter().filter(|write| write.about().0 != Kind::Ticket)
    }

    /// With one more record retired.
    #[must_use]
    pub fn retire(mut self, kind: Kind, id: &str, successor: Option<&str>, reason: &str) -> Self {
        self.writes.push(Write::Retire {
            kind,
            id: id.to_owned(),
            successor: successor.map(str::to_owned),
            reason: reason.to_owned(),
        });
        self
    }
}

/// That a batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Sequence number from which on a reader sees the batch.
    pub seq: u64,
    /// Writes that changed something.
    pub changed: usize,
    /// Of these, the ones of records that there were not before.
    pub created: usize,
    /// Writes of what was there already.
    pub unchanged: usize,
}

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is as the document says.
    Put,
    /// It no longer holds.
    Retire,
}

impl Operation {
    /// Its name in the change log.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Retire => "retire",
        }
    }

    /// What a change to this record is.
    pub fn of(record: &Record) -> Self {
        if record.retired().is_some() { Self::Retire } else { Self::Put }
    }
}

/// An entry of the change log. Entries are only ever appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Place in the log: 1, 2, 3 … without a gap, in the order of the commits.
    pub seq: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Id of the import, where it was one.
    pub import: Option<String>,
    /// What happened.
    pub operation: Operation,
    /// The whole record after the change; of tickets, all that were written together.
    pub record: Record,
}

/// An entry of the change log without its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the log.
    pub seq: u64,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Id of the import, where it was one.
    pub import: Option<String>,
    /// Id of the record.
    pub id: String,
}

/// Now, to the millisecond: what both databases keep without loss.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
