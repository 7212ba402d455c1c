//! What a run of records is, in sixteen bytes, without looking at them again.
//!
//! Each record has a digest of what can be seen of it; a set of records has the sum of
//! theirs, so that with the sums from the beginning any run of an order costs one
//! subtraction. Two sets are equal if their sums are: the digests are 128 bits of BLAKE3,
//! and nothing that is not made on purpose meets by chance. Nobody has to remember what
//! has changed: a digest says what *is*, after any history, on any server.

use std::ops::Range;

/// A digest of one record, or of a set of them.
pub type Digest = u128;

/// The digests of an order of records, summed from its beginning.
#[derive(Debug)]
pub struct RunDigests(Vec<Digest>);

impl RunDigests {
    /// Sums the digests of records in their order.
    pub fn of(records: impl ExactSizeIterator<Item = Digest>) -> Self {
        let mut sums = Vec::with_capacity(records.len() + 1);
        let mut sum: Digest = 0;
        sums.push(sum);
        for digest in records {
            sum = sum.wrapping_add(digest);
            sums.push(sum);
        }
        Self(sums)
    }

    /// The digest of the records of a run, as a set; of none it is zero.
    pub fn run(&self, run: Range<usize>) -> Digest {
        self.0[run.end].wrapping_sub(self.0[run.start])
    }
}

/// Takes a record in, field by field. What comes after a text is never taken for a part
/// of it.
#[derive(Debug, Default)]
pub struct Digester(blake3::Hasher);

impl Digester {
    /// Takes a text in.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
        self
    }

    /// Takes texts in, and how many there are.
    pub fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) -> &mut Self {
        self.number(texts.len() as u64);
        texts.for_each(|text| {
            self.text(text);
        });
        self
    }

    /// Takes a number in.
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    /// Takes in a digest that was finished before.
    pub fn digest(&mut self, digest: Digest) -> &mut Self {
        self.0.update(&digest.to_le_bytes());
        self
    }

    /// The digest of everything that was taken in.
    pub fn finish(&self) -> Digest {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        Digest::from_le_bytes(half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Digest {
        Digester::default().texts(texts.iter().copied()).finish()
    }

    #[test]
    fn a_run_is_its_records_and_nothing_else() {
        let records: Vec<Digest> = (0..9).map(|n| of(&[&n.to_string()])).collect();
        let all = RunDigests::of(records.iter().copied());
        let tail = RunDigests::of(records[3..].iter().copied());
        assert_eq!(all.run(3..9), tail.run(0..6));
        assert_eq!(all.run(4..4), 0);
        assert_ne!(all.run(3..9), all.run(3..8));
        assert_ne!(all.run(0..1), all.run(1..2));
    }

    #[test]
    fn what_moves_from_one_field_to_the_next_is_another_record() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }
}
