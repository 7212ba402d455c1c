//! The cells of one row, by field, and what is wrong with them.

use std::borrow::Cow;

use jiff::Timestamp;

use super::columns::{Binding, FieldAt};
use super::row::Row;
use super::words;
use crate::store::Retirement;

/// A longer value is a text that belongs elsewhere.
const MAX_CHARS: usize = 2000;
/// Values of one list.
const MAX_LIST: usize = 200;

/// The cells of one row, and what is wrong with them.
pub(super) struct Cells<'a> {
    binding: &'a Binding,
    pub(super) row: &'a Row,
    pub(super) reasons: Vec<String>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(binding: &'a Binding, row: &'a Row) -> Self {
        Self { binding, row, reasons: Vec::new() }
    }

    pub(super) fn wrong(&mut self, field: &str, detail: &str) {
        self.reasons.push(format!("{field}: {detail}"));
    }

    pub(super) fn ok<T>(&mut self, field: &str, result: Result<T, String>) -> Option<T> {
        result.inspect_err(|detail| self.wrong(field, detail)).ok()
    }

    fn cell(&self, field: &str) -> Option<Cow<'_, str>> {
        let at: FieldAt = self.binding.field(field)?;
        self.binding.text(self.row, at)
    }

    /// A text without control characters.
    pub(super) fn text(&mut self, field: &str, most: usize) -> Option<String> {
        let text = self.cell(field)?.into_owned();
        if text.chars().count() > most {
            self.wrong(field, &format!("is longer than {most} characters"));
            return None;
        }
        let control = |c: char| c.is_control() && !c.is_whitespace();
        if text.contains(control) {
            self.wrong(field, "holds a control character");
            return None;
        }
        let lines: Vec<&str> = text.split_whitespace().collect();
        Some(lines.join(" ")).filter(|text| !text.is_empty())
    }

    /// A text of usual length.
    pub(super) fn short(&mut self, field: &str) -> Option<String> {
        self.text(field, MAX_CHARS)
    }

    /// That the record no longer holds, as an export says it.
    pub(super) fn retirement(&mut self) -> Option<Retirement> {
        let (successor, reason) = (self.short("successor"), self.short("retired_reason"));
        let Some(text) = self.short("retired_at") else {
            if successor.is_some() || reason.is_some() {
                self.wrong("retired_at", "is empty, though there is a successor or a reason");
            }
            return None;
        };
        let at: Result<Timestamp, _> = text.parse();
        let at = at.map_err(|_| format!("\"{text}\" is no time such as 2026-01-31T08:00:00Z"));
        let at = self.ok("retired_at", at)?;
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        Some(Retirement { at, successor, reason: reason.unwrap_or_default() })
    }

    pub(super) fn needed(&mut self, field: &str) -> Option<String> {
        let text = self.text(field, MAX_CHARS);
        if text.is_none() {
            self.wrong(field, "is empty");
        }
        text
    }

    pub(super) fn list(&mut self, field: &str) -> Option<Vec<String>> {
        let mut list = words::list(&self.text(field, MAX_CHARS)?);
        if list.len() > MAX_LIST {
            self.wrong(field, &format!("has more than {MAX_LIST} values"));
            list.clear();
        }
        let mut seen = Vec::new();
        list.retain(|value| {
            let new = !seen.contains(value);
            seen.push(value.clone());
            new
        });
        Some(list)
    }
}
