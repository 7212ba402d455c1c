//! How well and how fast the search answers.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::CommandResult;
use super::{grouped, load, per_second, row, say};
use crate::city::City;
use crate::city::synthetic::{self, Random};
use crate::geo::LonLat;
use crate::index::{PointFilter, Snapshot, TextIndex};
use crate::search::relevance::{self, Case, Measures, Report};
use crate::search::{Mode, Query, search};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Options {
    /// Folder of the city pack.
    #[arg(long, value_name = "FOLDER", default_value = "data/beijing")]
    city: PathBuf,
    /// Files of cases with the answers that are expected.
    #[arg(long, value_name = "FILE", num_args = 0..,
        default_values = ["tests/relevance/made.csv", "tests/relevance/hand.csv"])]
    cases: Vec<PathBuf>,
    /// Name every case that failed, but for those of the test split.
    #[arg(long)]
    failures: bool,
    /// Also measure the test split, which nothing may be tuned by.
    #[arg(long)]
    test: bool,
    /// Measure the time of an answer, in the city with so many made-up places besides its
    /// own; may be given several times.
    #[arg(long, value_name = "N")]
    places: Vec<usize>,
    /// Draws places and questions.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Names whose keystrokes are asked one by one.
const NAMES: usize = 300;
/// Questions of each kind that one thread is asked.
const ASKED: usize = 2_000;
/// Times that each of them is asked.
const RUNS: usize = 3;
/// Questions of each client of the server.
const OF_A_CLIENT: usize = 1_500;

pub(super) fn run(options: &Options) -> CommandResult {
    let city = crate::city::load(&options.city)?;
    if options.places.is_empty() {
        return relevance(city, options);
    }
    let mut typical = Vec::new();
    for (i, &count) in options.places.iter().enumerate() {
        let last = i + 1 == options.places.len();
        let city = grown(city.clone(), count, options.seed);
        typical.push((count, speed(city, count, options.seed, last)?));
    }
    if let [(few, before), .., (many, after)] = typical[..] {
        say("");
        row(
            &format!("a suggestion, {} to {} places", grouped(few as u64), grouped(many as u64)),
            &format!("{:.2} times", after.as_secs_f64() / before.as_secs_f64()),
            "p50 of all kinds",
        );
    }
    Ok(())
}

fn relevance(city: City, options: &Options) -> CommandResult {
    let snapshot = Snapshot::build(city);
    let mut cases = Vec::new();
    for file in &options.cases {
        let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
        cases.extend(relevance::read(&bytes).map_err(|e| format!("{}: {e}", file.display()))?);
    }
    cases.retain(|case| options.test || !case.is_test());
    let report = Report::of(&snapshot, &cases);
    say(&format!("relevance, {} cases", cases.len()));
    for test in [false, true].into_iter().filter(|test| options.test || !test) {
        table(&report, test);
    }
    if options.failures {
        failures(&report);
    }
    Ok(())
}

fn table(report: &Report, test: bool) {
    say(&format!(
        "\n{:<16} {:>6} {:>9} {:>9} {:>6} {:>14} {:>14} {:>6} {:>6}",
        if test { "test split" } else { "tuning split" },
        "cases",
        "recall@1",
        "recall@5",
        "MRR",
        "keys to top 1",
        "keys to top 3",
        "lost",
        "gone"
    ));
    for kind in report.kinds() {
        line(kind, &report.measures(|k| k == kind, Some(test)));
    }
    line("all", &report.measures(|_| true, Some(test)));
}

/// One line of the table: keystrokes are median / nine of ten.
fn line(name: &str, m: &Measures) {
    let keys = |median: Option<usize>, most: Option<usize>| {
        let shown = |n: Option<usize>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
        format!("{} / {}", shown(median), shown(most))
    };
    say(&format!(
        "{name:<16} {:>6} {:>9.3} {:>9.3} {:>6.3} {:>14} {:>14} {:>6} {:>6}",
        m.cases,
        m.recall_1(),
        m.recall_5(),
        m.mrr(),
        keys(m.keystrokes_to_first(0.5), m.keystrokes_to_first(0.9)),
        keys(m.keystrokes_to_third(0.5), m.keystrokes_to_third(0.9)),
        m.lost,
        m.gone
    ));
}

fn failures(report: &Report) {
    say("\ncases that failed, and where the answer came");
    for (case, outcome) in report.failed.iter().filter(|(case, _)| !case.is_test()) {
        let Case { kind, text, expect, .. } = case;
        let rank = outcome.rank.map_or_else(|| "–".to_owned(), |r| r.to_string());
        say(&format!("{kind:<16} {rank:>3}  {text}  {expect:?}"));
    }
}

/// The city with made-up places besides its own.
fn grown(mut city: City, count: usize, seed: u64) -> City {
    let made_up = synthetic::places(count, seed, city.manifest.bounds);
    let mut places = [city.places.as_slice(), made_up.as_slice()].concat();
    places.sort_by(|a, b| a.id.cmp(&b.id));
    city.places = Arc::new(places);
    city
}

