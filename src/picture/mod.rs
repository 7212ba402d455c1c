//! A picture of the map, for a text message, a report or a page without scripts.
//!
//! [`draw`] paints one snapshot as PNG: ground, roads, borders, points, names, and what a
//! map must say: its scale, its sources and its approval number. It is a plain map, not a
//! copy of the page's styles, which only a client of vector tiles can draw.
//!
//! | file | what |
//! | --- | --- |
//! | `view` | which part of the world is on the picture, and where |
//! | `ground` | roads and borders |
//! | `marks` | points, and the mark of what was asked for |
//! | `names` | names, none on top of another |
//! | `notes` | scale, sources, approval number |
//! | `font`, `glyphs` | the characters of the font that the page brings along |
//! | `distance` | these characters as map clients draw them |
//! | `canvas` | colours and strokes |
//!
//! A picture costs its area, and what lies in it: some milliseconds, at most about a
//! hundred for the largest.

mod canvas;
mod distance;
mod font;
mod glyphs;
mod ground;
mod marks;
mod names;
mod notes;
mod view;

pub use distance::RANGE;
pub use font::Fonts;
pub use view::View;

use canvas::Canvas;

use crate::city::Lang;
use crate::geo::LonLat;
use crate::index::Snapshot;

/// Longest side of a picture, in pixels of a plain screen.
pub const MAX_SIDE: u32 = 1280;
/// Shortest side of a picture.
pub const MIN_SIDE: u32 = 100;
/// Most pixels to one pixel of a plain screen.
pub const MAX_SCALE: u32 = 2;

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Which part of the world, and how large.
    pub view: View,
    /// The language of names.
    pub lang: Lang,
    /// Where a mark is set.
    pub mark: Option<LonLat>,
    /// What is written beside the mark.
    pub title: Option<String>,
    /// Number of a division that stands out.
    pub division: Option<u32>,
}

/// Draws a picture as PNG. `None` where its size is none that is drawn, where the font
/// cannot be read (a map that does not say its sources is not drawn at all), or where it
/// cannot be packed.
pub fn draw(snapshot: &Snapshot, fonts: &Fonts, picture: &Picture) -> Option<Vec<u8>> {
    fonts.write("0 km")?;
    let mut canvas = Canvas::new(picture.view)?;
    ground::draw(&mut canvas, snapshot, picture.division);
    marks::points(&mut canvas, snapshot);
    names::draw(&mut canvas, snapshot, fonts, picture);
    if let Some(at) = picture.mark {
        marks::pin(&mut canvas, at);
    }
    notes::draw(&mut canvas, snapshot, fonts, picture.lang);
    canvas.png()
}

#[cfg(test)]
mod tests;
