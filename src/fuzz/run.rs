//! The same short run of every target each time.

use std::path::{Path, PathBuf};

use super::TARGETS;

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

/// The files of a target's corpus that are kept: libFuzzer's own finds have no names.
fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let kept = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() != 40);
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).filter(kept).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

fn run(targets: &[&str]) {
    for name in targets {
        let (_, target) = TARGETS.iter().find(|(known, _)| known == name).unwrap();
        let mut understood = 0;
        for (i, file) in corpus(name).iter().enumerate() {
            let seed = std::fs::read(file).unwrap();
            understood += target(&seed);
            let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ i as u64);
            for _ in 0..MUTATIONS {
                let mut bytes = seed.clone();
                for _ in 0..=chance.below(8) {
                    chance.mutate(&mut bytes);
                }
                target(&bytes);
            }
        }
        assert!(understood > 0, "{name} understands nothing of its corpus");
    }
}

const TEXTS: [&str; 5] = ["csv", "geojson", "wkt", "columns", "position"];
const WORKBOOKS: [&str; 2] = ["xlsx", "sheet"];
const GEODATA: [&str; 7] =
    ["flatgeobuf", "geopackage", "shapefile", "archive", "geoparquet", "osm", "wkb"];
const WORDS_OF_PEOPLE: [&str; 5] = ["hours", "query", "address", "batch", "tickets"];

#[test]
fn no_reader_of_texts_panics_near_its_corpus() {
    run(&TEXTS);
}

#[test]
fn no_reader_of_workbooks_panics_near_its_corpus() {
    run(&WORKBOOKS);
}

#[test]
fn no_reader_of_geodata_panics_near_its_corpus() {
    // What the crates of Parquet and of extracts say about damage is caught and not shown.
    std::panic::set_hook(Box::new(|_| ()));
    run(&GEODATA);
}

#[test]
fn nothing_that_people_type_panics() {
    run(&WORDS_OF_PEOPLE);
}

#[test]
fn every_target_is_run_here_and_by_libfuzzer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let here = [&TEXTS[..], &WORKBOOKS, &GEODATA, &WORDS_OF_PEOPLE].concat();
    assert_eq!(here.len(), TARGETS.len());
    for (name, _) in TARGETS {
        assert!(here.contains(&name), "{name} is not run here");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no binary");
        let text = std::fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs")));
        assert!(text.unwrap().contains(&format!("fuzz::{name}(")), "{name}");
    }
}
