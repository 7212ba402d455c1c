use std::fmt::Write as _;
use std::io::Cursor;

use geo::{Validation, polygon};

use super::*;
use crate::city::Residents;
use crate::city::synthetic::{self, Plan};
use crate::import::columns::{Subject, shipped};
use crate::import::gather::{Maps, gather};
use crate::import::read;

const PLAN: Plan =
    Plan { seed: 7, side: 16, steps: 2, communities: 40, townships: 8, districts: 3, bits: None };

fn city() -> City {
    static ONE: std::sync::OnceLock<City> = std::sync::OnceLock::new();
    ONE.get_or_init(|| synthetic::city(&PLAN)).clone()
}

fn kept(city: &City) -> BTreeMap<String, DivisionRecord> {
    city.divisions.iter().map(|d| (d.code.clone(), DivisionRecord::from(d))).collect()
}

/// Townships of the city as a file, their outlines changed by `change`.
fn layer(city: &City, change: impl Fn(usize, MultiPolygon<f64>) -> MultiPolygon<f64>) -> String {
    let mut out = String::new();
    let townships = city.divisions.iter().filter(|d| d.level == Level::Township);
    for (i, d) in townships.enumerate() {
        let area = change(i, d.area.clone().unwrap());
        let rings: Vec<Vec<Vec<[f64; 2]>>> = area
            .iter()
            .map(|p| {
                let rings = std::iter::once(p.exterior()).chain(p.interiors());
                rings.map(|r| r.coords().map(|c| [c.x, c.y]).collect()).collect()
            })
            .collect();
        let feature = serde_json::json!({
            "type": "Feature",
            "properties": {"code": d.code, "name": d.name.zh, "parent": d.parent},
            "geometry": {"type": "MultiPolygon", "coordinates": rings},
        });
        let _ = writeln!(out, "{feature}");
    }
    out
}

fn run(
    text: &str,
    kept: &BTreeMap<String, DivisionRecord>,
    replace: bool,
) -> Result<Prepared, String> {
    let city = city();
    let source = city.manifest.sources[0].id.clone();
    let bytes = Cursor::new(text.as_bytes().to_vec());
    let mut rows = if text.starts_with('{') {
        read::geojson::read(bytes, "a.geojsonl").unwrap()
    } else {
        read::csv::read(bytes, "a.csv").unwrap()
    };
    let set = [("source".to_owned(), source), ("level".to_owned(), "township".to_owned())];
    let maps = Maps::Choose(shipped().to_vec());
    let gathered = gather("a", rows.as_mut(), Subject::Divisions, maps, &set, &mut |_| {});
    let terms = Terms { city: &city, kept, crs: Some(Datum::Wgs84), replace };
    gathered.and_then(|g| prepare(g, &terms)).map_err(|e| e.to_string())
}

fn divisions(prepared: &Prepared) -> Vec<&DivisionRecord> {
    let put = prepared.writes.iter().filter_map(|write| match write {
        Write::Put(record) | Write::Add(record) => Some(record.as_ref()),
        Write::Retire { .. } => None,
    });
    put.filter_map(|r| if let Record::Division(d) = r { Some(d) } else { None }).collect()
}

fn said(prepared: &Prepared) -> String {
    prepared.report.notes.iter().fold(String::new(), |all, note| {
        format!("{all}{} x {}: {}\n", note.rows, note.what, note.examples.join(" | "))
    })
}

#[test]
fn a_layer_that_is_kept_already_changes_nothing() {
    let city = city();
    let prepared = run(&layer(&city, |_, area| area), &kept(&city), true).unwrap();
    assert_eq!(prepared.writes.len(), 0, "{:?}", prepared.writes[0]);
    assert_eq!((prepared.report.unchanged, prepared.report.retired), (8, 0));
    assert!(!said(&prepared).contains("overlap") && !said(&prepared).contains("gap"));
}

#[test]
fn an_outline_that_crosses_itself_is_repaired_and_said() {
    let city = city();
    let bow = |i: usize, area: MultiPolygon<f64>| {
        let Some(at) = centre(&area).filter(|_| i == 0) else { return area };
        let (x, y) = (at.lon, at.lat);
        MultiPolygon::new(vec![polygon![
            (x: x, y: y), (x: x + 0.01, y: y + 0.01), (x: x + 0.01, y: y), (x: x, y: y + 0.01),
        ]])
    };
    let prepared = run(&layer(&city, bow), &kept(&city), false).unwrap();
    let area = divisions(&prepared)[0].area.as_ref().unwrap();
    assert!(area.is_valid() && area.0.len() == 2, "{area:?}");
    let said = said(&prepared);
    assert!(said.contains("1 x the outline was not valid and was repaired"), "{said}");
}

#[test]
fn overlaps_and_gaps_are_told_with_their_size_and_keep_nothing_out() {
    use geo::Translate;
    let city = city();
    let moved = |i: usize, area: MultiPolygon<f64>| {
        if i == 3 { area.translate(0.002, 0.0) } else { area }
    };
    let prepared = run(&layer(&city, moved), &kept(&city), false).unwrap();
    assert_eq!((prepared.report.changed, prepared.report.rejected), (1, 0));
    let said = said(&prepared);
    assert!(said.contains("overlaps a division of its level") && said.contains("m²"), "{said}");
    // The neighbours' side that it left is open towards the outside only if it is at a rim.
    let inner = layer(&city, |i, area| if i == 3 { shrunk(&area) } else { area });
    let prepared = run(&inner, &kept(&city), false).unwrap();
    let notes = self::said(&prepared);
    assert!(!notes.contains("overlaps"), "{notes}");
}

