//! PMTiles, version 3: one file that holds a pyramid of tiles, read by ranges.
//!
//! A header of 127 bytes says where the directories, a JSON document and the tiles lie.
//! A directory maps runs of tile ids ([`tile_id`]) to ranges, and may lead to further
//! directories, the leaves. [`reader`] reads by position, never by mapping the file into
//! memory, because a mapped file that somebody shortens ends the program; [`writer`]
//! makes archives that are deduplicated and clustered. The specification is at
//! <https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>.

mod directory;
mod header;
mod reader;
mod tile_id;
mod writer;

pub(super) use reader::Reader;
pub use writer::{Described, Writer, Written};
