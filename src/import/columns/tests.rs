use std::sync::Arc;

use super::*;
use crate::import::row::{Columns, Place, Row, Value};

fn columns(names: &[&str]) -> Arc<Columns> {
    Arc::new(Columns(names.iter().map(|n| (*n).to_owned()).collect()))
}

fn row(columns: &Arc<Columns>, values: &[&str]) -> Row {
    let values = values.iter().map(|v| Value::Text((*v).to_owned())).collect();
    Row { place: Place::Line(2), columns: Arc::clone(columns), values, geometry: None }
}

fn recognised(subject: Subject, names: &[&str]) -> Option<Binding> {
    let columns = columns(names);
    let map = recognise(subject, &columns.0, shipped())?;
    Some(Binding::new(map, &columns))
}

fn said<'a>(binding: &'a Binding, row: &'a Row, key: &str) -> Option<String> {
    binding.text(row, binding.field(key).unwrap()).map(std::borrow::Cow::into_owned)
}

#[test]
fn every_map_that_is_shipped_can_be_read() {
    for (name, text) in SHIPPED {
        ColumnMap::parse(name, text).unwrap();
    }
    assert_eq!(shipped().len(), SHIPPED.len());
    let beijing = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/beijing");
    assert_eq!(of_pack(&beijing).unwrap().len(), 1);
}

#[test]
fn the_headers_of_an_office_are_understood() {
    let names =
        ["序号", "单位名称", "详细地址（必填）", "联系电话", "经度", "纬度", "工作时间", "备注"];
    let binding = recognised(Subject::Points, &names).unwrap();
    let columns = columns(&names);
    let row = row(&columns, &["1", "甲馆", "乙路1号", "010-1", "116.3", "39.9", "周一", ""]);
    assert_eq!(said(&binding, &row, "name").as_deref(), Some("甲馆"));
    assert_eq!(said(&binding, &row, "address").as_deref(), Some("乙路1号"));
    assert_eq!(said(&binding, &row, "hours_text").as_deref(), Some("周一"));
    // A running number is no id: the next edition numbers its rows anew.
    assert_eq!(said(&binding, &row, "id"), None);
    assert_eq!(binding.unused(), ["序号", "备注"]);
}

#[test]
fn a_map_made_for_the_headers_wins_over_common_words() {
    let nyc = [
        "Unique Key",
        "Created Date",
        "Closed Date",
        "Agency",
        "Complaint Type",
        "Descriptor",
        "Incident Address",
        "Status",
        "Latitude",
        "Longitude",
    ];
    let binding = recognised(Subject::Tickets, &nyc).unwrap();
    assert_eq!(binding.map().name, "nyc311");
    let columns = columns(&nyc);
    let row = row(&columns, &["7", "", "", "", "Noise", "", "", "In Progress", "40.7", "-74"]);
    assert_eq!(said(&binding, &row, "status").as_deref(), Some("accepted"));
    assert_eq!(said(&binding, &row, "closed_at"), None);
    let list = ["placeId", "placeName", "addr", "tel", "postcode", "officeHours", "categoryId"];
    assert_eq!(recognised(Subject::Points, &list).unwrap().map().name, "12345");
}

#[test]
fn a_value_may_stand_for_another_and_be_set_for_all() {
    let text = "subject = \"points\"\n[columns]\nname = \"n\"\ncategory = [\"x\", \"k\"]\n\
        [values.category]\n\"Ａ 类\" = \"library\"\n";
    let map = ColumnMap::parse("mine", text).unwrap().with("source", "osm").unwrap();
    let columns = columns(&["n", "k"]);
    let binding = Binding::new(Arc::new(map), &columns);
    let (known, other) = (row(&columns, &["a", "a类"]), row(&columns, &["a", "b"]));
    assert_eq!(said(&binding, &known, "category").as_deref(), Some("library"));
    assert_eq!(said(&binding, &other, "category").as_deref(), Some("b"));
    assert_eq!(said(&binding, &other, "source").as_deref(), Some("osm"));
    // What is shown can be kept, and then means the same.
    let again = ColumnMap::parse("again", &binding.to_toml()).unwrap();
    assert_eq!(Binding::new(Arc::new(again), &columns).table(), binding.table());
}

#[test]
fn columns_that_turn_up_later_are_taken_in() {
    let first = columns(&["name"]);
    let mut binding = recognised(Subject::Points, &["name"]).unwrap();
    let later = columns(&["name", "phone"]);
    let row = row(&later, &["a", "1"]);
    assert_eq!(said(&binding, &row, "phone"), None);
    binding.follow(&first);
    binding.follow(&later);
    assert_eq!(said(&binding, &row, "phone").as_deref(), Some("1"));
}

#[test]
fn a_map_with_faults_says_where() {
    for (text, said) in [
        ("subject = \"points\"\n[columns]\nnmae = \"n\"", "\"nmae\" is no field"),
        ("subject = \"streets\"", "line 1"),
        ("subject = \"points\"\n[columns]\nname = 3", "line 3"),
        ("subject = \"points\"\n[columns]\nname = \"a\"\naddress = \"A \"", "both"),
        ("subject = ", "line 1"),
    ] {
        let fault = ColumnMap::parse("mine", text).unwrap_err().to_string();
        assert!(fault.contains(said) && fault.contains("mine"), "{fault}");
    }
    let missing = ColumnMap::open(Path::new("/nowhere.toml")).unwrap_err().to_string();
    assert!(missing.contains("nyc311"), "{missing}");
}
