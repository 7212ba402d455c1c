//! What a text may mean: its script, its parts, and the senses it can be taken in.
//!
//! | text | senses |
//! | --- | --- |
//! | `甲区图书馆` | the whole; `图书馆` inside 甲区 |
//! | `样例市甲区政府` | the whole; `甲区政府`; `政府` inside 甲区 |
//! | `jiaqu tushuguan` | the whole; `tushuguan` inside 甲区 |
//! | `甲区 zf` | the whole (ideographs and first letters mixed) |
//! | `甲区乙街道东山路5号` | the whole; `东山路` inside both divisions, and so on |

use crate::index::text::address::Dropped;
use crate::index::text::forms::numbered;
use crate::index::text::normal::{fold, is_han};
use crate::index::text::{TextIndex, terms};

/// Characters of a text that are looked at.
pub const MAX_TEXT: usize = 512;
/// Folded characters that take part in matching; a longer name does not exist.
pub const MAX_CHARS: usize = 64;
/// What is left of a text must say at least so much to be looked for inside a division.
const MIN_REST: usize = 2;
/// Longest name of a division before a thing, characters or letters.
const MAX_DIVISION: usize = 24;
/// Senses that one text is taken in.
const MAX_SENSES: usize = 10;
/// Divisions that may stand one after the other before a thing.
const MAX_NESTED: usize = 3;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Nothing that could be looked for.
    Empty,
    /// Ideographs, digits, or any other script without a reading.
    Literal,
    /// Latin letters, perhaps with digits: pinyin, first letters, or a Latin name.
    Latin,
    /// Ideographs and Latin letters.
    Mixed,
}

/// One way to take a text.
#[derive(Debug, Clone)]
pub struct Sense {
    /// What it is written in.
    pub script: Script,
    /// The folded characters to look for.
    pub chars: Vec<char>,
    /// The same with numerals in digits.
    pub numbered: Vec<char>,
    /// Whether a part begins at this character of `chars`.
    pub starts: Vec<bool>,
    /// Words of `numbered`, by spaces and the dictionary.
    pub words: Vec<Vec<char>>,
    /// Divisions that the rest of the text names: one of the numbers of each list. Empty:
    /// anywhere.
    pub within: Within,
    /// What else of the text is left out.
    pub dropped: Dropped,
}

/// Lists of division numbers; what lies within lies in one division of each.
pub type Within = Vec<Vec<u32>>;

/// Whether what lies in these divisions lies within.
pub fn lies_within(within: &[Vec<u32>], divisions: [Option<u32>; 3]) -> bool {
    within.iter().all(|one_of| one_of.iter().any(|d| divisions.contains(&Some(*d))))
}

/// What was understood of a text.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The folded text.
    pub text: String,
    /// What it is written in.
    pub script: Script,
    /// The ways to take it; the whole text first.
    pub senses: Vec<Sense>,
}

/// Understands a text. Some microseconds; the dictionary is asked once a sense.
pub fn understand(index: &TextIndex, text: &str) -> Parsed {
    let mut folded = fold(text, MAX_TEXT);
    folded.chars.truncate(MAX_CHARS);
    folded.breaks.retain(|b| *b < folded.chars.len());
    let script = script_of(&folded.chars);
    let mut senses = Vec::new();
    if script != Script::Empty {
        senses.push(sense(&folded.chars, &folded.breaks, Vec::new(), Dropped::Nothing));
        let (chars, breaks) = (&folded.chars, &folded.breaks);
        add_cut_senses(index, chars, breaks, Dropped::Nothing, &mut senses);
        if script == Script::Literal {
            add_named_senses(index, &folded.chars, &mut senses);
        }
        senses.truncate(MAX_SENSES);
    }
    Parsed { text: folded.text(), script, senses }
}

/// The senses in which numbers of an address, or words such as "opposite", name nothing.
fn add_named_senses(index: &TextIndex, chars: &[char], senses: &mut Vec<Sense>) {
    let digits = numbered(chars);
    for named in index.address().parse(&digits) {
        let part = &digits[named.range];
        senses.push(sense(part, &[], Vec::new(), named.dropped));
        add_cut_senses(index, part, &[], named.dropped, senses);
    }
}

/// The senses in which a beginning or a part only says where.
fn add_cut_senses(
    index: &TextIndex,
    chars: &[char],
    breaks: &[usize],
    dropped: Dropped,
    senses: &mut Vec<Sense>,
) {
    // What costs more belief than the name of the city is what is said.
    let without_city = if dropped == Dropped::Nothing { Dropped::City } else { dropped };
    add_inside_senses(index, (chars, breaks), &[], dropped, senses);
    if let Some(rest) = index.rules().without_city(chars) {
        let breaks = shifted(breaks, chars.len() - rest.len());
        senses.push(sense(rest, &breaks, Vec::new(), without_city));
        add_inside_senses(index, (rest, &breaks), &[], without_city, senses);
    }
}

