//! A city's service map: find and book the responsible office, learn whose street a
//! place is, and see where requests gather. One program, all answers from memory.
//!
//! The rooms, in the order in which data meets them:
//!
//! - [`city`]: the domain, and the reader of city packs
//! - [`geo`]: datum shifts, the tile pyramid, distances
//! - [`index`]: read models over the records, one immutable snapshot
//! - [`search`]: from what a person types to the things that may be meant

pub mod city;
pub mod geo;
pub mod index;
pub mod search;