/// How long answers take; with `server`, also over HTTP. Gives back the typical time of a
/// suggestion.
fn speed(
    city: City,
    count: usize,
    seed: u64,
    server: bool,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let index = |city: &City| {
        let start = Instant::now();
        drop(TextIndex::build_kept(city, Some(folder.path())));
        start.elapsed()
    };
    let (made, read) = (index(&city), index(&city));
    let start = Instant::now();
    let snapshot = Snapshot::build_kept(city, Some(folder.path()));
    let took = start.elapsed();
    say(&format!(
        "\n{} made-up places, {} names",
        grouped(count as u64),
        grouped(snapshot.text.len() as u64)
    ));
    let seconds = |d: Duration| format!("{:.2} s", d.as_secs_f64());
    row("index of names built and kept", &seconds(made), "by the clock");
    row("index of names from disk, checked", &seconds(read), "by the clock");
    row("all read models, names from disk", &seconds(took), "by the clock");
    let mut random = Random(seed);
    let (mut all, mut every) = (Vec::new(), Vec::new());
    for (kind, texts) in keystrokes(&snapshot, &mut random) {
        for near in [false, true] {
            let questions: Vec<(String, Option<LonLat>)> = (0..ASKED)
                .map(|_| {
                    let text = texts[random.below(texts.len())].clone();
                    (text, near.then(|| somewhere(&snapshot, &mut random)))
                })
                .collect();
            let mut times: Vec<Duration> =
                questions.iter().map(|(text, focus)| one(&snapshot, text, *focus)).collect();
            percentiles(&format!("{kind}{}", if near { ", with a focus" } else { "" }), &mut times);
            all.extend(questions);
            every.extend(times);
        }
    }
    nearest(&snapshot, &mut random);
    if server {
        for i in (1..all.len()).rev() {
            all.swap(i, random.below(i + 1));
        }
        let paths: Vec<String> = all.iter().map(|(text, focus)| path(text, *focus)).collect();
        load::search(snapshot, &paths, OF_A_CLIENT)?;
    }
    every.sort_unstable();
    Ok(every[every.len() / 2])
}

/// The time of one suggestion.
fn one(s: &Snapshot, text: &str, focus: Option<LonLat>) -> Duration {
    let mode = Mode::Autocomplete;
    let query = Query { text: text.to_owned(), focus, size: 10, mode, ..Query::default() };
    best(|| {
        std::hint::black_box(search(s, &query));
    })
}

/// The best of some runs by the clock: the others were disturbed.
fn best(mut what: impl FnMut()) -> Duration {
    let mut once = || {
        let start = Instant::now();
        what();
        start.elapsed()
    };
    (0..RUNS).map(|_| once()).min().unwrap_or_default()
}

fn percentiles(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let total: Duration = times.iter().sum();
    row(
        &format!("{what}, p50 / p99"),
        &format!("{:.3} / {:.3} ms", at(0.5), at(0.99)),
        &format!("{}, one thread", per_second(times.len(), total)),
    );
}

fn somewhere(s: &Snapshot, random: &mut Random) -> LonLat {
    s.city.places[random.below(s.city.places.len())].location
}

fn path(text: &str, focus: Option<LonLat>) -> String {
    let text = utf8_percent_encode(text, NON_ALPHANUMERIC);
    let focus = focus
        .map(|p| format!("&focus.point.lon={:.5}&focus.point.lat={:.5}", p.lon, p.lat))
        .unwrap_or_default();
    format!("/v1/autocomplete?text={text}{focus}")
}

/// Every beginning of some names, of their pinyin and of their first letters, and names
/// with a slip.
fn keystrokes(s: &Snapshot, random: &mut Random) -> Vec<(&'static str, Vec<String>)> {
    let (mut han, mut pinyin, mut letters, mut wrong) = (vec![], vec![], vec![], vec![]);
    for _ in 0..NAMES {
        let name = &s.city.places[random.below(s.city.places.len())].name.zh;
        let chars: Vec<char> = name.chars().collect();
        let mut choices = Vec::new();
        s.text.readings().of(&chars, &mut choices);
        let syllables: Vec<&str> =
            choices.iter().filter_map(|c| c.as_slice().first().copied()).collect();
        let firsts: String = syllables.iter().filter_map(|x| x.chars().next()).collect();
        let whole = syllables.concat();
        han.extend((1..=chars.len()).map(|n| chars[..n].iter().collect::<String>()));
        pinyin.extend((1..=whole.len()).filter_map(|n| whole.get(..n).map(str::to_owned)));
        letters.extend((1..=firsts.len()).filter_map(|n| firsts.get(..n).map(str::to_owned)));
        let mut slip = chars.clone();
        slip.swap(0, chars.len() / 2);
        wrong.push(slip.into_iter().collect());
    }
    vec![("characters", han), ("pinyin", pinyin), ("first letters", letters), ("slips", wrong)]
}

/// The nearest of a category that can be booked.
fn nearest(s: &Snapshot, random: &mut Random) {
    let categories: Vec<&str> = s.city.points.iter().map(|p| p.category.as_str()).collect();
    if categories.is_empty() {
        return;
    }
    let mut times: Vec<Duration> = (0..ASKED)
        .map(|_| {
            let category = Some(categories[random.below(categories.len())].to_owned());
            let filter = PointFilter { category, bookable: Some(true), ..PointFilter::default() };
            let focus = Some(somewhere(s, random));
            let query = Query { filter, focus, size: 10, ..Query::default() };
            best(|| {
                std::hint::black_box(search(s, &query));
            })
        })
        .collect();
    percentiles("nearest of a category, bookable", &mut times);
}
