//! `/v1/picture`: the map around a point, a division or a position, as PNG.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use geo::BoundingRect;
use tokio::sync::Semaphore;

use super::answer::{matches_tag, with_headers};
use super::caller::Asked;
use super::params::Params;
use super::problem::Problem;
use super::{accept, page, points};
use crate::geo::{Bounds, LonLat};
use crate::index::Snapshot;
use crate::picture::{self, Fonts, MAX_SCALE, MAX_SIDE, MIN_SIDE, Picture, View};

const PNG: &str = "image/png";
/// Sides of a picture unless the caller says others.
const DEFAULT_SIDES: (u32, u32) = (600, 400);
/// Zoom around a position unless the caller says another.
const DEFAULT_ZOOM: f64 = 15.0;
/// Pictures that are drawn at one time; further ones wait. The largest take 26 MB each.
static DRAWING: Semaphore = Semaphore::const_new(2);
/// Where the web build lists the files of the font.
const FONTS: &str = "map-fonts.json";

/// The font of the page, for pictures and glyphs.
pub(super) static FONT: LazyLock<Option<Fonts>> = LazyLock::new(|| {
    let list = page::embedded(FONTS)?;
    let load = |name: &str| page::embedded(name).map(|file| file.data.into_owned());
    Fonts::new(&list.data, Box::new(load))
});

/// The map around a point, a division or a position, as PNG, with its scale, its sources
/// and its approval number.
#[utoipa::path(get, path = "/v1/picture", tag = "maps",
    params(
        ("point" = Option<String>, Query, description = "Id of a service point, in the middle, with a mark and its name"),
        ("division" = Option<String>, Query, description = "Code of a division that stands out; it fills the picture unless a point or a position is given"),
        ("lon" = Option<f64>, Query, description = "Longitude of a position, in the middle, with a mark"),
        ("lat" = Option<f64>, Query, description = "Latitude of the position"),
        ("crs" = Option<String>, Query, description = "Datum of the position: wgs84, cgcs2000, gcj02, bd09"),
        ("zoom" = Option<f64>, Query, description = "0 to 20, as map clients count; 15 around a position, otherwise what fits"),
        ("width" = Option<u32>, Query, description = "100 to 1280 pixels, default 600"),
        ("height" = Option<u32>, Query, description = "100 to 1280 pixels, default 400"),
        ("scale" = Option<u32>, Query, description = "2 for screens with twice as many pixels, and for paper; default 1"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The picture", content_type = "image/png"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such point", body = Problem),
        (status = 406, description = "The caller takes no PNG", body = Problem),
        (status = 410, description = "The point no longer holds", body = Problem)))]
pub(super) async fn picture(asked: Asked) -> Result<Response, Problem> {
    accept::needed(&asked.headers, &[PNG])?;
    let picture = read(&asked)?;
    let tag = tag(&asked.snapshot, &picture);
    if matches_tag(&asked.headers, &tag) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED.into_response(), &tag, "no-cache"));
    }
    // The semaphore is never closed.
    let place = DRAWING.acquire().await.map_err(|_| Problem::internal())?;
    let drawing = tokio::task::spawn_blocking(move || {
        FONT.as_ref().and_then(|fonts| picture::draw(&asked.snapshot, fonts, &picture))
    });
    let drawn = drawing.await.ok().flatten();
    drop(place);
    let drawn = drawn.ok_or_else(|| {
        tracing::error!("a picture could not be drawn: was the page built?");
        Problem::internal()
    })?;
    let mut response = drawn.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PNG));
    Ok(with_headers(response, &tag, "no-cache"))
}

/// Names the picture: what is asked, of which snapshot. So that whoever has it is told so
/// before it is drawn.
fn tag(snapshot: &Snapshot, picture: &Picture) -> String {
    let said = format!("{picture:?}");
    format!("W/\"{}-{}\"", snapshot.version, &blake3::hash(said.as_bytes()).to_hex()[..12])
}

fn read(asked: &Asked) -> Result<Picture, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let crs = q.crs();
    let point = q.text("point");
    let division = division(&mut q, asked);
    let position = q.position("lon", "lat", crs, asked.bounds());
    let zoom = q.number_in("zoom", 0.0..=20.0);
    let sides = MIN_SIDE..=MAX_SIDE;
    let width = q.integer("width", sides.clone()).unwrap_or(DEFAULT_SIDES.0);
    let height = q.integer("height", sides).unwrap_or(DEFAULT_SIDES.1);
    let scale = q.integer("scale", 1..=MAX_SCALE).unwrap_or(1);
    if point.is_some() && position.is_some() {
        q.fault("point", "has a position; leave out lon and lat");
    }
    q.finish()?;
    let snapshot = &asked.snapshot;
    let point = point.map(|id| points::find(snapshot, &id)).transpose()?;
    let mark = point.map_or(position, |number| Some(snapshot.points.facts(number).location));
    let title = point.map(|number| snapshot.city.points[number as usize].name.get(lang).to_owned());
    let around = View {
        width,
        height,
        scale,
        zoom: zoom.unwrap_or(DEFAULT_ZOOM),
        center: mark.unwrap_or(LonLat::new(0.0, 0.0)),
    };
    let view = match (mark, division) {
        (Some(_), _) => around,
        (None, of) => {
            let bounds = of.and_then(|number| bounds_of(snapshot, number));
            let fitted = around.fit(bounds.unwrap_or(asked.bounds()));
            View { zoom: zoom.unwrap_or(fitted.zoom), ..fitted }
        }
    };
    Ok(Picture { view, lang, mark, title, division })
}

fn division(q: &mut Params<'_>, asked: &Asked) -> Option<u32> {
    let code = q.text("division")?;
    let number = asked.snapshot.divisions.number(&code);
    if number.is_none() {
        q.fault("division", format!("\"{code}\" does not exist; /v1/divisions lists them"));
    }
    number
}

/// The box of a division: of its area, or its point.
fn bounds_of(snapshot: &Snapshot, number: u32) -> Option<Bounds> {
    let division = &snapshot.city.divisions[number as usize];
    let rect = division.area.as_ref().and_then(BoundingRect::bounding_rect);
    rect.map(|r| Bounds { west: r.min().x, south: r.min().y, east: r.max().x, north: r.max().y })
        .or_else(|| {
            let p = division.point?;
            Some(Bounds { west: p.lon, south: p.lat, east: p.lon, north: p.lat })
        })
}
