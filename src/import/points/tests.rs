use std::fmt::Write as _;
use std::io::Cursor;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::city;
use crate::import::columns::{Subject, shipped};
use crate::import::gather::{Maps, gather};
use crate::import::read;
use crate::store::Retirement;

/// A small pack: a hospital and a school, some points, a source.
fn pack() -> City {
    static ONE: std::sync::OnceLock<City> = std::sync::OnceLock::new();
    let city = ONE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write(
            "city.toml",
            r#"
            format = 1
            id = "example"
            name = { zh = "样例市", en = "Example" }
            time_zone = "Asia/Shanghai"
            languages = ["zh", "en"]
            crs = "wgs84"
            bounds = [115.4, 39.4, 117.6, 41.1]
            center = [116.4, 39.9]
            zoom = 10
            [[level]]
            key = "district"
            name = { zh = "区", en = "District" }
            file = "districts.geojsonl"
            quality = "approximate"
            accuracy_m = 500
            [map]
            attribution = "nobody"
            approval_number = ""
            note = { zh = "", en = "" }
            [[source]]
            id = "seen"
            name = "Seen"
            licence = "CC0-1.0"
            url = "https://example.org"
            attribution = "seen"
            [[source]]
            id = "list"
            name = "A list"
            licence = "CC0-1.0"
            url = "https://example.org"
            attribution = "list"
            "#,
        );
        write(
            "categories.toml",
            r##"
            [[category]]
            code = "hospital"
            name = { zh = "医院", en = "Hospital" }
            icon = "hospital"
            color = "#a00000"
            aliases = ["医疗机构", "诊疗处"]
            [[category]]
            code = "school"
            name = { zh = "小学、中学", en = "School" }
            icon = "school"
            color = "#00a000"
            aliases = ["诊疗处"]
            "##,
        );
        write(
            "matters.toml",
            "[[matter]]\ncode = \"vaccination\"\nname = { zh = \"接种\", en = \"Vaccination\" }\n\
             phrases = [\"打疫苗\"]\n",
        );
        write("districts.geojsonl", "");
        let mut points = String::from("id,name,category,lon,lat,source\n");
        for i in 0..8 {
            let (lon, lat) = (116.2 + f64::from(i) * 0.03, 39.8 + f64::from(i % 3) * 0.04);
            let _ = writeln!(points, "p-{i},第{i}医院,hospital,{lon},{lat},seen");
        }
        write("points.csv", &points);
        city::load(folder.path()).unwrap()
    });
    city.clone()
}

fn kept(city: &City) -> BTreeMap<String, PointRecord> {
    city.points.iter().map(|p| (p.id.clone(), PointRecord::from(p))).collect()
}

/// Finds the one address that there is.
struct OneAddress;

impl Addresses for OneAddress {
    fn find(&mut self, address: &str, district: Option<&str>) -> Result<Found, String> {
        match (address, district) {
            ("甲路1号", _) => {
                Ok(Found { at: LonLat::new(116.5, 39.95), what: "甲路1号".into() })
            }
            ("甲路2号", None) => Err("\"甲路2号\" is in two districts".into()),
            ("甲路2号", Some(_)) => {
                Ok(Found { at: LonLat::new(116.6, 39.95), what: "x".into() })
            }
            _ => Err(format!("\"{address}\" is not known")),
        }
    }
}

fn prepare_with(
    text: &str,
    kept: &BTreeMap<String, PointRecord>,
    crs: Option<Datum>,
    set: &[(&str, &str)],
) -> Result<Prepared, String> {
    let city = pack();
    let mut rows = if text.starts_with('{') {
        read::geojson::read(Cursor::new(text.as_bytes().to_vec()), "a.json").unwrap()
    } else {
        read::csv::read(Cursor::new(text.as_bytes().to_vec()), "a.csv").unwrap()
    };
    let set: Vec<(String, String)> =
        set.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let maps = Maps::Choose(shipped().to_vec());
    let mut told = |_| {};
    let gathered = gather("a.csv", rows.as_mut(), Subject::Points, maps, &set, &mut told);
    let terms = Terms { city: &city, kept, crs, today: date(2026, 11, 24) };
    gathered
        .and_then(|gathered| prepare(gathered, &terms, &mut OneAddress))
        .map_err(|e| e.to_string())
}

