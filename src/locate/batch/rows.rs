//! One row: its id and its position, or what is wrong with it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The id of a row as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id<'a> {
    /// None was given, or it could not be read.
    None,
    /// A JSON string or number, as it was written.
    Json(&'a str),
    /// A cell.
    Cell(Cow<'a, str>),
}

/// What a row gives: longitude and latitude, not checked, or what is wrong.
#[derive(Debug)]
pub(super) struct Given<'a> {
    pub(super) id: Id<'a>,
    pub(super) position: Result<(f64, f64), String>,
}

impl Given<'_> {
    pub(super) fn fault(detail: impl Into<String>) -> Self {
        Self { id: Id::None, position: Err(detail.into()) }
    }
}

/// Reads an object with `id`, `lon` and `lat`; other members do not count.
pub(super) fn ndjson(row: &[u8]) -> Given<'_> {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow, default, alias = "编号", alias = "序号")]
        id: Option<&'a RawValue>,
        #[serde(alias = "lng", alias = "longitude", alias = "经度")]
        lon: f64,
        #[serde(alias = "latitude", alias = "纬度")]
        lat: f64,
    }
    /// What is left of an object whose position cannot be read.
    #[derive(Deserialize)]
    struct OnlyId<'a> {
        #[serde(borrow, default, alias = "编号", alias = "序号")]
        id: Option<&'a RawValue>,
    }
    match serde_json::from_slice::<Object<'_>>(row) {
        Ok(object) => match json_id(object.id) {
            Some(id) => Given { id, position: Ok((object.lon, object.lat)) },
            None => Given::fault("id is a string or a number"),
        },
        Err(e) => {
            let only = serde_json::from_slice::<OnlyId<'_>>(row).ok();
            let id = only.and_then(|o| json_id(o.id)).unwrap_or(Id::None);
            Given { id, position: Err(plain(&e)) }
        }
    }
}

/// An id that may be written back as it is.
fn json_id(raw: Option<&RawValue>) -> Option<Id<'_>> {
    match raw.map(RawValue::get) {
        None | Some("null") => Some(Id::None),
        Some(text) if text.starts_with(['{', '[', 't', 'f']) => None,
        Some(text) => Some(Id::Json(text)),
    }
}

/// What the reader of JSON says, with the column; the line is always the first.
fn plain(e: &serde_json::Error) -> String {
    e.to_string().replace(" at line 1 column ", " at column ")
}

/// What columns may be called; members of objects have the same names.
const ID: [&str; 3] = ["id", "编号", "序号"];
const LON: [&str; 4] = ["lon", "lng", "longitude", "经度"];
const LAT: [&str; 3] = ["lat", "latitude", "纬度"];

/// Where the columns are.
#[derive(Debug, Default)]
pub(super) struct Columns {
    id: Option<usize>,
    lon: usize,
    lat: usize,
}

impl Columns {
    /// Reads the header; other columns do not count.
    pub(super) fn read(header: &[u8]) -> Option<Self> {
        let cells = cells(header).ok()?;
        let find = |names: &[&str]| {
            cells.iter().position(|c| names.iter().any(|n| c.trim().eq_ignore_ascii_case(n)))
        };
        Some(Self { id: find(&ID), lon: find(&LON)?, lat: find(&LAT)? })
    }

    pub(super) fn row<'a>(&self, row: &'a [u8]) -> Given<'a> {
        let cells = match cells(row) {
            Ok(cells) => cells,
            Err(detail) => return Given::fault(detail),
        };
        let number = |name: &str, column: usize| {
            let cell = cells.get(column).ok_or_else(|| format!("there is no cell for {name}"))?;
            let number = cell.trim().parse().ok().filter(|n: &f64| n.is_finite());
            number.ok_or_else(|| format!("{name} is \"{cell}\", which is not a number"))
        };
        let lon = number("lon", self.lon);
        let position = lon.and_then(|lon| Ok((lon, number("lat", self.lat)?)));
        let id = self.id.and_then(|column| cells.get(column).cloned());
        Given { id: id.map_or(Id::None, Id::Cell), position }
    }
}

/// The cells of a row.
fn cells(row: &[u8]) -> Result<Vec<Cow<'_, str>>, String> {
    let text = std::str::from_utf8(row).map_err(|_| "the row is not UTF-8".to_owned())?;
    if !text.contains('"') {
        return Ok(text.split(',').map(Cow::Borrowed).collect());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Ok(record.iter().map(|c| Cow::Owned(c.to_owned())).collect()),
        Ok(false) => Ok(Vec::new()),
        Err(e) => Err(e.to_string()),
    }
}
