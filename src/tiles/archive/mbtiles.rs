//! MBTiles 1.3: a pyramid of tiles in an SQLite database. Rows count from the south.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde_json::{Map, Value};

use super::{ArchiveError, Info, MOST_TILE_BYTES, Packing};
use crate::geo::{Bounds, TileId};

/// The deepest zoom that is believed.
const DEEPEST: u8 = 30;
/// The whole world as far as web mercator goes.
const WORLD: Bounds = Bounds { west: -180.0, south: -85.051_129, east: 180.0, north: 85.051_129 };
const TILE: &str = "SELECT tile_data FROM tiles WHERE zoom_level = ?1 AND tile_column = ?2 \
    AND tile_row = ?3 AND length(tile_data) <= ?4";

/// An open archive.
#[derive(Debug)]
pub(super) struct Reader {
    path: std::path::PathBuf,
    /// Connections that nobody uses now; there are as many as were ever used at once.
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    /// Opens an archive and reads its metadata.
    pub(super) fn open(path: &Path) -> Result<(Self, Info), ArchiveError> {
        let connection = connect(path)?;
        let info = info(&connection)?;
        Ok((Self { path: path.to_owned(), idle: Mutex::new(vec![connection]) }, info))
    }

    /// The bytes of a tile as they are kept, and how they are packed; `None` where the
    /// archive has none.
    pub(super) fn tile(&self, tile: TileId) -> Result<Option<(Vec<u8>, Packing)>, ArchiveError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        let row = (1i64 << tile.z) - 1 - i64::from(tile.y);
        let bytes: Option<Vec<u8>> = connection
            .prepare_cached(TILE)?
            .query_row((tile.z, tile.x, row, MOST_TILE_BYTES as i64), |row| row.get(0))
            .optional()?;
        // A connection that failed is not used again.
        idle().push(connection);
        Ok(bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| {
            let packing = Packing::of(&bytes);
            (bytes, packing)
        }))
    }
}

fn connect(path: &Path) -> Result<Connection, ArchiveError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // The schema comes from somebody else.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn info(connection: &Connection) -> Result<Info, ArchiveError> {
    let mut rows = connection.prepare("SELECT name, value FROM metadata")?;
    let mut about = Map::new();
    for row in rows.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))? {
        let (name, value) = row?;
        about.insert(name, Value::String(value));
    }
    let text = |key: &str| about.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("format") {
        "pbf" => {}
        other => {
            return Err(ArchiveError::Format(format!(
                "its tiles are \"{other}\"; only vector tiles (pbf) are served"
            )));
        }
    }
    let json = text("json").to_owned();
    let bounds = bounds(text("bounds")).unwrap_or(WORLD);
    let zooms = zooms(connection, text("minzoom"), text("maxzoom"))?;
    let layers = serde_json::from_str::<Value>(&json).unwrap_or_default();
    about.insert("vector_layers".to_owned(), layers["vector_layers"].clone());
    Info::new(Value::Object(about).to_string().as_bytes(), zooms, bounds)
}

/// The zooms as the metadata says, or else as the tiles do.
fn zooms(
    connection: &Connection,
    min: &str,
    max: &str,
) -> Result<std::ops::RangeInclusive<u8>, ArchiveError> {
    let (min, max) = match (min.parse().ok(), max.parse().ok()) {
        (Some(min), Some(max)) => (min, max),
        _ => connection.query_row(
            "SELECT min(zoom_level), max(zoom_level) FROM tiles",
            (),
            |row| {
                Ok((
                    row.get::<_, Option<u8>>(0)?.unwrap_or(1),
                    row.get::<_, Option<u8>>(1)?.unwrap_or(0),
                ))
            },
        )?,
    };
    if min > max || max > DEEPEST {
        return Err(ArchiveError::Format("its range of zooms is none".to_owned()));
    }
    Ok(min..=max)
}

fn bounds(text: &str) -> Option<Bounds> {
    let parts: Vec<f64> = text.split(',').map(|p| p.trim().parse().ok()).collect::<Option<_>>()?;
    let [west, south, east, north] = parts[..] else { return None };
    let bounds = Bounds { west, south, east, north };
    bounds.is_valid().then_some(bounds)
}
