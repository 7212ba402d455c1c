//! What a map must say: its scale, its sources, its approval number.

use super::canvas::{Canvas, Rgba};
use super::font::Fonts;
use crate::city::Lang;
use crate::index::Snapshot;

const INK: Rgba = [48, 45, 40, 255];
const PAPER: Rgba = [255, 255, 255, 205];
/// Size of the letters, pixels of a plain screen.
const SIZE: f32 = 9.5;
/// From the edge of the picture, and between things.
const GAP: f32 = 6.0;
/// The scale is at most so long, pixels of a plain screen.
const LONGEST: f64 = 110.0;

/// Draws the scale on the left, and the sources along the lower edge.
pub(super) fn draw(canvas: &mut Canvas, snapshot: &Snapshot, fonts: &Fonts, lang: Lang) {
    let said = said(snapshot, lang);
    let top = sources(canvas, fonts, &said);
    scale(canvas, fonts, lang, top);
}

/// Everything that must be said, in order.
fn said(snapshot: &Snapshot, lang: Lang) -> String {
    let manifest = &snapshot.city.manifest;
    let mut parts: Vec<&str> = vec![manifest.map.approval_number.as_str()];
    parts.extend(manifest.attributions());
    parts.push(manifest.map.note.get(lang));
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// Writes the sources in as many lines as they need; gives where they begin.
fn sources(canvas: &mut Canvas, fonts: &Fonts, said: &str) -> f32 {
    let unit = canvas.unit();
    let (width, height) = canvas.size();
    let (size, gap) = (SIZE * unit, GAP * unit);
    let lines = broken(fonts, said, (width - 2.0 * gap) / size);
    let step = size * 1.3;
    let top = height - step * lines.len() as f32 - gap * 0.5;
    canvas.rect([0.0, top, width, height - top], PAPER);
    for (i, line) in lines.iter().enumerate() {
        let at = (gap, top + step * i as f32 + size);
        // A line was only made of what can be written.
        if let Some(line) = fonts.write(line) {
            line.draw(canvas, at, size, INK, None);
        }
    }
    top
}

/// Breaks a text into lines of at most `width` ems. Characters that the font lacks are
/// left out: what is said must be said.
fn broken(fonts: &Fonts, text: &str, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    // Words of Latin letters stay whole where they fit; others break anywhere.
    for word in text.split_inclusive(|c: char| c == ' ' || u32::from(c) > 0x2000) {
        let long = fonts.write(word).map_or(0.0, |w| w.width);
        let parts: Vec<String> = if long > 0.0 && long <= width {
            vec![word.to_owned()]
        } else {
            word.chars().map(String::from).collect()
        };
        for part in parts {
            let Some(written) = fonts.write(&part) else { continue };
            if used + written.width > width && used > 0.0 {
                lines.push(String::new());
                used = 0.0;
            }
            used += written.width;
            if let Some(line) = lines.last_mut() {
                line.push_str(&part);
            }
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// A bar of a round length, standing on `bottom`.
fn scale(canvas: &mut Canvas, fonts: &Fonts, lang: Lang, bottom: f32) {
    let per_pixel = canvas.view.metres_per_pixel();
    let metres = round_length(per_pixel * LONGEST);
    let unit = canvas.unit();
    let long = (metres / per_pixel) as f32 * unit;
    let (gap, size) = (GAP * unit, SIZE * unit);
    let (left, line) = (gap * 1.5, bottom - gap * 1.5);
    let text = match (lang, metres >= 1000.0) {
        (Lang::Zh, true) => format!("{} 公里", metres / 1000.0),
        (Lang::Zh, false) => format!("{metres} 米"),
        (Lang::En, true) => format!("{} km", metres / 1000.0),
        (Lang::En, false) => format!("{metres} m"),
    };
    let (thick, tick) = (1.4 * unit, 5.0 * unit);
    canvas.rect(
        [left - gap, line - tick - size - gap, long + 2.0 * gap, tick + size + gap * 1.6],
        PAPER,
    );
    canvas.rect([left, line - thick, long, thick], INK);
    canvas.rect([left, line - tick, thick, tick], INK);
    canvas.rect([left + long - thick, line - tick, thick, tick], INK);
    if let Some(text) = fonts.write(&text) {
        let at = left + (long - text.width * size) / 2.0;
        text.draw(canvas, (at, line - tick), size, INK, None);
    }
}

/// The largest of 1, 2 and 5 times a power of ten that is not above `most`.
fn round_length(most: f64) -> f64 {
    let ten = 10f64.powf(most.log10().floor());
    let times = [5.0, 2.0].into_iter().find(|times| times * ten <= most).unwrap_or(1.0);
    times * ten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_round() {
        for (most, length) in [(110.0, 100.0), (99.9, 50.0), (2400.0, 2000.0), (0.7, 0.5)] {
            assert!((round_length(most) - length).abs() < 1e-9, "{most}");
        }
    }
}
