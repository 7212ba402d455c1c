//! What is exported is read again as the same records, and GDAL reads it too.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use geo::{Geometry, MultiPolygon};
use geozero::ToGeo;
use geozero::wkt::Wkt;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use servicemap::city::{Level, Localized, Quality, Release, ReleasedCell, Residents};
use servicemap::export::{self, Format, Layer};
use servicemap::geo::LonLat;
use servicemap::import::row::Row;
use servicemap::import::words;
use servicemap::store::{DivisionRecord, PointRecord, Record, Retirement};

use crate::{gdal, records};

const FORMATS: [(Format, &str); 5] = [
    (Format::Csv, "a.csv"),
    (Format::GeoJson, "a.geojson"),
    (Format::GeoPackage, "a.gpkg"),
    (Format::FlatGeobuf, "a.fgb"),
    (Format::GeoParquet, "a.parquet"),
];

/// Values of a row by name.
struct Cells<'a>(&'a Row);

impl Cells<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        gdal::text(self.0, name)
    }

    fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.optional(name).map(|text| words::list(&text)).unwrap_or_default()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.optional(name).map(|text| text.parse().unwrap())
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, name: &str) -> Option<T> {
        self.optional(name).map(|text| text.parse().unwrap())
    }

    fn names(&self) -> Localized {
        Localized { zh: self.text("name"), en: self.text("name_en") }
    }

    fn retired(&self) -> Option<Retirement> {
        let (successor, reason) = (self.optional("successor"), self.text("retired_reason"));
        self.parsed("retired_at").map(|at| Retirement { at, successor, reason })
    }

    /// The area, which CSV has as text.
    fn area(&self) -> Option<MultiPolygon<f64>> {
        let geometry = match &self.0.geometry {
            Some(geometry) => geometry.clone(),
            None if self.0.columns.position("wkt").is_some() => {
                Wkt(self.optional("wkt")?).to_geo().unwrap()
            }
            None => return None,
        };
        match geometry {
            Geometry::MultiPolygon(area) => Some(area),
            Geometry::Polygon(polygon) => Some(MultiPolygon::new(vec![polygon])),
            other => panic!("{other:?} is no area"),
        }
    }

    fn point(&self) -> PointRecord {
        let location = match &self.0.geometry {
            Some(Geometry::Point(p)) => LonLat::new(p.x(), p.y()),
            Some(other) => panic!("{other:?} is no point"),
            None => LonLat::new(self.number("lon").unwrap(), self.number("lat").unwrap()),
        };
        PointRecord {
            id: self.text("id"),
            name: self.names(),
            aliases: self.list("aliases"),
            category: self.text("category"),
            matters: self.list("matters"),
            address: self.optional("address"),
            phone: self.optional("phone"),
            opening_hours: self.optional("opening_hours"),
            accessibility: self.list("accessibility"),
            location,
            source: self.text("source"),
            observed_at: self.parsed("observed_at"),
            retired: self.retired(),
        }
    }

    fn division(&self) -> DivisionRecord {
        let quality = match self.text("quality").as_str() {
            "authoritative" => Quality::Authoritative,
            "approximate" => Quality::Approximate,
            other => panic!("{other} is no quality"),
        };
        DivisionRecord {
            code: self.text("code"),
            level: Level::parse(&self.text("level")).unwrap(),
            name: self.names(),
            aliases: self.list("aliases"),
            parent: self.optional("parent"),
            valid_from: self.parsed("valid_from"),
            valid_to: self.parsed("valid_to"),
            predecessors: self.list("predecessors"),
            successors: self.list("successors"),
            quality,
            area: self.area(),
            point: self.number("lon").map(|lon| LonLat::new(lon, self.number("lat").unwrap())),
            placed_by: self.optional("placed_by"),
            residents: Residents::read(self.parsed("population"), self.parsed("population_at"))
                .unwrap(),
            source: self.text("source"),
            retired: self.retired(),
        }
    }
}

fn trim(text: &mut String) {
    *text = text.trim().to_owned();
}

fn trim_or_none(value: &mut Option<String>) {
    *value = value.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
}

