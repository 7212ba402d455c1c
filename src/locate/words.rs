//! Whose is a place that was described in words? Everything that may be meant, each with
//! its jurisdiction; where those differ, the question that tells them apart.

use jiff::civil::Date;

use super::{Answer, Brief, Match, locate, sentence};
use crate::city::{City, Lang, Level, Localized};
use crate::geo::LonLat;
use crate::index::Snapshot;
use crate::search::{self, HitKind, Query};

/// Most candidates that are given.
const MOST: usize = 10;
/// A candidate counts if it is at most so much less likely than the likeliest.
const NEAR: f32 = 0.15;
/// Most names in a question.
const NAMES: usize = 5;

/// Something that may be meant.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is.
    pub hit: HitKind,
    /// Where it is.
    pub point: LonLat,
    /// 0 to 1: how surely the words mean it.
    pub confidence: f32,
    /// Whose it is; `border` also where it may reach across one.
    pub brief: Brief,
    /// The same with distances, of its middle; `None` for a division, which is no position.
    pub answer: Option<Answer>,
    /// Whether it may reach across a border, so that its middle does not decide.
    pub wide: bool,
}

impl Candidate {
    /// Whose it is, in words that can be read out.
    pub fn sentence(&self, snapshot: &Snapshot) -> Localized {
        let (city, name) = (&snapshot.city, search::names(snapshot, self.hit));
        let unnamed = Localized::default();
        let name = name.unwrap_or(&unnamed);
        match &self.answer {
            Some(answer) if self.wide => sentence::compose_wide(city, name, answer),
            Some(answer) => sentence::compose_of(city, name, answer),
            None => sentence::compose_part(city, &self.divisions()),
        }
    }

    /// Numbers of the divisions, from the largest.
    pub fn divisions(&self) -> Vec<u32> {
        self.brief.divisions.into_iter().flatten().collect()
    }
}

/// What some words may mean.
#[derive(Debug, Clone)]
pub struct Meant {
    /// The likeliest first.
    pub candidates: Vec<Candidate>,
    /// Asked of the caller where the candidates are not all in one jurisdiction.
    pub question: Option<Localized>,
}

/// Searches for the text, and locates what may be meant.
pub fn from_words(snapshot: &Snapshot, text: &str, lang: Lang, day: Date) -> Meant {
    let query = Query { text: text.to_owned(), lang, size: MOST, ..Query::default() };
    let answer = search::search(snapshot, &query);
    // A point that only handles the matter in the text is not the place in the text.
    let hits = answer.hits.into_iter().filter(|hit| hit.because.is_none());
    let mut candidates: Vec<Candidate> = hits
        .filter_map(|hit| {
            let point = search::location(snapshot, hit.kind)?;
            Some(candidate(snapshot, hit.kind, point, hit.confidence, day))
        })
        .collect();
    let best = candidates.iter().map(|c| c.confidence).fold(0.0, f32::max);
    candidates.retain(|c| c.confidence >= best - NEAR);
    let question = question(&snapshot.city, &candidates);
    Meant { candidates, question }
}

fn candidate(
    snapshot: &Snapshot,
    hit: HitKind,
    point: LonLat,
    confidence: f32,
    day: Date,
) -> Candidate {
    if let HitKind::Division(_) = hit {
        // A division is its own jurisdiction, wherever its middle lies.
        let brief = Brief { found: Match::Inside, divisions: search::divisions(snapshot, hit) };
        return Candidate { hit, point, confidence, brief, answer: None, wide: false };
    }
    let mut answer = locate(snapshot, point, day);
    let extent = match hit {
        HitKind::Place(i) => snapshot.city.places[i as usize].extent_m,
        _ => 0.0f32,
    };
    let wide = matches!(answer.found, Match::Inside | Match::Border)
        && answer.divisions.last().is_some_and(|d| d.distance_to_border_m < extent.into());
    if wide {
        answer.found = Match::Border;
    }
    let of = |level| answer.divisions.iter().find(|d| d.level == level).map(|d| d.division);
    let brief = Brief { found: answer.found, divisions: Level::ALL.map(of) };
    Candidate { hit, point, confidence, brief, answer: Some(answer), wide }
}

/// Asks by the largest level on which candidates differ.
fn question(city: &City, candidates: &[Candidate]) -> Option<Localized> {
    let level = Level::ALL.into_iter().find(|level| {
        let of = |c: &Candidate| c.brief.divisions[*level as usize];
        let differ = candidates.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
        differ && candidates.iter().filter_map(of).count() > 1
    })?;
    let mut numbers: Vec<u32> = Vec::new();
    for number in candidates.iter().filter_map(|c| c.brief.divisions[level as usize]) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if numbers.len() < 2 {
        return None;
    }
    let names = |lang| -> Vec<&str> {
        let some = numbers.iter().take(NAMES);
        some.map(|n| city.divisions[*n as usize].name.get(lang)).collect()
    };
    let more = numbers.len() > NAMES;
    let (zh, en) = (names(Lang::Zh), names(Lang::En));
    let last_zh = if more { "别处" } else { zh[zh.len() - 1] };
    let last_en = if more { "somewhere else" } else { en[en.len() - 1] };
    let first = if more { zh.len() } else { zh.len() - 1 };
    Some(Localized {
        zh: format!("{}的还是{last_zh}的？", zh[..first].join("的、")),
        en: format!("The one in {} or in {last_en}?", en[..first].join(", in ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;

    #[test]
    fn nonsense_means_nothing_and_asks_nothing() {
        let s = fixture::snapshot();
        let meant = from_words(&s, "qqqqzzzz", Lang::Zh, s.divisions.today());
        assert!(meant.candidates.is_empty() && meant.question.is_none());
    }

    #[test]
    fn a_division_is_its_own_jurisdiction() {
        let s = fixture::snapshot();
        let meant = from_words(&s, "甲区", Lang::Zh, s.divisions.today());
        let number = s.divisions.number("01").unwrap();
        let own = meant.candidates.iter().find(|c| c.hit == HitKind::Division(number)).unwrap();
        assert_eq!(own.brief.divisions[0], Some(number));
    }

    #[test]
    fn the_question_names_what_tells_candidates_apart() {
        let s = fixture::snapshot();
        let one = |code: &str| Candidate {
            hit: HitKind::Place(0),
            point: LonLat::new(0.0, 0.0),
            confidence: 1.0,
            brief: Brief {
                found: Match::Inside,
                divisions: [s.divisions.number(code), None, None],
            },
            answer: None,
            wide: false,
        };
        let districts: Vec<&str> = s
            .city
            .divisions
            .iter()
            .filter(|d| d.level == Level::District)
            .map(|d| d.code.as_str())
            .collect();
        let two = [one(districts[0]), one(districts[1])];
        let asked = question(&s.city, &two).unwrap();
        assert!(asked.zh.contains("的还是") && asked.zh.ends_with("的？"), "{asked:?}");
        assert_eq!(question(&s.city, &two[..1]), None);
        assert_eq!(question(&s.city, &[two[0].clone(), two[0].clone()]), None);
    }
}
