//! The gazetteer and the lines of the base map.

use geo::MultiLineString;
use serde::{Deserialize, Serialize};

use super::Localized;
use crate::geo::LonLat;

/// What a place of the gazetteer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A street or road.
    Street,
    /// A stop or station.
    Transit,
    /// A named building.
    Building,
    /// A river, canal or lake.
    Water,
}

impl PlaceKind {
    /// Its name in packs and tiles.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Street => "street",
            Self::Transit => "transit",
            Self::Building => "building",
            Self::Water => "water",
        }
    }

    /// Its layer in the Pelias vocabulary.
    pub const fn pelias(self) -> &'static str {
        match self {
            Self::Building => "venue",
            other => other.key(),
        }
    }
}

/// A named place of the gazetteer.
#[derive(Debug, Clone)]
pub struct Place {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// What it is.
    pub kind: PlaceKind,
    /// The source's finer word for it.
    pub class: String,
    /// A point of it, WGS-84.
    pub location: LonLat,
    /// Distance from `location` to its farthest part, metres.
    pub extent_m: f32,
    /// Id of its source.
    pub source: String,
}

/// How large a road is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoadClass {
    /// Motorway.
    Motorway,
    /// Trunk road.
    Trunk,
    /// Primary road.
    Primary,
    /// Secondary road.
    Secondary,
    /// Tertiary road.
    Tertiary,
    /// Anything smaller.
    Minor,
}

impl RoadClass {
    /// Its name in packs and tiles.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Motorway => "motorway",
            Self::Trunk => "trunk",
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Tertiary => "tertiary",
            Self::Minor => "minor",
        }
    }
}

/// A road of the base map.
#[derive(Debug, Clone)]
pub struct Road {
    /// Its name.
    pub name: String,
    /// How large it is.
    pub class: RoadClass,
    /// Whether the line is not the road's real course.
    pub schematic: bool,
    /// Its lines, WGS-84.
    pub lines: MultiLineString<f64>,
}
