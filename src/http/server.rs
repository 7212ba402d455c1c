//! The loop that takes connections.
//!
//! axum's own loop sets no clock: a caller who sends half a request would hold a
//! connection for ever, and hold up the end of the program. Here a request's head must
//! arrive in time, connections are counted, and the end has a deadline.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::front::Front;

/// How long the head of a request may take to arrive; also how long a connection may
/// be idle between two requests.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections at one time; further ones wait to be taken.
const MAX_CONNECTIONS: usize = 4096;
/// How long answers under way may take once the end was asked for.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait after the system refused a connection, such as for want of file
/// descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Serves `service` on `listener` until `stop` resolves.
pub async fn serve(listener: TcpListener, service: Front, stop: impl Future<Output = ()>) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = async {
            // The semaphore is never closed, so there is always a place in the end.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            taken = taken => taken,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(e) => {
                tracing::warn!(error = %e, "a connection could not be taken");
                tokio::time::sleep(REFUSED_PAUSE).await;
                continue;
            }
        };
        // Answers are small and wanted at once.
        let _ = stream.set_nodelay(true);
        let connection =
            builder.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A caller who goes away, or sends what is no request, is no event.
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::info!("some connections did not end in time");
    }
}
