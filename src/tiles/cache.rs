//! Tiles that were encoded before, ready to be sent.
//!
//! A tile is kept under the digest of everything it depends on ([`Question::digest`]), so
//! nothing ever has to be purged: after a change the same question has another digest
//! where, and only where, the change touches it, and what nobody asks for any more goes
//! when room is needed. The same tile is kept apart in each content coding that callers
//! take, made when the first of them asks.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use quick_cache::sync::Cache;
use quick_cache::{OptionsBuilder, Weighter};

use super::Question;
use super::archive::ArchiveError;
use crate::index::Snapshot;
use crate::index::digests::Digest;

/// How the bytes of a tile are packed for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// As they are.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// All that are spoken, the one that serves best first.
    pub const ALL: [Self; 4] = [Self::Zstd, Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in `Content-Encoding` and `Accept-Encoding`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// Packs bytes. What is too small to gain by it, or fails, which none of the coders
    /// does on memory, is `None`.
    fn pack(self, bytes: &[u8]) -> Option<Vec<u8>> {
        if bytes.len() < WORTH_PACKING {
            return None;
        }
        match self {
            Self::Identity => None,
            Self::Gzip => gzip(bytes).ok(),
            Self::Brotli => {
                let mut packed = brotli::CompressorWriter::new(Vec::new(), BLOCK, 5, 18);
                packed.write_all(bytes).ok()?;
                packed.flush().ok()?;
                Some(packed.into_inner())
            }
            Self::Zstd => zstd::bulk::compress(bytes, 6).ok(),
        }
    }
}

/// Packs bytes with gzip, as tiles are in archives.
pub(super) fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(bytes.len() / 2);
    let mut packed = flate2::write::GzEncoder::new(room, flate2::Compression::new(6));
    packed.write_all(bytes)?;
    packed.finish()
}

/// Smaller tiles fit one packet whatever is done to them.
const WORTH_PACKING: usize = 256;
/// Bytes that a coder takes at a time.
const BLOCK: usize = 1 << 16;
/// What an entry takes beside the bytes of its tile: key, links, allocation.
const BYTES_AN_ENTRY: u64 = 128;
/// What a tile takes on average, for the first size of the tables.
const BYTES_A_TILE: u64 = 4096;
/// Tiles for which there is room in the tables before any is kept.
const MOST_ROOM: u64 = 1 << 18;

/// A tile as it is sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its bytes, packed with `coding`; none if nothing lies in it.
    pub bytes: Bytes,
    /// How they are packed.
    pub coding: Coding,
}

/// What the cache has done and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Questions that a kept tile answered.
    pub hits: u64,
    /// Questions for which a tile was made, or waited for while another made it.
    pub misses: u64,
    /// Tiles that were encoded.
    pub encoded: u64,
    /// Bytes that are kept, with what keeping them takes.
    pub bytes: u64,
    /// Tiles that are kept, each coding for itself.
    pub tiles: u64,
}

/// Tiles that were encoded before. Bounded in bytes; safe to share.
#[derive(Debug)]
pub struct TileCache {
    kept: Cache<(Digest, Coding), Sent, Weigh>,
    hits: AtomicU64,
    misses: AtomicU64,
    encoded: AtomicU64,
}

#[derive(Debug, Clone)]
struct Weigh;

impl Weighter<(Digest, Coding), Sent> for Weigh {
    fn weight(&self, _: &(Digest, Coding), sent: &Sent) -> u64 {
        sent.bytes.len() as u64 + BYTES_AN_ENTRY
    }
}

impl TileCache {
    /// A cache of so many bytes; of none it keeps nothing.
    pub fn new(bytes: u64) -> Self {
        let tiles = (bytes / BYTES_A_TILE).clamp(1, MOST_ROOM) as usize;
        let options =
            OptionsBuilder::new().estimated_items_capacity(tiles).weight_capacity(bytes).build();
        let kept = options.map_or_else(
            |_| Cache::with_weighter(tiles, bytes, Weigh),
            |options| {
                Cache::with_options(
                    options,
                    Weigh,
                    quick_cache::DefaultHashBuilder::default(),
                    quick_cache::sync::DefaultLifecycle::default(),
                )
            },
        );
        let [hits, misses, encoded] = std::array::from_fn(|_| AtomicU64::new(0));
        Self { kept, hits, misses, encoded }
    }

    /// The tile with this digest, if it is kept.
    pub fn get(&self, digest: Digest, coding: Coding) -> Option<Sent> {
        let sent = self.kept.get(&(digest, coding))?;
        self.count_hit();
        Some(sent)
    }

