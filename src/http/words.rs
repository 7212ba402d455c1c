//! Whose jurisdiction is a place that was described in words?

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::locate::{self, DivisionView, ResponsibleView, RunnerUpView, Terms};
use super::problem::Problem;
use super::rules::TrialView;
use crate::city::Localized;
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
    /// Its position in WGS-84, for maps.
    point_wgs84: [f64; 2],
    /// How it relates to the divisions; `border` also where it may reach across one.
    #[serde(rename = "match")]
    found: Match,
    /// Of its middle; distances are null for a division.
    divisions: Vec<DivisionView<'a>>,
    /// The neighbour of its middle.
    runner_up: Option<RunnerUpView<'a>>,
    /// The body that must act at its middle.
    responsible: Option<ResponsibleView<'a>>,
    /// With `explain=true`: the rules that were looked at, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<TrialView<'a>>>,
    /// Its jurisdiction in words, in each language.
    #[schema(value_type = Object)]
    sentence: Localized,
}

/// Answers `text=` of `/v1/locate`.
pub(super) fn answer(asked: &Asked, text: &str, terms: &Terms) -> Result<Response, Problem> {
    let meant = words::from_words(&asked.snapshot, text, terms.lang, terms.day);
    asked.json(&WordsView {
        text,
        candidates: meant.candidates.iter().map(|c| view(asked, c, terms)).collect(),
        question: meant.question,
        version: &asked.snapshot.version,
    })
}

fn view<'a>(asked: &'a Asked, c: &Candidate, terms: &Terms) -> CandidateView<'a> {
    let (city, lang) = (asked.city(), terms.lang);
    let numbers = c.divisions();
    let bare = || {
        let of = |n: &u32| locate::view(&city.divisions[*n as usize], None, lang);
        numbers.iter().map(of).collect()
    };
    let place = c.answer.is_some().then_some(c.point);
    CandidateView {
        gid: search::gid(&asked.snapshot, c.hit),
        label: search::label(&asked.snapshot, c.hit, lang),
        point: locate::pair(terms.crs.from_wgs84(c.point)),
        confidence: c.confidence,
        point_wgs84: locate::pair(c.point),
        found: c.brief.found,
        divisions: c.answer.as_ref().map_or_else(bare, |a| locate::located(city, a, lang)),
        runner_up: c.answer.as_ref().and_then(|a| locate::runner_up(city, a, lang)),
        responsible: locate::responsible(&asked.snapshot, terms.question(place, &numbers), lang),
        explanation: terms.explanation(&asked.snapshot, place, &numbers),
        sentence: c.sentence(&asked.snapshot),
    }
}
