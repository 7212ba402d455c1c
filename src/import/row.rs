//! What every reader gives: rows of named values with at most one geometry.

use std::fmt;
use std::sync::Arc;

use geo::Geometry;

/// The names of a file's columns, shared by its rows. A format without a table (`GeoJSON`)
/// adds columns as they turn up; rows read before keep the shorter list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(pub Vec<String>);

impl Columns {
    /// The place of a column by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|n| n == name)
    }
}

/// A value as the file has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Empty, `null`, or not there.
    #[default]
    Null,
    /// Text; also dates and times, as ISO 8601 where the format has a type for them.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Several values (`GeoJSON` arrays, `Parquet` lists).
    List(Vec<Value>),
}

impl Value {
    /// The value as one text, trimmed; `None` for nothing and for an empty text. A list is
    /// one cell as [`words::joined`](super::words::joined) makes it.
    pub fn text(&self) -> Option<String> {
        let text = match self {
            Self::Null => return None,
            Self::Text(text) => text.trim().to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Bool(yes) => yes.to_string(),
            Self::List(values) => {
                super::words::joined(&values.iter().filter_map(Self::text).collect::<Vec<_>>())
            }
        };
        (!text.is_empty()).then_some(text)
    }
}

/// One record of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where it stands in the file.
    pub place: Place,
    /// The names of `values`.
    pub columns: Arc<Columns>,
    /// One value a column; a missing tail is [`Value::Null`].
    pub values: Vec<Value>,
    /// Its geometry in the datum of the file, x east and y north, where the format has one.
    pub geometry: Option<Geometry<f64>>,
}

impl Row {
    /// The value of a column; [`Value::Null`] where there is none.
    pub fn get(&self, column: usize) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }
}

/// Where a row stands in its file, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file, from 1.
    Line(u64),
    /// A row of a sheet, from 1.
    Sheet {
        /// Name of the sheet.
        sheet: Arc<str>,
        /// The row as the spreadsheet numbers it.
        row: u64,
    },
    /// A feature of a file that has no lines, from 1.
    Feature(u64),
    /// An object of OpenStreetMap: `node/1`.
    Object(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Sheet { sheet, row } => write!(f, "sheet {sheet}, row {row}"),
            Self::Feature(number) => write!(f, "feature {number}"),
            Self::Object(id) => f.write_str(id),
        }
    }
}

/// Why one row cannot be read. The rows after it can.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {detail}")]
pub struct RowFault {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, and with what.
    pub detail: String,
}

/// Why a file cannot be read, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system does not give it.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It is not what it says, or damaged.
    #[error("{path} is no readable {format}: {detail}")]
    Malformed {
        /// The file.
        path: String,
        /// The format that it was taken for.
        format: &'static str,
        /// What is wrong, and where.
        detail: String,
    },
    /// Its format is not one of those that are read.
    #[error("{path}: {detail}")]
    Unknown {
        /// The file.
        path: String,
        /// What it might be, and which formats are read.
        detail: String,
    },
    /// It is larger than is read.
    #[error("{path}: {what} is over the limit of {limit}")]
    TooLarge {
        /// The file.
        path: String,
        /// What was counted.
        what: &'static str,
        /// The limit, with its unit.
        limit: String,
    },
}

/// What comes next in a file.
pub type Next = Result<Result<Row, RowFault>, FileFault>;

/// A file that is read row by row, in memory that does not grow with its length (formats
/// that must be opened whole say so where they are read).
pub trait Rows: Iterator<Item = Next> + Send {
    /// The format's name, for people.
    fn format(&self) -> &'static str;

    /// What the file itself says of its coordinates: an EPSG code (4326, 4490, …), where it
    /// does. It says nothing of a shift that somebody applied before.
    fn epsg(&self) -> Option<u32>;

    /// Other things to be told: the delimiter and encoding that were recognised, the layer
    /// or sheet that was taken where there are several.
    fn remarks(&self) -> Vec<String>;

    /// How far it is, from 0 to 1; `None` where the length is not known.
    fn progress(&self) -> Option<f64>;
}
