//! Records as rows: the same columns in every database.
//!
//! Lists are JSON arrays in a text column; dates are ISO 8601; a geometry is a column of
//! its own, in the database's own encoding.

use geo::{Geometry, MultiPolygon, Point};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DivisionRecord, Kind, PointRecord, Record, Retirement, StoreError, plain};
use crate::city::{Level, Localized, Quality, Residents};
use crate::geo::LonLat;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Real(f64),
}

/// What a column holds; the databases have types of their own for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Date,
    Time,
    Real,
    /// A whole number; a real one in [`Cell`].
    Whole,
    /// A list or an object, in a column of text.
    Json,
}

/// A column but for the geometry.
pub(super) type Column = (&'static str, Type);

/// A record as a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// In the order of [`columns`].
    pub(super) cells: Vec<Cell>,
    pub(super) geometry: Option<Geometry<f64>>,
}

/// The table of a kind.
pub(super) const fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Point => "points",
        Kind::Division => "divisions",
        Kind::Key => "keys",
        Kind::Reservation => "reservations",
        Kind::Schedule => "schedules",
        Kind::Redrawing => "redrawings",
        Kind::Day => "days",
        Kind::Release => "releases",
        Kind::Ticket => "tickets",
    }
}

/// The column that holds the id.
pub(super) const fn key(kind: Kind) -> &'static str {
    match kind {
        Kind::Division => "code",
        _ => "id",
    }
}

/// Whether records of a kind have a place on the map.
pub(super) const fn has_geometry(kind: Kind) -> bool {
    match kind {
        Kind::Point | Kind::Division | Kind::Ticket => true,
        Kind::Key
        | Kind::Reservation
        | Kind::Schedule
        | Kind::Redrawing
        | Kind::Day
        | Kind::Release => false,
    }
}

/// The columns of a kind. Those of tickets are their own: each database has a way for many.
pub(super) const fn columns(kind: Kind) -> &'static [Column] {
    const POINT: [Column; 15] = [
        ("id", Type::Text),
        ("name", Type::Text),
        ("name_en", Type::Text),
        ("aliases", Type::Text),
        ("category", Type::Text),
        ("matters", Type::Text),
        ("address", Type::Text),
        ("phone", Type::Text),
        ("opening_hours", Type::Text),
        ("accessibility", Type::Text),
        ("source", Type::Text),
        ("observed_at", Type::Date),
        ("retired_at", Type::Time),
        ("successor", Type::Text),
        ("retired_reason", Type::Text),
    ];
    const DIVISION: [Column; 20] = [
        ("code", Type::Text),
        ("level", Type::Text),
        ("name", Type::Text),
        ("name_en", Type::Text),
        ("aliases", Type::Text),
        ("parent", Type::Text),
        ("valid_from", Type::Date),
        ("valid_to", Type::Date),
        ("predecessors", Type::Text),
        ("successors", Type::Text),
        ("quality", Type::Text),
        ("lon", Type::Real),
        ("lat", Type::Real),
        ("placed_by", Type::Text),
        ("population", Type::Whole),
        ("population_at", Type::Date),
        ("source", Type::Text),
        ("retired_at", Type::Time),
        ("successor", Type::Text),
        ("retired_reason", Type::Text),
    ];
    match kind {
        Kind::Point => &POINT,
        Kind::Division => &DIVISION,
        Kind::Key => &plain::KEY,
        Kind::Reservation => &plain::RESERVATION,
        Kind::Schedule => &plain::SCHEDULE,
        Kind::Redrawing => &plain::REDRAWING,
        Kind::Day => &plain::DAY,
        Kind::Release => &plain::RELEASE,
        Kind::Ticket => &[],
    }
}

