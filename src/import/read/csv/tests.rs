use std::io::Cursor;

use proptest::prelude::*;

use super::*;

fn open(bytes: &[u8]) -> Result<Box<dyn Rows>, String> {
    read(Cursor::new(bytes.to_vec()), "a.csv").map_err(|e| e.to_string())
}

type Cells = Result<(u64, Vec<String>), String>;

/// Line and cells of each row, or what is wrong with it.
fn all(bytes: &[u8]) -> Vec<Cells> {
    let rows = open(bytes).unwrap().map(|next| match next.unwrap() {
        Ok(row) => {
            let Place::Line(line) = row.place else { panic!("{:?}", row.place) };
            Ok((line, row.values.iter().map(|v| v.text().unwrap_or_default()).collect()))
        }
        Err(fault) => Err(fault.to_string()),
    });
    rows.collect()
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what was read")]
fn cells(line: u64, cells: &[&str]) -> Cells {
    Ok((line, cells.iter().map(|c| (*c).to_owned()).collect()))
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for end in ["\n", "\r\n"] {
        let text = ["name,note", "", "a,\"two", "lines\"", "b,c", "", "d,\"e\"\"\""].join(end);
        let two = format!("two{end}lines");
        let expected = vec![cells(3, &["a", &two]), cells(5, &["b", "c"]), cells(7, &["d", "e\""])];
        assert_eq!(all(text.as_bytes()), expected);
        assert_eq!(all(format!("{text}{end}").as_bytes()), expected);
    }
}

#[test]
fn the_delimiter_is_recognised() {
    for delimiter in [",", "\t", ";", "|"] {
        let text = "name;lon;lat\n\"a;b\";1,5;2,5\nc;1,5;2,5\n".replace(';', delimiter);
        let rows = all(text.as_bytes());
        if delimiter == "," {
            // Decimal commas between commas cannot be told from cells.
            assert!(rows.iter().all(Result::is_err), "{rows:?}");
        } else {
            assert_eq!(rows[1], cells(3, &["c", "1,5", "2,5"]), "{delimiter}");
            assert_eq!(rows.len(), 2);
        }
    }
    assert_eq!(all(b"name,lon\nx,1"), [cells(2, &["x", "1"])]);
    assert_eq!(all("名称\n图书馆\n".as_bytes()), [cells(2, &["图书馆"])]);
}

#[test]
fn a_title_above_the_names_is_passed_over_and_said() {
    let text = "图书馆一览表,,\n名称,地址,电话\n甲馆,乙路1号,\n";
    let rows = open(text.as_bytes()).unwrap();
    let remarks = rows.remarks();
    assert_eq!(remarks[0], "UTF-8, separated by comma");
    assert!(remarks[1].starts_with("line 1 "), "{remarks:?}");
    assert_eq!(all(text.as_bytes()), [cells(3, &["甲馆", "乙路1号", ""])]);
}

#[test]
fn half_a_row_is_not_taken_for_a_whole_one() {
    let rows = all(b"a,b,c\n1,2\n3,4,5,6\n7,8,9,,\n");
    assert!(rows[0].as_ref().unwrap_err().starts_with("line 2: has 2 cells"), "{rows:?}");
    assert!(rows[1].as_ref().unwrap_err().starts_with("line 3: has 4 cells"), "{rows:?}");
    assert_eq!(rows[2], cells(4, &["7", "8", "9"]));
}

#[test]
fn a_broken_row_stops_nothing() {
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    let many = ",".repeat(5000);
    let mut text = format!("a,b\n{long},1\n{many}\n").into_bytes();
    text.extend_from_slice(b"\xff\xfe,2\n3,4\n");
    let rows = all(&text);
    for (row, said) in rows.iter().zip(["65536 bytes", "512 cells", "UTF-8"]) {
        assert!(row.as_ref().unwrap_err().contains(said), "{row:?}");
    }
    assert_eq!(rows[3], cells(5, &["3", "4"]));
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_at_the_limit() {
    /// A quotation mark, and then no end of text.
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let start = "\u{feff}a,b\n\"".as_bytes();
            for (i, byte) in out.iter_mut().enumerate() {
                *byte = *start.get(self.0 + i).unwrap_or(&b'x');
            }
            self.0 += out.len();
            Ok(out.len())
        }
    }
    impl std::io::Seek for Endless {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            if let std::io::SeekFrom::Start(at) = to {
                self.0 = at as usize;
            }
            Ok(self.0 as u64)
        }
    }
    let Err(fault) = read(Endless(0), "a.csv").map(|_| ()) else {
        panic!("it has an end");
    };
    assert!(fault.to_string().contains("never closed"), "{fault}");
}

#[test]
fn a_file_without_rows_says_so() {
    assert!(open(b"").err().unwrap().contains("no rows"));
    assert!(open(b"\r\n\n").err().unwrap().contains("no rows"));
}

proptest! {
    #[test]
    fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(rows) = open(&bytes) {
            prop_assert!(rows.count() <= bytes.len());
        }
    }

    /// What a writer wrote comes back, whatever stands in the cells.
    #[test]
    fn what_was_written_is_read(
        rows in prop::collection::vec(prop::collection::vec("[a-c,;\"\r\n\t一 ]{0,6}", 3), 1..9),
        semicolon: bool,
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(if semicolon { b';' } else { b',' })
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record(["x", "y", "z"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let read: Vec<Vec<String>> =
            all(&writer.into_inner().unwrap()).into_iter().map(|r| r.unwrap().1).collect();
        let trimmed: Vec<Vec<String>> =
            rows.iter().map(|r| r.iter().map(|c| c.trim().to_owned()).collect()).collect();
        prop_assert_eq!(read, trimmed);
    }
}
