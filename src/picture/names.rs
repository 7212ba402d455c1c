//! Names: what is most wanted first, and none on top of another.

use super::canvas::{Canvas, Rgba};
use super::font::{Fonts, Written};
use super::marks::radius;
use super::{Picture, View};
use crate::city::{Lang, Level};
use crate::geo::World;
use crate::index::Snapshot;
use crate::index::places::rank;

const INK: Rgba = [58, 54, 48, 255];
const QUIET: Rgba = [112, 104, 94, 255];
const TITLE: Rgba = [140, 20, 20, 255];
const HALO: Rgba = [255, 255, 255, 225];
/// Most names on a picture.
const MOST: usize = 150;
/// Most names that are tried.
const MOST_TRIED: usize = 3000;

/// A name that may be written.
struct Wanted<'a> {
    text: &'a str,
    at: World,
    /// Pixels of a plain screen.
    size: f32,
    ink: Rgba,
    /// How far right of its position it begins; centred where it is 0.
    aside: f32,
}

/// Boxes that are taken: left, top, right, bottom.
#[derive(Default)]
struct Taken(Vec<[f32; 4]>);

impl Taken {
    /// Takes a box, if it is free.
    fn take(&mut self, b: [f32; 4]) -> bool {
        let free = |o: &[f32; 4]| b[0] > o[2] || b[2] < o[0] || b[1] > o[3] || b[3] < o[1];
        let free = self.0.iter().all(free);
        if free {
            self.0.push(b);
        }
        free
    }
}

/// Writes names on the picture.
pub(super) fn draw(canvas: &mut Canvas, snapshot: &Snapshot, fonts: &Fonts, picture: &Picture) {
    let mut taken = Taken::default();
    let mut written = 0;
    for name in wanted(snapshot, picture).into_iter().take(MOST_TRIED) {
        if written == MOST {
            break;
        }
        if let Some(text) = fonts.write(name.text) {
            written += usize::from(place(canvas, &mut taken, &name, &text));
        }
    }
}

fn place(canvas: &mut Canvas, taken: &mut Taken, name: &Wanted<'_>, text: &Written) -> bool {
    let unit = canvas.unit();
    let size = name.size * unit;
    let width = text.width * size;
    let (x, y) = canvas.view.place(name.at);
    let left = if name.aside == 0.0 { x - width / 2.0 } else { x + name.aside * unit };
    // The letters stand on a line a third of their size below the middle.
    let line = y + size * 0.36;
    let gap = 2.0 * unit;
    let bounds = [left - gap, line - size - gap, left + width + gap, line + size * 0.25 + gap];
    let (right, bottom) = canvas.size();
    let inside = bounds[0] >= 0.0 && bounds[1] >= 0.0 && bounds[2] <= right && bounds[3] <= bottom;
    if !inside || !taken.take(bounds) {
        return false;
    }
    text.draw(canvas, (left, line), size, name.ink, Some(HALO));
    true
}

/// What may be written, the most wanted first.
fn wanted<'a>(snapshot: &'a Snapshot, picture: &'a Picture) -> Vec<Wanted<'a>> {
    let (view, lang) = (&picture.view, picture.lang);
    let mut all = Vec::new();
    if let (Some(text), Some(at)) = (&picture.title, picture.mark) {
        let at = World::project(at);
        all.push(Wanted { text, at, size: 14.0, ink: TITLE, aside: 13.0 });
    }
    divisions(&mut all, snapshot, picture);
    if view.zoom >= 14.0 {
        points(&mut all, snapshot, view, lang);
    }
    if view.zoom >= 12.5 {
        places(&mut all, snapshot, view, lang);
    }
    all
}

fn divisions<'a>(all: &mut Vec<Wanted<'a>>, snapshot: &'a Snapshot, picture: &Picture) {
    let view = &picture.view;
    let labels = snapshot.shapes.labels(&snapshot.city).all();
    for level in [Level::District, Level::Township] {
        let from = if level == Level::District { 7.0 } else { 10.5 };
        if view.zoom < from {
            continue;
        }
        for label in labels {
            let division = &snapshot.city.divisions[label.division as usize];
            if division.level != level || !on(view, label.at) {
                continue;
            }
            let size = if level == Level::District { 14.0 } else { 11.0 };
            let chosen = picture.division == Some(label.division);
            let ink = match (chosen, level) {
                (true, _) => TITLE,
                (false, Level::District) => INK,
                (false, _) => QUIET,
            };
            let text = division.name.get(picture.lang);
            let name = Wanted { text, at: label.at, size, ink, aside: 0.0 };
            if chosen { all.insert(0, name) } else { all.push(name) }
        }
    }
}

fn points<'a>(all: &mut Vec<Wanted<'a>>, snapshot: &'a Snapshot, view: &View, lang: Lang) {
    let mut numbers: Vec<u32> = snapshot.points.within(view.bounds(0.0)).collect();
    numbers.sort_unstable();
    all.extend(numbers.into_iter().map(|number| Wanted {
        text: snapshot.city.points[number as usize].name.get(lang),
        at: snapshot.points.facts(number).world,
        size: 11.0,
        ink: INK,
        aside: radius(view.zoom) + 3.0,
    }));
}

fn places<'a>(all: &mut Vec<Wanted<'a>>, snapshot: &'a Snapshot, view: &View, lang: Lang) {
    let deepest = match view.zoom {
        ..14.0 => 0,
        14.0..15.5 => 1,
        _ => 3,
    };
    let places = &snapshot.city.places;
    let numbers = snapshot.places.within(view.bounds(0.0));
    let ranked = numbers.map(|number| (rank(&places[number as usize]), number));
    let mut found: Vec<(u8, u32)> = ranked.filter(|(rank, _)| *rank <= deepest).collect();
    found.sort_unstable();
    all.extend(found.into_iter().map(|(_, number)| Wanted {
        text: places[number as usize].name.get(lang),
        at: World::project(places[number as usize].location),
        size: 10.0,
        ink: QUIET,
        aside: 0.0,
    }));
}

/// Whether a position is on the picture.
fn on(view: &View, at: World) -> bool {
    let ((x, y), (width, height)) = (view.place(at), view.pixels());
    (0.0..=width as f32).contains(&x) && (0.0..=height as f32).contains(&y)
}
