//! Outlines of divisions, thinned for each zoom, with borders that stay shared.

use std::sync::OnceLock;

use jiff::civil::Date;

use super::extent::Extent;
use super::thin::{self, DEEPEST};
use super::weld::Net;
use crate::city::{Division, Level};
use crate::geo::World;
use crate::index::digests::{Digest, Digester};

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
    /// Of everything that a tile shows of it.
    pub digest: Digest,
}

/// Whose ring, whether it is an outside, and the digest of the division's attributes.
type Role = (u32, bool, Digest);

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
    /// Welds and thins the areas of the divisions down to `level` that exist on `day`.
    pub(super) fn build(divisions: &[Division], level: Level, day: Date) -> Self {
        let mut rings = Vec::new();
        let mut roles = Vec::new();
        let shown = divisions.iter().enumerate();
        let shown = shown.filter(|(_, d)| d.level <= level && d.exists(day));
        for (number, division) in shown {
            let said = attributes(division);
            for polygon in division.area.iter().flatten() {
                rings.push(polygon.exterior());
                roles.push((number as u32, true, said));
                rings.extend(polygon.interiors());
                roles.extend(polygon.interiors().iter().map(|_| (number as u32, false, said)));
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
        for (&(division, exterior, said), ring) in self.roles.iter().zip(&self.net.rings) {
            let kept = ring.iter().filter(|v| self.from[**v as usize] <= zoom);
            let points: Vec<World> = kept.map(|v| self.net.at[*v as usize]).collect();
            let gone = points.len() < 3;
            if exterior {
                outside_gone = gone;
            }
            if !gone && !outside_gone {
                let extent = Extent::of(&points);
                let digest = drawn(said, exterior, &points);
                out.push(Ring { division, exterior, extent, points, digest });
            }
        }
        out
    }
}

/// What tiles show of a division beside its shape. Whoever adds a field to the layer adds
/// it here.
pub(super) fn attributes(division: &Division) -> Digest {
    let mut digester = Digester::default();
    digester.text(&division.code).text(&division.name.zh).text(&division.name.en);
    digester.number(division.level as u64).number(division.quality as u64);
    digester.finish()
}

/// A shape with the attributes of its division.
pub(super) fn drawn(attributes: Digest, exterior: bool, points: &[World]) -> Digest {
    let mut digester = Digester::default();
    digester.digest(attributes).number(u64::from(exterior));
    for at in points {
        digester.number(u64::from(at.x) << 32 | u64::from(at.y));
    }
    digester.finish()
}
