//! Tickets as they are kept: many, and written in masses.
//!
//! They differ from the other records in three ways.
//!
//! - The log has them in blocks: one entry for up to [`BLOCK`] tickets that were written
//!   together, each whole ([`document`]). A million tickets are two thousand entries.
//!   An entry names, for each of its tickets, the entry that had it before, so that the
//!   history of a ticket is a chain and needs no index.
//! - Each has a number, counted up from 1 in the order in which they came. Read models
//!   know a ticket by it.
//! - Their words and contact data are in a table apart and in no log, so that they can be
//!   erased. Those that an import replaced are beside it, so that it can be taken back;
//!   who erases the ones erases the others.
//!
//! What a batch changes is decided once for all databases, in [`decide`].

pub(super) mod decide;
pub(super) mod document;

use std::borrow::Cow;
use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Kind, Record, Retirement, Store, StoreError};
use crate::city::{Ticket, TicketDivisions, TicketTexts};
use crate::geo::LonLat;

/// Tickets of one entry of the log at most. Reading the history of one ticket reads
/// entries whole, so they are not large.
pub(super) const BLOCK: usize = 512;

/// Tickets that one reading of the log gives at most, but for the last block: bounds its
/// memory.
pub(super) const PAGE: usize = 20_000;

/// Columns of the table of words but for the ticket.
pub(super) const TEXT_COLUMNS: &str = "description, address, contact, phone, response";

/// Columns of the table of replaced words.
pub(super) const REPLACED_COLUMNS: &str =
    "change_seq, ticket, description, address, contact, phone, response";

/// Whether a page of the log holds so many tickets that it ends here.
pub(super) fn is_full(changes: &[Change]) -> bool {
    let tickets = |change: &Change| match &change.record {
        Record::Tickets(filed) => filed.len(),
        _ => 0,
    };
    changes.iter().map(tickets).sum::<usize>() >= PAGE
}

/// The times at which a ticket was sent back, as the column has them: a JSON list, or
/// nothing.
pub(super) fn returned(times: &[Timestamp]) -> Option<String> {
    let texts: Vec<String> = times.iter().map(|at| format!("{at:.3}")).collect();
    (!texts.is_empty()).then(|| serde_json::Value::from(texts).to_string())
}

/// Reads [`returned`].
pub(super) fn parse_returned(text: Option<&str>) -> Result<Vec<Timestamp>, StoreError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    serde_json::from_str(text)
        .map_err(|_| StoreError::Damaged(format!("\"{text}\" is no list of times of a ticket")))
}

/// A ticket as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRecord {
    /// What was asked for.
    pub ticket: Ticket,
    /// Set where it no longer holds: filed by mistake, or its import was undone.
    pub retired: Option<Retirement>,
}

impl From<Ticket> for TicketRecord {
    fn from(ticket: Ticket) -> Self {
        Self { ticket, retired: None }
    }
}

impl TicketRecord {
    /// The same with all times to the millisecond, which is what is kept.
    fn rounded(&self) -> Cow<'_, Self> {
        let steps = &self.ticket.steps;
        let fine = |at: Timestamp| at.subsec_nanosecond() % 1_000_000 != 0;
        let single = [steps.dispatched, steps.accepted, steps.responded, steps.closed];
        let any = fine(steps.requested)
            || single.into_iter().chain([steps.surveyed]).flatten().any(fine)
            || steps.returned.iter().copied().any(fine)
            || self.retired.as_ref().is_some_and(|r| fine(r.at));
        if !any {
            return Cow::Borrowed(self);
        }
        let mut record = self.clone();
        let round = |at: &mut Timestamp| {
            *at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(*at);
        };
        let steps = &mut record.ticket.steps;
        round(&mut steps.requested);
        let single = [&mut steps.dispatched, &mut steps.accepted, &mut steps.responded];
        single.into_iter().flatten().for_each(round);
        [&mut steps.closed, &mut steps.surveyed].into_iter().flatten().for_each(round);
        steps.returned.iter_mut().for_each(round);
        record.retired.iter_mut().for_each(|r| round(&mut r.at));
        Cow::Owned(record)
    }

    /// Refuses what not every database can keep.
    fn check(&self, texts: Option<&TicketTexts>) -> Result<(), StoreError> {
        let ticket = &self.ticket;
        let divisions = &ticket.divisions;
        let retired = self.retired.as_ref();
        let texts = texts
            .into_iter()
            .flat_map(|t| [&t.description, &t.address, &t.contact, &t.phone, &t.response]);
        let optional = [&divisions.district, &divisions.township, &divisions.community]
            .into_iter()
            .chain(texts)
            .chain(retired.map(|r| &r.successor))
            .flatten();
        let all = [&ticket.id, &ticket.category, &ticket.channel, &ticket.source]
            .into_iter()
            .chain(optional)
            .chain(retired.map(|r| &r.reason));
        let id = || ticket.id.replace('\0', "");
        if all.into_iter().any(|text| text.as_bytes().contains(&0)) {
            return Err(StoreError::Nul { kind: Kind::Ticket, id: id() });
        }
        let finite = ticket.location.is_none_or(|p| p.lon.is_finite() && p.lat.is_finite())
            && ticket.accuracy_m.is_none_or(f64::is_finite);
        if !finite {
            return Err(StoreError::NotFinite { kind: Kind::Ticket, id: id() });
        }
        Ok(())
    }
}

