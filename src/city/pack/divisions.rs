//! The division files of a pack: areas as GeoJSON lines, or points as CSV.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::Path;

use geo::{MapCoordsInPlace, MultiPolygon, Validation};
use geozero::ToGeo;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Faults;
use super::csv_files::{Row, Table};
use crate::city::manifest::LevelInfo;
use crate::city::{Division, Localized, Manifest, Quality, Residents, Source};
use crate::geo::{Datum, LonLat};

/// One line of a GeoJSON-lines file.
#[derive(Deserialize)]
pub(super) struct Feature<'a, P> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) properties: P,
    #[serde(borrow)]
    pub(super) geometry: Option<&'a RawValue>,
}

/// Parses each line that is not empty; a broken line is a fault.
pub(super) fn features<'a, P: Deserialize<'a>>(
    file: &str,
    text: &'a str,
    faults: &mut Faults,
) -> Vec<(usize, Feature<'a, P>)> {
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        match serde_json::from_str::<Feature<'a, P>>(line) {
            Ok(feature) if feature.kind == "Feature" => out.push((i + 1, feature)),
            Ok(feature) => {
                faults.at(file, i + 1, "type", format!("\"{}\" is not Feature", feature.kind));
            }
            Err(e) => faults.at(file, i + 1, "", format!("column {}: {e}", e.column())),
        }
    }
    out
}

