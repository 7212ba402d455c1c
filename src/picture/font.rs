//! The font: files that each cover some characters, opened when one of these is written.
//!
//! They are the files that the page brings along for its own labels, in the format of the
//! web (WOFF2). A city's names need a few dozen of them; opened, all of them are about
//! 20 MB, and nothing is opened before the first picture.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Deserialize;
use tiny_skia::Transform;

use super::canvas::{Canvas, Rgba};
use super::glyphs::{Glyph, glyph};

/// Reads a file of the font by its name.
type Load = Box<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// The font of a picture.
pub struct Fonts {
    faces: Vec<Face>,
    load: Load,
    glyphs: Mutex<HashMap<char, Option<Arc<Glyph>>>>,
}

/// One file.
struct Face {
    name: String,
    ranges: Vec<RangeInclusive<u32>>,
    /// The file as OpenType; none where it cannot be read.
    font: OnceLock<Option<Vec<u8>>>,
}

/// A file as the list has it, which is that of the style specification's `font-faces`.
#[derive(Deserialize)]
struct Listed {
    url: String,
    #[serde(rename = "unicode-range")]
    ranges: Vec<String>,
}

/// A text ready to be written.
pub(super) struct Written {
    glyphs: Vec<(f32, Arc<Glyph>)>,
    /// How wide it is, in ems.
    pub(super) width: f32,
}

impl Fonts {
    /// A font of the files in a list, which `load` reads. `None` where the list cannot be
    /// understood.
    pub fn new(list: &[u8], load: Load) -> Option<Self> {
        let listed: Vec<Listed> = serde_json::from_slice(list).ok()?;
        let face = |listed: Listed| {
            let ranges = listed.ranges.iter().map(|text| range(text)).collect::<Option<_>>()?;
            Some(Face { name: listed.url, ranges, font: OnceLock::new() })
        };
        let faces = listed.into_iter().map(face).collect::<Option<_>>()?;
        Some(Self { faces, load, glyphs: Mutex::default() })
    }

    /// A text of characters that the font has; `None` if it lacks one, so that nothing is
    /// written with holes in it.
    pub(super) fn write(&self, text: &str) -> Option<Written> {
        let mut written = Written { glyphs: Vec::new(), width: 0.0 };
        for character in text.chars() {
            let glyph = self.glyph(character)?;
            let at = written.width;
            written.width += glyph.advance;
            written.glyphs.push((at, glyph));
        }
        Some(written)
    }

    pub(super) fn glyph(&self, character: char) -> Option<Arc<Glyph>> {
        // What is in the map is whole, whatever happened to a thread.
        let mut kept = self.glyphs.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.entry(character).or_insert_with(|| self.find(character).map(Arc::new));
        found.clone()
    }

    fn find(&self, character: char) -> Option<Glyph> {
        let code = u32::from(character);
        let covers = |face: &&Face| face.ranges.iter().any(|range| range.contains(&code));
        self.faces.iter().filter(covers).find_map(|face| {
            let font = face.font.get_or_init(|| {
                let font = (self.load)(&face.name).and_then(|file| opened(&file));
                if font.is_none() {
                    tracing::error!(file = face.name, "a file of the font cannot be read");
                }
                font
            });
            glyph(font.as_ref()?, character)
        })
    }
}

impl Written {
    /// Writes it from a position on its line; `size` in pixels of the picture. `halo` is
    /// drawn around the letters first.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        (x, y): (f32, f32),
        size: f32,
        ink: Rgba,
        halo: Option<Rgba>,
    ) {
        let drawn = || self.glyphs.iter().filter_map(|(at, g)| Some((*at, g.path.as_ref()?)));
        let moved = |at: f32| Transform::from_row(size, 0.0, 0.0, -size, x + at * size, y);
        if let Some(halo) = halo {
            for (at, path) in drawn() {
                canvas.stroke_moved(path, halo, 0.24, moved(at));
            }
        }
        for (at, path) in drawn() {
            canvas.fill_moved(path, ink, moved(at));
        }
    }
}

/// Reads `U+4E00-4EFF` or `U+4E00`.
fn range(text: &str) -> Option<RangeInclusive<u32>> {
    let digits = text.trim().strip_prefix("U+").or_else(|| text.trim().strip_prefix("u+"))?;
    let (from, to) = digits.split_once('-').unwrap_or((digits, digits));
    let read = |digits: &str| u32::from_str_radix(digits, 16).ok();
    Some(read(from)?..=read(to)?)
}

/// A web font as OpenType.
fn opened(file: &[u8]) -> Option<Vec<u8>> {
    let mut unpack = |packed: &[u8], size: usize| {
        let mut out = vec![0; size];
        let mut reader = brotli::Decompressor::new(packed, 4096);
        std::io::Read::read_exact(&mut reader, &mut out)?;
        Ok::<_, Box<dyn std::error::Error>>(out)
    };
    wuff::decompress_woff2_with_custom_brotli(file, &mut unpack).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_style_sheets_write_them() {
        assert_eq!(range("U+0000-00FF"), Some(0..=255));
        assert_eq!(range(" U+4e2d"), Some(0x4e2d..=0x4e2d));
        assert_eq!(range("4E2D"), None);
        assert_eq!(range("U+4E??"), None);
    }

    #[test]
    fn a_list_or_a_file_that_is_broken_writes_nothing() {
        assert!(Fonts::new(b"{}", Box::new(|_| None)).is_none());
        let list = br#"[{"url":"a","unicode-range":["U+0-FFFF"]}]"#;
        for file in [None, Some(b"wOF2 and then nothing".to_vec())] {
            let fonts = Fonts::new(list, Box::new(move |_| file.clone())).unwrap();
            assert!(fonts.write("a").is_none());
            assert!(fonts.write("").is_some());
        }
    }
}
