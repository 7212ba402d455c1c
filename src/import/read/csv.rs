//! Delimited text: CSV of any delimiter and encoding, with a row of names.
//!
//! Rows come one by one, in memory that follows the longest row. A line break between
//! quotation marks is part of a cell, and lines are counted as an editor counts them. A
//! row with more or fewer cells than there are names is a fault: half a row, cut by a line
//! break that nobody quoted, must not pass for a whole one. A column named `wkt` is the
//! geometry, in well-known text, as GDAL and our own export write it.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::text::Text;
use super::{Input, header, wkt};
use crate::import::limits::{MAX_COLUMNS, MAX_LINE_BYTES, MAX_TEXT_BYTES};
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};

const PIECE_BYTES: usize = 128 * 1024;
/// What separates cells, and its name; the first wins among equals.
const DELIMITERS: [(u8, &str); 4] =
    [(b',', "comma"), (b'\t', "tab"), (b';', "semicolon"), (b'|', "vertical bar")];
/// Rows that are looked at to recognise the delimiter.
const SAMPLE_ROWS: usize = 20;

/// Reads delimited text. `path` stands in messages.
///
/// # Errors
/// Where it cannot be read, its encoding is not known, or there is no row of names.
pub fn read(input: impl Input, path: &str) -> Result<Box<dyn Rows>, FileFault> {
    Ok(Box::new(Csv::open(input, path)?))
}

/// The cells of a row, or what is wrong with it.
struct Record {
    line: u64,
    cells: Result<Vec<String>, String>,
}

struct Csv<R> {
    text: Text<R>,
    path: String,
    core: Reader,
    delimiter: &'static str,
    piece: Vec<u8>,
    at: usize,
    end: usize,
    line: u64,
    /// The cells of the row that is read, one after the other, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    columns: Arc<Columns>,
    /// The column of geometries among the cells; it is none of `columns`.
    geometry: Option<usize>,
    /// Rows that were read to find the names.
    pending: VecDeque<Record>,
    remarks: Vec<String>,
    over: bool,
}

impl<R: Input> Csv<R> {
    fn open(input: R, path: &str) -> Result<Self, FileFault> {
        let mut csv = Self {
            text: Text::open(input, path)?,
            path: path.to_owned(),
            core: Reader::new(),
            delimiter: "",
            piece: vec![0; PIECE_BYTES],
            at: 0,
            end: 0,
            line: 1,
            cells: vec![0; 4096],
            ends: vec![0; 64],
            columns: Arc::default(),
            geometry: None,
            pending: VecDeque::new(),
            remarks: Vec::new(),
            over: false,
        };
        while csv.piece.len() - csv.end >= super::text::PIECE_AT_LEAST && csv.fill()? {}
        let (delimiter, name) = delimiter(&csv.piece[..csv.end]);
        csv.core = reader(delimiter);
        csv.delimiter = name;
        csv.find_names()?;
        Ok(csv)
    }

