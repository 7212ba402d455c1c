//! The CSV files of a pack.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::Faults;
use crate::city::calendar::Entry;
use crate::city::hours::Hours;
use crate::city::{
    Calendar, Category, ID_RULE, Localized, Matter, Place, PlaceKind, ServicePoint, Source, Tree,
    is_id,
};
use crate::geo::{Datum, LonLat};

/// A CSV file under check: columns by name, faults by file, line and column.
pub(super) struct Table<'a> {
    file: &'a str,
    columns: HashMap<&'static str, usize>,
    reader: csv::Reader<&'a [u8]>,
}

impl<'a> Table<'a> {
    /// Reads the header. `columns` are all that the file may have; the first
    /// `needed` of them it must have.
    pub(super) fn open(
        file: &'a str,
        text: &'a str,
        columns: &[&'static str],
        needed: usize,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(e) => {
                faults.at(file, 1, "", e.to_string());
                return None;
            }
        };
        let mut found = HashMap::new();
        let mut ok = true;
        for (i, name) in header.iter().enumerate() {
            match columns.iter().find(|c| **c == name) {
                Some(column) if found.insert(*column, i).is_none() => {}
                Some(_) => {
                    faults.at(file, 1, name, "this column is given twice");
                    ok = false;
                }
                None => {
                    let known = columns.join(", ");
                    faults.at(file, 1, name, format!("unknown column; the columns are {known}"));
                    ok = false;
                }
            }
        }
        for column in columns.iter().take(needed).filter(|c| !found.contains_key(*c)) {
            faults.at(file, 1, column, "this column is missing");
            ok = false;
        }
        ok.then_some(Self { file, columns: found, reader })
    }

    /// Calls `read` with each row. A row of which `read` returns `None` has faults.
    pub(super) fn rows<T>(
        mut self,
        faults: &mut Faults,
        mut read: impl FnMut(&mut Row<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut out = Vec::new();
        let mut record = csv::StringRecord::new();
        loop {
            match self.reader.read_record(&mut record) {
                Ok(false) => return out,
                Ok(true) => {
                    let line = record.position().map_or(0, |p| p.line() as usize);
                    let mut row = Row {
                        file: self.file,
                        line,
                        columns: &self.columns,
                        record: &record,
                        faults,
                    };
                    out.extend(read(&mut row));
                }
                Err(e) => {
                    let line = e.position().map_or(0, |p| p.line() as usize);
                    faults.at(self.file, line, "", e.to_string());
                    // After a broken row the reader goes on with the next one.
                    if matches!(e.kind(), csv::ErrorKind::Io(_)) {
                        return out;
                    }
                }
            }
        }
    }
}

/// One row.
pub(super) struct Row<'a> {
    file: &'a str,
    line: usize,
    columns: &'a HashMap<&'static str, usize>,
    record: &'a csv::StringRecord,
    faults: &'a mut Faults,
}

impl Row<'_> {
    pub(super) fn fault(&mut self, field: &str, detail: impl Into<String>) {
        self.faults.at(self.file, self.line, field, detail);
    }

    /// Its line in the file, counted from 1.
    pub(super) const fn line(&self) -> usize {
        self.line
    }

    /// Reports an id that could not stand in an address, or that an earlier row has;
    /// `seen` holds the lines of all ids.
    fn check_id(&mut self, id: &str, seen: &mut HashMap<String, usize>) {
        if !is_id(id) {
            self.fault("id", format!("\"{id}\" is not {ID_RULE}"));
        }
        if let Some(line) = seen.insert(id.to_owned(), self.line) {
            self.fault("id", format!("\"{id}\" is already used on line {line}"));
        }
    }

    /// The cell, empty where the column is missing.
    pub(super) fn text(&self, field: &str) -> &str {
        self.columns.get(field).and_then(|&i| self.record.get(i)).unwrap_or_default()
    }

    /// The cell, if it is not empty.
    pub(super) fn optional(&self, field: &str) -> Option<String> {
        Some(self.text(field)).filter(|t| !t.is_empty()).map(str::to_owned)
    }

    /// The cell, which must not be empty.
    pub(super) fn required(&mut self, field: &str) -> Option<String> {
        let text = self.optional(field);
        if text.is_none() {
            self.fault(field, "is empty");
        }
        text
    }

    /// The parts of a cell, separated by `;`.
    pub(super) fn list(&self, field: &str) -> Vec<String> {
        let parts = self.text(field).split(';').map(str::trim);
        parts.filter(|p| !p.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn date(&mut self, field: &str) -> Option<Date> {
        let text = self.optional(field)?;
        let date = text.parse().ok();
        if date.is_none() {
            self.fault(field, format!("\"{text}\" is not a date such as 2026-01-31"));
        }
        date
    }

    pub(super) fn number(&mut self, field: &str) -> Option<f64> {
        let text = self.required(field)?;
        let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
        if number.is_none() {
            self.fault(field, format!("\"{text}\" is not a number"));
        }
        number
    }

    /// The columns `lon` and `lat`, as WGS-84.
    pub(super) fn location(&mut self, crs: Datum) -> Option<LonLat> {
        let (lon, lat) = (self.number("lon"), self.number("lat"));
        let p = LonLat::new(lon?, lat?);
        if !p.is_valid() {
            self.fault("lon", format!("{}, {} is not a longitude and a latitude", p.lon, p.lat));
            return None;
        }
        Some(crs.to_wgs84(p))
    }

    pub(super) fn source(&mut self, sources: &[Source]) -> Option<String> {
        let id = self.required("source")?;
        if sources.iter().any(|s| s.id == id) {
            return Some(id);
        }
        self.fault("source", format!("\"{id}\" is not a [[source]] of city.toml"));
        None
    }
}

/// What the rows of `points.csv` refer to.
pub(super) struct Known<'a> {
    pub(super) categories: &'a Tree<Category>,
    pub(super) matters: &'a Tree<Matter>,
    pub(super) sources: &'a [Source],
}

