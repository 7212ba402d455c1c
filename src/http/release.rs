//! The public figures of tickets: for everybody, and never anything else.
//!
//! Answers are made of releases alone. Neither the version of the snapshot nor a sequence
//! number of the log is in them: whoever watches such a number counts writes.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::answer::{self, round7};
use super::caller::Asked;
use super::params::Params;
use super::problem::Problem;
use super::ticket_filter::instant;
use crate::access::released;
use crate::city::{Month, Release, ReleasedCell};
use crate::geo::Bounds;

/// Stands in entity tags where others have the version of the snapshot.
const TAG: &str = "release";
/// Cells of one answer at most.
const MOST_CELLS: usize = 65_536;
/// Media type of a table.
const CSV: &str = "text/csv; charset=utf-8";

/// The months of which there are public figures.
#[derive(Serialize, ToSchema)]
struct Releases<'a> {
    /// From the oldest.
    releases: Vec<ReleaseView<'a>>,
}

/// A month.
#[derive(Serialize, ToSchema)]
struct ReleaseView<'a> {
    /// Such as `2026-10`.
    month: &'a str,
    /// When it began, by the clock of the city.
    begins: String,
    /// When the next one began.
    ends: String,
    /// Tickets that each figure counts at least.
    k: u64,
    /// Version of the method that decides about the cells.
    method: u32,
    /// When the figures were made. They are not changed afterwards.
    made_at: String,
    /// How many cells there are.
    cells: usize,
    /// How many tickets are in all figures together.
    total: u64,
    /// Of them those that are in no cell; null where they are fewer than `k`: then they are
    /// not in `total` either.
    elsewhere: Option<u64>,
}

fn view(release: &Release) -> ReleaseView<'_> {
    ReleaseView {
        month: &release.id,
        begins: release.begins.to_string(),
        ends: release.ends.to_string(),
        k: release.k,
        method: release.method,
        made_at: release.made_at.to_string(),
        cells: release.cells.len(),
        total: release.total(),
        elsewhere: release.elsewhere,
    }
}

/// A cell: a tile, and how many tickets are in it.
#[derive(Serialize, ToSchema)]
struct PublicCell {
    z: u8,
    x: u32,
    y: u32,
    count: u64,
}

impl From<ReleasedCell> for PublicCell {
    fn from(ReleasedCell { tile, count }: ReleasedCell) -> Self {
        Self { z: tile.z, x: tile.x, y: tile.y, count }
    }
}

/// The months of which there are public figures: how many tickets there were, by cells with
/// at least `k` of them each.
///
/// For everybody. With `month` it gives the figures of that month, as `/v1/release/{month}`.
#[utoipa::path(get, path = "/v1/release", tag = "release",
    params(
        ("month" = Option<String>, Query, description = "A month, such as 2026-10"),
        ("format" = Option<String>, Query, description = "Of the figures of a month: geojson, or csv for a table")),
    responses(
        (status = 200, description = "The months", body = Releases),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "The month is not released", body = Problem)))]
pub(super) async fn list(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let month = q.read("month", "a month such as 2026-10", Month::parse);
    let format = format(&mut q);
    if month.is_none() && !q.is_bad("month") && q.is_given("format") {
        q.fault("format", "is of the figures of a month; name one");
    }
    q.finish()?;
    if let Some(month) = month {
        return figures(&asked, &month.to_string(), format);
    }
    let releases = asked.city().releases.iter().map(|release| view(release)).collect();
    answer::json(TAG, &asked.headers, answer::JSON, &Releases { releases })
}

