//! Letters as signed distance fields, which map clients draw at any size and turn.
//!
//! Each letter is filled at 24 pixels an em, and each pixel then says how far it is from the
//! outline: 255 deep inside, 0 from six pixels outside on, about 192 on the outline. The sizes
//! are those that MapLibre expects of a glyph server. The distance transform is that of
//! Felzenszwalb and Huttenlocher, *Distance Transforms of Sampled Functions* (2012); where the
//! outline runs in a pixel that is partly covered is told by how much of it is.

use tiny_skia::{FillRule, Paint, Pixmap, Transform};

use super::font::Fonts;
use super::glyphs::Glyph;
use crate::wire::{number, sized, zigzag};

/// Pixels of an em.
const EM: f32 = 24.0;
/// Pixels around a letter.
const BUFFER: u32 = 3;
/// Pixels over which a field falls from 255 to 0, and the part of them that is outside.
const RADIUS: f64 = 8.0;
const OUTSIDE: f64 = 0.25;
/// How far above the line map clients begin to count, pixels.
const ASCENDER: f32 = 27.0;
/// Farther than anything in a letter.
const FAR: f64 = 1e20;
/// Characters of one answer.
pub const RANGE: u32 = 256;

/// Fields of the glyph messages, with their wire types.
mod tag {
    pub(super) const STACKS: u8 = 1 << 3 | 2;
    pub(super) const NAME: u8 = 1 << 3 | 2;
    pub(super) const RANGE: u8 = 2 << 3 | 2;
    pub(super) const GLYPHS: u8 = 3 << 3 | 2;
    pub(super) const ID: u8 = 1 << 3;
    pub(super) const BITMAP: u8 = 2 << 3 | 2;
    pub(super) const WIDTH: u8 = 3 << 3;
    pub(super) const HEIGHT: u8 = 4 << 3;
    pub(super) const LEFT: u8 = 5 << 3;
    pub(super) const TOP: u8 = 6 << 3;
    pub(super) const ADVANCE: u8 = 7 << 3;
}

impl Fonts {
    /// The characters from `from` on, [`RANGE`] of them, in the format of map clients' glyph
    /// files. Those that the font lacks are left out. Some 20 ms where it has all of them.
    pub fn range(&self, name: &str, from: u32) -> Vec<u8> {
        let mut stack = Vec::new();
        sized(&mut stack, tag::NAME, name.as_bytes());
        sized(&mut stack, tag::RANGE, format!("{from}-{}", from + RANGE - 1).as_bytes());
        for character in (from..from + RANGE).filter_map(char::from_u32) {
            if let Some(glyph) = self.glyph(character) {
                sized(&mut stack, tag::GLYPHS, &message(character, &glyph));
            }
        }
        let mut out = Vec::with_capacity(stack.len() + 8);
        sized(&mut out, tag::STACKS, &stack);
        out
    }
}

fn message(character: char, glyph: &Glyph) -> Vec<u8> {
    let field = field(glyph).unwrap_or_default();
    let mut out = Vec::with_capacity(field.values.len() + 24);
    number(&mut out, tag::ID, u32::from(character));
    if !field.values.is_empty() {
        sized(&mut out, tag::BITMAP, &field.values);
    }
    number(&mut out, tag::WIDTH, field.width);
    number(&mut out, tag::HEIGHT, field.height);
    number(&mut out, tag::LEFT, zigzag(field.left));
    number(&mut out, tag::TOP, zigzag(field.top));
    number(&mut out, tag::ADVANCE, (glyph.advance * EM).round().max(0.0) as u32);
    out
}

/// The field of a letter; `width` and `height` without what is around it.
#[derive(Default)]
struct Field {
    width: u32,
    height: u32,
    left: i32,
    top: i32,
    values: Vec<u8>,
}

/// `None` for a space, and for what is too large to be a letter.
fn field(glyph: &Glyph) -> Option<Field> {
    let path = glyph.path.as_ref()?;
    let bounds = path.bounds();
    let (left, top) = ((bounds.left() * EM).floor(), (bounds.bottom() * EM).ceil());
    let width = ((bounds.right() * EM).ceil() - left).max(1.0) as u32;
    let height = (top - (bounds.top() * EM).floor()).max(1.0) as u32;
    if width.max(height) > 8 * EM as u32 {
        return None;
    }
    let (columns, rows) = (width + 2 * BUFFER, height + 2 * BUFFER);
    let mut pixmap = Pixmap::new(columns, rows)?;
    let (x, y) = (BUFFER as f32 - left, BUFFER as f32 + top);
    let to_pixels = Transform::from_row(EM, 0.0, 0.0, -EM, x, y);
    pixmap.fill_path(path, &Paint::default(), FillRule::Winding, to_pixels, None);
    let covered: Vec<f64> = pixmap.pixels().iter().map(|p| f64::from(p.alpha()) / 255.0).collect();
    let (left, top) = (left as i32, (top - ASCENDER) as i32);
    Some(Field { width, height, left, top, values: distances(&covered, columns as usize) })
}

