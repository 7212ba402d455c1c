//! Whether the divisions of a level fill the ground once: overlaps of two, and ground that
//! is in none.
//!
//! Exact on the outlines as they are, by polygon clipping. Its cost is bounded by the
//! vertices that are clipped; what lies beyond the budget is counted and not compared.

use geo::{Area, BooleanOps, BoundingRect, GeodesicArea, InteriorPoint, MultiPolygon, Polygon};
use jiff::civil::Date;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use serde::Serialize;

use super::Listed;
use crate::city::{City, Division, Level, Localized};

/// Most vertices that are clipped for one level.
const BUDGET: usize = 20_000_000;
/// Smaller pieces are the arithmetic's own, square metres.
const LEAST_M2: f64 = 1.0;

/// Gaps and overlaps of a level.
#[derive(Debug, Clone, Serialize)]
pub struct Borders {
    /// Which level.
    pub level: Level,
    /// Two divisions that share ground; the largest first.
    pub overlaps: Listed<Seam>,
    /// All of it, square metres.
    pub overlap_m2: f64,
    /// Ground of a larger division, or surrounded by divisions, that is in none; the largest
    /// first.
    pub gaps: Listed<Patch>,
    /// All of it, square metres.
    pub gap_m2: f64,
    /// Pairs and divisions that were not looked at, because their outlines are too long.
    pub not_compared: usize,
}

/// Ground that two divisions share.
#[derive(Debug, Clone, Serialize)]
pub struct Seam {
    /// One of them, with its code.
    pub a: (String, Localized),
    /// The other.
    pub b: (String, Localized),
    /// How much, square metres.
    pub area_m2: f64,
    /// A position in it: longitude, latitude, WGS-84.
    pub at: [f64; 2],
}

/// Ground that is in no division.
#[derive(Debug, Clone, Serialize)]
pub struct Patch {
    /// The larger division that it is part of.
    pub within: Option<(String, Localized)>,
    /// How much, square metres.
    pub area_m2: f64,
    /// A position in it: longitude, latitude, WGS-84.
    pub at: [f64; 2],
}

/// The borders of each level that has areas.
pub(super) fn all(city: &City, day: Date) -> Vec<Borders> {
    let of = |level: Level| -> Vec<&Division> {
        let all = city.divisions.iter();
        all.filter(|d| d.level == level && d.exists(day) && d.area.is_some()).collect()
    };
    Level::ALL
        .into_iter()
        .map(|level| (level, of(level)))
        .filter(|(_, divisions)| !divisions.is_empty())
        .map(|(level, divisions)| {
            let mut budget = Budget { left: BUDGET, refused: 0 };
            let mut overlaps = overlaps(&divisions, &mut budget);
            let above = Level::ALL.into_iter().rev().find(|l| (*l as usize) < level as usize);
            let mut gaps = gaps(&divisions, &above.map(of).unwrap_or_default(), &mut budget);
            overlaps.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
            gaps.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2));
            Borders {
                level,
                overlap_m2: total(overlaps.iter().map(|o| o.area_m2)),
                gap_m2: total(gaps.iter().map(|g| g.area_m2)),
                overlaps: bounded(overlaps),
                gaps: bounded(gaps),
                not_compared: budget.refused,
            }
        })
        .collect()
}

/// A sum that is not "minus nothing" where there is nothing.
fn total(of: impl Iterator<Item = f64>) -> f64 {
    of.fold(0.0, |sum, m2| sum + m2).round()
}

pub(super) fn bounded<T>(mut all: Vec<T>) -> Listed<T> {
    let count = all.len();
    all.truncate(super::MOST);
    Listed { count, first: all }
}

/// How much may still be clipped.
struct Budget {
    left: usize,
    refused: usize,
}

impl Budget {
    fn allows(&mut self, vertices: usize) -> bool {
        let allowed = vertices <= self.left;
        if allowed {
            self.left -= vertices;
        } else {
            self.refused += 1;
        }
        allowed
    }
}

fn vertices(area: &MultiPolygon<f64>) -> usize {
    let ring = |r: &geo::LineString<f64>| r.0.len();
    let polygon =
        |p: &Polygon<f64>| ring(p.exterior()) + p.interiors().iter().map(ring).sum::<usize>();
    area.0.iter().map(polygon).sum()
}

