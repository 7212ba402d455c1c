//! Basemap archives: files that hold a finished pyramid of vector tiles.
//!
//! [`Archives`] are those that a server was given, each under the name of its layer.
//! Two formats are read, PMTiles ([`pmtiles`]) and MBTiles ([`mbtiles`]); nothing in a
//! file is trusted: ranges, lengths and counts are checked before memory is taken. An
//! archive that cannot be read at the start is refused. One that breaks later, or is
//! replaced by a broken one, is out of service alone, until its file is whole again.

mod export;
mod mbtiles;
mod packing;
pub mod pmtiles;
mod set;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::Value;

use crate::geo::{Bounds, TileId};
pub use export::{Plan, export};
pub use packing::Packing;
pub use set::{Archive, Archives, ArchivesError};

/// A tile of an archive, packed or not, may not be larger.
const MOST_TILE_BYTES: usize = 16 << 20;

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system says so.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// The database says so.
    #[error("it cannot be read as MBTiles: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// It is not what it should be.
    #[error("{0}")]
    Format(String),
}

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// A name for people; empty where there is none.
    pub name: String,
    /// Whom to name on the map, as HTML; empty where there is nobody.
    pub attribution: String,
    /// The zooms that it has.
    pub zooms: RangeInclusive<u8>,
    /// Where it has tiles, degrees, WGS-84.
    pub bounds: Bounds,
    /// Its vector layers as TileJSON lists them.
    pub vector_layers: Vec<Value>,
}

impl Info {
    /// Reads the JSON document of an archive.
    fn new(
        metadata: &[u8],
        zooms: RangeInclusive<u8>,
        bounds: Bounds,
    ) -> Result<Self, ArchiveError> {
        let metadata: Value = serde_json::from_slice(metadata)
            .map_err(|e| ArchiveError::Format(format!("its metadata is not JSON: {e}")))?;
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        let vector_layers: Vec<Value> = metadata["vector_layers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|layer| layer["id"].is_string())
            .cloned()
            .collect();
        if vector_layers.is_empty() {
            let detail = "its metadata names no vector_layers, so no style could draw it";
            return Err(ArchiveError::Format(detail.to_owned()));
        }
        let (name, attribution) = (text("name"), text("attribution"));
        Ok(Self { name, attribution, zooms, bounds, vector_layers })
    }

    /// Names of its vector layers.
    pub fn layer_ids(&self) -> impl Iterator<Item = &str> {
        self.vector_layers.iter().filter_map(|layer| layer["id"].as_str())
    }

    /// Whether it has a vector layer.
    pub fn has_layer(&self, id: &str) -> bool {
        self.layer_ids().any(|own| own == id)
    }
}

/// An open file of one of the formats.
#[derive(Debug)]
enum Reader {
    Pmtiles(pmtiles::Reader),
    Mbtiles(mbtiles::Reader),
}

impl Reader {
    /// Opens a file; its first bytes say what it is.
    fn open(path: &Path) -> Result<(Self, Info), ArchiveError> {
        let mut first = [0; 16];
        let read = std::io::Read::read(&mut std::fs::File::open(path)?, &mut first)?;
        if first[..read].starts_with(b"SQLite format 3\0") {
            let (reader, info) = mbtiles::Reader::open(path)?;
            return Ok((Self::Mbtiles(reader), info));
        }
        if first[..read].starts_with(b"PMTiles") {
            let (reader, info) = pmtiles::Reader::open(path)?;
            return Ok((Self::Pmtiles(reader), info));
        }
        Err(ArchiveError::Format("it is neither PMTiles nor MBTiles".to_owned()))
    }

    /// The bytes of a tile as they are kept, and how they are packed.
    fn tile(&self, tile: TileId) -> Result<Option<(Vec<u8>, Packing)>, ArchiveError> {
        match self {
            Self::Pmtiles(reader) => reader.tile(tile),
            Self::Mbtiles(reader) => reader.tile(tile),
        }
    }
}
