//! What every handler shares.

use std::sync::{Arc, OnceLock, Weak};

use arc_swap::ArcSwapOption;

use super::problem::Problem;
use super::styles::Sprites;
use crate::config::Settings;
use crate::index::Snapshot;
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
    sprites: Sprites,
    archives: Archives,
    tile_cache: TileCache,
    /// Where writes go; empty where the pack is served as it is.
    store: OnceLock<Arc<dyn Store>>,
}

impl AppState {
    /// A server without a city yet: it answers 503 until one is published.
    pub fn new(settings: Settings, archives: Archives, metrics: Metrics) -> Self {
        let tile_cache = TileCache::new(settings.tile_cache / 4 * 3);
        let inner = Inner {
            settings,
            metrics,
            snapshot: ArcSwapOption::empty(),
            sprites: Sprites::default(),
            archives,
            tile_cache,
            store: OnceLock::new(),
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
        let result = tokio::task::spawn_blocking(move || ask(store.as_ref())).await;
        let result = result.map_err(|e| {
            tracing::error!(error = %e, "the thread of a write ended early");
            Problem::internal()
        })?;
        result.map_err(|e| Problem::of_store(&e))
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
