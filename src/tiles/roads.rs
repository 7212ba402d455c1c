//! Roads: lines, the larger classes from lower zooms on.
//!
//! A road is one feature of a tile, whatever number of pieces it is cut into. Small
//! classes come first, so that a client which draws in order has the large ones on
//! top. Cost: a comparison of boxes for each line of the classes shown, and the
//! vertices of those that meet the tile.

use fast_mvt::{MvtGeomType, MvtLayerBuilder, MvtResult};

use super::clip::Clipper;
use super::divisions::BUFFER_PART;
use super::frame::Frame;
use super::{finish, tag_bool, tag_text};
use crate::city::RoadClass;
use crate::geo::TileId;
use crate::index::Snapshot;
use crate::index::shapes::{Extent, Line};

/// The zoom from which the largest class is drawn.
pub(super) const FROM_ZOOM: u8 = 6;

/// The zoom from which a class is drawn.
const fn from_zoom(class: RoadClass) -> u8 {
    match class {
        RoadClass::Motorway | RoadClass::Trunk => FROM_ZOOM,
        RoadClass::Primary => 9,
        RoadClass::Secondary => 11,
        RoadClass::Tertiary => 12,
        RoadClass::Minor => 13,
    }
}

pub(super) fn encode(snapshot: &Snapshot, tile: TileId) -> MvtResult<Vec<u8>> {
    let mut layer = MvtLayerBuilder::new("roads")?;
    let reach = Extent::of_tile(tile, BUFFER_PART);
    let frame = Frame::of(tile);
    let mut clipper = Clipper::default();
    let classes = snapshot.shapes.roads(&snapshot.city).iter().rev();
    for class in classes.filter(|class| tile.z >= from_zoom(class.class)) {
        for lines in class.lines.chunk_by(|a, b| a.road == b.road) {
            clipper.clear();
            for line in lines.iter().filter(|line| line.extent.meets(&reach)) {
                clipper.line(line.points(tile.z).map(|at| frame.unit(at)));
            }
            if clipper.pieces().next().is_some() {
                layer = road(layer, snapshot, lines, &clipper)?;
            }
        }
    }
    Ok(finish(layer))
}

fn road(
    layer: MvtLayerBuilder,
    snapshot: &Snapshot,
    lines: &[Line],
    clipper: &Clipper,
) -> MvtResult<MvtLayerBuilder> {
    let road = &snapshot.city.roads[lines[0].road as usize];
    let mut feature = layer.feature_of(MvtGeomType::LineString);
    for piece in clipper.pieces() {
        feature.line(piece.iter().copied())?;
    }
    if !road.name.is_empty() {
        tag_text(&mut feature, "name", &road.name)?;
    }
    tag_text(&mut feature, "class", road.class.key())?;
    tag_bool(&mut feature, "schematic", road.schematic)?;
    Ok(feature.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::decoded::{DecodedFeature, features};
    use crate::tiles::fixture;

    #[test]
    fn larger_roads_appear_first_and_are_drawn_last() {
        let snapshot = fixture::town(0);
        let expected = [
            (5, vec![]),
            (8, vec!["trunk", "motorway"]),
            (9, vec!["primary", "trunk", "motorway"]),
            (12, vec!["tertiary", "secondary", "primary", "trunk", "motorway"]),
            (13, vec!["minor", "tertiary", "secondary", "primary", "trunk", "motorway"]),
        ];
        for (z, classes) in expected {
            let bytes = encode(&snapshot, fixture::middle_tile(z)).unwrap();
            let found = features(&bytes, "roads");
            let mut seen: Vec<&str> = found.iter().map(|f| f.text("class")).collect();
            seen.dedup();
            assert_eq!(seen, classes, "zoom {z}");
        }
    }

    #[test]
    fn lines_are_thinned_and_stay_in_the_buffer() {
        let snapshot = fixture::town(0);
        let vertices = |z| {
            let bytes = encode(&snapshot, fixture::middle_tile(z)).unwrap();
            let found = features(&bytes, "roads");
            let coords: Vec<_> = found.iter().flat_map(DecodedFeature::coords).collect();
            let near = -64.0..=4160.0;
            assert!(coords.iter().all(|c| near.contains(&c.x) && near.contains(&c.y)));
            coords.len() as f64 / found.len() as f64
        };
        // They were drawn with 101.
        assert!(vertices(8) < 50.0, "{}", vertices(8));
        assert!(vertices(14) >= 2.0);
    }
}
