//! Many tickets in one body: any number, in lots, or some, all or none.
//!
//! The body is taken while the answer is made, each lot as soon as the one before is on the
//! disk, so that a body of any length needs the memory of two lots. What was answered and is
//! not yet read waits in some megabytes; when they are full, nothing more is taken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::access::permit;
use super::caller::Asked;
use super::problem::{ParameterFault, Problem};
use super::state::AppState;
use super::ticket_body;
use super::ticket_write::no_store;
use crate::access::Role;
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::intake::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::intake::{self, Fault, Filing, Outcome, PlacesBySearch, Remark};
use crate::store::{Store, StoreError};

/// Media type of JSON objects, one a line.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Lines of a lot; some 100 ms of work.
const LOT: usize = 2000;
/// Bytes after which a lot is full.
const LOT_BYTES: usize = 4 * 1024 * 1024;
/// How long a row may wait for others of its lot.
const GATHER: Duration = Duration::from_millis(100);
/// How long nothing may come before the body is given up.
const IDLE: Duration = Duration::from_mins(2);
/// Pieces of the answer that may wait to be read, and about how large one is.
const WAITING: usize = 128;
const PIECE_BYTES: usize = 64 * 1024;
/// Rows and bytes of a batch that goes in as a whole.
const MAX_ATOMIC: usize = 20_000;
const MAX_ATOMIC_BYTES: usize = 16 * 1024 * 1024;
/// Faults of an atomic batch that are named.
const MAX_NAMED: usize = 1000;

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Counts {
    /// Rows, but for empty lines.
    read: u64,
    created: u64,
    changed: u64,
    unchanged: u64,
    refused: u64,
    /// Of those that are new: without a place on the map.
    unplaced: u64,
    /// Of those that are new: outside the city.
    outside: u64,
    /// Sequence number from which on a reader sees all of them.
    seq: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.read += other.read;
        self.created += other.created;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.refused += other.refused;
        self.unplaced += other.unplaced;
        self.outside += other.outside;
        self.seq = self.seq.max(other.seq);
    }

    fn count(&mut self, filing: &Filing, outcome: &Outcome) {
        match outcome {
            Outcome::Refused(_) => self.refused += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Created => {
                self.created += 1;
                self.outside += u64::from(filing.remark == Some(Remark::Outside));
                self.unplaced += u64::from(filing.ticket.location.is_none());
            }
        }
    }
}

/// A row that was not taken.
#[derive(Serialize)]
struct RefusedRow {
    line: u64,
    id: Option<String>,
    errors: Vec<Fault>,
}

/// A line of the answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Refused(&'a RefusedRow),
    Lot {
        through: u64,
        #[serde(flatten)]
        counts: Counts,
    },
    Done {
        done: bool,
        #[serde(flatten)]
        counts: Counts,
    },
    Problem {
        problem: &'a Problem,
        through: u64,
        #[serde(flatten)]
        counts: Counts,
    },
}

/// What became of a lot.
struct Filed {
    refused: Vec<RefusedRow>,
    counts: Counts,
}

/// Takes any number of tickets.
pub(super) fn streamed(
    state: AppState,
    asked: Asked,
    actor: String,
    crs: Datum,
    body: Body,
) -> Response {
    let (give, take) = mpsc::channel(WAITING);
    let work = Work {
        state,
        headers: asked.headers,
        actor,
        crs,
        body: body.into_data_stream(),
        lines: Lines::default(),
        waiting: VecDeque::new(),
        through: 0,
        counts: Counts::default(),
        give,
    };
    tokio::spawn(work.run());
    let pieces = stream::unfold(take, |mut take| async move {
        let piece: Bytes = take.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(piece), take))
    });
    // Compression asks again after the end.
    let mut response = Body::from_stream(pieces.fuse()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    no_store(response)
}

/// A body that is still coming.
struct Work {
    state: AppState,
    headers: HeaderMap,
    actor: String,
    crs: Datum,
    body: BodyDataStream,
    lines: Lines,
    /// Lines that have come and are not filed.
    waiting: VecDeque<Line>,
    /// The line up to which all is on the disk or refused.
    through: u64,
    counts: Counts,
    give: mpsc::Sender<Bytes>,
}

/// Why a body is not taken to its end.
enum End {
    /// Nobody reads the answer.
    Gone,
    /// What the answer says.
    Problem(Problem),
}