/// A geometry as WGS-84.
pub(super) fn geometry(raw: &RawValue, crs: Datum) -> Result<geo::Geometry<f64>, String> {
    let mut geometry = geozero::geojson::GeoJson(raw.get()).to_geo().map_err(|e| e.to_string())?;
    let on_globe = Cell::new(true);
    geometry.map_coords_in_place(|c| {
        let p = LonLat::new(c.x, c.y);
        on_globe.set(on_globe.get() && p.is_valid());
        let p = crs.to_wgs84(p);
        geo::coord! { x: p.lon, y: p.lat }
    });
    if on_globe.get() {
        Ok(geometry)
    } else {
        Err("a coordinate is not [longitude, latitude]".into())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    code: String,
    name: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    valid_from: Option<String>,
    #[serde(default)]
    valid_to: Option<String>,
    #[serde(default)]
    quality: Option<Quality>,
    #[serde(default)]
    population: Option<u32>,
    #[serde(default)]
    population_at: Option<String>,
    source: String,
}

/// A division and the line it was read from.
pub(super) struct Line {
    number: usize,
    division: Division,
}

pub(super) fn read(
    text: &str,
    level: &LevelInfo,
    crs: Datum,
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Line> {
    // The manifest was checked: it is one of the two.
    if Path::new(&level.file).extension().is_some_and(|ext| ext == "csv") {
        read_points(text, level, crs, sources, faults)
    } else {
        read_areas(text, level, crs, sources, faults)
    }
}

fn read_areas(
    text: &str,
    level: &LevelInfo,
    crs: Datum,
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Line> {
    let file = level.file.as_str();
    let mut out = Vec::new();
    for (line, feature) in features::<Properties>(file, text, faults) {
        let p = feature.properties;
        let area = match feature.geometry.map(|raw| area(raw, crs)).transpose() {
            Ok(area) => area,
            Err(detail) => {
                faults.at(file, line, "geometry", format!("{} {}: {detail}", p.code, p.name));
                None
            }
        };
        if !is_division_code(&p.code) {
            faults.at(
                file,
                line,
                "code",
                format!("\"{}\" is not 2 to 32 letters, digits or -", p.code),
            );
        }
        if !sources.iter().any(|s| s.id == p.source) {
            faults.at(
                file,
                line,
                "source",
                format!("\"{}\" is not a [[source]] of city.toml", p.source),
            );
        }
        let mut date = |field: &str, text: Option<String>| {
            let text = text.filter(|t| !t.is_empty())?;
            let date: Option<Date> = text.parse().ok();
            if date.is_none() {
                faults.at(
                    file,
                    line,
                    field,
                    format!("\"{text}\" is not a date such as 2026-01-31"),
                );
            }
            date
        };
        let (valid_from, valid_to) =
            (date("valid_from", p.valid_from), date("valid_to", p.valid_to));
        let unread = p.population_at.as_ref().is_some_and(|text| !text.is_empty());
        let on = date("population_at", p.population_at);
        // A day that cannot be read is a fault already.
        let residents = if unread && on.is_none() {
            None
        } else {
            Residents::read(p.population, on).unwrap_or_else(|(field, detail)| {
                faults.at(file, line, field, detail);
                None
            })
        };
        let division = Division {
            valid_from,
            valid_to,
            code: p.code,
            level: level.key,
            name: Localized { zh: p.name, en: p.name_en },
            aliases: p.aliases,
            parent: p.parent.filter(|parent| !parent.is_empty()),
            quality: p.quality.unwrap_or(level.quality),
            area,
            point: None,
            placed_by: None,
            residents,
            source: p.source,
        };
        out.push(Line { number: line, division });
    }
    out
}

pub(super) fn area(raw: &RawValue, crs: Datum) -> Result<MultiPolygon<f64>, String> {
    let area = match geometry(raw, crs)? {
        geo::Geometry::Polygon(polygon) => MultiPolygon::new(vec![polygon]),
        geo::Geometry::MultiPolygon(area) => area,
        _ => return Err("is not a Polygon or a MultiPolygon".into()),
    };
    if let Some(fault) = area.validation_errors().into_iter().next() {
        return Err(format!("the polygon is not valid: {fault}"));
    }
    Ok(area)
}

pub(crate) fn is_division_code(code: &str) -> bool {
    (2..=32).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn read_points(
    text: &str,
    level: &LevelInfo,
    crs: Datum,
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Line> {
    const COLUMNS: [&str; 12] = [
        "code",
        "name",
        "source",
        "name_en",
        "aliases",
        "parent",
        "valid_from",
        "lon",
        "lat",
        "placed_by",
        "population",
        "population_at",
    ];
    let Some(table) = Table::open(&level.file, text, &COLUMNS, 3, faults) else {
        return Vec::new();
    };
    table.rows(faults, |row| {
        let code = row.required("code")?;
        if !is_division_code(&code) {
            row.fault("code", format!("\"{code}\" is not 2 to 32 letters, digits or -"));
        }
        let residents = residents(row);
        let has_point = !row.text("lon").is_empty() || !row.text("lat").is_empty();
        let division = Division {
            code,
            level: level.key,
            name: Localized { zh: row.required("name")?, en: row.text("name_en").to_owned() },
            aliases: row.list("aliases"),
            parent: row.optional("parent"),
            valid_from: row.date("valid_from"),
            valid_to: None,
            quality: level.quality,
            area: None,
            point: if has_point { Some(row.location(crs)?) } else { None },
            placed_by: row.optional("placed_by"),
            residents,
            source: row.source(sources)?,
        };
        Some(Line { number: row.line(), division })
    })
}

/// The residents of a row; what is wrong with them is a fault.
fn residents(row: &mut Row<'_>) -> Option<Residents> {
    let text = row.text("population");
    let count = (!text.is_empty()).then(|| text.parse().map_err(|_| text.to_owned()));
    let count = match count.transpose() {
        Ok(count) => count,
        Err(text) => {
            row.fault("population", format!("\"{text}\" is not a whole number"));
            return None;
        }
    };
    let on = row.date("population_at");
    if on.is_none() && !row.text("population_at").is_empty() {
        return None;
    }
    Residents::read(count, on).unwrap_or_else(|(field, detail)| {
        row.fault(field, detail);
        None
    })
}

/// Checks that codes are unique and that each parent exists on a larger level, and
/// puts the divisions in order: by level, then by code.
pub(super) fn check(
    mut lines: Vec<Line>,
    manifest: &Manifest,
    faults: &mut Faults,
) -> Vec<Division> {
    let mut seen: HashMap<&str, &Line> = HashMap::with_capacity(lines.len());
    let file = |level| manifest.level(level).map_or("city.toml", |l| l.file.as_str());
    for line in &lines {
        let Division { code, level, .. } = &line.division;
        if let Some(first) = seen.insert(code, line) {
            let first_file = file(first.division.level);
            let detail = format!("\"{code}\" is already used in {first_file}:{}", first.number);
            faults.at(file(*level), line.number, "code", detail);
        }
    }
    for line in &lines {
        let Division { level, parent: Some(parent), .. } = &line.division else { continue };
        let detail = match seen.get(parent.as_str()) {
            None => "does not exist",
            Some(above) if above.division.level >= *level => "is not on a larger level",
            Some(_) => continue,
        };
        faults.at(file(*level), line.number, "parent", format!("\"{parent}\" {detail}"));
    }
    lines.sort_by(|Line { division: a, .. }, Line { division: b, .. }| {
        a.level.cmp(&b.level).then_with(|| a.code.cmp(&b.code))
    });
    lines.into_iter().map(|line| line.division).collect()
}
