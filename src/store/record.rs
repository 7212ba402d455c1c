//! Records as they are kept: what the city's office wrote, whole, and nothing derived.
//!
//! They differ from the domain types in two ways: a record can be retired and is kept
//! nevertheless, and opening hours are the text that was given, because what it means
//! depends on the calendar of the day.

use geo::MultiPolygon;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::tickets::document;
use super::{Filed, StoreError};
use crate::access::{Key, Role};
use crate::city::calendar::Entry;
use crate::city::{
    Division, Level, Localized, Portal, Quality, Redrawing, Release, Residents, Schedule,
    ServicePoint,
};
use crate::geo::LonLat;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A service point.
    Point,
    /// A division.
    Division,
    /// A key to the interface.
    Key,
    /// A portal or a number where visits are booked.
    Reservation,
    /// The free slots of a point.
    Schedule,
    /// What a change of borders moved.
    Redrawing,
    /// A public holiday or a make-up workday.
    Day,
    /// The public figures of a month.
    Release,
    /// A ticket.
    Ticket,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Point,
        Self::Division,
        Self::Key,
        Self::Reservation,
        Self::Schedule,
        Self::Redrawing,
        Self::Day,
        Self::Release,
        Self::Ticket,
    ];

    /// Kinds whose records are loaded whole, and logged one by one. Tickets are many: they
    /// are read in turn, and logged in blocks.
    pub const SINGLE: [Self; 8] = [
        Self::Point,
        Self::Division,
        Self::Key,
        Self::Reservation,
        Self::Schedule,
        Self::Redrawing,
        Self::Day,
        Self::Release,
    ];

    /// Its name in the change log.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Division => "division",
            Self::Key => "key",
            Self::Reservation => "reservation",
            Self::Schedule => "schedule",
            Self::Redrawing => "redrawing",
            Self::Day => "day",
            Self::Release => "release",
            Self::Ticket => "ticket",
        }
    }

    /// Reads [`Kind::key`].
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.key() == key)
    }
}

/// That a record no longer holds, and where to look instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retirement {
    /// When it was retired, to the millisecond.
    pub at: Timestamp,
    /// Id of the record that took its place.
    pub successor: Option<String>,
    /// Why, in words that may be shown.
    pub reason: String,
}

/// A service point as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointRecord {
    /// Stable id.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// Other names.
    pub aliases: Vec<String>,
    /// Code of its category.
    pub category: String,
    /// Codes of the matters that this office is stated to handle.
    pub matters: Vec<String>,
    /// Postal address, where known.
    pub address: Option<String>,
    /// Telephone, where known.
    pub phone: Option<String>,
    /// Opening hours in the OpenStreetMap syntax, where known.
    pub opening_hours: Option<String>,
    /// Words such as `wheelchair`.
    pub accessibility: Vec<String>,
    /// Where it is, WGS-84.
    pub location: LonLat,
    /// Id of its source.
    pub source: String,
    /// Day on which the source saw it.
    pub observed_at: Option<Date>,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

/// A division as it is kept. One that ended has `valid_to`; one that is retired should
/// never have been there, or was taken over by another record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DivisionRecord {
    /// Official code.
    pub code: String,
    /// Its level.
    pub level: Level,
    /// Its name.
    pub name: Localized,
    /// Other names.
    pub aliases: Vec<String>,
    /// Code of the division it is part of.
    pub parent: Option<String>,
    /// First day on which it exists.
    pub valid_from: Option<Date>,
    /// First day on which it no longer exists.
    pub valid_to: Option<Date>,
    /// Codes of the divisions that it came from.
    pub predecessors: Vec<String>,
    /// Codes of the divisions that it became.
    pub successors: Vec<String>,
    /// How far its area can be trusted.
    pub quality: Quality,
    /// Its area, WGS-84; the coordinates of a GeoJSON `MultiPolygon` in documents.
    #[serde(with = "coordinates")]
    pub area: Option<MultiPolygon<f64>>,
    /// A point of it, WGS-84, for divisions without an area.
    pub point: Option<LonLat>,
    /// How `point` was found.
    pub placed_by: Option<String>,
    /// Who lives there; what was written before this was asked for does not say.
    pub residents: Option<Residents>,
    /// Id of its source.
    pub source: String,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

/// A key as it is kept: never its secret. One that is retired was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// Names it in lists and as the actor in the change log.
    pub id: String,
    /// What its holder may do.
    pub role: Role,
    /// For whom or what it was made.
    pub label: String,
    /// BLAKE3 of the secret, hexadecimal.
    pub digest: String,
    /// When it was made, to the millisecond.
    pub created_at: Timestamp,
    /// Set where it was revoked.
    pub retired: Option<Retirement>,
}

/// A reservation as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationRecord {
    /// Where a visit is booked, for whom and how.
    #[serde(flatten)]
    pub portal: Portal,
    /// Of the reservations of a point the one with the lowest rank comes first.
    pub rank: u32,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

/// A schedule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleRecord {
    /// The slots of a point, and when they were seen.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

/// A change of borders as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedrawingRecord {
    /// What moved.
    #[serde(flatten)]
    pub redrawing: Redrawing,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

