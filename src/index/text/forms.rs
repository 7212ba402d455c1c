//! The forms under which a thing can be named: its name, its other names, and what
//! the city's rules make of them.
//!
//! | name | rule | form |
//! | --- | --- | --- |
//! | 样例市甲区人民政府 | `drop_prefixes` 样例市 | 甲区人民政府 |
//! | 甲区人民政府 | a district is named at the beginning | 人民政府 |
//! | 甲乙区人民政府 | the same, and the district is also called 甲乙 | 甲乙人民政府 |
//! | 甲区人民政府 | `short_forms` 人民政府 → 政府 | 甲区政府 |
//!
//! A rule applies to what the rules before it made, so that they combine.

use super::normal::{fold, in_digits, is_han};
use crate::city::{City, Level};

/// Forms kept for one thing. A name met by every rule makes fewer than ten.
const MAX_FORMS: usize = 16;
/// Characters of a form that are kept.
pub const MAX_FORM: usize = 64;
/// A form that a rule cut shorter than this says too little.
const MIN_CUT: usize = 2;
/// What is left of a name without its city says which only from so many characters on.
const SHORT_CUT: usize = 2;

/// How a form belongs to its thing; better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Its name.
    Name,
    /// Another name that its record states.
    Alias,
    /// What the city's rules make of a name.
    Derived,
    /// What is left of a name without its district, or a short rest without its city:
    /// it says which only to somebody who is there.
    Local,
    /// Its English name; words are separated by single spaces.
    English,
    /// The name of its category.
    Category,
}

impl Grade {
    const ALL: [Self; 6] =
        [Self::Name, Self::Alias, Self::Derived, Self::Local, Self::English, Self::Category];

    /// One byte for [`Grade::from_byte`].
    pub(super) const fn byte(self) -> u8 {
        self as u8
    }

    pub(super) fn from_byte(byte: u8) -> Self {
        Self::ALL.get(byte as usize).copied().unwrap_or(Self::Category)
    }
}

/// A form: its grade and its folded text.
pub type Form = (Grade, String);

/// The rules of a city, folded.
#[derive(Debug)]
pub struct Rules {
    /// Longest first, so that the whole of a prefix is dropped.
    drop_prefixes: Vec<Vec<char>>,
    /// Names of districts, longest first, each with its shorter names.
    districts: Vec<(Vec<char>, Vec<Vec<char>>)>,
    short_forms: Vec<(Vec<char>, Vec<char>)>,
}

impl Rules {
    /// Reads the rules of a city.
    pub fn new(city: &City) -> Self {
        let chars = |text: &str| fold(text, MAX_FORM).chars;
        let longest_first = |mut list: Vec<Vec<char>>| {
            list.retain(|p| !p.is_empty());
            list.sort_by_key(|p| std::cmp::Reverse(p.len()));
            list
        };
        let words = &city.manifest.search;
        let mut districts: Vec<_> = city
            .divisions
            .iter()
            .filter(|d| d.level == Level::District && !d.name.zh.is_empty())
            .map(|d| (chars(&d.name.zh), d.aliases.iter().map(|a| chars(a)).collect::<Vec<_>>()))
            .collect();
        districts.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self {
            drop_prefixes: longest_first(words.drop_prefixes.iter().map(|p| chars(p)).collect()),
            districts,
            short_forms: words
                .short_forms
                .iter()
                .map(|s| (chars(&s.from), chars(&s.to)))
                .filter(|(from, _)| !from.is_empty())
                .collect(),
        }
    }

