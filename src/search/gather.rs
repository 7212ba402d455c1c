//! Finds the documents that may match: a bounded number, the most promising first.
//!
//! Each walk asks the index for the documents that hold some terms. The index numbers
//! documents by importance, so the first of a walk are its best, unless the caller
//! stands somewhere: then more of the walk is looked at, and what is near is kept too.

use fixedbitset::FixedBitSet;

use super::latin::splits;
use super::understand::{Script, Sense, lies_within};
use crate::geo::LonLat;
use crate::geo::distance::LocalPlane;
use crate::index::text::normal::is_han;
use crate::index::text::reading::is_syllable;
use crate::index::text::terms::{MAX_LATIN, MAX_PREFIX, START};
use crate::index::text::{Entry, Field, TextIndex};

/// Documents kept of one walk. Each costs about half a microsecond to match, and a
/// sense takes some six walks.
const KEPT: usize = 100;
/// Documents looked at in one walk where a position or a filter chooses among them; each
/// costs some tens of nanoseconds. What is less important than so many others that
/// hold the same terms is found once a further character is typed.
const VISITED: usize = 4_000;
/// Documents kept in all, whatever the senses.
const KEPT_IN_ALL: usize = 600;
/// Ways to split the parts of a text that are tried.
const MAX_CHOICES: usize = 10;
/// Terms of one walk.
const MAX_TERMS: usize = 24;
/// Characters of a text whose every stretch is looked up as a name.
const MAX_STRETCHED: usize = 24;

/// The documents that may match, each once, with the number of the sense that found it.
pub(super) struct Gathered<'a> {
    index: &'a TextIndex,
    focus: Option<LocalPlane>,
    admit: &'a dyn Fn(&Entry) -> bool,
    seen: FixedBitSet,
    /// Documents in the order in which they were found.
    pub(super) docs: Vec<u32>,
}

impl<'a> Gathered<'a> {
    /// Nothing yet; `admit` is asked before a document is kept.
    pub(super) fn new(
        index: &'a TextIndex,
        focus: Option<LonLat>,
        admit: &'a dyn Fn(&Entry) -> bool,
    ) -> Self {
        Self {
            index,
            focus: focus.map(LocalPlane::at),
            admit,
            seen: FixedBitSet::with_capacity(index.len()),
            docs: Vec::new(),
        }
    }

    /// Forgets what was found, so that another sense may find the same.
    pub(super) fn restart(&mut self) {
        for doc in self.docs.drain(..) {
            self.seen.set(doc as usize, false);
        }
    }

    fn walk<S: AsRef<str>>(&mut self, terms: &[(Field, S)], within: &[Vec<u32>]) {
        if self.docs.len() >= KEPT_IN_ALL {
            return;
        }
        let terms: Vec<(Field, &str)> =
            terms.iter().take(MAX_TERMS).map(|(f, t)| (*f, t.as_ref())).collect();
        let fits = |doc: &u32| {
            let entry = self.index.entry(*doc);
            let inside = entry.kind == crate::index::text::Kind::Matter
                || lies_within(within, entry.divisions);
            inside && (self.admit)(entry)
        };
        let walk = self.index.walk(&terms).take(VISITED).filter(fits);
        let mut found: Vec<u32> = match self.focus {
            None => walk.take(KEPT).collect(),
            Some(_) => walk.collect(),
        };
        if let Some(plane) = self.focus
            && found.len() > KEPT
        {
            // Half for the important ones, half for the near ones.
            let far = |doc: &u32| {
                self.index.entry(*doc).location.map_or(f64::INFINITY, |at| {
                    let (x, y) = plane.project(at.lon, at.lat);
                    x * x + y * y
                })
            };
            let rest = &mut found[KEPT / 2..];
            rest.select_nth_unstable_by(KEPT / 2, |a, b| far(a).total_cmp(&far(b)));
            found.truncate(KEPT);
        }
        for doc in found {
            if self.docs.len() < KEPT_IN_ALL && !self.seen.put(doc as usize) {
                self.docs.push(doc);
            }
        }
    }

    /// What may match `sense` fully.
    pub(super) fn strict(&mut self, sense: &Sense) {
        let within = &sense.within;
        let numbered: String = sense.numbered.iter().collect();
        let beginning: String = sense.numbered.iter().take(MAX_PREFIX).collect();
        self.walk(&[(Field::Exact, &numbered)], within);
        self.walk(&[(Field::Prefix, &beginning)], within);
        match sense.script {
            Script::Empty => {}
            Script::Literal => self.literal(sense),
            Script::Latin => self.latin(sense),
            Script::Mixed => {
                self.literal(sense);
                self.mixed(sense);
            }
        }
    }

    fn literal(&mut self, sense: &Sense) {
        let chars = sense.numbered.as_slice();
        let pairs = grams(chars);
        self.walk(&pairs, &sense.within);
        if chars.len() < 2 {
            return;
        }
        if sense.words.len() > 1 {
            let words: Vec<(Field, String)> =
                sense.words.iter().map(|w| (Field::Word, w.iter().collect())).collect();
            self.walk(&words, &sense.within);
        }
        let single = singles(chars);
        self.walk(&single, &sense.within);
    }

    fn latin(&mut self, sense: &Sense) {
        let parts: Vec<String> =
            sense.parts().into_iter().map(|p| sense.chars[p].iter().collect()).collect();
        let words: Vec<(Field, String)> =
            parts.iter().map(|p| (Field::Latin, p.chars().take(MAX_LATIN).collect())).collect();
        self.walk(&words, &sense.within);
        self.initials(&parts, &[], &sense.within);
    }

