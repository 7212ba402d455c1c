//! What became of divisions: renames, new codes, mergers, splits.

use jiff::civil::Date;
use serde::Serialize;

/// When a change happened, as exactly as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Only the year is known.
    Year(i16),
    /// The day is known.
    Day(Date),
}

impl When {
    /// Reads `2010` or `2010-07-01`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 4 {
            text.parse().ok().filter(|y| (1900..=2200).contains(y)).map(Self::Year)
        } else {
            text.parse().ok().map(Self::Day)
        }
    }

    /// The first day on which the change surely holds: of a year the last day, because
    /// registers are compared from one year's end to the next.
    pub fn day(self) -> Date {
        match self {
            Self::Year(year) => Date::new(year, 12, 31).unwrap_or(Date::MAX),
            Self::Day(day) => day,
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year}"),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

/// What kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The same division under another name.
    Rename,
    /// The same division under another code.
    Code,
    /// The same ground under another kind of division, with a code of its own.
    Status,
    /// It became part of another.
    Merge,
    /// A part of it became another.
    Split,
}

impl ChangeKind {
    /// Every word that [`ChangeKind::parse`] takes.
    pub const NAMES: &'static str = "rename, code, status, merge, split";

    /// Reads a word of the pack.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "rename" => Self::Rename,
            "code" => Self::Code,
            "status" => Self::Status,
            "merge" => Self::Merge,
            "split" => Self::Split,
            _ => return None,
        })
    }
}

/// One division became another, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub when: When,
    /// How.
    pub kind: ChangeKind,
    /// Code before.
    pub from: String,
    /// Name before.
    pub from_name: String,
    /// Code after.
    pub to: String,
    /// Name after.
    pub to_name: String,
    /// Id of the source.
    pub source: String,
}

impl Change {
    /// Whether the ground changed hands, and not only its name or code.
    pub const fn redraws(&self) -> bool {
        matches!(self.kind, ChangeKind::Merge | ChangeKind::Split)
    }
}
