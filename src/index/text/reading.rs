//! How characters are read: syllables of pinyin without tones.
//!
//! A character that is read in several ways keeps all usual readings, so that a person
//! finds the name by the right one whatever the dictionary thinks; a phrase of the
//! city's own list (`search.readings`) decides for the characters inside it.
//!
//! | text | readings |
//! | --- | --- |
//! | `重` | `zhong`, `chong` |
//! | `银行`, with the phrase `yin hang` | `yin` · `hang` |
//! | `5` | `5`, `wu` |

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

use super::normal::fold;
use crate::city::manifest::Reading;

/// Readings kept for a character.
pub const MAX_READINGS: usize = 3;
/// Characters of general Chinese that are read in more than one usual way. The other
/// readings of other characters are rare or old, and would only find wrong names.
const POLYPHONES: &str = "长重行乐单都朝曾盛藏传弹调降角解系校还没会参差少便薄堡泊柏厦什刹圈宿种干谷合巷\
    虹省露绿模弄曲塞色尾觉查折奇似率扎血核翘";
/// The ideographs whose readings are kept in a table.
const TABLE: std::ops::RangeInclusive<u32> = 0x4e00..=0x9fff;

/// The readings of one character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choices<'a> {
    list: [&'a str; MAX_READINGS],
    count: u8,
}

impl<'a> Choices<'a> {
    fn push(&mut self, reading: &'a str) {
        let n = self.count as usize;
        if n < MAX_READINGS && !reading.is_empty() && !self.as_slice().contains(&reading) {
            self.list[n] = reading;
            self.count += 1;
        }
    }

    fn one(reading: &'a str) -> Self {
        let mut choices = Self::default();
        choices.push(reading);
        choices
    }

    /// The readings, the usual one first.
    pub fn as_slice(&self) -> &[&'a str] {
        &self.list[..self.count as usize]
    }

    /// The distinct first letters.
    pub fn initials(&self) -> impl Iterator<Item = char> {
        let firsts = self.as_slice().iter().filter_map(|r| r.chars().next());
        let mut seen = [None; MAX_READINGS];
        firsts.enumerate().filter_map(move |(i, c)| {
            let new = !seen.contains(&Some(c));
            seen[i] = Some(c);
            new.then_some(c)
        })
    }
}

/// Readings of the common ideographs, a megabyte, made once in some milliseconds.
static COMMON: LazyLock<Vec<Choices<'static>>> = LazyLock::new(|| {
    TABLE.map(|code| char::from_u32(code).map_or_else(Choices::default, alone)).collect()
});

/// The letters and digits as readings of themselves.
const LITERAL: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const DIGITS: [&str; 10] = ["ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"];

fn literal(c: char) -> Option<&'static str> {
    let at = LITERAL.find(c)?;
    LITERAL.get(at..=at)
}

/// The readings of a character that stands alone.
fn alone(c: char) -> Choices<'static> {
    let mut choices = Choices::default();
    if let Some(own) = literal(c) {
        choices.push(own);
        if let Some(d) = c.to_digit(10) {
            choices.push(DIGITS[d as usize]);
        }
        return choices;
    }
    if let Some(first) = c.to_pinyin() {
        choices.push(plain(first.plain()));
    }
    if POLYPHONES.contains(c)
        && let Some(all) = c.to_pinyin_multi()
    {
        all.into_iter().for_each(|p| choices.push(plain(p.plain())));
    }
    if let Some(n) = "〇一二三四五六七八九".chars().position(|d| d == c) {
        choices.push(&LITERAL[n..=n]);
    }
    choices
}

