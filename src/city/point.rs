//! Service points: the offices on the map.

use serde::Serialize;

use super::Localized;
use super::hours::Hours;
use crate::geo::LonLat;

/// A place where a service is given to the public.
#[derive(Debug, Clone)]
pub struct ServicePoint {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// Other names.
    pub aliases: Vec<String>,
    /// Code of its category.
    pub category: String,
    /// Codes of the matters that this office is stated to handle.
    pub matters: Vec<String>,
    /// Postal address, where known.
    pub address: Option<String>,
    /// Telephone, where known.
    pub phone: Option<String>,
    /// Opening hours, where known.
    pub hours: Option<Hours>,
    /// Words such as `wheelchair`.
    pub accessibility: Vec<String>,
    /// Where it is, WGS-84.
    pub location: LonLat,
    /// Id of its source.
    pub source: String,
    /// Day on which the source saw it.
    pub observed_at: Option<jiff::civil::Date>,
}

/// That a point no longer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Id of the point that took its place.
    pub successor: Option<String>,
    /// Why, in words that may be shown.
    pub reason: String,
}

/// How it is known that an office handles a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Said of this very office.
    Stated,
    /// Usual for offices of its category.
    Typical,
}
