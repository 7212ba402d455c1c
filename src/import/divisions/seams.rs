//! Where outlines of one level overlap, and what they leave out between them.
//!
//! Neither keeps a layer out: borders of several offices never fit to the metre, and the
//! locator gives every place to one division. But whoever imports should know.

use std::collections::BTreeMap;

use geo::algorithm::bool_ops::unary_union;
use geo::algorithm::orient::Direction;
use geo::{BooleanOps, BoundingRect, CoordsIter, MultiPolygon, Orient, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::centre;
use super::outline::square_metres;
use crate::city::Level;
use crate::import::report::Notes;
use crate::import::row::Place;
use crate::store::DivisionRecord;

/// Less than this is where two hands drew one line, square metres.
const SLIVER: f64 = 1000.0;
/// Layers with more positions are not compared: it would take minutes.
const MAX_POSITIONS: usize = 5_000_000;

/// Notes overlaps and gaps of every level that has rows in the file.
pub(super) fn note(
    divisions: &[&DivisionRecord],
    rows: &BTreeMap<String, (Place, DivisionRecord)>,
    notes: &mut Notes,
) {
    for level in Level::ALL {
        let of_level: Vec<(&DivisionRecord, &MultiPolygon<f64>)> = divisions
            .iter()
            .filter(|d| d.level == level)
            .filter_map(|d| Some((*d, d.area.as_ref()?)))
            .collect();
        let Some(somewhere) = of_level.iter().find_map(|(d, _)| Some(&rows.get(&d.code)?.0)) else {
            continue;
        };
        let positions: usize = of_level.iter().map(|(_, area)| area.coords_count()).sum();
        if positions > MAX_POSITIONS {
            let exactly = format!("{positions} positions of the level {}", level.key());
            notes.add("overlaps and gaps were not looked for", somewhere, &exactly);
            continue;
        }
        overlaps(&of_level, rows, notes);
        gaps(&of_level, somewhere, notes);
    }
}

fn overlaps(
    divisions: &[(&DivisionRecord, &MultiPolygon<f64>)],
    rows: &BTreeMap<String, (Place, DivisionRecord)>,
    notes: &mut Notes,
) {
    let boxes = divisions.iter().enumerate().filter_map(|(i, (_, area))| {
        let b = area.bounding_rect()?;
        let corners = [[b.min().x, b.min().y], [b.max().x, b.max().y]];
        Some(GeomWithData::new(Rectangle::from_corners(corners[0], corners[1]), i))
    });
    let tree = RTree::bulk_load(boxes.collect());
    for (i, (division, area)) in divisions.iter().enumerate() {
        let (Some((place, _)), Some(b)) = (rows.get(&division.code), area.bounding_rect()) else {
            continue;
        };
        let around = AABB::from_corners([b.min().x, b.min().y], [b.max().x, b.max().y]);
        for near in tree.locate_in_envelope_intersecting(around) {
            let (other, its) = &divisions[near.data];
            // A pair of rows is told once.
            if near.data == i || (rows.contains_key(&other.code) && other.code < division.code) {
                continue;
            }
            let size = square_metres(&area.intersection(*its));
            if size > SLIVER {
                let exactly = format!(
                    "{} {} and {} {} by {size:.0} m²",
                    division.code, division.name.zh, other.code, other.name.zh
                );
                notes.add("overlaps a division of its level", place, &exactly);
            }
        }
    }
}

/// What the divisions of a level enclose and none of them covers.
fn gaps(divisions: &[(&DivisionRecord, &MultiPolygon<f64>)], somewhere: &Place, notes: &mut Notes) {
    // The union counts how often a place is surrounded: holes must turn the other way.
    let areas: Vec<_> = divisions.iter().map(|(_, area)| area.orient(Direction::Default)).collect();
    let whole = unary_union(&areas);
    for hole in whole.iter().flat_map(Polygon::interiors) {
        let hole = MultiPolygon::new(vec![Polygon::new(hole.clone(), Vec::new())]);
        let size = square_metres(&hole);
        if let Some(at) = centre(&hole).filter(|_| size > SLIVER) {
            let exactly = format!("{size:.0} m² at {:.5}, {:.5}", at.lon, at.lat);
            notes.add("a gap between divisions of one level", somewhere, &exactly);
        }
    }
}
