//! Parquet, with or without a column of geometries, row by row.
//!
//! The crate reads a file that it trusts: some damage makes it panic, and a page may unpack
//! to whatever its header says. So the sizes that the file states are checked before, and a
//! panic is caught and is a fault of the file. Memory follows the largest column chunk that
//! is allowed.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use parquet::basic::Type as Physical;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, List};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{file, header, name, wkb};
use crate::import::limits::{MAX_COLUMNS, MAX_DEPTH, MAX_LINE_BYTES, MAX_TEXT_BYTES};
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};

const FORMAT: &str = "GeoParquet";
/// Unpacked bytes of one column in one group of rows.
const MAX_CHUNK_BYTES: i64 = 1 << 30;
/// How much smaller packed data may be.
const MAX_RATIO: i64 = 2000;

/// What the key `geo` of the file says.
#[derive(Deserialize)]
struct Geo {
    primary_column: String,
    columns: std::collections::BTreeMap<String, GeoColumn>,
}

#[derive(Deserialize)]
struct GeoColumn {
    encoding: String,
    /// Left out: longitude and latitude, WGS-84. `null`: not known.
    #[serde(default = "left_out")]
    crs: Json,
}

fn left_out() -> Json {
    serde_json::json!({ "id": { "authority": "OGC", "code": "CRS84" } })
}

/// Opens a Parquet file.
///
/// # Errors
/// Where it is damaged, or holds its geometries in a way that is not read.
pub fn open(path: &Path) -> Result<Box<dyn Rows>, FileFault> {
    let source = file(path)?;
    caught(|| begin(path, source)).unwrap_or_else(|detail| Err(malformed(path, detail)))
}

fn begin(path: &Path, source: File) -> Result<Box<dyn Rows>, FileFault> {
    let reader = SerializedFileReader::new(source).map_err(|e| malformed(path, e.to_string()))?;
    let metadata = reader.metadata();
    check(path, metadata)?;
    let about = metadata.file_metadata();
    let rows = about.num_rows();
    let geo = about
        .key_value_metadata()
        .into_iter()
        .flatten()
        .find(|pair| pair.key == "geo")
        .and_then(|pair| pair.value.as_deref())
        .map(serde_json::from_str::<Geo>)
        .transpose()
        .map_err(|e| malformed(path, format!("what it says of its geometries: {e}")))?;
    let fields = about.schema().get_fields();
    let all: Vec<String> = fields.iter().map(|f| f.name().to_owned()).collect();
    let mut remarks = Vec::new();
    let (mut geometry, mut epsg) = (None, None);
    let mut others = Vec::new();
    if let Some(geo) = geo {
        let Some(column) = geo.columns.get(&geo.primary_column) else {
            return Err(malformed(path, format!("it says nothing of {}", geo.primary_column)));
        };
        if !column.encoding.eq_ignore_ascii_case("wkb") {
            let detail = format!("its geometries are {} and only WKB is read", column.encoding);
            return Err(FileFault::Unknown { path: name(path), detail });
        }
        geometry = all.iter().position(|n| *n == geo.primary_column);
        if geometry.is_none() {
            return Err(malformed(path, format!("it has no column {}", geo.primary_column)));
        }
        epsg = code(&column.crs);
        others.extend(geo.columns.into_keys());
    } else {
        remarks.push("it says nothing of geometries: read as a table".to_owned());
    }
    // Values of a row that are no text: other geometries, pictures.
    let binary = |at: usize| {
        let field = &fields[at];
        others.contains(&all[at])
            || field.is_primitive()
                && field.get_physical_type() == Physical::BYTE_ARRAY
                && field.get_basic_info().logical_type_ref().is_none()
                && field.get_basic_info().converted_type() == parquet::basic::ConvertedType::NONE
    };
    let kept: Vec<usize> = (0..all.len()).filter(|at| !binary(*at)).collect();
    let left_out: Vec<&str> = (0..all.len())
        .filter(|at| binary(*at) && Some(*at) != geometry)
        .map(|at| all[at].as_str())
        .collect();
    if !left_out.is_empty() {
        remarks.push(format!("not read, because binary: {}", left_out.join(", ")));
    }
    let names = kept.iter().map(|at| all[*at].clone()).collect();
    let columns = Arc::new(header::names(names, &name(path))?);
    Ok(Box::new(GeoParquet {
        path: path.to_owned(),
        rows: RowIter::from_file_into(Box::new(reader)),
        columns,
        kept,
        geometry,
        epsg,
        remarks,
        count: rows.max(0) as u64,
        number: 0,
        over: false,
    }))
}

/// The EPSG code of a coordinate system in PROJJSON.
fn code(crs: &Json) -> Option<u32> {
    let id = &crs["id"];
    match id["authority"].as_str()? {
        "OGC" if id["code"].as_str()? == "CRS84" => Some(4326),
        authority if authority.eq_ignore_ascii_case("epsg") => {
            let code = &id["code"];
            let number = code.as_u64().or_else(|| code.as_str()?.parse().ok());
            number.and_then(|n| u32::try_from(n).ok())
        }
        _ => None,
    }
}

