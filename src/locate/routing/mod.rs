//! Who must act at a place: the first rule that fits decides, and its name is the basis.
//!
//! [`route`] answers, [`explain`] says of each rule why it did or did not apply, and
//! [`check()`] finds fault with the rules themselves.

mod check;
mod words;

pub use check::{Finding, check};
use geo::{Covers, Point};
use jiff::civil::DateTime;
pub use words::{division_name, subject_name};

use crate::city::hours::State;
use crate::city::routing::{Body, Responsible, Rule};
use crate::city::{City, Division, Level, Localized};
use crate::geo::LonLat;
use crate::index::Snapshot;

/// Who must act.
#[derive(Debug, PartialEq, Eq)]
pub struct Routed<'a> {
    /// Code of the body or the division.
    pub code: &'a str,
    /// Its name.
    pub name: &'a Localized,
    /// The rule by which it is responsible; `None` where no rule fitted and the smallest
    /// division stands in.
    pub rule: Option<&'a Rule>,
    /// Who is to be called in.
    pub joint: Vec<&'a Body>,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Rule {}

/// Why a rule does not apply to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It is for other categories or matters.
    Category,
    /// It is for other divisions.
    Division,
    /// It does not hold yet.
    NotYet,
    /// It does not hold any more.
    NoLonger,
    /// It does not hold at this time of the week.
    Hours,
    /// The place is not in its area.
    Area,
    /// The place lies in no division of the level that it makes responsible.
    NoDivision(Level),
}

/// What is asked of the rules.
#[derive(Debug, Clone, Copy)]
pub struct Question<'q> {
    /// Where; `None` for a whole division, which is in no special area.
    pub place: Option<LonLat>,
    /// The divisions of the place, by number, the largest first.
    pub divisions: &'q [u32],
    /// The category or matter; `None` fits only rules that are for all.
    pub category: Option<&'q str>,
    /// When, on the city's clocks.
    pub at: DateTime,
}

/// Who must act. Looks at each rule once, up to the one that fires.
pub fn route<'a>(snapshot: &'a Snapshot, question: Question<'_>) -> Option<Routed<'a>> {
    let city = &snapshot.city;
    let smallest = records(city, question).next_back()?;
    let fires =
        city.routing.rules.iter().find(|rule| misfits(city, rule, question).next().is_none());
    let stand_in =
        Routed { code: &smallest.code, name: &smallest.name, rule: None, joint: Vec::new() };
    let Some(rule) = fires else { return Some(stand_in) };
    let (code, name) = match rule.responsible {
        Responsible::Body(i) => (&city.routing.bodies[i].code, &city.routing.bodies[i].name),
        Responsible::Level(level) => {
            let own = records(city, question).find(|d| d.level == level).unwrap_or(smallest);
            (&own.code, &own.name)
        }
    };
    let joint = rule.joint.iter().map(|i| &city.routing.bodies[*i]).collect();
    Some(Routed { code, name, rule: Some(rule), joint })
}

/// For each rule that was looked at, in order, all that keeps it from applying; the last
/// is the one that fires, if any does.
pub fn explain(snapshot: &Snapshot, question: Question<'_>) -> Vec<Vec<Misfit>> {
    let city = &snapshot.city;
    let mut looked_at = Vec::new();
    if question.divisions.is_empty() {
        return looked_at;
    }
    for rule in &city.routing.rules {
        looked_at.push(misfits(city, rule, question).collect::<Vec<_>>());
        if looked_at.last().is_some_and(Vec::is_empty) {
            break;
        }
    }
    looked_at
}

fn records<'a>(
    city: &'a City,
    question: Question<'_>,
) -> impl DoubleEndedIterator<Item = &'a Division> {
    question.divisions.iter().map(|n| &city.divisions[*n as usize])
}

/// What keeps a rule from applying; computed as it is asked for.
fn misfits<'a>(
    city: &'a City,
    rule: &'a Rule,
    question: Question<'a>,
) -> impl Iterator<Item = Misfit> + 'a {
    let level = match rule.responsible {
        // A place in no division of the level is for a later rule.
        Responsible::Level(level) => Some(Misfit::NoDivision(level)),
        Responsible::Body(_) => None,
    };
    let all = [Misfit::Category, Misfit::Division, Misfit::NotYet, Misfit::NoLonger];
    let all = all.into_iter().chain([Misfit::Hours, Misfit::Area]).chain(level);
    all.filter(move |misfit| holds(city, rule, question, *misfit))
}

/// Whether a rule does not apply for this reason.
fn holds(city: &City, rule: &Rule, q: Question<'_>, misfit: Misfit) -> bool {
    let day = q.at.date();
    match misfit {
        Misfit::Category => !fits_category(city, &rule.categories, q.category),
        Misfit::Division => {
            !rule.divisions.is_empty()
                && !records(city, q).any(|d| rule.divisions.contains(&d.code))
        }
        Misfit::NotYet => rule.from.is_some_and(|from| day < from),
        Misfit::NoLonger => rule.to.is_some_and(|to| to <= day),
        Misfit::Hours => {
            let hours = rule.hours.as_ref();
            hours.is_some_and(|h| h.opening(&city.calendar, q.at).state != State::Open)
        }
        Misfit::Area => rule
            .area
            .as_ref()
            .is_some_and(|special| !q.place.is_some_and(|p| special.area.covers(&Point::from(p)))),
        Misfit::NoDivision(level) => !records(city, q).any(|d| d.level == level),
    }
}

