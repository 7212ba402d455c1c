//! One order for everything that was found. All weights are here.
//!
//! `score = text + importance + kind + near + bookable + open`, each part with its
//! weight. The text counts most: among things of like importance, a whole name that is
//! far away comes before a beginning that is near.

use serde::Serialize;

use super::matching::{Match, Shape};
use crate::index::text::address::Dropped;
use crate::index::text::{Grade, Kind};

/// The weights of the parts of a score.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// Of the quality of the match, 0 to 1.
    pub text: f32,
    /// Of the importance of the thing, 0 to 1.
    pub importance: f32,
    /// Of its nearness, 0 to 1, where the caller stands somewhere.
    pub near: f32,
    /// For a point that can be booked on line.
    pub bookable: f32,
    /// For a point that is open now.
    pub open: f32,
    /// For a point, before a mere place of the same name.
    pub point: f32,
    /// For a division.
    pub division: f32,
    /// For a matter.
    pub matter: f32,
}

/// The weights in use.
pub const WEIGHTS: Weights = Weights {
    text: 1.0,
    importance: 0.16,
    near: 0.15,
    bookable: 0.01,
    open: 0.01,
    point: 0.05,
    division: 0.03,
    matter: 0.04,
};

/// Quality from which a match is good, so that nothing more forgiving is tried.
pub const GOOD: f32 = 0.5;
/// Quality of a point that handles the matter that was asked for, as a share of the
/// quality of the matter's own match.
pub const HANDLES: f32 = 0.8;
/// What is left of the quality for each syllable that was left incomplete in the middle:
/// people give first letters or whole syllables.
pub const BEGUN: f32 = 0.94;
/// What is left of the quality of a matter that was found by first letters: people
/// shorten the names of places so, not what they want to do.
pub const MATTER_BY_LETTERS: f32 = 0.82;
/// Share of letters given below which a match counts as one by first letters.
pub const BY_LETTERS: f32 = 0.6;
/// What is left of the quality of a matter when the text also says in which division:
/// then a thing that lies there comes first.
pub const MATTER_INSIDE: f32 = 0.85;
/// What is left of the quality when the text also says in which division.
pub const INSIDE: f32 = 0.9;
/// The same where the name itself begins with that division, and nothing is left over.
pub const INSIDE_NAMED: f32 = 0.98;
/// What is left of the quality of a division in an address with numbers: they count along
/// a street, and districts are often called like one.
pub const NUMBERED_DIVISION: f32 = 0.93;
/// What is left of the quality of what leaves a number or a "near" out, while a text is typed
/// with which the name of something else begins: then the number is likelier part of it.
pub const BEGUN_OTHERWISE: f32 = 0.8;
/// What is left of the quality of a division that the text names beside something in it.
pub const SURROUNDS: f32 = 0.8;
/// Share of a text that must speak of a matter, by [`crate::index::text::Topics`].
pub const SPEAKS: f32 = 0.12;

/// What is left of the quality for what a sense leaves out of the text: the more that
/// nobody knows, the less sure it is that the thing is meant.
pub fn dropped(dropped: Dropped) -> f32 {
    match dropped {
        Dropped::Nothing => 1.0,
        Dropped::City => 0.98,
        Dropped::Kind => 0.96,
        Dropped::Near => 0.92,
        Dropped::Numbers(n) => 0.9 - 0.02 * f32::from(n.min(4)),
        // A name after the number is more exact than the street before it.
        Dropped::Street(_) => 0.9,
    }
}

/// The parts of a score, for those who ask why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Score {
    /// Quality of the match, weighted.
    pub text: f32,
    /// Importance, weighted.
    pub importance: f32,
    /// Nearness, weighted.
    pub near: f32,
    /// What kind of thing it is.
    pub kind: f32,
    /// Whether it can be booked on line.
    pub bookable: f32,
    /// Whether it is open now.
    pub open: f32,
}

