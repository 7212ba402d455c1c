//! `FlatGeobuf`, feature by feature. The spatial index is read over.
//!
//! The crate of that name knows the tables; features are taken out of the file here,
//! because the crate makes room for whatever length a feature claims.

use std::cell::Cell;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use flatgeobuf::{
    ColumnType, Geometry as Part, GeometryType, size_prefixed_root_as_feature,
    size_prefixed_root_as_header,
};
use geo::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use super::{Input, header};
use crate::import::limits::{MAX_DEPTH, MAX_LINE_BYTES, MAX_POSITIONS, MAX_TEXT_BYTES};
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows, Value};

const FORMAT: &str = "FlatGeobuf";
/// Bytes of a header: names and types of columns.
const MAX_HEADER_BYTES: u32 = 10 * 1024 * 1024;
/// Bytes of a node of the index.
const NODE_BYTES: u64 = 40;

/// Reads `FlatGeobuf`. `path` stands in messages.
///
/// # Errors
/// Where it cannot be read, or its header is damaged.
pub fn read(mut input: impl Input, path: &str) -> Result<Box<dyn Rows>, FileFault> {
    let unreadable = |cause| FileFault::Unreadable { path: path.to_owned(), cause };
    let malformed =
        |detail: String| FileFault::Malformed { path: path.to_owned(), format: FORMAT, detail };
    let length = input.seek(SeekFrom::End(0)).map_err(unreadable)?;
    input.rewind().map_err(unreadable)?;
    let mut input = BufReader::new(input);
    let cut = |_| malformed("it ends inside its header".to_owned());
    let mut magic = [0; 8];
    input.read_exact(&mut magic).map_err(cut)?;
    if !(magic.starts_with(b"fgb\x03") && magic[4..7] == *b"fgb") {
        return Err(malformed("it is not of version 3".to_owned()));
    }
    let mut size = [0; 4];
    input.read_exact(&mut size).map_err(cut)?;
    let bytes = u32::from_le_bytes(size);
    if bytes > MAX_HEADER_BYTES {
        let (what, limit) = ("the header", format!("{MAX_HEADER_BYTES} bytes"));
        return Err(FileFault::TooLarge { path: path.to_owned(), what, limit });
    }
    if bytes < 8 {
        return Err(malformed(format!("its header claims {bytes} bytes")));
    }
    let mut table = size.to_vec();
    input.by_ref().take(u64::from(bytes)).read_to_end(&mut table).map_err(unreadable)?;
    let head = size_prefixed_root_as_header(&table).map_err(|e| malformed(e.to_string()))?;
    let index = index_bytes(head.features_count(), head.index_node_size())
        .filter(|index| 12 + u64::from(bytes) + index <= length)
        .ok_or_else(|| malformed("its index is larger than the file".to_owned()))?;
    let columns = head.columns().into_iter().flatten();
    let (names, types): (Vec<_>, Vec<_>) =
        columns.map(|c| (c.name().to_owned(), c.type_())).unzip();
    let columns = Arc::new(header::names(names, path)?);
    let crs = head.crs();
    let named = |crs: &flatgeobuf::Crs| crs.org().is_none_or(|o| o.eq_ignore_ascii_case("epsg"));
    let epsg = crs.filter(named).and_then(|crs| u32::try_from(crs.code()).ok()).filter(|c| *c > 0);
    let (kind, expected) = (head.geometry_type(), head.features_count());
    input.seek(SeekFrom::Current(index as i64)).map_err(unreadable)?;
    Ok(Box::new(FlatGeobuf {
        at: 12 + u64::from(bytes) + index,
        path: path.to_owned(),
        input,
        length,
        columns,
        types,
        epsg,
        kind,
        expected,
        number: 0,
        over: false,
    }))
}

/// Bytes of the index: the nodes of a tree over all features; `None` where there can be no
/// such tree.
fn index_bytes(features: u64, fan: u16) -> Option<u64> {
    if features == 0 || fan == 0 {
        return Some(0);
    }
    if fan < 2 {
        return None;
    }
    let (mut level, mut nodes) = (features, features);
    loop {
        level = level.div_ceil(u64::from(fan));
        nodes = nodes.checked_add(level)?;
        if level == 1 {
            return nodes.checked_mul(NODE_BYTES).filter(|bytes| i64::try_from(*bytes).is_ok());
        }
    }
}

struct FlatGeobuf<R> {
    path: String,
    input: BufReader<R>,
    at: u64,
    length: u64,
    columns: Arc<Columns>,
    types: Vec<ColumnType>,
    epsg: Option<u32>,
    kind: GeometryType,
    /// Features that the header announces; 0 where it does not know.
    expected: u64,
    number: u64,
    over: bool,
}

