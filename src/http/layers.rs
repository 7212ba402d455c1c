//! Vector tiles, and what a client reads before it asks for one.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::IntoParams;

use super::accept::accepts;
use super::answer;
use super::answer::matches_tag;
use super::caller::{Asked, BaseUrl};
use super::coding;
use super::front::Repeatable;
use super::params::Params;
use super::points;
use super::problem::{ParameterFault, Problem};
use super::rate;
use super::release;
use super::state::AppState;
use super::ticket_filter::{self, GRID, GRIDS};
use crate::access::{Role, released};
use crate::city::ReleasedCell;
use crate::geo::TileId;
use crate::index::digests::Digest;
use crate::index::{PointFilter, Snapshot};
use crate::tiles::{
    self, Coding, Composite, CompositeError, Density, Layer, LayerError, LayerSet, Question, Sent,
    Shape, TileError,
};

/// The route of a tile.
pub(super) const PATH: &str = "/tiles/{layers}/{z}/{x}/{y}";
/// Media types under which a caller may ask for a tile.
pub(super) const TILE_TYPES: [&str; 3] =
    [tiles::MEDIA_TYPE, "application/x-protobuf", "application/octet-stream"];

/// The layers that can be asked for.
#[utoipa::path(get, path = "/tiles", tag = "maps",
    responses((status = 200, description = "The catalog", body = Object)))]
pub(super) async fn catalog(
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.params().finish()?;
    asked.json(&tiles::catalog(&asked.snapshot, state.archives()))
}

/// The filters of layer points, as the description of the interface lists them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `points::filters` reads them")]
struct PointParameters {
    /// Codes of categories, separated by commas.
    category: Option<String>,
    /// Code of a service matter.
    service: Option<String>,
    /// Code of a division.
    division: Option<String>,
    /// Can be booked on line, or not.
    bookable: Option<bool>,
    /// A word such as wheelchair.
    accessible: Option<String>,
    /// now, or a time.
    open_at: Option<String>,
    /// A date.
    updated_since: Option<String>,
}

/// What layer density takes, as the description of the interface lists it; category and
/// division are as for points.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters; `density` reads them")]
struct DensityParameters {
    /// Layer density: filed at this time or later.
    from: Option<String>,
    /// Layer density: filed before this time.
    to: Option<String>,
    /// Layer density: states, by commas.
    status: Option<String>,
    /// Layer density: channels, by commas.
    channel: Option<String>,
    /// Layer density: hours of the day, such as `8,9` or `22-23`.
    hour: Option<String>,
    /// Layer density: days of the week, such as `1-5`; 1 is Monday.
    weekday: Option<String>,
    /// Layer density: only in this box.
    bbox: Option<String>,
    /// Datum of the box.
    crs: Option<String>,
    /// Layer density: count, or rate to have how many in a month too.
    metric: Option<String>,
    /// Layer density: month, to which a rate is; the residents of a cell are not known.
    per: Option<String>,
    /// Layer density: point or cell.
    shape: Option<String>,
    /// Layer density: a tile has 2^grid cells along its side; 5 to 8, 6 if left out.
    grid: Option<u8>,
}

/// TileJSON 3.0.0 of some layers. Filters of points that are given here are kept in
/// the address of the tiles.
#[utoipa::path(get, path = "/tiles/{layers}", tag = "maps",
    params(
        ("layers" = String, Path, description = "Names of layers, separated by commas"),
        PointParameters,
        DensityParameters,
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The TileJSON", body = Object),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such layer", body = Problem),
        (status = 503, description = "The file of a basemap is broken", body = Problem)))]
pub(super) async fn tilejson(
    Path(names): Path<String>,
    State(state): State<AppState>,
    base: BaseUrl,
    asked: Asked,
) -> Result<Response, Problem> {
    let composite = composite(&names, &state)?;
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    filter(&mut q, &composite.layers, &asked)?;
    if composite.layers.contains(Layer::Density) {
        density(&mut q, &asked);
    }
    q.finish()?;
    let kept: Vec<&str> = asked
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("lang="))
        .collect();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let names = composite.names();
    let template = format!("{}/tiles/{names}/{{z}}/{{x}}/{{y}}{query}", base.0);
    asked.json(&tiles::tilejson(&asked.snapshot, &composite, &template, lang))
}

