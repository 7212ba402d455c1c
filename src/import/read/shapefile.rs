//! Shapefiles: in a zip archive, as offices send them, or the `.shp` with its parts beside.
//!
//! `.shp` has the shapes, `.dbf` the values, `.prj` the coordinate system and `.cpg` the
//! encoding; `.shx` is not needed, because the shapes are read in order. What is in an
//! archive is unpacked into files without a name, which the system removes.

mod shapes;
mod table;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use super::{Options, file, header, name, unreadable};
use crate::import::limits::MAX_UNPACKED_BYTES;
use crate::import::row::{Columns, FileFault, Next, Place, Row, RowFault, Rows};
use shapes::Shapes;
use table::Table;

const FORMAT: &str = "shapefile";
/// Bytes of a `.prj` or a `.cpg`.
const MAX_NOTE_BYTES: u64 = 64 * 1024;

/// The files of one layer.
struct Parts {
    shp: File,
    dbf: Option<File>,
    prj: String,
    cpg: String,
    remarks: Vec<String>,
}

/// Opens a zip archive or a `.shp`. In an archive, `options` may name the layer.
///
/// # Errors
/// Where a part cannot be read or is damaged, or is too large when unpacked.
pub fn open(path: &Path, options: &Options) -> Result<Box<dyn Rows>, FileFault> {
    open_within(path, options, MAX_UNPACKED_BYTES)
}

fn open_within(path: &Path, options: &Options, most: u64) -> Result<Box<dyn Rows>, FileFault> {
    let mut magic = [0; 2];
    let mut whole = file(path)?;
    let read = whole.read(&mut magic).and_then(|_| whole.rewind());
    read.map_err(|e| unreadable(path, e))?;
    let parts = if magic == *b"PK" {
        Archive::open(path, whole)?.parts(options, most)?
    } else {
        beside(path, whole)?
    };
    let malformed = |detail| FileFault::Malformed { path: name(path), format: FORMAT, detail };
    let length = parts.shp.metadata().map_err(|e| unreadable(path, e))?.len();
    let shapes = Shapes::open(BufReader::new(parts.shp), length).map_err(malformed)?;
    let mut remarks = parts.remarks;
    let table = if let Some(dbf) = parts.dbf {
        let length = dbf.metadata().map_err(|e| unreadable(path, e))?.len();
        Some(Table::open(BufReader::new(dbf), length, &parts.cpg).map_err(malformed)?)
    } else {
        remarks.push("there is no .dbf: only shapes, no values".to_owned());
        None
    };
    let mut columns = Arc::default();
    if let Some(table) = &table {
        remarks.push(table.remark());
        columns = Arc::new(header::names(table.names(), &name(path))?);
    }
    let epsg = epsg(&parts.prj);
    if parts.prj.is_empty() {
        remarks.push("there is no .prj: it does not say in what its coordinates are".to_owned());
    } else if epsg.is_none() {
        let system = parts.prj.split('"').nth(1).unwrap_or(parts.prj.trim());
        remarks.push(format!("its .prj says \"{system}\", which is not recognised"));
    }
    let shown = name(path);
    Ok(Box::new(Shapefile {
        path: shown,
        shapes,
        table,
        columns,
        epsg,
        remarks,
        number: 0,
        over: false,
    }))
}

/// The parts beside a `.shp`, whatever the case of their endings.
fn beside(path: &Path, shp: File) -> Result<Parts, FileFault> {
    let part = |ending: &str| {
        [ending.to_owned(), ending.to_ascii_uppercase()]
            .into_iter()
            .map(|ending| path.with_extension(ending))
            .find(|part| part.is_file())
            .map(|part| file(&part))
            .transpose()
    };
    let note = |ending: &str| -> Result<String, FileFault> {
        part(ending)?.map_or_else(|| Ok(String::new()), |f| text(f, path))
    };
    Ok(Parts { shp, dbf: part("dbf")?, prj: note("prj")?, cpg: note("cpg")?, remarks: Vec::new() })
}

