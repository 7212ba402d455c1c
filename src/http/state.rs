//! What every handler shares.

use std::sync::{Arc, OnceLock, Weak};

use arc_swap::ArcSwapOption;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use super::styles::Sprites;
use crate::config::Settings;
use crate::index::Snapshot;
use crate::index::ticket_text::TicketText;
use crate::store::{Batch, Kind, Receipt, Store, StoreError};
use crate::telemetry::Metrics;
use crate::tiles::{Archives, TileCache};

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    metrics: Metrics,
    snapshot: ArcSwapOption<Snapshot>,
    /// What tickets say; empty while that is indexed.
    ticket_text: ArcSwapOption<TicketText>,
    sprites: Sprites,
    archives: Archives,
    tile_cache: TileCache,
    /// Where writes go; empty where the pack is served as it is.
    store: OnceLock<Arc<dyn Store>>,
    large_batch: Arc<Semaphore>,
}

impl AppState {
    /// A server without a city yet: it answers 503 until one is published.
    pub fn new(settings: Settings, archives: Archives, metrics: Metrics) -> Self {
        let tile_cache = TileCache::new(settings.tile_cache / 4 * 3);
        let inner = Inner {
            settings,
            metrics,
            snapshot: ArcSwapOption::empty(),
            ticket_text: ArcSwapOption::empty(),
            sprites: Sprites::default(),
            archives,
            tile_cache,
            store: OnceLock::new(),
            large_batch: Arc::new(Semaphore::new(1)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes `snapshot` the one that answers are computed from, and gives it back.
    pub fn publish(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        self.inner.metrics.publish(&snapshot);
        let snapshot = Arc::new(snapshot);
        self.inner.snapshot.store(Some(Arc::clone(&snapshot)));
        snapshot
    }

    /// Makes `text` the one in which the words of tickets are looked for; nothing while it is
    /// being made.
    pub fn publish_ticket_text(&self, text: Option<Arc<TicketText>>) {
        self.inner.ticket_text.store(text);
    }

    /// Where the words of tickets are looked for, or 503.
    pub(super) fn ticket_text(&self) -> Result<Arc<TicketText>, Problem> {
        self.inner.ticket_text.load_full().ok_or_else(Problem::indexing)
    }

    /// Lets writes go to `store`. It stays the one that was given first.
    pub fn keep_in(&self, store: Arc<dyn Store>) {
        let _ = self.inner.store.set(store);
    }

    /// Writes a batch; returns when it is on the disk.
    pub(super) async fn write(&self, batch: Batch) -> Result<Receipt, Problem> {
        self.with_store(move |store| store.write(batch)).await
    }

    /// Whether the records have a point with this id that is not retired.
    pub(super) async fn holds_point(&self, id: String) -> Result<bool, Problem> {
        let history = self.with_store(move |store| store.history(Kind::Point, &id)).await?;
        Ok(history.last().is_some_and(|change| change.record.retired().is_none()))
    }

    /// Asks the store on a thread that may block.
    pub(super) async fn with_store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        // Keys are records: whoever has one has come past a store.
        let store = self.inner.store.get().map(Arc::clone).ok_or_else(Problem::internal)?;
        let result = Self::apart(move || ask(store.as_ref())).await?;
        result.map_err(|e| Problem::of_store(&e))
    }

    /// Does something long on a thread that may block.
    pub(super) async fn apart<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        tokio::task::spawn_blocking(work).await.map_err(|e| {
            tracing::error!(error = %e, "a thread that may block ended early");
            Problem::internal()
        })
    }

    /// The right to hold a large batch of tickets, which one request has at a time; or 503.
    pub(super) fn large_batch(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let permit = Arc::clone(&self.inner.large_batch).try_acquire_owned();
        permit.map_err(|_| Problem::another_batch())
    }

    /// The snapshot to answer from, or 503.
    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        self.current().ok_or_else(Problem::loading)
    }

    /// The snapshot that answers come from now, once there is one.
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.inner.snapshot.load_full()
    }

    /// Whether answers come from this snapshot now.
    pub(super) fn answers_from(&self, snapshot: &Weak<Snapshot>) -> bool {
        let now = self.inner.snapshot.load();
        now.as_ref().is_some_and(|now| std::ptr::eq(Arc::as_ptr(now), snapshot.as_ptr()))
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The basemap archives.
    pub fn archives(&self) -> &Archives {
        &self.inner.archives
    }

    pub(super) fn tile_cache(&self) -> &TileCache {
        &self.inner.tile_cache
    }

    pub(super) fn sprites(&self) -> &Sprites {
        &self.inner.sprites
    }
}
