//! Changes of borders, and what they moved.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Level;

/// A change of borders, because a layer of divisions was replaced or a day began on which
/// others exist, and the points and open tickets that are in another division since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrawing {
    /// Names it: the last change of the log that it takes in, and the day.
    pub id: String,
    /// The last change of a division that it takes in.
    pub seq: u64,
    /// The day as of which the borders are.
    pub day: Date,
    /// When the last of the divisions was written, or the day began.
    pub at: Timestamp,
    /// The divisions that changed, in the order of levels and codes.
    pub divisions: Vec<Redrawn>,
    /// How many service points are in another division.
    pub points: u64,
    /// How many open tickets are in another division.
    pub tickets: u64,
    /// From where to where they moved, complete.
    pub flows: Vec<Flow>,
    /// Ids of the points that moved, the first of them in order.
    pub moved: Vec<String>,
}

/// A division that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrawn {
    /// Its code.
    pub code: String,
    /// Its level.
    pub level: Level,
    /// What became of it.
    pub change: BorderChange,
}

/// What became of a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BorderChange {
    /// It was not there before.
    New,
    /// It is no longer there.
    Gone,
    /// Its border runs differently.
    Redrawn,
}

/// What moved from one division of a level to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// On which level.
    pub level: Level,
    /// Code of the division before, where there was one.
    pub from: Option<String>,
    /// Code of the division now, where there is one.
    pub to: Option<String>,
    /// How many service points.
    pub points: u64,
    /// How many open tickets.
    pub tickets: u64,
}
