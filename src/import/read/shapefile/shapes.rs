//! The shapes of a `.shp`, in their order. Heights and measures are read over.

use std::io::Read;

use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, Point};

use crate::import::limits::{MAX_LINE_BYTES, MAX_POSITIONS};
use crate::import::rings;

const HEADER_BYTES: u64 = 100;
/// What is no measure is below this, by the format; here it is no coordinate either.
const NO_DATA: f64 = -1e38;

/// A shape, nothing where it is empty, or why it is none.
pub(super) type Found = Result<Option<Geometry<f64>>, String>;

pub(super) struct Shapes<R> {
    input: R,
    at: u64,
    length: u64,
}

impl<R: Read> Shapes<R> {
    /// Reads the header. `length` is the file's own.
    pub(super) fn open(mut input: R, length: u64) -> Result<Self, String> {
        let mut header = [0; HEADER_BYTES as usize];
        input.read_exact(&mut header).map_err(|e| format!("the .shp has no header: {e}"))?;
        if header[..4] != 9994_u32.to_be_bytes() {
            return Err("the .shp does not begin as one".to_owned());
        }
        // What comes after the length that it states is not part of it.
        let stated =
            2 * u64::from(u32::from_be_bytes([header[24], header[25], header[26], header[27]]));
        if stated > length {
            return Err(format!("the .shp should have {stated} bytes and has {length}"));
        }
        Ok(Self { input, at: HEADER_BYTES, length: stated })
    }

    pub(super) fn progress(&self) -> f64 {
        self.at as f64 / self.length.max(1) as f64
    }

    /// The next shape, or why it is none; `Ok(None)` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Found>, String> {
        if self.at >= self.length {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.input.read_exact(&mut head).map_err(|e| format!("the .shp ends: {e}"))?;
        let bytes = 2 * u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        if bytes > MAX_LINE_BYTES as u64 {
            return Err(format!("a shape claims {bytes} bytes; at most {MAX_LINE_BYTES} are read"));
        }
        if self.at + 8 + bytes > self.length {
            return Err("a shape goes on after the end that the .shp states".to_owned());
        }
        let mut record = Vec::new();
        let read = self.input.by_ref().take(bytes).read_to_end(&mut record);
        read.map_err(|e| format!("the .shp cannot be read: {e}"))?;
        if (record.len() as u64) < bytes {
            return Err("the .shp ends inside a shape".to_owned());
        }
        self.at += 8 + bytes;
        Ok(Some(Shape(&record).geometry()))
    }
}

/// What is left of a record.
struct Shape<'a>(&'a [u8]);

impl Shape<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (head, rest) = self.0.split_first_chunk().ok_or("the shape ends too early")?;
        self.0 = rest;
        Ok(*head)
    }

    /// A number of things, each of `bytes` bytes, that must still be there.
    fn count(&mut self, bytes: usize) -> Result<usize, String> {
        let count = u32::from_le_bytes(self.take()?) as usize;
        if count > MAX_POSITIONS {
            return Err(format!("claims {count} positions; at most {MAX_POSITIONS} are read"));
        }
        if count * bytes > self.0.len() {
            return Err("claims more positions than there are".to_owned());
        }
        Ok(count)
    }

    fn coord(&mut self) -> Result<Coord<f64>, String> {
        let x = f64::from_le_bytes(self.take()?);
        let y = f64::from_le_bytes(self.take()?);
        if x.is_finite() && y.is_finite() && x > NO_DATA && y > NO_DATA {
            return Ok(Coord { x, y });
        }
        Err("a coordinate is not a number".to_owned())
    }

    fn coords(&mut self, count: usize) -> Result<Vec<Coord<f64>>, String> {
        (0..count).map(|_| self.coord()).collect()
    }

    /// Parts of a line or rings of an area: where each begins, then all positions.
    fn parts(&mut self) -> Result<Vec<LineString<f64>>, String> {
        self.take::<32>()?;
        let parts = u32::from_le_bytes(self.take()?) as usize;
        let positions = self.count(16)?;
        if parts > positions || parts * 4 > self.0.len() {
            return Err("claims more parts than positions".to_owned());
        }
        let starts: Vec<usize> = (0..parts)
            .map(|_| Ok(u32::from_le_bytes(self.take()?) as usize))
            .collect::<Result<_, String>>()?;
        let coords = self.coords(positions)?;
        let mut lines = Vec::with_capacity(parts);
        for (i, &from) in starts.iter().enumerate() {
            let to = starts.get(i + 1).copied().unwrap_or(positions);
            let line = coords.get(from..to).ok_or("the parts of the shape do not fit")?;
            lines.push(LineString::new(line.to_vec()));
        }
        Ok(lines)
    }

    fn geometry(mut self) -> Result<Option<Geometry<f64>>, String> {
        let kind = u32::from_le_bytes(self.take()?);
        Ok(match kind {
            0 => None,
            1 | 11 | 21 => Some(Geometry::Point(Point(self.coord()?))),
            3 | 13 | 23 => {
                let mut lines = self.parts()?;
                match lines.len() {
                    0 => None,
                    1 => lines.pop().map(Geometry::LineString),
                    _ => Some(Geometry::MultiLineString(MultiLineString::new(lines))),
                }
            }
            5 | 15 | 25 => area(self.parts()?)?,
            8 | 18 | 28 => {
                self.take::<32>()?;
                let count = self.count(16)?;
                let points = self.coords(count)?.into_iter().map(Point).collect();
                (count > 0).then_some(Geometry::MultiPoint(MultiPoint::new(points)))
            }
            31 => return Err("is a multipatch, a body in space, which is not read".to_owned()),
            other => return Err(format!("{other} is no kind of shape")),
        })
    }
}

/// Outlines turn with the clock, holes against it.
fn area(all: Vec<LineString<f64>>) -> Result<Option<Geometry<f64>>, String> {
    let (holes, outlines): (Vec<_>, Vec<_>) =
        all.into_iter().filter(|r| r.0.len() > 2).partition(|ring| rings::turn(ring) > 0.0);
    let mut area = rings::nest(outlines, holes)?;
    Ok(match area.0.len() {
        0 => None,
        1 => area.0.pop().map(Geometry::Polygon),
        _ => Some(Geometry::MultiPolygon(area)),
    })
}
