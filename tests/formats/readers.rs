//! What GDAL wrote is read as the same rows, whatever the format.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use geo::{Geometry, MultiPolygon, Point};
use servicemap::import::read::{self, Options};
use servicemap::import::row::{Row, Value};

use crate::gdal::{made, read, text};

/// An area with its polygons and rings in one order, each ring from its least corner on and
/// turned the same way: formats differ in these.
fn settled(geometry: Option<&Geometry<f64>>) -> Option<MultiPolygon<f64>> {
    use geo::orient::{Direction, Orient};
    let area = match geometry? {
        Geometry::Polygon(p) => MultiPolygon::new(vec![p.clone()]),
        Geometry::MultiPolygon(area) => area.clone(),
        other => panic!("{other:?} is no area"),
    };
    let turned = |ring: &geo::LineString<f64>| {
        let mut coords = ring.0.clone();
        coords.pop();
        let least = (0..coords.len())
            .min_by(|a, b| {
                let key = |i: usize| (coords[i].x, coords[i].y);
                key(*a).partial_cmp(&key(*b)).unwrap()
            })
            .unwrap();
        coords.rotate_left(least);
        coords.push(coords[0]);
        geo::LineString::new(coords)
    };
    let mut polygons: Vec<geo::Polygon<f64>> = area
        .orient(Direction::Default)
        .iter()
        .map(|p| {
            geo::Polygon::new(turned(p.exterior()), p.interiors().iter().map(turned).collect())
        })
        .collect();
    polygons.sort_by(|a, b| {
        let key = |p: &geo::Polygon<f64>| p.exterior().0[0].x;
        key(a).partial_cmp(&key(b)).unwrap()
    });
    Some(MultiPolygon::new(polygons))
}

/// The rows agree with those of the GeoJSON that the file was made of.
fn agree(folder: &Path, found: &[Row]) {
    let (expected, _) = read(&folder.join("sample.geojson"));
    for (found, expected) in found.iter().zip(&expected) {
        for column in ["code", "name", "people", "share", "seen", "note"] {
            // FlatGeobuf has no dates, only times.
            let found = text(found, column).map(|t| t.replace("T00:00:00", ""));
            assert_eq!(found, text(expected, column), "{column}");
        }
        assert_eq!(settled(found.geometry.as_ref()), settled(expected.geometry.as_ref()));
    }
}

#[test]
fn flatgeobuf_of_gdal_is_read_with_and_without_an_index() {
    for index in ["SPATIAL_INDEX=YES", "SPATIAL_INDEX=NO"] {
        let folder = tempfile::tempdir().unwrap();
        let file = made(folder.path(), "a.fgb", &["-nlt", "MULTIPOLYGON", "-lco", index]);
        let (mut rows, reader) = read(&file);
        assert_eq!((reader.format(), reader.epsg()), ("FlatGeobuf", Some(4326)));
        assert_eq!(reader.progress(), Some(1.0));
        // The index changes the order, and GDAL leaves out what has no area.
        rows.sort_by_key(|row| text(row, "code"));
        assert_eq!(rows.len(), 2);
        agree(folder.path(), &rows);
    }
}

#[test]
fn every_kind_of_geometry_of_a_flatgeobuf_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [
        r#"{"type":"Point","coordinates":[1.5,2.5]}"#,
        r#"{"type":"MultiPoint","coordinates":[[1.5,2.5],[3.0,4.0]]}"#,
        r#"{"type":"LineString","coordinates":[[1.5,2.5],[3.0,4.0]]}"#,
        r#"{"type":"MultiLineString","coordinates":[[[1.5,2.5],[3.0,4.0]],[[5.0,6.0],[7.0,8.0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0.0,0.0],[4.0,0.0],[4.0,4.0],[0.0,0.0]]]}"#,
    ];
    let features: Vec<String> = kinds
        .iter()
        .map(|g| format!(r#"{{"type":"Feature","properties":{{"a":1}},"geometry":{g}}}"#))
        .collect();
    let json = folder.path().join("kinds.geojson");
    std::fs::write(&json, features.join("\n")).unwrap();
    let json = json.to_str().unwrap();
    for format in ["kinds.fgb", "kinds.gpkg"] {
        let file = folder.path().join(format);
        let lco = if format == "kinds.fgb" { "SPATIAL_INDEX=NO" } else { "SPATIAL_INDEX=YES" };
        crate::gdal::ogr2ogr(&[file.to_str().unwrap(), json, "-nlt", "GEOMETRY", "-lco", lco]);
        let (found, _) = read(&file);
        let (expected, _) = read(Path::new(json));
        let geometries = |rows: &[Row]| rows.iter().map(|r| r.geometry.clone()).collect::<Vec<_>>();
        assert_eq!(geometries(&found), geometries(&expected), "{format}");
    }
}

#[test]
fn a_layer_of_a_geopackage_is_read_and_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path(), "a.gpkg", &["-nlt", "MULTIPOLYGON"]);
    let (rows, reader) = read(&file);
    assert_eq!((reader.format(), reader.epsg()), ("GeoPackage", Some(4326)));
    assert_eq!(rows.len(), 3);
    agree(folder.path(), &rows);
    drop(reader);
    let sample = folder.path().join("sample.geojson");
    let (out, sample) = (file.to_str().unwrap(), sample.to_str().unwrap());
    crate::gdal::ogr2ogr(&[out, sample, "-update", "-nln", "second", "-where", "code = 'A-2'"]);
    let (rows, reader) = read(&file);
    assert_eq!(rows.len(), 3);
    assert!(reader.remarks()[0].contains("layer, second"), "{:?}", reader.remarks());
    let options = |layer: &str| Options { layer: Some(layer.to_owned()) };
    assert_eq!(read::open(&file, &options("second")).unwrap().count(), 1);
    let Err(e) = read::open(&file, &options("third")) else { panic!("there is no third layer") };
    assert!(e.to_string().contains("its layers are layer, second"), "{e}");
}