/// One tile, as Mapbox Vector Tile 2.1.
#[utoipa::path(get, path = "/tiles/{layers}/{z}/{x}/{y}", tag = "maps",
    params(
        ("layers" = String, Path, description = "Names of layers, separated by commas"),
        ("z" = u8, Path, description = "Zoom, 0 to 20"),
        ("x" = u32, Path, description = "Column"),
        ("y" = u32, Path, description = "Row; may end in .mvt or .pbf"),
        PointParameters,
        DensityParameters),
    responses(
        (status = 200, description = "The tile", content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "Nothing lies in it"),
        (status = 400, description = "A number or a parameter is bad", body = Problem),
        (status = 401, description = "What is asked of layer density needs a key", body = Problem),
        (status = 403, description = "Layer density with a key of another role", body = Problem),
        (status = 404, description = "No such layer, or outside the range of zooms", body = Problem),
        (status = 406, description = "The caller takes no vector tiles", body = Problem),
        (status = 503, description = "The file of a basemap is broken", body = Problem)))]
pub(super) async fn tile(
    Path((names, z, x, y)): Path<(String, String, String, String)>,
    State(state): State<AppState>,
    asked: Asked,
) -> Result<Response, Problem> {
    let composite = composite(&names, &state)?;
    let q = asked.params();
    answer(state, &asked, q, &composite, [&z, &x, &y]).await
}

