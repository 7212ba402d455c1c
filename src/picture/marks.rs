//! Service points, and the mark of what was asked for.

use std::collections::HashSet;

use tiny_skia::PathBuilder;

use super::canvas::{Canvas, Rgba};
use crate::geo::{LonLat, World};
use crate::index::Snapshot;

const RIM: Rgba = [255, 255, 255, 255];
const PIN: Rgba = [179, 38, 30, 255];
/// Where a category has no colour that can be read.
const PLAIN: Rgba = [90, 90, 90, 255];
/// One disc in a square of so many pixels of a plain screen is enough.
const CELL: f32 = 5.0;

/// Radius of a disc at a zoom.
pub(super) fn radius(zoom: f64) -> f32 {
    (2.0 + (zoom - 9.0) * 0.5).clamp(1.6, 5.0) as f32
}

/// Draws the points that are on the picture, at most one in each small square.
pub(super) fn points(canvas: &mut Canvas, snapshot: &Snapshot) {
    let view = canvas.view;
    let radius = radius(view.zoom);
    let mut numbers: Vec<u32> = snapshot.points.within(view.bounds(0.05)).collect();
    numbers.sort_unstable();
    let mut taken = HashSet::new();
    for number in numbers {
        let facts = snapshot.points.facts(number);
        let at = view.place(facts.world);
        let cell = CELL * canvas.unit();
        if taken.insert(((at.0 / cell) as i32, (at.1 / cell) as i32)) {
            let code = &snapshot.city.points[number as usize].category;
            let category = snapshot.city.categories.get(code);
            let color = category.and_then(|c| hex(&c.color)).unwrap_or(PLAIN);
            canvas.disc(at, radius, color, RIM);
        }
    }
}

/// A pin whose point is on a position.
pub(super) fn pin(canvas: &mut Canvas, at: LonLat) {
    let (x, y) = canvas.view.place(World::project(at));
    let unit = canvas.unit();
    let mut path = PathBuilder::new();
    let (r, up) = (9.0 * unit, 22.0 * unit);
    path.move_to(x, y);
    path.cubic_to(x - r * 0.35, y - up * 0.4, x - r, y - up * 0.55, x - r, y - up);
    path.cubic_to(x - r, y - up - r * 1.33, x + r, y - up - r * 1.33, x + r, y - up);
    path.cubic_to(x + r, y - up * 0.55, x + r * 0.35, y - up * 0.4, x, y);
    path.close();
    if let Some(path) = path.finish() {
        canvas.stroke(&path, RIM, 3.0);
        canvas.fill(&path, PIN);
        canvas.disc((x, y - up), 2.4, RIM, RIM);
    }
}

/// Reads `#rrggbb`.
fn hex(text: &str) -> Option<Rgba> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
    let part = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?, 255])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_nonsense_is_none() {
        assert_eq!(hex("#8c2f39"), Some([0x8c, 0x2f, 0x39, 255]));
        for bad in ["8c2f39", "#8c2f3", "#8c2f3g", "red", "#中中", ""] {
            assert_eq!(hex(bad), None, "{bad}");
        }
    }
}
