//! A row on its way to become a service point.

use geo::{Centroid, Geometry};

use super::Terms;
use crate::city::{City, Localized};
use crate::geo::LonLat;
use crate::import::cells::Cells;
use crate::import::columns::Binding;
use crate::import::report::{Notes, Rejected};
use crate::import::row::{Place, Row};
use crate::import::value::{self, Said};
use crate::import::vocabulary::Vocabulary;
use crate::import::words;
use crate::store::{PointRecord, Retirement};

/// A longer name is a sentence.
const MAX_NAME_CHARS: usize = 200;
/// No source of today saw an office before.
const OLDEST_YEAR: i16 = 1900;

/// A row on its way. What stands in a field is checked; where something is wrong, it is in
/// `reasons`.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) row: Row,
    pub(super) reasons: Vec<String>,
    pub(super) given_id: Option<String>,
    pub(super) name: Localized,
    pub(super) aliases: Option<Vec<String>>,
    pub(super) category: String,
    pub(super) matters: Option<Vec<String>>,
    pub(super) address: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) hours: Option<String>,
    pub(super) accessibility: Option<Vec<String>>,
    pub(super) district: Option<String>,
    pub(super) source: String,
    pub(super) observed_at: Option<jiff::civil::Date>,
    /// That it no longer holds.
    pub(super) retired: Option<Retirement>,
    /// The position as the file has it.
    pub(super) raw: Option<Raw>,
    /// The position, WGS-84.
    pub(super) at: Option<LonLat>,
    /// The id that the row has of its own, where it says one.
    pub(super) own_id: Option<String>,
    /// The id of the record that it is, or becomes.
    pub(super) is: Option<String>,
}

/// Two numbers of a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raw {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Whether the file says which of them is the longitude.
    pub(super) named: bool,
}

impl Draft {
    pub(super) fn place(&self) -> &Place {
        &self.row.place
    }

    pub(super) fn is_good(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The record, with what is kept where the row says nothing.
    pub(super) fn finish(self, kept: Option<&PointRecord>) -> Result<PointRecord, Box<Rejected>> {
        let (Some(id), Some(location), true) = (self.is, self.at, self.reasons.is_empty()) else {
            let place = self.row.place.clone();
            return Err(Box::new(Rejected { place, row: Some(self.row), reasons: self.reasons }));
        };
        let text = |own: Option<String>, kept: Option<&Option<String>>| {
            own.or_else(|| kept.cloned().flatten())
        };
        let list = |own: Option<Vec<String>>, kept: Option<&Vec<String>>| {
            own.or_else(|| kept.cloned()).unwrap_or_default()
        };
        let mut name = self.name;
        if name.en.is_empty()
            && let Some(kept) = kept.filter(|k| words::fold(&k.name.zh) == words::fold(&name.zh))
        {
            name.en.clone_from(&kept.name.en);
        }
        Ok(PointRecord {
            id,
            name,
            aliases: list(self.aliases, kept.map(|k| &k.aliases)),
            category: self.category,
            matters: list(self.matters, kept.map(|k| &k.matters)),
            address: text(self.address, kept.map(|k| &k.address)),
            phone: text(self.phone, kept.map(|k| &k.phone)),
            opening_hours: text(self.hours, kept.map(|k| &k.opening_hours)),
            accessibility: list(self.accessibility, kept.map(|k| &k.accessibility)),
            location,
            source: self.source,
            observed_at: self.observed_at.or_else(|| kept.and_then(|k| k.observed_at)),
            retired: self.retired,
        })
    }
}

/// Reads rows as drafts.
pub(super) struct Reader<'a> {
    binding: &'a Binding,
    city: &'a City,
    today: jiff::civil::Date,
    categories: Vocabulary,
    matters: Vocabulary,
}

impl<'a> Reader<'a> {
    pub(super) fn new(binding: &'a Binding, terms: &Terms<'a>) -> Self {
        Self {
            binding,
            city: terms.city,
            today: terms.today,
            categories: Vocabulary::categories(terms.city),
            matters: Vocabulary::matters(terms.city),
        }
    }

