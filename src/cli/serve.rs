//! `servicemap serve`: reads the city and answers questions about it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::CommandResult;
use crate::city::{self, Lang};
use crate::config::{Given, Settings};
use crate::http::{self, AppState};
use crate::index::Snapshot;
use crate::locate;
use crate::telemetry::{self, Metrics};

/// Listens first, so that a probe gets 503 rather than a refused connection, then
/// reads the city. A pack with faults ends the program.
pub(super) fn run(given: Given, file: Option<&Path>) -> CommandResult {
    let settings = Settings::resolve(given, file)?;
    telemetry::init_log(settings.log_format);
    let metrics = Metrics::install()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings, metrics))
}

async fn serve(settings: Settings, metrics: Metrics) -> CommandResult {
    let start = Instant::now();
    let listener = TcpListener::bind(settings.listen).await.map_err(|e| {
        format!("cannot listen on {}: {e}; --listen takes another address", settings.listen)
    })?;
    let address = listener.local_addr()?;
    say(&format!("listening on http://{address}"));
    let folder = settings.city.clone();
    let state = AppState::new(settings, metrics);
    let server = tokio::spawn(
        axum::serve(listener, http::build(state.clone()))
            .with_graceful_shutdown(stop_requested())
            .into_future(),
    );
    let snapshot =
        tokio::task::spawn_blocking(move || city::load(&folder).map(Snapshot::build)).await??;
    let name = snapshot.city.manifest.name.clone();
    say(&welcome(&name.zh, name.get(Lang::En), address));
    tracing::info!(
        version = snapshot.version,
        ready_after_ms = start.elapsed().as_millis() as u64,
        "ready"
    );
    for finding in locate::routing::check(&snapshot.city) {
        tracing::warn!("{}", finding.say(&snapshot.city));
    }
    let published = state.publish(snapshot);
    // Whoever opens the map first should not wait for outlines to be thinned.
    tokio::task::spawn_blocking(move || published.shapes.warm(&published.city)).await?;
    server.await??;
    Ok(())
}

/// What whoever started the server wants to open.
fn welcome(zh: &str, en: &str, address: SocketAddr) -> String {
    format!(
        "\n  {zh} · {en}\n\n  \
         the map        http://{address}/\n  \
         the interface  http://{address}/docs\n  \
         tiles          http://{address}/tiles\n  \
         health         http://{address}/health/ready\n\n  \
         Ctrl-C stops.\n"
    )
}

/// Resolves on Ctrl-C, and on the signal that service managers send.
async fn stop_requested() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
