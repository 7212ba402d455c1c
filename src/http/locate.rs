//! Whose jurisdiction is a position?

use axum::response::Response;
use jiff::civil::{Date, DateTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::round7;
use super::caller::Asked;
use super::problem::Problem;
use super::rules::{self, TrialView};
use super::words;
use crate::city::{City, Division, Lang, Level, Localized, Quality};
use crate::geo::{Datum, LonLat};
use crate::index::Snapshot;
use crate::locate::routing::{self, Question};
use crate::locate::{self, Answer, Located, Match};

/// Whose jurisdiction a position is.
#[derive(Serialize, ToSchema)]
struct LocateView<'a> {
    /// The position in the caller's datum: longitude, latitude.
    point: [f64; 2],
    /// The position in WGS-84, for maps, whatever the caller's datum.
    point_wgs84: [f64; 2],
    /// How it relates to the divisions.
    #[serde(rename = "match")]
    found: Match,
    /// The divisions, from the largest; at most one a level.
    divisions: Vec<DivisionView<'a>>,
    /// The neighbour that would be responsible if the border ran differently.
    runner_up: Option<RunnerUpView<'a>>,
    /// The body that must act.
    responsible: Option<ResponsibleView<'a>>,
    /// With `explain=true`: the rules that were looked at, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<TrialView<'a>>>,
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
pub(super) struct DivisionView<'a> {
    level: Level,
    code: &'a str,
    name: &'a str,
    quality: Quality,
    valid_from: Option<String>,
    /// Metres to the nearest border of this division; of a place that is an area itself, null.
    distance_to_border_m: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RunnerUpView<'a> {
    code: &'a str,
    name: &'a str,
    distance_m: f64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ResponsibleView<'a> {
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
        ("explain" = Option<bool>, Query, description = "Also say which rules of who must act were looked at, and why each did not apply"),
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
    let explain = q.flag("explain").unwrap_or(false);
    let at = time_on(asked.city(), day);
    let terms = Terms { lang, crs, day, at, category, explain };
    if let Some(text) = q.text("text") {
        if q.position("lon", "lat", crs, asked.bounds()).is_some() {
            q.fault("text", "is asked without a position");
        }
        q.finish()?;
        return words::answer(&asked, &text, &terms);
    }
    let p = q.needed_position("lon", "lat", crs, asked.bounds());
    q.finish()?;
    // Without a position there was a fault, and `finish` has returned it.
    let p = p.ok_or_else(Problem::internal)?;
    let answer = locate::locate(&asked.snapshot, p, day);
    let sentence = answer.sentence(asked.city());
    let numbers: Vec<u32> = answer.divisions.iter().map(|d| d.division).collect();
    asked.json(&LocateView {
        point: pair(crs.from_wgs84(p)),
        point_wgs84: pair(p),
        found: answer.found,
        divisions: located(asked.city(), &answer, lang),
        runner_up: runner_up(asked.city(), &answer, lang),
        responsible: responsible(&asked.snapshot, terms.question(Some(p), &numbers), lang),
        explanation: terms.explanation(&asked.snapshot, Some(p), &numbers),
        hint: (!told).then(|| locate::datum_hint(&asked.snapshot, p, day)).flatten(),
        sentence: &sentence,
        version: &asked.snapshot.version,
    })
}

/// How a place is asked about.
pub(super) struct Terms {
    pub(super) lang: Lang,
    pub(super) crs: Datum,
    pub(super) day: Date,
    /// The moment by which rules are read.
    at: DateTime,
    category: Option<String>,
    explain: bool,
}

impl Terms {
    /// The rules that were looked at, where that was asked.
    pub(super) fn explanation<'a>(
        &self,
        snapshot: &'a Snapshot,
        place: Option<LonLat>,
        divisions: &[u32],
    ) -> Option<Vec<TrialView<'a>>> {
        self.explain
            .then(|| rules::explanation(snapshot, self.question(place, divisions), self.lang))
    }

    pub(super) fn question<'q>(
        &'q self,
        place: Option<LonLat>,
        divisions: &'q [u32],
    ) -> Question<'q> {
        Question { place, divisions, category: self.category.as_deref(), at: self.at }
    }
}

/// Of today the present moment; of another day the time is not known, and its noon stands
/// for it.
fn time_on(city: &City, day: Date) -> DateTime {
    let now = city.zone.to_datetime(jiff::Timestamp::now());
    if day == now.date() { now } else { day.at(12, 0, 0, 0) }
}

pub(super) fn pair(p: LonLat) -> [f64; 2] {
    [round7(p.lon), round7(p.lat)]
}

/// The divisions of an answer, with the distances to their borders.
pub(super) fn located<'a>(city: &'a City, answer: &Answer, lang: Lang) -> Vec<DivisionView<'a>> {
    let one = |d: &Located| {
        view(&city.divisions[d.division as usize], Some(d.distance_to_border_m), lang)
    };
    answer.divisions.iter().map(one).collect()
}

pub(super) fn runner_up<'a>(
    city: &'a City,
    answer: &Answer,
    lang: Lang,
) -> Option<RunnerUpView<'a>> {
    let found = answer.runner_up?;
    let other = &city.divisions[found.division as usize];
    Some(RunnerUpView {
        code: &other.code,
        name: other.name.get(lang),
        distance_m: decimetre(found.distance_m),
    })
}

/// Who must act, and by which rule.
pub(super) fn responsible<'a>(
    snapshot: &'a Snapshot,
    question: Question<'_>,
    lang: Lang,
) -> Option<ResponsibleView<'a>> {
    let routed = routing::route(snapshot, question)?;
    let joint = routed.joint.into_iter();
    Some(ResponsibleView {
        code: routed.code,
        name: routed.name.get(lang),
        basis: routed.rule.map_or("smallest division", |rule| rule.name.get(lang)),
        joint: joint.map(|b| BodyView { code: &b.code, name: b.name.get(lang) }).collect(),
    })
}

pub(super) fn view(division: &Division, distance: Option<f64>, lang: Lang) -> DivisionView<'_> {
    DivisionView {
        level: division.level,
        code: &division.code,
        name: division.name.get(lang),
        quality: division.quality,
        valid_from: division.valid_from.map(|d| d.to_string()),
        distance_to_border_m: distance.map(decimetre),
    }
}

fn decimetre(m: f64) -> f64 {
    (m * 10.0).round() / 10.0
}
