//! Lists of points: in a box, around a position, in the order of an answer.

use super::PointIndex;
use super::points::{Selection, selects};
use crate::geo::distance::geodesic;
use crate::geo::{Bounds, LonLat};

/// Where points are asked for. Nothing set: everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Area {
    /// Only inside this box.
    pub bbox: Option<Bounds>,
    /// Nearest to this position first.
    pub from: Option<LonLat>,
    /// Only within so many metres of `from`.
    pub radius: Option<f64>,
}

impl Area {
    /// Whether a position is inside.
    fn contains(&self, p: LonLat) -> bool {
        let in_box = self.bbox.is_none_or(|b| b.contains(p));
        let in_circle = match (self.from, self.radius) {
            (Some(from), Some(radius)) => geodesic(from, p) <= radius,
            _ => true,
        };
        in_box && in_circle
    }

    /// A box that holds all of it, if it is bounded.
    fn bounds(&self) -> Option<Bounds> {
        let circle = self.from.zip(self.radius).map(|(from, radius)| Bounds::around(from, radius));
        // Either box will do: each candidate is tested against both.
        self.bbox.or(circle)
    }
}

impl PointIndex {
    /// How many of the selected points are in an area. Looks at the points of the area
    /// one by one, and at none where it is everywhere.
    pub fn matched(&self, area: &Area, selection: &Selection) -> usize {
        match area.bounds() {
            Some(_) => self.inside(area, selection).count(),
            None => self.count(selection),
        }
    }

    /// The selected points of an area, in no order.
    pub(super) fn inside<'a>(
        &'a self,
        area: &Area,
        selection: &'a Selection,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        let area = *area;
        match area.bounds() {
            Some(bounds) => Box::new(self.within(bounds).filter(move |point| {
                selects(selection, *point) && area.contains(self.facts(*point).location)
            })),
            None => Box::new((0..self.len() as u32).filter(|point| selects(selection, *point))),
        }
    }

    /// The selected points of an area: nearest first, with their distance in metres,
    /// where a position is given; by number otherwise. With a position the price is
    /// that of the points that are taken; a page that begins later pays for those before.
    pub fn listed<'a>(
        &'a self,
        area: &Area,
        selection: &'a Selection,
    ) -> Box<dyn Iterator<Item = (u32, Option<f64>)> + 'a> {
        let area = *area;
        let in_box =
            move |point: u32| area.bbox.is_none_or(|b| b.contains(self.facts(point).location));
        if let Some(from) = area.from {
            let near = self
                .nearest(from, selection)
                .take_while(move |(_, metres)| area.radius.is_none_or(|r| *metres <= r))
                .filter(move |(point, _)| in_box(*point))
                .map(|(point, metres)| (point, Some(metres)));
            return Box::new(near);
        }
        let mut points: Vec<u32> = match area.bbox {
            Some(b) => self.within(b).filter(|p| in_box(*p)).collect(),
            None => (0..self.len() as u32).collect(),
        };
        points.retain(|p| selects(selection, *p));
        points.sort_unstable();
        Box::new(points.into_iter().map(|point| (point, None)))
    }
}