fn prepared(text: &str) -> Prepared {
    prepare_with(text, &kept(&pack()), Some(Datum::Wgs84), &[("source", "list")]).unwrap()
}

fn points(prepared: &Prepared) -> Vec<&PointRecord> {
    let point = |write: &'_ Write| {
        let Write::Put(record) = write else { panic!("{write:?}") };
        matches!(record.as_ref(), Record::Point(_))
    };
    assert!(prepared.writes.iter().all(point));
    let put = prepared.writes.iter().filter_map(|write| match write {
        Write::Put(record) | Write::Add(record) => Some(record.as_ref()),
        Write::Retire { .. } => None,
    });
    put.filter_map(|record| if let Record::Point(point) = record { Some(point) } else { None })
        .collect()
}

/// What is kept after the records went in.
fn after(
    mut kept: BTreeMap<String, PointRecord>,
    prepared: &Prepared,
) -> BTreeMap<String, PointRecord> {
    for point in points(prepared) {
        kept.insert(point.id.clone(), point.clone());
    }
    kept
}

#[test]
fn a_list_of_an_office_becomes_points() {
    let text = "名称,类型,办理事项,地址,电话,经度,纬度,工作时间\n\
        新医院,医疗机构,打疫苗、接种,甲路9号,010-1,116.41,39.91,周一至周五 9:00-17:00\n\
        新小学,小学,,,,116.42,39.92,见公告\n";
    let prepared = prepared(text);
    let points = points(&prepared);
    assert!(prepared.rejected.is_empty(), "{:?}", prepared.rejected);
    assert_eq!((points[0].category.as_str(), points[1].category.as_str()), ("hospital", "school"));
    assert_eq!(points[0].matters, ["vaccination"]);
    assert_eq!(points[0].opening_hours.as_deref(), Some("Mo-Fr 09:00-17:00"));
    assert_eq!(points[1].opening_hours.as_deref(), Some("unknown \"见公告\""));
    assert_eq!(prepared.report.notes[0].what, "opening hours are kept as words");
    assert_eq!((prepared.report.new, prepared.report.read), (2, 2));
}

#[test]
fn every_reason_is_given_for_a_row_that_does_not_go_in() {
    let text = "name,category,lon,lat,observed_at\n\
        ,书店,116.4,39.9,2026-13-01\n\
        甲,医院,0,0,\n\
        乙,医院,39.9,116.4,\n\
        丙,医院,121.5,31.2,\n\
        丁,诊疗处,116.4,39.9,2062-01-01\n\
        戊,医院,x,39.9,1066-10-14\n\
        己,医院,116.4,,\n\
        庚,医院,,,\n\
        辛,医院,116.45,39.9,\n\
        辛 ,医院,116.4502,39.9,\n";
    let prepared = prepared(text);
    let said: Vec<String> = prepared.rejected.iter().map(|r| r.reasons.join(" | ")).collect();
    for (reasons, wanted) in said.iter().zip([
        &["name: is empty", "\"书店\" is no category", "no date"][..],
        &["0, 0 stands for"],
        &["swapped"],
        &["outside the city"],
        &["hospital or school", "in the future"],
        &["no angle", "too long ago"],
        &["lat: is empty"],
        &["neither a position nor an address"],
        &["duplicate: \"辛\" is already at this place on line 10"],
    ]) {
        for part in wanted {
            assert!(reasons.contains(part), "{part} in {reasons}");
        }
    }
    assert_eq!((prepared.rejected.len(), prepared.writes.len()), (9, 1));
    assert_eq!(prepared.report.rejected, 9);
}

