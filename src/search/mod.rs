//! Search: from what a person types to the things that may be meant, in one order.
//!
//! In the order in which a question goes through them:
//!
//! - [`understand`]: the script of the text, its parts, the senses it can be taken in
//! - [`latin`]: letters taken as syllables, whole or begun
//! - `admit`: which things the filters leave
//! - `gather`: the documents of the index that may match, a bounded number
//! - [`matching`], [`align`]: how well each one matches, by looking at its names
//! - [`rank`]: one score, all weights in one place
//! - `highlight`: which characters of the shown name matched
//! - `nearest`: questions without a text
//! - [`mod@gid`]: ids and labels of answers
//! - [`relevance`]: cases with their right answers, and how many of them come
//!
//! Matching grows more forgiving in steps, and stops at the first that finds something
//! good: all of the text is in the name; one character is wrong, or it sounds the same;
//! the text says more than the name.

mod admit;
pub mod align;
#[cfg(any(test, fuzzing))]
pub(crate) mod fixture;
mod gather;
pub mod gid;
mod highlight;
pub mod latin;
pub mod matching;
mod nearest;
pub mod rank;
pub mod relevance;
mod run;
pub mod similar;
#[cfg(test)]
mod tests;
pub mod understand;

use jiff::civil::DateTime;

use crate::city::Lang;
use crate::geo::{Bounds, LonLat};
use crate::index::text::{Entry, Kind};
use crate::index::{PointFilter, Snapshot};
pub use gid::{by_gid, divisions, gid, id, label, labels, layer, names};
pub use matching::{Match, Shape};
pub use nearest::{place, reverse};
pub use rank::Score;
pub use understand::{Parsed, Script};

/// Most hits that are given.
pub const MAX_SIZE: usize = 40;

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// At a keystroke: the last word may be incomplete, nothing far-fetched is tried
    /// before four characters, or three where nothing else is found.
    Autocomplete,
    /// The text is complete.
    #[default]
    Search,
}

/// A question.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// What was typed; only its first [`understand::MAX_TEXT`] characters count.
    pub text: String,
    /// In which language names are shown, for highlights.
    pub lang: Lang,
    /// Where the person stands or looks.
    pub focus: Option<LonLat>,
    /// Only inside this box.
    pub rect: Option<Bounds>,
    /// Only within so many metres of a position.
    pub circle: Option<(LonLat, f64)>,
    /// Only inside the division with this code.
    pub division: Option<String>,
    /// Only of these layers.
    pub layers: Option<Vec<String>>,
    /// Only of these sources.
    pub sources: Option<Vec<String>>,
    /// Which service points; anything set here but a division leaves points alone.
    pub filter: PointFilter,
    /// Hits wanted; at most [`MAX_SIZE`] are given.
    pub size: usize,
    /// How the question is asked.
    pub mode: Mode,
    /// The local time, where open points should be preferred.
    pub now: Option<DateTime>,
}

/// What a hit is: its kind, and its number in the city's list of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HitKind {
    /// A service point.
    Point(u32),
    /// A place of the gazetteer.
    Place(u32),
    /// A division.
    Division(u32),
    /// A service matter.
    Matter(usize),
}

impl From<&Entry> for HitKind {
    fn from(entry: &Entry) -> Self {
        match entry.kind {
            Kind::Point => Self::Point(entry.number),
            Kind::Place => Self::Place(entry.number),
            Kind::Division => Self::Division(entry.number),
            Kind::Matter => Self::Matter(entry.number as usize),
        }
    }
}

/// How a hit answers the text, in the Pelias vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchType {
    /// Everything the text says is in the name.
    Exact,
    /// A slip was forgiven, or a part of the text was not used.
    Fallback,
    /// The middle of something large.
    Centroid,
}

impl MatchType {
    /// Its name in answers.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fallback => "fallback",
            Self::Centroid => "centroid",
        }
    }
}

/// What the position of a hit is, in the Pelias vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accuracy {
    /// The thing itself.
    Point,
    /// The middle of something large.
    Centroid,
}

impl Accuracy {
    /// Its name in answers.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Centroid => "centroid",
        }
    }
}

/// A thing that may be meant.
#[derive(Debug, Clone)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Its layer in the Pelias vocabulary.
    pub layer: &'static str,
    /// 0 to 1: how surely it is what the text says; nothing to do with distance.
    pub confidence: f32,
    /// How it answers the text.
    pub match_type: MatchType,
    /// What its position is.
    pub accuracy: Accuracy,
    /// Its position, where it has one; for a matter, that of the nearest point that handles
    /// it, or the middle of the city.
    pub location: Option<LonLat>,
    /// Metres from the focus, or from the position asked about.
    pub distance_m: Option<f64>,
    /// The characters of the shown name that matched: from, to (not included).
    pub highlight: Vec<(usize, usize)>,
    /// How its best form matched; `None` where no text was asked, and for a point that
    /// follows a matter.
    pub matched: Option<Match>,
    /// For a point that follows a matter: the matter's number.
    pub because: Option<usize>,
    /// For a matter: how many points handle it.
    pub points: Option<usize>,
    /// Why it stands where it stands.
    pub score: Score,
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The things that may be meant, the likeliest first.
    pub hits: Vec<Hit>,
    /// What was understood of the text.
    pub parsed: Parsed,
}

/// Answers a question from one snapshot. The cost is bounded whatever the text; see
/// `docs/decisions/0003-text-index.md` for measurements.
pub fn search(s: &Snapshot, query: &Query) -> Answer {
    let parsed = understand::understand(&s.text, &query.text);
    let hits = if query.text.trim().is_empty() {
        nearest::without_text(s, query)
    } else {
        run::hits(s, query, &parsed)
    };
    Answer { hits, parsed }
}

/// The position of a hit.
pub fn location(s: &Snapshot, hit: HitKind) -> Option<LonLat> {
    use geo::Centroid;
    match hit {
        HitKind::Point(i) => s.city.points.get(i as usize).map(|p| p.location),
        HitKind::Place(i) => s.city.places.get(i as usize).map(|p| p.location),
        HitKind::Division(i) => s.city.divisions.get(i as usize).and_then(|d| {
            d.point.or_else(|| {
                let c = d.area.as_ref()?.centroid()?;
                Some(LonLat::new(c.x(), c.y()))
            })
        }),
        HitKind::Matter(_) => None,
    }
}

fn accuracy_of(s: &Snapshot, hit: HitKind) -> Accuracy {
    use crate::city::PlaceKind;
    match hit {
        HitKind::Point(_) => Accuracy::Point,
        HitKind::Place(i)
            if matches!(
                s.city.places[i as usize].kind,
                PlaceKind::Building | PlaceKind::Transit
            ) =>
        {
            Accuracy::Point
        }
        _ => Accuracy::Centroid,
    }
}
