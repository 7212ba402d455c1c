//! Service points: single from [`SINGLE_FROM`] on, clusters below.
//!
//! Clusters are the cells of a grid that is aligned with the world, so no point is in
//! two of them, and a cell's count is the sum of the four cells under it. The points
//! of a tile are one run of the Morton order and the points of a cell one run of
//! that: a tile is counted in one pass, with no table of cells.
//!
//! A point is in exactly one tile; there is no buffer. Cost: the points that lie in
//! the tile.

use fast_mvt::{MvtFeatureBuilder, MvtGeomType, MvtLayerBuilder, MvtResult};

use super::cluster::Cell;
use super::frame::{Frame, Grid};
use super::{finish, tag_bool, tag_names, tag_number, tag_text};
use crate::city::{Category, ServicePoint};
use crate::geo::TileId;
use crate::index::points::{Selection, selects};
use crate::index::{PointFilter, Snapshot};

/// From this zoom on each point is a feature.
pub(super) const SINGLE_FROM: u8 = 14;
/// 2³ cells along a tile's side: 64 pixels of a tile that is shown 512 pixels wide,
/// the room of a round symbol with a number.
const CLUSTER_BITS: u32 = 3;
/// Cells along a side, as a power of two, of a tile with too many points to be shown
/// singly: at most 4,096 features.
const CROWDED_BITS: u32 = 6;
/// The same where other layers are in the tile too: at most 1,024 features.
const CROWDED_BITS_SHARED: u32 = 5;
/// A tile of single points grows to about this many bytes; then names are left out,
/// and then points are clustered after all.
const MOST_BYTES: usize = 400_000;
/// The same where other layers are in the tile too.
const MOST_BYTES_SHARED: usize = 200_000;
/// What a feature takes beside its id and names: tags, geometry, headers.
const BYTES_A_FEATURE: usize = 40;

/// `shared` says that other layers are in the tile too, and that there is less room.
pub(super) fn encode(
    snapshot: &Snapshot,
    tile: TileId,
    filter: &PointFilter,
    shared: bool,
) -> MvtResult<Vec<u8>> {
    let run = snapshot.points.in_tile(tile);
    if run.is_empty() {
        return Ok(Vec::new());
    }
    let chosen = Chosen::new(snapshot, filter);
    let (most, crowded) =
        if shared { (MOST_BYTES_SHARED, CROWDED_BITS_SHARED) } else { (MOST_BYTES, CROWDED_BITS) };
    let writer = Writer { snapshot, frame: Frame::of(tile), most };
    let layer = MvtLayerBuilder::new("points")?;
    let layer = if tile.z < SINGLE_FROM {
        writer.clusters(layer, run, &chosen, Grid::of(tile.z, CLUSTER_BITS), true)?
    } else {
        match writer.load(run, &chosen) {
            Load::Light => writer.singles(layer, run, &chosen, true)?,
            Load::Heavy => writer.singles(layer, run, &chosen, false)?,
            Load::Crowded => {
                let grid = Grid::of(tile.z, crowded);
                writer.clusters(layer, run, &chosen, grid, false)?
            }
        }
    };
    Ok(finish(layer))
}

/// Which points are shown. The parts of a filter that look at records, such as "open
/// now", are asked only for points of the tile.
struct Chosen<'a> {
    snapshot: &'a Snapshot,
    selection: Selection,
    records: Option<&'a PointFilter>,
}

impl<'a> Chosen<'a> {
    fn new(snapshot: &'a Snapshot, filter: &'a PointFilter) -> Self {
        let by_bitmap = filter.by_bitmap();
        let records = (by_bitmap != *filter).then_some(filter);
        let selection = snapshot.points.select(&snapshot.city, &by_bitmap);
        Self { snapshot, selection, records }
    }

    fn holds(&self, point: u32) -> bool {
        selects(&self.selection, point)
            && self.records.is_none_or(|filter| filter.takes_record(&self.snapshot.city, point))
    }

