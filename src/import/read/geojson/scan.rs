//! Cuts a stream of JSON into the objects that are rows.
//!
//! Only as much of JSON is understood as says where a value ends: strings, escapes and
//! brackets. The members of a collection are looked through for its list of features; any
//! other object is a row itself.

use std::io::Read;

use serde::Deserialize;

use crate::import::limits::{MAX_DEPTH, MAX_LINE_BYTES};
use crate::import::row::FileFault;

const PIECE_BYTES: usize = 128 * 1024;

/// What is found at a line.
pub(super) enum Found<'a> {
    /// The bytes of an object.
    Value(&'a [u8]),
    /// Something that is no object, or is over a limit.
    Broken(String),
}

/// Where in the file the scanner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Between values of the highest level.
    File,
    /// In a list of the highest level.
    List,
    /// Among the members of a collection, `true` in its list of features.
    Collection(bool),
}

/// How a value ended.
enum End {
    Whole,
    /// It is over a limit.
    Over(String),
    /// It is a collection, whose list of features begins.
    Features,
    /// The line ended first, in a file that has one object a line.
    Line,
    File,
}

/// Whether a member's name is `features`, as its bytes come.
#[derive(Debug, Default)]
struct Key {
    /// Bytes of the name that agree; `None` after one that does not.
    agreed: Option<usize>,
    began: bool,
    named: bool,
    colon: bool,
}

impl Key {
    const NAME: &'static [u8] = b"features";

    /// A byte of a string; at its end `open` is false.
    fn within(&mut self, byte: u8, open: bool) {
        if !self.began {
            (self.began, self.agreed) = (true, Some(0));
        }
        if open {
            self.agreed = self.agreed.filter(|n| Self::NAME.get(*n) == Some(&byte)).map(|n| n + 1);
        } else {
            *self = Self { named: self.agreed == Some(Self::NAME.len()), ..Self::default() };
        }
    }

    /// A byte between strings; true where it opens the list.
    fn after(&mut self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b'"' => false,
            b':' => {
                self.colon = self.named;
                self.named = false;
                false
            }
            b'[' => std::mem::take(&mut self.colon),
            _ => {
                *self = Self::default();
                false
            }
        }
    }
}

pub(super) struct Scanner<R> {
    input: R,
    path: String,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    line: u64,
    inside: Inside,
    /// Whether the file has one object a line; known after the first.
    by_line: Option<bool>,
    value: Vec<u8>,
    epsg: Option<u32>,
}

impl<R: Read> Scanner<R> {
    pub(super) fn new(input: R, path: &str) -> Self {
        Self {
            input,
            path: path.to_owned(),
            piece: vec![0; PIECE_BYTES],
            at: 0,
            end: 0,
            line: 1,
            inside: Inside::File,
            by_line: None,
            value: Vec::new(),
            epsg: None,
        }
    }

    pub(super) fn epsg(&self) -> Option<u32> {
        self.epsg
    }

    pub(super) fn input(&self) -> &R {
        &self.input
    }

