//! Bytes to lines, cut anywhere, in bounded memory.

use bytes::Bytes;
use memchr::memchr;

/// A longer line is not read.
pub const MAX_LINE_BYTES: usize = 128 * 1024;

/// A line of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// What is in it; `None` where it was too long.
    pub bytes: Option<Bytes>,
}

/// Takes bytes and gives lines. Keeps at most one line between two calls.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
    skipping: bool,
    number: u64,
}

impl Lines {
    /// Takes bytes, and gives each line that ends in them. Empty ones are counted, not given.
    pub fn push(&mut self, mut bytes: Bytes, mut each: impl FnMut(Line)) {
        while let Some(end) = memchr(b'\n', &bytes) {
            let part = bytes.split_to(end + 1).slice(..end);
            let whole = if self.rest.is_empty() && !self.skipping {
                part
            } else {
                self.keep(&part);
                Bytes::from(std::mem::take(&mut self.rest))
            };
            self.line(&whole, &mut each);
        }
        self.keep(&bytes);
    }

    /// Gives the last line, where no line break ended it.
    pub fn finish(&mut self, mut each: impl FnMut(Line)) {
        let last = std::mem::take(&mut self.rest);
        if !last.is_empty() || self.skipping {
            self.line(&Bytes::from(last), &mut each);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.skipping || self.rest.len() + bytes.len() > MAX_LINE_BYTES {
            self.skipping = true;
            self.rest = Vec::new();
        } else {
            self.rest.extend_from_slice(bytes);
        }
    }

    fn line(&mut self, bytes: &Bytes, each: &mut impl FnMut(Line)) {
        self.number = self.number.saturating_add(1);
        if std::mem::take(&mut self.skipping) || bytes.len() > MAX_LINE_BYTES {
            each(Line { number: self.number, bytes: None });
            return;
        }
        let mark: &[u8] = if self.number == 1 { b"\xef\xbb\xbf" } else { b"" };
        let begin = if bytes.starts_with(mark) { mark.len() } else { 0 };
        let bytes = bytes.slice(begin..);
        if !bytes.iter().all(u8::is_ascii_whitespace) {
            each(Line { number: self.number, bytes: Some(bytes) });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<(u64, Option<String>)> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        let mut take = |line: Line| {
            let text = line.bytes.map(|b| String::from_utf8_lossy(&b).into_owned());
            out.push((line.number, text));
        };
        for piece in pieces {
            lines.push(Bytes::copy_from_slice(piece), &mut take);
            assert!(lines.rest.len() <= MAX_LINE_BYTES);
        }
        lines.finish(&mut take);
        out
    }

    #[test]
    fn a_line_without_end_is_passed_over_in_bounded_memory() {
        let piece = vec![b'x'; MAX_LINE_BYTES / 2];
        let mut pieces: Vec<&[u8]> = vec![b"\xef\xbb\xbfa\n\n"];
        pieces.extend([piece.as_slice(); 10]);
        pieces.push(b"\nb\n");
        let found = all(&pieces);
        assert_eq!(found, [(1, Some("a".into())), (3, None), (4, Some("b".into()))]);
        let whole = [&vec![b'y'; MAX_LINE_BYTES + 1], b"\nc".as_slice()].concat();
        assert_eq!(all(&[&whole]), [(1, None), (2, Some("c".into()))]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_bytes_are_cut(
            text in "[ab\n\r ]{0,60}",
            cuts in prop::collection::vec(0..60_usize, 0..5),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.push(&text.as_bytes()[from..cut]);
                from = cut;
            }
            prop_assert_eq!(all(&pieces), all(&[text.as_bytes()]));
        }
    }
}
