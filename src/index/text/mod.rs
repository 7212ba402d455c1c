//! Everything that has a name, by its names.
//!
//! An index of terms (tantivy, in memory, one segment) finds the documents that may
//! match; the forms of each document are kept beside it, so that the search can look at
//! them and say how well they match and where. In the order in which data meets them:
//!
//! - [`forms`]: the names of a thing, and what the city's rules make of them
//! - [`address`]: which parts of a text name something
//! - [`normal`]: two spellings of one text made equal
//! - [`reading`]: how characters are read
//! - [`terms`]: what a form puts into each field
//! - `topics`: what is said about each matter
//! - [`build`]: the documents, most important first
//! - `next`: the documents after points have changed
//! - [`walk`]: the documents that hold all of some terms
//!
//! There are three [`Part`]s: service points, those of them that were written since their
//! names were last indexed together, and everything else. Snapshots share what has been
//! indexed, so a new point costs as much as there are points that were written lately, not as
//! much as there are names; when these become many, all points are indexed together again.
//!
//! The documents of a part are in the order of their importance. The first documents of
//! a list of postings are therefore the best ones, and a walk that stops early stops
//! with the best: a keystroke costs the same in a city of ten times the names.

pub mod address;
mod build;
pub mod forms;
mod kept;
mod next;
pub mod normal;
pub mod reading;
pub mod terms;
mod topics;
mod walk;

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use tantivy::index::InvertedIndexReader;
use tantivy::schema::Field as TantivyField;

pub use forms::{Form, Grade, Rules};
pub use reading::Readings;
pub use terms::Field;
pub use topics::Topics;
pub use walk::Walk;

pub(super) use next::is_known_alike;

use super::DivisionIndex;
use crate::city::City;
use crate::geo::LonLat;

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A service point.
    Point,
    /// A place of the gazetteer.
    Place,
    /// A division.
    Division,
    /// A service matter.
    Matter,
}

/// A document of the index.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is about.
    pub kind: Kind,
    /// Its number in the city's list of that kind.
    pub number: u32,
    /// 0 to 1.
    pub importance: f32,
    /// Where it is; `None` for matters and for divisions that nobody has placed.
    pub location: Option<LonLat>,
    /// Numbers of the divisions it lies in: district, township, community. Known once
    /// [`TextIndex::settle`] was called.
    pub divisions: [Option<u32>; 3],
    /// Where its forms begin in the text of all forms.
    forms: u32,
}

/// Where each document is found, in the order of [`Field::ALL`].
type Postings = Vec<(TantivyField, Arc<InvertedIndexReader>)>;

/// What was indexed of the documents of a part.
#[derive(Default)]
struct Names {
    /// Grade byte, length byte, text; form after form.
    forms: Vec<u8>,
    fields: Postings,
}

/// Documents that are indexed together, most important first; of equal ones that with the
/// lower number.
#[derive(Default)]
struct Part {
    entries: Vec<Entry>,
    names: Arc<Names>,
    /// Documents that no longer hold.
    gone: FixedBitSet,
}

impl Part {
    /// The forms of a document of this part, without allocation.
    fn forms(&self, doc: u32) -> impl Iterator<Item = (Grade, &str)> {
        let forms = &self.names.forms;
        let start = |d: usize| self.entries.get(d).map_or(forms.len(), |e| e.forms as usize);
        let mut rest = &forms[start(doc as usize)..start(doc as usize + 1)];
        std::iter::from_fn(move || {
            let [grade, len, tail @ ..] = rest else { return None };
            let (text, tail) = tail.split_at_checked(*len as usize)?;
            rest = tail;
            Some((Grade::from_byte(*grade), std::str::from_utf8(text).unwrap_or_default()))
        })
    }

    fn settle(&mut self, city: &City, divisions: &DivisionIndex) {
        for entry in &mut self.entries {
            entry.divisions = match entry.kind {
                Kind::Division => line_of(city, divisions, entry.number),
                _ => entry.location.map_or([None; 3], |at| divisions.covering(at)),
            };
        }
    }
}

/// What stays when a service point changes.
struct Lasting {
    /// Places, divisions and matters.
    part: Part,
    readings: Readings,
    rules: Rules,
    /// Divisions that can stand before a name, by their folded names and readings.
    contexts: HashMap<String, Vec<u32>>,
    topics: Topics,
    address: address::Words,
}

/// Everything that has a name, by its names. About 1 kB a name. Documents are numbered
/// through: service points first. Some of them may no longer hold; a walk passes them by.
pub struct TextIndex {
    points: Part,
    /// Points that were written since `points` was indexed.
    written: Part,
    lasting: Arc<Lasting>,
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextIndex").field("names", &self.len()).finish_non_exhaustive()
    }
}

