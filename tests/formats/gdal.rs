//! Runs GDAL.

use std::path::{Path, PathBuf};
use std::process::Command;

use servicemap::import::read::{self, Options};
use servicemap::import::row::{Row, Rows};

/// A file that a test may read; GDAL makes the others out of it.
pub(crate) const SAMPLE: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"A-1","name":"东城样例区","people":70001,"share":0.25,"seen":"2026-01-31","note":null},"geometry":{"type":"MultiPolygon","coordinates":[[[[116.1,39.1],[116.9,39.1],[116.9,39.9],[116.1,39.9],[116.1,39.1]],[[116.2,39.2],[116.2,39.3],[116.3,39.3],[116.3,39.2],[116.2,39.2]]],[[[117.1,39.1],[117.2,39.1],[117.2,39.2],[117.1,39.1]]]]}},
{"type":"Feature","properties":{"code":"A-2","name":"西城样例区","people":-3,"share":1e-7,"seen":"2026-02-28","note":"a, \"b\""},"geometry":{"type":"MultiPolygon","coordinates":[[[[115.1,39.1],[115.9,39.1],[115.9,39.9],[115.1,39.1]]]]}},
{"type":"Feature","properties":{"code":"A-3","name":"无界样例区","people":null,"share":null,"seen":null,"note":"长"},"geometry":null}
]}"#;

/// Runs `ogr2ogr`.
pub(crate) fn ogr2ogr(arguments: &[&str]) {
    let output = Command::new("ogr2ogr").args(arguments).output().expect("GDAL is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The sample in a format of GDAL.
pub(crate) fn made(folder: &Path, file: &str, more: &[&str]) -> PathBuf {
    let (sample, out) = (folder.join("sample.geojson"), folder.join(file));
    std::fs::write(&sample, SAMPLE).unwrap();
    let mut arguments = vec![out.to_str().unwrap(), sample.to_str().unwrap(), "-nln", "layer"];
    arguments.extend(more);
    ogr2ogr(&arguments);
    out
}

/// All rows of a file, which must all be readable, and what the reader says of it.
pub(crate) fn read(path: &Path) -> (Vec<Row>, Box<dyn Rows>) {
    let mut reader = read::open(path, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    let rows = reader.by_ref().map(|next| next.unwrap().unwrap()).collect();
    (rows, reader)
}

/// The text of a value of a row, by the name of its column.
pub(crate) fn text(row: &Row, name: &str) -> Option<String> {
    let at = row.columns.position(name).unwrap_or_else(|| panic!("no {name} in {:?}", row.columns));
    row.get(at).text()
}
