//! The bars of `tests/relevance`, on the default city. Counts, not times.

use std::path::Path;

use servicemap::index::Snapshot;
use servicemap::search::relevance::{self, Measures, Report};

use crate::harness::city;

/// Names as they are written, by their sound, by their letters.
const WRITTEN: [&str; 11] = [
    "exact",
    "far",
    "full_width",
    "heteronym",
    "initials",
    "latin",
    "mixed",
    "number",
    "pinyin",
    "pinyin_partial",
    "traditional",
];

fn suite() -> Report {
    let snapshot = Snapshot::build(servicemap::city::load(&city()).unwrap());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/relevance");
    let read = |file: &str| relevance::read(&std::fs::read(folder.join(file)).unwrap()).unwrap();
    let cases = [read("made.csv"), read("hand.csv")].concat();
    assert!(cases.len() >= 1000, "{}", cases.len());
    Report::of(&snapshot, &cases)
}

fn reaches(what: &str, m: &Measures, first: f64, five: f64) {
    let (r1, r5) = (m.recall_1(), m.recall_5());
    assert!(m.cases > 0 && r1 >= first && r5 >= five, "{what}: {r1:.3} / {r5:.3} of {}", m.cases);
}

#[test]
fn the_right_answer_comes_first_as_often_as_it_should() {
    let report = suite();
    for test in [false, true] {
        let measures = |wanted: &dyn Fn(&str) -> bool| report.measures(wanted, Some(test));
        let written = measures(&|kind| WRITTEN.contains(&kind));
        reaches("names as written, by sound and by letters", &written, 0.95, 0.99);
        for kinds in [["slip", "sound"], ["everyday", "everyday"]] {
            reaches(kinds[0], &measures(&|kind| kinds.contains(&kind)), 0.85, 0.95);
        }
        let rest = |kind: &str| !WRITTEN.contains(&kind);
        reaches("all other questions", &measures(&rest), 0.85, 0.95);
        let initials = measures(&|kind| kind == "initials");
        assert!(initials.keystrokes_to_third(0.5).is_some_and(|n| n <= 4));
    }
}