impl<R: Input> FlatGeobuf<R> {
    fn malformed(&self, detail: &str) -> FileFault {
        FileFault::Malformed {
            path: self.path.clone(),
            format: FORMAT,
            detail: format!("feature {}: {detail}", self.number),
        }
    }

    /// The bytes of the next feature with their length before them.
    fn feature(&mut self) -> Result<Option<Vec<u8>>, FileFault> {
        let mut bytes = Vec::new();
        let unreadable = |cause| FileFault::Unreadable { path: self.path.clone(), cause };
        self.input.by_ref().take(4).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.is_empty() && (self.expected == 0 || self.number == self.expected) {
            return Ok(None);
        }
        self.number += 1;
        let Some(size) = bytes.first_chunk().map(|size| u32::from_le_bytes(*size)) else {
            return Err(self.malformed("the file ends before it"));
        };
        if size as usize > MAX_LINE_BYTES {
            return Err(FileFault::TooLarge {
                path: self.path.clone(),
                what: "a feature",
                limit: format!("{MAX_LINE_BYTES} bytes"),
            });
        }
        let unreadable = |cause| FileFault::Unreadable { path: self.path.clone(), cause };
        self.input.by_ref().take(u64::from(size)).read_to_end(&mut bytes).map_err(unreadable)?;
        self.at += bytes.len() as u64;
        if bytes.len() < size as usize + 4 {
            return Err(self.malformed("the file ends inside it"));
        }
        Ok(Some(bytes))
    }

    fn row(&self, bytes: &[u8]) -> Result<Row, String> {
        let feature = size_prefixed_root_as_feature(bytes).map_err(|e| e.to_string())?;
        if feature.columns().is_some_and(|own| !own.is_empty()) {
            return Err("has columns of its own, which are not read".to_owned());
        }
        let mut values = vec![Value::Null; self.columns.0.len()];
        if let Some(properties) = feature.properties() {
            self.properties(properties.bytes(), &mut values)?;
        }
        let geometry = match feature.geometry() {
            Some(part) => geometry(&part, self.kind, 0, &Cell::new(MAX_POSITIONS))?,
            None => None,
        };
        let place = Place::Feature(self.number);
        Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry })
    }

    /// Reads pairs of a column's number and its value.
    fn properties(&self, mut left: &[u8], values: &mut [Value]) -> Result<(), String> {
        while !left.is_empty() {
            let column = usize::from(u16::from_le_bytes(take(&mut left)?));
            let (Some(kind), Some(slot)) = (self.types.get(column), values.get_mut(column)) else {
                return Err(format!("has a value of column {column}, which there is not"));
            };
            *slot = match *kind {
                ColumnType::Byte => Value::Integer(i8::from_le_bytes(take(&mut left)?).into()),
                ColumnType::UByte => Value::Integer(u8::from_le_bytes(take(&mut left)?).into()),
                ColumnType::Bool => Value::Bool(u8::from_le_bytes(take(&mut left)?) != 0),
                ColumnType::Short => Value::Integer(i16::from_le_bytes(take(&mut left)?).into()),
                ColumnType::UShort => Value::Integer(u16::from_le_bytes(take(&mut left)?).into()),
                ColumnType::Int => Value::Integer(i32::from_le_bytes(take(&mut left)?).into()),
                ColumnType::UInt => Value::Integer(u32::from_le_bytes(take(&mut left)?).into()),
                ColumnType::Long => Value::Integer(i64::from_le_bytes(take(&mut left)?)),
                ColumnType::ULong => {
                    let number = u64::from_le_bytes(take(&mut left)?);
                    i64::try_from(number)
                        .map_or_else(|_| Value::Text(number.to_string()), Value::Integer)
                }
                ColumnType::Float => Value::Number(f32::from_le_bytes(take(&mut left)?).into()),
                ColumnType::Double => Value::Number(f64::from_le_bytes(take(&mut left)?)),
                ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
                    let text = blob(&mut left)?;
                    if text.len() > MAX_TEXT_BYTES {
                        let name = &self.columns.0[column];
                        return Err(format!("{name} has a text of over {MAX_TEXT_BYTES} bytes"));
                    }
                    let text = std::str::from_utf8(text)
                        .map_err(|_| format!("{} is not UTF-8", self.columns.0[column]))?;
                    Value::Text(text.to_owned())
                }
                ColumnType::Binary => {
                    blob(&mut left)?;
                    Value::Null
                }
                other => return Err(format!("has a value of the unknown type {}", other.0)),
            };
        }
        Ok(())
    }
}

fn take<const N: usize>(left: &mut &[u8]) -> Result<[u8; N], String> {
    let (head, rest) = left.split_first_chunk().ok_or("its values end too early")?;
    *left = rest;
    Ok(*head)
}

