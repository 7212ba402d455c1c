//! The archives of a server, and what becomes of them while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;

use super::{ArchiveError, Info, MOST_TILE_BYTES, Packing, Reader};
use crate::geo::TileId;
use crate::index::digests::{Digest, Digester};
use crate::tiles::{Layer, MAX_NAMES};

/// Why the archives of a server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchivesError {
    /// An archive cannot be read.
    #[error("the basemap \"{name}\" ({path}) is refused: {cause}")]
    Archive {
        /// Its name.
        name: String,
        /// Its file.
        path: PathBuf,
        /// Why.
        cause: ArchiveError,
    },
    /// A name cannot be one.
    #[error(
        "\"{0}\" is no name for a basemap: letters, digits, - and _ are, at most 40 of them, that are not a layer of the server's own"
    )]
    Name(String),
    /// Two have one name.
    #[error("two basemaps are called \"{0}\"")]
    Twice(String),
    /// There are more than a path can name.
    #[error("more than {MAX_NAMES} basemaps are given")]
    TooMany,
}

/// One archive as it is now.
#[derive(Debug)]
pub struct Archive {
    /// The name of its layer.
    pub name: String,
    /// What it says of itself.
    pub info: Info,
    /// Names this state of the file.
    pub digest: Digest,
    reader: Reader,
}

impl Archive {
    fn open(name: &str, path: &Path, stamp: Option<Stamp>) -> Result<Self, ArchiveError> {
        let (reader, info) = Reader::open(path)?;
        let mut digester = Digester::default();
        digester.text(name).text(&format!("{stamp:?}"));
        Ok(Self { name: name.to_owned(), info, digest: digester.finish(), reader })
    }

    /// Whether it can have a tile.
    pub fn reaches(&self, tile: TileId) -> bool {
        self.info.zooms.contains(&tile.z)
    }

    /// The bytes of a tile as they are kept, and how they are packed; `None` where there
    /// is none.
    ///
    /// # Errors
    /// The file cannot be read, or is broken there.
    pub fn packed(&self, tile: TileId) -> Result<Option<(Vec<u8>, Packing)>, ArchiveError> {
        if self.reaches(tile) { self.reader.tile(tile) } else { Ok(None) }
    }

    /// The bytes of a tile, unpacked; none where there is no such tile.
    ///
    /// # Errors
    /// As [`Archive::packed`].
    pub fn tile(&self, tile: TileId) -> Result<Vec<u8>, ArchiveError> {
        let Some((bytes, packing)) = self.packed(tile)? else { return Ok(Vec::new()) };
        packing.unpack(&bytes, MOST_TILE_BYTES)
    }
}

/// What tells that a file was changed or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    file: u64,
}

fn stamp(path: &Path) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(path).ok()?;
    Some(Stamp { modified: about.modified().ok(), length: about.len(), file: about.ino() })
}

/// One archive that a server was given.
#[derive(Debug)]
struct Slot {
    name: String,
    path: PathBuf,
    now: ArcSwap<State>,
}

#[derive(Debug)]
struct State {
    stamp: Option<Stamp>,
    /// `None` while the file is broken.
    archive: Option<Arc<Archive>>,
}

/// The archives of a server, by name. Safe to share.
#[derive(Debug, Default)]
pub struct Archives(Vec<Slot>);

impl Archives {
    /// Opens all archives: names and files.
    ///
    /// # Errors
    /// A name is no name, or an archive cannot be read.
    pub fn open(given: &[(String, PathBuf)]) -> Result<Self, ArchivesError> {
        if given.len() > MAX_NAMES {
            return Err(ArchivesError::TooMany);
        }
        let mut slots: Vec<Slot> = Vec::with_capacity(given.len());
        for (name, path) in given {
            if !is_name(name) {
                return Err(ArchivesError::Name(name.clone()));
            }
            if slots.iter().any(|slot| slot.name == *name) {
                return Err(ArchivesError::Twice(name.clone()));
            }
            let stamp = stamp(path);
            let archive = Archive::open(name, path, stamp).map_err(|cause| {
                ArchivesError::Archive { name: name.clone(), path: path.clone(), cause }
            })?;
            tracing::info!(basemap = name, path = %path.display(), "opened");
            let state = State { stamp, archive: Some(Arc::new(archive)) };
            slots.push(Slot {
                name: name.clone(),
                path: path.clone(),
                now: ArcSwap::from_pointee(state),
            });
        }
        Ok(Self(slots))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all, in the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|slot| slot.name.as_str())
    }

    /// The archive with this name: `None` if there is none of that name, `Some(None)`
    /// while its file is broken.
    pub fn get(&self, name: &str) -> Option<Option<Arc<Archive>>> {
        let slot = self.0.iter().find(|slot| slot.name == name)?;
        Some(slot.now.load().archive.clone())
    }

    /// Those that can be read now.
    pub fn whole(&self) -> impl Iterator<Item = Arc<Archive>> {
        self.0.iter().filter_map(|slot| slot.now.load().archive.clone())
    }

    /// Opens again what was changed or replaced since it was opened. To be called now and
    /// then, on a thread that may block.
    pub fn refresh(&self) {
        for slot in &self.0 {
            let stamp = stamp(&slot.path);
            if stamp == slot.now.load().stamp {
                continue;
            }
            let archive = match Archive::open(&slot.name, &slot.path, stamp) {
                Ok(archive) => {
                    tracing::info!(
                        basemap = slot.name,
                        "its file has changed and was opened again"
                    );
                    Some(Arc::new(archive))
                }
                Err(e) => {
                    let path = slot.path.display();
                    tracing::warn!(basemap = slot.name, %path, error = %e, "out of service");
                    None
                }
            };
            slot.now.store(Arc::new(State { stamp, archive }));
        }
    }
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=40).contains(&name.len()) && name.bytes().all(fits) && Layer::from_name(name).is_none()
}
