//! What becomes of a request's body that nobody read.
//!
//! A request may be refused by its head alone: no key, the wrong kind, too long. Its body
//! then still arrives on the connection. A server that closes the connection without
//! saying so breaks the next request of a caller who meant to use it again, so the rest
//! of a short body is read and dropped, and the end of the connection is announced where
//! the rest is long or does not come.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};

/// Longest rest that is read and dropped, in bytes.
const MAX_REST_BYTES: u64 = 64 * 1024;
/// How long the rest may take to arrive.
const REST_TIMEOUT: Duration = Duration::from_secs(1);

/// Answers a request, and leaves its connection at the end of its body or says that the
/// connection ends. The version 2 of HTTP keeps its requests apart by itself.
pub(super) async fn settle(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() || request.version() >= Version::HTTP_2 {
        return next.run(request).await;
    }
    // A caller who waits to be told to send has nothing under way.
    let waits = request.headers().contains_key(header::EXPECT);
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let lent = Body::new(Lent(Arc::clone(&body)));
    let mut response = next.run(Request::from_parts(head, lent)).await;
    // Whoever still holds it reads on while the answer is sent.
    let Ok(rest) = Arc::try_unwrap(body) else { return response };
    let rest = rest.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !rest.is_end_stream() && (waits || !drained(rest).await) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Reads a short rest to its end; whether that was reached.
async fn drained(mut rest: Body) -> bool {
    if rest.size_hint().lower() > MAX_REST_BYTES {
        return false;
    }
    let read = async {
        let mut length = 0;
        while let Some(frame) = rest.frame().await {
            let Ok(frame) = frame else { return false };
            length += frame.data_ref().map_or(0, |data| data.len() as u64);
            if length > MAX_REST_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(REST_TIMEOUT, read).await.unwrap_or(false)
}

/// A body that is lent to whoever answers. Nobody else reads it meanwhile, so its lock is
/// always free.
struct Lent(Arc<Mutex<Body>>);

impl Lent {
    fn with<T>(&self, read: impl FnOnce(&mut Body) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}
