//! How well and how fast the search answers.

use std::path::PathBuf;

use super::super::CommandResult;
use super::say;
use crate::index::Snapshot;
use crate::search::relevance::{self, Case, Measures, Report};

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
}

pub(super) fn run(options: &Options) -> CommandResult {
    let snapshot = Snapshot::build(crate::city::load(&options.city)?);
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
        "\n{:<16} {:>6} {:>9} {:>9} {:>6} {:>14} {:>14} {:>6}",
        if test { "test split" } else { "tuning split" },
        "cases",
        "recall@1",
        "recall@5",
        "MRR",
        "keys to top 1",
        "keys to top 3",
        "lost"
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
        "{name:<16} {:>6} {:>9.3} {:>9.3} {:>6.3} {:>14} {:>14} {:>6}",
        m.cases,
        m.recall_1(),
        m.recall_5(),
        m.mrr(),
        keys(m.keystrokes_to_first(0.5), m.keystrokes_to_first(0.9)),
        keys(m.keystrokes_to_third(0.5), m.keystrokes_to_third(0.9)),
        m.lost
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
