//! `servicemap links`: whether the reservation links still lead anywhere.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::CommandResult;
use super::key::Records;
use super::outside::Outside;
use crate::city::LinkStatus;
use crate::outside::links::{self, Found, LinkReport, LinkTerms};

/// What to do with links.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Visit every link once, and write what was found. Run it once a day.
    Check(Options),
}

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    records: Records,
    #[command(flatten)]
    outside: Outside,
    /// Days in a row on which a link must fail until it is no longer offered.
    #[arg(long, value_name = "DAYS", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=365))]
    dead_after: u16,
    /// Milliseconds between two requests to one host.
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    delay: u64,
    /// Visit, say what was found, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Hosts that are visited at the same time.
const HOSTS_AT_ONCE: usize = 8;

pub(super) fn run(action: &Action) -> CommandResult {
    let Action::Check(options) = action;
    let (store, pack) = options.records.open_with_pack()?;
    let client = options.outside.client()?;
    let terms = LinkTerms {
        today: pack.today(),
        dead_after: usize::from(options.dead_after),
        delay: Duration::from_millis(options.delay),
        hosts_at_once: HOSTS_AT_ONCE,
    };
    let report = links::check(store.as_ref(), &client, &terms, options.dry_run)?;
    if options.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    if report.offline {
        return Err("no host was reached at all; see whether this machine has a connection. \
                    Nothing was written"
            .into());
    }
    Ok(())
}

fn tell(report: &LinkReport) {
    for link in &report.links {
        let found = match &link.found {
            Found::Answer => "answers",
            Found::Failure(detail) | Found::Unsaid(detail) => detail,
        };
        let status = match link.after {
            LinkStatus::Unchecked => "unchecked",
            LinkStatus::Ok => "ok",
            LinkStatus::Failing => "failing",
            LinkStatus::Dead => "dead",
        };
        say(&format!("{:<9}  {}  {}: {found}", status, link.id, link.url));
    }
    say(&format!("{} links, {} records changed", report.links.len(), report.written));
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
