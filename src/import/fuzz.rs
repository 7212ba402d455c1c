//! What is fuzzed: everything that reads what comes from outside.
//!
//! Each target takes any bytes and must end without a panic, in memory and time that its
//! limits bound; a reader that finds rows without an end is a panic here. `fuzz/` runs them under libFuzzer (`make fuzz`); the tests of this file run
//! each over the kept corpus and some thousand mutations of it, the same ones every time.

use std::io::Cursor;

use super::columns::ColumnMap;
use super::read::{self, Options};
use super::row::{FileFault, Rows};
use super::value;

/// A target: its name, which is that of its folder in `fuzz/corpus`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("csv", csv),
    ("geojson", geojson),
    ("xlsx", xlsx),
    ("columns", columns),
    ("hours", hours),
    ("position", position),
];

/// Rows that a file of so many bytes may have: each takes some.
fn most(bytes: &[u8]) -> usize {
    // A workbook is packed, at most a thousandfold.
    if bytes.starts_with(b"PK") { bytes.len() * 1032 } else { bytes.len() + 1 }
}

/// Reads all rows there are.
fn drain(rows: Result<Box<dyn Rows>, FileFault>, most: usize) {
    let Ok(mut rows) = rows else { return };
    let mut read = 0;
    while let Some(Ok(_)) = rows.next() {
        read += 1;
        assert!(read <= most, "rows without an end");
        if read.is_multiple_of(64) {
            let _ = (rows.progress(), rows.epsg(), rows.remarks());
        }
    }
}

/// Delimited text.
pub fn csv(bytes: &[u8]) {
    drain(read::csv::read(Cursor::new(bytes.to_vec()), "fuzz"), most(bytes));
}

/// `GeoJSON` and its relatives.
pub fn geojson(bytes: &[u8]) {
    drain(read::geojson::read(Cursor::new(bytes.to_vec()), "fuzz"), most(bytes));
}

/// Workbooks.
pub fn xlsx(bytes: &[u8]) {
    drain(read::xlsx::read(Cursor::new(bytes.to_vec()), "fuzz", &Options::default()), most(bytes));
}

/// Column maps.
pub fn columns(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = ColumnMap::parse("fuzz", text);
    }
}

/// Opening hours, in words and as rules.
pub fn hours(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = value::hours(text, false);
        let _ = value::hours(text, true);
    }
}

/// Angles, pairs of them, and days.
pub fn position(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = (value::degrees(text), value::pair(text), value::day(text));
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    /// Mutations of each file of the corpus.
    const MUTATIONS: usize = 150;
    /// Pieces that mean something to one format or another.
    const WORDS: [&[u8]; 16] = [
        b"\"",
        b",",
        b"\n",
        b"{",
        b"[",
        b"]",
        b"}",
        b"\\",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"99999999999999999999",
        b"-1",
        b"1e999",
        "周一".as_bytes(),
        b"PK\x03\x04",
    ];

    /// A small generator of numbers (xorshift, Marsaglia 2003): the same run every time.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, n: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % n.max(1) as u64) as usize
        }

        fn mutate(&mut self, bytes: &mut Vec<u8>) {
            let at = self.below(bytes.len() + 1);
            let length = self.below(16).min(bytes.len() - at);
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                2 => drop(bytes.drain(at..at + length)),
                3 => {
                    let again = bytes[at..at + length].to_vec();
                    bytes.splice(at..at, again);
                }
                4 => bytes.truncate(at),
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    bytes.splice(at..at, word.iter().copied());
                }
            }
        }
    }

    fn corpus(target: &str) -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let files =
            std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{} is empty", folder.display());
        files
    }

    #[test]
    fn no_target_panics_on_its_corpus_or_near_it() {
        for (name, target) in TARGETS {
            for (i, file) in corpus(name).iter().enumerate() {
                let seed = std::fs::read(file).unwrap();
                target(&seed);
                let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ i as u64);
                for _ in 0..MUTATIONS {
                    let mut bytes = seed.clone();
                    for _ in 0..=chance.below(8) {
                        chance.mutate(&mut bytes);
                    }
                    target(&bytes);
                }
            }
        }
    }

    #[test]
    fn every_target_is_run_by_libfuzzer_too() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        for (name, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no binary");
            let text = std::fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs")));
            assert!(text.unwrap().contains(&format!("fuzz::{name}(")), "{name}");
        }
    }
}
