//! A city's service map: find and book the responsible office, learn whose street a
//! place is, and see where requests gather. One program, all answers from memory.
//!
//! The rooms, in the order in which data meets them:
//!
//! - [`config`]: settings from file, environment and flags
//! - [`access`]: roles, and the keys that carry them
//! - [`city`]: the domain, and the reader of city packs
//! - [`geo`]: datum shifts, the tile pyramid, distances
//! - [`import`]: files as offices hold them, checked, into the records
//! - [`export`]: the records into files that others open
//! - [`intake`]: tickets as other systems write them, one by one or by the million
//! - [`store`]: the records and the log of every change to them
//! - [`index`]: read models over the records, one immutable snapshot
//! - [`search`]: text in, places, offices and matters out
//! - [`locate`]: position in, responsible division out
//! - [`release`]: the public figures, made when a month is over
//! - [`check`]: how good the records are
//! - [`tiles`]: vector tiles of any set of layers
//! - [`outside`]: whether links still answer, and which slots other servers have free
//! - [`picture`]: the map as PNG
//! - [`features`]: the records as flat collections, with filters in CQL2
//! - [`http`]: parameters in, GeoJSON, tiles and problem documents out
//! - [`telemetry`]: the log, the metrics
//! - [`cli`]: the commands

pub mod access;
pub mod check;
pub mod city;
pub mod cli;
pub mod config;
pub mod export;
pub mod features;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod geo;
pub mod http;
pub mod import;
pub mod index;
pub mod intake;
pub mod locate;
pub mod outside;
pub mod picture;
pub mod redraw;
pub mod release;
pub mod search;
pub mod store;
pub mod telemetry;
pub mod tiles;
pub mod wire;