/// The same about its middle, half as large.
fn shrunk(area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    use geo::Scale;
    area.scale(0.5)
}

#[test]
fn a_hole_that_nobody_covers_is_a_gap() {
    let at = city().manifest.center();
    let ring = |from: f64, to: f64| {
        let corners = [(from, from), (to, from), (to, to), (from, to), (from, from)];
        corners.map(|(x, y)| [at.lon + x, at.lat + y])
    };
    let text = serde_json::json!({
        "type": "Feature",
        "properties": {"code": "C1", "name": "环"},
        "geometry": {"type": "Polygon", "coordinates": [ring(0.0, 0.003), ring(0.001, 0.002)]},
    })
    .to_string();
    let prepared = run(&text, &BTreeMap::new(), false).unwrap();
    assert!(prepared.rejected.is_empty(), "{:?}", prepared.rejected);
    assert!(said(&prepared).contains("1 x a gap between divisions"), "{}", said(&prepared));
}

#[test]
fn what_is_not_in_the_file_goes_only_if_it_is_said_to_be_all() {
    let city = city();
    let whole = layer(&city, |_, area| area);
    let part: String = whole.lines().skip(1).fold(String::new(), |all, l| all + l + "\n");
    assert_eq!(run(&part, &kept(&city), false).unwrap().report.retired, 0);
    let replaced = run(&part, &kept(&city), true).unwrap();
    let Write::Retire { id, reason, .. } = &replaced.writes[0] else { panic!() };
    assert!(whole.lines().next().unwrap().contains(id) && reason.contains("not in a"));
    // History stays: what has ended is not in a layer of today.
    let mut ended = kept(&city);
    ended.get_mut(id).unwrap().valid_to = Some(jiff::civil::date(2020, 1, 1));
    assert_eq!(run(&part, &ended, true).unwrap().report.retired, 0);
    let broken =
        part + "{\"type\":\"Feature\",\"properties\":{\"name\":\"x\"},\"geometry\":null}\n";
    assert!(run(&broken, &kept(&city), true).unwrap_err().contains("all of it must be right"));
}

#[test]
fn every_reason_is_given_for_a_row_that_is_no_division() {
    let city = city();
    let known = city.divisions.iter().find(|d| d.level == Level::Township).unwrap().code.clone();
    let text = format!(
        "code,name,level,parent,valid_from,valid_to,quality,lon,lat\n\
         !,甲,village,,,,,,\n\
         N1,,township,nowhere,,,,,\n\
         N2,乙,township,{known},,,,,\n\
         N3,丙,township,,2024-01-01,2023-01-01,good,,\n\
         N4,丁,township,,soon,,,0,0\n\
         N5,戊,township,,,,,,\n\
         N5,己,township,,,,,,\n"
    );
    let prepared = run(&text, &kept(&city), false).unwrap();
    let reasons: Vec<String> = prepared.rejected.iter().map(|r| r.reasons.join(" | ")).collect();
    for (reasons, wanted) in reasons.iter().zip([
        &["letters, digits", "no level"][..],
        &["name: is empty", "no division that is known"],
        &["not on a larger level"],
        &["not after", "neither authoritative"],
        &["no date", "outside the city"],
        &["duplicate"],
    ]) {
        for part in wanted {
            assert!(reasons.contains(part), "{part} in {reasons}");
        }
    }
    assert_eq!((reasons.len(), divisions(&prepared)[0].code.as_str()), (6, "N5"));
}

#[test]
fn a_population_comes_with_its_day_and_stays_where_the_file_has_none() {
    let city = city();
    let mut kept = kept(&city);
    let codes: Vec<String> =
        kept.values().filter(|d| d.level == Level::Township).map(|d| d.code.clone()).collect();
    let name = |i: usize| kept[&codes[i]].name.zh.clone();
    let text = format!(
        "区划代码,名称,常住人口,population:date\n\
         {},{},\"1,234\",2020-11-01\n\
         {},{},70.9万,2020-11-01\n\
         {},{},5,\n\
         {},{},,2020-11-01\n\
         {},{},5,2020\n",
        codes[0],
        name(0),
        codes[1],
        name(1),
        codes[2],
        name(2),
        codes[3],
        name(3),
        codes[4],
        name(4),
    );
    let prepared = run(&text, &kept, false).unwrap();
    let [counted] = divisions(&prepared)[..] else { panic!("{prepared:?}") };
    let residents = Residents { count: 1234, on: jiff::civil::date(2020, 11, 1) };
    assert_eq!((counted.code.as_str(), counted.residents), (codes[0].as_str(), Some(residents)));
    let reasons: Vec<String> = prepared.rejected.iter().map(|r| r.reasons.join(" | ")).collect();
    for (reasons, wanted) in reasons.iter().zip([
        "population: \"70.9万\" is no whole number",
        "population_at: is empty",
        "population: is empty",
        "population_at: \"2020\" is no date",
    ]) {
        assert!(reasons.contains(wanted), "{wanted} in {reasons}");
    }
    assert_eq!(reasons.len(), 4);
    // A later layer of outlines does not know who lives there.
    kept.insert(counted.code.clone(), counted.clone());
    let prepared = run(&layer(&city, |_, area| area), &kept, true).unwrap();
    assert_eq!((prepared.report.unchanged, prepared.writes.len()), (8, 0));
}
