//! What a keystroke costs: every beginning of some real names, of their pinyin and of
//! their first letters, asked one by one as a person types them.
//!
//! `cargo bench --bench search` with the pack in `SERVICEMAP_CITY` (default
//! `data/beijing`); without a pack there is nothing to measure. Prints the distribution
//! over all keystrokes, then lets criterion time the kinds one by one.

#![allow(clippy::print_stdout, reason = "figures are what a bench is for")]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::Criterion;
use servicemap::geo::LonLat;
use servicemap::index::Snapshot;
use servicemap::search::{Mode, Query, search};

/// Names whose keystrokes are measured.
const NAMES: usize = 60;

fn main() {
    let folder = std::env::var("SERVICEMAP_CITY")
        .map_or_else(|_| PathBuf::from("data/beijing"), PathBuf::from);
    let Ok(city) = servicemap::city::load(&folder) else {
        println!("no pack in {}; set SERVICEMAP_CITY", folder.display());
        return;
    };
    let start = Instant::now();
    let s = Snapshot::build(city);
    println!("snapshot of {} names in {:?}", s.text.len(), start.elapsed());

    let groups = keystrokes(&s);
    for (kind, texts) in &groups {
        for focus in [None, Some(s.city.manifest.center())] {
            distribution(&s, kind, texts, focus);
        }
    }
    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    for (kind, texts) in &groups {
        let mut at = 0;
        criterion.bench_function(&format!("keystroke/{kind}"), |b| {
            b.iter(|| {
                at = (at + 1) % texts.len();
                black_box(search(&s, &question(&texts[at], None)))
            });
        });
    }
    criterion.final_summary();
}

fn question(text: &str, focus: Option<LonLat>) -> Query {
    Query { text: text.into(), focus, size: 10, mode: Mode::Autocomplete, ..Query::default() }
}

/// Every beginning of names spread evenly over the city's lists.
fn keystrokes(s: &Snapshot) -> Vec<(&'static str, Vec<String>)> {
    let points = s.city.points.iter().map(|p| p.name.zh.as_str());
    let places = s.city.places.iter().map(|p| p.name.zh.as_str());
    let names: Vec<&str> = points.chain(places).collect();
    let step = (names.len() / NAMES).max(1);
    let (mut han, mut pinyin, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    for name in names.iter().step_by(step) {
        let chars: Vec<char> = name.chars().collect();
        let mut choices = Vec::new();
        s.text.readings().of(&chars, &mut choices);
        let syllables: Vec<&str> =
            choices.iter().filter_map(|c| c.as_slice().first().copied()).collect();
        let firsts: String = syllables.iter().filter_map(|x| x.chars().next()).collect();
        han.extend((1..=chars.len()).map(|n| chars[..n].iter().collect::<String>()));
        let whole = syllables.concat();
        pinyin.extend((1..=whole.len()).filter_map(|n| whole.get(..n).map(str::to_owned)));
        letters.extend((1..=firsts.len()).filter_map(|n| firsts.get(..n).map(str::to_owned)));
    }
    // One character wrong, so that every forgiving step is gone through.
    let wrong = names.iter().step_by(step).map(|n| format!("{n}错字连篇")).collect();
    vec![("han", han), ("pinyin", pinyin), ("letters", letters), ("wrong", wrong)]
}

fn distribution(s: &Snapshot, kind: &str, texts: &[String], focus: Option<LonLat>) {
    let mut times: Vec<Duration> = texts
        .iter()
        .map(|text| {
            let query = question(text, focus);
            let start = Instant::now();
            black_box(search(s, &query));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "{kind:8} focus {:5} {:5} keystrokes: p50 {:?}, p90 {:?}, p99 {:?}, most {:?}",
        focus.is_some(),
        times.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}
