//! Places of the gazetteer, those that stand out first.
//!
//! Below [`ALL_FROM`] a place is shown if it stands out most in its cell of a grid
//! that is aligned with the world. A cell lies in one cell of the zoom above, so a
//! place that is shown stays while one zooms in. A tile has at most as many places as
//! cells, 256, which is about 25 KB. Cost: the places that lie in the tile.

use fast_mvt::{MvtGeomType, MvtLayerBuilder, MvtResult};

use super::frame::{Frame, Grid};
use super::{finish, tag_names, tag_number, tag_text};
use crate::geo::TileId;
use crate::geo::morton::demorton;
use crate::index::Snapshot;
use crate::index::places::rank;

/// The zoom from which there are any.
pub(super) const FROM_ZOOM: u8 = 12;
/// From this zoom on all places of a tile are shown, up to [`MOST`].
const ALL_FROM: u8 = 15;
/// 2⁴ cells along a tile's side.
const CELL_BITS: u32 = 4;
/// A tile never has more places than this; about 200 KB.
const MOST: usize = 2000;
/// The same where other layers are in the tile too.
const MOST_SHARED: usize = 1000;

/// A place of a tile, by what is shown first: its rank, then its number.
type Shown = (u8, u32, u64);

/// `shared` says that other layers are in the tile too, and that there is less room.
pub(super) fn encode(snapshot: &Snapshot, tile: TileId, shared: bool) -> MvtResult<Vec<u8>> {
    let places = &snapshot.city.places;
    let run = snapshot.places.in_tile(tile);
    let last = last_rank(tile.z);
    let shown = |&(code, place): &(u64, u32)| -> Option<Shown> {
        let rank = rank(&places[place as usize]);
        (rank <= last).then_some((rank, place, code))
    };
    let mut chosen: Vec<Shown> = if tile.z < ALL_FROM {
        let grid = Grid::of(tile.z, CELL_BITS);
        let cells = run.chunk_by(|a, b| grid.same_cell(a.0, b.0));
        cells.filter_map(|cell| cell.iter().filter_map(shown).min()).collect()
    } else {
        run.iter().filter_map(shown).collect()
    };
    chosen.sort_unstable();
    chosen.truncate(if shared { MOST_SHARED } else { MOST });

    let frame = Frame::of(tile);
    let mut layer = MvtLayerBuilder::new("places")?;
    for (rank, number, code) in chosen {
        let place = &places[number as usize];
        let mut feature = layer.feature_of(MvtGeomType::Point);
        feature.points([frame.inside(demorton(code))])?;
        tag_text(&mut feature, "id", &place.id)?;
        tag_names(&mut feature, &place.name)?;
        tag_text(&mut feature, "kind", place.kind.key())?;
        tag_text(&mut feature, "class", &place.class)?;
        tag_number(&mut feature, "rank", u64::from(rank))?;
        layer = feature.end();
    }
    Ok(finish(layer))
}

/// The last rank that is shown at a zoom.
const fn last_rank(zoom: u8) -> u8 {
    match zoom {
        0..=12 => 1,
        13 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::tiles::decoded::features;
    use crate::tiles::fixture::{middle_tile, town};

    fn ids(snapshot: &Snapshot, tile: TileId) -> HashSet<String> {
        let bytes = encode(snapshot, tile, false).unwrap();
        assert!(bytes.len() < 50_000, "{tile:?}: {} bytes", bytes.len());
        features(&bytes, "places").iter().map(|f| f.text("id").to_owned()).collect()
    }

    #[test]
    fn a_place_that_is_shown_stays_while_one_zooms_in() {
        let snapshot = town(0);
        for z in FROM_ZOOM..18 {
            let tile = middle_tile(z);
            let mut below = HashSet::new();
            for child in tile.children() {
                let shown = ids(&snapshot, child);
                assert!(shown.is_disjoint(&below), "a place is in one tile");
                below.extend(shown);
            }
            let shown = ids(&snapshot, tile);
            assert!(shown.is_subset(&below), "zoom {z}");
            assert!(z >= ALL_FROM || shown.len() <= 256);
        }
    }

    #[test]
    fn from_zoom_fifteen_on_every_place_is_there_best_first() {
        let snapshot = town(0);
        let tile = middle_tile(ALL_FROM);
        let bytes = encode(&snapshot, tile, false).unwrap();
        let found = features(&bytes, "places");
        assert_eq!(found.len(), snapshot.places.in_tile(tile).len());
        assert!(found.windows(2).all(|w| w[0].number("rank") <= w[1].number("rank")));
    }
}
