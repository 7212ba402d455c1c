//! Which things the filters of a question leave.

use super::{HitKind, Query, gid};
use crate::geo::LonLat;
use crate::geo::distance::haversine;
use crate::index::points::{Selection, selects};
use crate::index::text::{Entry, Kind};
use crate::index::{PointFilter, Snapshot};

/// Where a thing must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Anywhere,
    /// In a division that does not exist.
    Nowhere,
    /// In the division of this number.
    Division(u32),
}

/// The filters of a question, prepared.
pub(super) struct Admission<'a> {
    s: &'a Snapshot,
    query: &'a Query,
    /// Points that the point filter selects.
    pub points: Selection,
    /// Whether anything but points can be admitted.
    points_only: bool,
    /// The division of the question.
    division: Within,
}

impl<'a> Admission<'a> {
    pub(super) fn new(s: &'a Snapshot, query: &'a Query) -> Self {
        let division = query.division.as_ref().map_or(Within::Anywhere, |code| {
            s.divisions.number(code).map_or(Within::Nowhere, Within::Division)
        });
        // A division is a filter for everything; the rest of the filter is about points.
        let about_points = PointFilter { division: None, ..query.filter.clone() };
        let points_only = about_points != PointFilter::default();
        let filter = PointFilter {
            division: query.filter.division.clone().or_else(|| query.division.clone()),
            ..query.filter.clone()
        };
        let plain = filter == PointFilter::default();
        let points = if plain { None } else { s.points.select(&s.city, &filter) };
        Self { s, query, points, points_only, division }
    }

    fn layer_wanted(&self, layer: &str) -> bool {
        self.query.layers.as_ref().is_none_or(|l| l.iter().any(|l| l == layer))
    }

    fn source_wanted(&self, source: &str) -> bool {
        self.query.sources.as_ref().is_none_or(|l| l.iter().any(|l| l == source))
    }

    /// Whether a position lies in the box and the circle of the question.
    pub(super) fn inside(&self, at: LonLat) -> bool {
        self.query.rect.is_none_or(|b| b.contains(at))
            && self.query.circle.is_none_or(|(center, metres)| haversine(center, at) <= metres)
    }

    fn bounded(&self) -> bool {
        self.query.rect.is_some()
            || self.query.circle.is_some()
            || self.division != Within::Anywhere
    }

    /// Whether a point passes.
    pub(super) fn point(&self, number: u32) -> bool {
        let point = &self.s.city.points[number as usize];
        selects(&self.points, number)
            && self.layer_wanted(gid::VENUE)
            && self.source_wanted(&point.source)
            && self.inside(point.location)
    }

    /// Whether a document may take part. A matter takes part even where it cannot be
    /// shown, because its points follow it.
    pub(super) fn takes_part(&self, entry: &Entry) -> bool {
        match entry.kind {
            Kind::Point => self.point(entry.number),
            Kind::Matter => self.layer_wanted(gid::MATTER) || self.layer_wanted(gid::VENUE),
            Kind::Place | Kind::Division => self.shown(entry),
        }
    }

    /// Whether a document may be shown.
    pub(super) fn shown(&self, entry: &Entry) -> bool {
        if entry.kind == Kind::Point {
            return self.point(entry.number);
        }
        if self.points_only || !self.layer_wanted(gid::layer(self.s, HitKind::from(entry))) {
            return false;
        }
        let source = match entry.kind {
            Kind::Place => Some(&self.s.city.places[entry.number as usize].source),
            Kind::Division => Some(&self.s.city.divisions[entry.number as usize].source),
            Kind::Point | Kind::Matter => None,
        };
        let sourced = match source {
            Some(source) => self.source_wanted(source),
            None => self.query.sources.is_none(),
        };
        let at =
            entry.location.map_or(!self.bounded() || self.only_division(), |at| self.inside(at));
        sourced && at && self.in_division(entry)
    }

    fn only_division(&self) -> bool {
        self.query.rect.is_none() && self.query.circle.is_none()
    }

    fn in_division(&self, entry: &Entry) -> bool {
        match self.division {
            Within::Anywhere => true,
            Within::Nowhere => false,
            Within::Division(number) => entry.divisions.contains(&Some(number)),
        }
    }
}
