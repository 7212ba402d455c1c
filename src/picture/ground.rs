//! The ground: the city's area, its roads, the borders of its divisions.

use tiny_skia::{Path, PathBuilder};

use super::View;
use super::canvas::{Canvas, Rgba, line};
use crate::city::{Level, RoadClass};
use crate::geo::{LonLat, World};
use crate::index::Snapshot;
use crate::index::shapes::{Extent, Ring};

const LAND: Rgba = [246, 243, 236, 255];
const TOWNSHIP: Rgba = [170, 160, 146, 150];
const DISTRICT: Rgba = [124, 112, 98, 220];
const CHOSEN: Rgba = [140, 47, 57, 255];
const CHOSEN_AREA: Rgba = [140, 47, 57, 34];

/// How a class of roads is drawn: colour, the zoom from which it is, and how wide at it
/// and at zoom 16.
const fn style(class: RoadClass) -> (Rgba, f64, [f32; 2]) {
    match class {
        RoadClass::Motorway => ([226, 190, 128, 255], 6.0, [0.8, 4.5]),
        RoadClass::Trunk => ([217, 196, 154, 255], 7.0, [0.7, 4.0]),
        RoadClass::Primary => ([214, 205, 185, 255], 8.5, [0.6, 3.5]),
        RoadClass::Secondary => ([214, 205, 185, 255], 10.0, [0.5, 3.0]),
        RoadClass::Tertiary => ([226, 219, 203, 255], 12.0, [0.5, 2.4]),
        RoadClass::Minor => ([226, 219, 203, 255], 13.0, [0.4, 2.0]),
    }
}

/// Draws the ground; `chosen` is a division that stands out.
pub(super) fn draw(canvas: &mut Canvas, snapshot: &Snapshot, chosen: Option<u32>) {
    let view = canvas.view;
    let seen = extent(&view);
    let city = &snapshot.city;
    let rings = snapshot.shapes.outlines(city, view.shapes_zoom());
    let of = |level: Level| {
        let level_of = move |ring: &&Ring| city.divisions[ring.division as usize].level == level;
        rings.iter().filter(level_of)
    };
    // A district at a time: with one rule for all, two that overlap would be a hole.
    for parts in rings.chunk_by(|a, b| a.division == b.division) {
        if city.divisions[parts[0].division as usize].level == Level::District
            && let Some(path) = outline(&view, &seen, parts.iter())
        {
            canvas.fill(&path, LAND);
        }
    }
    roads(canvas, snapshot, &seen);
    if view.zoom >= 9.5
        && let Some(path) = outline(&view, &seen, of(Level::Township))
    {
        canvas.stroke(&path, TOWNSHIP, 0.8);
    }
    if let Some(path) = outline(&view, &seen, of(Level::District)) {
        canvas.stroke(&path, DISTRICT, 1.4);
    }
    let chosen = rings.iter().filter(|ring| Some(ring.division) == chosen);
    if let Some(path) = outline(&view, &seen, chosen) {
        canvas.fill(&path, CHOSEN_AREA);
        canvas.stroke(&path, CHOSEN, 2.2);
    }
}

fn extent(view: &View) -> Extent {
    let b = view.bounds(0.1);
    Extent::of(&[
        World::project(LonLat::new(b.west, b.north)),
        World::project(LonLat::new(b.east, b.south)),
    ])
}

fn outline<'a>(view: &View, seen: &Extent, rings: impl Iterator<Item = &'a Ring>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for ring in rings.filter(|ring| ring.extent.meets(seen)) {
        line(&mut path, view, ring.points.iter().copied(), true);
    }
    path.finish()
}

fn roads(canvas: &mut Canvas, snapshot: &Snapshot, seen: &Extent) {
    let view = canvas.view;
    // The large ones on top.
    for class in snapshot.shapes.roads(&snapshot.city).iter().rev() {
        let (color, from, [thin, wide]) = style(class.class);
        if view.zoom < from {
            continue;
        }
        let mut path = PathBuilder::new();
        for road in class.lines.iter().filter(|road| road.extent.meets(seen)) {
            line(&mut path, &view, road.points(view.shapes_zoom()), false);
        }
        if let Some(path) = path.finish() {
            let part = ((view.zoom - from) / (16.0 - from)).clamp(0.0, 1.4) as f32;
            canvas.stroke(&path, color, thin + (wide - thin) * part);
        }
    }
}
