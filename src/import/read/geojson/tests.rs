use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::import::limits::{MAX_DEPTH, MAX_TEXT_BYTES};

fn open(text: &[u8]) -> Box<dyn Rows> {
    read(Cursor::new(text.to_vec()), "a.json").unwrap()
}

/// A name and a line for each row, or what is wrong.
fn all(text: &str) -> Vec<Result<(String, String), String>> {
    let rows = open(text.as_bytes()).map(|next| match next {
        Ok(Ok(row)) => {
            let name = row.columns.position("name").and_then(|c| row.get(c).text());
            Ok((name.unwrap_or_default(), row.place.to_string()))
        }
        Ok(Err(fault)) => Err(fault.to_string()),
        Err(fault) => Err(fault.to_string()),
    });
    rows.collect()
}

fn named(names: &[(&str, u32)]) -> Vec<Result<(String, String), String>> {
    names.iter().map(|(name, line)| Ok(((*name).to_owned(), format!("line {line}")))).collect()
}

fn feature(name: &str) -> String {
    format!(
        r#"{{"type":"Feature","id":7,"properties":{{"name":"{name}"}},"geometry":{{"type":"Point","coordinates":[116.5,40.25,9]}}}}"#
    )
}

#[test]
fn a_collection_is_read_whatever_surrounds_its_features() {
    let (a, b) = (feature("a"), feature("b"));
    for text in [
        format!(r#"{{"type":"FeatureCollection","features":[{a},{b}]}}"#),
        format!(r#"{{"features":[{a},{b}],"bbox":[1,2],"type":"FeatureCollection"}}"#),
        format!(r#"{{"name":"features","x":{{"features":[1]}},"features" : [ {a} , {b} ] }}"#),
        format!("[{a},{b}]"),
        format!("{a}\u{a}{b}").replace('\n', " "),
        format!("\u{1e}{a}\u{1e}{b}"),
    ] {
        assert_eq!(all(&text), named(&[("a", 1), ("b", 1)]), "{text}");
    }
    let row = open(format!("[{a}]").as_bytes()).next().unwrap().unwrap().unwrap();
    assert_eq!(row.geometry, Some(geo::Point::new(116.5, 40.25).into()));
    assert_eq!(row.columns.0, ["id", "name"]);
    assert_eq!(row.get(0), &Value::Integer(7));
}

#[test]
fn lines_are_told_and_a_broken_line_stops_nothing() {
    let (a, b) = (feature("a"), feature("b"));
    let text = format!("{a}\n\nnonsense\n{{\"name\":\"c\"\n{b}\n[1]\n{{\"name\":\"d\"}}\r\n");
    let rows = all(&text);
    assert_eq!(rows[0], named(&[("a", 1)])[0]);
    assert!(rows[1].as_ref().unwrap_err().starts_with("line 3: is not"), "{rows:?}");
    assert!(rows[2].as_ref().unwrap_err().starts_with("line 4: the object has no"), "{rows:?}");
    assert_eq!(rows[3], named(&[("b", 5)])[0]);
    assert!(rows[4].is_err());
    assert_eq!(rows[5], named(&[("d", 7)])[0]);
}

#[test]
fn the_answers_of_other_systems_are_rows_without_geometry() {
    let text = r#"[
        {"placeId":"0a", "name":"甲中心", "tel":null, "tags":["x","y"], "more":{"k":1}},
        {"placeId":"0b", "name":"乙中心", "open":true, "rate":0.5}
    ]"#;
    assert_eq!(all(text), named(&[("甲中心", 2), ("乙中心", 3)]));
    let row = open(text.as_bytes()).next().unwrap().unwrap().unwrap();
    assert_eq!(row.columns.0, ["placeId", "name", "tel", "tags", "more"]);
    let tags = [Value::Text("x".into()), Value::Text("y".into())];
    assert_eq!(row.get(3), &Value::List(tags.to_vec()));
    assert_eq!(row.get(4), &Value::Text(r#"{"k":1}"#.into()));
    assert_eq!((row.get(2), row.get(99)), (&Value::Null, &Value::Null));
}

#[test]
fn the_code_of_the_coordinates_is_taken_from_the_beginning() {
    for (name, code) in [
        ("urn:ogc:def:crs:EPSG::4490", Some(4490)),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Some(4326)),
        ("EPSG:4326", Some(4326)),
        ("mine", None),
    ] {
        let text = format!(
            r#"{{"type":"FeatureCollection","crs":{{"type":"name","properties":{{"name":"{name}"}}}},"features":[]}}"#
        );
        assert_eq!(open(text.as_bytes()).epsg(), code);
    }
}

#[test]
fn every_type_of_geometry_is_read_and_nothing_else() {
    for (text, expected) in [
        (r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#, "LINESTRING(1 2,3 4)"),
        (r#"{"type":"MultiPoint","coordinates":[[1,2]]}"#, "MULTIPOINT"),
        (r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}"#, "MULTILINESTRING"),
        (r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]}"#, "POLYGON"),
        (r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#, "MULTI"),
        (
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}"#,
            "GEOM",
        ),
    ] {
        let read = geometry::parse(text).unwrap();
        let kind = expected.split('(').next().unwrap();
        let said = format!("{read:?}").to_uppercase();
        assert!(said.starts_with(kind), "{said}");
    }
    for text in [
        r#"{"type":"Point","coordinates":[]}"#,
        r#"{"type":"Point","coordinates":null}"#,
        r#"{"type":"Point"}"#,
        r#"{"type":"Point","coordinates":["1","2"]}"#,
        r#"{"type":"Polygon","coordinates":[[1,2]]}"#,
        r#"{"type":"Circle","coordinates":[1,2]}"#,
        r#"{"type":"Point","coordinates":[1e999,2]}"#,
    ] {
        assert!(geometry::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_too_deep_too_long_or_cut_is_said() {
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(MAX_TEXT_BYTES));
    let wide: Vec<String> = (0..=MAX_COLUMNS).map(|i| format!("\"{i}\":1")).collect();
    let rows = all(&format!("[{deep},{long},{{{}}},{{\"name\":\"a\"}}]", wide.join(",")));
    for (row, said) in rows.iter().zip(["32 levels", "65536 bytes", "512 properties"]) {
        assert!(row.as_ref().unwrap_err().contains(said), "{row:?}");
    }
    assert_eq!(rows[3], named(&[("a", 1)])[0]);
    for cut in ["[{\"a\":1}", "{\"features\":[{\"a\":1}", "{\"a\":[1", "[{\"a\":\""] {
        let last = all(cut).pop().unwrap();
        assert!(last.unwrap_err().contains("ends in the middle"), "{cut}");
    }
    assert!(all("[1,\"x\",{]}").iter().all(Result::is_err));
    // Bytes that belong nowhere bring the file to its end as well.
    assert!(all("[\u{c},\u{c}]").len() <= 4);
    assert!(all("{\"features\":[]]}").len() <= 4);
    assert!(all("[}]").pop().unwrap().unwrap_err().contains("out of place"));
}

proptest! {
    #[test]
    fn any_text_ends_without_a_panic(
        text in "([\\[\\]{}:,\"\\\\ \n]|\"features\":|\"type\":\"Feature\"|[a1]){0,40}",
    ) {
        prop_assert!(open(text.as_bytes()).count() <= text.len());
    }

    #[test]
    fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(rows) = read(Cursor::new(bytes.clone()), "x") {
            prop_assert!(rows.count() <= bytes.len());
        }
    }

    /// What serde writes comes back, however it is laid out.
    #[test]
    fn what_was_written_is_read(
        names in prop::collection::vec("[a-c\"\\\\\n{}\\[\\]一]{1,6}", 1..9),
        pretty: bool,
        list: bool,
    ) {
        let objects: Vec<serde_json::Value> = names
            .iter()
            .map(|name| serde_json::json!({"name": name, "x": [{"features": [1, {}]}]}))
            .collect();
        let write = |v: &serde_json::Value| if pretty {
            serde_json::to_string_pretty(v).unwrap()
        } else {
            v.to_string()
        };
        let text = if list {
            write(&serde_json::Value::Array(objects))
        } else {
            objects.iter().map(write).collect::<Vec<_>>().join("\n")
        };
        let read: Vec<String> = all(&text).into_iter().map(|row| row.unwrap().0).collect();
        let trimmed: Vec<String> = names.iter().map(|n| n.trim().to_owned()).collect();
        prop_assert_eq!(read, trimmed);
    }
}
