//! All records of one store into another, whatever databases they are in: the log from its
//! start, and the words of tickets, which are in no log.
//!
//! The log is only ever appended to, so its beginning up to some number is the records at one
//! moment, whenever it is read. The words are read at one moment together with that number.
//! Writers go on meanwhile.

use super::{Change, Store, StoreError};
use crate::city::TicketTexts;

/// Changes that are read at a time.
const PAGE: usize = 1000;

/// Words of a ticket, on their way from one store to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The number of the ticket.
    pub number: u64,
    /// The change in which an import replaced them; `None` for those that the ticket has.
    pub replaced_in: Option<u64>,
    /// The words.
    pub texts: TicketTexts,
}

/// Takes words; an error ends the reading.
pub type EachWords<'a> = dyn FnMut(Words) -> Result<(), StoreError> + 'a;

/// An empty store inside a transaction, that takes in all of another.
pub(super) trait Replay {
    /// Takes words of a ticket; the ticket itself comes later.
    fn words(&mut self, words: Words) -> Result<(), StoreError>;

    /// Takes the next changes of the log.
    fn changes(&mut self, changes: Vec<Change>) -> Result<(), StoreError>;
}

/// Gives all of `from`, as it is at one moment, to `to`; gives back the sequence number of that
/// moment.
///
/// # Errors
/// Where either fails, or the log has a gap.
pub(super) fn replay(from: &dyn Store, to: &mut dyn Replay) -> Result<u64, StoreError> {
    let head = from.words(&mut |words| to.words(words))?;
    let mut seen = 0;
    while seen < head {
        let mut page = from.changes(seen, PAGE)?;
        page.retain(|change| change.seq <= head);
        let mut due = seen;
        for change in &page {
            due += 1;
            if change.seq != due {
                let detail = format!("the log goes on with {} where {due} is due", change.seq);
                return Err(StoreError::Damaged(detail));
            }
        }
        if due == seen {
            return Err(StoreError::Damaged(format!("the log ends with {seen}, not with {head}")));
        }
        seen = due;
        to.changes(page)?;
    }
    Ok(head)
}
