//! Administrative divisions.

use geo::MultiPolygon;
use serde::{Deserialize, Serialize};

use super::Localized;
use crate::geo::LonLat;

/// A level of division, from the largest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// District or county.
    District,
    /// Township, town or sub-district.
    Township,
    /// Community or village.
    Community,
}

impl Level {
    /// All levels, from the largest.
    pub const ALL: [Self; 3] = [Self::District, Self::Township, Self::Community];

    /// Its name in packs, parameters and answers.
    pub const fn key(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Township => "township",
            Self::Community => "community",
        }
    }

    /// Reads [`Level::key`].
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.key() == key)
    }

    /// Its name in the Pelias vocabulary.
    pub const fn pelias(self) -> &'static str {
        match self {
            Self::District => "county",
            Self::Township => "localadmin",
            Self::Community => "neighbourhood",
        }
    }
}

/// How far an area can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// The responsible office's own border.
    Authoritative,
    /// Drawn from something else; near a border it may be wrong.
    Approximate,
}

/// A division.
#[derive(Debug, Clone)]
pub struct Division {
    /// Official code.
    pub code: String,
    /// Its level.
    pub level: Level,
    /// Its name.
    pub name: Localized,
    /// Other names.
    pub aliases: Vec<String>,
    /// Code of the division it is part of.
    pub parent: Option<String>,
    /// First day on which it exists.
    pub valid_from: Option<jiff::civil::Date>,
    /// First day on which it no longer exists.
    pub valid_to: Option<jiff::civil::Date>,
    /// How far its area can be trusted.
    pub quality: Quality,
    /// Its area, WGS-84; `None` where it is not known.
    pub area: Option<MultiPolygon<f64>>,
    /// A point of it, WGS-84, for divisions without an area.
    pub point: Option<LonLat>,
    /// How `point` was found.
    pub placed_by: Option<String>,
    /// Id of its source.
    pub source: String,
}

impl Division {
    /// Whether it exists on a day.
    pub fn exists(&self, day: jiff::civil::Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day < to)
    }
}