/// Answers with a tile of these layers; `zxy` are its numbers as they were written.
/// Filters are read from `q`, where what else the caller may say was read before.
pub(super) async fn answer(
    state: AppState,
    asked: &Asked,
    mut q: Params<'_>,
    composite: &Composite,
    [z, x, y]: [&str; 3],
) -> Result<Response, Problem> {
    let tile = numbers(z, x, y)?.map_err(|e| Problem::not_found(sentence(&e.to_string())))?;
    let zooms = composite.min_zoom()..=composite.max_zoom();
    if !zooms.contains(&tile.z) {
        let (z, min, max) = (tile.z, zooms.start(), zooms.end());
        let names = composite.names();
        let detail = format!(
            "Zoom {z} is outside the zoom range; {names} is served from zoom {min} to {max}."
        );
        return Err(Problem::not_found(detail));
    }
    if !accepts(&asked.headers, &TILE_TYPES) {
        let detail = format!("A tile is {}; the Accept header leaves that out.", tiles::MEDIA_TYPE);
        return Err(Problem::not_acceptable(detail));
    }
    let counted = composite.layers.contains(Layer::Density);
    let private = counted && !asked.is_public();
    if private {
        asked.require(Role::Analyst)?;
    }
    let filter = filter(&mut q, &composite.layers, asked)?;
    let mut question = Question::new(&asked.snapshot, composite, tile, &filter);
    if private {
        let density = density(&mut q, asked);
        question = question.with_density(density);
    } else if counted {
        let (cells, shape) = released(&mut q, asked, tile)?;
        question = question.with_released(cells, shape);
    }
    q.finish()?;
    let with_tag = |response, tag: &str| {
        let response = with_tag(response, tag);
        if private { answer::private(response) } else { response }
    };
    let digest = question.digest(&asked.snapshot);
    // Weak: the same tile goes out in several codings.
    let tag = format!("W/\"{digest:032x}\"");
    if matches_tag(&asked.headers, &tag) {
        return Ok(with_tag(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    let coding = coding::accepted(&asked.headers);
    let sent = match state.tile_cache().get(digest, coding) {
        Some(sent) => sent,
        None => made(state, Arc::clone(&asked.snapshot), question, digest, coding).await?,
    };
    if sent.bytes.is_empty() {
        return Ok(with_tag(StatusCode::NO_CONTENT.into_response(), &tag));
    }
    let repeats = composite.archives.is_empty() && filter.open_at.is_none() && !counted;
    let repeatable = (repeats && sent.coding == coding).then(|| Repeatable {
        snapshot: Arc::clone(&asked.snapshot),
        bytes: sent.bytes.clone(),
        coding,
    });
    let mut response = sent.bytes.into_response();
    if let Some(repeatable) = repeatable {
        response.extensions_mut().insert(repeatable);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(tiles::MEDIA_TYPE));
    if sent.coding != Coding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(sent.coding.name()));
    }
    Ok(with_tag(response, &tag))
}

/// Makes a tile on a thread that answers nobody else meanwhile.
async fn made(
    state: AppState,
    snapshot: Arc<Snapshot>,
    question: Question,
    digest: Digest,
    coding: Coding,
) -> Result<Sent, Problem> {
    let make = move || state.tile_cache().make(digest, coding, &snapshot, &question);
    let made = tokio::task::spawn_blocking(make).await.map_err(|e| {
        tracing::error!(error = %e, "the thread of a tile ended early");
        Problem::internal()
    })?;
    made.map_err(|e| {
        tracing::warn!(error = %e, "a basemap's tile cannot be read");
        Problem::basemap("A basemap in this list cannot be read at the moment.")
    })
}

/// Sets what every answer about a tile has.
fn with_tag(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

pub(super) fn composite(names: &str, state: &AppState) -> Result<Composite, Problem> {
    Composite::parse(names, state.archives()).map_err(|e| match &e {
        CompositeError::Layers(LayerError::Unknown { .. }) => {
            Problem::not_found(sentence(&e.to_string()))
        }
        CompositeError::Layers(_) | CompositeError::Clash(..) => {
            Problem::bad_parameter("layers", e.to_string())
        }
        CompositeError::OutOfService(_) => Problem::basemap(sentence(&e.to_string())),
    })
}

/// The filters of points, where there are points to filter.
///
/// # Errors
/// Where there is density too, whose filter has parameters of the same names.
fn filter(q: &mut Params<'_>, layers: &LayerSet, asked: &Asked) -> Result<PointFilter, Problem> {
    if !layers.contains(Layer::Points) {
        return Ok(PointFilter::default());
    }
    if layers.contains(Layer::Density) {
        let detail =
            "points and density both have a category and a division; ask for them apart".into();
        return Err(Problem::bad_parameter("layers", detail));
    }
    Ok(points::filters(q, &asked.snapshot, "category"))
}

/// What is asked of layer density.
fn density(q: &mut Params<'_>, asked: &Asked) -> Density {
    let filter = ticket_filter::filter(q, &asked.snapshot);
    let months = rate::months(q, &filter, &asked.snapshot);
    let (shape, grid) = (shape(q), grid(q));
    Density { filter, shape, grid, months }
}

/// The public figures of a tile, for callers without a key, and what stands for a cell.
fn released(
    q: &mut Params<'_>,
    asked: &Asked,
    tile: TileId,
) -> Result<(Vec<ReleasedCell>, Shape), Problem> {
    let (shape, grid) = (shape(q), grid(q));
    let months = release::months(q, asked, &["from", "to", "shape", "grid"])?;
    Ok((released::cells_of_tile(months, tile.z + grid, tile), shape))
}

fn shape(q: &mut Params<'_>) -> Shape {
    let shape = q.read("shape", "point or cell", |text| match text {
        "point" => Some(Shape::Point),
        "cell" => Some(Shape::Cell),
        _ => None,
    });
    shape.unwrap_or_default()
}

fn grid(q: &mut Params<'_>) -> u8 {
    q.integer("grid", GRIDS).unwrap_or(GRID)
}

/// The three numbers of a tile: malformed is 400, out of range is for the caller.
fn numbers(z: &str, x: &str, y: &str) -> Result<Result<crate::geo::TileId, TileError>, Problem> {
    let y = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf")).unwrap_or(y);
    let mut faults = Vec::new();
    let mut number = |name: &str, text: &str| {
        // Not `parse` alone: it takes a plus sign.
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let value = if digits { Some(text.parse().unwrap_or(u32::MAX)) } else { None };
        if value.is_none() {
            faults.push(ParameterFault {
                parameter: name.to_owned(),
                detail: format!("\"{text}\" is not a whole number"),
            });
        }
        value
    };
    match (number("z", z), number("x", x), number("y", y)) {
        (Some(z), Some(x), Some(y)) => Ok(tiles::tile(z, x, y)),
        _ => Err(Problem::bad_parameters(faults)),
    }
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(std::iter::once('.')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_numbers_of_a_tile() {
        assert!(numbers("3", "1", "2.mvt").unwrap().is_ok());
        assert!(numbers("99", "1", "2").unwrap().is_err());
        assert!(numbers("3", "99999999999999999999", "2").unwrap().is_err());
        for bad in ["-1", "+1", "1.5", "", "x", "１"] {
            assert!(numbers("3", bad, "2").is_err(), "{bad}");
        }
    }
}