fn text(from: impl Read, path: &Path) -> Result<String, FileFault> {
    let mut bytes = Vec::new();
    from.take(MAX_NOTE_BYTES).read_to_end(&mut bytes).map_err(|e| unreadable(path, e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A zip archive with shapefiles in it.
struct Archive<'a> {
    path: &'a Path,
    zip: zip::ZipArchive<File>,
}

impl<'a> Archive<'a> {
    fn open(path: &'a Path, whole: File) -> Result<Self, FileFault> {
        let zip = zip::ZipArchive::new(whole).map_err(|e| broken(path, &e))?;
        Ok(Self { path, zip })
    }

    /// The parts of the layer that is asked for, or of the first.
    fn parts(mut self, options: &Options, most: u64) -> Result<Parts, FileFault> {
        let names: Vec<String> =
            self.zip.file_names().flatten().map(|name| name.to_string()).collect();
        let mut layers: Vec<&str> = names.iter().filter_map(|n| stem(n, "shp")).collect();
        layers.sort_unstable();
        let short = |layer: &str| layer.rsplit('/').next().unwrap_or(layer).to_owned();
        let listed = layers.iter().map(|l| short(l)).collect::<Vec<_>>().join(", ");
        let found = match &options.layer {
            Some(wanted) => layers.iter().find(|l| short(l) == *wanted),
            None => layers.first(),
        };
        let Some(layer) = found else {
            let detail = match &options.layer {
                Some(wanted) => format!("it has no layer {wanted}; its layers are {listed}"),
                None => "it has no .shp in it".to_owned(),
            };
            return Err(FileFault::Unknown { path: name(self.path), detail });
        };
        let mut remarks = Vec::new();
        if layers.len() > 1 && options.layer.is_none() {
            remarks.push(format!("the layer {} is read; there are {listed}", short(layer)));
        }
        let part = |ending: &str| {
            names.iter().find(|n| stem(n, ending) == Some(layer)).map(String::as_str)
        };
        let mut left = most;
        let shp = part("shp").map(|n| self.unpacked(n, &mut left, most)).transpose()?;
        let dbf = part("dbf").map(|n| self.unpacked(n, &mut left, most)).transpose()?;
        let prj = part("prj").map(|n| self.note(n)).transpose()?.unwrap_or_default();
        let cpg = part("cpg").map(|n| self.note(n)).transpose()?.unwrap_or_default();
        let Some(shp) = shp else { return Err(broken(self.path, &"its .shp is gone")) };
        Ok(Parts { shp, dbf, prj, cpg, remarks })
    }

    /// Unpacks a part into a file without a name; `left` is what may still be unpacked.
    fn unpacked(&mut self, part: &str, left: &mut u64, most: u64) -> Result<File, FileFault> {
        let path = self.path;
        let packed = self.zip.by_name(part).map_err(|e| broken(path, &e))?;
        let mut out = tempfile::tempfile().map_err(|e| unreadable(path, e))?;
        let copied = std::io::copy(&mut packed.take(*left + 1), &mut out);
        let copied = copied.map_err(|e| broken(path, &e))?;
        if copied > *left {
            return Err(FileFault::TooLarge {
                path: name(path),
                what: "what is in the archive",
                limit: format!("{most} bytes"),
            });
        }
        *left -= copied;
        out.rewind().map_err(|e| unreadable(path, e))?;
        Ok(out)
    }

    fn note(&mut self, part: &str) -> Result<String, FileFault> {
        let path = self.path;
        text(self.zip.by_name(part).map_err(|e| broken(path, &e))?, path)
    }
}

fn broken(path: &Path, cause: &dyn std::fmt::Display) -> FileFault {
    FileFault::Malformed { path: name(path), format: "zip archive", detail: cause.to_string() }
}

/// The name of a layer, if `file` is its part with this ending.
fn stem<'a>(file: &'a str, ending: &str) -> Option<&'a str> {
    let (stem, found) = file.rsplit_once('.')?;
    found.eq_ignore_ascii_case(ending).then_some(stem)
}