fn fits_category(city: &City, of: &[String], asked: Option<&str>) -> bool {
    of.is_empty() || asked.is_some_and(|asked| of.iter().any(|c| is_within(city, asked, c)))
}

/// Whether a category or matter is another, or below it.
fn is_within(city: &City, code: &str, above: &str) -> bool {
    code == above || city.categories.is_within(code, above) || city.matters.is_within(code, above)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::city::routing::{Routing, SpecialArea};
    use crate::city::synthetic::{self, Plan};

    fn rule(zh: &str, responsible: Responsible) -> Rule {
        Rule {
            name: Localized { zh: zh.into(), en: String::new() },
            categories: Vec::new(),
            divisions: Vec::new(),
            area: None,
            from: None,
            to: None,
            hours: None,
            responsible,
            joint: Vec::new(),
        }
    }

    fn snapshot(rules: Vec<Rule>) -> Snapshot {
        let body = |code: &str| Body {
            code: code.into(),
            name: Localized { zh: code.into(), en: String::new() },
        };
        let plan =
            Plan { side: 8, communities: 12, townships: 4, districts: 2, ..Plan::METROPOLIS };
        let bodies = vec![body("parks"), body("water")];
        Snapshot::build(City { routing: Routing { bodies, rules }, ..synthetic::city(&plan) })
    }

    const P: LonLat = LonLat::new(116.75, 40.1);

    fn fired(s: &Snapshot, at: DateTime) -> (String, Option<String>) {
        let divisions: Vec<u32> = s.divisions.covering(P).into_iter().flatten().collect();
        let question = Question { place: Some(P), divisions: &divisions, category: None, at };
        let routed = route(s, question).unwrap();
        (routed.code.to_owned(), routed.rule.map(|r| r.name.zh.clone()))
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let here = geo::Rect::new((116.7, 40.0), (116.8, 40.2)).to_polygon();
        let park = || SpecialArea { file: "p".into(), area: here.clone().into() };
        let s = snapshot(vec![
            Rule { categories: vec!["none".into()], ..rule("category", Responsible::Body(1)) },
            Rule {
                area: Some(park()),
                from: Some(date(2026, 5, 1)),
                to: Some(date(2026, 10, 1)),
                joint: vec![1],
                ..rule("park in summer", Responsible::Body(0))
            },
            rule("territory", Responsible::Level(Level::Township)),
        ]);
        let summer = date(2026, 7, 1).at(12, 0, 0, 0);
        assert_eq!(fired(&s, summer), ("parks".into(), Some("park in summer".into())));
        let (code, name) = fired(&s, date(2026, 10, 1).at(12, 0, 0, 0));
        assert!(code.starts_with('T') && name.as_deref() == Some("territory"), "{code} {name:?}");
        // Special cases before the general rule are fine; what of that category in the park?
        assert_eq!(check(&s.city), [Finding::Overlap { first: 0, second: 1 }]);
    }

    #[test]
    fn every_rule_that_was_passed_over_says_all_that_kept_it_out() {
        let s = snapshot(vec![
            Rule {
                categories: vec!["none".into()],
                divisions: vec!["elsewhere".into()],
                from: Some(date(2027, 1, 1)),
                ..rule("three", Responsible::Body(0))
            },
            Rule { to: Some(date(2026, 7, 1)), ..rule("past", Responsible::Body(0)) },
            rule("all", Responsible::Level(Level::District)),
            rule("never", Responsible::Body(0)),
        ]);
        let divisions: Vec<u32> = s.divisions.covering(P).into_iter().flatten().collect();
        let at = date(2026, 7, 1).at(12, 0, 0, 0);
        let question = Question { place: Some(P), divisions: &divisions, category: None, at };
        let three = vec![Misfit::Category, Misfit::Division, Misfit::NotYet];
        assert_eq!(explain(&s, question), [three, vec![Misfit::NoLonger], vec![]]);
        let fired = route(&s, question).unwrap().rule.unwrap();
        assert_eq!(fired.name.zh, "all", "the last that was looked at is the one that fires");
        // A community alone, and rules for districts only: nothing fires.
        let community = [*divisions.last().unwrap()];
        let none = explain(&s, Question { divisions: &community, ..question });
        assert_eq!(none[2], [Misfit::NoDivision(Level::District)]);
    }

    #[test]
    fn without_a_rule_the_smallest_division_stands_in() {
        let s = snapshot(Vec::new());
        let (code, name) = fired(&s, date(2026, 7, 1).at(12, 0, 0, 0));
        assert!(code.starts_with('V') && name.is_none(), "{code}");
    }

    #[test]
    fn rules_that_never_fire_and_rules_that_overlap_are_found() {
        let s = snapshot(vec![
            Rule { divisions: vec!["D000".into()], ..rule("district", Responsible::Body(0)) },
            Rule { from: Some(date(2026, 1, 1)), ..rule("later", Responsible::Body(1)) },
            rule("all", Responsible::Level(Level::District)),
            rule("never", Responsible::Body(0)),
        ]);
        let found = check(&s.city);
        assert!(found.contains(&Finding::Unreachable { rule: 3, by: 2 }), "{found:?}");
        assert!(found.contains(&Finding::Overlap { first: 0, second: 1 }), "{found:?}");
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
