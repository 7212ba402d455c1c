//! Free slots: when a point can be visited, as somebody who knows has said.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The free slots of a point, for a matter or for any, and when they were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Stable id.
    pub id: String,
    /// Id of the point.
    pub point: String,
    /// Code of the matter that they are for; any that the point handles where left out.
    pub matter: Option<String>,
    /// Free slots, the earliest first.
    pub slots: Vec<Slot>,
    /// When they were seen to be free.
    pub observed_at: Timestamp,
    /// Id of the source that says so.
    pub source: String,
}

/// A time that is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Id by which the portal knows it.
    pub id: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How many visits it has room for, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
}

/// How long slots that were seen to be free are believed to be.
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

impl Schedule {
    /// Whether it was seen lately enough to be shown. Slots go fast.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.observed_at) <= FRESH
    }
}
