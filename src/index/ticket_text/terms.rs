//! What a text puts into the index, and what a question looks for.
//!
//! A text is folded as names are (width, case, traditional characters, numerals), and what
//! punctuation separates stays apart. Of `3号楼漏水` the terms are, with their places:
//!
//! | `3` | `号` `号楼` | `楼漏` | `漏水` | `水` |
//! | --- | --- | --- | --- | --- |
//! | 0 | 1 | 2 | 3 | 4 |
//!
//! Letters and digits are whole words; other characters are pairs, and the first and the last of
//! a run stand alone too. So any stretch of characters is a phrase of terms, whatever a dictionary
//! makes of it, and is found exactly where it stands.

use std::collections::BTreeSet;

use crate::index::text::normal::{fold, in_digits};
use crate::index::text::terms::words;

/// Characters of one text that are looked at; nobody says more on the telephone.
const MAX_TEXT: usize = 20_000;
/// Characters of a word of letters and digits that tell it apart.
const MAX_WORD: usize = 32;
/// Characters that hold a sentence together and say nothing by themselves.
const PARTICLES: &str = "的地得了着过吗呢吧啊呀嘛在是有和与及或请我你您他她它们这那就都也很还又";

/// Gives the terms of a text with their places; where the next text may begin.
pub(super) fn terms(text: &str, from: usize, mut each: impl FnMut(usize, String)) -> usize {
    let mut place = from;
    for part in parts(text) {
        // A gap, so that no phrase goes over it.
        place = of_part(&part, place, true, &mut each) + 1;
    }
    place
}

/// What a text says, for comparing it with another: its pairs of characters and its words of
/// letters and digits, each once.
pub fn said(text: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let says = |term: &str| term.starts_with(|c: char| c.is_ascii()) || term.chars().count() > 1;
    terms(text, 0, |_, term| {
        if says(&term) {
            all.insert(term);
        }
    });
    all
}

/// What punctuation separates, folded.
pub(super) fn parts(text: &str) -> Vec<Vec<char>> {
    let folded = fold(text, MAX_TEXT);
    let parts = folded.parts();
    parts.map(|part| in_digits(part).map_or_else(|| part.to_vec(), |(chars, _)| chars)).collect()
}

/// Stretches of letters and digits, and of other characters.
fn runs(part: &[char]) -> impl Iterator<Item = &[char]> {
    part.chunk_by(|a, b| a.is_ascii() == b.is_ascii())
}

/// The words of a run that say something. Characters that the dictionary leaves alone stay
/// together: `不热` is no word of it, but is what was meant.
fn cut(run: &[char]) -> Vec<Vec<char>> {
    if run[0].is_ascii() {
        return vec![run.to_vec()];
    }
    let text: String = run.iter().collect();
    let mut out: Vec<Vec<char>> = Vec::new();
    let mut open = false;
    for word in words(&text) {
        let word: Vec<char> = word.chars().collect();
        let alone = word.len() == 1;
        match out.last_mut().filter(|_| open && alone) {
            _ if alone && PARTICLES.contains(word[0]) => open = false,
            Some(last) => last.extend(word),
            None => {
                out.push(word);
                open = alone;
            }
        }
    }
    out
}

/// The terms of a part from a place on; the place after it: `all` of them, as they are in the
/// index, or as many as tell the part from any other.
fn of_part(part: &[char], from: usize, all: bool, each: &mut impl FnMut(usize, String)) -> usize {
    let mut place = from;
    for run in runs(part) {
        if run[0].is_ascii() {
            each(place, run.iter().take(MAX_WORD).collect());
            place += 1;
            continue;
        }
        let last = place + run.len() - 1;
        if all || run.len() == 1 {
            each(place, run[0].to_string());
        }
        for (i, pair) in run.windows(2).enumerate() {
            // Every second says what those between them do, and costs half as much to look for.
            if all || i % 2 == 0 || i + 2 == run.len() {
                each(place + i, pair.iter().collect());
            }
        }
        if all && run.len() > 1 {
            each(last, run[run.len() - 1].to_string());
        }
        place = last + 1;
    }
    place
}

/// A stretch of characters that must stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phrase {
    /// Any term that begins with this character.
    Character(String),
    /// These terms, each so far after the first.
    Terms(Vec<(usize, String)>),
}

impl Phrase {
    fn of(part: &[char]) -> Self {
        if let [only] = part
            && !only.is_ascii()
        {
            return Self::Character(only.to_string());
        }
        let mut terms = Vec::new();
        of_part(part, 0, false, &mut |place, term| terms.push((place, term)));
        Self::Terms(terms)
    }
}

/// What a question looks for. Spaces and punctuation separate what is looked for; each of it
/// must be in a ticket, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What was written, as it was written: the best tickets hold all of these.
    pub(super) exact: BTreeSet<Phrase>,
    /// Its words by the dictionary, each somewhere: a ticket that holds the exact phrases holds
    /// these.
    pub(super) words: BTreeSet<Phrase>,
}