    fn mixed(&mut self, sense: &Sense) {
        let mut literal = Vec::new();
        let mut letters: Vec<String> = Vec::new();
        for part in sense.parts() {
            let chars = &sense.chars[part];
            if chars.iter().any(|&c| is_han(c)) {
                literal.extend(grams(&crate::index::text::forms::numbered(chars)));
            } else {
                letters.push(chars.iter().collect());
            }
        }
        self.initials(&letters, &literal, &sense.within);
    }

    /// Walks by the first letters of the readings of each part: those that begin with
    /// the first part, then those that hold it anywhere.
    fn initials(&mut self, parts: &[String], also: &[(Field, String)], within: &[Vec<u32>]) {
        let splits: Vec<Vec<Vec<&str>>> = parts.iter().map(|p| splits(p)).collect();
        for at_start in [true, false] {
            if at_start && !also.is_empty() {
                continue;
            }
            for choice in choices(&splits) {
                let mut terms = also.to_vec();
                for (p, (ways, way)) in splits.iter().zip(choice).enumerate() {
                    if let Some(split) = ways.get(way) {
                        let last = p + 1 == splits.len();
                        initial_terms(split, at_start && p == 0, last, &mut terms);
                    }
                }
                self.walk(&terms, within);
            }
        }
    }

    /// What may match with one character wrong: all characters but one must be there.
    pub(super) fn slips(&mut self, sense: &Sense) {
        let all = singles(&sense.numbered);
        if sense.script != Script::Literal || all.len() < 3 || all.len() > MAX_TERMS {
            return;
        }
        for skipped in 0..all.len() {
            let mut rest = all.clone();
            rest.remove(skipped);
            self.walk(&rest, &sense.within);
        }
    }

    /// What may match letters that pass over characters of the name.
    pub(super) fn gaps(&mut self, sense: &Sense) {
        let letters: String = sense.chars.iter().collect();
        for split in splits(&letters) {
            let firsts: Vec<char> = split.iter().filter_map(|p| p.chars().next()).collect();
            if !(3..=12).contains(&firsts.len()) {
                continue;
            }
            let pairs: Vec<(Field, String)> =
                firsts.windows(2).map(|w| (Field::Initial, w.iter().collect())).collect();
            for skipped in 0..pairs.len() {
                let mut rest = pairs.clone();
                rest.remove(skipped);
                self.walk(&rest, &sense.within);
            }
        }
    }

    /// What may sound like these syllables.
    pub(super) fn sounds(&mut self, syllables: &[&str], within: &[Vec<u32>]) {
        for at_start in [true, false] {
            let mut terms = Vec::new();
            initial_terms(syllables, at_start, false, &mut terms);
            self.walk(&terms, within);
        }
    }

    /// Names that lie inside the text.
    pub(super) fn loose(&mut self, sense: &Sense) {
        let chars: Vec<char> = sense.numbered.iter().copied().take(MAX_STRETCHED).collect();
        for len in (2..=chars.len()).rev() {
            for stretch in chars.windows(len) {
                let name: String = stretch.iter().collect();
                if self.index.holds(Field::Exact, &name) {
                    self.walk(&[(Field::Exact, name)], &sense.within);
                }
            }
        }
    }
}

/// Which split to take of each part: the best of all, then another one of one part.
fn choices(splits: &[Vec<Vec<&str>>]) -> Vec<Vec<usize>> {
    let best = vec![0; splits.len()];
    let others = splits.iter().enumerate().flat_map(|(p, ways)| {
        let best = &best;
        (1..ways.len()).map(move |way| {
            let mut choice = best.clone();
            choice[p] = way;
            choice
        })
    });
    [best.clone()].into_iter().chain(others).take(MAX_CHOICES).collect()
}

/// Pairs of neighbours; a single character alone.
fn grams(chars: &[char]) -> Vec<(Field, String)> {
    match chars {
        [one] => vec![(Field::Gram, one.to_string())],
        _ => chars.windows(2).map(|w| (Field::Gram, w.iter().collect())).collect(),
    }
}

/// Each distinct character.
fn singles(chars: &[char]) -> Vec<(Field, String)> {
    let mut distinct: Vec<char> = chars.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.into_iter().map(|c| (Field::Gram, c.to_string())).collect()
}

/// The terms that a split of letters asks for: runs of three first letters, and the
/// syllables that are certainly whole.
fn initial_terms(split: &[&str], at_start: bool, last: bool, out: &mut Vec<(Field, String)>) {
    let firsts: Vec<char> = split.iter().filter_map(|p| p.chars().next()).collect();
    if at_start {
        let start = [START].iter().chain(firsts.iter().take(2)).collect();
        out.push((Field::Initial, start));
    }
    let run = firsts.len().min(3);
    if run > 0 && !(at_start && run < 3) {
        out.extend(firsts.windows(run).map(|w| (Field::Initial, w.iter().collect())));
    }
    // The last syllable may be on the way to a longer one; so may a short one before.
    let whole = split.len() - usize::from(last && !split.is_empty());
    let syllables = split[..whole].iter().filter(|s| s.len() >= 3 && is_syllable(s));
    out.extend(syllables.map(|s| (Field::Syllable, (*s).to_owned())));
}
