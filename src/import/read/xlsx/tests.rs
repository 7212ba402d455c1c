use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;

const NS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook with a sheet of these rows and one without any, as few parts as open.
fn parts(rows: &str) -> Vec<(&'static str, String)> {
    vec![
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#
                .to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
                <Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>
                </Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"<workbook xmlns="{NS}" xmlns:r="{OFFICE}"><sheets>
                <sheet name="封面" sheetId="1" r:id="rId1"/>
                <sheet name="网点" sheetId="2" r:id="rId2"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
                <Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
                <Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>
                </Relationships>"#
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"<styleSheet xmlns="{NS}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>"#
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!(
                r#"<sst xmlns="{NS}" uniqueCount="2"><si><t>名称</t></si><si><r><t>图书</t></r><r><t>馆</t></r></si></sst>"#
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!(r#"<worksheet xmlns="{NS}"><sheetData/></worksheet>"#),
        ),
        (
            "xl/worksheets/sheet2.xml",
            format!(
                r#"<worksheet xmlns="{NS}"><dimension ref="A1:D9"/><sheetData>{rows}</sheetData></worksheet>"#
            ),
        ),
    ]
}

fn pack(parts: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn open(bytes: Vec<u8>, layer: Option<&str>) -> Result<Box<dyn Rows>, String> {
    let options = Options { layer: layer.map(str::to_owned) };
    read(Cursor::new(bytes), "a.xlsx", &options).map_err(|e| e.to_string())
}

const ROWS: &str = r#"
    <row r="1"><c r="A1" t="inlineStr"><is><t>一览表</t></is></c></row>
    <row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="inlineStr"><is><t>电话</t></is></c>
        <c r="C3" t="inlineStr"><is><t>日期</t></is></c></row>
    <row r="4"><c r="A4" t="s"><v>1</v></c><c r="B4"><v>12345</v></c><c r="C4" s="1"><v>46000</v></c></row>
    <row r="6"><c r="A6" t="b"><v>1</v></c><c r="B6"><v>0.5</v></c><c r="C6" s="2"><v>46000.75</v></c></row>
    <row r="7"><c r="A7" t="e"><v>#REF!</v></c></row>
    <row r="8"><c r="E8"><v>1</v></c></row>
    <row r="9"><c r="XFD9"><v>1</v></c></row>"#;

#[test]
fn cells_come_as_what_they_are_from_the_first_sheet_with_rows() {
    let mut rows = open(pack(&parts(ROWS)), None).unwrap();
    assert!(rows.remarks()[0].contains("网点") && rows.remarks()[1].contains("row 1"));
    let first = rows.next().unwrap().unwrap().unwrap();
    assert_eq!(first.columns.0, ["名称", "电话", "日期"]);
    assert_eq!(first.place.to_string(), "sheet 网点, row 4");
    assert_eq!(
        first.values,
        [Value::Text("图书馆".into()), Value::Integer(12345), Value::Text("2025-12-09".into())]
    );
    let second = rows.next().unwrap().unwrap().unwrap();
    assert_eq!(
        second.values,
        [Value::Bool(true), Value::Number(0.5), Value::Text("2025-12-09T18:00:00".into())]
    );
    let faults: Vec<String> = rows.map(|row| row.unwrap().unwrap_err().to_string()).collect();
    assert!(faults[0].contains("#REF!"), "{faults:?}");
    assert!(faults[1].contains("to the right of the 3"), "{faults:?}");
    assert!(faults[2].contains("512 columns"), "{faults:?}");
}

#[test]
fn a_sheet_is_taken_by_its_name() {
    assert!(open(pack(&parts(ROWS)), Some("网点")).is_ok());
    let error = open(pack(&parts(ROWS)), Some("别的")).err().unwrap();
    assert!(error.contains("封面, 网点"), "{error}");
    assert!(open(pack(&parts(ROWS)), Some("封面")).err().unwrap().contains("no rows"));
}

#[test]
fn what_a_workbook_claims_is_not_believed() {
    let mut claims = parts(ROWS);
    for count in ["uniqueCount=\"99999999999999999999\"", "uniqueCount = '100000000000'"] {
        claims[5].1 = format!("<sst xmlns=\"{NS}\" {count}/>");
        let error = open(pack(&claims), None).err().unwrap();
        assert!(error.contains("shared texts"), "{error}");
    }
    // Cut by the end of a piece, wherever that is.
    let mut long = parts(ROWS);
    let padding = "<a/>".repeat(70_000);
    for shift in 0..16 {
        long[5].1 = format!("{padding}{}<sst uniqueCount=\"99999999999\"/>", " ".repeat(shift * 4));
        assert!(open(pack(&long), None).err().unwrap().contains("shared texts"));
    }
    let mut bomb = parts(ROWS);
    bomb[5].1 = format!("<sst>{}</sst>", "x".repeat(20_000_000));
    assert!(open(pack(&bomb), None).err().unwrap().contains("1048576 bytes"));
}

#[test]
fn what_is_no_workbook_is_refused() {
    assert!(open(b"PK\x03\x04".to_vec(), None).is_err());
    for i in 0..parts(ROWS).len() {
        let mut missing = parts(ROWS);
        missing.remove(i);
        // Whether it opens without depends on the part; it ends in any case.
        if let Ok(rows) = open(pack(&missing), None) {
            assert!(rows.count() < 20);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_workbook_ends_without_a_panic(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = pack(&parts(ROWS));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(rows) = open(bytes, None) {
            prop_assert!(rows.count() < 100);
        }
    }

    #[test]
    fn any_rows_end_without_a_panic(
        rows in "(<(/?(row|c|v|t|is|f))( (r|t|s)=\"(A1|B99|s|-1|1e9|inlineStr|d)\")?>|[0-9]|x){0,30}",
    ) {
        if let Ok(rows) = open(pack(&parts(&rows)), None) {
            prop_assert!(rows.count() < 100);
        }
    }
}