impl Score {
    /// The sum of the parts.
    pub fn total(&self) -> f32 {
        self.text + self.importance + self.near + self.kind + self.bookable + self.open
    }
}

/// Quality of a match, 0 to 1: from its shape, raised by how much is covered, lowered
/// by the grade of the form and by letters that were left out.
pub fn quality(m: &Match) -> f32 {
    let (base, covering) = match m.shape {
        Shape::Whole => (1.0, 0.0),
        Shape::Prefix => (0.68, 0.14),
        Shape::Inside => (0.55, 0.14),
        Shape::Words => (0.54, 0.14),
        Shape::Scattered => (0.42, 0.22),
        Shape::Shuffled => (0.40, 0.14),
        Shape::Sound => (0.36, 0.26),
        Shape::Slip => (0.36, 0.24),
        Shape::Contains => (0.20, 0.44),
        Shape::Speaks => (0.18, 0.50),
    };
    let grade = match m.grade {
        Grade::Name => 1.0,
        Grade::Alias => 0.94,
        Grade::Derived => 0.93,
        Grade::English => 0.92,
        // Whoever types the whole word for a kind of office wants one, not the bus stop
        // that happens to bear the word as its name.
        Grade::Category if m.shape == Shape::Whole => 0.97,
        Grade::Local | Grade::Category => 0.8,
    };
    let begun = BEGUN.powi(m.begun.min(4) as i32);
    let letters = (0.9 + 0.1 * m.fullness.clamp(0.0, 1.0)) * begun;
    (base + covering * m.coverage.clamp(0.0, 1.0)) * grade * letters
}

/// Nearness, 1 at the place, 0 from about fifty kilometres on: people think of
/// distances by factors.
pub fn nearness(metres: f64) -> f32 {
    const NEAR: f64 = 500.0;
    const FAR: f64 = 50_000.0;
    (1.0 - (metres / NEAR).ln_1p() / (FAR / NEAR).ln_1p()).clamp(0.0, 1.0) as f32
}

/// The score of a match, but for what only points have.
pub fn score(quality: f32, importance: f32, kind: Kind, metres: Option<f64>) -> Score {
    let w = &WEIGHTS;
    Score {
        text: w.text * quality,
        importance: w.importance * importance,
        near: metres.map_or(0.0, |d| w.near * nearness(d)),
        kind: match kind {
            Kind::Point => w.point,
            Kind::Division => w.division,
            Kind::Matter => w.matter,
            Kind::Place => 0.0,
        },
        bookable: 0.0,
        open: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shape: Shape, grade: Grade, coverage: f32) -> f32 {
        quality(&Match { shape, grade, coverage, fullness: 1.0, begun: 0 })
    }

    #[test]
    fn a_whole_name_far_away_comes_before_a_beginning_at_hand() {
        let far = score(of(Shape::Whole, Grade::Name, 1.0), 0.6, Kind::Place, Some(60_000.0));
        let near = score(of(Shape::Prefix, Grade::Name, 0.7), 0.6, Kind::Place, Some(0.0));
        assert!(far.total() > near.total());
    }

    #[test]
    fn a_place_of_that_name_comes_before_a_community_that_is_also_called_so() {
        let named = score(of(Shape::Whole, Grade::Name, 1.0), 0.3, Kind::Place, None);
        let called = score(of(Shape::Whole, Grade::Alias, 1.0), 0.4, Kind::Division, None);
        assert!(named.total() > called.total());
    }

    #[test]
    fn more_of_a_name_is_never_worse() {
        for shape in [Shape::Prefix, Shape::Inside, Shape::Words, Shape::Scattered, Shape::Slip] {
            assert!(of(shape, Grade::Name, 0.9) > of(shape, Grade::Name, 0.4), "{shape:?}");
        }
    }

    #[test]
    fn nearness_falls_with_distance() {
        assert!(nearness(0.0) >= 1.0 && nearness(60_000.0) <= 0.0);
        assert!(nearness(400.0) > nearness(800.0) && nearness(800.0) > nearness(8_000.0));
    }
}