    /// What is left of `form` without the city at its beginning.
    pub fn without_city<'a>(&self, form: &'a [char]) -> Option<&'a [char]> {
        cut(form, &self.drop_prefixes)
    }

    /// All forms of a thing from its names; the first name is the one shown.
    pub fn forms<'a>(&self, names: impl Iterator<Item = (Grade, &'a str)>, out: &mut Vec<Form>) {
        out.clear();
        for (grade, name) in names {
            let folded = fold(name, MAX_FORM);
            if folded.chars.is_empty() {
                continue;
            }
            if !folded.chars.iter().any(|&c| is_han(c)) {
                // Words matter where there are no ideographs.
                let words: Vec<String> = folded.parts().map(|p| p.iter().collect()).collect();
                add(out, grade, words.join(" "));
                continue;
            }
            add(out, grade, folded.text());
            if matches!(grade, Grade::Name | Grade::Alias) {
                self.derive(&folded.chars, out);
            }
        }
    }

    fn derive(&self, name: &[char], out: &mut Vec<Form>) {
        let mut bases = vec![(Grade::Derived, name.to_vec())];
        if let Some(rest) = cut(name, &self.drop_prefixes) {
            let grade = if rest.len() > SHORT_CUT { Grade::Derived } else { Grade::Local };
            bases.push((grade, rest.to_vec()));
        }
        let local = bases.iter().find_map(|(_, base)| {
            let at =
                |(d, _): &&(Vec<char>, _)| base.len() >= d.len() + MIN_CUT && base.starts_with(d);
            let (district, shorter) = self.districts.iter().find(at)?;
            Some((base[district.len()..].to_vec(), shorter))
        });
        if let Some((rest, shorter)) = local {
            let named = shorter.iter().filter(|s| !s.is_empty());
            bases.extend(named.map(|s| (Grade::Derived, [s.as_slice(), rest.as_slice()].concat())));
            bases.push((Grade::Local, rest));
        }
        for (grade, base) in &bases[1..] {
            add(out, *grade, base.iter().collect());
        }
        for (grade, base) in bases {
            let mut all = base.clone();
            for (from, to) in &self.short_forms {
                if let Some(short) = replaced(&base, from, to) {
                    add(out, grade, short.into_iter().collect());
                }
                if let Some(short) = replaced(&all, from, to) {
                    all = short;
                }
            }
            if all != base {
                add(out, grade, all.into_iter().collect());
            }
        }
    }
}

fn add(out: &mut Vec<Form>, grade: Grade, text: String) {
    if out.len() < MAX_FORMS && !text.is_empty() && out.iter().all(|(_, known)| *known != text) {
        out.push((grade, text));
    }
}

fn cut<'a>(form: &'a [char], beginnings: &[Vec<char>]) -> Option<&'a [char]> {
    beginnings
        .iter()
        .find_map(|p| form.strip_prefix(p.as_slice()))
        .filter(|rest| rest.len() >= MIN_CUT)
}

fn replaced(text: &[char], from: &[char], to: &[char]) -> Option<Vec<char>> {
    let at = text.windows(from.len()).position(|w| w == from)?;
    Some([&text[..at], to, &text[at + from.len()..]].concat())
}

/// The form with its numerals in digits, as the fields of ideographs hold it.
pub fn numbered(form: &[char]) -> std::borrow::Cow<'_, [char]> {
    in_digits(form).map_or(std::borrow::Cow::Borrowed(form), |(chars, _)| chars.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let chars = |s: &str| s.chars().collect::<Vec<char>>();
        Rules {
            drop_prefixes: vec![chars("样例市"), chars("样例")],
            districts: vec![(chars("甲乙区"), vec![chars("甲乙")]), (chars("甲区"), Vec::new())],
            short_forms: vec![(chars("人民政府"), chars("政府"))],
        }
    }

    fn of(name: &str) -> Vec<String> {
        let mut out = Vec::new();
        rules().forms([(Grade::Name, name)].into_iter(), &mut out);
        out.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn rules_combine() {
        let forms = of("样例市甲区人民政府");
        for form in
            ["样例市甲区人民政府", "甲区人民政府", "人民政府", "样例市甲区政府", "甲区政府", "政府"]
        {
            assert!(forms.contains(&form.to_owned()), "{form} in {forms:?}");
        }
    }

    #[test]
    fn a_district_may_be_called_by_its_shorter_name() {
        assert!(of("样例市甲乙区人民政府").contains(&"甲乙政府".to_owned()));
    }

    #[test]
    fn a_rule_that_leaves_too_little_does_not_apply() {
        assert_eq!(of("样例站"), ["样例站"]);
    }

    #[test]
    fn a_latin_name_keeps_its_words() {
        assert_eq!(of("Nanlitun  SOHO, Tower-B"), ["nanlitun soho tower b"]);
    }
}