fn area(of: &Division) -> Option<&MultiPolygon<f64>> {
    of.area.as_ref()
}

fn named(of: &Division) -> (String, Localized) {
    (of.code.clone(), of.name.clone())
}

/// Square metres of a piece and a position in it; `None` for what is too small to mean
/// anything.
fn measured(piece: &Polygon<f64>) -> Option<(f64, [f64; 2])> {
    // Without its sign: a hole runs the other way round, and is not the rest of the earth.
    let m2 = piece.geodesic_area_signed().abs();
    let at = piece.interior_point()?;
    (m2 >= LEAST_M2).then(|| (m2.round(), [at.x(), at.y()]))
}

fn overlaps(divisions: &[&Division], budget: &mut Budget) -> Vec<Seam> {
    let boxed = |(i, d): (usize, &&Division)| {
        let rect = area(d)?.bounding_rect()?;
        let corners = Rectangle::from_corners(rect.min().into(), rect.max().into());
        Some(GeomWithData::<Rectangle<[f64; 2]>, usize>::new(corners, i))
    };
    let tree = RTree::bulk_load(divisions.iter().enumerate().filter_map(boxed).collect());
    let mut found = Vec::new();
    for (i, a) in divisions.iter().enumerate() {
        let Some((one, rect)) = area(a).and_then(|o| Some((o, o.bounding_rect()?))) else {
            continue;
        };
        let around = AABB::from_corners(rect.min().into(), rect.max().into());
        for other in tree.locate_in_envelope_intersecting(around).filter(|o| o.data > i) {
            let b = divisions[other.data];
            let Some(two) = area(b) else { continue };
            if !budget.allows(vertices(one) + vertices(two)) {
                continue;
            }
            let shared = one.intersection(two);
            let pieces: Vec<(f64, [f64; 2])> = shared.iter().filter_map(measured).collect();
            let largest = pieces.iter().max_by(|p, q| p.0.total_cmp(&q.0));
            if let Some((_, at)) = largest {
                let area_m2 = pieces.iter().map(|p| p.0).sum();
                found.push(Seam { a: named(a), b: named(b), area_m2, at: *at });
            }
        }
    }
    found
}

/// Ground of each division above that no division below covers; without any above, the
/// holes that the divisions leave between them.
fn gaps(divisions: &[&Division], above: &[&Division], budget: &mut Budget) -> Vec<Patch> {
    let patch = |piece: &Polygon<f64>, within: Option<&Division>| {
        let (area_m2, at) = measured(piece)?;
        Some(Patch { within: within.map(named), area_m2, at })
    };
    let union = |of: &[&Division]| geo::unary_union(of.iter().filter_map(|d| area(d)).flatten());
    let weight = |of: &[&Division]| of.iter().filter_map(|d| area(d)).map(vertices).sum::<usize>();
    if above.is_empty() {
        if !budget.allows(weight(divisions)) {
            return Vec::new();
        }
        let whole = union(divisions);
        let holes = whole.iter().flat_map(Polygon::interiors);
        let holes = holes.map(|ring| Polygon::new(ring.clone(), Vec::new()));
        return holes.filter_map(|hole| patch(&hole, None)).collect();
    }
    let mut found = Vec::new();
    for parent in above {
        let Some(ground) = area(parent) else { continue };
        // What meets the ground may fill it, whoever it belongs to by record.
        let Some(rect) = ground.bounding_rect() else { continue };
        let near: Vec<&Division> = divisions
            .iter()
            .copied()
            .filter(|d| {
                area(d).and_then(BoundingRect::bounding_rect).is_some_and(|r| meets(&r, &rect))
            })
            .collect();
        if !budget.allows(vertices(ground) + weight(&near)) {
            continue;
        }
        let bare = ground.difference(&union(&near));
        found.extend(
            bare.iter().filter(|p| p.unsigned_area() > 0.0).filter_map(|p| patch(p, Some(parent))),
        );
    }
    found
}

fn meets(a: &geo::Rect<f64>, b: &geo::Rect<f64>) -> bool {
    a.min().x <= b.max().x
        && b.min().x <= a.max().x
        && a.min().y <= b.max().y
        && b.min().y <= a.max().y
}