/// The public figures of a month as they are kept. They are written once; what is retired was
/// taken out of the public's sight, and is not made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The figures.
    #[serde(flatten)]
    pub release: Release,
    /// Set where they are no longer shown.
    pub retired: Option<Retirement>,
}

/// A public holiday or a make-up workday as it is kept. A year of which there are days counts
/// as whole: those of the city pack do not count for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayRecord {
    /// The day: `2026-10-01`.
    pub id: String,
    /// What it is.
    pub kind: Entry,
    /// Of which holiday, or for which one it makes up.
    pub name: Localized,
    /// Set where it no longer holds.
    pub retired: Option<Retirement>,
}

impl DayRecord {
    /// A day that holds.
    pub fn of(date: Date, kind: Entry, name: Localized) -> Self {
        Self { id: date.to_string(), kind, name, retired: None }
    }

    /// The day; `None` where the id is none.
    pub fn date(&self) -> Option<Date> {
        self.id.parse().ok()
    }
}

/// A record of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A service point.
    Point(PointRecord),
    /// A division.
    Division(DivisionRecord),
    /// A key.
    Key(KeyRecord),
    /// A reservation.
    Reservation(ReservationRecord),
    /// A schedule.
    Schedule(ScheduleRecord),
    /// A change of borders.
    Redrawing(RedrawingRecord),
    /// A day of the calendar.
    Day(DayRecord),
    /// The public figures of a month.
    Release(ReleaseRecord),
    /// Tickets that were written together, as the log has them.
    Tickets(Vec<Filed>),
}

impl Record {
    /// What it is about.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Point(_) => Kind::Point,
            Self::Division(_) => Kind::Division,
            Self::Key(_) => Kind::Key,
            Self::Reservation(_) => Kind::Reservation,
            Self::Schedule(_) => Kind::Schedule,
            Self::Redrawing(_) => Kind::Redrawing,
            Self::Day(_) => Kind::Day,
            Self::Release(_) => Kind::Release,
            Self::Tickets(_) => Kind::Ticket,
        }
    }

    /// Its id, unique within its kind; of several tickets that of the first.
    pub fn id(&self) -> &str {
        match self {
            Self::Point(p) => &p.id,
            Self::Division(d) => &d.code,
            Self::Key(k) => &k.id,
            Self::Reservation(r) => &r.portal.id,
            Self::Schedule(s) => &s.schedule.id,
            Self::Redrawing(r) => &r.redrawing.id,
            Self::Day(d) => &d.id,
            Self::Release(r) => &r.release.id,
            Self::Tickets(filed) => filed.first().map_or("", |f| f.record.ticket.id.as_str()),
        }
    }

    /// Set where it no longer holds; of several tickets, where none of them does.
    pub fn retired(&self) -> Option<&Retirement> {
        match self {
            Self::Point(p) => p.retired.as_ref(),
            Self::Division(d) => d.retired.as_ref(),
            Self::Key(k) => k.retired.as_ref(),
            Self::Reservation(r) => r.retired.as_ref(),
            Self::Schedule(s) => s.retired.as_ref(),
            Self::Redrawing(r) => r.retired.as_ref(),
            Self::Day(d) => d.retired.as_ref(),
            Self::Release(r) => r.retired.as_ref(),
            Self::Tickets(filed) => {
                let all = filed.iter().all(|f| f.record.retired.is_some());
                filed.first().filter(|_| all)?.record.retired.as_ref()
            }
        }
    }

    /// The same record, retired or brought back.
    #[must_use]
    pub fn with_retirement(mut self, retired: Option<Retirement>) -> Self {
        match &mut self {
            Self::Point(p) => p.retired = retired,
            Self::Division(d) => d.retired = retired,
            Self::Key(k) => k.retired = retired,
            Self::Reservation(r) => r.retired = retired,
            Self::Schedule(s) => s.retired = retired,
            Self::Redrawing(r) => r.retired = retired,
            Self::Day(d) => d.retired = retired,
            Self::Release(r) => r.retired = retired,
            Self::Tickets(filed) => {
                for f in filed {
                    f.record.retired.clone_from(&retired);
                }
            }
        }
        self
    }

    /// The document of the change log: the whole record as JSON.
    pub(super) fn document(&self) -> Result<String, StoreError> {
        match self {
            Self::Point(p) => serde_json::to_string(p),
            Self::Division(d) => serde_json::to_string(d),
            Self::Key(k) => serde_json::to_string(k),
            Self::Reservation(r) => serde_json::to_string(r),
            Self::Schedule(s) => serde_json::to_string(s),
            Self::Redrawing(r) => serde_json::to_string(r),
            Self::Day(d) => serde_json::to_string(d),
            Self::Release(r) => serde_json::to_string(r),
            Self::Tickets(filed) => {
                return document::write(&filed.iter().map(|f| (f.number, f.before, &f.record)));
            }
        }
        .map_err(|e| StoreError::Damaged(format!("{} cannot be written: {e}", self.id())))
    }

    /// Reads [`Record::document`].
    pub(super) fn from_document(kind: Kind, document: &str) -> Result<Self, StoreError> {
        match kind {
            Kind::Point => serde_json::from_str(document).map(Self::Point),
            Kind::Division => serde_json::from_str(document).map(Self::Division),
            Kind::Key => serde_json::from_str(document).map(Self::Key),
            Kind::Reservation => serde_json::from_str(document).map(Self::Reservation),
            Kind::Schedule => serde_json::from_str(document).map(Self::Schedule),
            Kind::Redrawing => serde_json::from_str(document).map(Self::Redrawing),
            Kind::Day => serde_json::from_str(document).map(Self::Day),
            Kind::Release => serde_json::from_str(document).map(Self::Release),
            Kind::Ticket => return document::read(document).map(Self::Tickets),
        }
        .map_err(|e| StoreError::Damaged(format!("a document of the change log: {e}")))
    }
}

