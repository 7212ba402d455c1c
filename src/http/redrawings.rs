//! Changes of borders, and what they moved.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::Problem;
use crate::access::Role;
use crate::city::{BorderChange, City, Flow, Lang, Level, Redrawing, Redrawn};
use crate::index::Snapshot;

/// Changes of borders given at most.
const LISTED: usize = 100;

/// Changes of borders.
#[derive(Serialize, ToSchema)]
struct Redrawings<'a> {
    /// The newest first; at most 100.
    redrawings: Vec<RedrawingView<'a>>,
    /// Version of the snapshot.
    version: &'a str,
}

/// A change of borders, and what it moved.
#[derive(Serialize, ToSchema)]
struct RedrawingView<'a> {
    id: &'a str,
    /// When the borders were written, or the day began.
    at: String,
    /// The day as of which they are.
    day: String,
    /// The divisions that are not what they were.
    divisions: Vec<RedrawnView<'a>>,
    /// How many service points are in another division.
    points: u64,
    /// How many open tickets are in another division.
    tickets: u64,
    /// From where to where, complete.
    flows: Vec<FlowView<'a>>,
    /// The points that moved; the first thousand of them.
    moved: Vec<MovedView<'a>>,
}

#[derive(Serialize, ToSchema)]
struct RedrawnView<'a> {
    code: &'a str,
    /// Its name, where it is still there.
    name: Option<&'a str>,
    level: Level,
    change: BorderChange,
}

/// What moved on a level, from one division to another.
#[derive(Serialize, ToSchema)]
struct FlowView<'a> {
    level: Level,
    /// Code of the division before; null where there was none.
    from: Option<&'a str>,
    /// Code of the division now; null where there is none.
    to: Option<&'a str>,
    points: u64,
    tickets: u64,
}

#[derive(Serialize, ToSchema)]
struct MovedView<'a> {
    id: &'a str,
    /// Its name, where it still holds.
    name: Option<&'a str>,
}

/// What changes of borders moved: the points and open tickets that are in another division
/// since, because a layer of divisions was replaced or a day began on which others exist.
///
/// They are found and re-assigned in the background, all at once, some seconds after the
/// change. Takes a key of the role agent.
#[utoipa::path(get, path = "/v1/redrawings", tag = "jurisdiction",
    params(("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The changes of borders", body = Redrawings),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "There is no key that holds", body = Problem),
        (status = 403, description = "The key has another role", body = Problem)),
    security(("key" = [])))]
pub(super) async fn list(asked: Asked) -> Result<Response, Problem> {
    asked.require(Role::Agent)?;
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    q.finish()?;
    let all = asked.city().redrawings.iter().rev().take(LISTED);
    asked.private_json(&Redrawings {
        redrawings: all.map(|r| view(&asked.snapshot, r, lang)).collect(),
        version: &asked.snapshot.version,
    })
}

fn view<'a>(snapshot: &'a Snapshot, redrawing: &'a Redrawing, lang: Lang) -> RedrawingView<'a> {
    let city = &snapshot.city;
    let named = |id: &'a String| {
        let number = snapshot.points.number(id);
        MovedView { id, name: number.map(|n| city.points[n as usize].name.get(lang)) }
    };
    RedrawingView {
        id: &redrawing.id,
        at: redrawing.at.to_string(),
        day: redrawing.day.to_string(),
        divisions: redrawing.divisions.iter().map(|d| redrawn(city, snapshot, d, lang)).collect(),
        points: redrawing.points,
        tickets: redrawing.tickets,
        flows: redrawing.flows.iter().map(flow).collect(),
        moved: redrawing.moved.iter().map(named).collect(),
    }
}

fn redrawn<'a>(
    city: &'a City,
    snapshot: &Snapshot,
    division: &'a Redrawn,
    lang: Lang,
) -> RedrawnView<'a> {
    let Redrawn { code, level, change } = division;
    let number = snapshot.divisions.number(code);
    let name = number.map(|n| city.divisions[n as usize].name.get(lang));
    RedrawnView { code, name, level: *level, change: *change }
}

fn flow(flow: &Flow) -> FlowView<'_> {
    FlowView {
        level: flow.level,
        from: flow.from.as_deref(),
        to: flow.to.as_deref(),
        points: flow.points,
        tickets: flow.tickets,
    }
}
