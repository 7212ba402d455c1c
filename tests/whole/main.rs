//! Tests of the whole program: the built binary, the real city, HTTP.

mod documents;
mod errors;
mod harness;
mod jurisdiction;
mod packs;
mod points;
mod services;
