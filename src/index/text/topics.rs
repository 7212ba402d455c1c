//! What people say about each matter, as a bag of characters and pairs of characters.
//!
//! Somebody who says what they want done uses words of several phrases at once, in their
//! own order, between words that say nothing. So a sentence is compared with everything
//! that is said about a matter together. A character or pair counts the more, the fewer
//! matters it occurs in (`ln(1 + matters / matters with it)`, the usual inverse document
//! frequency); a pair that no matter knows counts against all of them.

use std::collections::HashMap;

use super::{Grade, Kind, Part};

/// What a single character counts beside a pair.
const SINGLE: f32 = 0.4;
/// What a pair that is said of no matter counts.
const UNKNOWN: f32 = 2.5;
/// Share of the score that comes from all that is said about a matter; the rest comes from
/// the phrase that is most like the text.
const BAG: f32 = 0.7;
/// Phrases of a matter that are told apart.
const MAX_PHRASES: usize = 16;
/// Characters of a text that are looked at.
const MAX_CHARS: usize = 48;

/// A pair of neighbours, or one character before a zero.
type Term = [char; 2];

/// The matters in whose phrases a term occurs.
#[derive(Debug, Default)]
struct Said {
    weight: f32,
    /// Place of the matter, and a bit for each of its phrases.
    by: Vec<(u32, u16)>,
}

/// What is said about each matter.
#[derive(Debug, Default)]
pub struct Topics {
    terms: HashMap<Term, Said>,
    /// Document numbers in their part.
    docs: Vec<u32>,
    /// Weight of each phrase, [`MAX_PHRASES`] a matter.
    phrases: Vec<f32>,
}

impl Topics {
    /// Reads the forms of the matters among the documents of a part.
    pub(super) fn new(part: &Part) -> Self {
        let mut topics = Self::default();
        let mut terms = Vec::new();
        for (doc, entry) in part.entries.iter().enumerate() {
            if entry.kind != Kind::Matter {
                continue;
            }
            let topic = topics.docs.len() as u32;
            topics.docs.push(doc as u32);
            let forms = part.forms(doc as u32).filter(|(grade, _)| *grade != Grade::English);
            for (phrase, (_, form)) in forms.take(MAX_PHRASES).enumerate() {
                terms_of(form.chars(), &mut terms);
                for term in &terms {
                    let by = &mut topics.terms.entry(*term).or_default().by;
                    match by.last_mut() {
                        Some((last, phrases)) if *last == topic => *phrases |= 1 << phrase,
                        _ => by.push((topic, 1 << phrase)),
                    }
                }
            }
        }
        topics.weigh();
        topics
    }

    fn weigh(&mut self) {
        let all = self.docs.len() as f32;
        self.phrases = vec![0.0; self.docs.len() * MAX_PHRASES];
        for (term, said) in &mut self.terms {
            let share = if term[1] == '\0' { SINGLE } else { 1.0 };
            said.weight = share * (all / said.by.len() as f32).ln_1p();
            for &(topic, phrases) in &said.by {
                each_bit(phrases, |p| {
                    self.phrases[topic as usize * MAX_PHRASES + p] += said.weight;
                });
            }
        }
    }

    /// The documents whose matter is said by at least `least` of a text, with their scores
    /// from 0 to 1, best first. Some tens of microseconds.
    pub(super) fn ask(&self, text: &[char], least: f32) -> Vec<(u32, f32)> {
        let mut terms = Vec::new();
        terms_of(text.iter().copied().take(MAX_CHARS), &mut terms);
        let mut bags = vec![0.0; self.docs.len()];
        let mut phrases = vec![0.0; self.phrases.len()];
        let (mut known, mut unknown) = (0.0, 0.0);
        for term in &terms {
            let Some(said) = self.terms.get(term) else {
                unknown += if term[1] == '\0' { 0.0 } else { UNKNOWN };
                continue;
            };
            known += said.weight;
            for &(topic, bits) in &said.by {
                bags[topic as usize] += said.weight;
                each_bit(bits, |p| phrases[topic as usize * MAX_PHRASES + p] += said.weight);
            }
        }
        let whole: f32 = known + unknown;
        let mut found: Vec<(u32, f32)> = Vec::new();
        for (topic, bag) in bags.iter().enumerate().filter(|(_, bag)| **bag > 0.0) {
            let own = topic * MAX_PHRASES..(topic + 1) * MAX_PHRASES;
            let alike = phrases[own.clone()].iter().zip(&self.phrases[own]);
            let best = alike.map(|(shared, all)| 2.0 * shared / (whole + all)).fold(0.0, f32::max);
            let score = BAG * bag / whole + (1.0 - BAG) * best;
            if score >= least {
                found.push((self.docs[topic], score.min(1.0)));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

/// The distinct characters and pairs of a text.
fn terms_of(chars: impl Iterator<Item = char>, out: &mut Vec<Term>) {
    out.clear();
    let mut last = None;
    for c in chars.filter(|c| *c != ' ') {
        out.push([c, '\0']);
        out.extend(last.map(|l| [l, c]));
        last = Some(c);
    }
    out.sort_unstable();
    out.dedup();
}

fn each_bit(mut bits: u16, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::search::fixture;

    #[test]
    fn a_sentence_finds_what_it_is_about_and_noise_lowers_it() {
        let s = fixture::snapshot();
        let ask = |text: &str| {
            let chars: Vec<char> = text.chars().collect();
            let found = s.text.topics(&chars, 0.1);
            found.first().map(|(doc, score)| (s.text.entry(*doc).number, *score))
        };
        let (plain, noisy) =
            (ask("孩子要身份证").unwrap(), ask("孩子要身份证去哪里才好呢").unwrap());
        assert_eq!(plain.0, s.city.matters.index_of("id_card").unwrap() as u32);
        assert_eq!(plain.0, noisy.0);
        assert!(noisy.1 < plain.1 && plain.1 <= 1.0);
        assert_eq!(ask("火车站台"), None);
        assert_eq!(ask(""), None);
    }
}
