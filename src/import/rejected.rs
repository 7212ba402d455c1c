//! Rows that did not go in, as a table that can be corrected and imported.

use std::io::{self, Write};
use std::path::Path;

use geo::Geometry;

use super::report::Rejected;

/// Excel takes a file without it for the code page of the machine.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The names of the two columns that are added.
const PLACE: &str = "rejected_row";
const REASON: &str = "rejected_because";

/// Writes the rows with their own columns, where each stands and why it did not go in. A
/// row that is a point on the map keeps its position in two more columns.
pub fn write(rejected: &[Rejected], out: impl Write) -> io::Result<()> {
    let mut out = out;
    out.write_all(BYTE_ORDER_MARK)?;
    let mut csv = csv::Writer::from_writer(out);
    // Formats without a table give later rows more columns.
    let rows = rejected.iter().filter_map(|r| r.row.as_ref());
    let names = rows.map(|row| &row.columns.0).max_by_key(|names| names.len());
    let names: &[String] = names.map_or(&[], Vec::as_slice);
    let point = |r: &Rejected| match r.row.as_ref()?.geometry.as_ref()? {
        Geometry::Point(point) => Some(point.0),
        _ => None,
    };
    let points = rejected.iter().any(|r| point(r).is_some());
    let more: &[&str] = if points { &["lon", "lat"] } else { &[] };
    csv.write_record(
        names.iter().map(String::as_str).chain(more.iter().copied()).chain([PLACE, REASON]),
    )?;
    for rejection in rejected {
        let cell =
            |i: usize| rejection.row.as_ref().and_then(|row| row.get(i).text()).unwrap_or_default();
        let mut cells: Vec<String> = (0..names.len()).map(cell).collect();
        if points {
            let at = point(rejection);
            cells.push(at.map(|at| at.x.to_string()).unwrap_or_default());
            cells.push(at.map(|at| at.y.to_string()).unwrap_or_default());
        }
        cells.push(rejection.place.to_string());
        cells.push(rejection.reasons.join("; "));
        csv.write_record(&cells)?;
    }
    csv.flush()
}

/// Writes them to a file, which is there whole or not at all; an older one is replaced.
pub fn save(rejected: &[Rejected], path: &Path) -> io::Result<()> {
    let mut half = path.as_os_str().to_owned();
    half.push(".part");
    let file = std::fs::File::create(&half)?;
    write(rejected, io::BufWriter::new(&file))?;
    file.sync_all()?;
    std::fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::import::read;

    #[test]
    fn what_was_rejected_can_be_read_again() {
        let text = "name,lon\n甲,\"a\"\"b\"\n乙\n";
        let rows = read::csv::read(Cursor::new(text.as_bytes()), "a.csv").unwrap();
        let rejected: Vec<Rejected> = rows
            .map(|row| match row.unwrap() {
                Ok(row) => Rejected {
                    place: row.place.clone(),
                    row: Some(row),
                    reasons: vec!["lon: \"a\"".to_owned(), "other".to_owned()],
                },
                Err(fault) => fault.into(),
            })
            .collect();
        let mut out = Vec::new();
        write(&rejected, &mut out).unwrap();
        let again = read::csv::read(Cursor::new(out), "rejected.csv").unwrap();
        let rows: Vec<_> = again.map(|row| row.unwrap().unwrap()).collect();
        assert_eq!(rows[0].columns.0, ["name", "lon", PLACE, REASON]);
        assert_eq!(rows[0].get(1).text().as_deref(), Some("a\"b"));
        assert_eq!(rows[0].get(2).text().as_deref(), Some("line 2"));
        assert_eq!(rows[0].get(3).text().as_deref(), Some("lon: \"a\"; other"));
        assert!(rows[1].get(3).text().unwrap().contains("2 names"));
    }
}
