//! Many tickets in one body, all or none.
//!
//! The rows are checked while they come. As soon as one is bad nothing will be written, and no
//! more is kept than what is wrong; else all go into one transaction, which needs about two
//! kilobytes of memory a row. So there is a most, and of large batches one at a time.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};

use super::caller::Asked;
use super::problem::{ParameterFault, Problem};
use super::state::AppState;
use super::ticket_batch::{Counts, Done, counted};
use super::ticket_rows::{Read, RefusedRow, Rows, read};
use super::ticket_write::no_store;
use crate::geo::Datum;
use crate::intake::{self, Filing};

/// Most rows and bytes of a batch that goes in as a whole.
const MAX_ROWS: usize = 1_000_000;
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Rows beyond which a batch is large.
const LARGE: usize = 20_000;
/// Faults that are named.
const MAX_NAMED: usize = 1000;

/// Takes some tickets, all or none.
pub(super) async fn atomic(
    state: &AppState,
    asked: &Asked,
    actor: String,
    crs: Datum,
    body: Body,
) -> Result<Response, Problem> {
    let mut rows = Rows::at_most(MAX_BYTES, body);
    let (mut numbers, mut filings, mut named) = (Vec::new(), Vec::<Filing>::new(), Vec::new());
    let (mut count, mut large) = (0, None);
    while let Some(lot) = rows.lot().await? {
        count += lot.len();
        if count > MAX_ROWS {
            return Err(Problem::too_large(format!(
                "A batch of which all or none is to go in has at most {MAX_ROWS} rows. Without \
                 atomic=true any number goes in."
            )));
        }
        if count > LARGE && large.is_none() {
            large = Some(state.large_batch()?);
        }
        let snapshot = Arc::clone(&asked.snapshot);
        let lot = AppState::apart(move || read(&lot, &snapshot, crs)).await?;
        let Read { filings: good, refused, .. } = lot;
        name(&mut named, &refused);
        if named.is_empty() {
            let (lines, good): (Vec<u64>, Vec<Filing>) = good.into_iter().unzip();
            numbers.extend(lines);
            filings.extend(good);
        } else {
            filings = Vec::new();
        }
    }
    if !named.is_empty() {
        return Err(Problem::bad_parameters(named));
    }
    let result = state.with_store(move |store| {
        // Who goes away leaves the writing, and what it holds, to come to its end.
        let _large = large;
        let mut counts = Counts::of(filings.len());
        let done = intake::file(store, &actor, &filings, true)?;
        counts.seq = done.seq;
        let refused = counted(&mut counts, &numbers, &filings, done.outcomes);
        if refused.is_empty() {
            return Ok(Ok(counts));
        }
        let mut named = Vec::new();
        name(&mut named, &refused);
        let detail = "There are other tickets with the ids of some of these. Nothing was written.";
        Ok(Err(Problem::conflict(detail, named)))
    });
    let counts = result.await??;
    Ok(no_store(Json(Done::from(counts)).into_response()))
}

/// Names what is wrong with rows, by line and member, up to the first thousand.
fn name(named: &mut Vec<ParameterFault>, refused: &[RefusedRow]) {
    let faults = refused.iter().flat_map(|row| row.errors.iter().map(move |e| (row.line, e)));
    let room = MAX_NAMED - named.len();
    named.extend(faults.take(room).map(|(line, fault)| ParameterFault {
        parameter: format!("line {line}: {}", fault.field),
        detail: fault.detail.clone(),
    }));
}
