//! The words of tickets, by what is said in them.
//!
//! An index of its own (tantivy), on the disk beside the records and mapped into memory. It
//! holds no text but the terms of it with their places, and it is derived: delete it and it is
//! made again. Only what answers callers of a role that may read words asks it.
//!
//! - [`terms`]: what a text puts into the index, and what a question looks for
//! - [`ask`]: which tickets hold what a question says
//! - [`kept`]: the folder: opened where it is whole and of these very records, else made
//! - [`mod@follow`]: made in the background, and kept up with the change log
//!
//! Unlike the index of names it changes all the time, so it is tantivy's own files with their
//! checksums that are kept, and each commit names the change of the log that it ends with.

mod ask;
mod follow;
mod kept;
mod terms;

pub use ask::{Found, TicketText};
pub use follow::{begin, follow, step};
pub use kept::{Kept, Trouble};
pub use terms::{Wanted, said};

#[cfg(test)]
mod tests;
