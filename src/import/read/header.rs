//! The names of a table's columns: which row has them, and what they are.

use crate::import::limits::MAX_COLUMNS;
use crate::import::row::{Columns, FileFault};

/// Sheets often have a title above the names, and a note under it.
pub(super) const TITLE_ROWS: usize = 10;

/// Which of a table's first rows names the columns: the first with two filled cells, since
/// a title fills one; the very first where no row does.
pub(super) fn find<'a>(rows: impl Iterator<Item = &'a [String]>) -> usize {
    let filled = |row: &[String]| row.iter().filter(|cell| !cell.trim().is_empty()).count();
    rows.take(TITLE_ROWS).position(|row| filled(row) >= 2).unwrap_or(0)
}

/// The names of a row of names. A column without one is called `column 3`; a name that is
/// there again gets a number.
pub(super) fn names(mut cells: Vec<String>, path: &str) -> Result<Columns, FileFault> {
    while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    if cells.len() > MAX_COLUMNS {
        return Err(FileFault::TooLarge {
            path: path.to_owned(),
            what: "the number of columns",
            limit: MAX_COLUMNS.to_string(),
        });
    }
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for (i, cell) in cells.into_iter().enumerate() {
        let plain = cell.split_whitespace().collect::<Vec<_>>().join(" ");
        let plain = if plain.is_empty() { format!("column {}", i + 1) } else { plain };
        let mut name = plain.clone();
        let mut again = 1;
        while names.contains(&name) {
            again += 1;
            name = format!("{plain} {again}");
        }
        names.push(name);
    }
    Ok(Columns(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn a_title_is_not_the_row_of_names() {
        let rows = [cells("政务服务中心一览表,,"), cells(",,2026年"), cells("名称,地址,电话")];
        assert_eq!(find(rows.iter().map(Vec::as_slice)), 2);
        let rows = [cells("name"), cells("a")];
        assert_eq!(find(rows.iter().map(Vec::as_slice)), 0);
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let named = names(cells(" 名 称\n,,名 称,名 称 2,名 称,,"), "a file").unwrap();
        assert_eq!(named.0, ["名 称", "column 2", "名 称 2", "名 称 2 2", "名 称 3"]);
        let many = vec!["x".to_owned(); MAX_COLUMNS + 1];
        assert!(names(many, "a file").unwrap_err().to_string().contains("512"));
    }
}
