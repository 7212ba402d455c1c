//! Metrics in the Prometheus text format.

use std::time::Duration;

use metrics::{
    Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::index::Snapshot;
use crate::tiles;

/// Bounds of the latency histogram, seconds: answers come from memory, so most of it
/// is below a millisecond.
const LATENCY_BUCKETS: [f64; 10] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0];

/// The methods that are told apart.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The metrics of one route, method and status, found once.
#[derive(Clone)]
pub struct RouteMetrics {
    requests: Counter,
    seconds: Histogram,
}

impl RouteMetrics {
    /// Records one request.
    pub fn record(&self, took: Duration) {
        self.requests.increment(1);
        self.seconds.record(took);
    }
}

/// The recorder of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Installs the recorder of this process; fails if there is one already.
    pub fn install() -> Result<Self, BuildError> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(
                Matcher::Full("servicemap_request_seconds".into()),
                &LATENCY_BUCKETS,
            )?
            .install_recorder()?;
        describe_counter!("servicemap_requests_total", "Requests by route, method and status.");
        describe_histogram!("servicemap_request_seconds", "Time to the answer's head, by route.");
        describe_counter!(
            "servicemap_reservations_total",
            "Reservation links followed, by portal."
        );
        describe_counter!("servicemap_tile_cache_hits_total", "Tiles sent as they were kept.");
        describe_counter!(
            "servicemap_tile_cache_misses_total",
            "Tiles that were made, or waited for while another request made them."
        );
        describe_counter!("servicemap_tiles_encoded_total", "Tiles encoded.");
        describe_gauge!("servicemap_tile_cache_bytes", "Bytes that kept tiles take.");
        describe_gauge!("servicemap_tile_cache_tiles", "Kept tiles, each coding for itself.");
        describe_gauge!("servicemap_records", "Records in the snapshot, by kind.");
        Ok(Self { handle })
    }

    /// Everything that was recorded, in the Prometheus text format.
    pub fn render(&self) -> String {
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Records the size of a snapshot.
    pub fn publish(&self, snapshot: &Snapshot) {
        let city = &snapshot.city;
        for (kind, n) in [
            ("points", city.points.len()),
            ("divisions", city.divisions.len()),
            ("places", city.places.len()),
            ("roads", city.roads.len()),
        ] {
            gauge!("servicemap_records", "kind" => kind).set(n as f64);
        }
    }

    /// Records what the cache of tiles has done and holds.
    pub fn tiles(&self, stats: &tiles::Stats) {
        counter!("servicemap_tile_cache_hits_total").absolute(stats.hits);
        counter!("servicemap_tile_cache_misses_total").absolute(stats.misses);
        counter!("servicemap_tiles_encoded_total").absolute(stats.encoded);
        gauge!("servicemap_tile_cache_bytes").set(stats.bytes as f64);
        gauge!("servicemap_tile_cache_tiles").set(stats.tiles as f64);
    }

    /// Drops what the histograms no longer need. To be called now and then: nobody may
    /// ever ask for the metrics.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }

    /// Records one request. `route` is the pattern and never the path, and a method
    /// that HTTP does not name is `other`: the number of labels is bounded.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let method = METHODS.iter().find(|known| **known == method).copied().unwrap_or("other");
        counter!(
            "servicemap_requests_total",
            "route" => route.to_owned(), "method" => method, "status" => status.to_string()
        )
        .increment(1);
        histogram!("servicemap_request_seconds", "route" => route.to_owned()).record(took);
    }

    /// What records the requests of one route, method and status.
    pub fn route(&self, route: &'static str, method: &'static str, status: u16) -> RouteMetrics {
        let requests = counter!(
            "servicemap_requests_total",
            "route" => route, "method" => method, "status" => status.to_string()
        );
        RouteMetrics {
            requests,
            seconds: histogram!("servicemap_request_seconds", "route" => route),
        }
    }

    /// Records that somebody was sent to a portal; nothing about who.
    pub fn reservation(&self, portal: &str) {
        counter!("servicemap_reservations_total", "portal" => portal.to_owned()).increment(1);
    }
}