fn trim_all(list: &mut Vec<String>) {
    *list = list.iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
}

fn trim_retired(retired: &mut Option<Retirement>) {
    if let Some(retired) = retired {
        trim_or_none(&mut retired.successor);
        trim(&mut retired.reason);
    }
}

/// Records with an id each, and with their texts as `import` takes them: trimmed, and none
/// where empty.
fn settled(all: Vec<Record>) -> (Vec<PointRecord>, Vec<DivisionRecord>) {
    let (mut points, mut divisions) = (Vec::new(), Vec::new());
    for record in all {
        match record {
            Record::Point(mut p) => {
                p.id = format!("{:03}", points.len());
                [&mut p.name.zh, &mut p.name.en, &mut p.category, &mut p.source]
                    .into_iter()
                    .for_each(trim);
                [&mut p.address, &mut p.phone, &mut p.opening_hours]
                    .into_iter()
                    .for_each(trim_or_none);
                [&mut p.aliases, &mut p.matters, &mut p.accessibility]
                    .into_iter()
                    .for_each(trim_all);
                trim_retired(&mut p.retired);
                points.push(p);
            }
            Record::Division(mut d) => {
                d.code = format!("{:03}", divisions.len());
                [&mut d.name.zh, &mut d.name.en, &mut d.source].into_iter().for_each(trim);
                [&mut d.parent, &mut d.placed_by].into_iter().for_each(trim_or_none);
                [&mut d.aliases, &mut d.predecessors, &mut d.successors]
                    .into_iter()
                    .for_each(trim_all);
                trim_retired(&mut d.retired);
                divisions.push(d);
            }
            _ => {}
        }
    }
    (points, divisions)
}

#[test]
fn random_records_come_back_from_every_format() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]);
    let mut runner = TestRunner::new_with_rng(Config::with_cases(40), rng);
    let folder = tempfile::tempdir().unwrap();
    let check = |all: Vec<Record>| {
        let (points, divisions) = settled(all);
        for (format, name) in FORMATS {
            let path = folder.path().join(name);
            let written = |layer: &Layer| {
                export::write(&path, format, layer).unwrap();
                let (rows, reader) = gdal::read(&path);
                let says = !matches!(format, Format::Csv | Format::GeoJson);
                assert_eq!(reader.epsg(), says.then_some(4326).or(reader.epsg()));
                rows
            };
            let rows = written(&Layer::Points(points.clone()));
            let mut found: Vec<_> = rows.iter().map(|row| Cells(row).point()).collect();
            // The index of FlatGeobuf changes the order.
            found.sort_by(|a, b| a.id.cmp(&b.id));
            prop_assert_eq!(&found, &points, "{}", name);
            let rows = written(&Layer::Divisions(divisions.clone()));
            let mut found: Vec<_> = rows.iter().map(|row| Cells(row).division()).collect();
            found.sort_by(|a, b| a.code.cmp(&b.code));
            prop_assert_eq!(&found, &divisions, "{}", name);
        }
        Ok(())
    };
    runner.run(&prop::collection::vec(records::any(), 1..30), check).unwrap();
}

fn points() -> Layer {
    let Record::Point(mut point) = records::point("p-1", "样例图书馆") else { unreachable!() };
    point.aliases = vec!["样例馆, 老馆".to_owned(), "分馆".to_owned()];
    Layer::Points(vec![point])
}

/// One division with an area, and one without.
fn divisions() -> Layer {
    let ring = vec![(116.1, 39.1), (116.2, 39.1), (116.2, 39.2), (116.1, 39.1)];
    let square = geo::Polygon::new(ring.into(), Vec::new());
    let with_area = DivisionRecord {
        code: "100".into(),
        level: Level::District,
        name: Localized { zh: "样例区".into(), en: "Sample District".into() },
        aliases: Vec::new(),
        parent: None,
        valid_from: Some(jiff::civil::date(2000, 1, 1)),
        valid_to: None,
        predecessors: vec!["99".into()],
        successors: Vec::new(),
        quality: Quality::Authoritative,
        area: Some(MultiPolygon::new(vec![square])),
        point: None,
        placed_by: None,
        residents: None,
        source: "test".into(),
        retired: None,
    };
    let without = DivisionRecord { code: "101".into(), area: None, ..with_area.clone() };
    Layer::Divisions(vec![with_area, without])
}

