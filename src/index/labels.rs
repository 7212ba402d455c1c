//! What the map writes beside each service point, in the order in which tiles read it.
//!
//! The texts of a record lie all over the memory; a tile of a hundred points would wait for
//! five hundred cache lines. Here those of a tile are one run, so that drawing it reads
//! ahead.

use crate::city::ServicePoint;

/// Texts and attributes of points, in a given order. 16 bytes a point beside the texts.
#[derive(Debug, Default)]
pub struct Labels {
    heads: Vec<Head>,
    /// Id, Chinese name and English name, point after point.
    texts: String,
}

/// Where the texts of a point end, and what else is shown of it.
#[derive(Debug, Clone, Copy)]
struct Head {
    id: u32,
    zh: u32,
    en: u32,
    category: u16,
    bookable: bool,
}

/// What the map writes beside a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub zh: &'a str,
    /// Its English name; empty where it is not known.
    pub en: &'a str,
    /// Number of its category in the category tree.
    pub category: usize,
    /// Whether a visit can be booked on line.
    pub bookable: bool,
}

impl Labels {
    /// Labels for so many points.
    pub(super) fn with_capacity(points: usize) -> Self {
        Self { heads: Vec::with_capacity(points), texts: String::with_capacity(points * 48) }
    }

    /// Adds the next point. Texts beyond 4 GiB in all are left out.
    pub(super) fn push(&mut self, point: &ServicePoint, category: usize, bookable: bool) {
        let mut end = |text: &str| {
            if u32::try_from(self.texts.len() + text.len()).is_ok() {
                self.texts.push_str(text);
            }
            self.texts.len() as u32
        };
        let (id, zh, en) = (end(&point.id), end(&point.name.zh), end(&point.name.en));
        let category = u16::try_from(category).unwrap_or(u16::MAX);
        self.heads.push(Head { id, zh, en, category, bookable });
    }

    /// The label at a place of the order.
    ///
    /// # Panics
    /// Where there is no such place.
    pub fn get(&self, place: usize) -> Label<'_> {
        let start = place.checked_sub(1).map_or(0, |before| self.heads[before].en as usize);
        let Head { id, zh, en, category, bookable } = self.heads[place];
        let text = |from: usize, to: u32| &self.texts[from..to as usize];
        Label {
            id: text(start, id),
            zh: text(id as usize, zh),
            en: text(zh as usize, en),
            category: category.into(),
            bookable,
        }
    }
}
