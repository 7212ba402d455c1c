//! How bytes are packed in a file.

use std::io::Read;

use super::ArchiveError;
use crate::tiles::Coding;

/// How bytes are packed in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    const CODES: [(u8, Self); 4] =
        [(1, Self::None), (2, Self::Gzip), (3, Self::Brotli), (4, Self::Zstd)];

    /// What a PMTiles header says it with.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::CODES.into_iter().find(|(c, _)| *c == code).map(|(_, packing)| packing)
    }

    /// What a PMTiles header says it with.
    pub(super) fn code(self) -> u8 {
        Self::CODES.into_iter().find(|(_, p)| *p == self).map_or(0, |(code, _)| code)
    }

    /// What bytes that nobody speaks of look like.
    pub(super) fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(&[0x1f, 0x8b]) { Self::Gzip } else { Self::None }
    }

    /// The content coding that sends such bytes as they are.
    pub const fn coding(self) -> Coding {
        match self {
            Self::None => Coding::Identity,
            Self::Gzip => Coding::Gzip,
            Self::Brotli => Coding::Brotli,
            Self::Zstd => Coding::Zstd,
        }
    }

    /// The bytes unpacked.
    ///
    /// # Errors
    /// They are broken, or more than `most`.
    pub(super) fn unpack(self, bytes: &[u8], most: usize) -> Result<Vec<u8>, ArchiveError> {
        let limit = most as u64 + 1;
        let mut out = Vec::new();
        match self {
            Self::None => return Ok(bytes.to_vec()),
            Self::Gzip => {
                flate2::read::MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out)?
            }
            Self::Brotli => {
                brotli::Decompressor::new(bytes, 1 << 12).take(limit).read_to_end(&mut out)?
            }
            Self::Zstd => zstd::Decoder::new(bytes)?.take(limit).read_to_end(&mut out)?,
        };
        if out.len() > most {
            return Err(ArchiveError::Format(format!(
                "something in it unpacks to over {most} bytes"
            )));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::cache::gzip;

    #[test]
    fn packed_bytes_come_back_and_no_more_than_allowed() {
        let bytes = vec![7; 100_000];
        let mut brotli = Vec::new();
        let how = brotli::enc::BrotliEncoderParams::default();
        brotli::BrotliCompress(&mut &bytes[..], &mut brotli, &how).unwrap();
        for (packing, packed) in [
            (Packing::None, bytes.clone()),
            (Packing::Gzip, gzip(&bytes).unwrap()),
            (Packing::Brotli, brotli),
            (Packing::Zstd, zstd::bulk::compress(&bytes, 1).unwrap()),
        ] {
            assert_eq!(packing.unpack(&packed, bytes.len()).unwrap(), bytes, "{packing:?}");
            assert_eq!(Packing::from_code(packing.code()), Some(packing));
            if packing != Packing::None {
                assert!(packing.unpack(&packed, bytes.len() - 1).is_err());
                assert!(packing.unpack(&packed[..packed.len() / 2], bytes.len()).is_err());
            }
        }
        assert_eq!((Packing::from_code(0), Packing::from_code(5)), (None, None));
    }
}
