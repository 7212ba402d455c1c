//! Whose jurisdiction is a place that was described in words?

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::round7;
use super::caller::Asked;
use super::problem::Problem;
use crate::city::{Lang, Level, Localized};
use crate::geo::Datum;
use crate::locate::Match;
use crate::locate::words::{self, Candidate};
use crate::search;

/// What some words may mean, and whose jurisdiction each meaning is.
#[derive(Serialize, ToSchema)]
pub(super) struct WordsView<'a> {
    text: &'a str,
    /// The likeliest first; none is guessed where several are as likely.
    candidates: Vec<CandidateView<'a>>,
    /// To be asked where the candidates are not all in one jurisdiction.
    #[schema(value_type = Option<Object>)]
    question: Option<Localized>,
    /// Version of the snapshot.
    version: &'a str,
}

/// Something that may be meant.
#[derive(Serialize, ToSchema)]
struct CandidateView<'a> {
    gid: String,
    label: String,
    /// Its position in the caller's datum: longitude, latitude.
    point: [f64; 2],
    /// 0 to 1: how surely the words mean it.
    confidence: f32,
    /// How it relates to the divisions; `border` also where it may reach across one.
    #[serde(rename = "match")]
    found: Match,
    divisions: Vec<NamedView<'a>>,
}

#[derive(Serialize, ToSchema)]
struct NamedView<'a> {
    level: Level,
    code: &'a str,
    name: &'a str,
}

/// Answers `text=` of `/v1/locate`.
pub(super) fn answer(
    asked: &Asked,
    text: &str,
    lang: Lang,
    crs: Datum,
    day: jiff::civil::Date,
) -> Result<Response, Problem> {
    let meant = words::from_words(&asked.snapshot, text, lang, day);
    asked.json(&WordsView {
        text,
        candidates: meant.candidates.iter().map(|c| view(asked, c, lang, crs)).collect(),
        question: meant.question,
        version: &asked.snapshot.version,
    })
}

fn view<'a>(asked: &'a Asked, c: &Candidate, lang: Lang, crs: Datum) -> CandidateView<'a> {
    let point = crs.from_wgs84(c.point);
    let divisions = c.brief.divisions.iter().flatten().map(|n| {
        let division = &asked.city().divisions[*n as usize];
        NamedView { level: division.level, code: &division.code, name: division.name.get(lang) }
    });
    CandidateView {
        gid: search::gid(&asked.snapshot, c.hit),
        label: search::label(&asked.snapshot, c.hit, lang),
        point: [round7(point.lon), round7(point.lat)],
        confidence: c.confidence,
        found: c.brief.found,
        divisions: divisions.collect(),
    }
}
