//! `GeoParquet` 1.1: geometries as well-known binary, lists as lists, packed with zstd.

use std::io::{self, Write};
use std::sync::Arc;

use geozero::{CoordDimensions, ToWkb};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use super::Layer;
use super::table::{Cell, Row, Type, columns, rows};

/// Records of one group, which is in memory as a whole.
const GROUP: usize = 10_000;

pub(super) fn write(out: &mut (impl Write + Send), layer: &Layer) -> io::Result<()> {
    whole(out, layer).map_err(io::Error::other)
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

fn whole(out: &mut (impl Write + Send), layer: &Layer) -> Result<(), Fault> {
    let fields: Vec<String> = columns(layer)
        .iter()
        .map(|(name, of)| match of {
            Type::Text => format!("optional binary {name} (STRING);\n"),
            Type::Real => format!("optional double {name};\n"),
            Type::Whole => format!("optional int64 {name};\n"),
            Type::List => format!(
                "required group {name} (LIST) {{ repeated group list {{ \
                 required binary element (STRING); }} }}\n"
            ),
        })
        .collect();
    let schema =
        format!("message {} {{ {} optional binary geometry; }}", layer.name(), fields.concat());
    // Without `crs` it is longitude and latitude, WGS-84.
    let geo = json!({
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": { "geometry": { "encoding": "WKB", "geometry_types": [layer.geometry()] } },
    });
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), geo.to_string())]))
        .build();
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut all = rows(layer);
    loop {
        let group = all.by_ref().take(GROUP).collect::<io::Result<Vec<Row>>>()?;
        if group.is_empty() {
            break;
        }
        let mut written = writer.next_row_group()?;
        for (at, (_, of)) in columns(layer).iter().enumerate() {
            let Some(mut column) = written.next_column()? else { break };
            let cells = group.iter().map(|row| &row.cells[at]);
            match of {
                Type::Text => texts(&mut column, cells)?,
                Type::List => lists(&mut column, cells)?,
                Type::Real => reals(&mut column, cells)?,
                Type::Whole => wholes(&mut column, cells)?,
            }
            column.close()?;
        }
        if let Some(mut column) = written.next_column()? {
            let mut values = Vec::new();
            let mut there = Vec::with_capacity(group.len());
            for row in &group {
                there.push(i16::from(row.geometry.is_some()));
                if let Some(geometry) = &row.geometry {
                    values.push(ByteArray::from(geometry.to_wkb(CoordDimensions::xy())?));
                }
            }
            column.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
            column.close()?;
        }
        written.close()?;
    }
    writer.close()?;
    Ok(())
}

fn texts<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
) -> Result<(), Fault> {
    let (mut values, mut there) = (Vec::new(), Vec::new());
    for cell in cells {
        if let Cell::Text(text) = cell {
            values.push(ByteArray::from(text.as_str()));
        }
        there.push(i16::from(matches!(cell, Cell::Text(_))));
    }
    column.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
    Ok(())
}

fn reals<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
) -> Result<(), Fault> {
    let (mut values, mut there) = (Vec::new(), Vec::new());
    for cell in cells {
        if let Cell::Real(value) = cell {
            values.push(*value);
        }
        there.push(i16::from(matches!(cell, Cell::Real(_))));
    }
    column.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
    Ok(())
}

fn wholes<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
) -> Result<(), Fault> {
    let (mut values, mut there) = (Vec::new(), Vec::new());
    for cell in cells {
        if let Cell::Whole(value) = cell {
            values.push(*value as i64);
        }
        there.push(i16::from(matches!(cell, Cell::Whole(_))));
    }
    column.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
    Ok(())
}

/// An empty list is one place without a value; a full one says of each value whether it
/// begins the list.
fn lists<'a>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = &'a Cell>,
) -> Result<(), Fault> {
    let (mut values, mut there, mut goes_on) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let Cell::List(texts) = cell else { continue };
        if texts.is_empty() {
            there.push(0);
            goes_on.push(0);
        }
        for (i, text) in texts.iter().enumerate() {
            values.push(ByteArray::from(text.as_str()));
            there.push(1);
            goes_on.push(i16::from(i > 0));
        }
    }
    column.typed::<ByteArrayType>().write_batch(&values, Some(&there), Some(&goes_on))?;
    Ok(())
}
