//! What the columns of a file mean.
//!
//! A [`ColumnMap`] names, for each field of a record, the headers under which offices keep
//! it, and what their own codes stand for. Some are built in ([`shipped`]), a city pack may
//! bring its own (`columns/*.toml` in its folder), and a file can be given one. Where none
//! is given, the one that explains the file best is taken, and shown.

mod binding;
mod field;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

pub use binding::{Binding, FieldAt, Line};
pub use field::{Field, Subject};

use super::words;

/// A larger map is not read.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The maps that are built in, and the names they are asked for by.
const SHIPPED: [(&str, &str); 7] = [
    ("points", include_str!("../../../data/columns/points.toml")),
    ("12345", include_str!("../../../data/columns/12345.toml")),
    ("divisions", include_str!("../../../data/columns/divisions.toml")),
    ("tickets", include_str!("../../../data/columns/tickets.toml")),
    ("calendar", include_str!("../../../data/columns/calendar.toml")),
    ("slots", include_str!("../../../data/columns/slots.toml")),
    ("nyc311", include_str!("../../../data/columns/nyc311.toml")),
];

/// Which columns hold which fields, and what their values mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMap {
    /// What it is called in messages: its file, or the name it is built in under.
    pub name: String,
    /// What the rows are.
    pub subject: Subject,
    /// Headers without which a file is not of this kind, folded.
    requires: Vec<String>,
    /// For each field the headers that may hold it, the best first, as they were written.
    columns: Vec<Vec<String>>,
    /// For each field what its values stand for, by the value folded.
    values: Vec<BTreeMap<String, String>>,
    /// For each field the value where a row has none.
    set: Vec<Option<String>>,
}

/// Why a map cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the column map {name}: {detail}")]
pub struct MapFault {
    /// The map.
    pub name: String,
    /// What is wrong with it, and where.
    pub detail: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    subject: Subject,
    #[serde(default)]
    requires: Vec<String>,
    #[serde(default)]
    columns: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    set: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl ColumnMap {
    /// Reads a map.
    ///
    /// # Errors
    /// Where it is not TOML of this form, or names a field that there is not.
    pub fn parse(name: &str, text: &str) -> Result<Self, MapFault> {
        let fault = |detail: String| MapFault { name: name.to_owned(), detail };
        let file: File = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|s| text[..s.start].matches('\n').count() + 1);
            fault(line.map_or(String::new(), |l| format!("line {l}: ")) + e.message())
        })?;
        let fields = file.subject.fields();
        let mut map = Self {
            name: name.to_owned(),
            subject: file.subject,
            requires: file.requires.iter().map(|h| words::header(h)).collect(),
            columns: vec![Vec::new(); fields.len()],
            values: vec![BTreeMap::new(); fields.len()],
            set: vec![None; fields.len()],
        };
        let place = |key: &str| {
            file.subject.place(key).ok_or_else(|| {
                let all: Vec<&str> = fields.iter().map(|f| f.key).collect();
                fault(format!("\"{key}\" is no field; the fields are {}", all.join(", ")))
            })
        };
        for (key, headers) in file.columns {
            map.columns[place(&key)?] = match headers {
                OneOrMore::One(header) => vec![header],
                OneOrMore::More(headers) => headers,
            };
        }
        for (key, values) in file.values {
            map.values[place(&key)?] =
                values.into_iter().map(|(value, to)| (words::fold(&value), to)).collect();
        }
        for (key, value) in file.set {
            map.set[place(&key)?] = Some(value);
        }
        map.check().map_err(fault)?;
        Ok(map)
    }

    /// A header that could be two fields would be one or the other by chance.
    fn check(&self) -> Result<(), String> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (field, headers) in self.subject.fields().iter().zip(&self.columns) {
            for header in headers {
                if let Some(other) = seen.insert(words::header(header), field.key)
                    && other != field.key
                {
                    return Err(format!("\"{header}\" is both {other} and {}", field.key));
                }
            }
        }
        Ok(())
    }

    /// Reads a map from a file, or takes a built-in one by its name.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, MapFault> {
        let name = path.display().to_string();
        if let Some((name, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            return Self::parse(name, text);
        }
        let fault = |detail: String| MapFault { name: name.clone(), detail };
        let size = std::fs::metadata(path).map_err(|e| {
            let all: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            fault(format!("{e}; it is a file, or one of {}", all.join(", ")))
        })?;
        if size.len() > MAX_BYTES {
            return Err(fault(format!("it is over the limit of {MAX_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|e| fault(e.to_string()))?;
        Self::parse(&name, &text)
    }

    /// With a value for a field of which the file says nothing.
    ///
    /// # Errors
    /// Where there is no such field.
    pub fn with(mut self, key: &str, value: &str) -> Result<Self, MapFault> {
        let Some(place) = self.subject.place(key) else {
            let all: Vec<&str> = self.subject.fields().iter().map(|f| f.key).collect();
            let detail = format!("\"{key}\" is no field; the fields are {}", all.join(", "));
            return Err(MapFault { name: self.name, detail });
        };
        self.set[place] = Some(value.to_owned());
        Ok(self)
    }

    /// How many columns it explains, and whether the file has all that it must have.
    fn explains(&self, headers: &[String]) -> Option<(bool, usize)> {
        let there = |wanted: &str| headers.iter().any(|h| h == wanted);
        let special = !self.requires.is_empty();
        if !self.requires.iter().all(|h| there(h)) {
            return None;
        }
        let known = |names: &&Vec<String>| names.iter().any(|h| there(&words::header(h)));
        Some((special, self.columns.iter().filter(known).count()))
    }
}

/// The built-in maps.
pub fn shipped() -> &'static [ColumnMap] {
    static MAPS: LazyLock<Vec<ColumnMap>> = LazyLock::new(|| {
        // That each can be read is a test.
        SHIPPED.iter().filter_map(|(name, text)| ColumnMap::parse(name, text).ok()).collect()
    });
    &MAPS
}

/// The maps in the folder `columns` of a city pack, in the order of their names.
///
/// # Errors
/// Where one of them cannot be used.
pub fn of_pack(pack: &Path) -> Result<Vec<ColumnMap>, MapFault> {
    let Ok(folder) = std::fs::read_dir(pack.join("columns")) else { return Ok(Vec::new()) };
    let mut paths: Vec<_> = folder.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    paths.sort();
    paths.iter().map(|path| ColumnMap::open(path)).collect()
}

/// The map that explains a file best: one that was made for its very headers before one of
/// common words, then the one that explains more of it; of equals the first.
pub fn recognise<'a>(
    subject: Subject,
    headers: &[String],
    maps: impl IntoIterator<Item = &'a ColumnMap>,
) -> Option<Arc<ColumnMap>> {
    let folded: Vec<String> = headers.iter().map(|h| words::header(h)).collect();
    let mut best: Option<(&ColumnMap, (bool, usize))> = None;
    for map in maps.into_iter().filter(|map| map.subject == subject) {
        if let Some(score) = map.explains(&folded)
            && best.is_none_or(|(_, most)| score > most)
        {
            best = Some((map, score));
        }
    }
    best.map(|(map, _)| Arc::new(map.clone()))
}

#[cfg(test)]
mod tests;
