//! Positions by the million: bytes in, bytes out, in order, in constant memory.
//!
//! A [`Batch`] takes the bytes of a CSV file or of NDJSON as they come, cut anywhere, and
//! appends an answer for each row. A row that cannot be answered gets an error in its
//! place and stops nothing. What is kept between two calls is at most one row, of at most
//! [`MAX_ROW_BYTES`].

mod rows;
mod write;

use std::sync::Arc;

use jiff::civil::Date;
use memchr::{memchr, memchr2_iter};

use super::position::position;
use crate::city::Lang;
use crate::geo::Datum;
use crate::index::Snapshot;
use rows::{Columns, Given};
use write::Writer;

/// A longer row is not read; its place holds an error that says so.
pub const MAX_ROW_BYTES: usize = 16 * 1024;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The format of a media type, whose parameters do not count.
    pub fn of_media_type(value: &str) -> Option<Self> {
        let essence = value.split(';').next().unwrap_or_default().trim();
        [Self::Csv, Self::Ndjson].into_iter().find(|f| f.media_type().eq_ignore_ascii_case(essence))
    }
}

/// Why a batch cannot be begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The first row does not name the columns.
    #[error(
        "the first row names the columns, and among them are lon and lat (or 经度 and 纬度); it is: {0}"
    )]
    Header(String),
}

/// How the rows are to be understood and answered.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How rows are written, in and out.
    pub format: Format,
    /// Datum of the positions.
    pub crs: Datum,
    /// As of which day.
    pub day: Date,
    /// Language of names.
    pub lang: Lang,
    /// What the first line is called in errors, from 1, so that a file that comes in pieces
    /// has the lines of the file.
    pub first_line: u64,
}

/// A batch on its way.
#[derive(Debug)]
pub struct Batch {
    snapshot: Arc<Snapshot>,
    terms: Terms,
    columns: Option<Columns>,
    writer: Writer,
    /// The beginning of a row whose end has not come yet.
    rest: Vec<u8>,
    /// Whether the row that is coming is too long, and its bytes are passed over.
    skipping: bool,
    quotes: Quotes,
    line: u64,
    broken: u64,
}

impl Batch {
    /// A batch that is answered from one snapshot.
    pub fn new(snapshot: Arc<Snapshot>, terms: Terms) -> Self {
        let columns = (terms.format == Format::Ndjson).then(Columns::default);
        let writer = Writer::new(terms.format, terms.lang, snapshot.city.divisions.len());
        Self {
            snapshot,
            terms,
            columns,
            writer,
            rest: Vec::new(),
            skipping: false,
            quotes: Quotes::default(),
            line: terms.first_line.saturating_sub(1),
            broken: 0,
        }
    }

    /// Whether the header has come, where the format has one.
    pub const fn has_begun(&self) -> bool {
        self.columns.is_some()
    }

    /// The line that came last, and how many rows had an error.
    pub const fn counts(&self) -> (u64, u64) {
        (self.line, self.broken)
    }

    /// Takes bytes, cut anywhere, and appends the answers of the rows that end in them.
    /// About a microsecond a row.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BatchError> {
        while let Some(end) = self.end_of_row(bytes) {
            let (row, after) = bytes.split_at(end);
            bytes = &after[1..];
            if self.rest.is_empty() {
                self.row(row, out)?;
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(row);
                self.row(&whole, out)?;
                whole.clear();
                self.rest = whole;
            }
        }
        if self.rest.len() + bytes.len() > MAX_ROW_BYTES {
            self.skipping = true;
            self.rest.truncate(MAX_ROW_BYTES);
        } else {
            self.rest.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Answers the last row, where no line break ended it.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), BatchError> {
        if !self.rest.is_empty() || self.skipping {
            let last = std::mem::take(&mut self.rest);
            self.row(&last, out)?;
        }
        match self.columns {
            Some(_) => Ok(()),
            None => Err(BatchError::Header("there is none".to_owned())),
        }
    }

    /// Where the row ends that `bytes` go on with.
    fn end_of_row(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.terms.format == Format::Ndjson {
            return memchr(b'\n', bytes);
        }
        if self.skipping {
            // A quotation mark that is never closed must not swallow what follows.
            self.quotes = Quotes::default();
            return memchr(b'\n', bytes);
        }
        self.quotes.end_of_row(bytes, MAX_ROW_BYTES.saturating_sub(self.rest.len()))
    }

