//! What the server says of itself: the log and the metrics.

mod log;
mod metrics;

pub use log::init as init_log;
pub use metrics::{Metrics, RouteMetrics};
