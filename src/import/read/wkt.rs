//! Well-known text, as a cell of CSV holds a geometry: what GDAL, PostGIS and our own export
//! write. Heights and measures are read over. Written here because the crates for it nest as
//! deep as the text asks for.

use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use crate::import::limits::{MAX_DEPTH, MAX_POSITIONS};

/// Reads one geometry; `None` where it is empty. A leading `SRID=4326;` is passed over.
pub(crate) fn geometry(text: &str) -> Result<Option<Geometry<f64>>, String> {
    let text = text.trim();
    let rest = match text.split_once(';') {
        Some((head, rest)) if head.trim().to_ascii_uppercase().starts_with("SRID=") => rest,
        _ => text,
    };
    let mut wkt = Wkt { left: rest, positions: 0 };
    let geometry = wkt.geometry(0)?;
    wkt.skip();
    if !wkt.left.is_empty() {
        return Err(format!("the geometry goes on after its end with \"{}\"", wkt.shown()));
    }
    Ok((wkt.positions > 0).then_some(geometry))
}

/// Whether a text begins as a geometry does.
pub(super) fn begins(text: &str) -> bool {
    let word: String = text
        .trim_start()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let kinds = ["POINT", "LINESTRING", "POLYGON", "GEOMETRYCOLLECTION", "SRID"];
    kinds.contains(&word.strip_prefix("MULTI").unwrap_or(&word))
}

struct Wkt<'a> {
    left: &'a str,
    positions: usize,
}

impl Wkt<'_> {
    fn skip(&mut self) {
        self.left = self.left.trim_start();
    }

    /// What comes next, for messages.
    fn shown(&self) -> String {
        self.left.chars().take(20).collect()
    }

    /// Takes a sign where it comes next.
    fn sign(&mut self, sign: char) -> bool {
        self.skip();
        let rest = self.left.strip_prefix(sign);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    fn due(&mut self, sign: char) -> Result<(), String> {
        if self.sign(sign) {
            return Ok(());
        }
        Err(format!("the geometry has \"{}\" where \"{sign}\" is due", self.shown()))
    }

    fn word(&mut self) -> String {
        self.skip();
        let end = self.left.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.left.len());
        let (word, rest) = self.left.split_at(end);
        self.left = rest;
        word.to_ascii_uppercase()
    }

    /// Takes `EMPTY` where it comes next.
    fn empty(&mut self) -> bool {
        self.skip();
        let is = self.left.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("EMPTY"));
        if is {
            self.left = &self.left[5..];
        }
        is
    }

    fn number(&mut self) -> Result<f64, String> {
        self.skip();
        let of = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let end = self.left.find(|c| !of(c)).unwrap_or(self.left.len());
        let (text, rest) = self.left.split_at(end);
        let number = text.parse().ok().filter(|n: &f64| n.is_finite());
        let number = number.ok_or_else(|| {
            format!("the geometry has \"{}\" where a number is due", self.shown())
        })?;
        self.left = rest;
        Ok(number)
    }

    fn coord(&mut self) -> Result<Coord<f64>, String> {
        self.positions += 1;
        if self.positions > MAX_POSITIONS {
            return Err(format!("has over {MAX_POSITIONS} positions"));
        }
        let coord = Coord { x: self.number()?, y: self.number()? };
        for _ in 0..2 {
            self.skip();
            if self.left.is_empty() || self.left.starts_with([',', ')']) {
                break;
            }
            self.number()?;
        }
        Ok(coord)
    }

    /// Things in brackets, separated by commas; none where it is empty.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        if self.empty() {
            return Ok(Vec::new());
        }
        self.due('(')?;
        let mut items = vec![item(self)?];
        while self.sign(',') {
            items.push(item(self)?);
        }
        self.due(')')?;
        Ok(items)
    }

    fn line(&mut self) -> Result<LineString<f64>, String> {
        self.list(Self::coord).map(LineString::new)
    }

    fn polygon(&mut self) -> Result<Polygon<f64>, String> {
        let mut rings = self.list(Self::line)?.into_iter();
        let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
        Ok(Polygon::new(outer, rings.collect()))
    }

    fn geometry(&mut self, depth: usize) -> Result<Geometry<f64>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("has collections over {MAX_DEPTH} deep"));
        }
        let kind = self.word();
        let before = self.left;
        if !matches!(self.word().as_str(), "Z" | "M" | "ZM") {
            self.left = before;
        }
        Ok(match kind.as_str() {
            "POINT" => match self.list(Self::coord)?.first() {
                Some(at) => Geometry::Point(Point(*at)),
                None => Geometry::MultiPoint(MultiPoint::new(Vec::new())),
            },
            "LINESTRING" => Geometry::LineString(self.line()?),
            "POLYGON" => Geometry::Polygon(self.polygon()?),
            "MULTIPOINT" => {
                let point = |wkt: &mut Self| {
                    let brackets = wkt.sign('(');
                    let at = wkt.coord()?;
                    if brackets {
                        wkt.due(')')?;
                    }
                    Ok(Point(at))
                };
                Geometry::MultiPoint(MultiPoint::new(self.list(point)?))
            }
            "MULTILINESTRING" => {
                Geometry::MultiLineString(MultiLineString::new(self.list(Self::line)?))
            }
            "MULTIPOLYGON" => {
                let mut polygons = self.list(Self::polygon)?;
                polygons.retain(|polygon| !polygon.exterior().0.is_empty());
                Geometry::MultiPolygon(MultiPolygon::new(polygons))
            }
            "GEOMETRYCOLLECTION" => {
                let parts = self.list(|wkt| wkt.geometry(depth + 1))?;
                Geometry::GeometryCollection(GeometryCollection(parts))
            }
            other => return Err(format!("\"{other}\" is no kind of geometry that is read")),
        })
    }
}

