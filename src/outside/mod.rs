//! What other servers are asked: whether links still answer, and which slots are free.
//!
//! Addresses come from the records, so they are not trusted: [`fetch`] speaks https only,
//! with public addresses only ([`address`]), and never reads, follows or waits without
//! bound. It is polite: one request a host at a time, with a pause before the next, and
//! nothing that the host's [`robots`] file asks programs to leave alone. [`links`] judges
//! reservation links, [`slots`] reads feeds of free slots. What they find becomes records,
//! so that every server follows it. Calls block.

pub mod address;
pub mod fetch;
pub mod links;
pub mod robots;
pub mod slots;

pub use fetch::{Client, FetchError, Terms};
