//! How well the search answers: cases with the answers that people expect, and measures.
//!
//! A case is a line of a CSV file with the columns `kind`, `text`, `lon`, `lat`, `within`,
//! `expect`. `lon` and `lat` (WGS-84) say where the person stands, and may be empty;
//! `within` says among how many first hits the answer must be; `expect` holds the answers
//! that are right, separated by semicolons: `id:<id>`, `category:<code>`, or a name.
//!
//! A fifth of the cases, by a digest of their text, is the test split: nothing is tuned by
//! looking at it, so that its figures say what others may expect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Hit, HitKind, Mode, Query, gid, search};
use crate::geo::LonLat;
use crate::index::Snapshot;

/// Hits in which an answer is looked for.
const DEPTH: usize = 10;
/// One case in so many is kept for the test split.
const TEST_SHARE: u8 = 5;

/// A line of the file.
#[derive(Debug, Deserialize)]
struct Line {
    kind: String,
    text: String,
    lon: Option<f64>,
    lat: Option<f64>,
    within: usize,
    expect: String,
}

/// What a right answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The thing with this id.
    Id(String),
    /// A service point of this category.
    Category(String),
    /// Whatever has this name.
    Name(String),
}

/// A question and its right answers.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kind of question it is an example of.
    pub kind: String,
    /// What is typed.
    pub text: String,
    /// Where the person stands.
    pub focus: Option<LonLat>,
    /// Among how many first hits a right answer must be.
    pub within: usize,
    /// The answers that are right.
    pub expect: Vec<Expected>,
}

impl Case {
    /// Whether it belongs to the test split.
    pub fn is_test(&self) -> bool {
        blake3::hash(self.text.as_bytes()).as_bytes()[0].is_multiple_of(TEST_SHARE)
    }

    fn is_right(&self, s: &Snapshot, hit: &Hit) -> bool {
        self.expect.iter().any(|expected| match expected {
            Expected::Id(id) => gid::id(s, hit.kind) == id,
            Expected::Name(name) => gid::names(s, hit.kind).is_some_and(|n| n.zh == *name),
            Expected::Category(code) => match hit.kind {
                HitKind::Point(i) => s.city.points[i as usize].category == *code,
                _ => false,
            },
        })
    }

    /// The place of the first right answer to `text`, from 1.
    fn rank(&self, s: &Snapshot, text: &str, mode: Mode) -> Option<usize> {
        let focus = self.focus;
        let query = Query { text: text.to_owned(), focus, size: DEPTH, mode, ..Query::default() };
        search(s, &query).hits.iter().position(|hit| self.is_right(s, hit)).map(|at| at + 1)
    }
}

/// Reads the cases of a file.
///
/// # Errors
/// The line that cannot be read, and why.
pub fn read(file: &[u8]) -> Result<Vec<Case>, csv::Error> {
    csv::Reader::from_reader(file)
        .deserialize()
        .map(|line| {
            line.map(|line: Line| Case {
                focus: line.lon.zip(line.lat).map(|(lon, lat)| LonLat::new(lon, lat)),
                expect: line.expect.split(';').map(expected).collect(),
                kind: line.kind,
                text: line.text,
                within: line.within,
            })
        })
        .collect()
}

fn expected(text: &str) -> Expected {
    match text.split_once(':') {
        Some(("id", id)) => Expected::Id(id.to_owned()),
        Some(("category", code)) => Expected::Category(code.to_owned()),
        _ => Expected::Name(text.to_owned()),
    }
}

/// What came of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The place of the first right answer to the whole text, from 1.
    pub rank: Option<usize>,
    /// Characters typed until a right answer is the first suggestion.
    pub to_first: Option<usize>,
    /// Characters typed until a right answer is among the first three.
    pub to_third: Option<usize>,
    /// How often a right answer was the first suggestion and with the next character was not.
    pub lost: usize,
    /// How often a right answer was suggested, with the next character was not, and later was
    /// again.
    pub gone: usize,
}

/// Asks one case, whole and character by character.
pub fn ask(s: &Snapshot, case: &Case) -> Outcome {
    let rank = case.rank(s, &case.text, Mode::Search);
    let (mut to_first, mut to_third, mut lost, mut first) = (None, None, 0, false);
    let (mut gone, mut shown, mut missing) = (0, false, false);
    let ends = case.text.char_indices().map(|(i, c)| i + c.len_utf8());
    for (n, end) in (1..).zip(ends) {
        let rank = case.rank(s, &case.text[..end], Mode::Autocomplete);
        let is_first = rank == Some(1);
        lost += usize::from(first && !is_first);
        first = is_first;
        missing |= shown && rank.is_none();
        shown = rank.is_some();
        if shown {
            gone += usize::from(std::mem::take(&mut missing));
        }
        if is_first && to_first.is_none() {
            to_first = Some(n);
        }
        if rank.is_some_and(|r| r <= 3) && to_third.is_none() {
            to_third = Some(n);
        }
    }
    Outcome { rank, to_first, to_third, lost, gone }
}

/// The measures of some cases.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Measures {
    /// How many cases.
    pub cases: usize,
    /// Cases whose first hit is right.
    pub first: usize,
    /// Cases with a right answer among the first five.
    pub five: usize,
    /// Sum of the reciprocal ranks.
    pub reciprocal: f64,
    /// How often a right first suggestion was lost while typing.
    pub lost: usize,
    /// How often a right answer was suggested, was not, and was again.
    pub gone: usize,
    /// Characters until right and first, in order; what never is counts as the largest.
    to_first: Vec<usize>,
    /// Characters until right and among three, in order.
    to_third: Vec<usize>,
}