/// The row of a record.
pub(super) fn to_row(record: &Record) -> Row {
    match record {
        Record::Point(p) => {
            let [retired_at, successor, reason] = retirement(p.retired.as_ref());
            Row {
                cells: vec![
                    text(&p.id),
                    text(&p.name.zh),
                    text(&p.name.en),
                    list(&p.aliases),
                    text(&p.category),
                    list(&p.matters),
                    optional(p.address.as_ref()),
                    optional(p.phone.as_ref()),
                    optional(p.opening_hours.as_ref()),
                    list(&p.accessibility),
                    text(&p.source),
                    shown(p.observed_at),
                    retired_at,
                    successor,
                    reason,
                ],
                geometry: Some(Geometry::Point(Point::from(p.location))),
            }
        }
        Record::Division(d) => {
            let [retired_at, successor, reason] = retirement(d.retired.as_ref());
            let real = |v: Option<f64>| v.map_or(Cell::Null, Cell::Real);
            Row {
                cells: vec![
                    text(&d.code),
                    text(d.level.key()),
                    text(&d.name.zh),
                    text(&d.name.en),
                    list(&d.aliases),
                    optional(d.parent.as_ref()),
                    shown(d.valid_from),
                    shown(d.valid_to),
                    list(&d.predecessors),
                    list(&d.successors),
                    text(quality(d.quality)),
                    real(d.point.map(|p| p.lon)),
                    real(d.point.map(|p| p.lat)),
                    optional(d.placed_by.as_ref()),
                    real(d.residents.map(|r| f64::from(r.count))),
                    shown(d.residents.map(|r| r.on)),
                    text(&d.source),
                    retired_at,
                    successor,
                    reason,
                ],
                geometry: d.area.clone().map(Geometry::MultiPolygon),
            }
        }
        Record::Key(k) => plain_row(&plain::KEY, k),
        Record::Reservation(r) => plain_row(&plain::RESERVATION, r),
        Record::Schedule(s) => plain_row(&plain::SCHEDULE, s),
        Record::Redrawing(r) => plain_row(&plain::REDRAWING, r),
        Record::Day(d) => plain_row(&plain::DAY, d),
        Record::Release(r) => plain_row(&plain::RELEASE, r),
        Record::Tickets(_) => Row { cells: Vec::new(), geometry: None },
    }
}

/// Whether a text of the record holds a character that not every database can keep. In
/// lists it is escaped.
pub(super) fn holds_nul(record: &Record) -> bool {
    let nul = |cell: &Cell| matches!(cell, Cell::Text(text) if text.contains('\0'));
    to_row(record).cells.iter().any(nul)
}

/// The record of a row.
///
/// # Errors
/// [`StoreError::Damaged`] where a value cannot be one that [`to_row`] wrote.
pub(super) fn from_row(kind: Kind, row: Row) -> Result<Record, StoreError> {
    match kind {
        Kind::Key => return plain::record(kind, &plain::KEY, row.cells).map(Record::Key),
        Kind::Reservation => {
            return plain::record(kind, &plain::RESERVATION, row.cells).map(Record::Reservation);
        }
        Kind::Schedule => {
            return plain::record(kind, &plain::SCHEDULE, row.cells).map(Record::Schedule);
        }
        Kind::Day => return plain::record(kind, &plain::DAY, row.cells).map(Record::Day),
        Kind::Release => {
            return plain::record(kind, &plain::RELEASE, row.cells).map(Record::Release);
        }
        Kind::Redrawing => {
            return plain::record(kind, &plain::REDRAWING, row.cells).map(Record::Redrawing);
        }
        Kind::Point | Kind::Division | Kind::Ticket => {}
    }
    let mut cells = Cells { left: row.cells.into_iter(), kind, id: String::new() };
    let id = cells.text()?;
    cells.id.clone_from(&id);
    match kind {
        Kind::Point => {
            let Some(Geometry::Point(at)) = row.geometry else {
                return Err(cells.damaged("has no position"));
            };
            Ok(Record::Point(PointRecord {
                id,
                name: Localized { zh: cells.text()?, en: cells.text()? },
                aliases: cells.list()?,
                category: cells.text()?,
                matters: cells.list()?,
                address: cells.optional()?,
                phone: cells.optional()?,
                opening_hours: cells.optional()?,
                accessibility: cells.list()?,
                source: cells.text()?,
                observed_at: cells.parsed()?,
                retired: cells.retirement()?,
                location: LonLat::new(at.x(), at.y()),
            }))
        }
        Kind::Division => Ok(Record::Division(DivisionRecord {
            code: id,
            level: cells.known(Level::parse)?,
            name: Localized { zh: cells.text()?, en: cells.text()? },
            aliases: cells.list()?,
            parent: cells.optional()?,
            valid_from: cells.parsed()?,
            valid_to: cells.parsed()?,
            predecessors: cells.list()?,
            successors: cells.list()?,
            quality: cells.known(|key| {
                [Quality::Authoritative, Quality::Approximate]
                    .into_iter()
                    .find(|q| quality(*q) == key)
            })?,
            point: match (cells.real()?, cells.real()?) {
                (Some(lon), Some(lat)) => Some(LonLat::new(lon, lat)),
                _ => None,
            },
            placed_by: cells.optional()?,
            residents: cells.residents()?,
            source: cells.text()?,
            retired: cells.retirement()?,
            area: match row.geometry {
                None => None,
                Some(Geometry::MultiPolygon(area)) => Some(area),
                Some(Geometry::Polygon(polygon)) => Some(MultiPolygon::new(vec![polygon])),
                Some(_) => return Err(cells.damaged("has an area that is not one")),
            },
        })),
        _ => Err(cells.damaged("is not read from a row of these columns")),
    }
}

