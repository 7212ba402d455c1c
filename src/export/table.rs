//! Records as rows of named values with a geometry.

use std::io;

use geo::{Geometry, MultiPolygon, Point, Rect};
use jiff::Timestamp;

use super::Layer;
use crate::access::released;
use crate::city::{LocatedBy, Release, ReleasedCell};
use crate::import::words;
use crate::store::{DivisionRecord, PointRecord, Retirement, TicketRecord};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    List,
    Real,
    Whole,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    List(Vec<String>),
    Real(f64),
    Whole(u64),
}

impl Cell {
    /// As one text; a list as `import` reads one.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            Self::List(texts) if texts.is_empty() => None,
            Self::List(texts) => Some(words::joined(texts)),
            Self::Real(value) => Some(value.to_string()),
            Self::Whole(value) => Some(value.to_string()),
        }
    }
}

/// The columns of a kind beside its geometry.
pub(super) const fn columns(layer: &Layer) -> &'static [(&'static str, Type)] {
    const POINTS: [(&str, Type); 15] = [
        ("id", Type::Text),
        ("name", Type::Text),
        ("name_en", Type::Text),
        ("aliases", Type::List),
        ("category", Type::Text),
        ("matters", Type::List),
        ("address", Type::Text),
        ("phone", Type::Text),
        ("opening_hours", Type::Text),
        ("accessibility", Type::List),
        ("source", Type::Text),
        ("observed_at", Type::Text),
        ("retired_at", Type::Text),
        ("successor", Type::Text),
        ("retired_reason", Type::Text),
    ];
    const DIVISIONS: [(&str, Type); 20] = [
        ("code", Type::Text),
        ("level", Type::Text),
        ("name", Type::Text),
        ("name_en", Type::Text),
        ("aliases", Type::List),
        ("parent", Type::Text),
        ("valid_from", Type::Text),
        ("valid_to", Type::Text),
        ("predecessors", Type::List),
        ("successors", Type::List),
        ("quality", Type::Text),
        ("lon", Type::Real),
        ("lat", Type::Real),
        ("placed_by", Type::Text),
        ("population", Type::Whole),
        ("population_at", Type::Text),
        ("source", Type::Text),
        ("retired_at", Type::Text),
        ("successor", Type::Text),
        ("retired_reason", Type::Text),
    ];
    const TICKETS: [(&str, Type); 23] = [
        ("id", Type::Text),
        ("category", Type::Text),
        ("channel", Type::Text),
        ("status", Type::Text),
        ("located_by", Type::Text),
        ("accuracy_m", Type::Real),
        ("district", Type::Text),
        ("township", Type::Text),
        ("community", Type::Text),
        ("divisions_on", Type::Text),
        ("requested_at", Type::Text),
        ("dispatched_at", Type::Text),
        ("accepted_at", Type::Text),
        ("responded_at", Type::Text),
        ("closed_at", Type::Text),
        ("surveyed_at", Type::Text),
        ("returned_at", Type::List),
        ("resolved", Type::Text),
        ("satisfied", Type::Text),
        ("source", Type::Text),
        ("retired_at", Type::Text),
        ("successor", Type::Text),
        ("retired_reason", Type::Text),
    ];
    const RELEASE: [(&str, Type); 6] = [
        ("month", Type::Text),
        ("k", Type::Whole),
        ("z", Type::Whole),
        ("x", Type::Whole),
        ("y", Type::Whole),
        ("count", Type::Whole),
    ];
    match layer {
        Layer::Points(_) => &POINTS,
        Layer::Divisions(_) => &DIVISIONS,
        Layer::Tickets(_) => &TICKETS,
        Layer::Release(_) => &RELEASE,
    }
}

/// A record as a row.
pub(super) struct Row {
    /// In the order of [`columns`].
    pub(super) cells: Vec<Cell>,
    pub(super) geometry: Option<Geometry<f64>>,
}

/// The records of a layer, one made into a row after the other.
pub(super) fn rows(layer: &Layer) -> Box<dyn Iterator<Item = io::Result<Row>> + '_> {
    match layer {
        Layer::Points(points) => Box::new(points.iter().map(|p| {
            let geometry = Some(Geometry::Point(Point::from(p.location)));
            Ok(Row { cells: point(p), geometry })
        })),
        Layer::Divisions(divisions) => Box::new(divisions.iter().map(|d| {
            let geometry = d.area.clone().map(Geometry::MultiPolygon);
            Ok(Row { cells: division(d), geometry })
        })),
        Layer::Tickets(tickets) => Box::new(tickets.take().map(|record| {
            let record = record?;
            let geometry = record.ticket.location.map(|at| Geometry::Point(Point::from(at)));
            Ok(Row { cells: ticket(&record), geometry })
        })),
        Layer::Release(months) => Box::new(months.iter().flat_map(|m| release(m)).map(Ok)),
    }
}

