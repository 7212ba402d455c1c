//! The gazetteer, by place.

use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::outward;
use crate::city::{Place, PlaceKind};
use crate::geo::morton::{morton, run_of_tile};
use crate::geo::{Bounds, LonLat, TileId, World};

/// The gazetteer by place.
#[derive(Debug)]
pub struct PlaceIndex {
    tree: RTree<GeomWithData<[f64; 2], u32>>,
    /// What a longitude is multiplied with in `tree`.
    shrink: f64,
    /// Morton code and place number, ordered.
    order: Vec<(u64, u32)>,
}

impl PlaceIndex {
    /// Bulk-loads the tree and orders the places.
    pub fn build(places: &[Place], bounds: Bounds) -> Self {
        let shrink = outward::shrink(bounds);
        let code = |p: &Place| morton(World::project(p.location));
        let mut order: Vec<(u64, u32)> =
            places.iter().enumerate().map(|(i, p)| (code(p), i as u32)).collect();
        order.sort_unstable();
        let located = places.iter().enumerate();
        let located = located
            .map(|(i, p)| GeomWithData::new([p.location.lon * shrink, p.location.lat], i as u32))
            .collect();
        Self { tree: RTree::bulk_load(located), shrink, order }
    }

    /// The places of a tile in Morton order: code and place number.
    pub fn in_tile(&self, tile: TileId) -> &[(u64, u32)] {
        run_of_tile(&self.order, tile)
    }

    /// Numbers of the places, nearest first, with their geodesic distance in metres.
    pub fn nearest<'a>(
        &'a self,
        places: &'a [Place],
        from: LonLat,
    ) -> impl Iterator<Item = (u32, f64)> + 'a {
        let walk = self
            .tree
            .nearest_neighbor_iter_with_distance_2([from.lon * self.shrink, from.lat])
            .map(|(located, d2)| (located.data, d2.sqrt()));
        outward::by_distance(walk, from, |place| places[place as usize].location)
    }
}

/// How much a place stands out on a map, 0 to 3; smaller first.
pub fn rank(place: &Place) -> u8 {
    match (place.kind, place.class.as_str()) {
        (PlaceKind::Transit, "station" | "subway_station" | "train_station" | "subway")
        | (PlaceKind::Water, "reservoir" | "lake" | "river") => 0,
        (PlaceKind::Water, _) | (PlaceKind::Building, "university" | "hospital" | "stadium") => 1,
        (PlaceKind::Building, _) => 2,
        (PlaceKind::Transit | PlaceKind::Street, _) => 3,
    }
}
