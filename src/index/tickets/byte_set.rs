//! Some of the 256 values that a byte can have, and which of many bytes are of them.

use bytemuck::cast;
use fixedbitset::FixedBitSet;
use wide::{u8x16, u16x8};

/// Bytes that are looked at together: which of them fit is one number.
pub(super) const CHUNK: usize = 64;
/// Rows up to which each is looked at by itself, rather than all of a chunk without a branch.
pub(super) const FEW: u32 = 20;
/// As many as the processor looks at in one step.
const LANES: usize = 16;

/// Some of all bytes.
#[derive(Debug, Clone)]
pub(super) struct ByteSet {
    has: [bool; 256],
    /// Stretches that have: the first of each, and how many follow it, for each lane.
    stretches: Vec<[u8x16; 2]>,
    table: Table,
}

/// By the lower half of a byte, a bit for each upper half that has, of those below 8 and of
/// the others.
#[derive(Debug, Clone)]
struct Table([u8x16; 2]);

impl Table {
    fn of(has: &[bool; 256]) -> Self {
        let bits = |upper: usize, lower: usize| {
            (0..8).fold(0, |bits, i| bits | u8::from(has[(upper + i) * 16 + lower]) << i)
        };
        Self([0, 8].map(|upper| u8x16::new(std::array::from_fn(|lower| bits(upper, lower)))))
    }

    /// Which of some bytes have: all bits of each that does. Sixteen are looked up in a step.
    fn has(&self, bytes: u8x16) -> u8x16 {
        const BIT: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        let Self([below, others]) = self;
        // What has its highest bit set looks up nothing.
        let place = u8x16::splat(0x8f);
        let found =
            below.shuffle(bytes & place) | others.shuffle((bytes ^ u8x16::splat(0x80)) & place);
        let uppers: u8x16 = cast(cast::<u8x16, u16x8>(bytes) >> 4_u16);
        let bit = u8x16::new(BIT).shuffle(uppers & u8x16::splat(0x0f));
        (found & bit).simd_eq(bit)
    }
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
        let stretches = stretches.into_iter().map(lanes).collect();
        Self { has, stretches, table: Table::of(&has) }
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

    /// Unsets the bits of the bytes that are not of it: a word of bits for each 64 bytes.
    pub(super) fn keep(&self, bytes: &[u8], bits: &mut [u64]) {
        match &self.stretches[..] {
            [] => bits.fill(0),
            // So few are compared sooner than looked up, where how many they are is known when
            // this is compiled.
            [a] => keep(bytes, bits, |bytes| among(&[*a], bytes)),
            [a, b] => keep(bytes, bits, |bytes| among(&[*a, *b], bytes)),
            [a, b, c] => keep(bytes, bits, |bytes| among(&[*a, *b, *c], bytes)),
            _ => keep(bytes, bits, |bytes| self.table.has(bytes)),
        }
    }
}

/// Which of some bytes are in one of some stretches: all bits of each that is.
fn among(stretches: &[[u8x16; 2]], bytes: u8x16) -> u8x16 {
    stretches.iter().fold(u8x16::ZERO, |fit, [first, more]| {
        // One comparison: what is before the first wraps around.
        let after = bytes - *first;
        fit | after.min(*more).simd_eq(after)
    })
}

/// Unsets the bits of the bytes that do not fit, a word of bits for each 64 bytes. Waits for
/// nothing but the bytes, which are read in order, so that the processor has the next ones
/// brought meanwhile.
fn keep(bytes: &[u8], bits: &mut [u64], fits: impl Fn(u8x16) -> u8x16) {
    let of = |chunk: &[u8; CHUNK]| {
        let (sixteens, _) = chunk.as_chunks::<LANES>();
        let each = sixteens.iter().rev().map(|sixteen| fits(u8x16::new(*sixteen)).to_bitmask());
        each.fold(0, |word, bits| word << LANES | u64::from(bits))
    };
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    let (of_chunks, of_rest) = bits.split_at_mut(chunks.len());
    for (word, chunk) in of_chunks.iter_mut().zip(chunks) {
        *word &= of(chunk);
    }
    if let Some(word) = of_rest.first_mut() {
        // The last of them with those before, or with nothing.
        let last = bytes.last_chunk().copied().unwrap_or_else(|| {
            let mut chunk = [0; CHUNK];
            chunk[CHUNK - rest.len()..].copy_from_slice(rest);
            chunk
        });
        *word &= of(&last) >> (CHUNK - rest.len());
    }
}