impl Wanted {
    /// Reads a question; `None` where it holds nothing that could be looked for.
    pub fn read(text: &str) -> Option<Self> {
        let parts = parts(text);
        let exact: BTreeSet<Phrase> = parts.iter().map(|part| Phrase::of(part)).collect();
        let words = parts.iter().flat_map(|part| {
            let words: Vec<Vec<char>> = runs(part).flat_map(cut).collect();
            if words.is_empty() { vec![part.clone()] } else { words }
        });
        let words = words.map(|word| Phrase::of(&word)).collect();
        (!exact.is_empty()).then_some(Self { exact, words })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn indexed(text: &str) -> Vec<(usize, String)> {
        let mut all = Vec::new();
        terms(text, 0, |place, term| all.push((place, term)));
        all
    }

    /// Whether a text holds a phrase, by the terms alone: what the index does.
    fn holds(text: &str, phrase: &Phrase) -> bool {
        let terms = indexed(text);
        match phrase {
            Phrase::Character(c) => terms.iter().any(|(_, term)| term.starts_with(c.as_str())),
            Phrase::Terms(wanted) => terms.iter().any(|(from, _)| {
                wanted.iter().all(|(after, term)| terms.contains(&(from + after, term.clone())))
            }),
        }
    }

    /// Whether it answers the question: by its exact phrases, and by its words.
    fn answers(text: &str, question: &str) -> (bool, bool) {
        let wanted = Wanted::read(question).unwrap();
        let all = |phrases: &BTreeSet<Phrase>| phrases.iter().all(|phrase| holds(text, phrase));
        (all(&wanted.exact), all(&wanted.words))
    }

    /// Whoever changes this changes what is in kept folders: `kept::FORMAT` goes up.
    #[test]
    fn the_table_above_is_true() {
        let said: Vec<String> =
            indexed("３號樓漏水").iter().map(|(place, term)| format!("{place}{term}")).collect();
        assert_eq!(said.join(" "), "03 1号 1号楼 2楼漏 3漏水 4水");
        let apart: Vec<usize> = indexed("甲乙，丙").iter().map(|(place, _)| *place).collect();
        assert_eq!(apart, [0, 0, 1, 3], "no phrase goes over a comma");
        assert_eq!(indexed("二十三路 Wi-Fi").len(), 4);
    }

    #[test]
    fn words_are_found_apart_and_phrases_where_they_stand() {
        let text = "家里的暖气一直不热，三号楼5单元水管漏水，WIFI慢";
        for (question, expected) in [
            ("暖气", (true, true)),
            ("不热的暖气", (false, true)),
            ("暖气 漏水", (true, true)),
            ("漏水暖气", (false, true)),
            ("3号楼", (true, true)),
            ("3号楼5", (true, true)),
            ("楼5单元", (true, true)),
            ("5单元水", (true, true)),
            ("wifi", (true, true)),
            ("wif", (false, false)),
            ("水", (true, true)),
            ("不热三号", (false, true)),
            ("停电", (false, false)),
            ("暖气停电", (false, false)),
        ] {
            assert_eq!(answers(text, question), expected, "{question}");
        }
        for nothing in ["", "  ", "，。！", "🙂"] {
            assert_eq!(Wanted::read(nothing), None, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn any_stretch_of_a_text_is_found_in_it(
            text in "[a-c1-3甲乙丙丁水电，。 ]{1,30}",
            from in 0_usize..30,
            length in 1_usize..12,
        ) {
            let part = parts(&text).into_iter().max_by_key(Vec::len).unwrap_or_default();
            // Words of letters are whole.
            let torn = |i: usize| {
                i > 0 && i < part.len() && part[i - 1].is_ascii() && part[i].is_ascii()
            };
            let from = (0..=from.min(part.len())).rev().find(|i| !torn(*i)).unwrap_or(0);
            let to = (from + length).min(part.len());
            let to = (to..=part.len()).find(|i| !torn(*i)).unwrap_or(part.len());
            let stretch = &part[from..to];
            if stretch.is_empty() {
                return Ok(());
            }
            let question: String = stretch.iter().collect();
            prop_assert_eq!(answers(&text, &question), (true, true), "{} in {}", question, text);
        }

        #[test]
        fn a_phrase_is_found_where_it_stands_and_nowhere_else(
            text in "[12甲乙丙，]{1,40}",
            phrase in "[甲乙丙]{2,7}",
        ) {
            let wanted: Vec<char> = phrase.chars().collect();
            let stands = parts(&text).iter().any(|p| p.windows(wanted.len()).any(|w| w == wanted));
            prop_assert_eq!(holds(&text, &Phrase::of(&wanted)), stands, "{} in {}", phrase, text);
        }

        #[test]
        fn no_text_panics_and_places_never_go_back(text in "\\PC{0,60}") {
            let places: Vec<usize> = indexed(&text).iter().map(|(place, _)| *place).collect();
            prop_assert!(places.is_sorted());
            Wanted::read(&text);
        }
    }
}
