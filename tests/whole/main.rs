//! Tests of the whole program: the built binary, the real city, HTTP.

mod documents;
mod errors;
mod harness;
mod jurisdiction;
mod packs;
mod page;
mod points;
mod readme;
mod search;
mod services;
mod tiles;
