//! Road lines in world units, with the zoom from which each vertex is drawn.

use geo::LineString;

use super::extent::Extent;
use super::thin;
use crate::city::{Road, RoadClass};
use crate::geo::{LonLat, World};
use crate::index::digests::{Digest, Digester};

/// A line of a road.
#[derive(Debug)]
pub struct Line {
    /// Number of the road.
    pub road: u32,
    /// The box it lies in.
    pub extent: Extent,
    /// Its vertices and the lowest zoom at which each is drawn.
    points: Vec<(World, u8)>,
}

impl Line {
    /// The vertices that are drawn at a zoom; the ends always are.
    pub fn points(&self, zoom: u8) -> impl Iterator<Item = World> + '_ {
        self.points.iter().filter(move |(_, from)| *from <= zoom).map(|(at, _)| *at)
    }
}

/// All lines of the roads of one class, in the order of the roads.
#[derive(Debug)]
pub struct ClassLines {
    /// The class.
    pub class: RoadClass,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Thins every line alone. Ends stay, so that lines which meet at their ends still do;
/// a line that ends on the middle of another may part from it by less than a pixel.
pub(super) fn build(roads: &[Road]) -> Vec<ClassLines> {
    let mut classes: Vec<ClassLines> = Vec::new();
    let mut order: Vec<(u32, &Road)> =
        roads.iter().enumerate().map(|(i, r)| (i as u32, r)).collect();
    order.sort_by_key(|(_, road)| road.class);
    for (number, road) in order {
        let lines = road.lines.iter().filter(|l| l.0.len() > 1).map(|l| line(number, l));
        match classes.last_mut().filter(|c| c.class == road.class) {
            Some(class) => class.lines.extend(lines),
            None => classes.push(ClassLines { class: road.class, lines: lines.collect() }),
        }
    }
    classes
}

fn line(road: u32, line: &LineString<f64>) -> Line {
    let at: Vec<World> = line.0.iter().map(|c| World::project(LonLat::new(c.x, c.y))).collect();
    let from = thin::kept_from(&at, thin::links_of_line(at.len()), false);
    Line { road, extent: Extent::of(&at), points: at.into_iter().zip(from).collect() }
}

/// What tiles show of the roads. Whoever adds a field decides here whether they do.
pub(super) fn digest(roads: &[Road]) -> Digest {
    let mut digester = Digester::default();
    for Road { name, class, schematic, lines } in roads {
        digester.text(name).text(class.key()).number(u64::from(*schematic));
        digester.number(lines.0.len() as u64);
        for line in lines {
            digester.number(line.0.len() as u64);
            for c in &line.0 {
                digester.number(c.x.to_bits()).number(c.y.to_bits());
            }
        }
    }
    digester.finish()
}