#[test]
fn the_same_file_a_second_time_changes_nothing() {
    let text = "编号,名称,类型,地址,经度,纬度,电话\n\
        7,甲院,医院,,116.41,39.91,1\n\
        ,乙院,医院,,116.43,39.91,2\n\
        号 9,丙院,医院,甲路1号,,,3\n\
        ,丁院,医院,甲路1号,,,4\n";
    let first = prepared(text);
    assert_eq!((first.report.new, first.report.rejected), (4, 0), "{:?}", first.rejected);
    let kept = after(kept(&pack()), &first);
    let again = prepare_with(text, &kept, Some(Datum::Wgs84), &[("source", "list")]).unwrap();
    assert_eq!((again.writes.len(), again.report.unchanged), (0, 4), "{:?}", again.writes);
    assert_eq!(points(&first)[0].id, "7");
    assert!(points(&first).iter().all(|p| city::is_id(&p.id)));
}

#[test]
fn a_point_that_is_known_keeps_its_id_and_what_the_file_does_not_say() {
    let city = pack();
    let mut kept = kept(&city);
    kept.get_mut("p-3").unwrap().phone = Some("010-3".into());
    kept.get_mut("p-3").unwrap().opening_hours = Some("24/7".into());
    let at = kept["p-3"].location;
    let text = format!(
        "id,name,category,lon,lat,address,phone\nX9,第3 医院,医院,{},{},丁路3号,\n",
        at.lon + 0.0003,
        at.lat
    );
    let set = [("source", "list")];
    let prepared = prepare_with(&text, &kept, Some(Datum::Wgs84), &set).unwrap();
    let point = points(&prepared)[0];
    assert_eq!((point.id.as_str(), prepared.report.changed), ("p-3", 1));
    assert_eq!(point.address.as_deref(), Some("丁路3号"));
    assert_eq!(
        (point.phone.as_deref(), point.opening_hours.as_deref()),
        (Some("010-3"), Some("24/7"))
    );
    assert!(prepared.report.notes.iter().any(|n| n.what.contains("another id")));
    // Farther than 50 m away it is another.
    let far = text.replace(&format!("{}", at.lon + 0.0003), &format!("{}", at.lon + 0.0012));
    let prepared = prepare_with(&far, &kept, Some(Datum::Wgs84), &set).unwrap();
    assert_eq!((points(&prepared)[0].id.as_str(), prepared.report.new), ("X9", 1));
}

#[test]
fn an_id_that_is_anothers_or_was_retired_is_refused() {
    let mut kept = kept(&pack());
    let retired = |reason: &str| {
        let at = "2026-01-31T00:00:00Z".parse().unwrap();
        Some(Retirement { at, successor: None, reason: reason.to_owned() })
    };
    kept.get_mut("p-1").unwrap().retired = retired("moved to the province");
    kept.get_mut("p-2").unwrap().retired = retired("undone: import i-1");
    let text = "id,name,category,lon,lat\np-0,甲,医院,116.5,39.95\np-1,乙,医院,116.51,39.95\n\
        p-2,丙,医院,116.52,39.95\n";
    let prepared = prepare_with(text, &kept, Some(Datum::Wgs84), &[("source", "list")]).unwrap();
    let said: Vec<&str> = prepared.rejected.iter().map(|r| r.reasons[0].as_str()).collect();
    assert!(said[0].contains("is the id of \"第0医院\""), "{said:?}");
    assert!(said[1].contains("retired on 2026-01-31: moved"), "{said:?}");
    // What an undone import made comes back with the next.
    assert_eq!((points(&prepared)[0].id.as_str(), said.len()), ("p-2", 2));
}

#[test]
fn a_row_without_a_position_is_placed_by_its_address_and_says_so() {
    let text = "name,category,address,district\n甲,医院,甲路1号,\n乙,医院,甲路2号,\n\
        丙,医院,甲路2号,东区\n丁,医院,乙路,\n";
    let prepared = prepared(text);
    assert_eq!(points(&prepared)[0].location, LonLat::new(116.5, 39.95));
    assert_eq!(prepared.writes.len(), 2);
    let note = &prepared.report.notes[0];
    assert!(note.what.contains("by its address") && note.rows == 2, "{note:?}");
    assert!(note.examples[0].contains("line 2") && note.examples[0].contains("甲路1号"));
    assert!(prepared.rejected[0].reasons[0].contains("two districts"));
    assert_eq!(prepared.report.crs, None);
}