/// How far each pixel is from the outline of what is covered.
fn distances(covered: &[f64], columns: usize) -> Vec<u8> {
    // To the nearest pixel that is covered, and to the nearest that is not; squares.
    let mut outside: Vec<f64> = covered.iter().map(|c| start(*c)).collect();
    let mut inside: Vec<f64> = covered.iter().map(|c| start(1.0 - *c)).collect();
    transform(&mut outside, columns);
    transform(&mut inside, columns);
    let value = |(out, inn): (&f64, &f64)| {
        let distance = out.sqrt() - inn.sqrt();
        (255.0 - 255.0 * (distance / RADIUS + OUTSIDE)).round().clamp(0.0, 255.0) as u8
    };
    outside.iter().zip(&inside).map(value).collect()
}

/// The square of how far a pixel is from the outline, by how much of it is covered.
fn start(covered: f64) -> f64 {
    if covered <= 0.0 { FAR } else { (0.5 - covered).max(0.0).powi(2) }
}

/// Squared distances to the nearest pixel, of the distances that pixels begin with: down the
/// columns, then along the rows.
fn transform(grid: &mut [f64], columns: usize) {
    let rows = grid.len() / columns;
    let mut line = Line::default();
    for x in 0..columns {
        line.run(grid, x, columns, rows);
    }
    for y in 0..rows {
        line.run(grid, y * columns, 1, columns);
    }
}

/// What the transform of a line needs, kept from one to the next.
#[derive(Default)]
struct Line {
    values: Vec<f64>,
    /// Where the parabolas of the lower envelope stand.
    places: Vec<usize>,
    /// From where on each of them is the lowest.
    from: Vec<f64>,
}

impl Line {
    fn run(&mut self, grid: &mut [f64], start: usize, step: usize, count: usize) {
        let Self { values, places, from } = self;
        values.clear();
        values.extend((0..count).map(|i| grid[start + i * step]));
        places.clear();
        from.clear();
        places.push(0);
        from.push(f64::NEG_INFINITY);
        for q in 1..count {
            let height = |p: usize| values[p] + (p * p) as f64;
            let meets = |p: usize| (height(q) - height(p)) / (2 * (q - p)) as f64;
            let mut at = places.last().map_or(0.0, |p| meets(*p));
            while places.len() > 1 && from.last().is_some_and(|from| at <= *from) {
                places.pop();
                from.pop();
                at = places.last().map_or(0.0, |p| meets(*p));
            }
            places.push(q);
            from.push(at);
        }
        let mut k = 0;
        for i in 0..count {
            while k + 1 < places.len() && from[k + 1] < i as f64 {
                k += 1;
            }
            let away = i.abs_diff(places[k]) as f64;
            grid[start + i * step] = values[places[k]] + away * away;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tiny_skia::PathBuilder;

    use super::*;

    proptest! {
        #[test]
        fn the_transform_finds_the_nearest_pixel(
            columns in 1..12_usize,
            cells in proptest::collection::vec(prop_oneof![Just(FAR), 0.0..4.0_f64], 1..80),
        ) {
            let rows = cells.len().div_ceil(columns);
            let mut grid = cells;
            grid.resize(rows * columns, 0.0);
            let before = grid.clone();
            transform(&mut grid, columns);
            let place = |i: usize| ((i % columns) as f64, (i / columns) as f64);
            for (i, found) in grid.iter().enumerate() {
                let (x, y) = place(i);
                let nearest = before.iter().enumerate().map(|(j, value)| {
                    let (u, v) = place(j);
                    value + (x - u).powi(2) + (y - v).powi(2)
                });
                let nearest = nearest.fold(f64::INFINITY, f64::min);
                prop_assert!((found - nearest).abs() <= nearest * 1e-9, "{found} {nearest}");
            }
        }
    }

    #[test]
    fn a_square_is_high_inside_and_falls_off_around_it() {
        // Half an em wide, standing on the line.
        let path =
            PathBuilder::from_rect(tiny_skia::Rect::from_ltrb(0.25, 0.0, 0.75, 0.5).unwrap());
        let field = field(&Glyph { path: Some(path), advance: 1.0 }).unwrap();
        assert_eq!((field.width, field.height, field.left), (12, 12, 6));
        assert_eq!(field.top, 12 - ASCENDER as i32);
        let at = |x: usize, y: usize| field.values[y * 18 + x];
        assert_eq!(at(9, 9), 255);
        // The outline runs between the third pixel and the fourth.
        let (last_out, first_in) = (at(2, 9), at(3, 9));
        assert!(last_out < 192 && first_in > 190, "{last_out} {first_in}");
        assert!(at(0, 9) < at(1, 9) && at(1, 9) < at(2, 9));
        assert!(at(0, 0) < at(0, 9), "corners are farther");
    }

    #[test]
    fn a_space_has_no_field() {
        assert!(field(&Glyph { path: None, advance: 0.25 }).is_none());
        let bytes = message(' ', &Glyph { path: None, advance: 0.25 });
        assert_eq!(bytes, [8, 32, 24, 0, 32, 0, 40, 0, 48, 0, 56, 6]);
    }
}