/// The senses in which divisions stand before the thing, or one after it.
fn add_inside_senses(
    index: &TextIndex,
    (base, breaks): (&[char], &[usize]),
    outer: &[Vec<u32>],
    dropped: Dropped,
    senses: &mut Vec<Sense>,
) {
    let inner = |within: &[u32]| [outer, &[within.to_vec()]].concat();
    // The longest beginning that names a division, then shorter ones: the name of
    // a district may be the beginning of the name of a township.
    let longest = base.len().saturating_sub(MIN_REST);
    for n in (2..=longest.min(MAX_DIVISION)).rev() {
        let name: String = base[..n].iter().collect();
        let within = index.divisions_named(&name);
        let latin = base[..n].iter().all(char::is_ascii);
        // Letters are one word or another; only a space says where they part.
        if !within.is_empty() && (!latin || breaks.contains(&n)) {
            let (rest, breaks, within) = (&base[n..], shifted(breaks, n), inner(within));
            senses.push(sense(rest, &breaks, within.clone(), dropped));
            if within.len() < MAX_NESTED && senses.len() < MAX_SENSES {
                add_inside_senses(index, (rest, &breaks), &within, dropped, senses);
            }
        }
    }
    // A division named after the thing: "图书馆 甲区".
    let last = breaks.last().copied().unwrap_or_default();
    if last >= MIN_REST {
        let name: String = base[last..].iter().collect();
        let within = index.divisions_named(&name);
        if !within.is_empty() {
            let before = &breaks[..breaks.len() - 1];
            senses.push(sense(&base[..last], before, inner(within), dropped));
        }
    }
}

fn shifted(breaks: &[usize], by: usize) -> Vec<usize> {
    breaks.iter().filter(|b| **b > by).map(|b| b - by).collect()
}

fn script_of(chars: &[char]) -> Script {
    let han = chars.iter().any(|&c| is_han(c));
    let letters = chars.iter().any(char::is_ascii_alphabetic);
    let foreign = chars.iter().any(|&c| !c.is_ascii() && !is_han(c));
    match (han, letters) {
        _ if chars.is_empty() => Script::Empty,
        (false, true) if !foreign => Script::Latin,
        (true, true) if !foreign => Script::Mixed,
        _ => Script::Literal,
    }
}

fn sense(chars: &[char], breaks: &[usize], within: Within, dropped: Dropped) -> Sense {
    let mut starts = vec![false; chars.len()];
    for &b in breaks {
        starts[b] = true;
    }
    let script = script_of(chars);
    // Ideographs and letters are different parts even without a space.
    for i in 1..chars.len() {
        starts[i] |= script == Script::Mixed && is_han(chars[i - 1]) != is_han(chars[i]);
    }
    let numbered = numbered(chars).into_owned();
    let words = if script == Script::Literal { words_of(chars, breaks) } else { Vec::new() };
    Sense { script, chars: chars.to_vec(), numbered, starts, words, within, dropped }
}

/// The words between the spaces, by the dictionary.
fn words_of(chars: &[char], breaks: &[usize]) -> Vec<Vec<char>> {
    let ends = breaks.iter().copied().chain([chars.len()]);
    let starts = [0].into_iter().chain(breaks.iter().copied());
    let mut all = Vec::new();
    for (from, to) in starts.zip(ends) {
        let part: String = numbered(&chars[from..to]).iter().collect();
        all.extend(terms::words(&part).into_iter().map(|w| w.chars().collect()));
    }
    all
}

impl Sense {
    /// The parts in which no space falls, as ranges of `chars`.
    pub fn parts(&self) -> Vec<std::ops::Range<usize>> {
        let mut parts = Vec::new();
        let mut from = 0;
        for i in 1..=self.chars.len() {
            if i == self.chars.len() || self.starts[i] {
                parts.push(from..i);
                from = i;
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;

    fn senses(text: &str) -> Vec<(String, usize)> {
        let snapshot = fixture::snapshot();
        let parsed = understand(&snapshot.text, text);
        parsed.senses.iter().map(|s| (s.chars.iter().collect(), s.within.len())).collect()
    }

    #[test]
    fn a_city_and_a_division_before_a_name_may_be_left_out() {
        let all = senses("样例市甲区政府");
        assert_eq!(all[0], ("样例市甲区政府".into(), 0));
        assert!(all.contains(&("甲区政府".into(), 0)) && all.contains(&("政府".into(), 1)));
    }

    #[test]
    fn a_division_may_stand_after_the_thing_or_in_pinyin() {
        assert!(senses("图书馆 甲区").contains(&("图书馆".into(), 1)));
        assert!(senses("样例市 图书馆 甲区").contains(&("图书馆".into(), 1)));
        assert!(senses("jiaqu tushuguan").contains(&("tushuguan".into(), 1)));
    }

    #[test]
    fn scripts_are_told_apart() {
        let snapshot = fixture::snapshot();
        let script = |t: &str| understand(&snapshot.text, t).script;
        assert_eq!(script("甲区5号"), Script::Literal);
        assert_eq!(script("jq5h"), Script::Latin);
        assert_eq!(script("甲区zf"), Script::Mixed);
        assert_eq!(script("مكتبة"), Script::Literal);
        assert_eq!(script("\u{202e}🙂 \"*:"), Script::Empty);
    }
}