impl From<Problem> for End {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Work {
    async fn run(mut self) {
        let result = self.take().await;
        let (through, counts) = (self.through, self.counts);
        let last = match &result {
            Ok(()) => Told::Done { done: true, counts },
            Err(End::Problem(problem)) => Told::Problem { problem, through, counts },
            Err(End::Gone) => return,
        };
        // Whoever no longer reads does not need it.
        let _ = tell(&self.give, &[last]).await;
    }

    async fn take(&mut self) -> Result<(), End> {
        let mut full_at = Instant::now() + IDLE;
        loop {
            let Ok(piece) = timeout_at(full_at, self.body.next()).await else {
                if self.waiting.is_empty() {
                    let detail = format!("Nothing has come for {} seconds.", IDLE.as_secs());
                    return Err(Problem::bad_body(detail).into());
                }
                self.file_all(0).await?;
                full_at = Instant::now() + IDLE;
                continue;
            };
            let waited = !self.waiting.is_empty();
            let waiting = &mut self.waiting;
            let Some(piece) = piece else {
                self.lines.finish(|line| waiting.push_back(line));
                return self.file_all(0).await;
            };
            let piece =
                piece.map_err(|e| Problem::bad_body(format!("The body ended early: {e}.")))?;
            self.lines.push(piece, |line| waiting.push_back(line));
            self.file_all(LOT).await?;
            if self.waiting.is_empty() {
                full_at = Instant::now() + IDLE;
            } else if !waited {
                full_at = Instant::now() + GATHER;
            }
        }
    }

    /// Files lots until at most so many lines wait that there may be another one.
    async fn file_all(&mut self, least: usize) -> Result<(), End> {
        loop {
            let bytes = |line: &Line| line.bytes.as_ref().map_or(0, Bytes::len);
            let waiting: usize = self.waiting.iter().map(bytes).sum();
            let full = self.waiting.len() >= least.max(1) || waiting >= LOT_BYTES;
            if self.waiting.is_empty() || !full {
                return Ok(());
            }
            let lot: Vec<Line> = self.waiting.drain(..LOT.min(self.waiting.len())).collect();
            self.file(lot).await?;
        }
    }

