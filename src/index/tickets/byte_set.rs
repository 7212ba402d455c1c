//! Some of the 256 values that a byte can have, and which of many bytes are of them.

use fixedbitset::FixedBitSet;

/// Bytes that are looked at together: which of them fit is one number.
pub(super) const CHUNK: usize = 64;

/// Stretches up to which bytes are compared with each, many in one step of the processor,
/// rather than looked up one by one.
const MOST: usize = 12;

/// Some of all bytes.
#[derive(Debug)]
pub(super) struct ByteSet {
    has: [bool; 256],
    /// Stretches that have: the first of each, and how many follow it.
    stretches: Vec<(u8, u8)>,
}

impl ByteSet {
    pub(super) fn of(has: impl Fn(u8) -> bool) -> Self {
        let has: [bool; 256] = std::array::from_fn(|byte| has(byte as u8));
        let mut stretches: Vec<(u8, u8)> = Vec::new();
        for byte in (0..=u8::MAX).filter(|byte| has[usize::from(*byte)]) {
            match stretches.last_mut().filter(|(first, more)| first + more + 1 == byte) {
                Some((_, more)) => *more += 1,
                None => stretches.push((byte, 0)),
            }
        }
        Self { has, stretches }
    }

    /// Those whose numbers are in a list of bits.
    pub(super) fn of_bits(bits: &FixedBitSet) -> Self {
        Self::of(|byte| bits.contains(byte.into()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.has[usize::from(byte)]
    }

    /// A bit for each of up to 64 bytes.
    pub(super) fn among(&self, bytes: &[u8]) -> u64 {
        match bytes.try_into() {
            Ok(chunk) => self.among_all(chunk),
            Err(_) => {
                let mut chunk = [0; CHUNK];
                chunk[..bytes.len()].copy_from_slice(bytes);
                self.among_all(&chunk) & first(bytes.len())
            }
        }
    }

    fn among_all(&self, bytes: &[u8; CHUNK]) -> u64 {
        let mut fit = [false; CHUNK];
        if self.stretches.len() <= MOST {
            for (first, more) in &self.stretches {
                for (fit, byte) in fit.iter_mut().zip(bytes) {
                    // One comparison: what is before the first wraps around.
                    *fit |= byte.wrapping_sub(*first) <= *more;
                }
            }
        } else {
            for (fit, byte) in fit.iter_mut().zip(bytes) {
                *fit = self.has(*byte);
            }
        }
        bits(fit)
    }
}

/// As many bits, from the lowest.
pub(super) const fn first(count: usize) -> u64 {
    if count == 0 { 0 } else { u64::MAX >> (CHUNK - count) }
}

/// The places of the bits that are set.
pub(super) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(place)
    })
}

/// Brings the lowest bits of eight bytes together in the top one: no two of the products meet.
const TOGETHER: u64 = 0x0102_0408_1020_4080;

/// A bit for each.
fn bits(fit: [bool; CHUNK]) -> u64 {
    let bytes = fit.map(u8::from);
    let (eights, _) = bytes.as_chunks::<8>();
    eights
        .iter()
        .rev()
        .fold(0, |bits, eight| bits << 8 | u64::from_le_bytes(*eight).wrapping_mul(TOGETHER) >> 56)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bytes_of_a_set_are_found_among_others(
            runs in prop::collection::vec((any::<u8>(), 0_u8..40), 0..20),
            bytes in prop::collection::vec(any::<u8>(), 0..=64),
        ) {
            let has = |byte: u8| runs.iter().any(|(from, more)| byte.wrapping_sub(*from) <= *more);
            let set = ByteSet::of(has);
            let found: Vec<usize> = ones(set.among(&bytes)).collect();
            let expected: Vec<usize> =
                (0..bytes.len()).filter(|i| has(bytes[*i])).collect();
            prop_assert_eq!(found, expected);
            prop_assert!((0..=u8::MAX).all(|byte| set.has(byte) == has(byte)));
        }
    }
}
