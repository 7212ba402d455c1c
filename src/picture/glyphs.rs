//! Characters of one font file as outlines.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider, Tag};
use tiny_skia::{Path, PathBuilder};

/// How heavy the letters are, of 100 to 900.
const WEIGHT: f32 = 500.0;

/// A character.
#[derive(Debug)]
pub(super) struct Glyph {
    /// Its outline in ems, upwards from the line; none for a space.
    pub(super) path: Option<Path>,
    /// How far the next one begins, in ems.
    pub(super) advance: f32,
}

/// The character of an OpenType font, if it has it.
pub(super) fn glyph(font: &[u8], character: char) -> Option<Glyph> {
    let font = FontRef::new(font).ok()?;
    let id = font.charmap().map(character)?;
    let place = font.axes().location([(Tag::new(b"wght"), WEIGHT)]);
    let place = LocationRef::from(&place);
    // One em is one pixel.
    let size = Size::new(1.0);
    let advance = font.glyph_metrics(size, place).advance_width(id)?;
    let mut pen = Pen(PathBuilder::new());
    if let Some(outline) = font.outline_glyphs().get(id) {
        outline.draw(DrawSettings::unhinted(size, place), &mut pen).ok()?;
    }
    Some(Glyph { path: pen.0.finish(), advance })
}

struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0.quad_to(cx, cy, x, y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.0.cubic_to(ax, ay, bx, by, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