fn ogrinfo(path: &Path) -> String {
    let output = Command::new("ogrinfo").args(["-al", "-ro"]).arg(path).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && err.trim().is_empty(), "{}: {err}", path.display());
    out.into_owned()
}

/// A month with what is in no cell, and one without.
fn release() -> Layer {
    let month = |id: &str, elsewhere| {
        Arc::new(Release {
            id: id.to_owned(),
            begins: jiff::Timestamp::UNIX_EPOCH,
            ends: jiff::Timestamp::UNIX_EPOCH,
            k: 20,
            method: 1,
            seq: 7,
            made_at: jiff::Timestamp::UNIX_EPOCH,
            cells: vec![ReleasedCell::from((1, 1, 0, 31)), ReleasedCell::from((2, 0, 0, 20))],
            elsewhere,
        })
    };
    Layer::Release(vec![month("2026-09", Some(25)), month("2026-10", None)])
}

#[test]
fn public_figures_come_back_from_every_format_and_gdal_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in FORMATS {
        let path = folder.path().join(name);
        export::write(&path, format, &release()).unwrap();
        let (rows, _) = gdal::read(&path);
        let found: Vec<_> = rows
            .iter()
            .map(|row| {
                let cells = Cells(row);
                let corner = cells.area().and_then(|area| {
                    use geo::BoundingRect;
                    area.bounding_rect().map(|r| (r.min().x.round(), r.max().y.round()))
                });
                let tile = [cells.number("z"), cells.number("x"), cells.number("y")];
                (cells.text("month"), cells.number("count"), tile, corner)
            })
            .collect();
        let cell = |month: &str, count: f64, tile: [f64; 3], corner| {
            (month.to_owned(), Some(count), tile.map(Some), Some(corner))
        };
        let east = |month| cell(month, 31.0, [1.0, 1.0, 0.0], (0.0, 85.0));
        let west = |month| cell(month, 20.0, [2.0, 0.0, 0.0], (-180.0, 85.0));
        let elsewhere = ("2026-09".to_owned(), Some(25.0), [None; 3], None);
        let expected =
            [east("2026-09"), west("2026-09"), elsewhere, east("2026-10"), west("2026-10")];
        assert_eq!(found, expected, "{name}");
        if format != Format::GeoParquet {
            let said = ogrinfo(&path);
            assert!(said.contains("Feature Count: 5"), "{said}");
            assert!(said.contains(") = 31"), "{said}");
        }
    }
}

/// Debian's GDAL has no driver for Parquet.
#[test]
fn gdal_reads_what_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    for (format, name) in &FORMATS[..4] {
        let path = folder.path().join(name);
        export::write(&path, *format, &points()).unwrap();
        let said = ogrinfo(&path);
        assert!(said.contains("Feature Count: 1"), "{said}");
        assert!(said.contains("id (String) = p-1"), "{said}");
        assert!(said.contains("样例图书馆"), "{said}");
        if *format != Format::Csv {
            assert!(said.contains("POINT (116.4 39.9)") && said.contains("WGS 84"), "{said}");
        }
        export::write(&path, *format, &divisions()).unwrap();
        let said = ogrinfo(&path);
        assert!(said.contains("Feature Count: 2"), "{said}");
        let area = "(((116.1 39.1,116.2 39.1,116.2 39.2,116.1 39.1)))";
        assert!(said.replace("MULTIPOLYGON ", "").contains(area), "{said}");
    }
}

#[test]
fn a_file_that_cannot_be_written_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.csv");
    std::fs::create_dir(&there).unwrap();
    assert!(export::write(&there, Format::Csv, &points()).is_err());
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing unfinished is left");
    assert_eq!(Format::of(Path::new("a.GPKG")), Some(Format::GeoPackage));
    assert_eq!(Format::of(Path::new("a.xlsx")), None);
}
