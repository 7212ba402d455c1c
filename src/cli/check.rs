//! `servicemap check`: how good the city's records are.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CommandResult;
use crate::check::{self, Fault, Report};
use crate::city::{self, City, Lang};
use crate::index::{Follower, Snapshot};
use crate::store;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// Records instead of those of the pack: a GeoPackage file or postgres://…
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "DATABASE")]
    database: Option<String>,
    /// Write the report as one page to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Language of the page and of names: zh or en; the city's if left out.
    #[arg(long, value_name = "LANGUAGE", value_parser = super::locate::language)]
    lang: Option<Lang>,
    /// The divisions of which day count, such as 2026-01-31; today if left out.
    #[arg(long, value_name = "DAY")]
    date: Option<jiff::civil::Date>,
    /// After how many days an observation is old.
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..))]
    stale_after: u16,
    /// End with 1 where there is one of these. Without it a report is a success, whatever
    /// it finds.
    #[arg(long, value_name = "FAULT", value_delimiter = ',')]
    fail_on: Vec<FaultName>,
}

/// What may be wrong.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FaultName {
    /// A point says that it is in another district.
    Claims,
    /// A point is in no district.
    Outside,
    /// Divisions of a level overlap.
    Overlaps,
    /// Ground is in no division of a level.
    Gaps,
    /// As many people do not live in a division as in its parts.
    Residents,
    /// The address of a portal is dead.
    DeadLinks,
    /// A rule never fires, or its order alone decides.
    Rules,
}

impl From<FaultName> for Fault {
    fn from(name: FaultName) -> Self {
        match name {
            FaultName::Claims => Self::Claims,
            FaultName::Outside => Self::Outside,
            FaultName::Overlaps => Self::Overlaps,
            FaultName::Gaps => Self::Gaps,
            FaultName::Residents => Self::Residents,
            FaultName::DeadLinks => Self::DeadLinks,
            FaultName::Rules => Self::Rules,
        }
    }
}

/// Reads the records, which may be served meanwhile, and reports.
pub(super) fn run(options: &Options) -> CommandResult {
    let snapshot = Snapshot::build(records(options)?);
    let day = options.date.unwrap_or_else(|| snapshot.city.today());
    let stale = day.checked_sub(jiff::Span::new().days(i64::from(options.stale_after)))?;
    let report = check::check(&snapshot, day, stale);
    let lang = options.lang.unwrap_or_else(|| snapshot.city.manifest.default_lang());
    if let Some(file) = &options.html {
        fs::write(file, check::html::page(&report, lang))
            .map_err(|e| format!("{}: {e}", file.display()))?;
    }
    if options.json {
        print(&serde_json::to_string_pretty(&report)?);
    } else {
        print(&summary(&report, lang));
    }
    let wrong: Vec<String> = options
        .fail_on
        .iter()
        .filter_map(|name| {
            let count = report.count((*name).into());
            let value = name.to_possible_value()?;
            (count > 0).then(|| format!("{count} {}", value.get_name()))
        })
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("found {}", wrong.join(", ")).into()) }
}

/// The city of the pack, or with the records of the database.
fn records(options: &Options) -> Result<City, Box<dyn std::error::Error>> {
    let pack = city::load(&options.city)?;
    let Some(database) = &options.database else { return Ok(pack) };
    // Opening makes what is not there; a check should not.
    if !database.contains("://") && !std::path::Path::new(database).exists() {
        return Err(format!("{database}: there is no such file; `serve` makes it").into());
    }
    let store = store::open(database, &pack.manifest.id)?;
    Ok(Follower::new(pack, store.load()?).city())
}

/// The numbers, a line each.
fn summary(report: &Report, lang: Lang) -> String {
    use std::fmt::Write as _;

    let mut out = format!("{} · {}\n", report.city.get(lang), report.date);
    let points = &report.points;
    let all = points.missing.first();
    let missing = |of: fn(&check::Missing) -> usize| all.map_or(0, of);
    let ground = |m2: f64| format!("{:.2} km²", m2 / 1e6);
    let mut line = |label: &str, value: String| {
        // Writing to memory does not fail.
        let _ = writeln!(out, "  {label:<28}{value}");
    };
    line("points", points.count.to_string());
    line("  without opening hours", missing(|m| m.hours).to_string());
    line("  without a phone", missing(|m| m.phone).to_string());
    line("  without an address", missing(|m| m.address).to_string());
    line("  not seen for long", points.stale.count.to_string());
    line("  say another district", points.claims.count.to_string());
    line("  in no district", points.outside.count.to_string());
    for level in &report.levels {
        let counts = format!(
            "{} authoritative, {} approximate, {} without area; population of {}",
            level.authoritative, level.approximate, level.without_area, level.with_residents
        );
        line(level.name.get(lang), counts);
    }
    for b in &report.borders {
        let level = b.level.key();
        line(
            &format!("{level} overlaps"),
            format!("{} ({})", b.overlaps.count, ground(b.overlap_m2)),
        );
        line(&format!("{level} gaps"), format!("{} ({})", b.gaps.count, ground(b.gap_m2)));
        if b.not_compared > 0 {
            line(&format!("{level} outlines too long"), format!("{} not compared", b.not_compared));
        }
    }
    line("doubtful populations", report.residents.count.to_string());
    line("dead links", report.count(Fault::DeadLinks).to_string());
    line("doubtful rules", report.rules.len().to_string());
    for rule in &report.rules {
        line("", rule.detail.get(lang).to_owned());
    }
    out.pop();
    out
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn print(text: &str) {
    println!("{text}");
}