/// The public figures of a month: its cells as polygons, WGS-84.
///
/// For everybody. Each cell is a tile of the web-mercator pyramid with at least `k` tickets; no
/// two overlap. The figures never change.
#[utoipa::path(get, path = "/v1/release/{month}", tag = "release",
    params(
        ("month" = String, Path, description = "A month, such as 2026-10"),
        ("format" = Option<String>, Query, description = "geojson, or csv for a table")),
    responses(
        (status = 200, description = "The figures", body = Object, content_type = "application/geo+json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "The month is not released", body = Problem)))]
pub(super) async fn month(asked: Asked, Path(month): Path<String>) -> Result<Response, Problem> {
    let mut q = asked.params();
    let format = format(&mut q);
    q.finish()?;
    figures(&asked, &month, format)
}

#[derive(Clone, Copy)]
enum Format {
    GeoJson,
    Csv,
}

fn format(q: &mut Params<'_>) -> Format {
    let format = q.read("format", "geojson or csv", |name| match name {
        "geojson" => Some(Format::GeoJson),
        "csv" => Some(Format::Csv),
        _ => None,
    });
    format.unwrap_or(Format::GeoJson)
}

fn figures(asked: &Asked, month: &str, format: Format) -> Result<Response, Problem> {
    let Some(release) = asked.city().releases.iter().find(|release| release.id == month) else {
        let what = if Month::parse(month).is_some() {
            format!("There are no public figures of {month}; /v1/release lists the months.")
        } else {
            "A month is written as 2026-10; /v1/release lists those with figures.".to_owned()
        };
        return Err(Problem::not_found(what));
    };
    let response = match format {
        Format::GeoJson => {
            answer::json(TAG, &asked.headers, answer::GEOJSON, &collection(release))?
        }
        Format::Csv => answer::tagged(TAG, &asked.headers, CSV, table(release)),
    };
    Ok(answer::unchanging(response))
}

fn collection(release: &Release) -> serde_json::Value {
    let feature = |ReleasedCell { tile, count }: &ReleasedCell| {
        let Bounds { west, south, east, north } = rounded(released::bounds(*tile));
        json!({
            "type": "Feature",
            "id": format!("{}/{}/{}", tile.z, tile.x, tile.y),
            "geometry": {
                "type": "Polygon",
                "coordinates": [[
                    [west, south], [east, south], [east, north], [west, north], [west, south],
                ]],
            },
            "properties": { "z": tile.z, "x": tile.x, "y": tile.y, "count": count },
        })
    };
    json!({
        "type": "FeatureCollection",
        "release": view(release),
        "features": release.cells.iter().map(feature).collect::<Vec<_>>(),
    })
}

/// The cells as a table; what is in none of them is its last row.
fn table(release: &Release) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(["month", "z", "x", "y", "west", "south", "east", "north", "count"]);
    for ReleasedCell { tile, count } in &release.cells {
        let Bounds { west, south, east, north } = rounded(released::bounds(*tile));
        let tile = [tile.z.into(), tile.x, tile.y].map(|n| n.to_string());
        let edges = [west, south, east, north].map(|edge| edge.to_string());
        let row = [release.id.clone()].into_iter().chain(tile).chain(edges);
        let _ = out.write_record(row.chain([count.to_string()]));
    }
    if let Some(count) = release.elsewhere {
        let row = [release.id.clone()].into_iter().chain((0..7).map(|_| String::new()));
        let _ = out.write_record(row.chain([count.to_string()]));
    }
    out.into_inner().unwrap_or_default()
}

fn rounded(bounds: Bounds) -> Bounds {
    Bounds {
        west: round7(bounds.west),
        south: round7(bounds.south),
        east: round7(bounds.east),
        north: round7(bounds.north),
    }
}

/// Parameters of `/v1/density` that need no key.
const PUBLIC: [&str; 6] = ["zoom", "grid", "bbox", "crs", "from", "to"];

/// Released figures on a map.
#[derive(Serialize, ToSchema)]
struct PublicDensity<'a> {
    /// How many tickets are in the cells given, and in `elsewhere`.
    total: u64,
    /// Of the months that tell it: how many are in no cell. Left out with a box.
    #[serde(skip_serializing_if = "Option::is_none")]
    elsewhere: Option<u64>,
    /// The zoom of the grid; cells that are larger keep their own.
    zoom: u8,
    /// The cells that share ground with the box, whole.
    cells: Vec<PublicCell>,
    /// The months that are counted.
    months: Vec<&'a str>,
}

/// `/v1/density` for callers without a key.
pub(super) fn density(asked: &Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let beyond = q.beside(&PUBLIC);
    if !beyond.is_empty() {
        return Err(Problem::unauthorized(format!(
            "{} can be asked with a key of the role analyst: send `Authorization: Bearer KEY`. \
             Without a key there are the public figures, by {}.",
            beyond.join(", "),
            PUBLIC.join(", ")
        )));
    }
    let zoom = q.integer("zoom", 0..=20_u8).unwrap_or(10);
    let grid = q.integer("grid", 5..=8_u8).unwrap_or(6);
    let crs = q.crs();
    let bbox = q.bbox("bbox", crs);
    let city = asked.city();
    let expected = "a time such as 2026-01-31T09:30, or a day";
    let from = q.read("from", expected, |text| instant(text, city));
    let to = q.read("to", expected, |text| instant(text, city));
    q.finish()?;
    let Some(months) = released::months(&city.releases, from, to) else {
        return Err(Problem::unauthorized(
            "Without a key, from and to are the beginning and the end of released months, which \
             /v1/release lists. A key of the role analyst opens any time: send `Authorization: \
             Bearer KEY`.",
        ));
    };
    let zoom = zoom + grid;
    let mut cells = released::cells(months, zoom);
    if let Some(bbox) = bbox {
        cells.retain(|cell| released::bounds(cell.tile).meets(&bbox));
    }
    if cells.len() > MOST_CELLS {
        let detail =
            format!("there are more than {MOST_CELLS} cells; ask for a box, or a lower zoom");
        return Err(Problem::bad_parameter("zoom", detail));
    }
    let elsewhere = bbox.is_none().then(|| of_no_cell(months));
    let density = PublicDensity {
        total: cells.iter().map(|cell| cell.count).sum::<u64>() + elsewhere.unwrap_or(0),
        elsewhere,
        zoom,
        cells: cells.into_iter().map(PublicCell::from).collect(),
        months: months.iter().map(|release| release.id.as_str()).collect(),
    };
    answer::json(TAG, &asked.headers, answer::JSON, &density)
}

fn of_no_cell(months: &[Arc<Release>]) -> u64 {
    months.iter().filter_map(|release| release.elsewhere).sum()
}