impl From<&ServicePoint> for PointRecord {
    fn from(p: &ServicePoint) -> Self {
        Self {
            id: p.id.clone(),
            name: p.name.clone(),
            aliases: p.aliases.clone(),
            category: p.category.clone(),
            matters: p.matters.clone(),
            address: p.address.clone(),
            phone: p.phone.clone(),
            opening_hours: p.hours.as_ref().map(|h| h.raw().to_owned()),
            accessibility: p.accessibility.clone(),
            location: p.location,
            source: p.source.clone(),
            observed_at: p.observed_at,
            retired: None,
        }
    }
}

impl From<&Key> for KeyRecord {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.clone(),
            role: key.role,
            label: key.label.clone(),
            digest: key.digest.to_hex().to_string(),
            created_at: key.created_at,
            retired: None,
        }
    }
}

impl KeyRecord {
    /// The key, as callers are checked with it.
    ///
    /// # Errors
    /// Where `digest` is none.
    pub fn key(&self) -> Result<Key, blake3::HexError> {
        Ok(Key {
            id: self.id.clone(),
            role: self.role,
            label: self.label.clone(),
            digest: blake3::Hash::from_hex(&self.digest)?,
            created_at: self.created_at,
        })
    }
}

impl From<&Division> for DivisionRecord {
    fn from(d: &Division) -> Self {
        Self {
            code: d.code.clone(),
            level: d.level,
            name: d.name.clone(),
            aliases: d.aliases.clone(),
            parent: d.parent.clone(),
            valid_from: d.valid_from,
            valid_to: d.valid_to,
            predecessors: Vec::new(),
            successors: Vec::new(),
            quality: d.quality,
            area: d.area.clone(),
            point: d.point,
            placed_by: d.placed_by.clone(),
            residents: d.residents,
            source: d.source.clone(),
            retired: None,
        }
    }
}

impl From<&DivisionRecord> for Division {
    fn from(d: &DivisionRecord) -> Self {
        Self {
            code: d.code.clone(),
            level: d.level,
            name: d.name.clone(),
            aliases: d.aliases.clone(),
            parent: d.parent.clone(),
            valid_from: d.valid_from,
            valid_to: d.valid_to,
            quality: d.quality,
            area: d.area.clone(),
            point: d.point,
            placed_by: d.placed_by.clone(),
            residents: d.residents,
            source: d.source.clone(),
        }
    }
}

/// An area as the `coordinates` of a GeoJSON `MultiPolygon`.
mod coordinates {
    use geo::{Coord, LineString, MultiPolygon, Polygon};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Ring = Vec<[f64; 2]>;

    fn ring(line: &LineString<f64>) -> Ring {
        line.coords().map(|c| [c.x, c.y]).collect()
    }

    fn line(ring: Ring) -> LineString<f64> {
        ring.into_iter().map(|[x, y]| Coord { x, y }).collect()
    }

    #[expect(clippy::ref_option, reason = "the shape that serde calls")]
    pub(super) fn serialize<S: Serializer>(
        area: &Option<MultiPolygon<f64>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let polygons = area.as_ref().map(|area| {
            let rings = |p: &Polygon<f64>| {
                std::iter::once(p.exterior()).chain(p.interiors()).map(ring).collect()
            };
            area.iter().map(rings).collect::<Vec<Vec<Ring>>>()
        });
        polygons.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<MultiPolygon<f64>>, D::Error> {
        let polygons = Option::<Vec<Vec<Ring>>>::deserialize(from)?;
        Ok(polygons.map(|polygons| {
            let polygon = |rings: Vec<Ring>| {
                let mut rings = rings.into_iter().map(line);
                let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
                Polygon::new(outer, rings.collect())
            };
            MultiPolygon::new(polygons.into_iter().map(polygon).collect())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_division_from_before_residents_were_asked_for_is_read() {
        let document = r#"{"code":"01","level":"district","name":{"zh":"甲区","en":""},
            "aliases":[],"parent":null,"valid_from":null,"valid_to":null,"predecessors":[],
            "successors":[],"quality":"approximate","area":null,"point":null,"placed_by":null,
            "source":"test","retired":null}"#;
        let read = Record::from_document(Kind::Division, document).unwrap();
        let Record::Division(division) = &read else { panic!("{read:?}") };
        assert_eq!((division.code.as_str(), division.residents), ("01", None));
    }
}