/// How often each byte comes among the rows of a part. Small, because what is counted is beside it
/// near the processor.
#[derive(Debug)]
pub(super) struct ByteCounts {
    /// Neighbours are counted apart: most are alike, and to add to a number that was just
    /// added to waits for that.
    counts: [[i32; 256]; 2],
}

impl ByteCounts {
    pub(super) const fn new() -> Self {
        Self { counts: [[0; 256]; 2] }
    }

    /// Adds `times` to a byte.
    pub(super) fn add(&mut self, byte: u8, times: i32) {
        self.counts[0][usize::from(byte)] += times;
    }

    /// Adds `times` to those of up to 64 bytes whose bits are set.
    pub(super) fn add_each(&mut self, bytes: &[u8], which: u64, times: i32) {
        if which == u64::MAX {
            let (twos, _) = bytes[..CHUNK].as_chunks::<2>();
            for two in twos {
                for (counts, byte) in self.counts.iter_mut().zip(two) {
                    counts[usize::from(*byte)] += times;
                }
            }
            return;
        }
        for i in ones(which) {
            self.counts[i % 2][usize::from(bytes[i])] += times;
        }
    }

    /// Each byte with its count.
    pub(super) fn each(&self) -> impl Iterator<Item = (u8, i64)> + '_ {
        let sum =
            |byte: u8| self.counts.iter().map(|counts| counts[usize::from(byte)]).sum::<i32>();
        (0..=u8::MAX).map(move |byte| (byte, sum(byte).into()))
    }
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
            runs in prop_oneof![
                prop::collection::vec((any::<u8>(), 0_u8..90), 0..4),
                prop::collection::vec((any::<u8>(), 0_u8..6), 0..60),
            ],
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            before in prop::collection::btree_set(0_usize..200, 0..200),
        ) {
            let has = |byte: u8| runs.iter().any(|(from, more)| byte.wrapping_sub(*from) <= *more);
            let set = ByteSet::of(has);
            let mut bits = vec![0; bytes.len().div_ceil(CHUNK)];
            for i in before.range(..bytes.len()) {
                bits[i / CHUNK] |= 1 << (i % CHUNK);
            }
            set.keep(&bytes, &mut bits);
            let starts = (0..).step_by(CHUNK).zip(bits);
            let found = starts.flat_map(|(from, bits)| ones(bits).map(move |i| from + i));
            let found: Vec<usize> = found.collect();
            let expected: Vec<usize> =
                (0..bytes.len()).filter(|i| before.contains(i) && has(bytes[*i])).collect();
            prop_assert_eq!(found, expected);
            prop_assert!((0..=u8::MAX).all(|byte| set.has(byte) == has(byte)));
        }

        #[test]
        fn each_byte_is_counted_as_often_as_it_comes(
            chunks in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 64), any::<u64>(), any::<bool>(), -2_i32..3),
                0..6,
            ),
            (byte, more) in (any::<u8>(), 0_i32..3),
        ) {
            let mut counts = ByteCounts::new();
            counts.add(byte, more);
            let mut expected = [0_i64; 256];
            expected[usize::from(byte)] += i64::from(more);
            for (bytes, which, all, times) in chunks {
                let which = if all { u64::MAX } else { which };
                counts.add_each(&bytes, which, times);
                for (i, byte) in bytes.into_iter().enumerate() {
                    expected[usize::from(byte)] += if which >> i & 1 == 1 { i64::from(times) } else { 0 };
                }
            }
            prop_assert_eq!(counts.each().map(|(_, n)| n).collect::<Vec<_>>(), expected);
        }
    }
}
