//! Where the names of divisions are written.

use geo::InteriorPoint;
use jiff::civil::Date;

use super::areas::{attributes, drawn};
use crate::city::{Division, Level};
use crate::geo::morton::{morton, places_of_tile};
use crate::geo::{LonLat, TileId, World};
use crate::index::digests::{Digest, RunDigests};

/// Where the name of a division is written.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Number of the division.
    pub division: u32,
    /// A point inside its area.
    pub at: World,
}

/// A point inside the area of each division that has one.
#[derive(Debug)]
pub struct Labels {
    /// Morton code and place in `all`, ordered.
    order: Vec<(u64, u32)>,
    all: Vec<Label>,
    digests: RunDigests,
}

impl Labels {
    /// Finds the points, for the divisions down to `deepest` that exist on `day`.
    pub(super) fn build(divisions: &[Division], deepest: Level, day: Date) -> Self {
        let shown = divisions.iter().enumerate();
        let shown = shown.filter(|(_, d)| d.level <= deepest && d.exists(day));
        let all: Vec<Label> = shown
            .filter_map(|(i, d)| {
                let inside = d.area.as_ref()?.interior_point()?;
                let at = World::project(LonLat::new(inside.x(), inside.y()));
                Some(Label { division: i as u32, at })
            })
            .collect();
        let mut order: Vec<(u64, u32)> =
            all.iter().enumerate().map(|(i, label)| (morton(label.at), i as u32)).collect();
        order.sort_unstable();
        let digest = |&(_, i): &(u64, u32)| {
            let label: Label = all[i as usize];
            drawn(attributes(&divisions[label.division as usize]), true, &[label.at])
        };
        let digests = RunDigests::of(order.iter().map(digest));
        Self { order, all, digests }
    }

    /// All labels, in the order of their divisions.
    pub fn all(&self) -> &[Label] {
        &self.all
    }

    /// The labels in a tile, by the number of their division.
    pub fn in_tile(&self, tile: TileId) -> Vec<Label> {
        let run = &self.order[places_of_tile(&self.order, tile)];
        let mut labels: Vec<Label> = run.iter().map(|(_, i)| self.all[*i as usize]).collect();
        labels.sort_unstable_by_key(|label| label.division);
        labels
    }

    /// What a tile can show of the labels in it.
    pub fn digest_of_tile(&self, tile: TileId) -> Digest {
        self.digests.run(places_of_tile(&self.order, tile))
    }
}