/// Refuses sizes that no honest file states.
fn check(path: &Path, metadata: &ParquetMetaData) -> Result<(), FileFault> {
    let too_large = |what, limit: String| FileFault::TooLarge { path: name(path), what, limit };
    let leaves = metadata.file_metadata().schema_descr().num_columns();
    if leaves > MAX_COLUMNS {
        return Err(too_large("the number of columns", MAX_COLUMNS.to_string()));
    }
    for chunk in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (packed, unpacked) = (chunk.compressed_size(), chunk.uncompressed_size());
        if packed < 0 || unpacked < 0 {
            return Err(malformed(path, "a column has a negative size".to_owned()));
        }
        if unpacked > MAX_CHUNK_BYTES {
            return Err(too_large("a column of a group", format!("{MAX_CHUNK_BYTES} bytes")));
        }
        if unpacked > MAX_LINE_BYTES as i64 && unpacked / MAX_RATIO > packed {
            return Err(too_large("the packing of a column", format!("{MAX_RATIO} to 1")));
        }
    }
    Ok(())
}

fn malformed(path: &Path, detail: String) -> FileFault {
    FileFault::Malformed { path: name(path), format: FORMAT, detail }
}

/// Runs what may panic over a damaged file.
fn caught<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        format!("it is damaged ({said})")
    })
}

struct GeoParquet {
    path: std::path::PathBuf,
    rows: RowIter<'static>,
    columns: Arc<Columns>,
    /// Which columns of the file those are.
    kept: Vec<usize>,
    geometry: Option<usize>,
    epsg: Option<u32>,
    remarks: Vec<String>,
    count: u64,
    number: u64,
    over: bool,
}

impl GeoParquet {
    fn row(&self, read: parquet::record::Row) -> Result<Row, String> {
        let fields: Vec<Field> = read.into_columns().into_iter().map(|(_, field)| field).collect();
        let mut values = Vec::with_capacity(self.kept.len());
        for (at, name) in self.kept.iter().zip(&self.columns.0) {
            let field = fields.get(*at).unwrap_or(&Field::Null);
            values.push(value(field, 0).map_err(|detail| format!("{name} {detail}"))?);
        }
        let geometry = match self.geometry.and_then(|at| fields.get(at)) {
            None | Some(Field::Null) => None,
            Some(Field::Bytes(bytes)) => wkb::geometry(bytes.data())?,
            Some(_) => return Err("its geometry is not binary".to_owned()),
        };
        let place = Place::Feature(self.number);
        Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry })
    }
}

fn value(field: &Field, depth: usize) -> Result<Value, String> {
    let whole = |n: u64| i64::try_from(n).map_or(Value::Text(n.to_string()), Value::Integer);
    let time = |t: Result<Timestamp, jiff::Error>| {
        t.map(|t| Value::Text(t.to_string())).map_err(|e| format!("is no time: {e}"))
    };
    Ok(match field {
        Field::Null | Field::Bytes(_) => Value::Null,
        Field::Bool(yes) => Value::Bool(*yes),
        Field::Byte(n) => Value::Integer((*n).into()),
        Field::Short(n) => Value::Integer((*n).into()),
        Field::Int(n) => Value::Integer((*n).into()),
        Field::Long(n) => Value::Integer(*n),
        Field::UByte(n) => Value::Integer((*n).into()),
        Field::UShort(n) => Value::Integer((*n).into()),
        Field::UInt(n) => Value::Integer((*n).into()),
        Field::ULong(n) => whole(*n),
        Field::Float(n) => Value::Number((*n).into()),
        Field::Double(n) => Value::Number(*n),
        Field::Str(text) if text.len() > MAX_TEXT_BYTES => {
            return Err(format!("has a text of over {MAX_TEXT_BYTES} bytes"));
        }
        Field::Str(text) => Value::Text(text.clone()),
        Field::Date(days) => {
            let day = Date::constant(1970, 1, 1).checked_add(
                jiff::Span::new().try_days(*days).map_err(|e| format!("is no date: {e}"))?,
            );
            Value::Text(day.map_err(|e| format!("is no date: {e}"))?.to_string())
        }
        Field::TimestampMillis(at) => time(Timestamp::from_millisecond(*at))?,
        Field::TimestampMicros(at) => time(Timestamp::from_microsecond(*at))?,
        Field::ListInternal(list) => Value::List(items(list, depth)?),
        // A group of named values has no place in a table; it is shown as it prints.
        other => Value::Text(other.to_string()),
    })
}

fn items(list: &List, depth: usize) -> Result<Vec<Value>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("has lists over {MAX_DEPTH} deep"));
    }
    list.elements().iter().map(|field| value(field, depth + 1)).collect()
}

impl Iterator for GeoParquet {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let read = caught(|| self.rows.next());
        let next = match read {
            Ok(None) if self.number < self.count => {
                Some(Err(format!("it ends after {} of {} rows", self.number, self.count)))
            }
            Ok(None) => None,
            Ok(Some(Ok(row))) => {
                self.number += 1;
                let place = Place::Feature(self.number);
                Some(Ok(self.row(row).map_err(|detail| RowFault { place, detail })))
            }
            Ok(Some(Err(e))) => Some(Err(format!("after row {}: {e}", self.number))),
            Err(detail) => Some(Err(format!("after row {}: {detail}", self.number))),
        };
        let next = next.map(|next| next.map_err(|detail| malformed(&self.path, detail)));
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Rows for GeoParquet {
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
        Some(self.number as f64 / self.count.max(1) as f64)
    }
}
