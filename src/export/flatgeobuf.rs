//! `FlatGeobuf`, with an index where every record has a place.

use std::io::{self, Write};

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geo::{Geometry, LineString, MultiPoint, MultiPolygon, Polygon};
use geozero::{ColumnValue, PropertyProcessor};

use super::Layer;
use super::table::{Cell, Type, columns, rows};

pub(super) fn write(out: &mut impl Write, layer: &Layer) -> io::Result<()> {
    let (geometry_type, everywhere) = match layer {
        Layer::Points(points) => (GeometryType::Point, !points.is_empty()),
        Layer::Divisions(all) => (
            GeometryType::MultiPolygon,
            !all.is_empty() && all.iter().all(|division| division.area.is_some()),
        ),
        Layer::Release(months) => (
            GeometryType::MultiPolygon,
            !months.is_empty() && months.iter().all(|month| month.elsewhere.is_none()),
        ),
        // Some have no place, and whether one has not is known when all were written. An
        // empty list of points stands for none, which a layer of points alone cannot hold.
        Layer::Tickets(_) => (GeometryType::Unknown, false),
    };
    let options = FgbWriterOptions {
        write_index: everywhere,
        detect_type: false,
        promote_to_multi: geometry_type == GeometryType::MultiPolygon,
        crs: FgbCrs { org: Some("EPSG"), code: 4326, ..FgbCrs::default() },
        ..FgbWriterOptions::default()
    };
    let mut writer = FgbWriter::create_with_options(layer.name(), geometry_type, options)
        .map_err(io::Error::other)?;
    for (name, of) in columns(layer) {
        let of = match of {
            Type::Real => ColumnType::Double,
            Type::Whole => ColumnType::ULong,
            Type::Text | Type::List => ColumnType::String,
        };
        writer.add_column(name, of, |_, _| {});
    }
    for row in rows(layer) {
        let row = row?;
        // GDAL takes an area of one polygon without positions for none, and an area of no
        // polygons for damage.
        let nowhere = || {
            if geometry_type != GeometryType::MultiPolygon {
                return Geometry::MultiPoint(MultiPoint::new(Vec::new()));
            }
            let polygon = Polygon::new(LineString::new(Vec::new()), Vec::new());
            Geometry::MultiPolygon(MultiPolygon::new(vec![polygon]))
        };
        let mut failed = None;
        writer
            .add_feature_geom(row.geometry.unwrap_or_else(nowhere), |feature| {
                for (i, ((name, _), cell)) in columns(layer).iter().zip(&row.cells).enumerate() {
                    let text = cell.text();
                    let value = match (cell, &text) {
                        (Cell::Real(value), _) => ColumnValue::Double(*value),
                        (Cell::Whole(value), _) => ColumnValue::ULong(*value),
                        (_, Some(text)) => ColumnValue::String(text),
                        (_, None) => continue,
                    };
                    failed = feature.property(i, name, &value).err().or(failed.take());
                }
            })
            .map_err(io::Error::other)?;
        if let Some(e) = failed {
            return Err(io::Error::other(e));
        }
    }
    writer.write(out).map_err(io::Error::other)
}
