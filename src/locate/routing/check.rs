//! Finds rules that can never fire, and rules whose order alone decides.

use super::is_within;
use crate::city::routing::{Responsible, Rule};
use crate::city::{City, Lang, Level, Localized};

/// What is wrong with a list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// An earlier rule fits whatever this one fits.
    Unreachable {
        /// The rule, by its place.
        rule: usize,
        /// The earlier one.
        by: usize,
    },
    /// Two rules fit some of the same and disagree, and neither is a case of the other, so
    /// that their order alone decides.
    Overlap {
        /// The rule that comes first and wins.
        first: usize,
        /// The other.
        second: usize,
    },
}

impl Finding {
    /// Its key in answers.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Overlap { .. } => "overlap",
        }
    }

    /// The rule that is found fault with, and the one it is held against, by their places.
    pub const fn rules(self) -> (usize, usize) {
        match self {
            Self::Unreachable { rule, by } => (rule, by),
            Self::Overlap { first, second } => (second, first),
        }
    }

    /// The finding for those who keep the rules.
    pub fn explain(self, city: &City) -> Localized {
        let name = |i: usize, lang| city.routing.rules[i].name.get(lang);
        let (rule, other) = self.rules();
        let (zh, en) = (
            (name(rule, Lang::Zh), name(other, Lang::Zh)),
            (name(rule, Lang::En), name(other, Lang::En)),
        );
        match self {
            Self::Unreachable { .. } => Localized {
                zh: format!("“{}”从不生效：排在前面的“{}”涵盖了它的全部情形。", zh.0, zh.1),
                en: format!("“{}” never fires: “{}” before it fits all that it fits.", en.0, en.1),
            },
            Self::Overlap { .. } => Localized {
                zh: format!(
                    "“{}”与排在前面的“{}”部分重合而结论不同，只由先后次序决定。",
                    zh.0, zh.1
                ),
                en: format!(
                    "“{}” and “{}” before it fit some of the same and disagree; their order alone decides.",
                    en.0, en.1
                ),
            },
        }
    }

    /// The finding in words, with the names of the rules.
    pub fn say(&self, city: &City) -> String {
        let name = |i: usize| &city.routing.rules[i].name.zh;
        match *self {
            Self::Unreachable { rule, by } => format!(
                "routing.toml: the rule \"{}\" never fires, because \"{}\" before it fits all that it fits",
                name(rule),
                name(by)
            ),
            Self::Overlap { first, second } => format!(
                "routing.toml: the rules \"{}\" and \"{}\" fit some of the same and disagree; the first wins",
                name(first),
                name(second)
            ),
        }
    }
}

/// Rules that can never fire, and rules whose order alone decides. Compares all pairs.
pub fn check(city: &City) -> Vec<Finding> {
    let rules = &city.routing.rules;
    let mut found = Vec::new();
    for (second, b) in rules.iter().enumerate() {
        if let Some(by) = rules[..second].iter().position(|a| certain(a) && contains(city, a, b)) {
            found.push(Finding::Unreachable { rule: second, by });
            continue;
        }
        for (first, a) in rules[..second].iter().enumerate() {
            let differ = a.responsible != b.responsible || a.joint != b.joint;
            // A special case before the general one is how rules are meant.
            if differ && meet(city, a, b) && !contains(city, b, a) {
                found.push(Finding::Overlap { first, second });
            }
        }
    }
    found
}

/// Whether a rule that fits also answers: a place may lie in no division of a level.
fn certain(rule: &Rule) -> bool {
    matches!(rule.responsible, Responsible::Body(_))
        || matches!(rule.responsible, Responsible::Level(Level::District))
}

/// Whether `a` fits whatever `b` fits.
fn contains(city: &City, a: &Rule, b: &Rule) -> bool {
    let all = |a: &[String], b: &[String], within: &dyn Fn(&str, &str) -> bool| {
        a.is_empty() || (!b.is_empty() && b.iter().all(|b| a.iter().any(|a| within(b, a))))
    };
    all(&a.categories, &b.categories, &|x, y| is_within(city, x, y))
        && all(&a.divisions, &b.divisions, &|x, y| lies_in(city, x, y))
        && a.area.as_ref().is_none_or(|a| b.area.as_ref().is_some_and(|b| a.file == b.file))
        && a.from.is_none_or(|from| b.from.is_some_and(|b| from <= b))
        && a.to.is_none_or(|to| b.to.is_some_and(|b| b <= to))
        && a.hours.as_ref().is_none_or(|a| b.hours.as_ref().is_some_and(|b| a.raw() == b.raw()))
}

/// Whether something may fit both. Areas and hours are thought to meet.
fn meet(city: &City, a: &Rule, b: &Rule) -> bool {
    let any = |a: &[String], b: &[String], within: &dyn Fn(&str, &str) -> bool| {
        let related = |x: &str, y: &str| within(x, y) || within(y, x);
        a.is_empty() || b.is_empty() || a.iter().any(|a| b.iter().any(|b| related(a, b)))
    };
    any(&a.categories, &b.categories, &|x, y| is_within(city, x, y))
        && any(&a.divisions, &b.divisions, &|x, y| lies_in(city, x, y))
        && a.to.is_none_or(|to| b.from.is_none_or(|from| from < to))
        && b.to.is_none_or(|to| a.from.is_none_or(|from| from < to))
}

/// Whether a division is another, or a part of it.
fn lies_in(city: &City, code: &str, above: &str) -> bool {
    let mut at = Some(code);
    while let Some(code) = at {
        if code == above {
            return true;
        }
        at = city.divisions.iter().find(|d| d.code == code).and_then(|d| d.parent.as_deref());
    }
    false
}
