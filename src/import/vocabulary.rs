//! The city's own words for kinds of offices and matters, in any of its languages.

use std::collections::HashMap;

use super::words;
use crate::city::City;

/// Codes by the words that mean them.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// What the words are for, for messages.
    what: &'static str,
    /// For each folded word how good it is, and the codes that it means.
    codes: HashMap<String, (Rank, Vec<String>)>,
}

/// A code before a name before another word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Code,
    Name,
    Alias,
}

impl Vocabulary {
    /// Codes, names and aliases of categories.
    pub fn categories(city: &City) -> Self {
        let mut all = Self { what: "category", ..Self::default() };
        for category in &city.categories {
            all.add(Rank::Code, &category.code, &category.code);
            all.add(Rank::Name, &category.name.zh, &category.code);
            all.add(Rank::Name, &category.name.en, &category.code);
            // `医院、诊所` is both.
            for part in words::list(&category.name.zh) {
                all.add(Rank::Alias, &part, &category.code);
            }
            for alias in &category.aliases {
                all.add(Rank::Alias, alias, &category.code);
            }
        }
        all
    }

    /// Codes, names and phrases of matters.
    pub fn matters(city: &City) -> Self {
        let mut all = Self { what: "matter", ..Self::default() };
        for matter in &city.matters {
            all.add(Rank::Code, &matter.code, &matter.code);
            all.add(Rank::Name, &matter.name.zh, &matter.code);
            all.add(Rank::Name, &matter.name.en, &matter.code);
            for phrase in &matter.phrases {
                all.add(Rank::Alias, phrase, &matter.code);
            }
        }
        all
    }

    fn add(&mut self, rank: Rank, word: &str, code: &str) {
        let word = words::fold(word);
        if word.is_empty() {
            return;
        }
        let entry = self.codes.entry(word).or_insert_with(|| (rank, Vec::new()));
        if rank < entry.0 {
            *entry = (rank, Vec::new());
        }
        if rank == entry.0 && !entry.1.iter().any(|known| known == code) {
            entry.1.push(code.to_owned());
        }
    }

    /// The code that a word means.
    ///
    /// # Errors
    /// Where it means none, or more than one.
    pub fn code(&self, word: &str) -> Result<&str, String> {
        match self.codes.get(&words::fold(word)).map(|(_, codes)| codes.as_slice()) {
            Some([code]) => Ok(code),
            Some(codes) => {
                Err(format!("\"{word}\" may be {}; give one of these codes", codes.join(" or ")))
            }
            None => Err(format!("\"{word}\" is no {} of this city", self.what)),
        }
    }
}
