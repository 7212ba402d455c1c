//! Whose jurisdiction are many positions? Rows in, rows out.
//!
//! The answer is made while the rows come: nothing is read from the caller before what
//! was answered has been taken, so that a body of any length needs the memory of one
//! piece. A caller must therefore read while it sends.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::caller::Asked;
use super::problem::Problem;
use crate::locate::batch::{Batch, BatchError, Format, Terms};

/// How much of a body is answered at a time. About a millisecond, so that other requests
/// on the same thread do not wait long.
const PIECE_BYTES: usize = 64 * 1024;

/// The divisions of many positions: one row out for each row in, in the same order and
/// format. Rows are `id, lon, lat`; a row that cannot be answered has an error in its
/// place. The body may have any length; read the answer while you send.
#[utoipa::path(post, path = "/v1/locate", tag = "jurisdiction",
    params(
        ("crs" = Option<String>, Query, description = "Datum of the positions: wgs84, cgcs2000, gcj02, bd09"),
        ("date" = Option<String>, Query, description = "As of which day; today if left out"),
        ("first_line" = Option<u64>, Query, description = "What the first line of the body is called in errors, for a file that is sent in pieces; 1 if left out"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    request_body(
        content((String = "text/csv"), (String = "application/x-ndjson")),
        description = "CSV with a header (id, lon, lat, also lng, longitude, latitude, 编号, 经度, 纬度), or a JSON object a line"),
    responses(
        (status = 200, description = "A row for each row, in the format of the body", content((String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 400, description = "A parameter is bad, or the CSV has no usable header", body = Problem),
        (status = 415, description = "The body is neither CSV nor NDJSON", body = Problem)))]
pub(super) async fn batch(asked: Asked, body: Body) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    let day = q.day("date").unwrap_or_else(|| asked.city().today());
    let first_line = q.integer("first_line", 1..=u64::MAX / 2).unwrap_or(1);
    q.finish()?;
    let media_type = asked.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let format = media_type.and_then(Format::of_media_type).ok_or_else(|| {
        Problem::media_type(format!(
            "The body is {}; send text/csv or application/x-ndjson in Content-Type.",
            media_type.unwrap_or("of no stated type")
        ))
    })?;
    let batch = Batch::new(asked.snapshot, Terms { format, crs, day, lang, first_line });
    let mut work = Work { batch, body: body.into_data_stream(), piece: Bytes::new(), ended: false };
    // The header is read before the answer begins, so that a bad one is answered 400.
    let mut first = Vec::new();
    while !work.batch.has_begun() && !work.ended {
        work.step(&mut first).await.map_err(|e| match e {
            Failure::Batch(e) => Problem::bad_body(format!("In the CSV, {e}.")),
            Failure::Body(e) => Problem::bad_body(format!("The body ended early: {e}.")),
        })?;
    }
    let first = (!first.is_empty()).then(|| Ok(Bytes::from(first)));
    let rest = stream::unfold(work, |mut work| async move {
        if work.ended {
            return None;
        }
        let mut out = Vec::with_capacity(2 * PIECE_BYTES);
        let mut result = Ok(());
        while out.is_empty() && !work.ended && result.is_ok() {
            result = work.step(&mut out).await;
        }
        work.ended |= result.is_err();
        Some((result.map(|()| Bytes::from(out)), work))
    });
    // Compression asks again after the end.
    let answer = stream::iter(first).chain(rest).fuse();
    let mut response = Body::from_stream(answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A batch whose body is still coming.
struct Work {
    batch: Batch,
    body: BodyDataStream,
    /// What has come and is not answered yet.
    piece: Bytes,
    ended: bool,
}

/// Why a batch stops before its end.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Body(#[from] axum::Error),
}

impl Work {
    /// Answers the next piece of the body, or its end.
    async fn step(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.piece.is_empty() {
            let Some(piece) = self.body.next().await else {
                self.ended = true;
                self.batch.finish(out)?;
                return Ok(());
            };
            self.piece = piece?;
        }
        let now = self.piece.split_to(self.piece.len().min(PIECE_BYTES));
        self.batch.push(&now, out)?;
        Ok(())
    }
}
