//! CQL2 text: filters as OGC API clients write them.
//!
//! Read are the classes Basic CQL2, Advanced Comparison Operators, Case-insensitive
//! Comparison and Basic Spatial Functions of OGC 21-065r2:
//!
//! ```text
//! category = 'library' AND (bookable = TRUE OR observed_at >= DATE('2026-01-01'))
//! CASEI(name) LIKE CASEI('%center%')    class NOT IN ('minor', 'tertiary')
//! extent_m BETWEEN 100 AND 500          S_INTERSECTS(geometry, BBOX(116, 39, 117, 40))
//! ```
//!
//! `token` cuts the text, `parse` reads it against the properties of a collection, and
//! `expr` is what a record is held against. Everything that can be wrong is found when
//! it is read, with its place; names, kinds, depth and length are checked there, so that
//! holding a record against a filter cannot fail and costs at most [`MAX_TERMS`]
//! comparisons.

mod expr;
mod like;
mod parse;
mod token;

pub use expr::Expr;
pub use parse::{Ground, parse};

/// Most comparisons in a filter, members of lists included.
pub const MAX_TERMS: usize = 64;
/// Deepest nesting of a filter.
pub const MAX_DEPTH: usize = 16;

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {detail}")]
pub struct CqlError {
    /// Where, counted in characters from 1.
    pub at: usize,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl CqlError {
    fn new(at: usize, detail: impl Into<String>) -> Self {
        Self { at, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests;
