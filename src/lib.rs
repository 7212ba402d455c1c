//! A city's service map: find and book the responsible office, learn whose street a
//! place is, and see where requests gather. One program, all answers from memory.
//!
//! The rooms, in the order in which data meets them:
//!
//! - [`config`]: settings from file, environment and flags
//! - [`city`]: the domain, and the reader of city packs
//! - [`geo`]: datum shifts, the tile pyramid, distances
//! - [`index`]: read models over the records, one immutable snapshot
//! - [`locate`]: position in, responsible division out
//! - [`tiles`]: vector tiles of that snapshot, and what is in them
//! - [`http`]: parameters in, GeoJSON and problem documents out
//! - [`telemetry`]: the log, the metrics
//! - [`cli`]: the commands

pub mod city;
pub mod cli;
pub mod config;
pub mod geo;
pub mod http;
pub mod index;
pub mod locate;
pub mod telemetry;
pub mod tiles;
