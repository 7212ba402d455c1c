//! Geometries of features: written as GeoJSON in any system, and tested against a box.

use geo::{Coord, Intersects, LineString, MultiLineString, MultiPolygon, Rect};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::Crs;
use crate::geo::{Bounds, LonLat};

/// The geometry of a feature, WGS-84.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// A position.
    Point(LonLat),
    /// Areas.
    Area(&'a MultiPolygon<f64>),
    /// Lines.
    Lines(&'a MultiLineString<f64>),
}

/// Of what kind geometries of a collection are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeKind {
    /// Positions.
    Point,
    /// Lines.
    Lines,
    /// Areas, or positions where no area is known.
    Any,
}

impl Shape<'_> {
    /// How many positions it is written with.
    pub fn vertices(&self) -> usize {
        match self {
            Self::Point(_) => 1,
            Self::Area(area) => area
                .iter()
                .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
                .map(|ring| ring.0.len())
                .sum(),
            Self::Lines(lines) => lines.iter().map(|line| line.0.len()).sum(),
        }
    }

    /// Whether it shares a point with a box, whose edges count.
    pub fn meets(&self, bounds: Bounds) -> bool {
        let rect = || {
            let corner = |x, y| Coord { x, y };
            Rect::new(corner(bounds.west, bounds.south), corner(bounds.east, bounds.north))
        };
        match self {
            Self::Point(p) => bounds.contains(*p),
            Self::Area(area) => area.intersects(&rect()),
            Self::Lines(lines) => lines.intersects(&rect()),
        }
    }

    /// Whether it holds a position, border included.
    pub fn touches(&self, p: LonLat) -> bool {
        let at = geo::Point::from(p);
        match self {
            Self::Point(own) => *own == p,
            Self::Area(area) => area.intersects(&at),
            Self::Lines(lines) => lines.intersects(&at),
        }
    }
}

/// A shape to be written as the geometry of GeoJSON, in some system.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a>(pub Shape<'a>, pub Crs);

impl Serialize for Drawn<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(shape, crs) = *self;
        let mut map = serializer.serialize_map(Some(2))?;
        match shape {
            Shape::Point(p) => {
                map.serialize_entry("type", "Point")?;
                map.serialize_entry("coordinates", &crs.write(p))?;
            }
            Shape::Area(area) => {
                map.serialize_entry("type", "MultiPolygon")?;
                let polygons = List(|| {
                    area.iter().map(move |polygon| {
                        List(move || {
                            let rings = std::iter::once(polygon.exterior());
                            rings.chain(polygon.interiors()).map(move |ring| positions(ring, crs))
                        })
                    })
                });
                map.serialize_entry("coordinates", &polygons)?;
            }
            Shape::Lines(lines) => {
                map.serialize_entry("type", "MultiLineString")?;
                let lines = List(|| lines.iter().map(move |line| positions(line, crs)));
                map.serialize_entry("coordinates", &lines)?;
            }
        }
        map.end()
    }
}

fn positions(line: &LineString<f64>, crs: Crs) -> impl Serialize + '_ {
    List(move || line.0.iter().map(move |c| crs.write(LonLat::new(c.x, c.y))))
}

/// What an iterator gives, as a list; nothing is gathered first.
struct List<F>(F);

impl<F, I> Serialize for List<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for item in (self.0)() {
            seq.serialize_element(&item)?;
        }
        seq.end()
    }
}

#[cfg(test)]
mod tests {
    use geo::{Polygon, line_string};
    use serde_json::json;

    use super::*;

    fn square() -> MultiPolygon<f64> {
        let ring = |a: f64, b: f64| line_string![(x: a, y: a), (x: b, y: a), (x: b, y: b), (x: a, y: b), (x: a, y: a)];
        MultiPolygon(vec![Polygon::new(ring(0.0, 3.0), vec![ring(1.0, 2.0)])])
    }

    #[test]
    fn an_area_is_written_with_its_holes_in_the_order_of_the_axes() {
        let area = square();
        let written = serde_json::to_value(Drawn(Shape::Area(&area), Crs::Wgs84)).unwrap();
        assert_eq!(written["type"], "MultiPolygon");
        assert_eq!(written["coordinates"][0][0][1], json!([0.0, 3.0]));
        assert_eq!(written["coordinates"][0][1][0], json!([1.0, 1.0]));
        assert_eq!(Shape::Area(&area).vertices(), 10);
    }

    #[test]
    fn a_box_in_a_hole_meets_nothing() {
        let area = square();
        let shape = Shape::Area(&area);
        let meets = |west, south, east, north| shape.meets(Bounds { west, south, east, north });
        assert!(!meets(1.2, 1.2, 1.8, 1.8));
        assert!(meets(0.2, 0.2, 0.4, 0.4) && meets(-1.0, -1.0, 9.0, 9.0));
        assert!(meets(3.0, 3.0, 4.0, 4.0), "edges count");
        assert!(shape.touches(LonLat::new(3.0, 1.5)) && !shape.touches(LonLat::new(1.5, 1.5)));
    }
}
