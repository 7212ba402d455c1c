//! How much of a file is read at most.
//!
//! A file comes from outside: its sizes are claims. Each limit is far above what an office
//! holds and far below what would exhaust the machine, and a fault names the limit that
//! was met.

/// Bytes of one text value: a cell, a property, a tag.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Columns of a table, or properties of one feature.
pub const MAX_COLUMNS: usize = 512;
/// Bytes of one line or feature of a text format.
pub const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;
/// Nesting of JSON values.
pub const MAX_DEPTH: usize = 32;
/// Positions of one geometry.
pub const MAX_POSITIONS: usize = 2_000_000;
/// Bytes of one compressed part of a file after it was unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;
