//! Many tickets in one body, any number: those that are tickets go in, the others are named.
//!
//! The body is taken while the answer is made. One task reads the next lot while another
//! files the one before, so that a body of any length needs the memory of some lots. What was
//! answered and is not yet read waits in some megabytes; when they are full, nothing more is
//! taken.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::sync::mpsc;

use super::access::permit;
use super::caller::Asked;
use super::problem::Problem;
use super::state::AppState;
use super::ticket_rows::{Read, RefusedRow, Rows, read};
use super::ticket_write::no_store;
use crate::access::Role;
use crate::geo::Datum;
use crate::intake::{self, Filing, Outcome, Remark};
use crate::store::{Store, StoreError};

/// Media type of JSON objects, one a line.
pub(super) const NDJSON: &str = "application/x-ndjson";
/// Pieces of the answer that may wait to be read, and about how large one is.
const WAITING: usize = 128;
const PIECE_BYTES: usize = 64 * 1024;

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Counts {
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
    pub(super) seq: u64,
}

impl Counts {
    /// Of so many rows of which nothing has become yet.
    pub(super) fn of(read: usize) -> Self {
        Self { read: read as u64, ..Self::default() }
    }

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
    Done(Done),
    Problem {
        problem: &'a Problem,
        through: u64,
        #[serde(flatten)]
        counts: Counts,
    },
}

/// That all has been taken.
#[derive(Serialize)]
pub(super) struct Done {
    done: bool,
    #[serde(flatten)]
    counts: Counts,
}

impl From<Counts> for Done {
    fn from(counts: Counts) -> Self {
        Self { done: true, counts }
    }
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
    // One lot waits while another is filed.
    let (pass, lots) = mpsc::channel(1);
    tokio::spawn(read_all(state.clone(), crs, Rows::of(body), pass));
    let headers = asked.headers;
    let work = Work { state, headers, actor, lots, through: 0, counts: Counts::default(), give };
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

type Lot = Result<Read, Problem>;

/// Reads lot after lot, as fast as they are filed.
async fn read_all(state: AppState, crs: Datum, mut rows: Rows, pass: mpsc::Sender<Lot>) {
    loop {
        let next = tokio::select! {
            next = next(&state, crs, &mut rows) => next.transpose(),
            // Nobody files what would come.
            () = pass.closed() => return,
        };
        let Some(lot) = next else { return };
        let failed = lot.is_err();
        if pass.send(lot).await.is_err() || failed {
            return;
        }
    }
}

async fn next(state: &AppState, crs: Datum, rows: &mut Rows) -> Result<Option<Read>, Problem> {
    let Some(lot) = rows.lot().await? else { return Ok(None) };
    let snapshot = state.snapshot()?;
    AppState::apart(move || read(&lot, &snapshot, crs)).await.map(Some)
}

/// Lots that are filed as they come.
struct Work {
    state: AppState,
    headers: HeaderMap,
    actor: String,
    lots: mpsc::Receiver<Lot>,
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
            Ok(()) => Told::Done(counts.into()),
            Err(End::Problem(problem)) => Told::Problem { problem, through, counts },
            Err(End::Gone) => return,
        };
        // Whoever no longer reads does not need it.
        let _ = tell(&self.give, &[last]).await;
    }

    async fn take(&mut self) -> Result<(), End> {
        while let Some(lot) = self.lots.recv().await {
            self.file(lot?).await?;
        }
        Ok(())
    }

    async fn file(&mut self, lot: Read) -> Result<(), End> {
        // The right to write to the city, as it is by now.
        permit(&self.headers, &self.state.snapshot()?.keys, Role::Agent)?;
        let (actor, through) = (self.actor.clone(), lot.through);
        let filed = self.state.with_store(move |store| file_lot(store, &actor, lot));
        let Filed { refused, counts } = filed.await?;
        self.through = through;
        self.counts.add(counts);
        let told = refused.iter().map(Told::Refused);
        let told: Vec<_> = told.chain([Told::Lot { through, counts }]).collect();
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

fn file_lot(store: &dyn Store, actor: &str, lot: Read) -> Result<Filed, StoreError> {
    let Read { filings, mut refused, .. } = lot;
    let mut counts = Counts::of(filings.len() + refused.len());
    counts.refused = refused.len() as u64;
    let (numbers, filings): (Vec<u64>, Vec<Filing>) = filings.into_iter().unzip();
    let done = intake::file(store, actor, &filings, false)?;
    counts.seq = done.seq;
    refused.extend(counted(&mut counts, &numbers, &filings, done.outcomes));
    refused.sort_by_key(|row| row.line);
    Ok(Filed { refused, counts })
}

/// Counts what became of rows; those that were refused, with their lines.
pub(super) fn counted(
    counts: &mut Counts,
    numbers: &[u64],
    filings: &[Filing],
    outcomes: Vec<Outcome>,
) -> Vec<RefusedRow> {
    let mut refused = Vec::new();
    for ((line, filing), outcome) in numbers.iter().zip(filings).zip(outcomes) {
        counts.count(filing, &outcome);
        if let Outcome::Refused(errors) = outcome {
            let id = Some(filing.ticket.id.clone());
            refused.push(RefusedRow { line: *line, id, errors });
        }
    }
    refused
}