#[test]
fn a_view_in_a_geopackage_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = made(folder.path(), "a.gpkg", &["-nlt", "MULTIPOLYGON"]);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE gpkg_contents SET table_name = 'endless' WHERE table_name = 'layer';
             UPDATE gpkg_geometry_columns SET table_name = 'endless';
             CREATE VIEW endless AS WITH RECURSIVE n(i) AS
               (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS fid, NULL AS geom FROM n
               WHERE i < 0;",
        )
        .unwrap();
    let Err(e) = read::open(&file, &Options::default()) else { panic!("a view was opened") };
    assert!(e.to_string().contains("is no table"), "{e}");
}

/// A zip archive of a shapefile's parts.
fn zipped(shp: &Path, parts: &[&str]) -> PathBuf {
    let out = shp.with_extension("zip");
    let mut zip = zip::ZipWriter::new(File::create(&out).unwrap());
    for part in parts {
        let name = format!("样例/layer.{part}");
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(shp.with_extension(part)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    out
}

#[test]
fn a_shapefile_is_read_from_its_archive_and_beside_its_parts() {
    for encoding in ["UTF-8", "CP936"] {
        let folder = tempfile::tempdir().unwrap();
        let lco = format!("ENCODING={encoding}");
        let shp = made(folder.path(), "layer.shp", &["-lco", &lco]);
        let (rows, reader) = read(&shp);
        assert_eq!((rows.len(), reader.format(), reader.epsg()), (3, "shapefile", Some(4326)));
        agree(folder.path(), &rows);
        let (rows, reader) = read(&zipped(&shp, &["shp", "shx", "dbf", "prj", "cpg"]));
        assert_eq!((reader.epsg(), reader.progress()), (Some(4326), Some(1.0)));
        agree(folder.path(), &rows);
        // Without a word of its encoding or its coordinates it is told by its bytes.
        let (rows, reader) = read(&zipped(&shp, &["shp", "dbf"]));
        agree(folder.path(), &rows);
        assert_eq!(reader.epsg(), None);
        let remarks = reader.remarks().join("; ");
        assert!(remarks.contains("no .prj") && remarks.contains("by its bytes"), "{remarks}");
    }
}

#[test]
fn the_coordinate_system_of_a_shapefile_is_recognised() {
    for (system, code) in [("EPSG:4490", Some(4490)), ("EPSG:4610", Some(4610))] {
        let folder = tempfile::tempdir().unwrap();
        let shp = made(folder.path(), "layer.shp", &["-a_srs", system]);
        assert_eq!(read(&shp).1.epsg(), code);
    }
    let folder = tempfile::tempdir().unwrap();
    let shp = made(folder.path(), "layer.shp", &["-t_srs", "EPSG:4547"]);
    let (rows, reader) = read(&shp);
    assert_eq!((rows.len(), reader.epsg()), (3, None));
    assert!(reader.remarks().join(";").contains("CGCS2000"), "{:?}", reader.remarks());
}

#[test]
fn geoparquet_of_another_library_is_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/offices.parquet");
    let (rows, reader) = read(&file);
    assert_eq!((rows.len(), reader.format(), reader.epsg()), (100, "GeoParquet", Some(4490)));
    assert_eq!(reader.remarks(), ["not read, because binary: photo"]);
    let row = &rows[41];
    let names = ["id", "name", "aliases", "open", "desks", "area", "seen", "at"];
    assert_eq!(row.columns.0, names);
    let list = vec![Value::Text("甲".into()), Value::Text("乙;丙".into())];
    assert_eq!(
        row.values,
        [
            Value::Text("o-41".into()),
            Value::Text("样例办事处41".into()),
            Value::List(list),
            Value::Bool(false),
            Value::Integer(41),
            Value::Number(41.0 / 7.0),
            Value::Text("2026-02-11".into()),
            Value::Text("2026-01-01T08:41:00Z".into()),
        ]
    );
    assert_eq!(row.geometry, Some(Geometry::Point(Point::new(116.0 + 0.041, 39.0 + 0.041))));
    assert_eq!((rows[7].geometry.clone(), rows[0].get(2)), (None, &Value::Null));
    assert_eq!((rows[2].get(2), rows[5].get(4)), (&Value::List(vec![]), &Value::Null));
}