fn blob<'a>(left: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = u32::from_le_bytes(take(left)?) as usize;
    let (head, rest) = left.split_at_checked(length).ok_or("its values end too early")?;
    *left = rest;
    Ok(head)
}

/// The geometry of a table; `None` where it has no positions.
fn geometry(
    part: &Part<'_>,
    kind: GeometryType,
    depth: usize,
    room: &Cell<usize>,
) -> Result<Option<Geometry<f64>>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("has collections over {MAX_DEPTH} deep"));
    }
    let kind = if kind == GeometryType::Unknown { part.type_() } else { kind };
    let parts = || part.parts().into_iter().flatten();
    let coords = || positions(part, room);
    let read = match kind {
        GeometryType::Point => coords()?.first().map(|c| Geometry::Point(Point(*c))),
        GeometryType::MultiPoint => {
            let points: Vec<Point<f64>> = coords()?.into_iter().map(Point).collect();
            (!points.is_empty()).then(|| Geometry::MultiPoint(MultiPoint::new(points)))
        }
        GeometryType::LineString => {
            let coords = coords()?;
            (!coords.is_empty()).then(|| Geometry::LineString(LineString::new(coords)))
        }
        GeometryType::MultiLineString => {
            let lines = lines(part, room)?;
            (!lines.is_empty()).then(|| Geometry::MultiLineString(MultiLineString::new(lines)))
        }
        GeometryType::Polygon => polygon(part, room)?.map(Geometry::Polygon),
        GeometryType::MultiPolygon => {
            let polygons: Vec<Polygon<f64>> =
                parts().filter_map(|p| polygon(&p, room).transpose()).collect::<Result<_, _>>()?;
            (!polygons.is_empty()).then(|| Geometry::MultiPolygon(MultiPolygon::new(polygons)))
        }
        GeometryType::GeometryCollection => {
            let inner = parts()
                .filter_map(|p| geometry(&p, GeometryType::Unknown, depth + 1, room).transpose())
                .collect::<Result<Vec<_>, _>>()?;
            (!inner.is_empty()).then_some(Geometry::GeometryCollection(GeometryCollection(inner)))
        }
        GeometryType::Unknown => None,
        other => {
            let name = other.variant_name().unwrap_or("unknown kind");
            return Err(format!("is a {name}, and only points, lines and areas are read"));
        }
    };
    Ok(read)
}

/// The positions of a part. `room` is for those of the whole geometry: its parts may be one
/// and the same, a million times.
fn positions(part: &Part<'_>, room: &Cell<usize>) -> Result<Vec<Coord<f64>>, String> {
    let Some(xy) = part.xy() else { return Ok(Vec::new()) };
    let Some(left) = room.get().checked_sub(xy.len() / 2) else {
        return Err(format!("has over {MAX_POSITIONS} positions"));
    };
    room.set(left);
    let coords: Vec<Coord<f64>> =
        (0..xy.len() / 2).map(|i| Coord { x: xy.get(2 * i), y: xy.get(2 * i + 1) }).collect();
    if coords.iter().all(|c| c.x.is_finite() && c.y.is_finite()) {
        return Ok(coords);
    }
    Err("a coordinate is not a number".to_owned())
}

/// The positions in pieces: `ends` says where each piece ends.
fn lines(part: &Part<'_>, room: &Cell<usize>) -> Result<Vec<LineString<f64>>, String> {
    let coords = positions(part, room)?;
    if coords.is_empty() {
        return Ok(Vec::new());
    }
    let Some(ends) = part.ends().filter(|ends| !ends.is_empty()) else {
        return Ok(vec![LineString::new(coords)]);
    };
    let mut lines = Vec::with_capacity(ends.len());
    let mut from = 0;
    for end in ends {
        let line = coords.get(from..end as usize).ok_or("the parts of its geometry do not fit")?;
        lines.push(LineString::new(line.to_vec()));
        from = end as usize;
    }
    Ok(lines)
}

fn polygon(part: &Part<'_>, room: &Cell<usize>) -> Result<Option<Polygon<f64>>, String> {
    let mut rings = lines(part, room)?.into_iter();
    Ok(rings.next().map(|outer| Polygon::new(outer, rings.collect())))
}

impl<R: Input> Iterator for FlatGeobuf<R> {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let next = match self.feature() {
            Ok(None) => None,
            Ok(Some(bytes)) => Some(Ok(self
                .row(&bytes)
                .map_err(|detail| RowFault { place: Place::Feature(self.number), detail }))),
            Err(fault) => Some(Err(fault)),
        };
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<R: Input> Rows for FlatGeobuf<R> {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn epsg(&self) -> Option<u32> {
        self.epsg
    }

    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    fn progress(&self) -> Option<f64> {
        Some(self.at as f64 / self.length.max(1) as f64)
    }
}
