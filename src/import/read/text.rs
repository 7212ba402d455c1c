//! Text of any encoding that offices use, as UTF-8.
//!
//! A byte order mark decides; without one the text itself does. Chinese spreadsheets save
//! CSV as GB18030 without saying so, and a text in it is almost never valid UTF-8 by
//! chance: a thousand characters beyond ASCII decide between the two with certainty.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use super::Input;
use crate::import::row::FileFault;

/// How much is read at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// A text is read in pieces of this many bytes or more: no character is longer.
pub(super) const PIECE_AT_LEAST: usize = 16;
/// Characters beyond ASCII after which the encoding is certain.
const ENOUGH: usize = 1000;
/// In a text of a given encoding, at most one in so many characters is broken.
const BROKEN_AT_MOST: usize = 10;
/// In a text of ASCII, at most one byte in so many is something else.
const STRANGE_AT_MOST: usize = 1000;

/// A text on its way, as UTF-8. What its encoding does not know becomes U+FFFD; bytes of
/// UTF-8 itself are passed on as they are.
pub(super) struct Text<R> {
    input: R,
    /// `None` where the bytes are UTF-8 already.
    decoder: Option<Decoder>,
    encoding: &'static Encoding,
    /// Bytes that were read and not decoded yet.
    raw: Vec<u8>,
    raw_at: usize,
    ended: bool,
    taken: u64,
    length: u64,
}

impl<R: Input> Text<R> {
    /// Recognises the encoding. Reads as far as it must, at most the whole input once.
    pub(super) fn open(mut input: R, path: &str) -> Result<Self, FileFault> {
        let unreadable = |cause: io::Error| FileFault::Unreadable { path: path.to_owned(), cause };
        let length = input.seek(SeekFrom::End(0)).map_err(unreadable)?;
        let (encoding, mark) =
            sniff(&mut input).map_err(unreadable)?.ok_or_else(|| FileFault::Unknown {
                path: path.to_owned(),
                detail: "its text is neither UTF-8 nor GB18030 nor UTF-16; save it as UTF-8"
                    .to_owned(),
            })?;
        input.seek(SeekFrom::Start(mark)).map_err(unreadable)?;
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        let (raw, raw_at) = (Vec::new(), 0);
        Ok(Self { input, decoder, encoding, raw, raw_at, ended: false, taken: mark, length })
    }

    /// The name of the encoding.
    pub(super) fn encoding(&self) -> &'static str {
        if self.encoding == GB18030 { "GB18030" } else { self.encoding.name() }
    }

    /// From 0 to 1.
    pub(super) fn progress(&self) -> f64 {
        if self.length == 0 { 1.0 } else { (self.taken as f64 / self.length as f64).min(1.0) }
    }

    /// Puts UTF-8 into `out`; 0 at the end.
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        loop {
            if self.raw_at == self.raw.len() && !self.ended {
                self.raw.resize(PIECE_BYTES, 0);
                let read = self.input.read(&mut self.raw)?;
                self.raw.truncate(read);
                self.raw_at = 0;
                self.taken += read as u64;
                self.ended = read == 0;
            }
            let rest = &self.raw[self.raw_at..];
            let (result, read, written, _) = decoder.decode_to_utf8(rest, out, self.ended);
            self.raw_at += read;
            if self.ended && result == CoderResult::InputEmpty {
                self.decoder = None;
                return Ok(written);
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

impl<R: Input> Read for Text<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.encoding == UTF_8 {
            let read = self.input.read(out)?;
            self.taken += read as u64;
            return Ok(read);
        }
        if out.len() < PIECE_AT_LEAST {
            return Err(io::Error::other("a text is read in larger pieces"));
        }
        self.decode(out)
    }
}

/// The encoding, and the bytes of its mark; `None` where it is none of the known.
fn sniff(input: &mut (impl Read + Seek)) -> io::Result<Option<(&'static Encoding, u64)>> {
    input.seek(SeekFrom::Start(0))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut kept = fill(input, &mut piece, 0)?;
    if let Some((encoding, mark)) = Encoding::for_bom(&piece[..kept]) {
        return Ok(Some((encoding, mark as u64)));
    }
    if let Some(encoding) = without_mark(&piece[..kept]) {
        return Ok(Some((encoding, 0)));
    }
    let (mut as_utf8, mut as_gb18030) = (Evidence::default(), Evidence::default());
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let (mut fresh, mut seen) = (0, 0);
    while kept > fresh && as_utf8.good + as_utf8.bad < ENOUGH {
        as_gb18030.decode(&mut decoder, &piece[fresh..kept]);
        seen += kept - fresh;
        let rest = as_utf8.validate(&piece[..kept]);
        piece.copy_within(kept - rest..kept, 0);
        fresh = rest;
        kept = fill(input, &mut piece, rest)?;
    }
    Ok(match (as_utf8.holds(), as_gb18030.holds()) {
        (true, _) => Some((UTF_8, 0)),
        (false, true) => Some((GB18030, 0)),
        // A long text of ASCII with a few strange bytes: their rows will say so.
        (false, false) if as_utf8.bad * STRANGE_AT_MOST <= seen => Some((UTF_8, 0)),
        (false, false) => None,
    })
}

