//! A layer of a GeoPackage, row by row, at one moment of the file.
//!
//! `SQLite` reads the file; nothing that is written in it is run: a layer that is a view
//! could compute for ever and is refused.

use std::path::Path;
use std::sync::Arc;

use geo::Geometry;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{Options, header, name, wkb};
use crate::import::limits::{MAX_LINE_BYTES, MAX_TEXT_BYTES};
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};

const FORMAT: &str = "GeoPackage";

/// Opens the layer that `options` names, or the first with features.
///
/// # Errors
/// Where the file is damaged, or has no such layer.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, FileFault> {
    let named = name(path);
    let malformed =
        |detail: String| FileFault::Malformed { path: named.clone(), format: FORMAT, detail };
    let fault = |e: rusqlite::Error| malformed(e.to_string());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_LINE_BYTES as i32).map_err(fault)?;
    // The transaction keeps the file at one moment while it is read.
    connection
        .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN")
        .map_err(fault)?;
    let layers = layers(&connection).map_err(fault)?;
    let mut remarks = Vec::new();
    let layer = match &options.layer {
        Some(wanted) => layers.iter().find(|l| l.table == *wanted),
        None => layers.first(),
    };
    let listed = || layers.iter().map(|l| l.table.as_str()).collect::<Vec<_>>().join(", ");
    let Some(layer) = layer else {
        let detail = match &options.layer {
            Some(wanted) => format!("it has no layer {wanted}; its layers are {}", listed()),
            None => "it has no layer with features".to_owned(),
        };
        return Err(FileFault::Unknown { path: named, detail });
    };
    if layers.len() > 1 && options.layer.is_none() {
        remarks.push(format!("the layer {} is read; there are {}", layer.table, listed()));
    }
    let shape = Shape::of(&connection, layer).map_err(fault)?;
    let Some(shape) = shape else {
        return Err(malformed(format!("the layer {} is no table", layer.table)));
    };
    if !shape.left_out.is_empty() {
        remarks.push(format!("not read, because binary: {}", shape.left_out.join(", ")));
    }
    let table = quoted(&layer.table);
    // Not their number: to count, SQLite follows every page, and damaged ones in circles.
    let numbers =
        format!("SELECT (SELECT min(rowid) FROM {table}), (SELECT max(rowid) FROM {table})");
    let span =
        connection.query_row(&numbers, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fault)?;
    let select = format!(
        "SELECT rowid, {} FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT 1",
        shape.select(&layer.geometry)
    );
    let columns = Arc::new(header::names(shape.names, &named)?);
    Ok(Box::new(GeoPackage {
        path: named,
        epsg: layer.epsg,
        connection,
        select,
        columns,
        booleans: shape.booleans,
        remarks,
        span,
        rowid: i64::MIN,
        number: 0,
        over: false,
    }))
}

/// A layer as the file lists it.
struct Layer {
    table: String,
    geometry: String,
    epsg: Option<u32>,
}

/// The layers with features, those that have rows first.
fn layers(connection: &Connection) -> rusqlite::Result<Vec<Layer>> {
    let sql = "SELECT c.table_name, g.column_name, s.organization, s.organization_coordsys_id \
               FROM gpkg_contents c JOIN gpkg_geometry_columns g USING (table_name) \
               LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id \
               WHERE c.data_type = 'features' ORDER BY c.rowid LIMIT 1000";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let organisation: Option<String> = row.get(2)?;
        let code: Option<i64> = row.get(3)?;
        let is_epsg = organisation.is_some_and(|o| o.eq_ignore_ascii_case("epsg"));
        Ok(Layer {
            table: row.get(0)?,
            geometry: row.get(1)?,
            epsg: code.filter(|_| is_epsg).and_then(|c| u32::try_from(c).ok()),
        })
    })?;
    let layers: Vec<Layer> = rows.collect::<Result<_, _>>()?;
    let (full, empty): (Vec<_>, Vec<_>) =
        layers.into_iter().partition(|layer| has_rows(connection, &layer.table));
    Ok(full.into_iter().chain(empty).collect())
}

fn has_rows(connection: &Connection, table: &str) -> bool {
    let sql = format!("SELECT 1 FROM {} LIMIT 1", quoted(table));
    is_table(connection, table).unwrap_or(false)
        && connection.query_row(&sql, [], |_| Ok(())).optional().is_ok_and(|row| row.is_some())
}