#[cfg(test)]
mod tests {
    use geozero::ToWkt;
    use proptest::prelude::*;

    use super::*;

    fn area() -> impl Strategy<Value = Geometry<f64>> {
        let coord = || (-180.0..180.0, -90.0..90.0).prop_map(|(x, y)| Coord { x, y });
        let ring = move || prop::collection::vec(coord(), 3..9).prop_map(LineString::new);
        let polygon = move || {
            (ring(), prop::collection::vec(ring(), 0..3)).prop_map(|(o, i)| Polygon::new(o, i))
        };
        prop_oneof![
            polygon().prop_map(Geometry::Polygon),
            prop::collection::vec(polygon(), 1..4)
                .prop_map(|p| Geometry::MultiPolygon(MultiPolygon::new(p))),
            coord().prop_map(|c| Geometry::Point(Point(c))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_exported_comes_back_to_the_bit(g in area()) {
            prop_assert_eq!(geometry(&g.to_wkt().unwrap()), Ok(Some(g)));
        }

        #[test]
        fn any_text_is_taken(text in "[A-Za-z(), 0-9.eE+-]{0,80}|\\PC{0,40}") {
            let _ = (geometry(&text), begins(&text));
        }
    }

    #[test]
    fn it_is_read_however_it_is_written() {
        let point = Ok(Some(Geometry::Point(Point::new(116.4, 39.9))));
        for text in ["POINT(116.4 39.9)", "SRID=4326; point Z ( 116.4 39.9 12 )"] {
            assert_eq!(geometry(text), point, "{text}");
        }
        assert_eq!(geometry("MULTIPOINT(1 2, 3 4)"), geometry("MULTIPOINT((1 2),(3 4))"));
        for empty in ["POINT EMPTY", "POLYGON EMPTY", "MULTIPOLYGON(EMPTY)"] {
            assert_eq!(geometry(empty), Ok(None), "{empty}");
        }
        for (text, said) in [
            ("POINT(1)", "where a number is due"),
            ("POINT(1 2", "where \")\" is due"),
            ("POINT(1 2) 3", "after its end"),
            ("POINT(1e999 2)", "where a number is due"),
            ("CIRCLE(1 2)", "no kind"),
        ] {
            assert!(geometry(text).unwrap_err().contains(said), "{text}");
        }
        let deep = "GEOMETRYCOLLECTION(".repeat(100_000);
        assert!(geometry(&deep).unwrap_err().contains("32 deep"));
        let many = format!("LINESTRING({}1 2)", "1 2,".repeat(MAX_POSITIONS));
        assert!(geometry(&many).unwrap_err().contains(&MAX_POSITIONS.to_string()));
    }
}
