//! The gazetteer, by place.

use super::outward::NearIndex;
use crate::city::{Place, PlaceKind};
use crate::geo::morton::{morton, run_of_tile};
use crate::geo::{LonLat, TileId, World};

/// The gazetteer by place.
#[derive(Debug)]
pub struct PlaceIndex {
    near: NearIndex,
    /// Morton code and place number, ordered.
    order: Vec<(u64, u32)>,
}

impl PlaceIndex {
    /// Bulk-loads the tree and orders the places.
    pub fn build(places: &[Place]) -> Self {
        let code = |p: &Place| morton(World::project(p.location));
        let mut order: Vec<(u64, u32)> =
            places.iter().enumerate().map(|(i, p)| (code(p), i as u32)).collect();
        order.sort_unstable();
        Self { near: NearIndex::build(places.iter().map(|p| p.location)), order }
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
        self.near.nearest(from, |_| true, |place| places[place as usize].location)
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
