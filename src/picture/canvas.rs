//! The picture under way: colours and strokes.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

use super::View;
use crate::geo::World;

/// Red, green, blue and opacity.
pub(super) type Rgba = [u8; 4];

/// What lies outside the city.
const BEYOND: Rgba = [231, 226, 215, 255];

/// The picture under way.
pub(super) struct Canvas {
    pub(super) view: View,
    pixmap: Pixmap,
}

impl Canvas {
    /// An empty picture; `None` where it is too large.
    pub(super) fn new(view: View) -> Option<Self> {
        if !view.is_valid() {
            return None;
        }
        let (width, height) = view.pixels();
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(color(BEYOND));
        Some(Self { view, pixmap })
    }

    /// Pixels of the picture to one of a plain screen.
    pub(super) fn unit(&self) -> f32 {
        self.view.scale as f32
    }

    /// The picture's sides.
    pub(super) fn size(&self) -> (f32, f32) {
        (self.pixmap.width() as f32, self.pixmap.height() as f32)
    }

    /// Fills areas; a ring inside another is a hole.
    pub(super) fn fill(&mut self, path: &Path, with: Rgba) {
        let rule = FillRule::EvenOdd;
        self.pixmap.fill_path(path, &paint(with), rule, Transform::identity(), None);
    }

    /// Fills a path that is moved and stretched first.
    pub(super) fn fill_moved(&mut self, path: &Path, with: Rgba, transform: Transform) {
        self.pixmap.fill_path(path, &paint(with), FillRule::Winding, transform, None);
    }

    /// Strokes lines, `width` in pixels of a plain screen.
    pub(super) fn stroke(&mut self, path: &Path, with: Rgba, width: f32) {
        let stroke = round(width * self.unit());
        self.pixmap.stroke_path(path, &paint(with), &stroke, Transform::identity(), None);
    }

    /// Strokes a path that is moved and stretched first, `width` in its own units.
    pub(super) fn stroke_moved(&mut self, path: &Path, with: Rgba, width: f32, by: Transform) {
        self.pixmap.stroke_path(path, &paint(with), &round(width), by, None);
    }

    /// Fills a box given by its corner and sides, in pixels of the picture.
    pub(super) fn rect(&mut self, [x, y, width, height]: [f32; 4], with: Rgba) {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.pixmap.fill_rect(rect, &paint(with), Transform::identity(), None);
        }
    }

    /// A disc with a rim, in pixels of a plain screen.
    pub(super) fn disc(&mut self, (x, y): (f32, f32), radius: f32, with: Rgba, rim: Rgba) {
        let unit = self.unit();
        for (radius, with) in [(radius + 1.2, rim), (radius, with)] {
            if let Some(path) = PathBuilder::from_circle(x, y, radius * unit) {
                self.fill(&path, with);
            }
        }
    }

    /// The picture as PNG.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        self.pixmap.encode_png().ok()
    }
}

/// Adds a line through positions, closed or open.
pub(super) fn line(
    to: &mut PathBuilder,
    view: &View,
    points: impl Iterator<Item = World>,
    close: bool,
) {
    for (i, at) in points.enumerate() {
        let (x, y) = view.place(at);
        if i == 0 {
            to.move_to(x, y);
        } else {
            to.line_to(x, y);
        }
    }
    if close {
        to.close();
    }
}

fn color([r, g, b, a]: Rgba) -> Color {
    Color::from_rgba8(r, g, b, a)
}

fn paint([r, g, b, a]: Rgba) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, a);
    paint
}

fn round(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}