    /// Reads on behind what is there; false at the end.
    fn fill(&mut self) -> Result<bool, FileFault> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        }
        let read = self
            .text
            .read(&mut self.piece[self.end..])
            .map_err(|cause| FileFault::Unreadable { path: self.path.clone(), cause })?;
        self.end += read;
        Ok(read > 0)
    }

    fn find_names(&mut self) -> Result<(), FileFault> {
        let malformed = |path: &str, detail: String| FileFault::Malformed {
            path: path.to_owned(),
            format: "CSV",
            detail,
        };
        while self.pending.len() < header::TITLE_ROWS {
            match self.record()? {
                Some(record) => self.pending.push_back(record),
                None => break,
            }
        }
        let empty: &[String] = &[];
        let rows = self.pending.iter().map(|r| r.cells.as_deref().unwrap_or(empty));
        let place = header::find(rows);
        for _ in 0..place {
            if let Some(Record { line, .. }) = self.pending.pop_front() {
                self.remarks.push(format!("line {line} is above the names and was passed over"));
            }
        }
        let Some(Record { line, cells }) = self.pending.pop_front() else {
            return Err(malformed(&self.path, "there are no rows in it".to_owned()));
        };
        let cells =
            cells.map_err(|detail| malformed(&self.path, format!("line {line} {detail}")))?;
        let mut columns = header::names(cells, &self.path)?;
        self.geometry = columns.0.iter().position(|name| name.eq_ignore_ascii_case("wkt"));
        if let Some(at) = self.geometry {
            columns.0.remove(at);
        }
        self.columns = Arc::new(columns);
        let (encoding, delimiter) = (self.text.encoding(), self.delimiter);
        self.remarks.insert(0, format!("{encoding}, separated by {delimiter}"));
        Ok(())
    }

    /// The next row that is not empty.
    fn record(&mut self) -> Result<Option<Record>, FileFault> {
        loop {
            match self.piece[self.at..self.end].first().copied() {
                Some(b'\n') => self.line += 1,
                Some(b'\r') => {}
                Some(_) => break,
                None if self.fill()? => continue,
                None => return Ok(None),
            }
            self.at += 1;
        }
        let line = self.line;
        self.core.set_line(line);
        let (mut filled, mut count, mut too_many) = (0, 0, false);
        loop {
            let (result, read, written, ended) = self.core.read_record(
                &self.piece[self.at..self.end],
                &mut self.cells[filled..],
                &mut self.ends[count..],
            );
            self.at += read;
            filled += written;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty => {
                    // An empty input tells the reader that this is the end.
                    self.fill()?;
                }
                ReadRecordResult::OutputFull if filled >= MAX_LINE_BYTES => {
                    return Err(FileFault::TooLarge {
                        path: self.path.clone(),
                        what: "a row (is a quotation mark never closed?)",
                        limit: format!("{MAX_LINE_BYTES} bytes, from line {line}"),
                    });
                }
                ReadRecordResult::OutputFull => {
                    self.cells.resize((filled * 2).min(MAX_LINE_BYTES), 0);
                }
                ReadRecordResult::OutputEndsFull if count > MAX_COLUMNS => {
                    too_many = true;
                    count = 0;
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(count * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
            }
        }
        self.line = self.core.line();
        let cells = if too_many {
            Err(format!("has more than {MAX_COLUMNS} cells"))
        } else {
            self.split(filled, count)
        };
        Ok(Some(Record { line, cells }))
    }

    fn split(&self, filled: usize, count: usize) -> Result<Vec<String>, String> {
        let text = std::str::from_utf8(&self.cells[..filled])
            .map_err(|_| "holds bytes that are not UTF-8".to_owned())?;
        if self.text.encoding() != "UTF-8" && text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(format!("holds bytes that are not {}", self.text.encoding()));
        }
        let mut start = 0;
        let mut cells = Vec::with_capacity(count);
        for &end in &self.ends[..count] {
            let cell = text.get(start..end).unwrap_or_default();
            if cell.len() > MAX_TEXT_BYTES && self.geometry != Some(cells.len()) {
                let at = cells.len() + 1;
                return Err(format!("has a text of over {MAX_TEXT_BYTES} bytes in cell {at}"));
            }
            cells.push(cell.to_owned());
            start = end;
        }
        Ok(cells)
    }

    fn row(&self, Record { line, cells }: Record) -> Result<Row, RowFault> {
        let place = Place::Line(line);
        let names = self.columns.0.len() + usize::from(self.geometry.is_some());
        let mut cells = match cells {
            Ok(cells) => cells,
            Err(detail) => return Err(RowFault { place, detail }),
        };
        while cells.len() > names && cells.last().is_some_and(|c| c.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() != names {
            let detail = format!(
                "has {} cells where there are {names} names; a {} or line break inside a cell \
                 needs quotation marks around the cell",
                cells.len(),
                self.delimiter
            );
            return Err(RowFault { place, detail });
        }
        let geometry = match self.geometry.map(|at| cells.remove(at)) {
            Some(text) if wkt::begins(&text) => match wkt::geometry(&text) {
                Ok(geometry) => geometry,
                Err(detail) => return Err(RowFault { place, detail }),
            },
            Some(text) if !text.trim().is_empty() => {
                let detail = "has something else than a geometry in the column wkt".to_owned();
                return Err(RowFault { place, detail });
            }
            _ => None,
        };
        let value = |cell: String| {
            if cell.is_empty() { Value::Null } else { Value::Text(cell) }
        };
        let values = cells.into_iter().map(value).collect();
        Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry })
    }
}

impl<R: Input> Iterator for Csv<R> {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let record = match self.pending.pop_front() {
            Some(record) => Ok(Some(record)),
            None => self.record(),
        };
        match record {
            Ok(Some(record)) => Some(Ok(self.row(record))),
            Ok(None) => {
                self.over = true;
                None
            }
            Err(fault) => {
                self.over = true;
                Some(Err(fault))
            }
        }
    }
}

impl<R: Input> Rows for Csv<R> {
    fn format(&self) -> &'static str {
        "CSV"
    }

    fn epsg(&self) -> Option<u32> {
        None
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        Some(self.text.progress())
    }
}

fn reader(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).build()
}

/// The delimiter that cuts the greatest share of rows into the same number of cells, and of
/// two such the one that cuts them finer.
fn delimiter(sample: &[u8]) -> (u8, &'static str) {
    let mut best = (DELIMITERS[0], (0, 0));
    for candidate in DELIMITERS {
        let counts = cell_counts(sample, candidate.0);
        let like = |n: usize| counts.iter().filter(|c| **c == n).count() * 1000 / counts.len();
        let score = counts.iter().filter(|n| **n > 1).map(|n| (like(*n), *n)).max();
        if let Some(score) = score.filter(|score| *score > best.1) {
            best = (candidate, score);
        }
    }
    best.0
}

/// The numbers of cells of the first rows.
fn cell_counts(mut sample: &[u8], delimiter: u8) -> Vec<usize> {
    let mut reader = reader(delimiter);
    let (mut out, mut ends) = (vec![0; sample.len() + 1], vec![0; sample.len() + 2]);
    let mut counts = Vec::new();
    while counts.len() < SAMPLE_ROWS {
        let (result, read, _, count) = reader.read_record(sample, &mut out, &mut ends);
        sample = &sample[read..];
        match result {
            ReadRecordResult::Record => counts.push(count),
            // The last row of the sample may be cut; it counts where it is the only one.
            _ if counts.is_empty() && count > 0 => {
                counts.push(count + 1);
                break;
            }
            _ => break,
        }
    }
    counts
}

#[cfg(test)]
#[path = "csv/tests.rs"]
mod tests;
