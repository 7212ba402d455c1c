//! CSV and `GeoJSON`.

use std::io::{self, Write};

use geo::Geometry;
use geozero::{ToJson, ToWkt};
use serde_json::{Map, Value, value::RawValue};

use super::Layer;
use super::table::{Cell, columns, rows};

/// Points and tickets have the columns `lon` and `lat`, others their area in `wkt`.
pub(super) fn csv(out: &mut impl Write, layer: &Layer) -> io::Result<()> {
    let mut out = csv::Writer::from_writer(out);
    let place: &[&str] = match layer {
        Layer::Points(_) | Layer::Tickets(_) => &["lon", "lat"],
        Layer::Divisions(_) | Layer::Release(_) => &["wkt"],
    };
    out.write_record(columns(layer).iter().map(|(name, _)| *name).chain(place.iter().copied()))?;
    for row in rows(layer) {
        let row = row?;
        let mut texts: Vec<String> =
            row.cells.iter().map(|cell| cell.text().unwrap_or_default()).collect();
        match row.geometry {
            Some(Geometry::Point(p)) => texts.extend([p.x().to_string(), p.y().to_string()]),
            Some(area) => texts.push(area.to_wkt().map_err(io::Error::other)?),
            None => texts.extend(place.iter().map(|_| String::new())),
        }
        out.write_record(texts)?;
    }
    out.flush()
}

/// A feature a line inside a collection.
pub(super) fn geojson(out: &mut impl Write, layer: &Layer) -> io::Result<()> {
    out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    for (i, row) in rows(layer).enumerate() {
        let row = row?;
        let names = columns(layer).iter().map(|(name, _)| (*name).to_owned());
        let properties: Map<String, Value> = names.zip(row.cells.into_iter().map(value)).collect();
        let geometry = row.geometry.map(|g| g.to_json()).transpose().map_err(io::Error::other)?;
        let geometry = geometry.map(RawValue::from_string).transpose()?;
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        out.write_all(b"{\"type\":\"Feature\",\"properties\":")?;
        serde_json::to_writer(&mut *out, &properties)?;
        out.write_all(b",\"geometry\":")?;
        serde_json::to_writer(&mut *out, &geometry)?;
        out.write_all(b"}")?;
    }
    out.write_all(b"\n]}\n")
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::from(text),
        Cell::List(texts) => Value::from(texts),
        Cell::Real(value) => Value::from(value),
        Cell::Whole(value) => Value::from(value),
    }
}
