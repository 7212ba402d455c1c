//! The rules of who must act: the list, what is wrong with it, and which one fired.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Asked;
use super::problem::Problem;
use crate::city::hours::Hours;
use crate::city::routing::{Responsible, Rule};
use crate::city::{City, Lang, Level, Localized};
use crate::index::Snapshot;
use crate::locate::routing::{self, Finding, Misfit, Question};

/// What came of one rule for a question.
#[derive(Serialize, ToSchema)]
pub(super) struct TrialView<'a> {
    /// Its place in the list, from 1.
    rule: usize,
    name: &'a str,
    /// Whether it is the one that decides.
    fires: bool,
    /// All that kept it from applying.
    reasons: Vec<ReasonView>,
}

#[derive(Serialize, ToSchema)]
struct ReasonView {
    /// `category`, `division`, `not_yet`, `no_longer`, `hours`, `area` or `no_division`.
    kind: &'static str,
    /// In words.
    detail: String,
}

/// The rules that were looked at for a question, up to the one that fired.
pub(super) fn explanation<'a>(
    snapshot: &'a Snapshot,
    question: Question<'_>,
    lang: Lang,
) -> Vec<TrialView<'a>> {
    let city = &snapshot.city;
    let trials = routing::explain(snapshot, question).into_iter().zip(&city.routing.rules);
    let reason = |misfit: Misfit, rule: &Rule| ReasonView {
        kind: misfit.key(),
        detail: misfit.say(city, rule).get(lang).to_owned(),
    };
    trials
        .enumerate()
        .map(|(i, (misfits, rule))| TrialView {
            rule: i + 1,
            name: rule.name.get(lang),
            fires: misfits.is_empty(),
            reasons: misfits.into_iter().map(|m| reason(m, rule)).collect(),
        })
        .collect()
}

/// The rules of a city.
#[derive(Serialize, ToSchema)]
struct RulesView<'a> {
    /// In the order in which they are tried.
    rules: Vec<RuleView<'a>>,
    /// Rules that never fire, and rules whose order alone decides.
    findings: Vec<FindingView>,
    version: &'a str,
}

/// A rule; what it leaves out fits everything.
#[derive(Serialize, ToSchema)]
struct RuleView<'a> {
    /// Its place in the list, from 1.
    rule: usize,
    name: &'a str,
    categories: Vec<NamedView>,
    divisions: Vec<NamedView>,
    /// The file of the area that it is for.
    area: Option<&'a str>,
    /// First day on which it holds.
    from: Option<String>,
    /// First day on which it no longer holds.
    to: Option<String>,
    /// As `opening_hours`.
    hours: Option<&'a str>,
    /// The level of the division that it makes responsible.
    level: Option<Level>,
    /// Who is responsible, in words.
    responsible: String,
    /// Who is to be called in.
    joint: Vec<NamedView>,
}

#[derive(Serialize, ToSchema)]
struct NamedView {
    code: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct FindingView {
    /// `unreachable` or `overlap`.
    kind: &'static str,
    /// The rule, by its place from 1.
    rule: usize,
    /// The rule before it that it is held against.
    other: usize,
    /// In words.
    detail: String,
}

/// The rules of who must act, in the order in which they are tried, and what is wrong with
/// them. Which one fires for a place is said by /v1/locate with `explain=true`.
#[utoipa::path(get, path = "/v1/rules", tag = "jurisdiction",
    params(("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 200, description = "The rules", body = RulesView),
        (status = 400, description = "A parameter is bad", body = Problem)))]
pub(super) async fn list(asked: Asked) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    q.finish()?;
    let city = asked.city();
    let rules = city.routing.rules.iter().enumerate();
    asked.json(&RulesView {
        rules: rules.map(|(i, rule)| rule_view(city, i + 1, rule, lang)).collect(),
        findings: routing::check(city).into_iter().map(|f| finding_view(city, f, lang)).collect(),
        version: &asked.snapshot.version,
    })
}

fn rule_view<'a>(city: &'a City, number: usize, rule: &'a Rule, lang: Lang) -> RuleView<'a> {
    let named = |code: &String, name: &Localized| NamedView {
        code: code.clone(),
        name: name.get(lang).to_owned(),
    };
    let subject = |code: &String| named(code, &routing::subject_name(city, code));
    let division = |code: &String| named(code, &routing::division_name(city, code));
    let body = |i: usize| &city.routing.bodies[i];
    let (level, responsible) = match rule.responsible {
        Responsible::Level(level) => {
            let name = city.manifest.level(level).map_or(level.key(), |l| l.name.get(lang));
            (Some(level), name.to_owned())
        }
        Responsible::Body(i) => (None, body(i).name.get(lang).to_owned()),
    };
    RuleView {
        rule: number,
        name: rule.name.get(lang),
        categories: rule.categories.iter().map(subject).collect(),
        divisions: rule.divisions.iter().map(division).collect(),
        area: rule.area.as_ref().map(|a| a.file.as_str()),
        from: rule.from.map(|d| d.to_string()),
        to: rule.to.map(|d| d.to_string()),
        hours: rule.hours.as_ref().map(Hours::raw),
        level,
        responsible,
        joint: rule.joint.iter().map(|i| named(&body(*i).code, &body(*i).name)).collect(),
    }
}

fn finding_view(city: &City, finding: Finding, lang: Lang) -> FindingView {
    let (rule, other) = finding.rules();
    FindingView {
        kind: finding.key(),
        rule: rule + 1,
        other: other + 1,
        detail: finding.explain(city).get(lang).to_owned(),
    }
}
