//! A GeoPackage with one layer.

use std::path::Path;

use geo::BoundingRect;
use geozero::{CoordDimensions, ToWkb};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::Layer;
use super::table::{Cell, Type, columns, rows};

/// The tables of the standard (OGC 12-128r19), and its marks.
const TABLES: &str = "
PRAGMA application_id = 0x47504B47;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', NULL),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]', 'longitude and latitude in degrees');
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name),
  column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL
  REFERENCES gpkg_spatial_ref_sys(srs_id), z TINYINT NOT NULL, m TINYINT NOT NULL,
  PRIMARY KEY (table_name, column_name)
);";

type Fault = Box<dyn std::error::Error + Send + Sync>;

pub(super) fn write(path: &Path, layer: &Layer) -> Result<(), Fault> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(TABLES)?;
    let transaction = connection.transaction()?;
    let table = layer.name();
    let geometry_type = layer.geometry().to_ascii_uppercase();
    let declared: Vec<String> = columns(layer)
        .iter()
        .map(|(name, of)| {
            let of = match of {
                Type::Real => "DOUBLE",
                Type::Whole => "INTEGER",
                Type::Text | Type::List => "TEXT",
            };
            format!(", {name} {of}")
        })
        .collect();
    transaction.execute_batch(&format!(
        "CREATE TABLE {table} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \
         geom {geometry_type}{});
         INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)
           VALUES ('{table}', 'features', '{table}', 4326);
         INSERT INTO gpkg_geometry_columns
           VALUES ('{table}', 'geom', '{geometry_type}', 4326, 0, 0);",
        declared.concat()
    ))?;
    let names: Vec<&str> = columns(layer).iter().flat_map(|(name, _)| [", ", *name]).collect();
    let names = names.concat();
    let marks = ", ?".repeat(columns(layer).len());
    let mut extent: Option<[f64; 4]> = None;
    {
        let sql = format!("INSERT INTO {table} (geom{names}) VALUES (?{marks})");
        let mut insert = transaction.prepare(&sql)?;
        for row in rows(layer) {
            let row = row?;
            let mut values = vec![Value::Null];
            if let Some(geometry) = row.geometry {
                let bounds =
                    geometry.bounding_rect().map(|b| [b.min().x, b.max().x, b.min().y, b.max().y]);
                extent = joined(extent, bounds);
                let envelope = match layer {
                    Layer::Points(_) | Layer::Tickets(_) => Vec::new(),
                    Layer::Divisions(_) | Layer::Release(_) => {
                        bounds.map_or_else(Vec::new, |b| b.to_vec())
                    }
                };
                values[0] = Value::Blob(geometry.to_gpkg_wkb(
                    CoordDimensions::xy(),
                    Some(4326),
                    envelope,
                )?);
            }
            values.extend(row.cells.iter().map(|cell| match cell {
                Cell::Real(value) => Value::Real(*value),
                Cell::Whole(value) => Value::Integer(*value as i64),
                other => other.text().map_or(Value::Null, Value::Text),
            }));
            insert.execute(params_from_iter(values))?;
        }
    }
    if let Some([west, east, south, north]) = extent {
        let sql = "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?";
        transaction.execute(sql, [west, south, east, north])?;
    }
    transaction.commit()?;
    connection.close().map_err(|(_, e)| e)?;
    Ok(())
}

fn joined(a: Option<[f64; 4]>, b: Option<[f64; 4]>) -> Option<[f64; 4]> {
    let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
    Some([a[0].min(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].max(b[3])])
}
