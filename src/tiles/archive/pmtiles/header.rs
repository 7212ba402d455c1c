//! The header: 127 bytes that say where everything is.

use super::super::{ArchiveError, Packing};
use crate::geo::Bounds;

/// Bytes of a header.
pub(super) const LENGTH: usize = 127;
const MAGIC: &[u8; 7] = b"PMTiles";
const VERSION: u8 = 3;
/// The only kind of tile that is served: Mapbox Vector Tile.
const MVT: u8 = 1;
/// The scale of coordinates in a header.
const E7: f64 = 1e7;

/// Where something lies in the file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// The header of an archive.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) root: Span,
    pub(super) metadata: Span,
    pub(super) leaves: Span,
    pub(super) data: Span,
    /// Tiles that can be asked for, entries of directories, and different tiles.
    pub(super) counts: [u64; 3],
    pub(super) clustered: bool,
    /// How directories and metadata are packed.
    pub(super) internal: Packing,
    /// How tiles are packed.
    pub(super) tiles: Packing,
    pub(super) min_zoom: u8,
    pub(super) max_zoom: u8,
    /// Degrees, WGS-84.
    pub(super) bounds: Bounds,
    /// Zoom, longitude and latitude of a first view.
    pub(super) center: (u8, f64, f64),
}

impl Header {
    /// Reads the header of a file of `size` bytes, and checks that what it speaks of is
    /// in the file.
    pub(super) fn read(bytes: &[u8; LENGTH], size: u64) -> Result<Self, ArchiveError> {
        let fault = |text: &str| ArchiveError::Format(text.to_owned());
        if &bytes[..7] != MAGIC {
            return Err(fault("it does not begin as a PMTiles archive does"));
        }
        if bytes[7] != VERSION {
            return Err(ArchiveError::Format(format!(
                "it is of PMTiles version {}; version {VERSION} is read",
                bytes[7]
            )));
        }
        let number = |at: usize| u64_at(bytes, at);
        let degrees = |at: usize| f64::from(i32_at(bytes, at)) / E7;
        let span = |at: usize, what: &str| {
            let span = Span { offset: number(at), length: number(at + 8) };
            let end = span.offset.checked_add(span.length);
            match end.filter(|end| *end <= size) {
                Some(_) => Ok(span),
                None => Err(ArchiveError::Format(format!("its {what} would end beyond the file"))),
            }
        };
        let packing = |code: u8, what: &str| {
            Packing::from_code(code).ok_or_else(|| {
                ArchiveError::Format(format!("its {what} are packed in an unknown way ({code})"))
            })
        };
        if bytes[99] != MVT {
            return Err(fault("its tiles are not vector tiles (MVT), and only these are served"));
        }
        let header = Self {
            root: span(8, "root directory")?,
            metadata: span(24, "metadata")?,
            leaves: span(40, "leaf directories")?,
            data: span(56, "tiles")?,
            counts: [number(72), number(80), number(88)],
            clustered: bytes[96] == 1,
            internal: packing(bytes[97], "directories")?,
            tiles: packing(bytes[98], "tiles")?,
            min_zoom: bytes[100],
            max_zoom: bytes[101],
            bounds: Bounds {
                west: degrees(102),
                south: degrees(106),
                east: degrees(110),
                north: degrees(114),
            },
            center: (bytes[118], degrees(119), degrees(123)),
        };
        if header.min_zoom > header.max_zoom || header.max_zoom > super::tile_id::DEEPEST {
            return Err(fault("its range of zooms is none"));
        }
        Ok(header)
    }

    /// The bytes of the header.
    pub(super) fn write(&self) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        out[..7].copy_from_slice(MAGIC);
        out[7] = VERSION;
        let spans = [self.root, self.metadata, self.leaves, self.data];
        let numbers = spans.iter().flat_map(|s| [s.offset, s.length]).chain(self.counts);
        for (at, number) in (8..).step_by(8).zip(numbers) {
            out[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        out[96] = u8::from(self.clustered);
        out[97] = self.internal.code();
        out[98] = self.tiles.code();
        out[99] = MVT;
        out[100] = self.min_zoom;
        out[101] = self.max_zoom;
        out[118] = self.center.0;
        let Bounds { west, south, east, north } = self.bounds;
        let degrees = [west, south, east, north, self.center.1, self.center.2];
        for (at, value) in [102, 106, 110, 114, 119, 123].into_iter().zip(degrees) {
            out[at..at + 4].copy_from_slice(&((value * E7).round() as i32).to_le_bytes());
        }
        out
    }
}

fn u64_at(bytes: &[u8; LENGTH], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn i32_at(bytes: &[u8; LENGTH], at: usize) -> i32 {
    bytes[at..at + 4].iter().rev().fold(0u32, |n, b| n << 8 | u32::from(*b)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_lies_beyond_the_file_is_refused() {
        let span = |offset, length| Span { offset, length };
        let header = Header {
            root: span(127, 20),
            metadata: span(147, 3),
            leaves: span(150, 0),
            data: span(150, 50),
            counts: [9, 5, 4],
            clustered: true,
            internal: Packing::Gzip,
            tiles: Packing::Zstd,
            min_zoom: 3,
            max_zoom: 14,
            bounds: Bounds { west: 115.25, south: -39.5, east: 117.5, north: 41.0 },
            center: (9, 116.4, 39.9),
        };
        let bytes = header.write();
        assert_eq!(Header::read(&bytes, 200).unwrap(), header);
        assert!(Header::read(&bytes, 199).unwrap_err().to_string().contains("beyond the file"));
        for (at, value) in [(0, b'X'), (7, 2), (99, 2), (98, 9), (100, 15), (101, 27), (15, 0xff)] {
            let mut broken = bytes;
            broken[at] = value;
            assert!(Header::read(&broken, 200).is_err(), "byte {at}");
        }
    }
}
