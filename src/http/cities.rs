//! What a page or another program must know of the city as a whole.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::Problem;
use super::styles;
use crate::city::Localized;

/// The city as a whole.
#[derive(Serialize, ToSchema)]
struct CityView<'a> {
    /// Short id.
    id: &'a str,
    /// Its name in each language.
    #[schema(value_type = Object)]
    name: &'a Localized,
    /// West, south, east, north.
    bounds: [f64; 4],
    /// Where a map opens: longitude, latitude.
    center: [f64; 2],
    /// Zoom at which a map opens.
    zoom: f64,
    /// Language tags; the first is the default.
    languages: Vec<&'static str>,
    /// IANA time zone.
    time_zone: &'a str,
    /// What must be said wherever the map shows.
    attribution: Vec<&'a str>,
    /// The map's approval number; empty where it has none.
    approval_number: &'a str,
    /// Said beside the attribution, in each language.
    #[schema(value_type = Object)]
    note: &'a Localized,
    /// Names of the styles under `/styles`.
    styles: Vec<String>,
    /// First and last year that the workday calendar knows.
    calendar_years: Option<(i16, i16)>,
    /// Version of the snapshot.
    version: &'a str,
}

/// The city: names, bounds, what a map of it must say.
#[utoipa::path(get, path = "/v1/city", tag = "maps",
    params(("lang" = Option<String>, Query, description = "Taken for uniformity; names come in every language")),
    responses(
    (status = 200, description = "The city", body = CityView),
    (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn city(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    asked.lang(&mut q);
    q.finish()?;
    let manifest = &asked.city().manifest;
    asked.json(&CityView {
        id: &manifest.id,
        name: &manifest.name,
        bounds: manifest.bounds.into(),
        center: manifest.center,
        zoom: manifest.zoom,
        languages: manifest.languages.iter().map(|l| l.tag()).collect(),
        time_zone: &manifest.time_zone,
        attribution: manifest.attributions(),
        approval_number: &manifest.map.approval_number,
        note: &manifest.map.note,
        styles: styles::names(),
        calendar_years: asked.city().calendar.years(),
        version: &asked.snapshot.version,
    })
}