/// Keyboards write `v` for `ü`; after `n` and `l` only it makes a difference.
fn plain(syllable: &'static str) -> &'static str {
    match syllable {
        "lü" => "lv",
        "nü" => "nv",
        "lüe" => "lve",
        "nüe" => "nve",
        other => other,
    }
}

/// A phrase and its syllables, one a character.
type Phrase = (Vec<char>, Vec<String>);

/// The phrases whose readings a city's pack decides.
#[derive(Debug, Default)]
pub struct Readings {
    /// By first character; longest first.
    phrases: HashMap<char, Vec<Phrase>>,
}

impl Readings {
    /// Takes the phrases of a pack; one with too few or too many syllables is left out.
    pub fn new(phrases: &[Reading]) -> Self {
        let mut by_first: HashMap<char, Vec<Phrase>> = HashMap::new();
        for phrase in phrases {
            let word = fold(&phrase.word, 64).chars;
            let syllables: Vec<String> =
                phrase.pinyin.split_whitespace().map(str::to_lowercase).collect();
            match word.first() {
                Some(first) if word.len() == syllables.len() => {
                    by_first.entry(*first).or_default().push((word, syllables));
                }
                _ => tracing::warn!(word = phrase.word, "a reading needs one syllable a character"),
            }
        }
        for list in by_first.values_mut() {
            list.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        Self { phrases: by_first }
    }

    /// Writes the readings of each character of a folded text to `out`. About 5 ns a
    /// character.
    pub fn of<'a>(&'a self, chars: &[char], out: &mut Vec<Choices<'a>>) {
        out.clear();
        let mut i = 0;
        while let Some(&c) = chars.get(i) {
            let phrase = self
                .phrases
                .get(&c)
                .and_then(|list| list.iter().find(|(word, _)| chars[i..].starts_with(word)));
            if let Some((word, syllables)) = phrase {
                out.extend(syllables.iter().map(|s| Choices::one(s)));
                i += word.len();
                continue;
            }
            let code = u32::from(c);
            let known = TABLE.contains(&code).then(|| COMMON[(code - TABLE.start()) as usize]);
            out.push(known.unwrap_or_else(|| alone(c)));
            i += 1;
        }
    }
}

/// Whether `text` is a whole syllable of pinyin.
pub fn is_syllable(text: &str) -> bool {
    SYLLABLES.0.contains(text)
}

/// Whether `text` begins a syllable of pinyin.
pub fn begins_syllable(text: &str) -> bool {
    SYLLABLES.1.contains(text)
}

type Set = std::collections::HashSet<&'static str>;

/// All syllables, and all their beginnings.
static SYLLABLES: LazyLock<(Set, Set)> = LazyLock::new(|| {
    let all: Set = COMMON
        .iter()
        .flat_map(|c| c.as_slice().to_vec())
        .filter(|s| s.bytes().all(|b| b.is_ascii_lowercase()))
        .collect();
    let begins = all.iter().flat_map(|s| (1..=s.len()).map(|n| &s[..n])).collect();
    (all, begins)
});

/// Loads the tables, so that the first question does not wait for them.
pub fn warm() {
    LazyLock::force(&SYLLABLES);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(readings: &Readings, text: &str) -> Vec<Vec<String>> {
        let chars: Vec<char> = text.chars().collect();
        let mut out = Vec::new();
        readings.of(&chars, &mut out);
        out.iter().map(|c| c.as_slice().iter().map(|&s| s.to_owned()).collect()).collect()
    }

    #[test]
    fn a_character_of_several_readings_keeps_them_and_a_phrase_decides() {
        let plain = Readings::default();
        assert_eq!(of(&plain, "海"), [["hai"]]);
        for (text, reading) in [
            ("长", "chang"),
            ("长", "zhang"),
            ("重", "chong"),
            ("行", "hang"),
            ("行", "xing"),
            ("乐", "yue"),
            ("单", "shan"),
            ("朝", "chao"),
            ("朝", "zhao"),
        ] {
            assert!(of(&plain, text)[0].iter().any(|r| r == reading), "{text} {reading}");
        }
        let phrase = Reading { word: "银行".into(), pinyin: "yin hang".into() };
        let city = Readings::new(&[phrase]);
        assert_eq!(of(&city, "新银行"), [["xin"], ["yin"], ["hang"]]);
    }

    #[test]
    fn letters_read_as_themselves_and_digits_both_ways() {
        assert_eq!(of(&Readings::default(), "a5五"), [vec!["a"], vec!["5", "wu"], vec!["wu", "5"]]);
    }

    #[test]
    fn syllables_are_known_by_their_beginnings() {
        assert!(is_syllable("zhuang") && !is_syllable("zhuan9") && !is_syllable("g"));
        assert!(begins_syllable("zhua") && begins_syllable("h") && !begins_syllable("i"));
    }
}
