//! Some of the 256 values that a byte can have, and which of many bytes are of them.

use fixedbitset::FixedBitSet;
use wide::u8x16;

/// Bytes that are looked at together: which of them fit is one number.
pub(super) const CHUNK: usize = 64;
/// As many as the processor looks at in one step.
const LANES: usize = 16;

/// Stretches up to which bytes are compared with each, many in one step, rather than looked up
/// one by one.
const MOST: usize = 24;

/// Some of all bytes.
#[derive(Debug)]
pub(super) struct ByteSet {
    has: [bool; 256],
    /// Stretches that have: the first of each, and how many follow it, for each lane.
    stretches: Vec<[u8x16; 2]>,
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
        let lanes = |(first, more)| [u8x16::splat(first), u8x16::splat(more)];
        Self { has, stretches: stretches.into_iter().map(lanes).collect() }
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
        if let Ok(chunk) = bytes.try_into() {
            return self.among_all(chunk);
        }
        let mut chunk = [0; CHUNK];
        chunk[..bytes.len()].copy_from_slice(bytes);
        self.among_all(&chunk) & low(bytes.len())
    }

    fn among_all(&self, bytes: &[u8; CHUNK]) -> u64 {
        let mut fit = [u8x16::ZERO; CHUNK / LANES];
        if self.stretches.len() <= MOST {
            let bytes = lanes(bytes);
            for [first, more] in &self.stretches {
                for (fit, bytes) in fit.iter_mut().zip(bytes) {
                    // One comparison: what is before the first wraps around.
                    let after = bytes - *first;
                    *fit |= after.min(*more).simd_eq(after);
                }
            }
        } else {
            // All bits of a byte, or none.
            fit = lanes(&bytes.map(|byte| u8::from(self.has(byte)).wrapping_neg()));
        }
        fit.iter().rev().fold(0, |bits, fit| bits << LANES | u64::from(fit.to_bitmask()))
    }
}

fn lanes(bytes: &[u8; CHUNK]) -> [u8x16; CHUNK / LANES] {
    let mut lanes = [u8x16::ZERO; CHUNK / LANES];
    let (sixteens, _) = bytes.as_chunks();
    for (lanes, bytes) in lanes.iter_mut().zip(sixteens) {
        *lanes = u8x16::new(*bytes);
    }
    lanes
}

/// As many bits, from the lowest.
pub(super) const fn low(count: usize) -> u64 {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bytes_of_a_set_are_found_among_others(
            runs in prop::collection::vec((any::<u8>(), 0_u8..6), 0..60),
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
