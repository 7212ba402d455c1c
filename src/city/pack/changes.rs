//! `divisions/changes.csv`: what became of divisions.

use std::collections::HashSet;

use super::Faults;
use super::csv_files::Table;
use crate::city::change::{Change, ChangeKind, When};
use crate::city::{Division, Source};

/// Its name in the pack.
pub(super) const FILE: &str = "divisions/changes.csv";

/// Reads the changes, the oldest first. What a division became is a division of the pack,
/// or changed once more.
pub(super) fn read(
    text: &str,
    divisions: &[Division],
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Change> {
    const COLUMNS: [&str; 7] = ["date", "kind", "from", "to", "source", "from_name", "to_name"];
    let Some(table) = Table::open(FILE, text, &COLUMNS, 5, faults) else {
        return Vec::new();
    };
    let mut left: HashSet<String> = divisions.iter().map(|d| d.code.clone()).collect();
    let mut changes = table.rows(faults, |row| {
        let date = row.required("date")?;
        let when = When::parse(&date);
        if when.is_none() {
            row.fault("date", format!("\"{date}\" is not a year or a date such as 2026-01-31"));
        }
        let word = row.required("kind")?;
        let kind = ChangeKind::parse(&word);
        if kind.is_none() {
            row.fault("kind", format!("\"{word}\" is not one of {}", ChangeKind::NAMES));
        }
        Some((
            row.line(),
            Change {
                from: row.required("from")?,
                to: row.required("to")?,
                from_name: row.text("from_name").to_owned(),
                to_name: row.text("to_name").to_owned(),
                source: row.source(sources)?,
                when: when?,
                kind: kind?,
            },
        ))
    });
    left.extend(changes.iter().map(|(_, c)| c.from.clone()));
    for (line, change) in changes.iter().filter(|(_, c)| !left.contains(&c.to)) {
        let detail =
            format!("\"{}\" is no division, and no later row says what became of it", change.to);
        faults.at(FILE, *line, "to", detail);
    }
    // Stable: within a day the order of the file counts.
    changes.sort_by_key(|(_, c)| c.when.day());
    changes.into_iter().map(|(_, change)| change).collect()
}