    fn row(&mut self, row: &[u8], out: &mut Vec<u8>) -> Result<(), BatchError> {
        let first = self.line < self.terms.first_line;
        self.line = self.line.saturating_add(1);
        let too_long = std::mem::take(&mut self.skipping) || row.len() > MAX_ROW_BYTES;
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        let row = if first { row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row) } else { row };
        if !too_long && row.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let Some(columns) = &self.columns else {
            let header = String::from_utf8_lossy(&row[..row.len().min(200)]).into_owned();
            self.columns = Some(Columns::read(row).ok_or(BatchError::Header(header))?);
            self.writer.header(out);
            return Ok(());
        };
        let given = if too_long {
            Given::fault(format!("the row is longer than {MAX_ROW_BYTES} bytes"))
        } else {
            match self.terms.format {
                Format::Ndjson => rows::ndjson(row),
                Format::Csv => columns.row(row),
            }
        };
        let city = &self.snapshot.city;
        let place = given.position.and_then(|(lon, lat)| {
            position(lon, lat, city.manifest.bounds).map_err(|fault| fault.to_string())
        });
        match place {
            Ok(p) => {
                let brief =
                    super::brief(&self.snapshot, self.terms.crs.to_wgs84(p), self.terms.day);
                self.writer.answer(city, &given.id, brief, out);
            }
            Err(detail) => {
                self.broken += 1;
                self.writer.error(&given.id, self.line, &detail, out);
            }
        }
        Ok(())
    }
}

/// Where rows of CSV end: a line break between quotation marks is part of a cell. A mark
/// opens only at the beginning of a cell; elsewhere it is a character like any other.
#[derive(Debug)]
struct Quotes {
    open: bool,
    /// Whether the last mark closed a cell, so that one right after it is an escape.
    closed: bool,
    /// The byte before the next one.
    before: u8,
}

impl Default for Quotes {
    fn default() -> Self {
        Self { open: false, closed: false, before: b'\n' }
    }
}

