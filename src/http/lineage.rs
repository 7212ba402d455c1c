//! What became of a division, and what it came from.

use axum::extract::Path;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::Problem;
use crate::city::change::ChangeKind;
use crate::locate::lineage::{self, Relative};

/// A division's line through time.
#[derive(Serialize, ToSchema)]
struct Lineage<'a> {
    code: String,
    name: &'a str,
    /// As of which day.
    date: String,
    /// What it had become by then; empty where it had not changed.
    successors: Vec<RelativeView<'a>>,
    /// What had become it by then, wholly or in part.
    predecessors: Vec<RelativeView<'a>>,
    /// When its ground was re-drawn: where a series of its counts has a break.
    redrawn: Vec<String>,
}

/// A division before or after changes.
#[derive(Serialize, ToSchema)]
struct RelativeView<'a> {
    code: &'a str,
    name: &'a str,
    /// The changes on the way, from the oldest.
    changes: Vec<ChangeView<'a>>,
}

/// One change.
#[derive(Serialize, ToSchema)]
struct ChangeView<'a> {
    /// A day, or the year where only that is known.
    date: String,
    kind: ChangeKind,
    from: &'a str,
    to: &'a str,
    source: &'a str,
}

impl<'a> RelativeView<'a> {
    fn of(relative: &Relative<'a>) -> Self {
        let changes = relative.by.iter().map(|c| ChangeView {
            date: c.when.to_string(),
            kind: c.kind,
            from: &c.from,
            to: &c.to,
            source: &c.source,
        });
        Self { code: relative.code, name: relative.name, changes: changes.collect() }
    }
}

/// What became of a division until a day, and what it came from. Also of a code that no
/// longer exists.
#[utoipa::path(get, path = "/v1/divisions/{code}/successors", tag = "jurisdiction",
    params(
        ("code" = String, Path, description = "Code of the division, also of a former one"),
        ("date" = Option<String>, Query, description = "As of which day; today if left out"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "Its line through time", body = Lineage),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is and was no such division", body = Problem)))]
pub(super) async fn successors(
    Path(code): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let day = q.day("date").unwrap_or_else(|| asked.city().today());
    q.finish()?;
    let city = asked.city();
    let number = asked.snapshot.divisions.number(&code);
    let now = number.map(|n| city.divisions[n as usize].name.get(lang));
    let name = now
        .or_else(|| lineage::name(city, &code))
        .ok_or_else(|| Problem::not_found(format!("There is and was no division \"{code}\".")))?;
    let successors = lineage::successors(city, &code, day);
    let predecessors = lineage::predecessors(city, &code, day);
    let mut redrawn: Vec<String> = city
        .changes
        .iter()
        .filter(|c| c.redraws() && (c.from == code || c.to == code) && c.when.day() <= day)
        .map(|c| c.when.to_string())
        .collect();
    redrawn.dedup();
    asked.json(&Lineage {
        code,
        name,
        date: day.to_string(),
        successors: successors.iter().map(RelativeView::of).collect(),
        predecessors: predecessors.iter().map(RelativeView::of).collect(),
        redrawn,
    })
}
