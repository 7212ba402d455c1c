//! What every handler shares.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::problem::Problem;
use super::styles::Sprites;
use crate::config::Settings;
use crate::index::Snapshot;
use crate::telemetry::Metrics;

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
}

impl AppState {
    /// A server without a city yet: it answers 503 until one is published.
    pub fn new(settings: Settings, metrics: Metrics) -> Self {
        let inner = Inner {
            settings,
            metrics,
            snapshot: ArcSwapOption::empty(),
            sprites: Sprites::default(),
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

    /// The snapshot to answer from, or 503.
    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        self.inner.snapshot.load_full().ok_or_else(Problem::loading)
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(super) fn sprites(&self) -> &Sprites {
        &self.inner.sprites
    }
}
