//! Which part of the world is on a picture, and where on it.

use super::{MAX_SCALE, MAX_SIDE, MIN_SIDE};
use crate::geo::mercator::{from_unit, unit};
use crate::geo::{Bounds, LonLat, World};

/// Pixels of the side of the world at zoom 0, as map clients have it.
const WORLD_PIXELS: f64 = 512.0;
/// The part of a picture that a box is made to fill.
const FILLED: f64 = 0.86;
/// The deepest zoom to which a box is brought near.
const DEEPEST_FIT: f64 = 16.0;
/// Length of the equator, metres.
const EQUATOR_M: f64 = 40_075_016.685_578_49;

/// Which part of the world is on a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Pixels of a plain screen.
    pub width: u32,
    /// Pixels of a plain screen.
    pub height: u32,
    /// Pixels of the picture to one of a plain screen.
    pub scale: u32,
    /// Zoom as map clients count it: the world is 512 · 2ᶻ pixels wide.
    pub zoom: f64,
    /// The middle.
    pub center: LonLat,
}

impl View {
    /// Whether the size is one that is drawn.
    pub fn is_valid(&self) -> bool {
        let side = MIN_SIDE..=MAX_SIDE;
        side.contains(&self.width)
            && side.contains(&self.height)
            && (1..=MAX_SCALE).contains(&self.scale)
            && (0.0..=20.0).contains(&self.zoom)
    }

    /// The same size, with a box filling it.
    #[must_use]
    pub fn fit(self, bounds: Bounds) -> Self {
        let (x0, y0) = unit(LonLat::new(bounds.west, bounds.north));
        let (x1, y1) = unit(LonLat::new(bounds.east, bounds.south));
        let zoom = |pixels: u32, part: f64| {
            (f64::from(pixels) * FILLED / WORLD_PIXELS / part.max(f64::MIN_POSITIVE)).log2()
        };
        let zoom = zoom(self.width, x1 - x0).min(zoom(self.height, y1 - y0));
        let center = from_unit(f64::midpoint(x0, x1), f64::midpoint(y0, y1));
        Self { zoom: zoom.clamp(0.0, DEEPEST_FIT), center, ..self }
    }

    /// Pixels of the picture to the side of the world.
    fn world_pixels(&self) -> f64 {
        WORLD_PIXELS * self.zoom.exp2() * f64::from(self.scale)
    }

    /// Where a position is on the picture, in its pixels.
    pub(super) fn place(&self, at: World) -> (f32, f32) {
        let (cx, cy) = unit(self.center);
        let part = |v: u32| (f64::from(v) + 0.5) / 4_294_967_296.0;
        let side = self.world_pixels();
        let (width, height) = self.pixels();
        let x = (part(at.x) - cx) * side + f64::from(width) / 2.0;
        let y = (part(at.y) - cy) * side + f64::from(height) / 2.0;
        (x as f32, y as f32)
    }

    /// Width and height of the picture.
    pub(super) const fn pixels(&self) -> (u32, u32) {
        (self.width * self.scale, self.height * self.scale)
    }

    /// The box of the world that is on the picture, larger by a part of its sides.
    pub(super) fn bounds(&self, part: f64) -> Bounds {
        let (cx, cy) = unit(self.center);
        let (width, height) = self.pixels();
        let half = |pixels: u32| f64::from(pixels) / self.world_pixels() * (0.5 + part);
        let (dx, dy) = (half(width), half(height));
        let north_west = from_unit((cx - dx).max(0.0), (cy - dy).max(0.0));
        let south_east = from_unit((cx + dx).min(1.0), (cy + dy).min(1.0));
        Bounds {
            west: north_west.lon,
            south: south_east.lat,
            east: south_east.lon,
            north: north_west.lat,
        }
    }

    /// Metres in the middle of the picture to one pixel of a plain screen.
    pub(super) fn metres_per_pixel(&self) -> f64 {
        EQUATOR_M * self.center.lat.to_radians().cos() / (WORLD_PIXELS * self.zoom.exp2())
    }

    /// The zoom of the pyramid whose thinned shapes are fine enough.
    pub(super) fn shapes_zoom(&self) -> u8 {
        (self.zoom.ceil() as u8 + 1).min(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let center = LonLat::new(116.4, 39.9);
        View { width: 600, height: 400, scale: 2, zoom: 12.0, center }
    }

    #[test]
    fn the_middle_is_in_the_middle_and_east_is_right() {
        let (x, y) = view().place(World::project(view().center));
        assert!((x - 600.0).abs() < 0.1 && (y - 400.0).abs() < 0.1, "{x} {y}");
        let (x, y) = view().place(World::project(LonLat::new(116.41, 39.91)));
        assert!(x > 600.0 && y < 400.0);
    }

    #[test]
    fn a_box_that_is_fitted_is_on_the_picture() {
        let bounds = Bounds { west: 116.0, south: 39.7, east: 116.9, north: 40.2 };
        let fitted = view().fit(bounds);
        let seen = fitted.bounds(0.0);
        assert!(seen.west < 116.0 && seen.east > 116.9 && seen.south < 39.7 && seen.north > 40.2);
        assert!(seen.east - seen.west < 2.0, "{seen:?}");
        let position = Bounds { west: 116.0, south: 39.7, east: 116.0, north: 39.7 };
        assert!((view().fit(position).zoom - DEEPEST_FIT).abs() < 1e-9);
    }

    /// 156,543.03 m at the equator at zoom 0 of 256-pixel tiles, so half of it here.
    #[test]
    fn a_pixel_is_as_long_as_map_clients_say() {
        let equator = View { center: LonLat::new(0.0, 0.0), zoom: 0.0, ..view() };
        assert!((equator.metres_per_pixel() - 78_271.517).abs() < 0.01);
    }
}
