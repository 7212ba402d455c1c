//! `city.toml`: what is true of the city as a whole.

use serde::Deserialize;

use super::{Lang, Level, Localized, Quality};
use crate::geo::{Bounds, Datum, LonLat};

/// The whole of `city.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the pack format.
    pub format: u32,
    /// Short id: a–z, 0–9, `-`.
    pub id: String,
    /// The city's name.
    pub name: Localized,
    /// IANA time zone.
    pub time_zone: String,
    /// Languages of the page; the first is the default.
    pub languages: Vec<Lang>,
    /// Datum of the coordinates in the pack.
    pub crs: Datum,
    /// Where the city lies.
    pub bounds: Bounds,
    /// Where the page opens, longitude and latitude.
    pub center: [f64; 2],
    /// At which zoom the page opens.
    pub zoom: f64,
    /// Levels of division, from the largest.
    #[serde(rename = "level")]
    pub levels: Vec<LevelInfo>,
    /// Words of the search.
    #[serde(default)]
    pub search: SearchWords,
    /// What the map must say.
    #[serde(default)]
    pub map: MapNotes,
    /// How the public figures are made.
    #[serde(default)]
    pub release: ReleaseRules,
    /// Where the data comes from.
    #[serde(rename = "source", default)]
    pub sources: Vec<Source>,
}

impl Manifest {
    /// Where the page opens.
    pub const fn center(&self) -> LonLat {
        LonLat::new(self.center[0], self.center[1])
    }

    /// The language of answers when the caller names none.
    pub fn default_lang(&self) -> Lang {
        self.languages.first().copied().unwrap_or_default()
    }

    /// What the city says of a level.
    pub fn level(&self, level: Level) -> Option<&LevelInfo> {
        self.levels.iter().find(|l| l.key == level)
    }

    /// The distinct attributions, the map's own first.
    pub fn attributions(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        let own = std::iter::once(self.map.attribution.as_str());
        for text in own.chain(self.sources.iter().map(|s| s.attribution.as_str())) {
            if !text.is_empty() && !all.contains(&text) {
                all.push(text);
            }
        }
        all
    }
}

/// A level of division.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelInfo {
    /// Which level.
    pub key: Level,
    /// What the city calls it.
    pub name: Localized,
    /// File of its divisions, relative to the pack.
    pub file: String,
    /// How far its areas can be trusted, where they do not say.
    pub quality: Quality,
    /// How far a border may be off, metres.
    pub accuracy_m: f64,
}

/// Words that the search of this city knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchWords {
    /// Beginnings that people leave out.
    pub drop_prefixes: Vec<String>,
    /// Long words and what people say instead.
    pub short_forms: Vec<ShortForm>,
    /// Words whose characters are read differently than alone.
    pub readings: Vec<Reading>,
    /// Words of addresses.
    pub address: AddressWords,
}

/// Words of addresses and described places, besides names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressWords {
    /// What stands after a number: gate, building, staircase, room.
    pub units: Vec<String>,
    /// What may stand before a number.
    pub marks: Vec<String>,
    /// Ends that say that something else than the named place is meant, or nothing.
    pub near: Vec<String>,
    /// Beginnings that only say of what kind the place is.
    pub leading: Vec<String>,
    /// Ends that only say of what kind the place is.
    pub trailing: Vec<String>,
}

/// A long word and what people say instead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShortForm {
    /// The long word.
    pub from: String,
    /// What people say.
    pub to: String,
}

/// How a word is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The word.
    pub word: String,
    /// Its syllables without tones, separated by spaces; one for each character.
    pub pinyin: String,
}

/// What the map must say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MapNotes {
    /// Attribution of the base map.
    pub attribution: String,
    /// Approval number of the map, where one is needed.
    pub approval_number: String,
    /// Said beside the attribution.
    pub note: Localized,
}

/// The least `k` of public figures: with fewer tickets a cell the reasoning of
/// [`crate::access::disclosure`] does not hold.
pub const LEAST_K: u64 = 5;

/// How the public figures of tickets are made. What was released stays as it is, whatever is
/// written here later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReleaseRules {
    /// Tickets that each figure counts at least.
    pub k: u64,
    /// Days after the end of a month until its figures are made.
    pub settle_days: u16,
    /// Minutes for which no ticket of the month may have come or gone before a server makes
    /// them by itself: an import that is running has not told everything yet.
    pub quiet_minutes: u16,
}

impl Default for ReleaseRules {
    fn default() -> Self {
        Self { k: 20, settle_days: 10, quiet_minutes: 10 }
    }
}

/// Where data comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Short id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Where it is described.
    #[serde(default)]
    pub url: String,
    /// What must be said wherever it shows.
    #[serde(default)]
    pub attribution: String,
}
