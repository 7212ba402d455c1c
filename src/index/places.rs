//! The gazetteer, by place.

use super::digests::{Digest, Digester, RunDigests};
use super::outward::NearIndex;
use crate::city::{Place, PlaceKind};
use crate::geo::morton::{morton, places_of_tile, run_of_tile};
use crate::geo::{Bounds, LonLat, TileId, World};

/// The gazetteer by place.
#[derive(Debug)]
pub struct PlaceIndex {
    near: NearIndex,
    /// Morton code and place number, ordered.
    order: Vec<(u64, u32)>,
    /// Of `order`, what tiles show of each place.
    digests: RunDigests,
}

impl PlaceIndex {
    /// Bulk-loads the tree and orders the places.
    pub fn build(places: &[Place]) -> Self {
        let code = |p: &Place| morton(World::project(p.location));
        let mut order: Vec<(u64, u32)> =
            places.iter().enumerate().map(|(i, p)| (code(p), i as u32)).collect();
        order.sort_unstable();
        let digests = RunDigests::of(order.iter().map(|(_, i)| digest(&places[*i as usize])));
        Self { near: NearIndex::build(places.iter().map(|p| p.location)), order, digests }
    }

    /// What a tile can show of the places in it, as [`super::PointIndex::digest_of_tile`].
    pub fn digest_of_tile(&self, tile: TileId) -> Digest {
        self.digests.run(places_of_tile(&self.order, tile))
    }

    /// The places of a tile in Morton order: code and place number.
    pub fn in_tile(&self, tile: TileId) -> &[(u64, u32)] {
        run_of_tile(&self.order, tile)
    }

    /// Numbers of the places inside a box, in no order.
    pub fn within(&self, b: Bounds) -> impl Iterator<Item = u32> + '_ {
        self.near.within(b)
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

/// What tiles show of a place. Whoever adds a field decides here whether they do.
fn digest(place: &Place) -> Digest {
    let Place { id, name, kind, class, location, extent_m: _, source: _ } = place;
    let world = World::project(*location);
    let mut digester = Digester::default();
    digester.text(id).text(&name.zh).text(&name.en).text(kind.key()).text(class);
    digester.number(u64::from(world.x) << 32 | u64::from(world.y));
    digester.finish()
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