    /// The points of a run that are shown, in its order.
    fn of<'r>(&'r self, run: &'r [(u64, u32)]) -> impl Iterator<Item = u32> + 'r {
        run.iter().map(|(_, point)| *point).filter(|point| self.holds(*point))
    }
}

/// How large a tile of single points would be.
enum Load {
    Light,
    /// Too large with names.
    Heavy,
    /// Too large without.
    Crowded,
}

struct Writer<'a> {
    snapshot: &'a Snapshot,
    frame: Frame,
    /// About how many bytes single points may take.
    most: usize,
}

impl Writer<'_> {
    fn point(&self, point: u32) -> &ServicePoint {
        &self.snapshot.city.points[point as usize]
    }

    fn load(&self, run: &[(u64, u32)], chosen: &Chosen<'_>) -> Load {
        // Most tiles are far below the limit whatever the names are.
        if run.len() * BYTES_A_FEATURE * 8 < self.most {
            return Load::Light;
        }
        let (mut bare, mut names) = (0, 0);
        for point in chosen.of(run).map(|p| self.point(p)) {
            bare += BYTES_A_FEATURE + point.id.len();
            names += point.name.zh.len() + point.name.en.len();
        }
        match (bare <= self.most, bare + names <= self.most) {
            (_, true) => Load::Light,
            (true, false) => Load::Heavy,
            (false, false) => Load::Crowded,
        }
    }

    fn singles(
        &self,
        mut layer: MvtLayerBuilder,
        run: &[(u64, u32)],
        chosen: &Chosen<'_>,
        named: bool,
    ) -> MvtResult<MvtLayerBuilder> {
        for point in chosen.of(run) {
            let facts = self.snapshot.points.facts(point);
            let mut feature = layer.feature_of(MvtGeomType::Point);
            feature.points([self.frame.inside(facts.world)])?;
            self.tag_identity(&mut feature, point, named)?;
            self.tag_category(&mut feature, facts.category)?;
            tag_bool(&mut feature, "bookable", facts.bookable)?;
            layer = feature.end();
        }
        Ok(layer)
    }

    fn clusters(
        &self,
        mut layer: MvtLayerBuilder,
        run: &[(u64, u32)],
        chosen: &Chosen<'_>,
        grid: Grid,
        named: bool,
    ) -> MvtResult<MvtLayerBuilder> {
        let mut cell = Cell::new(self.snapshot.city.categories.iter().len());
        for points in run.chunk_by(|a, b| grid.same_cell(a.0, b.0)) {
            cell.clear();
            for point in chosen.of(points) {
                cell.add(point, self.snapshot.points.facts(point));
            }
            if cell.points > 0 {
                layer = self.cluster(layer, &cell, named)?;
            }
        }
        Ok(layer)
    }

    fn cluster(
        &self,
        layer: MvtLayerBuilder,
        cell: &Cell,
        named: bool,
    ) -> MvtResult<MvtLayerBuilder> {
        let mut feature = layer.feature_of(MvtGeomType::Point);
        feature.points([self.frame.inside(cell.middle())])?;
        tag_number(&mut feature, "point_count", cell.points)?;
        tag_number(&mut feature, "bookable_count", cell.bookable)?;
        if let Some(category) = cell.most_frequent(|number| self.code(number)) {
            self.tag_category(&mut feature, category)?;
        }
        if cell.points == 1 {
            self.tag_identity(&mut feature, cell.any, named)?;
        }
        Ok(feature.end())
    }

    fn code(&self, category: usize) -> &str {
        self.category(category).map_or("", |c| c.code.as_str())
    }

    fn category(&self, number: usize) -> Option<&Category> {
        self.snapshot.city.categories.iter().as_slice().get(number)
    }

    fn tag_identity(
        &self,
        feature: &mut MvtFeatureBuilder,
        point: u32,
        named: bool,
    ) -> MvtResult<()> {
        let point = self.point(point);
        tag_text(feature, "id", &point.id)?;
        if named { tag_names(feature, &point.name) } else { Ok(()) }
    }

    fn tag_category(&self, feature: &mut MvtFeatureBuilder, number: usize) -> MvtResult<()> {
        let Some(category) = self.category(number) else { return Ok(()) };
        tag_text(feature, "category", &category.code)?;
        tag_text(feature, "icon", &category.icon)?;
        tag_text(feature, "color", &category.color)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::geo::{LonLat, World};
    use crate::tiles::decoded::{DecodedFeature, features};
    use crate::tiles::fixture::{self, CATEGORIES, MIDDLE, REACH, town_with};

    fn in_tile(snapshot: &Snapshot, tile: TileId, filter: &PointFilter) -> Vec<DecodedFeature> {
        features(&encode(snapshot, tile, filter, false).unwrap(), "points")
    }

    /// Points and bookable points of a tile.
    fn counts(snapshot: &Snapshot, tile: TileId, filter: &PointFilter) -> (u64, u64) {
        let features = in_tile(snapshot, tile, filter);
        (
            features.iter().map(DecodedFeature::points).sum(),
            features.iter().map(DecodedFeature::bookable).sum(),
        )
    }

    fn sum(all: impl Iterator<Item = (u64, u64)>) -> (u64, u64) {
        all.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }

    /// Positions all over the world, many on the edges of tiles and cells.
    fn position() -> impl Strategy<Value = LonLat> {
        let anywhere = (-180.0..=180.0f64, -90.0..=90.0f64);
        let town =
            (-REACH..REACH, -REACH..REACH).prop_map(|(x, y)| (MIDDLE.lon + x, MIDDLE.lat + y));
        let seam = (0u32..=64, 0u32..=64).prop_map(|(x, y)| {
            let p = crate::geo::mercator::from_unit(f64::from(x) / 64.0, f64::from(y) / 64.0);
            (p.lon, p.lat)
        });
        prop_oneof![1 => anywhere, 6 => town, 1 => seam].prop_map(|(x, y)| LonLat::new(x, y))
    }

    fn filter() -> impl Strategy<Value = PointFilter> {
        let category = prop::option::of(0..CATEGORIES.len());
        (category, prop::option::of(any::<bool>()), any::<bool>()).prop_map(|(c, bookable, w)| {
            PointFilter {
                category: c.map(|c| CATEGORIES[c].to_owned()),
                bookable,
                accessible: w.then(|| "wheelchair".to_owned()),
                ..PointFilter::default()
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn a_tile_holds_what_its_four_children_hold(
            points in prop::collection::vec((position(), 0..CATEGORIES.len()), 0..150),
            filter in filter(),
        ) {
            let snapshot = town_with(&points);
            let selection = snapshot.points.select(&snapshot.city, &filter);
            let total = snapshot.points.count(&selection) as u64;
            let world = TileId { z: 0, x: 0, y: 0 };
            prop_assert_eq!(counts(&snapshot, world, &filter).0, total);
            let places = points.iter().map(|(at, _)| World::project(*at));
            // Across the zoom at which points become single, and where nothing is left
            // to cluster.
            for z in [0u8, 1, 5, 9, 12, 13, 14, 18, 19] {
                let tiles: HashSet<(u32, u32)> =
                    places.clone().map(|w| w.cell(u32::from(z))).collect();
                for (x, y) in tiles {
                    let tile = TileId { z, x, y };
                    let children = tile.children().into_iter();
                    let children = sum(children.map(|c| counts(&snapshot, c, &filter)));
                    prop_assert_eq!(counts(&snapshot, tile, &filter), children, "{:?}", tile);
                }
            }
        }

        #[test]
        fn every_point_is_where_its_coordinates_say(
            points in prop::collection::vec((position(), 0..CATEGORIES.len()), 1..60),
            z in SINGLE_FROM..=super::super::MAX_ZOOM,
        ) {
            let snapshot = town_with(&points);
            for (i, (at, category)) in points.iter().enumerate() {
                let tile = fixture::tile_at(z, *at);
                let found = in_tile(&snapshot, tile, &PointFilter::default());
                let id = format!("town:{i:06}");
                let found: Vec<_> = found.iter().filter(|f| f.text("id") == id).collect();
                prop_assert_eq!(found.len(), 1);
                prop_assert_eq!(found[0].text("category"), CATEGORIES[*category]);
                let ((x, y), (ux, uy)) = (tile.local(*at, 4096), found[0].at());
                let (x, y) = (x.min(4095.999), y.min(4095.999));
                prop_assert!((x - f64::from(ux)).abs() <= 1.01, "{} {}", x, ux);
                prop_assert!((y - f64::from(uy)).abs() <= 1.01, "{} {}", y, uy);
            }
        }
    }

    #[test]
    fn a_cluster_names_its_most_frequent_category_and_of_equals_the_lower_code() {
        let near = |k: usize| LonLat::new(MIDDLE.lon + k as f64 * 1e-6, MIDDLE.lat);
        let office_and_clinic = [(near(0), 0), (near(1), 2), (near(2), 2), (near(3), 0)];
        let snapshot = town_with(&office_and_clinic);
        let clusters = in_tile(&snapshot, fixture::tile_at(8, MIDDLE), &PointFilter::default());
        assert_eq!(clusters.len(), 1);
        assert_eq!(clusters[0].text("category"), "clinic");
        assert_eq!(clusters[0].text("icon"), "clinic-icon");
        assert_eq!(clusters[0].number("point_count"), Some(4));
        assert_eq!(clusters[0].number("bookable_count"), Some(0));
        assert_eq!(clusters[0].text("id"), "");
    }

    #[test]
    fn a_cluster_of_one_is_named() {
        let snapshot = town_with(&[(MIDDLE, 1)]);
        let clusters = in_tile(&snapshot, TileId { z: 0, x: 0, y: 0 }, &PointFilter::default());
        assert_eq!(clusters[0].number("point_count"), Some(1));
        assert_eq!(clusters[0].text("id"), "town:000000");
        assert_eq!(clusters[0].text("name"), "第0号服务中心");
        assert_eq!(clusters[0].text("name_en"), "Service centre 0");
    }

    #[test]
    fn a_crowd_on_one_spot_stays_small_and_loses_nobody() {
        for (n, crowded) in [(3000, false), (100_000, true)] {
            let mut noise = fixture::Noise(3);
            let points: Vec<_> = (0..n)
                .map(|i| {
                    let (x, y) = (noise.signed() * 0.001, noise.signed() * 0.001);
                    (LonLat::new(MIDDLE.lon + x, MIDDLE.lat + y), i % CATEGORIES.len())
                })
                .collect();
            let snapshot = town_with(&points);
            for z in [0, 6, 12, 13, 14, 15, 16] {
                let (x, y) = World::project(MIDDLE).cell(u32::from(z));
                let near = (x.saturating_sub(1)..=x + 1)
                    .flat_map(|x| (y.saturating_sub(1)..=y + 1).map(move |y| (x, y)))
                    .filter_map(|(x, y)| TileId::new(z, x, y));
                let mut seen = 0;
                for tile in near {
                    let bytes = encode(&snapshot, tile, &PointFilter::default(), false).unwrap();
                    assert!(bytes.len() < 500_000, "{tile:?}: {} bytes", bytes.len());
                    let found = features(&bytes, "points");
                    seen += found.iter().map(DecodedFeature::points).sum::<u64>();
                    if z == 14 && crowded && !found.is_empty() {
                        assert!(found.len() <= 4096);
                    }
                }
                if z > 1 {
                    assert_eq!(seen, n as u64, "zoom {z}");
                }
            }
        }
    }
}