impl Measures {
    fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.first += usize::from(outcome.rank == Some(1));
        self.five += usize::from(outcome.rank.is_some_and(|r| r <= 5));
        self.reciprocal += outcome.rank.map_or(0.0, |r| 1.0 / r as f64);
        self.lost += outcome.lost;
        self.gone += outcome.gone;
        for (list, n) in
            [(&mut self.to_first, outcome.to_first), (&mut self.to_third, outcome.to_third)]
        {
            let n = n.unwrap_or(usize::MAX);
            list.insert(list.partition_point(|m| *m <= n), n);
        }
    }

    /// Share of cases whose first hit is right.
    pub fn recall_1(&self) -> f64 {
        self.first as f64 / self.cases.max(1) as f64
    }

    /// Share of cases with a right answer among the first five.
    pub fn recall_5(&self) -> f64 {
        self.five as f64 / self.cases.max(1) as f64
    }

    /// Mean reciprocal rank.
    pub fn mrr(&self) -> f64 {
        self.reciprocal / self.cases.max(1) as f64
    }

    /// Characters until a right answer is first, for `share` of the cases; `None` where
    /// it never is.
    pub fn keystrokes_to_first(&self, share: f64) -> Option<usize> {
        at(&self.to_first, share)
    }

    /// Characters until a right answer is among the first three, for `share` of the cases.
    pub fn keystrokes_to_third(&self, share: f64) -> Option<usize> {
        at(&self.to_third, share)
    }
}

fn at(sorted: &[usize], share: f64) -> Option<usize> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share) as usize).copied().filter(|n| *n < usize::MAX)
}

/// The measures by kind, and the cases that failed.
#[derive(Debug, Default)]
pub struct Report {
    kinds: BTreeMap<(String, bool), Vec<Outcome>>,
    /// Cases whose right answer did not come among as many hits as it should, and where
    /// it came.
    pub failed: Vec<(Case, Outcome)>,
}

impl Report {
    /// Asks all cases. A case of ten characters costs eleven questions.
    pub fn of(s: &Snapshot, cases: &[Case]) -> Self {
        let mut report = Self::default();
        for case in cases {
            let outcome = ask(s, case);
            report.kinds.entry((case.kind.clone(), case.is_test())).or_default().push(outcome);
            if outcome.rank.is_none_or(|r| r > case.within) {
                report.failed.push((case.clone(), outcome));
            }
        }
        report
    }

    /// The kinds, in the order of the alphabet.
    pub fn kinds(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.kinds.keys().map(|(kind, _)| kind.as_str()).collect();
        kinds.dedup();
        kinds
    }

    /// The measures of the kinds that `wanted` chooses; of one split, or of both.
    pub fn measures(&self, wanted: impl Fn(&str) -> bool, test: Option<bool>) -> Measures {
        let mut all = Measures::default();
        for ((kind, split), outcomes) in &self.kinds {
            if wanted(kind) && test.is_none_or(|t| t == *split) {
                for outcome in outcomes {
                    all.add(outcome);
                }
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;

    fn cases(lines: &str) -> Vec<Case> {
        read(format!("kind,text,lon,lat,within,expect\n{lines}").as_bytes()).unwrap()
    }

    #[test]
    fn right_answers_are_named_by_id_category_or_name() {
        let s = fixture::snapshot();
        let cases = cases(
            "a,首都图书馆,,,1,首都图书馆\n\
             a,东山路,116.47,39.945,1,id:a7\n\
             b,派出所,,,1,category:police\n\
             b,东山路,116.47,39.945,1,id:a6\n\
             b,完全无关的文字,,,1,没有\n",
        );
        let report = Report::of(&s, &cases);
        assert_eq!(report.kinds(), ["a", "b"]);
        let all = report.measures(|_| true, None);
        assert_eq!((all.cases, all.first, all.five), (5, 3, 4));
        assert!((all.mrr() - 3.5 / 5.0).abs() < 1e-9, "{}", all.mrr());
        assert_eq!(report.failed.len(), 2);
    }

    #[test]
    fn keystrokes_are_counted_until_the_answer_comes() {
        let s = fixture::snapshot();
        let outcome = ask(&s, &cases("a,东山派出所,,,1,id:p5")[0]);
        assert_eq!((outcome.rank, outcome.lost), (Some(1), 0));
        assert!(outcome.to_third <= outcome.to_first && outcome.to_first <= Some(3));
    }

    #[test]
    fn a_split_depends_on_nothing_but_the_text() {
        let all = cases("a,甲,,,1,x\nb,甲,116.4,39.9,5,y");
        assert_eq!(all[0].is_test(), all[1].is_test());
        let letters: Vec<String> = ('a'..='z').map(|c| format!("a,{c},,,1,x")).collect();
        let test = cases(&letters.join("\n")).iter().filter(|c| c.is_test()).count();
        assert!((1..=12).contains(&test), "{test}");
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = read(b"kind,text,lon,lat,within,expect\na,b,,,x,c\n").unwrap_err();
        assert!(error.to_string().contains("line: 2"), "{error}");
    }
}
