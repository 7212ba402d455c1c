//! The way in: files as offices hold them, checked row by row, into the store.
//!
//! - [`row`]: what every reader gives, whatever the format of the file
//! - [`read`]: the readers, and which of them a file needs
//! - [`columns`]: which of its columns hold what
//! - [`value`]: values as people write them
//! - [`osm`]: a city out of an extract of OpenStreetMap
//! - [`rings`]: rings to areas
//! - [`limits`]: how much of a file is read at most
//!
//! A reader knows its format and nothing of the city. What a column means, in what datum
//! the positions are and whether a row may go in is decided after it, once for all
//! formats.

pub mod calendar;
mod cells;
pub mod columns;
pub mod datum;
pub mod divisions;
pub mod gather;
pub mod limits;
pub mod osm;
pub mod points;
pub mod read;
pub mod rejected;
pub mod report;
pub mod rings;
pub mod row;
pub mod slots;
pub mod tickets;
pub mod undo;
pub mod value;
pub mod vocabulary;
pub mod words;
