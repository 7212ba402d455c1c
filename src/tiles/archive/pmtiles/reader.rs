//! Reads an archive by ranges.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::super::{ArchiveError, Info, MOST_TILE_BYTES, Packing};
use super::directory::{self, Entry};
use super::header::{self, Header, Span};
use super::tile_id;
use crate::geo::TileId;

/// A leaf may lead to a leaf, but not for ever.
const MOST_STEPS: usize = 4;
/// Unpacked bytes of a directory or the metadata.
const MOST_BYTES: usize = 1 << 26;
/// Memory for leaves that were read before.
const LEAF_BYTES: u64 = 32 << 20;

/// An open archive.
#[derive(Debug)]
pub(in crate::tiles::archive) struct Reader {
    file: File,
    header: Header,
    root: Vec<Entry>,
    leaves: Cache<u64, Arc<Vec<Entry>>, Weigh>,
}

#[derive(Debug, Clone)]
struct Weigh;

impl Weighter<u64, Arc<Vec<Entry>>> for Weigh {
    fn weight(&self, _: &u64, entries: &Arc<Vec<Entry>>) -> u64 {
        (entries.len() * size_of::<Entry>()) as u64 + 64
    }
}

impl Reader {
    /// Opens an archive and reads its header, root and metadata.
    pub(in crate::tiles::archive) fn open(path: &Path) -> Result<(Self, Info), ArchiveError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut bytes = [0; header::LENGTH];
        if size < bytes.len() as u64 {
            return Err(ArchiveError::Format("it is too short for a PMTiles archive".to_owned()));
        }
        file.read_exact_at(&mut bytes, 0)?;
        let header = Header::read(&bytes, size)?;
        let root = directory::read(&unpacked(&file, header.root, header.internal)?)?;
        let metadata = unpacked(&file, header.metadata, header.internal)?;
        let leaves = Cache::with_weighter(64, LEAF_BYTES, Weigh);
        let info = Info::new(&metadata, header.min_zoom..=header.max_zoom, header.bounds)?;
        Ok((Self { file, header, root, leaves }, info))
    }

    /// The bytes of a tile as they are kept, and how they are packed; `None` where the
    /// archive has none. One or two reads.
    pub(in crate::tiles::archive) fn tile(
        &self,
        tile: TileId,
    ) -> Result<Option<(Vec<u8>, Packing)>, ArchiveError> {
        let id = tile_id::of(tile);
        let mut found = directory::find(&self.root, id);
        for _ in 0..MOST_STEPS {
            let Some(entry) = found else { return Ok(None) };
            if entry.run > 0 {
                let bytes = self.bytes(self.header.data, entry)?;
                return Ok(Some((bytes, self.header.tiles)));
            }
            found = directory::find(&self.leaf(entry)?, id);
        }
        Err(ArchiveError::Format("its directories lead to no end".to_owned()))
    }

    fn leaf(&self, entry: Entry) -> Result<Arc<Vec<Entry>>, ArchiveError> {
        self.leaves.get_or_insert_with(&entry.offset, || {
            let packed = self.bytes(self.header.leaves, entry)?;
            let bytes = self.header.internal.unpack(&packed, MOST_BYTES)?;
            Ok(Arc::new(directory::read(&bytes)?))
        })
    }

    /// The bytes of an entry in one of the sections.
    fn bytes(&self, section: Span, entry: Entry) -> Result<Vec<u8>, ArchiveError> {
        let length = u64::from(entry.length);
        let inside = entry.offset.checked_add(length).is_some_and(|end| end <= section.length);
        if !inside || length > MOST_TILE_BYTES as u64 {
            return Err(ArchiveError::Format("an entry of a directory is broken".to_owned()));
        }
        let mut bytes = vec![0; entry.length as usize];
        self.file.read_exact_at(&mut bytes, section.offset + entry.offset)?;
        Ok(bytes)
    }
}

fn unpacked(file: &File, span: Span, packing: Packing) -> Result<Vec<u8>, ArchiveError> {
    if span.length > MOST_BYTES as u64 {
        return Err(ArchiveError::Format("a directory or its metadata is too large".to_owned()));
    }
    let mut bytes = vec![0; span.length as usize];
    file.read_exact_at(&mut bytes, span.offset)?;
    packing.unpack(&bytes, MOST_BYTES)
}
