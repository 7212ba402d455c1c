//! Well-known binary, as GeoPackage and Parquet hold it: the ISO form and the extended one
//! of PostGIS. Heights and measures are read over.
//!
//! Every count is a claim: nothing is reserved for it before the bytes are there.

use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use crate::import::limits::{MAX_DEPTH, MAX_POSITIONS};

/// Reads one geometry; `None` where it is empty.
pub(crate) fn geometry(bytes: &[u8]) -> Result<Option<Geometry<f64>>, String> {
    let mut wkb = Wkb { left: bytes, positions: 0 };
    let geometry = wkb.geometry(0)?;
    Ok((wkb.positions > 0).then_some(geometry))
}

struct Wkb<'a> {
    left: &'a [u8],
    positions: usize,
}

/// What stands before each geometry.
struct Head {
    little: bool,
    kind: u32,
    /// Bytes of a position.
    stride: usize,
}

impl Head {
    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn f64(&self, bytes: [u8; 8]) -> f64 {
        if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) }
    }
}

impl Wkb<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let cut = || "the geometry ends too early".to_owned();
        let (head, rest) = self.left.split_first_chunk().ok_or_else(cut)?;
        self.left = rest;
        Ok(*head)
    }

    fn head(&mut self) -> Result<Head, String> {
        let [order] = self.take()?;
        let mut head = Head { little: order == 1, kind: 0, stride: 16 };
        if order > 1 {
            return Err(format!("the geometry begins with {order} where 0 or 1 is due"));
        }
        let word = self.take()?;
        let word = head.u32(word);
        let (mut has_z, mut has_m) = (word & 0x8000_0000 != 0, word & 0x4000_0000 != 0);
        if word & 0x2000_0000 != 0 {
            self.take::<4>()?;
        }
        let plain = word & 0x0fff_ffff;
        match plain / 1000 {
            0 => {}
            1 => has_z = true,
            2 => has_m = true,
            3 => (has_z, has_m) = (true, true),
            _ => return Err(format!("{plain} is no kind of geometry")),
        }
        head.kind = plain % 1000;
        head.stride = 16 + 8 * (usize::from(has_z) + usize::from(has_m));
        Ok(head)
    }

    /// A number of parts, each of at least `least` bytes.
    fn count(&mut self, head: &Head, least: usize) -> Result<usize, String> {
        let bytes = self.take()?;
        let count = head.u32(bytes) as usize;
        if count > self.left.len() / least {
            return Err(format!("the geometry claims {count} parts, more than it has room for"));
        }
        Ok(count)
    }

    fn coord(&mut self, head: &Head) -> Result<Coord<f64>, String> {
        let (x, y) = (self.take()?, self.take()?);
        for _ in 2..head.stride / 8 {
            self.take::<8>()?;
        }
        Ok(Coord { x: head.f64(x), y: head.f64(y) })
    }

    fn line(&mut self, head: &Head) -> Result<LineString<f64>, String> {
        let count = self.count(head, head.stride)?;
        self.positions += count;
        if self.positions > MAX_POSITIONS {
            return Err(format!("has over {MAX_POSITIONS} positions"));
        }
        let mut coords = Vec::with_capacity(count);
        for _ in 0..count {
            let coord = self.coord(head)?;
            if !(coord.x.is_finite() && coord.y.is_finite()) {
                return Err("a coordinate is not a number".to_owned());
            }
            coords.push(coord);
        }
        Ok(LineString::new(coords))
    }

    fn polygon(&mut self, head: &Head) -> Result<Polygon<f64>, String> {
        let count = self.count(head, 4)?;
        let mut rings = Vec::new();
        for _ in 0..count {
            rings.push(self.line(head)?);
        }
        let mut rings = rings.into_iter();
        let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
        Ok(Polygon::new(outer, rings.collect()))
    }

    /// A position; one of which both parts are not numbers is how nothing is written.
    fn point(&mut self, head: &Head) -> Result<Option<Point<f64>>, String> {
        let coord = self.coord(head)?;
        if coord.x.is_nan() && coord.y.is_nan() {
            return Ok(None);
        }
        if !(coord.x.is_finite() && coord.y.is_finite()) {
            return Err("a coordinate is not a number".to_owned());
        }
        self.positions += 1;
        Ok(Some(Point(coord)))
    }

    /// The parts of a geometry of many, each of which has a head of its own.
    fn parts<T>(
        &mut self,
        head: &Head,
        kind: u32,
        part: impl Fn(&mut Self, &Head) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let count = self.count(head, 5)?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let inner = self.head()?;
            if inner.kind != kind {
                return Err(format!("has a part of the kind {} where {kind} is due", inner.kind));
            }
            parts.push(part(self, &inner)?);
        }
        Ok(parts)
    }

    fn geometry(&mut self, depth: usize) -> Result<Geometry<f64>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("has collections over {MAX_DEPTH} deep"));
        }
        let head = self.head()?;
        Ok(match head.kind {
            1 => match self.point(&head)? {
                Some(point) => Geometry::Point(point),
                None => Geometry::MultiPoint(MultiPoint::new(Vec::new())),
            },
            2 => Geometry::LineString(self.line(&head)?),
            3 => Geometry::Polygon(self.polygon(&head)?),
            4 => {
                let points = self.parts(&head, 1, Self::point)?;
                Geometry::MultiPoint(MultiPoint::new(points.into_iter().flatten().collect()))
            }
            5 => {
                Geometry::MultiLineString(MultiLineString::new(self.parts(&head, 2, Self::line)?))
            }
            6 => Geometry::MultiPolygon(MultiPolygon::new(self.parts(&head, 3, Self::polygon)?)),
            7 => {
                let count = self.count(&head, 5)?;
                let mut parts = Vec::new();
                for _ in 0..count {
                    parts.push(self.geometry(depth + 1)?);
                }
                Geometry::GeometryCollection(GeometryCollection(parts))
            }
            8..=14 => {
                return Err("is a curve, and only straight lines are read; `ogr2ogr -nlt \
                            CONVERT_TO_LINEAR` makes them"
                    .to_owned());
            }
            other => return Err(format!("{other} is no kind of geometry")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::{CoordDimensions, ToWkb};
    use proptest::prelude::*;

    /// Some geometry of every kind.
    fn shape() -> impl Strategy<Value = Geometry<f64>> {
        let coord = || (-180.0..180.0, -90.0..90.0).prop_map(|(x, y)| Coord { x, y });
        let line = move || prop::collection::vec(coord(), 1..9).prop_map(LineString::new);
        let polygon = move || {
            (line(), prop::collection::vec(line(), 0..3)).prop_map(|(o, i)| Polygon::new(o, i))
        };
        let leaf = prop_oneof![
            coord().prop_map(|c| Geometry::Point(Point(c))),
            line().prop_map(Geometry::LineString),
            polygon().prop_map(Geometry::Polygon),
            prop::collection::vec(coord().prop_map(Point), 1..5)
                .prop_map(|p| Geometry::MultiPoint(MultiPoint::new(p))),
            prop::collection::vec(line(), 1..4)
                .prop_map(|l| Geometry::MultiLineString(MultiLineString::new(l))),
            prop::collection::vec(polygon(), 1..4)
                .prop_map(|p| Geometry::MultiPolygon(MultiPolygon::new(p))),
        ];
        leaf.prop_recursive(2, 6, 3, |inner| {
            prop::collection::vec(inner, 1..3)
                .prop_map(|parts| Geometry::GeometryCollection(GeometryCollection(parts)))
        })
    }

    proptest! {
        #[test]
        fn what_another_library_wrote_comes_back(g in shape(), heights in any::<bool>()) {
            let bytes = if heights {
                g.to_ewkb(CoordDimensions::xy(), Some(4326)).unwrap()
            } else {
                g.to_wkb(CoordDimensions::xy()).unwrap()
            };
            prop_assert_eq!(geometry(&bytes), Ok(Some(g)));
        }

        #[test]
        fn damage_is_an_error_or_another_geometry(
            g in shape(), at in any::<prop::sample::Index>(), bit in 0..8_u8, cut in any::<bool>(),
        ) {
            let mut bytes = g.to_wkb(CoordDimensions::xy()).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            let read = geometry(&bytes);
            prop_assert!(!cut || read.is_err());
        }

        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = geometry(&bytes);
        }
    }

    #[test]
    fn heights_and_measures_are_read_over() {
        let mut bytes = vec![1];
        bytes.extend(3001_u32.to_le_bytes());
        for value in [116.4_f64, 39.9, 43.5, 7.0] {
            bytes.extend(value.to_le_bytes());
        }
        assert_eq!(geometry(&bytes), Ok(Some(Geometry::Point(Point::new(116.4, 39.9)))));
    }

    #[test]
    fn claims_are_not_believed_and_depth_has_an_end() {
        let mut bytes = vec![1, 2, 0, 0, 0];
        bytes.extend(u32::MAX.to_le_bytes());
        assert!(geometry(&bytes).unwrap_err().contains("claims 4294967295"));
        let nested = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(1000);
        assert!(geometry(&nested).unwrap_err().contains("deep"));
    }

    #[test]
    fn what_has_no_position_is_no_geometry() {
        let mut point = vec![1, 1, 0, 0, 0];
        point.extend(f64::NAN.to_le_bytes().repeat(2));
        assert_eq!(geometry(&point), Ok(None));
        assert_eq!(geometry(&[1, 6, 0, 0, 0, 0, 0, 0, 0]), Ok(None));
    }
}