/// That a ticket is so from now on.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketWrite {
    /// The ticket, whole. Times finer than a millisecond are cut off.
    pub record: TicketRecord,
    /// Its words; `None` leaves those that there are.
    pub texts: Option<TicketTexts>,
}

/// That a ticket is in these divisions from now on, if it is still open and still where it
/// was: whatever else was written to it meanwhile stays.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketMove {
    /// Its id.
    pub id: String,
    /// Where it was when its divisions were looked up, WGS-84.
    pub location: LonLat,
    /// Where it belongs.
    pub divisions: TicketDivisions,
}

impl TicketMove {
    /// The ticket after it; `None` where it no longer fits or changes nothing.
    fn result(&self, now: &TicketRecord) -> Option<TicketRecord> {
        let ticket = &now.ticket;
        let fits = now.retired.is_none()
            && ticket.is_open()
            && ticket.location == Some(self.location)
            && ticket.divisions != self.divisions;
        fits.then(|| {
            let mut moved = now.clone();
            moved.ticket.divisions = self.divisions.clone();
            moved
        })
    }
}

/// A ticket in an entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Filed {
    /// Its number.
    pub number: u64,
    /// The entry that had it before; 0 where this is the first.
    pub before: u64,
    /// The ticket as it was after the change.
    pub record: TicketRecord,
}

/// A ticket with all that is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptTicket {
    /// Its number.
    pub number: u64,
    /// The last entry of the log that has it.
    pub seq: u64,
    /// The ticket.
    pub record: TicketRecord,
    /// Its words.
    pub texts: TicketTexts,
}

/// Takes each ticket of a store in turn; an error ends the reading.
pub type EachTicket<'a> = dyn FnMut(u64, TicketRecord) -> Result<(), StoreError> + 'a;

/// Puts tickets into the order in which their numbers were asked for.
pub(super) fn in_order_of(numbers: &[u64], tickets: Vec<KeptTicket>) -> Vec<KeptTicket> {
    let mut found: HashMap<u64, KeptTicket> =
        tickets.into_iter().map(|kept| (kept.number, kept)).collect();
    numbers.iter().filter_map(|number| found.remove(number)).collect()
}

/// Every change to one ticket, from the first: along the chain of entries, from the last.
pub(super) fn history(store: &dyn Store, id: &str) -> Result<Vec<Change>, StoreError> {
    let Some(kept) = store.ticket(id)? else { return Ok(Vec::new()) };
    let mut changes = Vec::new();
    let mut seq = kept.seq;
    while seq > 0 {
        let broken = || StoreError::Damaged(format!("change {seq} lacks the ticket \"{id}\""));
        let mut change = store.changes(seq - 1, 1)?.pop().filter(|c| c.seq == seq);
        let Some(Record::Tickets(filed)) = change.as_mut().map(|c| &mut c.record) else {
            return Err(broken());
        };
        filed.retain(|f| f.number == kept.number);
        let before = filed.first().map(|f| f.before).filter(|before| *before < seq);
        seq = before.ok_or_else(broken)?;
        changes.extend(change);
    }
    changes.reverse();
    Ok(changes)
}
