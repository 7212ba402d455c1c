//! The rows of a body, as they come.
//!
//! They are given on in lots, so that what holds for the writes of one holds for bodies of any
//! length: what has come is on its way a tenth of a second later, and of what has not been
//! given on no more is held than a lot.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::problem::Problem;
use super::ticket_body;
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::intake::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::intake::{Fault, Filing, PlacesBySearch};

/// Lines of a lot; some 100 ms of work.
const LOT: usize = 2000;
/// Bytes after which a lot is full.
const LOT_BYTES: usize = 4 * 1024 * 1024;
/// How long a row may wait for others of its lot.
const GATHER: Duration = Duration::from_millis(100);
/// How long nothing may come before the body is given up.
const IDLE: Duration = Duration::from_mins(2);

/// A body that is still coming.
pub(super) struct Rows {
    body: BodyDataStream,
    lines: Lines,
    /// Lines that have come and were not given on, and their bytes.
    waiting: VecDeque<Line>,
    waiting_bytes: usize,
    /// When what waits is given on, or the body is given up.
    until: Instant,
    ended: bool,
    /// Bytes that have come, and that may come.
    bytes: u64,
    most: u64,
}

impl Rows {
    /// Of any number of bytes.
    pub(super) fn of(body: Body) -> Self {
        Self::at_most(u64::MAX, body)
    }

    /// Of at most so many bytes.
    pub(super) fn at_most(most: u64, body: Body) -> Self {
        Self {
            body: body.into_data_stream(),
            lines: Lines::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            until: Instant::now() + IDLE,
            ended: false,
            bytes: 0,
            most,
        }
    }

    /// The next lot, which is never empty; `None` at the end. Whoever stops waiting for it loses
    /// nothing.
    ///
    /// # Errors
    /// The body ends early, is too long, or nothing has come for long.
    pub(super) async fn lot(&mut self) -> Result<Option<Vec<Line>>, Problem> {
        while self.waiting.len() < LOT && self.waiting_bytes < LOT_BYTES && !self.ended {
            match timeout_at(self.until, self.body.next()).await {
                Ok(Some(piece)) => {
                    let piece = piece
                        .map_err(|e| Problem::bad_body(format!("The body ended early: {e}.")))?;
                    self.take(piece);
                    if self.bytes > self.most {
                        let detail = format!("Such a body has at most {} bytes.", self.most);
                        return Err(Problem::too_large(detail));
                    }
                }
                Ok(None) => {
                    self.ended = true;
                    self.lines.finish(|line| self.waiting.push_back(line));
                }
                Err(_) if self.waiting.is_empty() => {
                    let detail = format!("Nothing has come for {} seconds.", IDLE.as_secs());
                    return Err(Problem::bad_body(detail));
                }
                Err(_) => break,
            }
        }
        let lot: Vec<Line> = self.waiting.drain(..LOT.min(self.waiting.len())).collect();
        self.waiting_bytes -= lot.iter().map(length).sum::<usize>().min(self.waiting_bytes);
        if self.waiting.is_empty() {
            self.until = Instant::now() + IDLE;
        }
        Ok((!lot.is_empty()).then_some(lot))
    }

    fn take(&mut self, piece: Bytes) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        let waited = !self.waiting.is_empty();
        let Self { lines, waiting, waiting_bytes, .. } = self;
        lines.push(piece, |line| {
            *waiting_bytes += length(&line);
            waiting.push_back(line);
        });
        if self.waiting.is_empty() {
            self.until = Instant::now() + IDLE;
        } else if !waited {
            self.until = Instant::now() + GATHER;
        }
    }
}

fn length(line: &Line) -> usize {
    line.bytes.as_ref().map_or(0, Bytes::len)
}

/// A row that was not taken.
#[derive(Serialize)]
pub(super) struct RefusedRow {
    pub(super) line: u64,
    pub(super) id: Option<String>,
    pub(super) errors: Vec<Fault>,
}

/// Rows of a lot, each with its line.
#[derive(Default)]
pub(super) struct Read {
    pub(super) filings: Vec<(u64, Filing)>,
    pub(super) refused: Vec<RefusedRow>,
    /// The last line.
    pub(super) through: u64,
}

/// Reads the rows of a lot against the city as it is: some 10 µs each with a position, a
/// millisecond with an address.
pub(super) fn read(lot: &[Line], snapshot: &Arc<Snapshot>, crs: Datum) -> Read {
    let places = PlacesBySearch::over(snapshot);
    let mut read = Read { filings: Vec::with_capacity(lot.len()), ..Read::default() };
    for line in lot {
        read.through = line.number;
        match filing(line, snapshot, &places, crs) {
            Ok(filing) => read.filings.push((line.number, filing)),
            Err((id, errors)) => read.refused.push(RefusedRow { line: line.number, id, errors }),
        }
    }
    read
}

/// The ticket of a row, or its id as far as it has one, and what is wrong.
fn filing(
    line: &Line,
    snapshot: &Snapshot,
    places: &PlacesBySearch<'_>,
    crs: Datum,
) -> Result<Filing, (Option<String>, Vec<Fault>)> {
    let bad = |detail: String| (None, vec![Fault { field: "row".into(), detail }]);
    let Some(bytes) = &line.bytes else {
        return Err(bad(format!("is longer than {MAX_LINE_BYTES} bytes")));
    };
    let members: Map<String, Value> = serde_json::from_slice(bytes).map_err(|e| {
        let said = e.to_string().replace(" at line 1 column ", " at column ");
        bad(format!("is no JSON object: {said}"))
    })?;
    ticket_body::filing(&members, snapshot, places, crs).map_err(|errors| {
        let id = members.get("id").and_then(Value::as_str);
        (id.map(|id| id.chars().take(200).collect()), errors)
    })
}
