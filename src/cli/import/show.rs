//! Reports in words and as JSON.

use std::fmt::Write as _;

use crate::import::datum;
use crate::import::report::Report;
use crate::import::undo::Undone;
use crate::import::words::counted;

/// Kinds of reasons that are shown.
const REASONS_SHOWN: usize = 10;
/// Examples of a note that are shown.
const EXAMPLES_SHOWN: usize = 3;

pub(super) fn report(report: &Report, json: bool) {
    print(&if json { as_json(report) } else { in_words(report) });
}

pub(super) fn undone(undone: &Undone, json: bool) {
    print(&if json { as_json(undone) } else { taken_back(undone) });
}

fn as_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

fn in_words(report: &Report) -> String {
    let mut out = String::new();
    let remarks = report.remarks.join("; ");
    let rows = counted(report.read, "row");
    let _ = writeln!(out, "{}: {}, {rows} ({remarks})", report.file, report.format);
    let _ = writeln!(out, "  understood with the column map {}:", report.map);
    for line in &report.columns {
        let column = line.column.as_ref().map(|c| format!("column \"{c}\""));
        let set = line.set.as_ref().map(|s| format!("\"{s}\" where a row has none"));
        let from: Vec<String> = column.into_iter().chain(set).collect();
        let _ = writeln!(out, "    {:<14} {}", line.field, from.join(", "));
    }
    if !report.unused.is_empty() {
        let _ = writeln!(out, "  not used: {}", report.unused.join(", "));
    }
    if let Some(crs) = report.crs {
        let _ = write!(out, "  positions are {}", datum::key(crs));
        match &report.evidence {
            Some(evidence) => {
                let _ = writeln!(out, " as declared; {}", evidence.say());
            }
            None => out.push('\n'),
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "  {}: {}", counted(note.rows, "row"), note.what);
        for example in note.examples.iter().take(EXAMPLES_SHOWN) {
            let _ = writeln!(out, "    {example}");
        }
    }
    for (reason, count) in report.reasons.iter().take(REASONS_SHOWN) {
        let _ = writeln!(out, "  rejected {count}: {reason}");
    }
    if let Some(file) = &report.rejected_file {
        let _ = writeln!(out, "  the rejected rows are in {file}");
    }
    let would = if report.dry_run { " would be" } else { "" };
    let _ = writeln!(
        out,
        "  {}{would} new, {} changed, {} as before, {} retired, {} rejected",
        report.new, report.changed, report.unchanged, report.retired, report.rejected
    );
    if report.dry_run {
        let _ = write!(
            out,
            "\nNothing was written. The columns as a map, to be corrected and given with \
             --columns:\n\n{}",
            report.toml
        );
    }
    if let Some(import) = &report.import {
        let _ = writeln!(out, "  import {import}; servicemap import --undo {import} takes it back");
    }
    out
}

fn taken_back(undone: &Undone) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "put back as before: {}; new and now retired: {}; so already: {}",
        counted(undone.restored, "record"),
        undone.retired,
        undone.unchanged
    );
    for (kind, id, who) in &undone.left {
        let _ = writeln!(out, "  {kind} {id} was changed since by {who} and stays as it is");
    }
    if let Some(import) = &undone.import {
        let _ = writeln!(out, "this is the import {import}");
    }
    out
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn print(text: &str) {
    print!("{text}");
}