    /// The next row and its line; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Found<'_>)>, FileFault> {
        loop {
            let Some(byte) = self.peek()? else {
                return match self.inside {
                    Inside::File => Ok(None),
                    _ => Err(self.cut(self.line)),
                };
            };
            let line = self.line;
            match (self.inside, byte) {
                (Inside::List, b']') | (Inside::Collection(false), b'}') => {
                    self.leave(Inside::File);
                }
                (Inside::Collection(true), b']') => self.leave(Inside::Collection(false)),
                (Inside::Collection(false), b':') => self.at += 1,
                (Inside::Collection(false), _) => {
                    if matches!(self.take_value(false, false)?, End::File) {
                        return Err(self.cut(line));
                    }
                }
                (Inside::File, b'[') => self.leave(Inside::List),
                (Inside::File, b'{') => {
                    if let Some(end) = self.object()? {
                        return self.found(line, end).map(Some);
                    }
                }
                (_, b'{') => {
                    let end = self.take_value(false, false)?;
                    return self.found(line, end).map(Some);
                }
                (Inside::File, _) => {
                    self.skip_line()?;
                    return Ok(Some((line, Found::Broken("is not a JSON object".to_owned()))));
                }
                (_, b'}' | b':') => {
                    return Err(self.malformed(format!("line {line} has a bracket out of place")));
                }
                _ => {
                    self.take_value(false, false)?;
                    return Ok(Some((line, Found::Broken("is not a JSON object".to_owned()))));
                }
            }
        }
    }

    fn found(&mut self, line: u64, end: End) -> Result<(u64, Found<'_>), FileFault> {
        match end {
            End::Whole => Ok((line, Found::Value(&self.value))),
            End::Over(detail) => Ok((line, Found::Broken(detail))),
            End::Line => Ok((line, Found::Broken("the object has no end".to_owned()))),
            End::File | End::Features => Err(self.cut(line)),
        }
    }

    /// Steps over the bracket, to what is inside or around it.
    fn leave(&mut self, to: Inside) {
        self.at += 1;
        self.inside = to;
    }

    /// An object of the highest level: `None` where it is a collection, in whose features
    /// the scanner now is.
    fn object(&mut self) -> Result<Option<End>, FileFault> {
        let first_line = self.line;
        let end = self.take_value(self.by_line == Some(true), true)?;
        if matches!(end, End::Features) {
            self.epsg = epsg(&self.value);
            self.inside = Inside::Collection(true);
            return Ok(None);
        }
        if self.by_line.is_none() && matches!(end, End::Whole) {
            self.by_line = Some(self.line == first_line);
        }
        Ok(Some(end))
    }

    /// Puts the value that begins here into `value`: a string, a number or word, or
    /// everything between two brackets. With `collection` it ends after the bracket that
    /// opens a list of features.
    fn take_value(&mut self, by_line: bool, collection: bool) -> Result<End, FileFault> {
        self.value.clear();
        let (mut depth, mut string, mut escaped) = (0usize, false, false);
        let (mut key, mut over, mut begun) = (Key::default(), None, false);
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(End::File);
            }
            let from = self.at;
            while let Some(&byte) = self.piece[..self.end].get(self.at) {
                if byte == b'\n' {
                    if by_line {
                        return Ok(End::Line);
                    }
                    self.line += 1;
                }
                self.at += 1;
                let mut done = false;
                if string {
                    string = escaped || byte != b'"';
                    escaped = !escaped && byte == b'\\';
                    key.within(byte, string);
                    done = depth == 0 && !string;
                } else {
                    match byte {
                        b'"' => string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            done = depth == 0;
                        }
                        // A number or a word ends before what follows it. Whatever its first
                        // byte is, it is taken: each value brings the file to an end.
                        _ if depth == 0 && begun && ends_word(byte) => {
                            self.at -= 1;
                            self.line -= u64::from(byte == b'\n');
                            done = true;
                        }
                        _ => {}
                    }
                    let features = key.after(byte) && collection && depth == 2;
                    if depth != 1 && !features {
                        key = Key::default();
                    }
                    if features && over.is_none() {
                        self.keep(from, &mut over);
                        return Ok(End::Features);
                    }
                    if depth > MAX_DEPTH && over.is_none() {
                        over = Some(format!("is nested deeper than {MAX_DEPTH} levels"));
                    }
                }
                begun = true;
                if done {
                    self.keep(from, &mut over);
                    return Ok(over.map_or(End::Whole, End::Over));
                }
            }
            self.keep(from, &mut over);
        }
    }

    /// Keeps the bytes since `from`, unless that makes the value too long.
    fn keep(&mut self, from: usize, over: &mut Option<String>) {
        let bytes = &self.piece[from..self.at];
        if self.value.len() + bytes.len() > MAX_LINE_BYTES {
            *over = Some(format!("is longer than {MAX_LINE_BYTES} bytes"));
        }
        if over.is_none() {
            self.value.extend_from_slice(bytes);
        }
    }

    /// The next byte that begins or ends something, not taken.
    fn peek(&mut self) -> Result<Option<u8>, FileFault> {
        loop {
            while self.at < self.end {
                let byte = self.piece[self.at];
                if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1e) {
                    return Ok(Some(byte));
                }
                self.line += u64::from(byte == b'\n');
                self.at += 1;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn skip_line(&mut self) -> Result<(), FileFault> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.piece[self.at..self.end]) {
                self.at += end;
                return Ok(());
            }
            self.at = self.end;
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Reads the next piece; false at the end of the file.
    fn fill(&mut self) -> Result<bool, FileFault> {
        let read = self
            .input
            .read(&mut self.piece)
            .map_err(|cause| FileFault::Unreadable { path: self.path.clone(), cause })?;
        (self.at, self.end) = (0, read);
        Ok(read > 0)
    }

    fn cut(&self, line: u64) -> FileFault {
        self.malformed(format!("it ends in the middle of what begins on line {line}"))
    }

    fn malformed(&self, detail: String) -> FileFault {
        FileFault::Malformed { path: self.path.clone(), format: "JSON", detail }
    }
}

/// Whether a byte ends a number or a word.
fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'}' | b']' | b',' | b':')
}

/// The EPSG code that the beginning of a collection names, as `GeoJSON` did before RFC 7946
/// and programs do still.
fn epsg(beginning: &[u8]) -> Option<u32> {
    #[derive(Deserialize)]
    struct Collection {
        crs: Option<Crs>,
    }
    #[derive(Deserialize)]
    struct Crs {
        properties: Name,
    }
    #[derive(Deserialize)]
    struct Name {
        name: String,
    }
    let whole = [beginning, b"]}"].concat();
    let name = serde_json::from_slice::<Collection>(&whole).ok()?.crs?.properties.name;
    let code = name.rsplit(':').next()?;
    if code == "CRS84" { Some(4326) } else { code.parse().ok() }
}
