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

/// How many people live in a division, as they were counted or estimated for one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residents {
    /// How many; 0 where nobody lives.
    pub count: u32,
    /// The day that the number is of.
    pub on: jiff::civil::Date,
}

impl Residents {
    /// How many of `count` come to 10,000 of them; `None` where nobody lives.
    pub fn rate(self, count: u64) -> Option<f64> {
        (self.count > 0).then(|| count as f64 * 10_000.0 / f64::from(self.count))
    }

    /// Residents out of the two values that files have for them.
    ///
    /// # Errors
    /// Where there is one of the two alone: a number of no day cannot be held against
    /// anything, and a day counts nobody. The field that is missing, and why.
    pub fn read(
        count: Option<u32>,
        on: Option<jiff::civil::Date>,
    ) -> Result<Option<Self>, (&'static str, &'static str)> {
        match (count, on) {
            (Some(count), Some(on)) => Ok(Some(Self { count, on })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err(("population_at", "is empty; a population needs the day that it is of"))
            }
            (None, Some(_)) => Err(("population", "is empty, though population_at is not")),
        }
    }
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
    /// Who lives there; `None` where it is not known.
    pub residents: Option<Residents>,
    /// Id of the source of its area or point, and of its name.
    pub source: String,
}

impl Division {
    /// Whether it exists on a day.
    pub fn exists(&self, day: jiff::civil::Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day < to)
    }
}