    async fn file(&mut self, lot: Vec<Line>) -> Result<(), End> {
        // The city, and the right to write to it, as they are by now.
        let snapshot = self.state.snapshot()?;
        permit(&self.headers, &snapshot.keys, Role::Agent)?;
        let last = lot.last().map_or(self.through, |line| line.number);
        let (actor, crs) = (self.actor.clone(), self.crs);
        let filed = self.state.with_store(move |store| {
            let (filings, refused) = read(&lot, &snapshot, crs);
            file_lot(store, &actor, filings, refused)
        });
        let Filed { refused, counts } = filed.await?;
        self.through = last;
        self.counts.add(counts);
        let told = refused.iter().map(Told::Refused);
        let told: Vec<_> = told.chain([Told::Lot { through: last, counts }]).collect();
        tell(&self.give, &told).await
    }
}

/// Gives lines to whoever reads the answer.
async fn tell(give: &mpsc::Sender<Bytes>, told: &[Told<'_>]) -> Result<(), End> {
    let mut out = Vec::new();
    for (i, line) in told.iter().enumerate() {
        serde_json::to_writer(&mut out, line).map_err(|e| {
            tracing::error!(error = %e, "an answer could not be written as JSON");
            Problem::internal()
        })?;
        out.push(b'\n');
        if out.len() >= PIECE_BYTES || i + 1 == told.len() {
            let piece = Bytes::from(std::mem::take(&mut out));
            give.send(piece).await.map_err(|_| End::Gone)?;
        }
    }
    Ok(())
}

/// Reads the rows of a lot: those that are tickets, with their lines, and the others.
fn read(
    lot: &[Line],
    snapshot: &Arc<Snapshot>,
    crs: Datum,
) -> (Vec<(u64, Filing)>, Vec<RefusedRow>) {
    let places = PlacesBySearch::over(snapshot);
    let (mut filings, mut refused) = (Vec::with_capacity(lot.len()), Vec::new());
    for line in lot {
        let number = line.number;
        let bad = |detail: String| vec![Fault { field: "row".into(), detail }];
        let Some(bytes) = &line.bytes else {
            let errors = bad(format!("is longer than {MAX_LINE_BYTES} bytes"));
            refused.push(RefusedRow { line: number, id: None, errors });
            continue;
        };
        let members: Map<String, Value> = match serde_json::from_slice(bytes) {
            Ok(members) => members,
            Err(e) => {
                let said = e.to_string().replace(" at line 1 column ", " at column ");
                let errors = bad(format!("is no JSON object: {said}"));
                refused.push(RefusedRow { line: number, id: None, errors });
                continue;
            }
        };
        match ticket_body::filing(&members, snapshot, &places, crs) {
            Ok(filing) => filings.push((number, filing)),
            Err(errors) => {
                let id = members.get("id").and_then(Value::as_str);
                let id = id.map(|id| id.chars().take(200).collect());
                refused.push(RefusedRow { line: number, id, errors });
            }
        }
    }
    (filings, refused)
}

fn file_lot(
    store: &dyn Store,
    actor: &str,
    rows: Vec<(u64, Filing)>,
    mut refused: Vec<RefusedRow>,
) -> Result<Filed, StoreError> {
    let read = (rows.len() + refused.len()) as u64;
    let mut counts = Counts { read, refused: refused.len() as u64, ..Counts::default() };
    let (numbers, filings): (Vec<u64>, Vec<Filing>) = rows.into_iter().unzip();
    let done = intake::file(store, actor, &filings, false)?;
    counts.seq = done.seq;
    for ((line, filing), outcome) in numbers.into_iter().zip(&filings).zip(done.outcomes) {
        counts.count(filing, &outcome);
        if let Outcome::Refused(errors) = outcome {
            refused.push(RefusedRow { line, id: Some(filing.ticket.id.clone()), errors });
        }
    }
    refused.sort_by_key(|row| row.line);
    Ok(Filed { refused, counts })
}

/// Takes some tickets, all or none.
pub(super) async fn atomic(
    state: &AppState,
    asked: &Asked,
    actor: String,
    crs: Datum,
    body: Body,
) -> Result<Response, Problem> {
    let what = "A batch of which all or none is to go in";
    let bytes = ticket_body::whole(body, MAX_ATOMIC_BYTES, what).await?;
    let (mut lines, mut rows) = (Lines::default(), Vec::new());
    lines.push(bytes, |line| rows.push(line));
    lines.finish(|line| rows.push(line));
    if rows.len() > MAX_ATOMIC {
        return Err(Problem::too_large(format!(
            "{what} has at most {MAX_ATOMIC} rows, this one has {}. Without atomic=true any number \
             goes in.",
            rows.len()
        )));
    }
    let snapshot = Arc::clone(&asked.snapshot);
    let result = state.with_store(move |store| {
        let (rows, refused) = read(&rows, &snapshot, crs);
        if !refused.is_empty() {
            return Ok(Err(Problem::bad_parameters(named(&refused))));
        }
        let mut counts = Counts { read: rows.len() as u64, ..Counts::default() };
        let (numbers, filings): (Vec<u64>, Vec<Filing>) = rows.into_iter().unzip();
        let done = intake::file(store, &actor, &filings, true)?;
        counts.seq = done.seq;
        let mut refused = Vec::new();
        for ((line, filing), outcome) in numbers.into_iter().zip(&filings).zip(done.outcomes) {
            counts.count(filing, &outcome);
            if let Outcome::Refused(errors) = outcome {
                refused.push(RefusedRow { line, id: Some(filing.ticket.id.clone()), errors });
            }
        }
        if refused.is_empty() {
            return Ok(Ok(counts));
        }
        let detail = "There are other tickets with the ids of some of these. Nothing was written.";
        Ok(Err(Problem::conflict(detail, named(&refused))))
    });
    let counts = result.await??;
    Ok(no_store(Json(Told::Done { done: true, counts }).into_response()))
}

/// What is wrong with rows, by line and member; the first thousand.
fn named(refused: &[RefusedRow]) -> Vec<ParameterFault> {
    let faults = refused.iter().flat_map(|row| row.errors.iter().map(move |e| (row.line, e)));
    let named = faults.take(MAX_NAMED).map(|(line, fault)| ParameterFault {
        parameter: format!("line {line}: {}", fault.field),
        detail: fault.detail.clone(),
    });
    named.collect()
}