impl Quotes {
    /// Where the row ends; a line break after `most` bytes ends it in any case.
    fn end_of_row(&mut self, bytes: &[u8], most: usize) -> Option<usize> {
        for i in memchr2_iter(b'"', b'\n', bytes) {
            if bytes[i] == b'\n' {
                if !self.open || i > most {
                    *self = Self::default();
                    return Some(i);
                }
                continue;
            }
            let before = if i > 0 { bytes[i - 1] } else { self.before };
            if self.open {
                (self.open, self.closed) = (false, true);
            } else {
                self.open = matches!(before, b',' | b'\n') || (before == b'"' && self.closed);
                self.closed = false;
            }
        }
        self.before = bytes.last().copied().unwrap_or(self.before);
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::city::synthetic::{self, Plan};

    const SMALL: Plan = Plan {
        seed: 9,
        side: 20,
        steps: 3,
        communities: 60,
        townships: 10,
        districts: 3,
        bits: None,
    };

    fn snapshot() -> Arc<Snapshot> {
        static ONE: std::sync::OnceLock<Arc<Snapshot>> = std::sync::OnceLock::new();
        Arc::clone(ONE.get_or_init(|| Arc::new(Snapshot::build(synthetic::city(&SMALL)))))
    }

    fn batch(format: Format) -> Batch {
        let snapshot = snapshot();
        let day = snapshot.divisions.today();
        Batch::new(
            snapshot,
            Terms { format, crs: Datum::Wgs84, day, lang: Lang::En, first_line: 1 },
        )
    }

    fn all(format: Format, text: &[u8]) -> String {
        let (mut batch, mut out) = (batch(format), Vec::new());
        batch.push(text, &mut out).unwrap();
        batch.finish(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_broken_row_has_an_error_in_its_place() {
        let rows = "{\"id\":1,\"lon\":116.7,\"lat\":40.1}\n{\"id\":2,\"lon\":40.1,\"lat\":116.7}\n\
            {\"id\":3,\"lon\":1e999,\"lat\":40.1}\nnonsense\n{\"id\":[4],\"lon\":1,\"lat\":2}\n\
            {\"id\":\"5\",\"lon\":116.7}\n\n{\"id\":6,\"lon\":116.8,\"lat\":40.1}";
        let out = all(Format::Ndjson, rows.as_bytes());
        let lines: Vec<serde_json::Value> =
            out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 7, "{out}");
        assert_eq!((&lines[0]["id"], &lines[6]["id"]), (&1.into(), &6.into()));
        assert_eq!(lines[0]["divisions"][0]["level"], "district");
        for (i, said) in [(1, "swapped"), (2, "number"), (3, "expected"), (4, "id"), (5, "lat")] {
            let error = lines[i]["error"].as_str().unwrap();
            assert!(error.contains(said), "{i}: {error}");
            assert_eq!(lines[i]["line"], i + 1);
        }
    }

    #[test]
    fn csv_cells_may_be_quoted_and_columns_in_any_order() {
        let out = all(
            Format::Csv,
            b"\xef\xbb\xbflat,note,\"lon\",id\r\n40.1,\"a, \"\"b\"\"\nc\",116.7,\"x,1\"\r\nx,,116.7,2\n",
        );
        let mut reader = csv::Reader::from_reader(out.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2, "{out}");
        assert_eq!(&rows[0][0], "x,1");
        assert!(rows[0][2].starts_with('D'), "{out}");
        assert!(rows[1].iter().next_back().unwrap().contains("lat"), "{out}");
    }

    #[test]
    fn a_piece_of_a_file_says_the_lines_of_the_file() {
        let terms = Terms { first_line: 41, ..batch(Format::Csv).terms };
        let (mut batch, mut out) = (Batch::new(snapshot(), terms), Vec::new());
        batch.push(b"\xef\xbb\xbf\xe7\xbc\x96\xe5\x8f\xb7,Longitude,\xe7\xba\xac\xe5\xba\xa6\na,x,40\n", &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(
            out.ends_with("a,,,,,,,,\"line 42: lon is \"\"x\"\", which is not a number\"\n"),
            "{out}"
        );
    }

    #[test]
    fn a_header_without_positions_is_refused() {
        let (mut batch, mut out) = (batch(Format::Csv), Vec::new());
        let error = batch.push(b"id,x,y\n1,2,3\n", &mut out).unwrap_err();
        assert!(error.to_string().contains("id,x,y"));
    }

    #[test]
    fn a_row_without_end_is_passed_over_in_constant_memory() {
        for (format, start) in [(Format::Ndjson, "{\"id\":\""), (Format::Csv, "id,lon,lat\n\"")] {
            let (mut batch, mut out) = (batch(format), Vec::new());
            batch.push(start.as_bytes(), &mut out).unwrap();
            for _ in 0..1000 {
                batch.push(&[b'x'; 1000], &mut out).unwrap();
                assert!(batch.rest.len() <= MAX_ROW_BYTES);
            }
            let good = match format {
                Format::Ndjson => "\n{\"id\":\"good\",\"lon\":116.7,\"lat\":40.1}\n",
                Format::Csv => "\ngood,116.7,40.1\n",
            };
            batch.push(good.as_bytes(), &mut out).unwrap();
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains("longer than") && out.contains("good"), "{out}");
        }
    }

    proptest! {
        /// Where the bytes are cut does not matter, whatever they are.
        #[test]
        fn an_answer_does_not_depend_on_how_the_bytes_come(
            text in "(\\{\"id\":[0-9]{1,2},\"lon\":11[67],\"lat\":(40|x)\\}|[a-z\",\r]{0,9})(\n(\\{\"id\":[0-9]{1,2},\"lon\":11[67],\"lat\":(40|x)\\}|[0-9]{1,3},[0-9]{1,3},[0-9]{1,3}|[a-z\",\r]{0,9})){0,9}",
            cuts in prop::collection::vec(1usize..9, 1..60),
            csv: bool,
        ) {
            let (format, text) = if csv {
                (Format::Csv, format!("lon,id,lat\n{text}"))
            } else {
                (Format::Ndjson, text)
            };
            let (mut batch, mut out, mut rest) = (batch(format), Vec::new(), text.as_bytes());
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                batch.push(now, &mut out).unwrap();
                rest = later;
            }
            batch.push(rest, &mut out).unwrap();
            batch.finish(&mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), all(format, text.as_bytes()));
        }
    }
}
