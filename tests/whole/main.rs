//! Tests of the whole program: the built binary, the real city, HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, a panic is how a failure is told"
)]

mod agent;
mod agents_tickets;
mod archives;
mod batch;
mod booking;
mod check;
#[path = "../store/cluster.rs"]
mod cluster;
mod counts;
mod demo;
mod documents;
mod errors;
mod export;
mod faults;
mod feed;
mod fonts;
mod harness;
mod hours;
mod import;
mod intake;
mod intake_many;
mod jurisdiction;
mod links;
mod ogc;
mod open311;
mod osm;
mod packs;
mod page;
#[path = "../formats/pbf.rs"]
mod pbf;
mod picture;
mod points;
mod readme;
mod records;
mod redrawings;
mod release;
mod relevance;
mod rules;
mod search;
mod services;
mod tickets;
mod tiles;
mod tiles_kept;
mod unruly;
mod writes;