fn plain_row(columns: &[Column], record: &impl Serialize) -> Row {
    Row { cells: plain::cells(columns, record), geometry: None }
}

const fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Authoritative => "authoritative",
        Quality::Approximate => "approximate",
    }
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn optional(value: Option<&String>) -> Cell {
    value.map_or(Cell::Null, |v| text(v))
}

fn shown(value: Option<impl std::fmt::Display>) -> Cell {
    value.map_or(Cell::Null, |v| Cell::Text(v.to_string()))
}

fn list(values: &[String]) -> Cell {
    Cell::Text(serde_json::Value::from(values).to_string())
}

fn retirement(retired: Option<&Retirement>) -> [Cell; 3] {
    let Some(retired) = retired else { return [Cell::Null, Cell::Null, Cell::Null] };
    [shown(Some(retired.at)), optional(retired.successor.as_ref()), text(&retired.reason)]
}

/// Takes the cells of a row one by one.
struct Cells {
    left: std::vec::IntoIter<Cell>,
    kind: Kind,
    id: String,
}

impl Cells {
    fn damaged(&self, detail: &str) -> StoreError {
        StoreError::Damaged(format!("{} \"{}\" {detail}", self.kind.key(), self.id))
    }

    fn optional(&mut self) -> Result<Option<String>, StoreError> {
        match self.left.next() {
            Some(Cell::Text(text)) => Ok(Some(text)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.damaged("has a value where a text is due")),
        }
    }

    fn text(&mut self) -> Result<String, StoreError> {
        self.optional()?.ok_or_else(|| self.damaged("lacks a value"))
    }

    fn real(&mut self) -> Result<Option<f64>, StoreError> {
        match self.left.next() {
            Some(Cell::Real(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.damaged("has a value where a number is due")),
        }
    }

    fn residents(&mut self) -> Result<Option<Residents>, StoreError> {
        let count = self.real()?.map(|value| {
            let whole = value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value);
            whole.then_some(value as u32).ok_or_else(|| self.damaged("has no number of residents"))
        });
        let (count, on) = (count.transpose()?, self.parsed()?);
        Residents::read(count, on).map_err(|(field, why)| self.damaged(&format!("{field} {why}")))
    }

    fn parsed<T: std::str::FromStr>(&mut self) -> Result<Option<T>, StoreError> {
        let Some(text) = self.optional()? else { return Ok(None) };
        let value = text.parse().ok();
        value.map(Some).ok_or_else(|| self.damaged(&format!("has \"{text}\" for a date")))
    }

    fn known<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        let text = self.text()?;
        parse(&text).ok_or_else(|| self.damaged(&format!("has the unknown word \"{text}\"")))
    }

    fn list<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, StoreError> {
        let text = self.text()?;
        serde_json::from_str(&text).map_err(|_| self.damaged(&format!("has \"{text}\" for a list")))
    }

    fn retirement(&mut self) -> Result<Option<Retirement>, StoreError> {
        let at: Option<Timestamp> = self.parsed()?;
        let (successor, reason) = (self.optional()?, self.optional()?);
        Ok(at.map(|at| Retirement { at, successor, reason: reason.unwrap_or_default() }))
    }
}
