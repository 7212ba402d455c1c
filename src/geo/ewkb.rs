//! Extended well-known binary in hexadecimal, as `PostGIS` reads it (EPSG:4326). It keeps
//! each bit of a coordinate.

use std::fmt::Write;

use geo::MultiPolygon;

use super::LonLat;

/// A text that grows byte by byte.
#[derive(Default)]
struct Ewkb(String);

impl Ewkb {
    fn bytes(&mut self, bytes: &[u8]) {
        for b in bytes {
            let _ = write!(self.0, "{b:02x}");
        }
    }

    /// Little-endian; with the SRID on the outermost geometry.
    fn head(&mut self, kind: u32, outermost: bool) {
        self.bytes(&[1]);
        self.bytes(&(kind | u32::from(outermost) << 29).to_le_bytes());
        if outermost {
            self.count(4326);
        }
    }

    fn count(&mut self, n: usize) {
        self.bytes(&(n as u32).to_le_bytes());
    }

    fn coord(&mut self, x: f64, y: f64) {
        self.bytes(&x.to_le_bytes());
        self.bytes(&y.to_le_bytes());
    }
}

/// A position.
pub fn point(p: LonLat) -> String {
    let mut out = Ewkb::default();
    out.head(1, true);
    out.coord(p.lon, p.lat);
    out.0
}

/// An area.
pub fn multipolygon(area: &MultiPolygon<f64>) -> String {
    let mut out = Ewkb::default();
    out.head(6, true);
    out.count(area.0.len());
    for polygon in area {
        out.head(3, false);
        out.count(1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            out.count(ring.0.len());
            for c in &ring.0 {
                out.coord(c.x, c.y);
            }
        }
    }
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SELECT ST_GeomFromText('POINT(1 2)', 4326)` of `PostGIS` prints this.
    #[test]
    fn a_point_is_what_postgis_prints() {
        let printed = "0101000020E6100000000000000000F03F0000000000000040";
        assert_eq!(point(LonLat::new(1.0, 2.0)).to_uppercase(), printed);
    }
}
