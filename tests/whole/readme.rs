//! The README's commands work: what it tells a newcomer to type is typed here.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::{Server, escaped};

/// The command lines in the fenced `sh` blocks of a document.
fn commands(document: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = !inside && matches!(language.trim(), "sh" | "bash" | "console");
        } else if inside && !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            lines.push(line.trim().trim_start_matches("$ ").to_owned());
        }
    }
    lines
}

/// The words of a command line; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if c == q => quote = None,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            (_, c) => word.push(c),
        }
    }
    words.push(word);
    words.into_iter().filter(|w| !w.is_empty()).collect()
}

#[test]
fn every_command_of_the_documents_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let makefile = fs::read_to_string(root.join("Makefile")).unwrap();
    let targets: HashSet<&str> =
        makefile.lines().filter_map(|l| l.split_once(':')).map(|(target, _)| target).collect();
    let server = Server::start();
    let mut checked = HashSet::new();
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/city-pack.md",
        "docs/counts.md",
        "docs/import.md",
        "docs/records.md",
        "docs/writing.md",
        "docs/performance.md",
        "docs/points.md",
        "docs/booking.md",
        "docs/tiles.md",
    ] {
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        for line in commands(&text) {
            let words = words(&line);
            let kind = words[0].rsplit('/').next().unwrap().to_owned();
            match kind.as_str() {
                "make" => {
                    for target in words[1..].iter().filter(|w| !w.contains('=')) {
                        assert!(targets.contains(target.as_str()), "{file}: {line}");
                    }
                }
                "curl" => {
                    let address = words.iter().find(|w| w.starts_with("http")).unwrap();
                    let path = address.strip_prefix("http://127.0.0.1:12345");
                    let path = path.unwrap_or_else(|| panic!("{file}: {line}: another server"));
                    let answer = server.get(&escaped(path));
                    assert!(answer.status < 400, "{file}: {line}: {}", answer.text());
                }
                "servicemap" => {
                    let help = Command::new(env!("CARGO_BIN_EXE_servicemap"))
                        .args(words[1..].iter().take_while(|w| !w.starts_with("--")))
                        .arg("--help")
                        .output()
                        .unwrap();
                    assert!(help.status.success(), "{file}: {line}");
                    let help = String::from_utf8_lossy(&help.stdout).into_owned();
                    for flag in words.iter().filter(|w| w.starts_with("--")) {
                        assert!(help.contains(flag.as_str()), "{file}: {line}: {flag}");
                    }
                }
                "git" | "cd" | "cp" | "mkdir" | "cargo" => {}
                other => panic!("{file}: this test does not know how to check `{other}`: {line}"),
            }
            checked.insert(kind);
        }
    }
    for kind in ["make", "curl", "servicemap"] {
        assert!(checked.contains(kind), "no document shows {kind}");
    }
}