#[cfg(test)]
mod tests {
    use geo::Rect;

    use super::*;
    use crate::city::Quality;
    use crate::city::synthetic::{self, Plan};

    const PLAN: Plan =
        Plan { side: 8, communities: 12, townships: 4, districts: 2, ..Plan::METROPOLIS };

    fn square(west: f64, south: f64, size: f64) -> MultiPolygon<f64> {
        Rect::new((west, south), (west + size, south + size)).to_polygon().into()
    }

    fn division(code: &str, level: Level, area: MultiPolygon<f64>) -> Division {
        Division {
            code: code.to_owned(),
            level,
            name: Localized { zh: code.to_owned(), en: String::new() },
            aliases: Vec::new(),
            parent: None,
            valid_from: None,
            valid_to: None,
            quality: Quality::Approximate,
            area: Some(area),
            point: None,
            placed_by: None,
            residents: None,
            source: String::new(),
        }
    }

    fn borders(divisions: Vec<Division>) -> Vec<Borders> {
        let city = City { divisions: divisions.into(), ..synthetic::city(&PLAN) };
        all(&city, jiff::civil::date(2026, 7, 1))
    }

    /// A degree square at the equator has about 12,309 square kilometres.
    fn is_about(m2: f64, degrees: f64) -> bool {
        let expected = degrees * 12_309e6;
        (m2 - expected).abs() < expected * 0.01
    }

    #[test]
    fn a_partition_has_neither_gaps_nor_overlaps() {
        let city = synthetic::city(&PLAN);
        let found = all(&city, jiff::civil::date(2026, 7, 1));
        assert_eq!(found.len(), 3);
        for level in found {
            assert_eq!((level.overlaps.count, level.gaps.count), (0, 0), "{level:?}");
            assert_eq!((level.overlap_m2, level.gap_m2, level.not_compared), (0.0, 0.0, 0));
        }
    }

    #[test]
    fn what_two_divisions_share_is_found_with_its_place_and_size() {
        let found = borders(vec![
            division("a", Level::District, square(0.0, 0.0, 1.0)),
            division("b", Level::District, square(0.9, 0.0, 1.0)),
            division("c", Level::District, square(5.0, 0.0, 1.0)),
        ]);
        let [district] = &found[..] else { panic!("{found:?}") };
        let seam = &district.overlaps.first[0];
        assert_eq!((district.overlaps.count, &*seam.a.0, &*seam.b.0), (1, "a", "b"));
        assert!(is_about(seam.area_m2, 0.1), "{seam:?}");
        assert!((0.9..1.0).contains(&seam.at[0]) && (0.0..1.0).contains(&seam.at[1]), "{seam:?}");
        assert_eq!(district.gaps.count, 0);
    }

    #[test]
    fn ground_that_is_in_no_division_is_found() {
        let mut found = borders(vec![
            division("d", Level::District, square(0.0, 0.0, 1.0)),
            division("t", Level::Township, square(0.0, 0.0, 0.5)),
        ]);
        let township = found.pop().unwrap();
        let gap = &township.gaps.first[0];
        assert_eq!((township.gaps.count, &*gap.within.as_ref().unwrap().0), (1, "d"));
        assert!(is_about(gap.area_m2, 0.75), "{gap:?}");
        // Four districts around a hole.
        let around = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (0.0, 1.0), (2.0, 1.0)];
        let around = around.into_iter().chain([(0.0, 2.0), (1.0, 2.0), (2.0, 2.0)]);
        let ring = around
            .enumerate()
            .map(|(i, (x, y))| division(&i.to_string(), Level::District, square(x, y, 1.0)));
        let found = borders(ring.collect());
        assert_eq!(found[0].gaps.count, 1);
        assert!(is_about(found[0].gap_m2, 1.0), "{found:?}");
    }

    #[test]
    fn outlines_beyond_the_budget_are_counted_and_not_compared() {
        let divisions = [square(0.0, 0.0, 1.0), square(0.5, 0.0, 1.0)]
            .map(|a| division("x", Level::District, a));
        let mut budget = Budget { left: 9, refused: 0 };
        assert!(overlaps(&divisions.iter().collect::<Vec<_>>(), &mut budget).is_empty());
        assert_eq!((budget.left, budget.refused), (9, 1));
    }
}
