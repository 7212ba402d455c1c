//! A map laid over the columns of one file.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::ColumnMap;
use crate::import::row::{Columns, Row, Value};
use crate::import::words;

/// A map laid over the columns of one file.
#[derive(Debug, Clone)]
pub struct Binding {
    map: Arc<ColumnMap>,
    /// For each field the column that holds it.
    columns: Vec<Option<usize>>,
    /// Names of all columns, as far as they are known.
    names: Arc<Columns>,
}

/// A field, to ask rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldAt(usize);

/// A line of what [`Binding::table`] shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The field.
    pub field: &'static str,
    /// The column that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The value where a row has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

impl Binding {
    /// Lays a map over columns. Of the headers that may hold a field the first that is
    /// there does.
    pub fn new(map: Arc<ColumnMap>, names: &Arc<Columns>) -> Self {
        let mut binding = Self { columns: Vec::new(), names: Arc::clone(names), map };
        binding.bind();
        binding
    }

    fn bind(&mut self) {
        let folded: Vec<String> = self.names.0.iter().map(|n| words::header(n)).collect();
        let find = |headers: &Vec<String>| {
            headers.iter().find_map(|header| {
                // The very name before one that is only like it.
                let exact = self.names.position(header);
                let wanted = words::header(header);
                exact.or_else(|| folded.iter().position(|name| *name == wanted))
            })
        };
        self.columns = self.map.columns.iter().map(find).collect();
    }

    /// Takes in columns that turned up since (formats without a table).
    pub fn follow(&mut self, names: &Arc<Columns>) {
        if names.0.len() > self.names.0.len() {
            self.names = Arc::clone(names);
            self.bind();
        }
    }

    /// The map.
    pub fn map(&self) -> &Arc<ColumnMap> {
        &self.map
    }

    /// A field by its name; `None` where the subject has no such field.
    pub fn field(&self, key: &str) -> Option<FieldAt> {
        self.map.subject.place(key).map(FieldAt)
    }

    /// Whether the file can say something of a field.
    pub fn has(&self, key: &str) -> bool {
        self.map
            .subject
            .place(key)
            .is_some_and(|i| self.columns[i].is_some() || self.map.set[i].is_some())
    }

    /// What a row says of a field: its text, or what the map says that stands for; where
    /// it says nothing, the value that is set for all.
    pub fn text<'a>(&'a self, row: &'a Row, FieldAt(field): FieldAt) -> Option<Cow<'a, str>> {
        let value = self.columns[field].map_or(&Value::Null, |column| row.get(column));
        let text: Option<Cow<'a, str>> = match value {
            Value::Text(text) => Some(text.trim()).filter(|t| !t.is_empty()).map(Cow::Borrowed),
            other => other.text().map(Cow::Owned),
        };
        let Some(text) = text else { return self.map.set[field].as_deref().map(Cow::Borrowed) };
        let values = &self.map.values[field];
        if values.is_empty() {
            return Some(text);
        }
        match values.get(&words::fold(&text)) {
            Some(meaning) => Some(Cow::Borrowed(meaning)),
            None => Some(text),
        }
    }

    /// What is taken from where, in the order of the fields.
    pub fn table(&self) -> Vec<Line> {
        let fields = self.map.subject.fields().iter().enumerate();
        let lines = fields.map(|(i, field)| Line {
            field: field.key,
            column: self.columns[i].map(|column| self.names.0[column].clone()),
            set: self.map.set[i].clone(),
        });
        lines.filter(|line| line.column.is_some() || line.set.is_some()).collect()
    }

    /// The columns that nothing is taken from.
    pub fn unused(&self) -> Vec<String> {
        let names = self.names.0.iter().enumerate();
        let unused = names.filter(|(i, _)| !self.columns.contains(&Some(*i)));
        unused.map(|(_, name)| name.clone()).collect()
    }

    /// The binding as a map that can be kept, corrected and given back.
    pub fn to_toml(&self) -> String {
        use std::fmt::Write as _;
        let subject = serde_json::to_string(&self.map.subject).unwrap_or_default();
        let mut out = format!("subject = {subject}\n\n[columns]\n");
        for line in self.table() {
            if let Some(column) = line.column {
                let _ = writeln!(out, "{} = {}", line.field, quoted(&column));
            }
        }
        for name in self.unused() {
            let _ = writeln!(out, "# not used: {}", quoted(&name));
        }
        let set: Vec<(&str, &String)> = self
            .map
            .subject
            .fields()
            .iter()
            .zip(&self.map.set)
            .filter_map(|(field, set)| Some((field.key, set.as_ref()?)))
            .collect();
        if !set.is_empty() {
            out.push_str("\n[set]\n");
        }
        for (field, value) in set {
            let _ = writeln!(out, "{field} = {}", quoted(value));
        }
        for (field, values) in self.map.subject.fields().iter().zip(&self.map.values) {
            if !values.is_empty() {
                let _ = writeln!(out, "\n[values.{}]", field.key);
            }
            for (value, meaning) in values {
                let _ = writeln!(out, "{} = {}", quoted(value), quoted(meaning));
            }
        }
        out
    }
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