    /// Counts a tile that was sent as it was kept, by whoever kept it.
    pub fn count_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// The tile with this digest, which is that of `question` on `snapshot`: encoded and
    /// packed now if it is not kept. Callers that ask for one tile at the same time wait
    /// for the first of them. Some milliseconds at most.
    ///
    /// # Errors
    /// An archive cannot be read; then nothing is kept.
    pub fn make(
        &self,
        digest: Digest,
        coding: Coding,
        snapshot: &Snapshot,
        question: &Question,
    ) -> Result<Sent, ArchiveError> {
        self.misses.fetch_add(1, Ordering::Relaxed);
        let plain = || {
            self.kept.get_or_insert_with(&(digest, Coding::Identity), || {
                self.encoded.fetch_add(1, Ordering::Relaxed);
                let bytes = question.answer(snapshot)?.into();
                Ok(Sent { bytes, coding: Coding::Identity })
            })
        };
        if coding == Coding::Identity {
            return plain();
        }
        self.kept.get_or_insert_with(&(digest, coding), || {
            if let Some(bytes) = question.packed(coding)? {
                return Ok(Sent { bytes: bytes.into(), coding });
            }
            let plain = plain()?;
            let packed = coding.pack(&plain.bytes);
            Ok(packed.map_or(plain, |bytes| Sent { bytes: bytes.into(), coding }))
        })
    }

    /// What it has done and holds.
    pub fn stats(&self) -> Stats {
        Stats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            encoded: self.encoded.load(Ordering::Relaxed),
            bytes: self.kept.weight(),
            tiles: self.kept.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::index::PointFilter;
    use crate::tiles::{LayerSet, fixture};

    fn unpacked(sent: &Sent) -> Vec<u8> {
        let mut out = Vec::new();
        match sent.coding {
            Coding::Identity => out.extend_from_slice(&sent.bytes),
            Coding::Gzip => {
                flate2::read::GzDecoder::new(&sent.bytes[..])
                    .read_to_end(&mut out)
                    .map(drop)
                    .unwrap();
            }
            Coding::Brotli => {
                brotli::Decompressor::new(&sent.bytes[..], 4096)
                    .read_to_end(&mut out)
                    .map(drop)
                    .unwrap();
            }
            Coding::Zstd => out = zstd::decode_all(&sent.bytes[..]).unwrap(),
        }
        out
    }

    fn question(snapshot: &Snapshot, z: u8) -> Question {
        Question::new(
            snapshot,
            &LayerSet::all().into(),
            fixture::middle_tile(z),
            &PointFilter::default(),
        )
    }

    #[test]
    fn every_coding_holds_the_same_tile_and_is_kept() {
        let snapshot = fixture::town(300);
        let cache = TileCache::new(1 << 24);
        let question = question(&snapshot, 12);
        let (digest, plain) = (question.digest(&snapshot), question.answer(&snapshot).unwrap());
        for coding in Coding::ALL {
            // The plain bytes were kept when the first coding was made of them.
            let kept = coding == Coding::Identity;
            assert_eq!(cache.get(digest, coding).is_some(), kept);
            let sent = cache.make(digest, coding, &snapshot, &question).unwrap();
            assert_eq!(sent.coding, coding);
            assert_eq!(unpacked(&sent), plain);
            assert_eq!(cache.get(digest, coding).unwrap().bytes, sent.bytes);
            assert!(coding == Coding::Identity || sent.bytes.len() < plain.len());
        }
        let stats = cache.stats();
        assert_eq!((stats.hits, stats.misses, stats.encoded, stats.tiles), (5, 4, 1, 4));
        assert!(stats.bytes > plain.len() as u64);
    }

    #[test]
    fn callers_that_miss_one_tile_together_encode_it_once() {
        let snapshot = fixture::town(2000);
        let cache = TileCache::new(1 << 24);
        let question = question(&snapshot, 11);
        let digest = question.digest(&snapshot);
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for i in 0..8 {
                let (cache, snapshot, question, start) = (&cache, &snapshot, &question, &start);
                scope.spawn(move || {
                    start.wait();
                    let coding = Coding::ALL[i % 4];
                    assert!(
                        !cache.make(digest, coding, snapshot, question).unwrap().bytes.is_empty()
                    );
                });
            }
        });
        assert_eq!((cache.stats().encoded, cache.stats().misses), (1, 8));
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_without_room_it_only_makes() {
        let snapshot = fixture::town(3000);
        for room in [0u64, 1 << 18] {
            let cache = TileCache::new(room);
            for z in 8..=20 {
                let question = question(&snapshot, z);
                let digest = question.digest(&snapshot);
                for coding in Coding::ALL {
                    let sent = cache.make(digest, coding, &snapshot, &question).unwrap();
                    assert_eq!(unpacked(&sent), question.answer(&snapshot).unwrap());
                    assert!(cache.stats().bytes <= room, "{:?}", cache.stats());
                }
            }
        }
    }
}
