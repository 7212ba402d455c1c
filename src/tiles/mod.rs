//! Vector tiles: what a map client draws, computed from one snapshot.
//!
//! [`encode`] writes any set of layers for any tile as Mapbox Vector Tile 2.1, and
//! [`tilejson()`] and [`catalog`] say what is in them. All positions are whole world
//! units ([`crate::geo::World`]); at zoom 20 such a unit is a tile unit, and above it
//! a tile coordinate is the unit shifted right. Nothing is projected, measured or
//! rounded twice, so that what two tiles or two areas share comes out the same.
//!
//! | file | what |
//! | --- | --- |
//! | `layer` | the layers, and a set of them as written in a path |
//! | `points`, `cluster` | service points: single, or clusters that add up |
//! | `divisions` | outlines and their labels |
//! | `roads`, `places` | the schematic base |
//! | `frame`, `clip` | world units to tile units, and cutting at the tile |
//! | `tilejson` | what a client reads first |
//! | `composite`, `archive` | layers together with basemap archives, and these themselves |
//! | `basemap` | a style on one of these archives |
//! | `question`, `cache` | what names a tile's content, and the tiles kept under it |
//!
//! A tile costs what lies in it: no layer looks at records outside the tile but for
//! a comparison of boxes. Only `cache` keeps tiles.

pub mod archive;
mod basemap;
mod cache;
mod clip;
mod cluster;
mod composite;
#[cfg(test)]
mod decoded;
mod divisions;
#[cfg(test)]
pub(crate) mod fixture;
mod frame;
mod layer;
mod places;
mod points;
mod question;
mod range;
#[cfg(test)]
mod real;
mod roads;
#[cfg(test)]
mod sizes;
mod tilejson;

use fast_mvt::{MvtError, MvtFeatureBuilder, MvtLayerBuilder, MvtResult, MvtValueRef};

pub use archive::Archives;
pub use basemap::{Schema, ground};
pub use cache::{Coding, Sent, Stats, TileCache};
pub use composite::{Composite, CompositeError};
pub use layer::{Layer, LayerError, LayerSet, MAX_NAMES};
pub use question::Question;
pub use range::{TileError, tile};
pub use tilejson::{catalog, tilejson};

use crate::city::Localized;
use crate::geo::TileId;
use crate::index::{PointFilter, Snapshot};

/// The lowest zoom that is served.
pub const MIN_ZOOM: u8 = 0;
/// The deepest zoom that is served: a tile unit is 9 mm at the equator.
pub const MAX_ZOOM: u8 = 20;
/// Units of a tile's side.
pub const EXTENT: u32 = 1 << EXTENT_BITS;
/// The media type of what [`encode`] writes.
pub const MEDIA_TYPE: &str = "application/vnd.mapbox-vector-tile";

const EXTENT_BITS: u32 = 12;
/// Outlines and lines are drawn this far beyond the tile, in tile units, so that
/// strokes do not end at its edge.
const BUFFER: i32 = 64;

/// The tile with these layers, in their order; empty where nothing lies in it.
/// `filter` is for service points alone. A zoom beyond [`MAX_ZOOM`] is empty; ask
/// [`tile`] first.
pub fn encode(
    snapshot: &Snapshot,
    layers: &LayerSet,
    tile: TileId,
    filter: &PointFilter,
) -> Vec<u8> {
    let mut out = Vec::new();
    if tile.z > MAX_ZOOM {
        return out;
    }
    let shown = || layers.iter().filter(|layer| tile.z >= layer.min_zoom());
    // A tile of several layers is not to grow with their number.
    let shared = shown().nth(1).is_some();
    for layer in shown() {
        let chunk = match layer {
            Layer::Points => points::encode(snapshot, tile, filter, shared),
            Layer::Divisions => divisions::encode(snapshot, tile),
            Layer::Places => places::encode(snapshot, tile, shared),
            Layer::Roads => roads::encode(snapshot, tile),
        };
        match chunk {
            // A tile is the concatenation of its layers.
            Ok(bytes) if out.is_empty() => out = bytes,
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(e) => report(layer, tile, &e),
        }
    }
    out
}

/// The encoder refuses only what the layers never hand it, such as 2³² values. Should
/// it happen, the tile is served without the layer.
#[cold]
fn report(layer: Layer, tile: TileId, error: &MvtError) {
    tracing::error!(layer = layer.name(), z = tile.z, x = tile.x, y = tile.y, %error, "layer left out");
}

/// The bytes of a layer; none if it has no features.
fn finish(layer: MvtLayerBuilder) -> Vec<u8> {
    if layer.num_features() == 0 { Vec::new() } else { layer.encode() }
}

/// Tags a feature with its names: `name`, and `name_en` where it is known.
fn tag_names(feature: &mut MvtFeatureBuilder, name: &Localized) -> MvtResult<()> {
    tag_text(feature, "name", &name.zh)?;
    if !name.en.is_empty() {
        tag_text(feature, "name_en", &name.en)?;
    }
    Ok(())
}

fn tag_text(feature: &mut MvtFeatureBuilder, key: &str, text: &str) -> MvtResult<()> {
    feature.tag_ref(key, MvtValueRef::String(text)).map(drop)
}

fn tag_number(feature: &mut MvtFeatureBuilder, key: &str, number: u64) -> MvtResult<()> {
    feature.tag_ref(key, MvtValueRef::UInt(number)).map(drop)
}

fn tag_bool(feature: &mut MvtFeatureBuilder, key: &str, yes: bool) -> MvtResult<()> {
    feature.tag_ref(key, MvtValueRef::Bool(yes)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_come_in_the_order_that_was_asked_for() {
        let snapshot = fixture::town(200);
        let tile = fixture::middle_tile(13);
        let layers = LayerSet::parse("roads,points,divisions,places").unwrap();
        let names: Vec<String> =
            decoded::decode(&encode(&snapshot, &layers, tile, &PointFilter::default()))
                .into_iter()
                .map(|layer| layer.name)
                .collect();
        assert_eq!(names, ["roads", "points", "divisions", "division_labels", "places"]);
    }

    #[test]
    fn a_tile_in_which_nothing_lies_is_no_bytes() {
        let snapshot = fixture::town(200);
        for (z, x, y) in [(14, 0, 0), (20, 5, 5), (20, (1 << 20) - 1, (1 << 20) - 1)] {
            let tile = TileId { z, x, y };
            assert!(encode(&snapshot, &LayerSet::all(), tile, &PointFilter::default()).is_empty());
        }
        let too_deep = TileId { z: 22, x: 0, y: 0 };
        assert!(encode(&snapshot, &LayerSet::all(), too_deep, &PointFilter::default()).is_empty());
    }
}