#[test]
fn a_shift_is_never_guessed_and_a_wrong_one_is_doubted() {
    let city = pack();
    let mut text = "name,category,lon,lat\n".to_owned();
    for p in &city.points {
        let at = Datum::Gcj02.from_wgs84(p.location);
        let _ = writeln!(text, "{},医院,{},{}", p.name.zh, at.lon, at.lat);
    }
    let set = [("source", "seen")];
    let refused = prepare_with(&text, &kept(&city), None, &set).unwrap_err();
    assert!(refused.contains("8 of its names") && refused.contains("--crs gcj02"), "{refused}");
    let right = prepare_with(&text, &kept(&city), Some(Datum::Gcj02), &set).unwrap();
    assert_eq!(right.report.rejected, 0);
    for (point, known) in points(&right).iter().zip(&city.points) {
        assert_eq!(point.id, known.id);
        assert!(crate::geo::distance::haversine(point.location, known.location) < 0.01);
    }
    let wrong = prepare_with(&text, &kept(&city), Some(Datum::Wgs84), &set).unwrap();
    assert!(wrong.report.remarks.iter().any(|r| r.contains("it looks like gcj02")));
}

#[test]
fn features_and_pairs_are_positions_too() {
    let json = r#"{"type":"Feature","properties":{"name":"甲","category":"医院"},"geometry":{"type":"Polygon","coordinates":[[[116.4,39.9],[116.41,39.9],[116.41,39.91],[116.4,39.91]]]}}"#;
    let prepared1 = prepared(json);
    let at = points(&prepared1)[0].location;
    assert!((at.lon - 116.405).abs() < 1e-9 && (at.lat - 39.905).abs() < 1e-9);
    assert!(prepared1.report.notes[0].what.contains("middle of its outline"));
    let pairs = prepared("name,category,坐标\n甲,医院,\"116.4,39.9\"\n乙,医院,\"39.8,116.4\"\n");
    let lats: Vec<f64> = points(&pairs).iter().map(|p| p.location.lat).collect();
    assert_eq!(lats, [39.9, 39.8]);
}

#[test]
fn a_file_without_what_is_needed_says_which_column_is_missing() {
    let kept = kept(&pack());
    let fault = prepare_with("名称,备注\n甲,x\n", &kept, None, &[]).unwrap_err();
    assert!(fault.contains("category, source") && fault.contains("备注"), "{fault}");
    let wrong = prepare_with("name\nx\n", &kept, None, &[("nmae", "x")]).unwrap_err();
    assert!(wrong.contains("nmae"), "{wrong}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Every row is counted once, and a second import of whatever went in changes nothing.
    #[test]
    fn nothing_is_lost_and_again_is_nothing(
        rows in prop::collection::vec(
            ("(甲|乙|丙|第[0-9]医院)?", "(医院|小学|x)", "(116\\.4[0-3]|39\\.9|0)?", "(39\\.9[0-2]|0)?", "(7|8|p-1|)", "(甲路1号)?"),
            0..12,
        ),
    ) {
        let mut text = "name,category,lon,lat,id,address,phone\n".to_owned();
        for (name, category, lon, lat, id, address) in &rows {
            let _ = writeln!(text, "{name},{category},{lon},{lat},{id},{address},1");
        }
        let set = [("source", "list")];
        let known = kept(&pack());
        let first = prepare_with(&text, &known, Some(Datum::Wgs84), &set).unwrap();
        let report = &first.report;
        prop_assert_eq!(report.new + report.changed + report.unchanged + report.rejected, rows.len());
        let again =
            prepare_with(&text, &after(known, &first), Some(Datum::Wgs84), &set).unwrap();
        prop_assert_eq!(again.writes.len(), 0, "{:?}", again.writes);
    }
}
