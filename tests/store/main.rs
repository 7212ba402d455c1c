//! The promises of the record store, held against every implementation.
//!
//! [`suite`] says what any store must do; each implementation has a file that says how
//! to get one and what is true of it alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, a panic is how a failure is told"
)]

mod backup;
mod cluster;
mod crash;
mod follower;
mod geopackage;
mod postgis;
mod records;
mod suite;
mod tickets;
