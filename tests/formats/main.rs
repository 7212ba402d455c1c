//! Files of other programs, read; and what they say of ours. GDAL is the other program
//! (`scripts/test-needs` installs it); where Debian's cannot, a kept file is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test, a panic is how a failure is told"
)]

mod damage;
mod export;
mod gdal;
mod limits;
mod osm;
mod pbf;
mod readers;
#[path = "../store/records.rs"]
#[allow(dead_code, reason = "histories are for the store")]
mod records;
