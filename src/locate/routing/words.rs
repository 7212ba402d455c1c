//! Says why a rule does not apply.

use super::Misfit;
use crate::city::routing::Rule;
use crate::city::{City, Localized};

/// Most names in a sentence.
const NAMES: usize = 6;

impl Misfit {
    /// The reason's key in answers.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Division => "division",
            Self::NotYet => "not_yet",
            Self::NoLonger => "no_longer",
            Self::Hours => "hours",
            Self::Area => "area",
            Self::NoDivision(_) => "no_division",
        }
    }

    /// The reason in words, with what the rule asks for.
    pub fn say(self, city: &City, rule: &Rule) -> Localized {
        let both = |zh: String, en: String| Localized { zh, en };
        let day = |day: Option<jiff::civil::Date>| day.map_or_else(String::new, |d| d.to_string());
        match self {
            Self::Category => {
                let of = listed(rule.categories.iter().map(|code| subject_name(city, code)));
                both(format!("只管：{}", of.zh), format!("only for: {}", of.en))
            }
            Self::Division => {
                let of = listed(rule.divisions.iter().map(|code| division_name(city, code)));
                both(format!("只在：{}", of.zh), format!("only in: {}", of.en))
            }
            Self::NotYet => {
                let from = day(rule.from);
                both(format!("自{from}起才有效"), format!("holds from {from} only"))
            }
            Self::NoLonger => {
                let to = day(rule.to);
                both(format!("自{to}起不再有效"), format!("no longer holds since {to}"))
            }
            Self::Hours => {
                let hours = rule.hours.as_ref().map_or("", |h| h.raw());
                both(format!("只在这些时间：{hours}"), format!("only at these times: {hours}"))
            }
            Self::Area => {
                let file = rule.area.as_ref().map_or("", |a| a.file.as_str());
                both(format!("不在{file}的范围内"), format!("not in the area of {file}"))
            }
            Self::NoDivision(level) => {
                let name = city.manifest.level(level).map(|l| l.name.clone()).unwrap_or_default();
                let en = if name.en.is_empty() { level.key() } else { &name.en };
                both(format!("此处没有{}", name.zh), format!("no {en} is here"))
            }
        }
    }
}

/// The name of a category or matter; its code where it has none.
pub fn subject_name(city: &City, code: &str) -> Localized {
    let category = city.categories.get(code).map(|c| &c.name);
    named(category.or_else(|| city.matters.get(code).map(|m| &m.name)), code)
}

/// The name of a division; its code where it has none.
pub fn division_name(city: &City, code: &str) -> Localized {
    named(city.divisions.iter().find(|d| d.code == code).map(|d| &d.name), code)
}

fn named(name: Option<&Localized>, code: &str) -> Localized {
    name.cloned().unwrap_or_else(|| Localized { zh: code.to_owned(), en: code.to_owned() })
}

fn listed(names: impl ExactSizeIterator<Item = Localized>) -> Localized {
    let more = names.len() > NAMES;
    let names: Vec<Localized> = names.take(NAMES).collect();
    let join =
        |lang, comma: &str| names.iter().map(|n| n.get(lang)).collect::<Vec<_>>().join(comma);
    let (zh, en) = (join(crate::city::Lang::Zh, "、"), join(crate::city::Lang::En, ", "));
    if more { Localized { zh: zh + "等", en: en + " and more" } } else { Localized { zh, en } }
}
