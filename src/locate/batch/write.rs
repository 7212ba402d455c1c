//! Writes answers. What is said of a division is the same in each row, so it is written
//! once and copied.

use std::io::Write as _;

use super::Format;
use super::rows::Id;
use crate::city::{City, Lang, Level};
use crate::locate::{Brief, Match};

/// Writes answers in one format and language.
#[derive(Debug)]
pub(super) struct Writer {
    format: Format,
    lang: Lang,
    /// What is said of each division that has come up.
    said: Vec<Option<Box<[u8]>>>,
}

impl Writer {
    pub(super) fn new(format: Format, lang: Lang, divisions: usize) -> Self {
        Self { format, lang, said: vec![None; divisions] }
    }

    /// The first row of a CSV.
    pub(super) fn header(&self, out: &mut Vec<u8>) {
        if self.format == Format::Csv {
            out.extend_from_slice(b"id,match");
            for level in Level::ALL {
                let key = level.key();
                // Writing to memory does not fail.
                let _ = write!(out, ",{key},{key}_name");
            }
            out.extend_from_slice(b",error\n");
        }
    }

    pub(super) fn answer(&mut self, city: &City, id: &Id<'_>, brief: Brief, out: &mut Vec<u8>) {
        let found = match brief.found {
            Match::Inside => "inside",
            Match::Border => "border",
            Match::Nearest => "nearest",
            Match::Outside => "outside",
        };
        match self.format {
            Format::Ndjson => {
                out.extend_from_slice(b"{\"id\":");
                json_id(id, out);
                let _ = write!(out, ",\"match\":\"{found}\",\"divisions\":[");
                for (i, number) in brief.divisions.iter().flatten().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(self.division(city, *number));
                }
                out.extend_from_slice(b"]}\n");
            }
            Format::Csv => {
                csv_id(id, out);
                let _ = write!(out, ",{found}");
                for number in brief.divisions {
                    match number {
                        Some(number) => out.extend_from_slice(self.division(city, number)),
                        None => out.extend_from_slice(b",,"),
                    }
                }
                out.extend_from_slice(b",\n");
            }
        }
    }

    pub(super) fn error(&self, id: &Id<'_>, line: u64, detail: &str, out: &mut Vec<u8>) {
        match self.format {
            Format::Ndjson => {
                out.extend_from_slice(b"{\"id\":");
                json_id(id, out);
                let _ = write!(out, ",\"line\":{line},\"error\":");
                json_text(detail, out);
                out.extend_from_slice(b"}\n");
            }
            Format::Csv => {
                csv_id(id, out);
                out.extend_from_slice(b",,,,,,,,");
                csv_cell(&format!("line {line}: {detail}"), out);
                out.push(b'\n');
            }
        }
    }

    fn division(&mut self, city: &City, number: u32) -> &[u8] {
        let (format, lang) = (self.format, self.lang);
        self.said[number as usize].get_or_insert_with(|| {
            let division = &city.divisions[number as usize];
            let mut out = Vec::new();
            match format {
                Format::Ndjson => {
                    let _ = write!(out, "{{\"level\":\"{}\",\"code\":", division.level.key());
                    json_text(&division.code, &mut out);
                    out.extend_from_slice(b",\"name\":");
                    json_text(division.name.get(lang), &mut out);
                    out.push(b'}');
                }
                Format::Csv => {
                    out.push(b',');
                    csv_cell(&division.code, &mut out);
                    out.push(b',');
                    csv_cell(division.name.get(lang), &mut out);
                }
            }
            out.into()
        })
    }
}

fn json_id(id: &Id<'_>, out: &mut Vec<u8>) {
    match id {
        Id::None => out.extend_from_slice(b"null"),
        Id::Json(text) => out.extend_from_slice(text.as_bytes()),
        Id::Cell(text) => json_text(text, out),
    }
}

fn json_text(text: &str, out: &mut Vec<u8>) {
    // A text is always JSON, and writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

fn csv_id(id: &Id<'_>, out: &mut Vec<u8>) {
    match id {
        Id::None => {}
        Id::Json(text) => csv_cell(text, out),
        Id::Cell(text) => csv_cell(text, out),
    }
}

fn csv_cell(text: &str, out: &mut Vec<u8>) {
    if text.contains(['"', ',', '\n', '\r']) {
        out.push(b'"');
        out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}
