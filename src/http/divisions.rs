//! Divisions: the list, and one of them with its area.

use axum::extract::Path;
use axum::response::Response;
use geozero::ToJson;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::answer::point_geometry;
use super::caller::Asked;
use super::problem::Problem;
use crate::city::{Division, Lang, Level, Localized, Quality};
use crate::geo::Datum;

/// What is said of a division.
#[derive(Serialize, ToSchema)]
pub(super) struct DivisionProperties<'a> {
    /// Official code.
    code: &'a str,
    level: Level,
    /// Name in the language of the answer.
    name: &'a str,
    /// Name in each language.
    #[schema(value_type = Object)]
    names: &'a Localized,
    aliases: &'a [String],
    /// Code of the division it is part of.
    parent: Option<&'a str>,
    /// How far its area can be trusted.
    quality: Quality,
    /// How far its border may be off, metres.
    accuracy_m: Option<f64>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// How its point was found, where it has a point and no area.
    placed_by: Option<&'a str>,
    /// How many people live there; null where it is not known.
    population: Option<u32>,
    /// The day that this number is of.
    population_at: Option<String>,
    /// Whether its area is known.
    has_area: bool,
    /// Divisions directly under it.
    children: usize,
    source: &'a str,
}

#[derive(Serialize, ToSchema)]
struct DivisionList<'a> {
    divisions: Vec<DivisionProperties<'a>>,
}

fn properties<'a>(asked: &'a Asked, division: &'a Division, lang: Lang) -> DivisionProperties<'a> {
    let level = asked.city().manifest.level(division.level);
    DivisionProperties {
        code: &division.code,
        level: division.level,
        name: division.name.get(lang),
        names: &division.name,
        aliases: &division.aliases,
        parent: division.parent.as_deref(),
        quality: division.quality,
        accuracy_m: level.map(|l| l.accuracy_m),
        valid_from: division.valid_from.map(|d| d.to_string()),
        valid_to: division.valid_to.map(|d| d.to_string()),
        placed_by: division.placed_by.as_deref(),
        population: division.residents.map(|r| r.count),
        population_at: division.residents.map(|r| r.on.to_string()),
        has_area: division.area.is_some(),
        children: asked.snapshot.divisions.children(&division.code).len(),
        source: &division.source,
    }
}

/// Divisions of a level, or directly under another; without their areas.
#[utoipa::path(get, path = "/v1/divisions", tag = "jurisdiction",
    params(
        ("level" = Option<String>, Query, description = "district, township or community; district unless a parent is given"),
        ("parent" = Option<String>, Query, description = "Code of the division they are directly under"),
        ("date" = Option<String>, Query, description = "Only those that exist on this day"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The divisions, by code", body = DivisionList),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn list(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let level = q.read("level", "district, township or community", Level::parse);
    let parent = q.text("parent");
    let day = q.day("date");
    if let Some(code) = parent.as_ref().filter(|c| asked.snapshot.divisions.number(c).is_none()) {
        q.fault("parent", format!("there is no division \"{code}\""));
    }
    q.finish()?;
    let level = level.or_else(|| parent.is_none().then_some(Level::District));
    let divisions = asked
        .city()
        .divisions
        .iter()
        .filter(|d| level.is_none_or(|level| d.level == level))
        .filter(|d| day.is_none_or(|day| d.exists(day)))
        .filter(|d| parent.is_none() || d.parent == parent)
        .map(|d| properties(&asked, d, lang))
        .collect();
    asked.json(&DivisionList { divisions })
}

/// One division, as a GeoJSON feature; its geometry is null where no area is known.
#[utoipa::path(get, path = "/v1/divisions/{code}", tag = "jurisdiction",
    params(
        ("code" = String, Path, description = "Code of the division"),
        ("crs" = Option<String>, Query, description = "Datum of the answer"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "A GeoJSON feature with these properties", body = DivisionProperties, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such division", body = Problem)))]
pub(super) async fn get(Path(code): Path<String>, asked: Asked) -> Result<Response, Problem> {
    /// A feature whose geometry is written already.
    #[derive(Serialize)]
    struct Feature<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        id: &'a str,
        geometry: Option<Box<RawValue>>,
        properties: DivisionProperties<'a>,
    }
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    q.finish()?;
    let number = asked.snapshot.divisions.number(&code).ok_or_else(|| {
        Problem::not_found(format!("There is no division \"{code}\"; /v1/divisions lists them."))
    })?;
    let division = &asked.city().divisions[number as usize];
    asked.geojson(&Feature {
        kind: "Feature",
        id: &division.code,
        geometry: geometry(division, crs),
        properties: properties(&asked, division, lang),
    })
}

fn geometry(division: &Division, crs: Datum) -> Option<Box<RawValue>> {
    use geo::MapCoords;

    let json = if let Some(area) = &division.area {
        let area = area.map_coords(|c| {
            let p = crs.from_wgs84(crate::geo::LonLat::new(c.x, c.y));
            geo::coord! { x: p.lon, y: p.lat }
        });
        geo::Geometry::MultiPolygon(area).to_json().ok()?
    } else {
        point_geometry(division.point?, crs).to_string()
    };
    RawValue::from_string(json).ok()
}
