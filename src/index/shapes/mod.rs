//! Outlines and lines made ready for drawing: in world units, thinned for each zoom.
//!
//! The positions are those of the tile pyramid at zoom 20, where a world unit is a
//! tile unit, so that drawing a tile is shifting bits. Everything is computed when it
//! is first asked for, and once for a snapshot: a server that draws no map pays
//! nothing, and [`Shapes::warm`] pays ahead.

mod areas;
mod extent;
mod labels;
mod lines;
mod thin;
mod weld;

use std::sync::OnceLock;

pub use areas::Ring;
pub use extent::Extent;
pub use labels::{Label, Labels};
pub use lines::{ClassLines, Line};

use jiff::civil::Date;

use super::digests::Digest;
use crate::city::{City, Level};
use crate::geo::TileId;
use areas::Outlines;

/// From this zoom on townships have outlines. Below, the outlines of districts are
/// thinned without regard to the townships that end on them.
pub const TOWNSHIPS_FROM: u8 = 10;

/// Outlines and lines made ready for drawing. A few megabytes for a large city.
#[derive(Debug)]
pub struct Shapes {
    /// The day whose divisions are drawn.
    day: Date,
    districts: OnceLock<Outlines>,
    townships: OnceLock<Outlines>,
    labels: OnceLock<Labels>,
    roads: OnceLock<Vec<ClassLines>>,
    roads_digest: OnceLock<Digest>,
}

impl Shapes {
    /// Of the divisions that exist on `day`.
    pub const fn new(day: Date) -> Self {
        Self {
            day,
            districts: OnceLock::new(),
            townships: OnceLock::new(),
            labels: OnceLock::new(),
            roads: OnceLock::new(),
            roads_digest: OnceLock::new(),
        }
    }

    /// Outlines of the divisions shown at a zoom: districts, and townships from
    /// [`TOWNSHIPS_FROM`]. `city` is the snapshot's own. Rings of a division follow
    /// each other.
    pub fn outlines(&self, city: &City, zoom: u8) -> &[Ring] {
        let (outlines, level) = if zoom < TOWNSHIPS_FROM {
            (&self.districts, Level::District)
        } else {
            (&self.townships, Level::Township)
        };
        outlines.get_or_init(|| Outlines::build(&city.divisions, level, self.day)).at(zoom)
    }

    /// A point inside each division that has an outline here.
    pub fn labels(&self, city: &City) -> &Labels {
        self.labels.get_or_init(|| Labels::build(&city.divisions, Level::Township, self.day))
    }

    /// What a tile can show of the outlines that come within its side divided by `part`,
    /// and of the labels in it. Costs a comparison of boxes for each ring of the zoom.
    pub fn digest_of_divisions(&self, city: &City, tile: TileId, part: u64) -> Digest {
        let reach = Extent::of_tile(tile, part);
        let rings = self.outlines(city, tile.z).iter().filter(|ring| ring.extent.meets(&reach));
        let sum = rings.fold(0, |sum: Digest, ring| sum.wrapping_add(ring.digest));
        sum.wrapping_add(self.labels(city).digest_of_tile(tile))
    }

    /// What tiles can show of all roads: they change rarely, and all at once.
    pub fn digest_of_roads(&self, city: &City) -> Digest {
        *self.roads_digest.get_or_init(|| lines::digest(&city.roads))
    }

    /// Lines of the roads, the largest class first.
    pub fn roads(&self, city: &City) -> &[ClassLines] {
        self.roads.get_or_init(|| lines::build(&city.roads))
    }

    /// Computes everything now, so that no request waits for it.
    pub fn warm(&self, city: &City) {
        for zoom in 0..=thin::DEEPEST {
            self.outlines(city, zoom);
        }
        self.labels(city);
        self.roads(city);
        self.digest_of_roads(city);
    }
}
