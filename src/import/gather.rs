//! The rows of a file in memory, for what can only be decided over all of them.

use super::columns::{Binding, ColumnMap, Subject, recognise};
use super::report::{Rejected, Report};
use super::row::{FileFault, Row, Rows};
use std::sync::Arc;

/// Rows of one import at most. They are compared with each other and go in at once.
pub const MAX_ROWS: usize = 2_000_000;
/// How often progress is told.
const TOLD_EVERY: usize = 1000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Rows that were read.
    pub rows: usize,
    /// From 0 to 1, where the length is known.
    pub part: Option<f64>,
}

/// Why an import cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// The file.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The column map.
    #[error(transparent)]
    Map(#[from] super::columns::MapFault),
    /// The positions.
    #[error(transparent)]
    Datum(#[from] super::datum::DatumFault),
    /// The file as a whole.
    #[error("{0}")]
    Refused(String),
}

/// All rows of a file, and how its columns are understood.
pub struct Gathered {
    /// How columns are understood.
    pub binding: Binding,
    /// Rows that could be read.
    pub rows: Vec<Row>,
    /// Rows that could not.
    pub rejected: Vec<Rejected>,
    /// The beginning of the report.
    pub report: Report,
    /// What the file says of its coordinates.
    pub epsg: Option<u32>,
}

/// Which column map to use.
#[derive(Debug, Clone)]
pub enum Maps {
    /// This one.
    Given(ColumnMap),
    /// The best of these.
    Choose(Vec<ColumnMap>),
}

/// Reads all rows of a file.
///
/// # Errors
/// Where the file cannot be read to its end, has too many rows, or no map fits it.
pub fn gather(
    file: &str,
    rows: &mut dyn Rows,
    subject: Subject,
    maps: Maps,
    set: &[(String, String)],
    progress: &mut dyn FnMut(Progress),
) -> Result<Gathered, ImportFault> {
    let (mut good, mut rejected) = (Vec::new(), Vec::new());
    let mut read = 0;
    while let Some(next) = rows.next() {
        match next? {
            Ok(row) => good.push(row),
            Err(fault) => rejected.push(Rejected::from(fault)),
        }
        read += 1;
        if read > MAX_ROWS {
            let (path, limit) = (file.to_owned(), MAX_ROWS.to_string());
            return Err(FileFault::TooLarge { path, what: "the number of rows", limit }.into());
        }
        if read % TOLD_EVERY == 0 {
            progress(Progress { rows: read, part: rows.progress() });
        }
    }
    // A format without a table has all its columns only at the end.
    let columns = good.last().map(|row| Arc::clone(&row.columns)).unwrap_or_default();
    let map = match maps {
        Maps::Given(map) if map.subject != subject => {
            let detail = format!("is a map of {:?}, not of {subject:?}", map.subject);
            return Err(ImportFault::Refused(format!("{} {}", map.name, detail.to_lowercase())));
        }
        Maps::Given(map) => Arc::new(map),
        Maps::Choose(maps) => recognise(subject, &columns.0, &maps)
            .ok_or_else(|| ImportFault::Refused(format!("no column map of {subject:?}")))?,
    };
    let mut map = Arc::unwrap_or_clone(map);
    for (field, value) in set {
        map = map.with(field, value)?;
    }
    let binding = Binding::new(Arc::new(map), &columns);
    let mut report = Report::of(file, rows.format(), rows.remarks(), &binding);
    report.read = read;
    Ok(Gathered { binding, rows: good, rejected, report, epsg: rows.epsg() })
}

impl Gathered {
    /// Refuses a file of which nothing can be said of a field, whatever the row.
    pub fn needs(&self, fields: &[&str]) -> Result<(), ImportFault> {
        let missing: Vec<&str> =
            fields.iter().copied().filter(|field| !self.binding.has(field)).collect();
        if missing.is_empty() || (self.rows.is_empty() && self.rejected.is_empty()) {
            return Ok(());
        }
        let mut columns: Vec<String> = self.binding.unused();
        if columns.is_empty() {
            columns.push("none".to_owned());
        }
        let (fields, columns) = (missing.join(", "), columns.join(", "));
        Err(ImportFault::Refused(format!(
            "no column is known to hold {fields}; the columns that are not understood: {columns}. \
             Name the columns with --columns MAP.toml, or say one value for all rows with --set \
             {}=VALUE",
            missing[0]
        )))
    }
}
