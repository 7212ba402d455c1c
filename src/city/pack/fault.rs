//! What is wrong with a pack, and where.

use std::fmt;

/// How many faults are listed; a broken export repeats one fault ten thousand times.
const MAX_LISTED: usize = 50;

/// One thing that is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File, relative to the pack.
    pub file: String,
    /// Line, counted from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column or key; empty where the whole line is meant.
    pub field: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Everything that is wrong with a pack.
#[derive(Debug, thiserror::Error)]
pub struct PackError {
    /// The faults, at most a limit of them.
    pub faults: Vec<Fault>,
    /// How many were found in all.
    pub total: usize,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.total == 1 { "fault" } else { "faults" };
        write!(f, "the city pack has {} {s}:", self.total)?;
        for fault in &self.faults {
            write!(f, "\n  {fault}")?;
        }
        if self.total > self.faults.len() {
            write!(f, "\n  … and {} more", self.total - self.faults.len())?;
        }
        Ok(())
    }
}

/// Collects faults while reading goes on.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listed: Vec<Fault>,
    total: usize,
}

impl Faults {
    pub(super) fn at(&mut self, file: &str, line: usize, field: &str, detail: impl Into<String>) {
        self.total += 1;
        if self.listed.len() < MAX_LISTED {
            self.listed.push(Fault {
                file: file.to_owned(),
                line,
                field: field.to_owned(),
                detail: detail.into(),
            });
        }
    }

    pub(super) fn file(&mut self, file: &str, detail: impl Into<String>) {
        self.at(file, 0, "", detail);
    }

    pub(super) fn append(&mut self, other: Self) {
        self.total += other.total;
        self.listed.extend(other.listed);
        self.listed.truncate(MAX_LISTED);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(super) fn into_error(self) -> PackError {
        PackError { faults: self.listed, total: self.total }
    }
}
