//! The records as collections of flat features, as standard clients expect them.
//!
//! A [`Collection`] is a list of records with a few plain properties and a geometry.
//! [`select`] answers which of them lie in a box, hold at a time and pass a filter; a
//! filter is CQL2 text ([`cql`]) over the same properties that a feature shows
//! ([`schema`]), so that whatever is seen can be asked for. [`crs`] writes coordinates
//! in the system that the caller wants, [`shape`] the geometries.
//!
//! Every answer looks at each record of the collection once, in the order of its number:
//! 100,000 points take about a millisecond. What a filter may cost is bounded when it is
//! read.

pub mod cql;
pub mod crs;
pub mod schema;
pub mod select;
pub mod shape;

use std::ops::Range;

use jiff::civil::Date;

use crate::city::{Level, Localized};
use crate::index::Snapshot;

pub use crs::Crs;
pub use schema::{Kind, Property, Value};
pub use select::{Page, Question, Span};
pub use shape::{Shape, ShapeKind};

/// A list of records that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// Service points.
    Points,
    /// Divisions of all levels.
    Divisions,
    /// Divisions of one level.
    Level(Level),
    /// The gazetteer.
    Places,
    /// Lines of the base map.
    Roads,
}

impl Collection {
    /// All collections, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Points,
        Self::Divisions,
        Self::Level(Level::District),
        Self::Level(Level::Township),
        Self::Level(Level::Community),
        Self::Places,
        Self::Roads,
    ];

    /// Its name in paths.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Divisions => "divisions",
            Self::Level(Level::District) => "districts",
            Self::Level(Level::Township) => "townships",
            Self::Level(Level::Community) => "communities",
            Self::Places => "places",
            Self::Roads => "roads",
        }
    }

    /// The collections of a city: not those of a level that it does not have.
    pub fn of(snapshot: &Snapshot) -> impl Iterator<Item = Self> + '_ {
        Self::ALL.into_iter().filter(|collection| match collection {
            Self::Level(level) => snapshot.city.manifest.level(*level).is_some(),
            _ => true,
        })
    }

    /// The collection of a city with this name.
    pub fn find(snapshot: &Snapshot, id: &str) -> Option<Self> {
        Self::of(snapshot).find(|collection| collection.id() == id)
    }

    /// What it is called.
    pub fn title(self, snapshot: &Snapshot) -> Localized {
        let (zh, en) = match self {
            Self::Points => ("服务点", "Service points"),
            Self::Divisions => ("行政区划", "Divisions"),
            Self::Places => ("地名", "Places"),
            Self::Roads => ("道路", "Roads"),
            Self::Level(level) => {
                let named = snapshot.city.manifest.level(level).map(|info| info.name.clone());
                return named.unwrap_or_default();
            }
        };
        Localized { zh: zh.into(), en: en.into() }
    }

    /// What is in it.
    pub fn description(self) -> Localized {
        let (zh, en) = match self {
            Self::Points => ("向公众提供服务的机构", "Offices that serve the public"),
            Self::Divisions | Self::Level(_) => (
                "行政区划范围；范围未知的以点表示，或没有几何",
                "Administrative divisions; one whose area is not known is a point, or has no geometry",
            ),
            Self::Places => {
                ("街道、站点、建筑与水系的名称", "Names of streets, stops, buildings and water")
            }
            Self::Roads => (
                "底图道路；标识为数据包中的序号",
                "Lines of the base map; an id is a line's number in the pack",
            ),
        };
        Localized { zh: zh.into(), en: en.into() }
    }

    /// Of what kind its geometries are.
    pub const fn shape_kind(self) -> ShapeKind {
        match self {
            Self::Points | Self::Places => ShapeKind::Point,
            Self::Divisions | Self::Level(_) => ShapeKind::Any,
            Self::Roads => ShapeKind::Lines,
        }
    }

    /// Numbers of its records in the lists of the city.
    pub fn members(self, snapshot: &Snapshot) -> Range<u32> {
        let city = &snapshot.city;
        match self {
            Self::Points => 0..city.points.len() as u32,
            Self::Divisions => 0..city.divisions.len() as u32,
            // Divisions are ordered by their level.
            Self::Level(level) => {
                let from = city.divisions.partition_point(|d| d.level < level);
                let to = city.divisions.partition_point(|d| d.level <= level);
                from as u32..to as u32
            }
            Self::Places => 0..city.places.len() as u32,
            Self::Roads => 0..city.roads.len() as u32,
        }
    }

    /// The id of a record.
    pub fn feature_id(self, snapshot: &Snapshot, number: u32) -> String {
        let i = number as usize;
        match self {
            Self::Points => snapshot.city.points[i].id.clone(),
            Self::Divisions | Self::Level(_) => snapshot.city.divisions[i].code.clone(),
            Self::Places => snapshot.city.places[i].id.clone(),
            Self::Roads => number.to_string(),
        }
    }

    /// The number of the record with this id.
    pub fn number(self, snapshot: &Snapshot, id: &str) -> Option<u32> {
        let number = match self {
            Self::Points => snapshot.points.number(id),
            Self::Divisions | Self::Level(_) => snapshot.divisions.number(id),
            Self::Places => {
                let found =
                    snapshot.city.places.binary_search_by(|place| place.id.as_str().cmp(id));
                found.ok().map(|i| i as u32)
            }
            // Not `parse` alone: it takes a plus sign and leading zeros.
            Self::Roads => id.parse().ok().filter(|n: &u32| n.to_string() == id),
        };
        number.filter(|number| self.members(snapshot).contains(number))
    }

    /// The geometry of a record; none where it is not known.
    pub fn shape(self, snapshot: &Snapshot, number: u32) -> Option<Shape<'_>> {
        let i = number as usize;
        match self {
            Self::Points => Some(Shape::Point(snapshot.city.points[i].location)),
            Self::Divisions | Self::Level(_) => {
                let division = &snapshot.city.divisions[i];
                let area = division.area.as_ref().map(Shape::Area);
                area.or_else(|| division.point.map(Shape::Point))
            }
            Self::Places => Some(Shape::Point(snapshot.city.places[i].location)),
            Self::Roads => Some(Shape::Lines(&snapshot.city.roads[i].lines)),
        }
    }

    /// First and last day of a record, where it has any: the day on which a point was
    /// seen, or the days on which a division exists. An open end is `None`.
    pub fn days(self, snapshot: &Snapshot, number: u32) -> Option<(Option<Date>, Option<Date>)> {
        let i = number as usize;
        match self {
            Self::Points => snapshot.city.points[i].observed_at.map(|day| (Some(day), Some(day))),
            Self::Divisions | Self::Level(_) => {
                let division = &snapshot.city.divisions[i];
                let last = division.valid_to.and_then(|end| end.yesterday().ok());
                let dated = division.valid_from.is_some() || division.valid_to.is_some();
                dated.then_some((division.valid_from, last))
            }
            Self::Places | Self::Roads => None,
        }
    }
}
