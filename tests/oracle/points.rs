//! Positions at which a locator is most likely to be wrong.

use servicemap::city::City;
use servicemap::city::synthetic::Random;
use servicemap::geo::LonLat;

/// About a micrometre, in degrees.
const MICROMETRE: f64 = 1e-11;

/// Positions in and about a city, three of four of them on its borders or so near that
/// careless arithmetic puts them on the wrong side.
pub(crate) fn adversarial(city: &City, count: usize, seed: u64) -> Vec<LonLat> {
    let mut random = Random(seed);
    let areas: Vec<_> = city.divisions.iter().filter_map(|d| d.area.as_ref()).collect();
    let bounds = city.manifest.bounds;
    let (width, height) = (bounds.east - bounds.west, bounds.north - bounds.south);
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let anywhere = LonLat::new(
            bounds.west + (random.unit() * 1.1 - 0.05) * width,
            bounds.south + (random.unit() * 1.1 - 0.05) * height,
        );
        let area = areas[random.below(areas.len())];
        let polygon = &area.0[random.below(area.0.len())];
        let ring = match random.below(1 + polygon.interiors().len()) {
            0 => polygon.exterior(),
            hole => &polygon.interiors()[hole - 1],
        };
        let at = random.below(ring.0.len() - 1);
        let (a, b) = (ring.0[at], ring.0[at + 1]);
        let middle = LonLat::new(f64::midpoint(a.x, b.x), f64::midpoint(a.y, b.y));
        let turn = random.unit() * std::f64::consts::TAU;
        let beside = |p: LonLat| {
            LonLat::new(p.lon + MICROMETRE * turn.cos(), p.lat + MICROMETRE * turn.sin())
        };
        let next = |v: f64, up: bool| if up { v.next_up() } else { v.next_down() };
        out.push(match random.below(20) {
            0..5 => anywhere,
            5..8 => LonLat::new(a.x, a.y),
            8..11 => middle,
            11..13 => {
                let t = random.unit();
                LonLat::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
            }
            13..15 => beside(middle),
            15 => beside(LonLat::new(a.x, a.y)),
            16 => LonLat::new(next(middle.lon, random.below(2) == 0), middle.lat),
            17 => LonLat::new(a.x, next(a.y, random.below(2) == 0)),
            // Rays that run through a vertex, and along level edges.
            18 => LonLat::new(anywhere.lon, a.y),
            _ => LonLat::new(a.x, anywhere.lat),
        });
    }
    out
}