/// The EPSG code of a coordinate system in well-known text: the code that it states, or
/// the one of a geographic system by its name as Esri and GDAL write it. A projected system
/// that states no code is not guessed.
fn epsg(prj: &str) -> Option<u32> {
    let text: String = prj.split_whitespace().collect::<Vec<_>>().join(" ");
    // The outermost authority stands last.
    let stated = text.rsplit_once("AUTHORITY[\"EPSG\",\"").map(|(_, code)| code);
    if let Some(code) = stated.and_then(|c| c.split('"').next()) {
        return code.parse().ok();
    }
    if !text.starts_with("GEOGCS") {
        return None;
    }
    let name: String = text
        .split('"')
        .nth(1)?
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_uppercase();
    match name.trim_start_matches("GCS") {
        "WGS1984" | "WGS84" => Some(4326),
        "CHINAGEODETICCOORDINATESYSTEM2000" | "CHINA2000" | "CGCS2000" => Some(4490),
        "BEIJING1954" => Some(4214),
        "XIAN1980" => Some(4610),
        _ => None,
    }
}

struct Shapefile {
    path: String,
    shapes: Shapes<BufReader<File>>,
    table: Option<Table<BufReader<File>>>,
    columns: Arc<Columns>,
    epsg: Option<u32>,
    remarks: Vec<String>,
    number: u64,
    over: bool,
}

impl Shapefile {
    /// The next shape with its values. Rows that were deleted are passed over.
    fn read(&mut self) -> Result<Option<Result<Row, RowFault>>, String> {
        loop {
            let Some(shape) = self.shapes.next()? else { return Ok(None) };
            self.number += 1;
            let values = match &mut self.table {
                None => Some(Ok(Vec::new())),
                Some(table) => table.next()?,
            };
            let Some(values) = values else { continue };
            let place = Place::Feature(self.number);
            let row = shape.and_then(|geometry| Ok((geometry, values?)));
            return Ok(Some(match row {
                Ok((geometry, values)) => {
                    Ok(Row { place, columns: Arc::clone(&self.columns), values, geometry })
                }
                Err(detail) => Err(RowFault { place, detail }),
            }));
        }
    }
}

impl Iterator for Shapefile {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        if self.over {
            return None;
        }
        let next = match self.read() {
            Ok(row) => row.map(Ok),
            Err(detail) => Some(Err(FileFault::Malformed {
                path: self.path.clone(),
                format: FORMAT,
                detail: format!("after feature {}: {detail}", self.number),
            })),
        };
        self.over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Rows for Shapefile {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn epsg(&self) -> Option<u32> {
        self.epsg
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }

    fn progress(&self) -> Option<f64> {
        Some(self.shapes.progress())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn what_unpacks_to_too_much_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("a.shp", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![0; 300_000]).unwrap();
        zip.finish().unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 3000);
        let Err(e) = open_within(&path, &Options::default(), 200_000) else {
            panic!("it was unpacked")
        };
        assert!(e.to_string().contains("over the limit of 200000 bytes"), "{e}");
        let Err(e) = open_within(&path, &Options::default(), 300_000) else {
            panic!("zeros are no shapes")
        };
        assert!(e.to_string().contains("does not begin as one"), "{e}");
    }

    #[test]
    fn a_coordinate_system_is_known_by_its_code_or_its_name() {
        let esri = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000"#;
        assert_eq!(epsg(esri), Some(4490));
        assert_eq!(epsg(r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984","#), Some(4326));
        let projected =
            r#"PROJCS["x",GEOGCS["WGS 84",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","32650"]]"#;
        assert_eq!(epsg(projected), Some(32650));
        assert_eq!(epsg(r#"PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_WGS_1984""#), None);
        assert_eq!(epsg("GEOGCS["), None);
    }
}