impl TextIndex {
    /// Indexes every name of a city; see `docs/decisions/0003-text-index.md` for the time.
    pub fn build(city: &City) -> Self {
        build::build(city, None)
    }

    /// The same, with everything but the service points kept in `folder` between starts:
    /// taken from there where it is whole and of this city, and left there otherwise.
    pub fn build_kept(city: &City, folder: Option<&Path>) -> Self {
        build::build(city, folder)
    }

    /// The index of `city`, which has other service points than `before`, the city of this
    /// index, and is the same otherwise. Answers like [`TextIndex::build`], in the time that
    /// the points take which were written since all of them were indexed together.
    #[must_use]
    pub fn next(&self, before: &City, city: &City) -> Self {
        next::next(self, before, city)
    }

    /// Learns in which divisions everything lies, as far as that is not known from the
    /// index before. Half a microsecond a place.
    pub fn settle(&mut self, city: &City, divisions: &DivisionIndex) {
        self.points.settle(city, divisions);
        self.written.settle(city, divisions);
        // Whoever else has it has it settled.
        if let Some(lasting) = Arc::get_mut(&mut self.lasting) {
            lasting.part.settle(city, divisions);
        }
    }

    /// One more than the highest number of a document.
    pub fn len(&self) -> usize {
        self.lasting_from() + self.lasting.part.entries.len()
    }

    /// The documents that hold, in no order.
    pub fn docs(&self) -> impl Iterator<Item = u32> {
        (0..self.len() as u32).filter(|doc| {
            let (part, number) = self.part_of(*doc);
            !part.gone.contains(number as usize)
        })
    }

    /// The number of the first document that is no service point.
    fn lasting_from(&self) -> usize {
        self.points.entries.len() + self.written.entries.len()
    }

    /// Whether nothing has a name.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part that holds a document, and its number in it.
    fn part_of(&self, doc: u32) -> (&Part, u32) {
        let mut number = doc;
        for part in [&self.points, &self.written] {
            match number.checked_sub(part.entries.len() as u32) {
                Some(left) => number = left,
                None => return (part, number),
            }
        }
        (&self.lasting.part, number)
    }

    /// Which of two documents comes first where nothing else decides: service points before
    /// all others, and among them the more important one, then the one with the lower number.
    /// It does not depend on what was indexed when.
    pub fn precedence(&self, a: u32, b: u32) -> Ordering {
        let from = self.lasting_from() as u32;
        if a >= from || b >= from {
            return a.cmp(&b);
        }
        let (a, b) = (self.entry(a), self.entry(b));
        b.importance.total_cmp(&a.importance).then(a.number.cmp(&b.number))
    }

    /// A document.
    ///
    /// # Panics
    /// Where `doc` is not less than [`TextIndex::len`].
    pub fn entry(&self, doc: u32) -> &Entry {
        let (part, number) = self.part_of(doc);
        &part.entries[number as usize]
    }

    /// The forms of a document, without allocation.
    pub fn forms(&self, doc: u32) -> impl Iterator<Item = (Grade, &str)> {
        let (part, number) = self.part_of(doc);
        part.forms(number)
    }

    /// How characters are read in this city.
    pub fn readings(&self) -> &Readings {
        &self.lasting.readings
    }

    /// The rules of the city's names.
    pub fn rules(&self) -> &Rules {
        &self.lasting.rules
    }

    /// The words of the city's addresses.
    pub fn address(&self) -> &address::Words {
        &self.lasting.address
    }

    /// Matters that a text speaks of, by [`Topics::ask`].
    pub fn topics(&self, text: &[char], least: f32) -> Vec<(u32, f32)> {
        let shift = self.lasting_from() as u32;
        let found = self.lasting.topics.ask(text, least);
        found.into_iter().map(|(doc, score)| (doc + shift, score)).collect()
    }

    /// Numbers of the districts and townships that are named exactly so: a folded
    /// name, or its pinyin without spaces.
    pub fn divisions_named(&self, name: &str) -> &[u32] {
        self.lasting.contexts.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A division and those it is part of, by level.
fn line_of(city: &City, divisions: &DivisionIndex, number: u32) -> [Option<u32>; 3] {
    let mut line = [None; 3];
    let mut at = Some(number);
    // Three levels: a longer line would be a circle.
    for _ in 0..3 {
        let Some(n) = at else { break };
        let division = &city.divisions[n as usize];
        line[division.level as usize] = Some(n);
        at = division.parent.as_deref().and_then(|code| divisions.number(code));
    }
    line
}