/// A month: its cells, and what is in none of them where that is told.
fn release(release: &Release) -> impl Iterator<Item = Row> {
    let row = |tile: [Cell; 3], count: u64, geometry| {
        let [z, x, y] = tile;
        let cells = vec![text(&release.id), Cell::Whole(release.k), z, x, y, Cell::Whole(count)];
        Row { cells, geometry }
    };
    let cells = release.cells.iter().map(move |ReleasedCell { tile, count }| {
        let bounds = released::bounds(*tile);
        let area = Rect::new((bounds.west, bounds.south), (bounds.east, bounds.north));
        let area = Geometry::MultiPolygon(MultiPolygon::from(area.to_polygon()));
        let tile = [u64::from(tile.z), tile.x.into(), tile.y.into()].map(Cell::Whole);
        row(tile, *count, Some(area))
    });
    let nowhere = [Cell::Null, Cell::Null, Cell::Null];
    cells.chain(release.elsewhere.map(|count| row(nowhere, count, None)))
}

/// A ticket; nothing of it is words.
fn ticket(record: &TicketRecord) -> Vec<Cell> {
    let TicketRecord { ticket: t, retired } = record;
    let (divisions, steps) = (&t.divisions, &t.steps);
    let time = |at: Timestamp| format!("{at:.3}");
    let returned: Vec<String> = steps.returned.iter().copied().map(time).collect();
    let own = [
        text(&t.id),
        text(&t.category),
        text(&t.channel),
        text(t.status.key()),
        optional(t.located_by.map(LocatedBy::key)),
        t.accuracy_m.map_or(Cell::Null, Cell::Real),
        optional(divisions.district.as_ref()),
        optional(divisions.township.as_ref()),
        optional(divisions.community.as_ref()),
        optional(divisions.on),
        text(&time(steps.requested)),
        optional(steps.dispatched.map(time)),
        optional(steps.accepted.map(time)),
        optional(steps.responded.map(time)),
        optional(steps.closed.map(time)),
        optional(steps.surveyed.map(time)),
        list(&returned),
        optional(t.survey.solved),
        optional(t.survey.satisfied),
        text(&t.source),
    ];
    own.into_iter().chain(retirement(retired.as_ref())).collect()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn optional(value: Option<impl ToString>) -> Cell {
    value.map_or(Cell::Null, |value| Cell::Text(value.to_string()))
}

fn list(texts: &[String]) -> Cell {
    Cell::List(texts.to_vec())
}

fn retirement(retired: Option<&Retirement>) -> [Cell; 3] {
    [
        optional(retired.map(|r| r.at)),
        optional(retired.and_then(|r| r.successor.as_ref())),
        optional(retired.map(|r| &r.reason)),
    ]
}

fn point(p: &PointRecord) -> Vec<Cell> {
    let own = [
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
        optional(p.observed_at),
    ];
    own.into_iter().chain(retirement(p.retired.as_ref())).collect()
}

fn division(d: &DivisionRecord) -> Vec<Cell> {
    let real = |value: Option<f64>| value.map_or(Cell::Null, Cell::Real);
    let quality = match d.quality {
        crate::city::Quality::Authoritative => "authoritative",
        crate::city::Quality::Approximate => "approximate",
    };
    let own = [
        text(&d.code),
        text(d.level.key()),
        text(&d.name.zh),
        text(&d.name.en),
        list(&d.aliases),
        optional(d.parent.as_ref()),
        optional(d.valid_from),
        optional(d.valid_to),
        list(&d.predecessors),
        list(&d.successors),
        text(quality),
        real(d.point.map(|p| p.lon)),
        real(d.point.map(|p| p.lat)),
        optional(d.placed_by.as_ref()),
        d.residents.map_or(Cell::Null, |r| Cell::Whole(r.count.into())),
        optional(d.residents.map(|r| r.on)),
        text(&d.source),
    ];
    own.into_iter().chain(retirement(d.retired.as_ref())).collect()
}
