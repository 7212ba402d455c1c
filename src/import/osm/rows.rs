//! An extract as rows, for the records of a city that there is: its service points, or with
//! the layer `divisions` its divisions. It is opened whole, since a point may need a way and
//! a way its nodes.

use std::path::Path;
use std::sync::Arc;

use geo::Geometry;

use super::{Extract, Found, Mapping, Wishes};
use crate::city::Division;
use crate::import::read::Options;
use crate::import::row::{Columns, FileFault, Next, Place, Row, Rows, Value};

const POINTS: [&str; 11] = [
    "id",
    "name",
    "name_en",
    "aliases",
    "category",
    "address",
    "phone",
    "opening_hours",
    "accessibility",
    "source",
    "observed_at",
];
const DIVISIONS: [&str; 8] =
    ["code", "name", "name_en", "aliases", "level", "parent", "quality", "source"];

/// Opens an extract with the mapping that comes along; `layer` is `points` (or nothing) or
/// `divisions`.
///
/// # Errors
/// Where it cannot be read, or has no such layer.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, FileFault> {
    let unknown = |detail: String| FileFault::Unknown { path: path.display().to_string(), detail };
    let divisions = match options.layer.as_deref() {
        None | Some("points") => false,
        Some("divisions") => true,
        Some(other) => {
            return Err(unknown(format!("it has no layer {other}; there are points, divisions")));
        }
    };
    let mapping = Mapping::shipped().map_err(unknown)?;
    let extract = super::read(path, &mapping, &Wishes::default(), &mut |_, _| {})?;
    let remarks = remarks(&extract, divisions);
    let rows: Vec<Row> = if divisions {
        let columns = columns(&DIVISIONS);
        extract.divisions.into_iter().map(|d| division(d, &columns)).collect()
    } else {
        let columns = columns(&POINTS);
        extract.points.into_iter().map(|f| point(f, &columns)).collect()
    };
    Ok(Box::new(OsmRows { count: rows.len(), rows: rows.into_iter(), remarks }))
}

fn columns(names: &[&str]) -> Arc<Columns> {
    Arc::new(Columns(names.iter().map(|name| (*name).to_owned()).collect()))
}

/// What the rows do not say.
fn remarks(extract: &Extract, divisions: bool) -> Vec<String> {
    let report = &extract.report;
    let mut remarks = Vec::new();
    let found = if divisions {
        [
            (&report.cut, "divisions are only partly in the extract and were left out"),
            (&report.broken, "borders cannot be closed"),
        ]
    } else {
        [
            (&report.hours_unknown, "opening hours are not understood and were left out"),
            (&report.twice, "points were there twice"),
        ]
    };
    for (findings, what) in found {
        if let Some(first) = findings.listed.first() {
            remarks.push(format!("{} {what}, such as {first}", findings.count));
        }
    }
    remarks
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::Text(text.to_owned()) }
}

fn list(texts: Vec<String>) -> Value {
    Value::List(texts.into_iter().map(Value::Text).collect())
}

/// `osm-n1` as `node/1`.
fn place(id: &str) -> Place {
    let kinds = [("osm-n", "node"), ("osm-w", "way"), ("osm-r", "relation"), ("r", "relation")];
    let named = kinds
        .iter()
        .find_map(|(short, long)| id.strip_prefix(short).map(|number| format!("{long}/{number}")));
    Place::Object(named.unwrap_or_else(|| id.to_owned()))
}

fn point(found: Found, columns: &Arc<Columns>) -> Row {
    let p = found.point;
    Row {
        place: place(&p.id),
        columns: Arc::clone(columns),
        geometry: Some(Geometry::Point(p.location.into())),
        values: vec![
            text(&p.id),
            text(&p.name.zh),
            text(&p.name.en),
            list(p.aliases),
            text(&p.category),
            text(p.address.as_deref().unwrap_or_default()),
            text(p.phone.as_deref().unwrap_or_default()),
            text(p.hours.as_ref().map(crate::city::hours::Hours::raw).unwrap_or_default()),
            list(p.accessibility),
            text(&p.source),
            text(&p.observed_at.map(|day| day.to_string()).unwrap_or_default()),
        ],
    }
}

fn division(d: Division, columns: &Arc<Columns>) -> Row {
    Row {
        place: place(&d.code),
        columns: Arc::clone(columns),
        geometry: match (d.area, d.point) {
            (Some(area), _) => Some(Geometry::MultiPolygon(area)),
            (None, point) => point.map(|p| Geometry::Point(p.into())),
        },
        values: vec![
            text(&d.code),
            text(&d.name.zh),
            text(&d.name.en),
            list(d.aliases),
            text(d.level.key()),
            text(d.parent.as_deref().unwrap_or_default()),
            text("approximate"),
            text(&d.source),
        ],
    }
}

struct OsmRows {
    count: usize,
    rows: std::vec::IntoIter<Row>,
    remarks: Vec<String>,
}

impl Iterator for OsmRows {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        self.rows.next().map(|row| Ok(Ok(row)))
    }
}

impl Rows for OsmRows {
    fn format(&self) -> &'static str {
        "OpenStreetMap extract"
    }

    fn epsg(&self) -> Option<u32> {
        Some(4326)
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        Some(1.0 - self.rows.len() as f64 / self.count.max(1) as f64)
    }
}
