//! What an import found and did, for people and for programs.

use serde::Serialize;

use super::columns::{Binding, Line};
use super::datum::Evidence;
use super::row::{Place, Row, RowFault};
use crate::geo::Datum;
use crate::store::Write;

/// Notes of one kind that are shown; all are counted.
const NOTES_SHOWN: usize = 20;

/// A row that does not go in, with every reason.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// Where it stands.
    pub place: Place,
    /// The row; `None` where it could not be read.
    pub row: Option<Row>,
    /// Why, each with the field that it is about.
    pub reasons: Vec<String>,
}

impl From<RowFault> for Rejected {
    fn from(fault: RowFault) -> Self {
        Self { place: fault.place, row: None, reasons: vec![fault.detail] }
    }
}

/// What would be written, and what not.
#[derive(Debug)]
pub struct Prepared {
    /// What changes: records that are new or different, and those that no longer hold.
    pub writes: Vec<Write>,
    /// Rows that do not go in.
    pub rejected: Vec<Rejected>,
    /// What was found.
    pub report: Report,
}

/// Something that was decided or changed on the way in, of some rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What.
    pub what: String,
    /// How many rows.
    pub rows: usize,
    /// Some of them, with what exactly.
    pub examples: Vec<String>,
}

/// Notes, gathered by what they say.
#[derive(Debug, Clone, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// One more row of which this is so.
    pub fn add(&mut self, what: &str, place: &Place, exactly: &str) {
        let at = self.0.iter().position(|note| note.what == what).unwrap_or_else(|| {
            let (what, examples) = (what.to_owned(), Vec::new());
            self.0.push(Note { what, rows: 0, examples });
            self.0.len() - 1
        });
        let note = &mut self.0[at];
        note.rows += 1;
        if note.examples.len() < NOTES_SHOWN {
            let colon = if exactly.is_empty() { "" } else { ": " };
            note.examples.push(format!("{place}{colon}{exactly}"));
        }
    }

    /// The notes, in the order in which they came up.
    pub fn into_vec(self) -> Vec<Note> {
        self.0
    }
}

/// What an import found and did.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Its id, to undo it by; `None` where nothing was written.
    pub import: Option<String>,
    /// The file.
    pub file: String,
    /// Its format, and what was recognised of it.
    pub format: &'static str,
    /// What the reader has to say.
    pub remarks: Vec<String>,
    /// The column map.
    pub map: String,
    /// What was taken from where.
    pub columns: Vec<Line>,
    /// Columns that nothing is taken from.
    pub unused: Vec<String>,
    /// The binding as a map that can be kept and corrected.
    #[serde(skip)]
    pub toml: String,
    /// The datum of the positions; `None` where there are none.
    pub crs: Option<Datum>,
    /// What comparing names says of it.
    pub evidence: Option<Evidence>,
    /// Rows of the file.
    pub read: usize,
    /// Records that are new.
    pub new: usize,
    /// Records that are different now.
    pub changed: usize,
    /// Records that were like this already.
    pub unchanged: usize,
    /// Records that no longer hold.
    pub retired: usize,
    /// Rows that do not go in.
    pub rejected: usize,
    /// Reasons and how often each, the commonest first.
    pub reasons: Vec<(String, usize)>,
    /// Where the rejected rows are.
    pub rejected_file: Option<String>,
    /// What was decided or changed on the way in.
    pub notes: Vec<Note>,
    /// Whether this only says what would be done.
    pub dry_run: bool,
}

impl Report {
    /// A report of which only the beginning is known.
    pub fn of(file: &str, format: &'static str, remarks: Vec<String>, binding: &Binding) -> Self {
        Self {
            import: None,
            file: file.to_owned(),
            format,
            remarks,
            map: binding.map().name.clone(),
            columns: binding.table(),
            unused: binding.unused(),
            toml: binding.to_toml(),
            crs: None,
            evidence: None,
            read: 0,
            new: 0,
            changed: 0,
            unchanged: 0,
            retired: 0,
            rejected: 0,
            reasons: Vec::new(),
            rejected_file: None,
            notes: Vec::new(),
            dry_run: false,
        }
    }

    /// Counts the reasons of rejected rows by their kind.
    pub fn count(&mut self, rejected: &[Rejected]) {
        self.rejected = rejected.len();
        let mut reasons: Vec<(String, usize)> = Vec::new();
        for reason in rejected.iter().flat_map(|r| &r.reasons) {
            let kind = kind(reason);
            match reasons.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => reasons.push((kind, 1)),
            }
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.1));
        self.reasons = reasons;
    }
}

/// A reason without what is particular to its row: what stands in quotation marks, and
/// numbers.
fn kind(reason: &str) -> String {
    let mut out = String::new();
    for (i, part) in reason.split('"').enumerate() {
        if i % 2 == 1 {
            out.push('…');
            continue;
        }
        let mut number = false;
        for c in part.chars() {
            if c.is_ascii_digit() {
                if !number {
                    out.push('…');
                }
                number = true;
            } else {
                number = number && c == '.';
                if !number {
                    out.push(c);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_by_their_kind() {
        let rejected = |reason: &str| Rejected {
            place: Place::Line(2),
            row: None,
            reasons: vec![reason.to_owned()],
        };
        let text = "subject = \"points\"\n[columns]\nname = \"n\"";
        let map = crate::import::columns::ColumnMap::parse("mine", text).unwrap();
        let binding = Binding::new(map.into(), &std::sync::Arc::default());
        let mut report = Report::of("a.csv", "CSV", Vec::new(), &binding);
        report.count(&[
            rejected("category: \"甲\" is no category"),
            rejected("116.5, 39.25 is outside"),
            rejected("category: \"乙\" is no category"),
        ]);
        assert_eq!(report.reasons[0], ("category: … is no category".to_owned(), 2));
        assert_eq!(report.reasons[1], ("…, … is outside".to_owned(), 1));
    }

    #[test]
    fn notes_are_gathered_and_not_without_end() {
        let mut notes = Notes::default();
        for line in 0..100 {
            notes.add("kept as words", &Place::Line(line), "\"x\"");
        }
        let notes = notes.into_vec();
        assert_eq!((notes.len(), notes[0].rows, notes[0].examples.len()), (1, 100, NOTES_SHOWN));
        assert_eq!(notes[0].examples[0], "line 0: \"x\"");
    }
}
