//! What was reported already: how near and how lately, by kind.

use serde::Deserialize;

use super::{Matter, Tree};

/// How near and how late a ticket is that may be the same.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repeats {
    /// Metres, where the kind has none.
    pub radius_m: f64,
    /// Days since it was closed, where the kind has none.
    pub recent_days: u32,
    /// Kinds that differ from that.
    #[serde(rename = "kind")]
    pub kinds: Vec<RepeatKind>,
}

/// Categories that are near relatives: who reports one may mean the other.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatKind {
    /// Codes of matters, or what the hotline calls them; those below them too.
    pub codes: Vec<String>,
    /// How far apart two reports of the same thing are at most, metres.
    pub radius_m: Option<f64>,
    /// How many days after it was closed it is still the same.
    pub recent_days: Option<u32>,
    /// Days within which the caller is promised an answer, where that is known.
    pub answer_days: Option<u32>,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { radius_m: 200.0, recent_days: 30, kinds: Vec::new() }
    }
}

/// How two categories are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// The same, or one above or below it.
    Same,
    /// Another of the same kind.
    Near,
}

impl Repeats {
    /// The kind of a category: the one that names it, or else the nearest of those above it.
    pub fn kind(&self, matters: &Tree<Matter>, category: &str) -> Option<&RepeatKind> {
        let line = matters.ancestors(category);
        let of = |code: &str| self.kinds.iter().find(|kind| kind.codes.iter().any(|c| c == code));
        of(category).or_else(|| line.into_iter().find_map(of))
    }

    /// How far apart two reports of a category are at most, metres.
    pub fn radius_m(&self, matters: &Tree<Matter>, category: &str) -> f64 {
        self.kind(matters, category).and_then(|kind| kind.radius_m).unwrap_or(self.radius_m)
    }

    /// How many days after it was closed a report of a category is still the same.
    pub fn recent_days(&self, matters: &Tree<Matter>, category: &str) -> u32 {
        self.kind(matters, category).and_then(|kind| kind.recent_days).unwrap_or(self.recent_days)
    }

    /// The largest radius of all, metres.
    pub fn widest_m(&self) -> f64 {
        self.kinds.iter().filter_map(|kind| kind.radius_m).fold(self.radius_m, f64::max)
    }

    /// The longest time of all, days.
    pub fn longest_days(&self) -> u32 {
        let days = self.kinds.iter().filter_map(|kind| kind.recent_days).max();
        days.unwrap_or(0).max(self.recent_days)
    }

    /// How two categories are related, if they are.
    pub fn kin(&self, matters: &Tree<Matter>, a: &str, b: &str) -> Option<Kin> {
        if a == b || matters.is_within(a, b) || matters.is_within(b, a) {
            return Some(Kin::Same);
        }
        let (a, b) = (self.kind(matters, a)?, self.kind(matters, b)?);
        std::ptr::eq(a, b).then_some(Kin::Near)
    }
}
