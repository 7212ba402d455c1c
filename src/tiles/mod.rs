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
//! | `singles` | single points, written by hand |
//! | `density` | how tickets lie, in the cells of a grid |
//! | `mvt` | what a layer that is written by hand is made of |
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
mod density;
mod divisions;
#[cfg(test)]
pub(crate) mod fixture;
mod frame;
mod layer;
mod mvt;
mod places;
mod points;
mod question;
mod range;
#[cfg(test)]
mod real;
mod roads;
mod singles;
#[cfg(test)]
mod sizes;
mod tilejson;

use fast_mvt::{MvtError, MvtFeatureBuilder, MvtLayerBuilder, MvtResult, MvtValueRef};

pub use archive::Archives;
pub use basemap::{Schema, ground, on_tianditu};
pub use cache::{Coding, Sent, Stats, TileCache};
pub use composite::{Composite, CompositeError};
pub use density::{Density, Shape, encode as density_tile};
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
/// A tile that would be larger shows its points with less beside them, or as clusters.
const MOST_BYTES: usize = 500_000;
/// Outlines and lines are drawn this far beyond the tile, in tile units, so that
/// strokes do not end at its edge.
const BUFFER: i32 = 64;

/// The tile with these layers, in their order; empty where nothing lies in it.
/// `filter` is for service points alone; the density of tickets is not for everybody and is
/// written by [`Question`]. A zoom beyond [`MAX_ZOOM`] is empty; ask
/// [`tile`] first.
pub fn encode(
    snapshot: &Snapshot,
    layers: &LayerSet,
    tile: TileId,
    filter: &PointFilter,
) -> Vec<u8> {
    if tile.z > MAX_ZOOM {
        return Vec::new();
    }
    let chunk = |layer: Layer, room: usize| {
        let chunk = match layer {
            Layer::Points => points::encode(snapshot, tile, filter, room),
            Layer::Divisions => divisions::encode(snapshot, tile),
            Layer::Places => places::encode(snapshot, tile),
            Layer::Roads => roads::encode(snapshot, tile),
            Layer::Density => Ok(Vec::new()),
        };
        chunk.unwrap_or_else(|e| {
            report(layer, tile, &e);
            Vec::new()
        })
    };
    let shown = layers.iter().filter(|layer| tile.z >= layer.min_zoom());
    let mut chunks: Vec<(Layer, Vec<u8>)> =
        shown.map(|layer| (layer, chunk(layer, points::MOST_BYTES))).collect();
    let bytes: usize = chunks.iter().map(|(_, bytes)| bytes.len()).sum();
    if bytes > MOST_BYTES
        && let Some((layer, points)) = chunks.iter_mut().find(|(layer, _)| *layer == Layer::Points)
    {
        *points = chunk(*layer, MOST_BYTES.saturating_sub(bytes - points.len()));
    }
    // A tile is the concatenation of its layers.
    let chunks = chunks.into_iter().map(|(_, bytes)| bytes);
    chunks
        .reduce(|mut tile, layer| {
            tile.extend_from_slice(&layer);
            tile
        })
        .unwrap_or_default()
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
    use super::decoded::{DecodedFeature, features};
    use super::*;
    use crate::geo::LonLat;

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

    /// A town of 100,000 points, of which 1,000 with long names stand in one street, where
    /// all places are too.
    fn crowded_town() -> Snapshot {
        let mut noise = fixture::Noise(5);
        let points: Vec<(LonLat, usize)> = (0..100_000)
            .map(|i| {
                let reach = if i < 1000 { 0.002 } else { fixture::REACH };
                let (x, y) = (noise.signed() * reach, noise.signed() * reach);
                (LonLat::new(fixture::MIDDLE.lon + x, fixture::MIDDLE.lat + y), i % 4)
            })
            .collect();
        let mut city = fixture::town_with(&points).city;
        for point in &mut city.points[..1000] {
            point.name.zh = "很长的名字".repeat(20);
        }
        for (i, place) in std::sync::Arc::make_mut(&mut city.places).iter_mut().enumerate() {
            let (x, y) = (noise.signed() * 0.002, noise.signed() * 0.002);
            place.location = LonLat::new(fixture::MIDDLE.lon + x, fixture::MIDDLE.lat + y);
            place.name.zh = format!("{i}{}", "另一个很长的名字".repeat(5));
        }
        Snapshot::build(city)
    }

    #[test]
    fn no_tile_is_larger_than_half_a_megabyte_and_its_points_are_all_counted() {
        let snapshot = crowded_town();
        let (all, points) = (LayerSet::all(), LayerSet::parse("points").unwrap());
        let mut noise = fixture::Noise(9);
        let mut squeezed = 0;
        for z in MIN_ZOOM..=MAX_ZOOM {
            let anywhere = (0..40).map(|_| {
                let (x, y) = (noise.signed() * fixture::REACH, noise.signed() * fixture::REACH);
                LonLat::new(fixture::MIDDLE.lon + x, fixture::MIDDLE.lat + y)
            });
            let mut tiles: Vec<TileId> = anywhere.map(|at| fixture::tile_at(z, at)).collect();
            let middle = fixture::tile_at(z, fixture::MIDDLE);
            tiles.push(middle);
            let mut sizes = Vec::new();
            for tile in tiles {
                let bytes = encode(&snapshot, &all, tile, &PointFilter::default());
                assert!(bytes.len() <= 500_000, "{tile:?}: {} bytes", bytes.len());
                let shown: u64 =
                    features(&bytes, "points").iter().map(DecodedFeature::points).sum();
                assert_eq!(shown, snapshot.points.in_tile(tile).len() as u64, "{tile:?}");
                let alone = encode(&snapshot, &points, tile, &PointFilter::default());
                squeezed += usize::from(memchr::memmem::find(&bytes, &alone).is_none());
                sizes.push(bytes.len());
            }
            sizes.sort_unstable();
            assert!(sizes[sizes.len() / 2] < 50_000, "zoom {z}: {}", sizes[sizes.len() / 2]);
        }
        assert!(squeezed > 0, "no tile had to leave anything out");
    }
}
