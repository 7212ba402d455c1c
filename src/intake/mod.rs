//! Tickets as other systems write them: a request becomes a checked record, or the list of
//! everything that is wrong with it.
//!
//! - [`Fields`]: the members of an object, each read or named as bad
//! - [`ticket`]: an object as a ticket with its words
//! - [`caller`]: one more citizen with the same trouble
//! - [`steps`]: which step may follow which, and in what order their times are
//! - [`merge`]: what a ticket that there is already becomes, or why it does not
//! - [`file`](mod@file): many of them into the records, so that two writers lose nothing
//! - [`open311`]: a request of that standard as the members of a ticket
//! - [`lines`]: bytes to lines, in bounded memory
//! - [`address`]: where an address is, by the search of the city
//!
//! A ticket is known by the id of the system that it was filed in. Writing the same again
//! changes nothing, and what is in is never overwritten: whoever filed it may only add what
//! has happened since. So whoever is not sure that a write has arrived sends it again.

pub mod address;
pub mod caller;
mod fields;
pub mod file;
pub mod lines;
pub mod merge;
pub mod open311;
pub mod steps;
pub mod ticket;

pub use address::{PlacesBySearch, district_code};
pub use fields::{Fault, Fields};
pub use file::{Done, Outcome, file, take};
pub use steps::{StepKind, Taking};
pub use ticket::{Filing, Remark, Terms};

#[cfg(test)]
mod tests;