/// Fills a piece from `from` on as far as the input goes; gives back its end.
fn fill(input: &mut impl Read, piece: &mut [u8], from: usize) -> io::Result<usize> {
    let mut end = from;
    while end < piece.len() {
        match input.read(&mut piece[end..]) {
            Ok(0) => break,
            Ok(read) => end += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(end)
}

/// UTF-16 without a mark, by its zeros: every other byte of what is ASCII, among which
/// are the delimiters.
fn without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset| bytes.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // A few characters have a zero in their other byte.
    let mostly = |most: usize, least: usize| most * 20 >= bytes.len() && most > 4 * least;
    match (even, odd) {
        _ if mostly(odd, even) => Some(UTF_16LE),
        _ if mostly(even, odd) => Some(UTF_16BE),
        _ => None,
    }
}

/// How well an encoding explains what is beyond ASCII.
#[derive(Debug, Default)]
struct Evidence {
    good: usize,
    bad: usize,
}

impl Evidence {
    fn holds(&self) -> bool {
        self.bad == 0 || self.bad * BROKEN_AT_MOST <= self.good
    }

    /// Counts characters of UTF-8; gives back how many bytes at the end await their rest.
    fn validate(&mut self, mut bytes: &[u8]) -> usize {
        loop {
            let (valid, rest) = match std::str::from_utf8(bytes) {
                Ok(_) => (bytes, None),
                Err(e) => (&bytes[..e.valid_up_to()], Some((e.valid_up_to(), e.error_len()))),
            };
            self.good += valid.iter().filter(|b| **b >= 0xc0).count();
            match rest {
                None => return 0,
                Some((valid, None)) => return bytes.len() - valid,
                Some((valid, Some(broken))) => {
                    self.bad += 1;
                    bytes = &bytes[valid + broken..];
                }
            }
        }
    }

    fn decode(&mut self, decoder: &mut Decoder, mut bytes: &[u8]) {
        let mut out = vec![0; PIECE_BYTES];
        while !bytes.is_empty() {
            let (_, read, written, _) = decoder.decode_to_utf8(bytes, &mut out, false);
            bytes = &bytes[read..];
            for c in String::from_utf8_lossy(&out[..written]).chars().filter(|c| !c.is_ascii()) {
                if c == char::REPLACEMENT_CHARACTER {
                    self.bad += 1;
                } else {
                    self.good += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<(String, &'static str), String> {
        let mut text =
            Text::open(Cursor::new(bytes.to_vec()), "a file").map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        let mut piece = [0; PIECE_AT_LEAST];
        loop {
            let read = text.read(&mut piece).unwrap();
            if read == 0 {
                assert!((text.progress() - 1.0).abs() < 1e-9);
                return Ok((String::from_utf8_lossy(&out).into_owned(), text.encoding()));
            }
            out.extend_from_slice(&piece[..read]);
        }
    }

    const SAMPLE: &str = "名称,地址\n图书馆,\"甲路1号\"\n";

    #[test]
    fn the_encodings_of_offices_are_told_apart() {
        let gb = GB18030.encode(SAMPLE).0.into_owned();
        assert_eq!(read(&gb).unwrap(), (SAMPLE.to_owned(), "GB18030"));
        assert_eq!(read(SAMPLE.as_bytes()).unwrap(), (SAMPLE.to_owned(), "UTF-8"));
        let marked = format!("\u{feff}{SAMPLE}");
        assert_eq!(read(marked.as_bytes()).unwrap(), (SAMPLE.to_owned(), "UTF-8"));
        for (mark, encoding, endian) in [
            (&b"\xff\xfe"[..], "UTF-16LE", u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (&b"\xfe\xff"[..], "UTF-16BE", u16::to_be_bytes),
        ] {
            let bytes: Vec<u8> = SAMPLE.encode_utf16().flat_map(endian).collect();
            let marked = [mark, bytes.as_slice()].concat();
            assert_eq!(read(&marked).unwrap(), (SAMPLE.to_owned(), encoding));
            assert_eq!(read(&bytes).unwrap(), (SAMPLE.to_owned(), encoding));
        }
    }

    #[test]
    fn ascii_that_turns_into_gb18030_late_is_still_recognised() {
        let mut bytes = "id,name\n".repeat(PIECE_BYTES / 4).into_bytes();
        bytes.extend_from_slice(&GB18030.encode("图书馆").0);
        let (text, encoding) = read(&bytes).unwrap();
        assert!(encoding == "GB18030" && text.ends_with("图书馆"));
    }

    #[test]
    fn one_broken_byte_does_not_turn_utf8_into_something_else() {
        let mut bytes = SAMPLE.repeat(20).into_bytes();
        bytes[3] = 0xff;
        assert_eq!(read(&bytes).unwrap().1, "UTF-8");
    }

    #[test]
    fn an_encoding_that_is_none_of_these_is_refused() {
        assert!(read(b"caf\xe9,\xfc,\xe9;").unwrap_err().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn any_bytes_give_text_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn gb18030_comes_back_as_it_was(text in "[一-龥]{3,40}(,[a-z一-龥]{0,9}){0,9}") {
            let bytes = GB18030.encode(&text).0.into_owned();
            if std::str::from_utf8(&bytes).is_err() {
                prop_assert_eq!(read(&bytes).unwrap(), (text, "GB18030"));
            }
        }
    }
}
