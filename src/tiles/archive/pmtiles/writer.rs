//! Writes an archive: tiles in the order of their ids, each different one once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use serde_json::Value;

use super::super::Packing;
use super::directory::{self, Entry};
use super::header::{self, Header, Span};
use super::tile_id;
use crate::geo::{Bounds, TileId};
use crate::tiles::cache::gzip;

/// Header and root lie in the first 16 KiB, which clients read first.
const MOST_ROOT_BYTES: usize = 16_384 - header::LENGTH;
/// Entries of a leaf.
const LEAF_ENTRIES: usize = 4096;

/// What an archive says of itself.
#[derive(Debug, Clone)]
pub struct Described {
    /// The JSON document: name, attribution, `vector_layers`.
    pub metadata: Value,
    /// Where there are tiles, degrees, WGS-84.
    pub bounds: Bounds,
    /// Zoom, longitude, latitude of a first view.
    pub center: (u8, f64, f64),
    /// The lowest and the deepest zoom.
    pub zooms: (u8, u8),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Tiles that can be asked for.
    pub tiles: u64,
    /// Different tiles.
    pub contents: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Takes tiles in and keeps their bytes in a scratch file until it is known how long the
/// directories are.
#[derive(Debug)]
pub struct Writer {
    scratch: BufWriter<File>,
    length: u64,
    entries: Vec<Entry>,
    seen: HashMap<blake3::Hash, (u64, u32)>,
    tiles: u64,
}

impl Writer {
    /// An archive without tiles. `scratch` is an empty file that may be read and written.
    pub fn new(scratch: File) -> Self {
        Self {
            scratch: BufWriter::new(scratch),
            length: 0,
            entries: Vec::new(),
            seen: HashMap::new(),
            tiles: 0,
        }
    }

    /// Tiles of one zoom in the order in which they must be added.
    pub fn sort(tiles: &mut [TileId]) {
        tiles.sort_unstable_by_key(|tile| tile_id::of(*tile));
    }

    /// Adds a tile, as MVT. Tiles come in the order of [`Writer::sort`], zoom after zoom.
    ///
    /// # Errors
    /// The scratch file cannot be written, or the tile does not come in order.
    pub fn add(&mut self, tile: TileId, bytes: &[u8]) -> io::Result<()> {
        let id = tile_id::of(tile);
        let end = self.entries.last().map(|last| last.id + u64::from(last.run));
        if end.is_some_and(|end| id < end) {
            return Err(io::Error::other("a tile does not come in its order"));
        }
        self.tiles += 1;
        let (offset, length) = self.place(bytes)?;
        match self.entries.last_mut() {
            Some(last) if Some(id) == end && last.offset == offset => last.run += 1,
            _ => self.entries.push(Entry { id, offset, length, run: 1 }),
        }
        Ok(())
    }

    /// Where the bytes of a tile are; written if they were not before.
    fn place(&mut self, bytes: &[u8]) -> io::Result<(u64, u32)> {
        let hash = blake3::hash(bytes);
        if let Some(place) = self.seen.get(&hash) {
            return Ok(*place);
        }
        let packed = gzip(bytes)?;
        let length = u32::try_from(packed.len()).map_err(io::Error::other)?;
        self.scratch.write_all(&packed)?;
        let place = (self.length, length);
        self.length += u64::from(length);
        self.seen.insert(hash, place);
        Ok(place)
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn finish(self, about: &Described, out: &mut impl Write) -> io::Result<Written> {
        let mut scratch = self.scratch.into_inner().map_err(io::IntoInnerError::into_error)?;
        let metadata = gzip(about.metadata.to_string().as_bytes())?;
        let (root, leaves) = directories(&self.entries)?;
        let mut end = header::LENGTH as u64;
        let mut next = |length: u64| {
            let span = Span { offset: end, length };
            end += length;
            span
        };
        let header = Header {
            root: next(root.len() as u64),
            metadata: next(metadata.len() as u64),
            leaves: next(leaves.len() as u64),
            data: next(self.length),
            counts: [self.tiles, self.entries.len() as u64, self.seen.len() as u64],
            clustered: true,
            internal: Packing::Gzip,
            tiles: Packing::Gzip,
            min_zoom: about.zooms.0,
            max_zoom: about.zooms.1,
            bounds: about.bounds,
            center: about.center,
        };
        for part in [&header.write()[..], &root, &metadata, &leaves] {
            out.write_all(part)?;
        }
        scratch.rewind()?;
        let copied = io::copy(&mut scratch.take(self.length), out)?;
        if copied != self.length {
            return Err(io::Error::other("the scratch file was changed by somebody else"));
        }
        Ok(Written { tiles: self.tiles, contents: self.seen.len() as u64, bytes: end })
    }
}

/// The root, and the leaves where the root would be too large.
fn directories(entries: &[Entry]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let root = gzip(&directory::write(entries))?;
    if root.len() <= MOST_ROOT_BYTES {
        return Ok((root, Vec::new()));
    }
    let mut size = LEAF_ENTRIES;
    loop {
        let mut leaves = Vec::new();
        let mut above = Vec::new();
        for part in entries.chunks(size) {
            let leaf = gzip(&directory::write(part))?;
            let length = u32::try_from(leaf.len()).map_err(io::Error::other)?;
            above.push(Entry { id: part[0].id, offset: leaves.len() as u64, length, run: 0 });
            leaves.extend(leaf);
        }
        let root = gzip(&directory::write(&above))?;
        if root.len() <= MOST_ROOT_BYTES {
            return Ok((root, leaves));
        }
        size *= 2;
    }
}