    pub(super) fn read(&self, row: Row, notes: &mut Notes) -> Draft {
        let mut cells = Cells::new(self.binding, &row);
        let raw = Self::position(&mut cells, notes);
        let name = cells.text("name", MAX_NAME_CHARS);
        if name.is_none() {
            cells.wrong("name", "is empty");
        }
        let name = Localized {
            zh: name.unwrap_or_default(),
            en: cells.text("name_en", MAX_NAME_CHARS).unwrap_or_default(),
        };
        let category = cells
            .needed("category")
            .and_then(|word| cells.ok("category", self.categories.code(&word).map(str::to_owned)));
        let matters = cells.list("matters").map(|given| {
            let mut codes: Vec<String> = Vec::new();
            for word in given {
                match self.matters.code(&word) {
                    Ok(code) if codes.iter().all(|known| known != code) => {
                        codes.push(code.to_owned());
                    }
                    Ok(_) => {}
                    Err(e) => cells.wrong("matters", &e),
                }
            }
            codes
        });
        let source = cells.needed("source").unwrap_or_default();
        if !source.is_empty() && self.city.source(&source).is_none() {
            cells.wrong("source", &format!("\"{source}\" is no [[source]] of city.toml"));
        }
        let observed_at = cells.short("observed_at").and_then(|text| {
            let day = value::day(&text);
            let wrong = match day {
                None => Some(format!("\"{text}\" is no date such as 2026-01-31")),
                Some(day) if day > self.today => Some(format!("{day} is in the future")),
                Some(day) if day.year() < OLDEST_YEAR => Some(format!("{day} is too long ago")),
                Some(_) => None,
            };
            if let Some(detail) = wrong {
                cells.wrong("observed_at", &detail);
            }
            day
        });
        let hours = Self::hours(&mut cells, notes);
        let (given_id, aliases) = (cells.short("id"), cells.list("aliases"));
        let (address, phone) = (cells.short("address"), cells.short("phone"));
        let accessibility = cells.list("accessibility").map(|all| {
            let no = |word: &String| matches!(word.as_str(), "否" | "无" | "no" | "false");
            all.into_iter().filter(|word| !no(word)).collect()
        });
        let district = cells.short("district");
        let retired = cells.retirement();
        if retired.is_some() && given_id.is_none() {
            cells.wrong("id", "is empty, so it cannot be said which point is retired");
        }
        let reasons = cells.reasons;
        Draft {
            reasons,
            given_id,
            name,
            aliases,
            category: category.unwrap_or_default(),
            matters,
            address,
            phone,
            hours,
            accessibility,
            district,
            source,
            observed_at,
            retired,
            raw,
            at: None,
            own_id: None,
            is: None,
            row,
        }
    }

    fn hours(cells: &mut Cells<'_>, notes: &mut Notes) -> Option<String> {
        let said = match cells.short("opening_hours") {
            Some(text) => value::hours(&text, true)?,
            None => value::hours(&cells.short("hours_text")?, false)?,
        };
        if let Said::Words(text) = &said {
            notes.add("opening hours are kept as words", &cells.row.place, text);
        }
        Some(said.into_text())
    }

    /// Longitude and latitude, from columns, from one column, or from the geometry.
    fn position(cells: &mut Cells<'_>, notes: &mut Notes) -> Option<Raw> {
        let (lon, lat) = (cells.short("lon"), cells.short("lat"));
        if let (Some(lon), Some(lat)) = (&lon, &lat) {
            let x = cells.ok("lon", value::degrees(lon));
            let y = cells.ok("lat", value::degrees(lat));
            return Some(Raw { x: x?, y: y?, named: true });
        }
        if lon.is_some() || lat.is_some() {
            let missing = if lon.is_some() { "lat" } else { "lon" };
            cells.wrong(missing, "is empty");
            return None;
        }
        if let Some(text) = cells.short("position") {
            let (x, y) = cells.ok("position", value::pair(&text))?;
            return Some(Raw { x, y, named: false });
        }
        let geometry = cells.row.geometry.as_ref()?;
        let centre = match geometry {
            Geometry::Point(point) => *point,
            other => {
                let Some(centre) = other.centroid() else {
                    cells.wrong("geometry", "is empty");
                    return None;
                };
                notes.add("placed in the middle of its outline", &cells.row.place, "");
                centre
            }
        };
        if !(centre.x().is_finite() && centre.y().is_finite()) {
            cells.wrong("geometry", "has a coordinate that is no number");
            return None;
        }
        Some(Raw { x: centre.x(), y: centre.y(), named: true })
    }
}
