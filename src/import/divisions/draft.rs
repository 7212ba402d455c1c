//! A row on its way to become a division.

use std::collections::BTreeMap;

use geo::{MapCoordsInPlace, MultiPolygon, coord};
use jiff::civil::Date;

use super::{centre, outline};
use crate::city::pack::is_division_code;
use crate::city::{City, Level, Localized, Quality, Residents};
use crate::geo::{Datum, LonLat};
use crate::import::cells::Cells;
use crate::import::columns::Binding;
use crate::import::report::{Notes, Rejected};
use crate::import::row::Row;
use crate::import::{undo, value, words};
use crate::store::{DivisionRecord, Retirement};

const MAX_NAME_CHARS: usize = 200;

/// A row on its way. What is wrong is in `reasons`.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) row: Row,
    pub(super) reasons: Vec<String>,
    pub(super) code: String,
    pub(super) level: Option<Level>,
    pub(super) name: Localized,
    aliases: Option<Vec<String>>,
    pub(super) parent: Option<String>,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    predecessors: Option<Vec<String>>,
    successors: Option<Vec<String>>,
    quality: Option<Quality>,
    /// The outline in the datum of the file, then WGS-84.
    area: Option<MultiPolygon<f64>>,
    /// The point in the datum of the file, then WGS-84.
    point: Option<LonLat>,
    placed_by: Option<String>,
    residents: Option<Residents>,
    source: String,
    pub(super) retired: Option<Retirement>,
}

/// Reads rows as drafts.
pub(super) struct Reader<'a> {
    binding: &'a Binding,
    city: &'a City,
}

impl<'a> Reader<'a> {
    pub(super) fn new(binding: &'a Binding, city: &'a City) -> Self {
        Self { binding, city }
    }

    pub(super) fn read(&self, mut row: Row) -> Draft {
        let geometry = row.geometry.take();
        let mut cells = Cells::new(self.binding, &row);
        let code = cells.needed("code").unwrap_or_default();
        if !code.is_empty() && !is_division_code(&code) {
            cells.wrong("code", &format!("\"{code}\" is not 2 to 32 letters, digits or -"));
        }
        let name = cells.text("name", MAX_NAME_CHARS);
        if name.is_none() {
            cells.wrong("name", "is empty");
        }
        let en = cells.text("name_en", MAX_NAME_CHARS).unwrap_or_default();
        let name = Localized { zh: name.unwrap_or_default(), en };
        let level = cells.needed("level").and_then(|word| {
            let level = self.level(&word);
            if level.is_none() {
                cells.wrong("level", &format!("\"{word}\" is no level of this city"));
            }
            level
        });
        let source = cells.needed("source").unwrap_or_default();
        if !source.is_empty() && self.city.source(&source).is_none() {
            cells.wrong("source", &format!("\"{source}\" is no [[source]] of city.toml"));
        }
        let (valid_from, valid_to) = (day(&mut cells, "valid_from"), day(&mut cells, "valid_to"));
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && to <= from
        {
            cells.wrong("valid_to", &format!("{to} is not after {from}, when it begins"));
        }
        let quality = cells.short("quality").and_then(|word| match word.as_str() {
            "authoritative" => Some(Quality::Authoritative),
            "approximate" => Some(Quality::Approximate),
            other => {
                let detail = format!("\"{other}\" is neither authoritative nor approximate");
                cells.wrong("quality", &detail);
                None
            }
        });
        let area = geometry
            .filter(|g| !matches!(g, geo::Geometry::Point(_)))
            .and_then(|geometry| cells.ok("geometry", outline::area(geometry)));
        let point = point(&mut cells);
        let (aliases, parent) = (cells.list("aliases"), cells.short("parent"));
        let (predecessors, successors) = (cells.list("predecessors"), cells.list("successors"));
        let (placed_by, retired) = (cells.short("placed_by"), cells.retirement());
        let residents = residents(&mut cells);
        let reasons = cells.reasons;
        Draft {
            row,
            reasons,
            code,
            level,
            name,
            aliases,
            parent,
            valid_from,
            valid_to,
            predecessors,
            successors,
            quality,
            area,
            point,
            placed_by,
            residents,
            source,
            retired,
        }
    }

    /// A level by its key or by what the city calls it.
    fn level(&self, word: &str) -> Option<Level> {
        let wanted = words::fold(word);
        Level::parse(word).or_else(|| {
            let named = self.city.manifest.levels.iter().find(|info| {
                [&info.name.zh, &info.name.en].iter().any(|name| words::fold(name) == wanted)
            });
            named.map(|info| info.key)
        })
    }
}

fn day(cells: &mut Cells<'_>, field: &str) -> Option<Date> {
    let text = cells.short(field)?;
    let day = value::day(&text);
    if day.is_none() {
        cells.wrong(field, &format!("\"{text}\" is no date such as 2026-01-31"));
    }
    day
}

/// Who lives there; a number and its day, or neither.
fn residents(cells: &mut Cells<'_>) -> Option<Residents> {
    let wrong = cells.reasons.len();
    let count = cells.short("population");
    let count = count.and_then(|text| cells.ok("population", value::people(&text)));
    let on = day(cells, "population_at");
    if cells.reasons.len() > wrong {
        return None;
    }
    Residents::read(count, on).unwrap_or_else(|(field, detail)| {
        cells.wrong(field, detail);
        None
    })
}

