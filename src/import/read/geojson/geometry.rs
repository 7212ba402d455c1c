//! A geometry of `GeoJSON`, straight into the types of `geo`.

use std::fmt;

use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::import::limits::MAX_POSITIONS;

/// A position; what comes after longitude and latitude does not count.
struct Position(Coord<f64>);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Position;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position [longitude, latitude]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Position, A::Error> {
                let mut number = |place| {
                    let number = seq.next_element()?;
                    number.ok_or_else(|| A::Error::invalid_length(place, &self))
                };
                let (x, y) = (number(0)?, number(1)?);
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position(Coord { x, y }))
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow, default)]
    coordinates: Option<&'a RawValue>,
    #[serde(borrow, default)]
    geometries: Option<Vec<&'a RawValue>>,
}

type Line = Vec<Position>;

/// Reads a geometry object. Its nesting was limited before.
pub(super) fn parse(text: &str) -> Result<Geometry<f64>, String> {
    if memchr::memchr_iter(b'[', text.as_bytes()).count() > MAX_POSITIONS {
        return Err(format!("the geometry has more than {MAX_POSITIONS} positions"));
    }
    of(text)
}

fn of(text: &str) -> Result<Geometry<f64>, String> {
    let raw: Raw<'_> = read(text)?;
    let coordinates = raw.coordinates.map_or("null", RawValue::get);
    Ok(match raw.kind.as_str() {
        "Point" => Point(read::<Position>(coordinates)?.0).into(),
        "MultiPoint" => {
            let points = read::<Line>(coordinates)?.into_iter().map(|p| Point(p.0));
            MultiPoint::new(points.collect()).into()
        }
        "LineString" => line(read(coordinates)?).into(),
        "MultiLineString" => {
            let lines = read::<Vec<Line>>(coordinates)?.into_iter().map(line);
            MultiLineString::new(lines.collect()).into()
        }
        "Polygon" => polygon(read(coordinates)?).into(),
        "MultiPolygon" => {
            let polygons = read::<Vec<Vec<Line>>>(coordinates)?.into_iter().map(polygon);
            MultiPolygon::new(polygons.collect()).into()
        }
        "GeometryCollection" => {
            let parts = raw.geometries.unwrap_or_default().into_iter().map(|g| of(g.get()));
            let parts = parts.collect::<Result<_, _>>()?;
            Geometry::GeometryCollection(GeometryCollection::new_from(parts))
        }
        other => return Err(format!("\"{other}\" is no type of geometry")),
    })
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| format!("the geometry: {}", super::feature::plain(&e)))
}

fn line(positions: Line) -> LineString<f64> {
    positions.into_iter().map(|p| p.0).collect()
}

/// The first ring is the outer one; open rings are closed.
fn polygon(rings: Vec<Line>) -> Polygon<f64> {
    let mut rings = rings.into_iter().map(line);
    let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Polygon::new(outer, rings.collect())
}
