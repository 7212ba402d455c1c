//! Whose jurisdiction is a position?

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::round7;
use super::caller::Asked;
use super::problem::Problem;
use super::words;
use crate::city::{Division, Lang, Level, Localized, Quality};
use crate::locate::{self, Match};

/// Whose jurisdiction a position is.
#[derive(Serialize, ToSchema)]
struct LocateView<'a> {
    /// The position in the caller's datum: longitude, latitude.
    point: [f64; 2],
    /// How it relates to the divisions.
    #[serde(rename = "match")]
    found: Match,
    /// The divisions, from the largest; at most one a level.
    divisions: Vec<DivisionView<'a>>,
    /// The neighbour that would be responsible if the border ran differently.
    runner_up: Option<RunnerUpView<'a>>,
    /// The body that must act.
    responsible: Option<ResponsibleView<'a>>,
    /// Where the position may be in another datum than was taken: said where `crs` was
    /// not given and the answer would be another.
    #[schema(value_type = Option<Object>)]
    hint: Option<Localized>,
    /// The answer in words, in each language.
    #[schema(value_type = Object)]
    sentence: &'a Localized,
    /// Version of the snapshot.
    version: &'a str,
}

#[derive(Serialize, ToSchema)]
struct DivisionView<'a> {
    level: Level,
    code: &'a str,
    name: &'a str,
    quality: Quality,
    valid_from: Option<String>,
    /// Metres to the nearest border of this division.
    distance_to_border_m: f64,
}

#[derive(Serialize, ToSchema)]
struct RunnerUpView<'a> {
    code: &'a str,
    name: &'a str,
    distance_m: f64,
}

#[derive(Serialize, ToSchema)]
struct ResponsibleView<'a> {
    code: &'a str,
    name: &'a str,
    /// The name of the rule by which it is responsible.
    basis: &'a str,
    /// Bodies to be called in.
    joint: Vec<BodyView<'a>>,
}

#[derive(Serialize, ToSchema)]
struct BodyView<'a> {
    code: &'a str,
    name: &'a str,
}

/// The divisions that a position belongs to, and how sure that is.
#[utoipa::path(get, path = "/v1/locate", tag = "jurisdiction",
    params(
        ("lon" = Option<f64>, Query, description = "Longitude; with lat, or else text"),
        ("lat" = Option<f64>, Query, description = "Latitude"),
        ("text" = Option<String>, Query, description = "An address or a described place, instead of a position: all that may be meant, each with its jurisdiction"),
        ("crs" = Option<String>, Query, description = "Datum of the position: wgs84, cgcs2000, gcj02, bd09"),
        ("date" = Option<String>, Query, description = "As of which day; today if left out"),
        ("category" = Option<String>, Query, description = "Code of a category or matter, for the rules of who must act"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The answer; outside the city it says so", body = LocateView),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn locate(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let (crs, told) = (q.crs(), q.is_given("crs"));
    let day = q.day("date").unwrap_or_else(|| asked.city().today());
    let category = q.text("category");
    if let Some(code) = category.as_deref()
        && asked.city().categories.get(code).is_none()
        && asked.city().matters.get(code).is_none()
    {
        q.fault(
            "category",
            format!(
                "\"{code}\" is no category and no matter; /v1/categories and /v1/services list them"
            ),
        );
    }
    if let Some(text) = q.text("text") {
        let position = q.position("lon", "lat", crs, asked.bounds());
        if position.is_some() || category.is_some() {
            q.fault("text", "is asked alone, without a position and without a category");
        }
        q.finish()?;
        return words::answer(&asked, &text, lang, crs, day);
    }
    let p = q.needed_position("lon", "lat", crs, asked.bounds());
    q.finish()?;
    // Without a position there was a fault, and `finish` has returned it.
    let p = p.ok_or_else(Problem::internal)?;
    let answer = locate::locate(&asked.snapshot, p, day);
    let sentence = answer.sentence(asked.city());
    let numbers: Vec<u32> = answer.divisions.iter().map(|d| d.division).collect();
    let now = asked.city().zone.to_datetime(jiff::Timestamp::now());
    // Of another day the time is not known; its noon stands for it.
    let at = if day == now.date() { now } else { day.at(12, 0, 0, 0) };
    let routed = locate::routing::route(&asked.snapshot, p, &numbers, category.as_deref(), at);
    let division = |number: u32| &asked.city().divisions[number as usize];
    let given = crs.from_wgs84(p);
    asked.json(&LocateView {
        point: [round7(given.lon), round7(given.lat)],
        found: answer.found,
        divisions: answer
            .divisions
            .iter()
            .map(|d| view(division(d.division), d.distance_to_border_m, lang))
            .collect(),
        runner_up: answer.runner_up.map(|r| {
            let other = division(r.division);
            RunnerUpView {
                code: &other.code,
                name: other.name.get(lang),
                distance_m: decimetre(r.distance_m),
            }
        }),
        responsible: routed.map(|routed| ResponsibleView {
            code: routed.code,
            name: routed.name.get(lang),
            basis: routed.rule.map_or("smallest division", |rule| rule.name.get(lang)),
            joint: routed
                .joint
                .into_iter()
                .map(|body| BodyView { code: &body.code, name: body.name.get(lang) })
                .collect(),
        }),
        hint: (!told).then(|| locate::datum_hint(&asked.snapshot, p, day)).flatten(),
        sentence: &sentence,
        version: &asked.snapshot.version,
    })
}

fn view(division: &Division, distance: f64, lang: Lang) -> DivisionView<'_> {
    DivisionView {
        level: division.level,
        code: &division.code,
        name: division.name.get(lang),
        quality: division.quality,
        valid_from: division.valid_from.map(|d| d.to_string()),
        distance_to_border_m: decimetre(distance),
    }
}

fn decimetre(m: f64) -> f64 {
    (m * 10.0).round() / 10.0
}
