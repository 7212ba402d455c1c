//! What is fuzzed: everything that reads what comes from outside.
//!
//! Each target takes any bytes and must end without a panic, in memory and time that its
//! limits bound; it gives back how many things it has understood, so that a corpus of which
//! nothing is understood is found out. `fuzz/` runs the targets under libFuzzer
//! (`make fuzz`); `run.rs` runs each over its corpus and some thousand mutations of it, the
//! same ones every time. Compiled for tests and for fuzzing only.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "to panic is to find")]

mod questions;
mod readers;
#[cfg(test)]
mod run;
mod tickets;

pub use questions::{address, batch, query};
pub use readers::{
    archive, columns, csv, flatgeobuf, geojson, geopackage, geoparquet, hours, osm, position,
    shapefile, sheet, wkb, wkt, xlsx,
};
pub use tickets::tickets;

/// A target: its name, which is that of its folder in `fuzz/corpus`, and what it does.
pub type Target = (&'static str, fn(&[u8]) -> usize);

/// All targets.
pub const TARGETS: [Target; 19] = [
    ("csv", csv),
    ("geojson", geojson),
    ("xlsx", xlsx),
    ("sheet", sheet),
    ("flatgeobuf", flatgeobuf),
    ("geopackage", geopackage),
    ("shapefile", shapefile),
    ("archive", archive),
    ("geoparquet", geoparquet),
    ("osm", osm),
    ("wkb", wkb),
    ("wkt", wkt),
    ("columns", columns),
    ("hours", hours),
    ("position", position),
    ("query", query),
    ("address", address),
    ("batch", batch),
    ("tickets", tickets),
];