pub(super) fn points(
    text: &str,
    crs: Datum,
    known: &Known<'_>,
    calendar: &Calendar,
    faults: &mut Faults,
) -> Vec<ServicePoint> {
    const COLUMNS: [&str; 14] = [
        "id",
        "name",
        "category",
        "lon",
        "lat",
        "source",
        "name_en",
        "aliases",
        "matters",
        "address",
        "phone",
        "opening_hours",
        "accessibility",
        "observed_at",
    ];
    let Some(table) = Table::open("points.csv", text, &COLUMNS, 6, faults) else {
        return Vec::new();
    };
    let mut seen = HashMap::new();
    let mut points = table.rows(faults, |row| {
        let id = row.required("id")?;
        row.check_id(&id, &mut seen);
        let category = row.required("category")?;
        if known.categories.get(&category).is_none() {
            row.fault("category", format!("\"{category}\" is not in categories.toml"));
        }
        let matters = row.list("matters");
        for code in matters.iter().filter(|c| known.matters.get(c).is_none()) {
            row.fault("matters", format!("\"{code}\" is not in matters.toml"));
        }
        let hours = row.optional("opening_hours").and_then(|raw| {
            Hours::parse(&raw, calendar)
                .map_err(|e| {
                    row.fault("opening_hours", format!("\"{raw}\" is not understood: {e}"));
                })
                .ok()
        });
        Some(ServicePoint {
            name: Localized { zh: row.required("name")?, en: row.text("name_en").to_owned() },
            aliases: row.list("aliases"),
            address: row.optional("address"),
            phone: row.optional("phone"),
            accessibility: row.list("accessibility"),
            location: row.location(crs)?,
            source: row.source(known.sources)?,
            observed_at: row.date("observed_at"),
            id,
            category,
            matters,
            hours,
        })
    });
    points.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    points
}

pub(super) fn places(
    text: &str,
    crs: Datum,
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Place> {
    const COLUMNS: [&str; 9] =
        ["id", "name", "kind", "lon", "lat", "source", "name_en", "class", "extent_m"];
    let Some(table) = Table::open("places.csv", text, &COLUMNS, 6, faults) else {
        return Vec::new();
    };
    let mut seen = HashMap::new();
    let mut places = table.rows(faults, |row| {
        let id = row.required("id")?;
        row.check_id(&id, &mut seen);
        let kind = match row.text("kind") {
            "street" => PlaceKind::Street,
            "transit" => PlaceKind::Transit,
            "building" => PlaceKind::Building,
            "water" => PlaceKind::Water,
            other => {
                let detail = format!("\"{other}\" is not street, transit, building or water");
                row.fault("kind", detail);
                return None;
            }
        };
        Some(Place {
            id,
            name: Localized { zh: row.required("name")?, en: row.text("name_en").to_owned() },
            kind,
            class: row.text("class").to_owned(),
            location: row.location(crs)?,
            extent_m: row.optional("extent_m").and_then(|_| row.number("extent_m")).unwrap_or(0.0)
                as f32,
            source: row.source(sources)?,
        })
    });
    places.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    places
}

pub(super) fn calendar(text: &str, faults: &mut Faults) -> Calendar {
    const COLUMNS: [&str; 4] = ["date", "kind", "name_zh", "name_en"];
    let Some(table) = Table::open("calendar.csv", text, &COLUMNS, 2, faults) else {
        return Calendar::default();
    };
    let mut days = BTreeMap::new();
    table.rows(faults, |row| {
        row.required("date")?;
        let date = row.date("date")?;
        let kind = match row.text("kind") {
            "holiday" => Entry::Holiday,
            "workday" => Entry::Workday,
            other => {
                row.fault("kind", format!("\"{other}\" is not holiday or workday"));
                return None;
            }
        };
        let name =
            Localized { zh: row.text("name_zh").to_owned(), en: row.text("name_en").to_owned() };
        if days.insert(date, (kind, name)).is_some() {
            row.fault("date", format!("{date} is given twice"));
        }
        Some(())
    });
    Calendar::new(days)
}