/// Whether it is a plain table, not a view and not a virtual one.
fn is_table(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT type = 'table' AND rootpage > 0 FROM sqlite_master \
               WHERE lower(name) = lower(?1) AND type IN ('table', 'view')";
    Ok(connection.query_row(sql, [table], |row| row.get(0)).optional()? == Some(true))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns of a layer beside its geometry.
struct Shape {
    names: Vec<String>,
    booleans: Vec<bool>,
    left_out: Vec<String>,
}

impl Shape {
    fn of(connection: &Connection, layer: &Layer) -> rusqlite::Result<Option<Self>> {
        if !is_table(connection, &layer.table)? {
            return Ok(None);
        }
        let mut shape = Self { names: Vec::new(), booleans: Vec::new(), left_out: Vec::new() };
        let mut statement =
            connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1)")?;
        let mut rows = statement.query([&layer.table])?;
        while let Some(row) = rows.next()? {
            let (column, kind): (String, String) = (row.get(0)?, row.get(1)?);
            let kind = kind.to_ascii_uppercase();
            if column.eq_ignore_ascii_case(&layer.geometry) {
                continue;
            }
            // The row's number in the file, which means nothing outside it.
            if row.get::<_, i64>(2)? > 0 && matches!(kind.as_str(), "INTEGER" | "INT") {
                continue;
            }
            if kind.starts_with("BLOB") {
                shape.left_out.push(column);
                continue;
            }
            shape.booleans.push(kind == "BOOLEAN");
            shape.names.push(column);
        }
        Ok(Some(shape))
    }

    fn select(&self, geometry: &str) -> String {
        let columns = self.names.iter().map(String::as_str).chain([geometry]);
        columns.map(quoted).collect::<Vec<_>>().join(", ")
    }
}

struct GeoPackage {
    path: String,
    epsg: Option<u32>,
    connection: Connection,
    select: String,
    columns: Arc<Columns>,
    booleans: Vec<bool>,
    remarks: Vec<String>,
    /// The numbers of the first row and the last; none where there are no rows.
    span: (Option<i64>, Option<i64>),
    rowid: i64,
    number: u64,
    over: bool,
}

impl GeoPackage {
    /// The row after the last one: its number in the file, and what is in it.
    fn row(&self) -> rusqlite::Result<Option<(i64, Result<Row, String>)>> {
        let mut statement = self.connection.prepare_cached(&self.select)?;
        let mut rows = statement.query([self.rowid])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let rowid = row.get(0)?;
        let read = || {
            let mut values = Vec::with_capacity(self.booleans.len());
            for (i, boolean) in self.booleans.iter().enumerate() {
                let cell = row.get_ref(i + 1).map_err(|e| e.to_string())?;
                let value = value(cell, *boolean).map_err(|e| format!("{} {e}", self.columns.0[i]));
                values.push(value?);
            }
            let geometry = match row.get_ref(self.booleans.len() + 1) {
                Ok(ValueRef::Blob(blob)) => decode(blob)?,
                Ok(ValueRef::Null) => None,
                _ => return Err("its geometry is no GeoPackage geometry".to_owned()),
            };
            let place = Place::Feature(self.number + 1);
            Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry })
        };
        Ok(Some((rowid, read())))
    }
}

fn value(cell: ValueRef<'_>, boolean: bool) -> Result<Value, String> {
    Ok(match cell {
        ValueRef::Null | ValueRef::Blob(_) => Value::Null,
        ValueRef::Integer(number) if boolean => Value::Bool(number != 0),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Number(number),
        ValueRef::Text(text) if text.len() > MAX_TEXT_BYTES => {
            return Err(format!("has a text of over {MAX_TEXT_BYTES} bytes"));
        }
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => return Err("is not UTF-8".to_owned()),
        },
    })
}

/// A geometry with the header of the format before it.
fn decode(blob: &[u8]) -> Result<Option<Geometry<f64>>, String> {
    let [b'G', b'P', _, flags, ..] = blob else {
        return Err("its geometry is no GeoPackage geometry".to_owned());
    };
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("the box of its geometry is of no known kind".to_owned()),
    };
    if flags & 0x20 != 0 {
        return Err("its geometry is of a kind that an extension defines".to_owned());
    }
    let wkb = blob.get(8 + envelope..).ok_or("the geometry ends too early")?;
    wkb::geometry(wkb)
}

impl Iterator for GeoPackage {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let next = match self.row() {
            Ok(None) => None,
            // Rows of a damaged file that come again would come for ever.
            Ok(Some((rowid, _))) if rowid <= self.rowid => Some(Err(FileFault::Malformed {
                path: self.path.clone(),
                format: FORMAT,
                detail: format!("after feature {}: its rows are out of order", self.number),
            })),
            Ok(Some((rowid, row))) => {
                (self.rowid, self.number) = (rowid, self.number + 1);
                let place = Place::Feature(self.number);
                Some(Ok(row.map_err(|detail| RowFault { place, detail })))
            }
            Err(e) => Some(Err(FileFault::Malformed {
                path: self.path.clone(),
                format: FORMAT,
                detail: format!("after feature {}: {e}", self.number),
            })),
        };
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Rows for GeoPackage {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn epsg(&self) -> Option<u32> {
        self.epsg
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        let (Some(first), Some(last)) = self.span else { return Some(1.0) };
        let span = (last as f64 - first as f64).max(1.0);
        Some(((self.rowid as f64 - first as f64) / span).clamp(0.0, 1.0))
    }
}