fn point(cells: &mut Cells<'_>) -> Option<LonLat> {
    let (lon, lat) = (cells.short("lon")?, cells.short("lat")?);
    let lon = cells.ok("lon", value::degrees(&lon));
    let lat = cells.ok("lat", value::degrees(&lat));
    Some(LonLat::new(lon?, lat?))
}

impl Draft {
    /// The middle of it, in the datum of the file.
    pub(super) fn centre(&self) -> Option<LonLat> {
        self.area.as_ref().and_then(centre).or(self.point)
    }

    /// Turns outline and point into WGS-84; repairs the outline; says where they are not
    /// in the city.
    pub(super) fn convert(&mut self, datum: Datum, city: &City, notes: &mut Notes) {
        let Some(middle) = self.centre() else { return };
        let bounds = city.manifest.bounds;
        let within = |p: LonLat| p.is_valid() && bounds.contains(datum.to_wgs84(p));
        if !within(middle) {
            let swapped = within(LonLat::new(middle.lat, middle.lon));
            let what =
                if swapped { "has longitude and latitude swapped" } else { "is outside the city" };
            let at = format!("{:.5}, {:.5}", middle.lon, middle.lat);
            self.reasons.push(format!("geometry: its middle {at} {what}"));
            return;
        }
        self.point = self.point.map(|p| datum.to_wgs84(p));
        let Some(mut area) = self.area.take() else { return };
        area.map_coords_in_place(|c| {
            let p = datum.to_wgs84(LonLat::new(c.x, c.y));
            coord! { x: p.lon, y: p.lat }
        });
        match outline::repaired(area) {
            Ok((area, fault)) => {
                if let Some(fault) = fault {
                    let exactly = format!("{} {}: {fault}", self.code, self.name.zh);
                    notes.add(
                        "the outline was not valid and was repaired",
                        &self.row.place,
                        &exactly,
                    );
                }
                self.area = Some(area);
            }
            Err(detail) => self.reasons.push(format!("geometry: {detail}")),
        }
    }

    /// The record, with what is kept where the row says nothing.
    pub(super) fn finish(
        mut self,
        kept: &BTreeMap<String, DivisionRecord>,
        city: &City,
        notes: &mut Notes,
    ) -> Result<DivisionRecord, Box<Rejected>> {
        let kept = kept.get(&self.code);
        if let Some(retired) = kept.and_then(|k| k.retired.as_ref())
            && !undo::was_undone(retired)
            && self.retired.is_none()
        {
            let (day, reason) = (retired.at.strftime("%Y-%m-%d"), &retired.reason);
            self.reasons.push(format!("code: \"{}\" was retired on {day}: {reason}", self.code));
        }
        let (Some(level), true) = (self.level, self.reasons.is_empty()) else {
            let place = self.row.place.clone();
            return Err(Box::new(Rejected { place, row: Some(self.row), reasons: self.reasons }));
        };
        let new_area = self.area.is_some() && kept.is_none_or(|k| k.area != self.area);
        let quality = match (self.quality, kept) {
            (Some(quality), _) => quality,
            (None, Some(kept)) if !new_area => kept.quality,
            (None, _) => {
                let usual = city.manifest.level(level).map_or(Quality::Approximate, |l| l.quality);
                if new_area && usual == Quality::Approximate {
                    notes.add(
                        "its border counts as approximate; --set quality=authoritative says \
                         that it is the responsible office's own",
                        &self.row.place,
                        &self.code,
                    );
                }
                usual
            }
        };
        let area = self.area.or_else(|| kept.and_then(|k| k.area.clone()));
        // A point stands for an area that is not known.
        let (point, placed_by) = match (&area, self.point, kept) {
            (Some(_), _, _) | (None, None, None) => (None, None),
            (None, Some(point), _) => (Some(point), self.placed_by),
            (None, None, Some(kept)) => (kept.point, kept.placed_by.clone()),
        };
        let mut name = self.name;
        if name.en.is_empty()
            && let Some(kept) = kept.filter(|k| k.name.zh == name.zh)
        {
            name.en.clone_from(&kept.name.en);
        }
        let list = |own: Option<Vec<String>>, kept: Option<&Vec<String>>| {
            own.or_else(|| kept.cloned()).unwrap_or_default()
        };
        Ok(DivisionRecord {
            level,
            name,
            aliases: list(self.aliases, kept.map(|k| &k.aliases)),
            parent: self.parent.or_else(|| kept.and_then(|k| k.parent.clone())),
            valid_from: self.valid_from.or_else(|| kept.and_then(|k| k.valid_from)),
            valid_to: self.valid_to.or_else(|| kept.and_then(|k| k.valid_to)),
            predecessors: list(self.predecessors, kept.map(|k| &k.predecessors)),
            successors: list(self.successors, kept.map(|k| &k.successors)),
            quality,
            area,
            point,
            placed_by,
            residents: self.residents.or_else(|| kept.and_then(|k| k.residents)),
            source: self.source,
            retired: self.retired,
            code: self.code,
        })
    }
}
