//! Outlines of divisions, thinned for each zoom, with borders that stay shared.

use std::sync::OnceLock;

use geo::InteriorPoint;

use super::extent::Extent;
use super::thin::{self, DEEPEST};
use super::weld::Net;
use crate::city::{Division, Level};
use crate::geo::{LonLat, World};

/// One ring of an outline.
#[derive(Debug)]
pub struct Ring {
    /// Number of the division.
    pub division: u32,
    /// Whether it is the outside of a part; holes follow the outside that they are in.
    pub exterior: bool,
    /// The box it lies in.
    pub extent: Extent,
    /// Its vertices, open: the first is not repeated at the end. At least three.
    pub points: Vec<World>,
}

/// Where the name of a division is written.
#[derive(Debug, Clone, Copy)]
pub struct Label {
    /// Number of the division.
    pub division: u32,
    /// A point inside its area.
    pub at: World,
}

/// Whose ring, and whether it is an outside.
type Role = (u32, bool);

/// Outlines of some levels over one net of vertices.
#[derive(Debug)]
pub(super) struct Outlines {
    net: Net,
    roles: Vec<Role>,
    from: Vec<u8>,
    /// From this zoom on the outlines are the same.
    finest: u8,
    zooms: [OnceLock<Vec<Ring>>; DEEPEST as usize + 1],
}

impl Outlines {
    /// Welds and thins the areas of all divisions down to `level`.
    pub(super) fn build(divisions: &[Division], level: Level) -> Self {
        let mut rings = Vec::new();
        let mut roles = Vec::new();
        let shown = divisions.iter().enumerate().filter(|(_, d)| d.level <= level);
        for (number, division) in shown {
            for polygon in division.area.iter().flatten() {
                rings.push(polygon.exterior());
                roles.push((number as u32, true));
                rings.extend(polygon.interiors());
                roles.extend(polygon.interiors().iter().map(|_| (number as u32, false)));
            }
        }
        let net = Net::weld(rings.into_iter());
        let links = thin::links_of_rings(net.at.len(), &net.rings);
        let from = thin::kept_from(&net.at, links, true);
        let drawn = from.iter().filter(|z| **z <= DEEPEST);
        let finest = drawn.copied().max().unwrap_or_default();
        Self { net, roles, from, finest, zooms: std::array::from_fn(|_| OnceLock::new()) }
    }

    /// The outlines at a zoom; computed once for each.
    pub(super) fn at(&self, zoom: u8) -> &[Ring] {
        let zoom = zoom.min(self.finest);
        self.zooms[zoom as usize].get_or_init(|| self.thinned(zoom))
    }

    fn thinned(&self, zoom: u8) -> Vec<Ring> {
        let mut out = Vec::with_capacity(self.roles.len());
        let mut outside_gone = false;
        for (&(division, exterior), ring) in self.roles.iter().zip(&self.net.rings) {
            let kept = ring.iter().filter(|v| self.from[**v as usize] <= zoom);
            let points: Vec<World> = kept.map(|v| self.net.at[*v as usize]).collect();
            let gone = points.len() < 3;
            if exterior {
                outside_gone = gone;
            }
            if !gone && !outside_gone {
                let extent = Extent::of(&points);
                out.push(Ring { division, exterior, extent, points });
            }
        }
        out
    }
}

/// A point inside the area of each division that has one.
pub(super) fn labels(divisions: &[Division]) -> Vec<Label> {
    let numbered = divisions.iter().enumerate();
    numbered
        .filter_map(|(i, d)| {
            let inside = d.area.as_ref()?.interior_point()?;
            let at = World::project(LonLat::new(inside.x(), inside.y()));
            Some(Label { division: i as u32, at })
        })
        .collect()
}
