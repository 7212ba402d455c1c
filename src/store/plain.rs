//! Records without a place on the map: their columns are the members of their document.
//!
//! A member that is a text is kept as it is, any other as JSON; how a record was retired
//! is in three columns, as everywhere.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::columns::{Cell, Column, Type};
use super::{Kind, StoreError};

/// Columns of a key.
pub(super) const KEY: [Column; 8] = [
    ("id", Type::Text),
    ("role", Type::Text),
    ("label", Type::Text),
    ("digest", Type::Text),
    ("created_at", Type::Time),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// Columns of a reservation.
pub(super) const RESERVATION: [Column; 18] = [
    ("id", Type::Text),
    ("name", Type::Json),
    ("url", Type::Text),
    ("deep", Type::Json),
    ("channel", Type::Text),
    ("phone", Type::Text),
    ("categories", Type::Json),
    ("points", Type::Json),
    ("matters", Type::Json),
    ("who", Type::Json),
    ("lead", Type::Json),
    ("status", Type::Text),
    ("rank", Type::Json),
    ("checked_at", Type::Date),
    ("source", Type::Text),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// Columns of a schedule.
pub(super) const SCHEDULE: [Column; 9] = [
    ("id", Type::Text),
    ("point", Type::Text),
    ("matter", Type::Text),
    ("slots", Type::Json),
    ("observed_at", Type::Time),
    ("source", Type::Text),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// Columns of a change of borders.
pub(super) const REDRAWING: [Column; 12] = [
    ("id", Type::Text),
    ("seq", Type::Json),
    ("day", Type::Date),
    ("at", Type::Time),
    ("divisions", Type::Json),
    ("points", Type::Json),
    ("tickets", Type::Json),
    ("flows", Type::Json),
    ("moved", Type::Json),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// Columns of a day of the calendar.
pub(super) const DAY: [Column; 6] = [
    ("id", Type::Text),
    ("kind", Type::Text),
    ("name", Type::Json),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// Columns of the public figures of a month.
pub(super) const RELEASE: [Column; 12] = [
    ("id", Type::Text),
    ("begins", Type::Time),
    ("ends", Type::Time),
    ("k", Type::Json),
    ("method", Type::Json),
    ("seq", Type::Json),
    ("made_at", Type::Time),
    ("cells", Type::Json),
    ("elsewhere", Type::Json),
    ("retired_at", Type::Time),
    ("successor", Type::Text),
    ("retired_reason", Type::Text),
];

/// The cells of a record, in the order of `columns`.
pub(super) fn cells(columns: &[Column], record: &impl Serialize) -> Vec<Cell> {
    // What cannot be written has no cells, and the database refuses a row without an id.
    let document = serde_json::to_value(record).unwrap_or_default();
    let retired = &document["retired"];
    let cell = |(name, ty): &Column| {
        let value = match *name {
            "retired_at" => &retired["at"],
            "successor" => &retired["successor"],
            "retired_reason" => &retired["reason"],
            name => &document[name],
        };
        match (ty, value) {
            (_, Value::Null) => Cell::Null,
            (Type::Json, value) => Cell::Text(value.to_string()),
            (_, Value::String(text)) => Cell::Text(text.clone()),
            (_, value) => Cell::Text(value.to_string()),
        }
    };
    columns.iter().map(cell).collect()
}

/// The record of [`cells`].
///
/// # Errors
/// [`StoreError::Damaged`] where a value cannot be one that was written.
pub(super) fn record<T: DeserializeOwned>(
    kind: Kind,
    columns: &[Column],
    cells: Vec<Cell>,
) -> Result<T, StoreError> {
    let id = match cells.first() {
        Some(Cell::Text(id)) => id.clone(),
        _ => String::new(),
    };
    let damaged = |what: &str| StoreError::Damaged(format!("{} \"{id}\" has {what}", kind.key()));
    let (mut document, mut retired) = (Map::new(), Map::new());
    for ((name, ty), cell) in columns.iter().zip(cells) {
        let value = match (ty, cell) {
            (_, Cell::Null) => Value::Null,
            (Type::Json, Cell::Text(text)) => serde_json::from_str(&text)
                .map_err(|e| damaged(&format!("\"{text}\" for its {name}: {e}")))?,
            (_, Cell::Text(text)) => Value::String(text),
            (_, Cell::Real(_)) => return Err(damaged(&format!("a number for its {name}"))),
        };
        match *name {
            "retired_at" => retired.insert("at".into(), value),
            "successor" => retired.insert("successor".into(), value),
            "retired_reason" => retired.insert("reason".into(), value),
            name => document.insert(name.into(), value),
        };
    }
    if retired.get("at").is_some_and(|at| !at.is_null()) {
        document.insert("retired".into(), Value::Object(retired));
    }
    serde_json::from_value(Value::Object(document)).map_err(|e| damaged(&e.to_string()))
}
