//! Divisions: outlines, and a label point for each.
//!
//! The outlines are thinned for the zoom with shared borders kept shared
//! ([`crate::index::shapes`]); here they are shifted to tile units and cut. Cost: a
//! comparison of boxes for each ring of the city, and the vertices of those that meet
//! the tile.

use fast_mvt::{MvtFeatureBuilder, MvtGeomType, MvtLayerBuilder, MvtResult};

use super::clip::Clipper;
use super::frame::Frame;
use super::{BUFFER, EXTENT, finish, tag_names, tag_text};
use crate::city::{Division, Level, Quality};
use crate::geo::TileId;
use crate::index::Snapshot;
use crate::index::shapes::{Extent, Ring, TOWNSHIPS_FROM};

/// What the buffer is of a tile's side.
pub(super) const BUFFER_PART: u64 = EXTENT as u64 / BUFFER as u64;

pub(super) fn encode(snapshot: &Snapshot, tile: TileId) -> MvtResult<Vec<u8>> {
    let mut out = finish(outlines(snapshot, tile)?);
    out.extend(finish(labels(snapshot, tile)?));
    Ok(out)
}

fn outlines(snapshot: &Snapshot, tile: TileId) -> MvtResult<MvtLayerBuilder> {
    let mut layer = MvtLayerBuilder::new("divisions")?;
    let reach = Extent::of_tile(tile, BUFFER_PART);
    let frame = Frame::of(tile);
    let mut clipper = Clipper::default();
    let mut exteriors = Vec::new();
    let rings = snapshot.shapes.outlines(&snapshot.city, tile.z);
    for rings in rings.chunk_by(|a, b| a.division == b.division) {
        cut(rings, &reach, frame, &mut clipper, &mut exteriors);
        if exteriors.is_empty() {
            continue;
        }
        let mut feature = layer.feature_of(MvtGeomType::Polygon);
        for (ring, exterior) in clipper.pieces().zip(&exteriors) {
            feature.ring(ring.iter().copied(), *exterior)?;
        }
        let division = &snapshot.city.divisions[rings[0].division as usize];
        tag_division(&mut feature, division)?;
        tag_text(&mut feature, "quality", quality(division.quality))?;
        layer = feature.end();
    }
    Ok(layer)
}

/// Cuts the rings of one division; `exteriors` says of each piece whether it is an
/// outside. Holes of an outside that is not in the tile are not there either.
fn cut(
    rings: &[Ring],
    reach: &Extent,
    frame: Frame,
    clipper: &mut Clipper,
    exteriors: &mut Vec<bool>,
) {
    clipper.clear();
    exteriors.clear();
    let mut outside = false;
    for ring in rings {
        if !ring.exterior && !outside {
            continue;
        }
        let drawn =
            ring.extent.meets(reach) && clipper.ring(ring.points.iter().map(|at| frame.unit(*at)));
        if drawn {
            exteriors.push(ring.exterior);
        }
        if ring.exterior {
            outside = drawn;
        }
    }
}

fn labels(snapshot: &Snapshot, tile: TileId) -> MvtResult<MvtLayerBuilder> {
    let mut layer = MvtLayerBuilder::new("division_labels")?;
    let frame = Frame::of(tile);
    let deepest = if tile.z < TOWNSHIPS_FROM { Level::District } else { Level::Township };
    for label in snapshot.shapes.labels(&snapshot.city).in_tile(tile) {
        let division = &snapshot.city.divisions[label.division as usize];
        if division.level > deepest {
            continue;
        }
        let mut feature = layer.feature_of(MvtGeomType::Point);
        feature.points([frame.inside(label.at)])?;
        tag_division(&mut feature, division)?;
        layer = feature.end();
    }
    Ok(layer)
}

fn tag_division(feature: &mut MvtFeatureBuilder, division: &Division) -> MvtResult<()> {
    tag_text(feature, "code", &division.code)?;
    tag_names(feature, &division.name)?;
    tag_text(feature, "level", division.level.key())
}

const fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Authoritative => "authoritative",
        Quality::Approximate => "approximate",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use geo::{Geometry, LineString, Polygon, Validation};

    use super::*;
    use crate::geo::{LonLat, World};
    use crate::tiles::decoded::{DecodedFeature, decode, features};
    use crate::tiles::fixture::{self, MIDDLE, REACH};

    type Edge = ((i64, i64), (i64, i64));

    /// The tiles of a zoom on which the town lies.
    fn tiles(z: u8) -> impl Iterator<Item = TileId> {
        let reach = REACH + 0.01;
        let nw = World::project(LonLat::new(MIDDLE.lon - reach, MIDDLE.lat + reach));
        let se = World::project(LonLat::new(MIDDLE.lon + reach, MIDDLE.lat - reach));
        let ((x0, y0), (x1, y1)) = (nw.cell(u32::from(z)), se.cell(u32::from(z)));
        (x0..=x1).flat_map(move |x| (y0..=y1).map(move |y| TileId { z, x, y }))
    }

    fn polygons(feature: &DecodedFeature) -> Vec<Polygon<f32>> {
        match &feature.geometry {
            Geometry::Polygon(p) => vec![p.clone()],
            Geometry::MultiPolygon(p) => p.0.clone(),
            other => panic!("not a polygon: {other:?}"),
        }
    }

    /// Positive where the ring turns as the specification asks of an outside.
    fn area(ring: &LineString<f32>) -> f64 {
        ring.lines()
            .map(|l| {
                let [x0, y0, x1, y1] = [l.start.x, l.start.y, l.end.x, l.end.y].map(f64::from);
                x0 * y1 - x1 * y0
            })
            .sum()
    }

    #[test]
    fn rings_are_closed_and_turn_the_right_way_and_stay_in_the_buffer() {
        let snapshot = fixture::town(0);
        let mut holes = 0;
        for z in [6, 9, 10, 11, 12, 14, 17] {
            for tile in tiles(z).step_by(tiles(z).count() / 40 + 1) {
                for feature in features(&encode(&snapshot, tile).unwrap(), "divisions") {
                    for polygon in polygons(&feature) {
                        assert!(area(polygon.exterior()) > 0.0);
                        assert!(polygon.interiors().iter().all(|hole| area(hole) < 0.0));
                        holes += polygon.interiors().len();
                        let rings = std::iter::once(polygon.exterior());
                        for ring in rings.chain(polygon.interiors()) {
                            assert!(ring.is_closed() && ring.0.len() > 3, "{ring:?}");
                        }
                    }
                    let near = -64.0..=4160.0;
                    for c in feature.coords() {
                        assert!(near.contains(&c.x) && near.contains(&c.y), "{c:?}");
                    }
                }
            }
        }
        assert!(holes > 0);
    }

    /// Every edge inside the tile is drawn by the two divisions on its sides, with the
    /// same ends; or by one, on the town's own outline.
    #[test]
    fn neighbours_share_their_border_to_the_unit() {
        let snapshot = fixture::town(0);
        for z in 8..=16 {
            for level in [Level::District, Level::Township] {
                let mut owners: HashMap<Edge, HashSet<String>> = HashMap::new();
                for tile in tiles(z).step_by(tiles(z).count() / 400 + 1) {
                    let shift = |c: geo::Coord<f32>| {
                        let (x, y) = (c.x as i64, c.y as i64);
                        (i64::from(tile.x) * 4096 + x, i64::from(tile.y) * 4096 + y)
                    };
                    for f in features(&encode(&snapshot, tile).unwrap(), "divisions") {
                        if f.text("level") != level.key() {
                            continue;
                        }
                        for polygon in polygons(&f) {
                            let rings =
                                std::iter::once(polygon.exterior()).chain(polygon.interiors());
                            for line in rings.flat_map(LineString::lines) {
                                // Edges that the cut made or shortened lie in the buffer.
                                let inner = 1.0..4095.0;
                                let ends = [line.start, line.end];
                                if ends.iter().all(|c| inner.contains(&c.x) && inner.contains(&c.y))
                                {
                                    let (a, b) = (shift(line.start), shift(line.end));
                                    let owner = f.text("code").to_owned();
                                    owners.entry((a.min(b), a.max(b))).or_default().insert(owner);
                                }
                            }
                        }
                    }
                }
                let border = REACH - 0.012;
                let lonely = owners.iter().filter(|(_, who)| who.len() < 2);
                for ((a, b), who) in lonely {
                    let side = f64::from(1u32 << z) * 4096.0;
                    for end in [a, b] {
                        let p = crate::geo::mercator::from_unit(
                            end.0 as f64 / side,
                            end.1 as f64 / side,
                        );
                        let off = (p.lon - MIDDLE.lon).abs().max((p.lat - MIDDLE.lat).abs());
                        let hole = (p.lon - MIDDLE.lon).hypot(p.lat - MIDDLE.lat);
                        // The town within the town has no townships.
                        let hole = level == Level::Township && (hole - 0.01).abs() < 0.002;
                        assert!(off > border || hole, "zoom {z} {level:?}: {who:?} alone at {p:?}");
                    }
                }
                if level == Level::District {
                    assert!(owners.values().any(|who| who.len() == 2), "zoom {z}");
                }
            }
        }
    }

    #[test]
    fn outlines_stay_valid_while_they_are_thinned() {
        let snapshot = fixture::town(0);
        let mut sizes = Vec::new();
        for z in 0..=14 {
            let mut vertices = 0;
            for tile in tiles(z) {
                for feature in features(&encode(&snapshot, tile).unwrap(), "divisions") {
                    for polygon in polygons(&feature) {
                        vertices += polygon.exterior().0.len();
                        // The cut may leave edges along the border of the buffer.
                        let whole = feature.coords().iter().all(|c| {
                            (-63.0..4159.0).contains(&c.x) && (-63.0..4159.0).contains(&c.y)
                        });
                        if whole {
                            let f64s = geo::MapCoords::map_coords(&polygon, |c| geo::Coord {
                                x: f64::from(c.x),
                                y: f64::from(c.y),
                            });
                            assert!(f64s.is_valid(), "zoom {z} {}", feature.text("code"));
                        }
                    }
                }
            }
            sizes.push(vertices);
        }
        assert!(sizes[5] < sizes[9] && sizes[9] < sizes[13], "{sizes:?}");
    }

    #[test]
    fn each_division_is_labelled_in_one_tile_and_inside_its_area() {
        let snapshot = fixture::town(0);
        for z in [5, 9, 10, 13] {
            let mut seen = HashMap::new();
            for tile in tiles(z) {
                for f in features(&encode(&snapshot, tile).unwrap(), "division_labels") {
                    let (x, y) = f.at();
                    let side = f64::from(1u32 << z);
                    let p = crate::geo::mercator::from_unit(
                        (f64::from(tile.x) + (f64::from(x) + 0.5) / 4096.0) / side,
                        (f64::from(tile.y) + (f64::from(y) + 0.5) / 4096.0) / side,
                    );
                    if z > 9 {
                        let covering = snapshot.divisions.covering(p);
                        let codes: Vec<_> = covering
                            .iter()
                            .flatten()
                            .map(|d| snapshot.city.divisions[*d as usize].code.as_str())
                            .collect();
                        assert!(codes.contains(&f.text("code")), "{} {codes:?}", f.text("code"));
                    }
                    *seen.entry(f.text("code").to_owned()).or_insert(0) += 1;
                }
            }
            let expected = if z < TOWNSHIPS_FROM { 10 } else { 28 };
            assert_eq!(seen.len(), expected, "zoom {z}");
            assert!(seen.values().all(|n| *n == 1), "{seen:?}");
        }
    }

    #[test]
    fn a_tile_far_inside_a_division_is_covered_by_it() {
        let snapshot = fixture::town(0);
        let tile = fixture::tile_at(18, LonLat::new(MIDDLE.lon + 0.12, MIDDLE.lat + 0.03));
        let layers = decode(&encode(&snapshot, tile).unwrap());
        assert_eq!(layers.len(), 1);
        assert_eq!(layers[0].features.len(), 2, "its district and its township");
        let polygon = &polygons(&layers[0].features[0])[0];
        assert!((area(polygon.exterior()) - 2.0 * 4224.0 * 4224.0).abs() < 1.0);
    }
}
