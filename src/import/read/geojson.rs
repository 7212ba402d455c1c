//! JSON: `GeoJSON` and its relatives, without ever holding the whole file.
//!
//! Read are a `FeatureCollection`, features one a line (or separated as RFC 8142 has it),
//! and the lists of plain objects that other systems answer with; a plain object is a row
//! without geometry. A feature's `id` is a column like its properties. Memory follows the
//! largest feature.

mod feature;
mod geometry;
mod scan;

use std::collections::HashMap;
use std::sync::Arc;

use super::Input;
use super::text::Text;
use crate::import::limits::MAX_COLUMNS;
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};
use scan::{Found, Scanner};

/// Columns of one file, over all its features.
const MAX_COLUMNS_OF_FILE: usize = 8 * MAX_COLUMNS;

/// Reads JSON. `path` stands in messages.
///
/// # Errors
/// Where it cannot be read or its encoding is not known.
pub fn read(input: impl Input, path: &str) -> Result<Box<dyn Rows>, FileFault> {
    let text = Text::open(input, path)?;
    let mut remarks = Vec::new();
    if text.encoding() != "UTF-8" {
        remarks.push(format!("{}, though JSON should be UTF-8", text.encoding()));
    }
    let mut json = GeoJson {
        scanner: Scanner::new(text, path),
        path: path.to_owned(),
        columns: Arc::default(),
        places: HashMap::new(),
        first: None,
        remarks,
        over: false,
    };
    // What a collection says of its coordinates stands before its features.
    json.first = json.read();
    Ok(Box::new(json))
}

struct GeoJson<R> {
    scanner: Scanner<Text<R>>,
    path: String,
    columns: Arc<Columns>,
    places: HashMap<String, usize>,
    first: Option<Next>,
    remarks: Vec<String>,
    over: bool,
}

impl<R: Input> GeoJson<R> {
    fn read(&mut self) -> Option<Next> {
        match self.scanner.next() {
            Ok(None) => None,
            Ok(Some((line, Found::Broken(detail)))) => {
                Some(Ok(Err(RowFault { place: Place::Line(line), detail })))
            }
            Ok(Some((line, Found::Value(bytes)))) => {
                let place = Place::Line(line);
                let next = match feature::parse(bytes) {
                    Err(detail) => Ok(Err(RowFault { place, detail })),
                    Ok(parsed) => self.row(place, parsed).map(Ok),
                };
                Some(next)
            }
            Err(fault) => Some(Err(fault)),
        }
    }

    fn row(&mut self, place: Place, parsed: feature::Parsed) -> Result<Row, FileFault> {
        let mut values = Vec::with_capacity(self.columns.0.len());
        for (name, value) in parsed.members {
            let column = match self.places.get(&name) {
                Some(column) => *column,
                None => self.add(name)?,
            };
            if values.len() <= column {
                values.resize(column + 1, Value::Null);
            }
            values[column] = value;
        }
        Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry: parsed.geometry })
    }

    fn add(&mut self, name: String) -> Result<usize, FileFault> {
        let column = self.places.len();
        if column >= MAX_COLUMNS_OF_FILE {
            return Err(FileFault::TooLarge {
                path: self.path.clone(),
                what: "the number of different properties",
                limit: MAX_COLUMNS_OF_FILE.to_string(),
            });
        }
        Arc::make_mut(&mut self.columns).0.push(name.clone());
        self.places.insert(name, column);
        Ok(column)
    }
}

impl<R: Input> Iterator for GeoJson<R> {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let next = self.first.take().or_else(|| self.read());
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<R: Input> Rows for GeoJson<R> {
    fn format(&self) -> &'static str {
        "GeoJSON"
    }

    fn epsg(&self) -> Option<u32> {
        self.scanner.epsg()
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        Some(self.scanner.input().progress())
    }
}

#[cfg(test)]
mod tests;
