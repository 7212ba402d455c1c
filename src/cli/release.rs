//! `servicemap release`: makes the public figures of months that are over.

use jiff::Timestamp;

use super::CommandResult;
use super::key::Records;
use crate::city::{City, Month, Release};
use crate::import::words::counted;
use crate::index::{Follower, tickets};
use crate::release;
use crate::store::Store;

/// What to do with the public figures.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Make them for every month that is due, as a server does by itself some time later.
    ///
    /// A month is due when it has been over for as many days as the city pack says, and has
    /// at least k tickets. What is made is public and stays: make it when all tickets are in.
    Make {
        #[command(flatten)]
        records: Records,
        /// This month alone, such as 2026-10.
        #[arg(long, value_parser = month, value_name = "MONTH")]
        month: Option<Month>,
        /// Say what would be made, and make nothing.
        #[arg(long)]
        dry_run: bool,
        /// Report as one JSON object.
        #[arg(long)]
        json: bool,
    },
}

/// Who writes, in the change log.
const ACTOR: &str = "servicemap release";

fn month(text: &str) -> Result<Month, String> {
    Month::parse(text).ok_or_else(|| "a month such as 2026-10".to_owned())
}

pub(super) fn run(action: &Action) -> CommandResult {
    let Action::Make { records, month, dry_run, json } = action;
    let (store, pack) = records.open_with_pack()?;
    // Tickets after the other records, as a server reads them.
    let city = Follower::new(pack, store.load()?).city();
    let tickets = tickets::open(store.as_ref(), None, &city.zone)?;
    let due = release::due(&city, &tickets, Timestamp::now());
    let wanted: Vec<Month> = due.iter().map(|(due, _)| *due).collect();
    let wanted = match month {
        None => wanted,
        Some(month) if wanted.contains(month) => vec![*month],
        Some(month) => return Err(why_not(&city, *month).into()),
    };
    let mut made = Vec::new();
    for month in wanted {
        let release = if *dry_run {
            release::figures(&city, &tickets, month, Timestamp::now())
        } else {
            release::make(store.as_ref(), &city, &tickets, month, ACTOR)?
        };
        made.extend(release);
    }
    tell(store.as_ref(), &made, *dry_run, *json);
    Ok(())
}

fn why_not(city: &City, month: Month) -> String {
    let rules = city.manifest.release;
    let name = month.to_string();
    if city.releases.iter().any(|release| release.id == name) {
        return format!("{name} was released; its figures stay as they are");
    }
    format!(
        "{name} is not due: it must have been over for {} days and have {} tickets or more",
        rules.settle_days, rules.k
    )
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn tell(store: &dyn Store, made: &[Release], dry_run: bool, json: bool) {
    if json {
        let months = made.iter().map(|release| {
            serde_json::json!({
                "month": release.id, "k": release.k, "cells": release.cells.len(),
                "tickets": release.total(), "elsewhere": release.elsewhere,
            })
        });
        println!(
            "{}",
            serde_json::json!({ "made": !dry_run, "months": months.collect::<Vec<_>>() })
        );
        return;
    }
    for release in made {
        let elsewhere = release.elsewhere.map_or_else(
            || format!("fewer than {} of no cell are not told", release.k),
            |count| format!("{count} of no cell"),
        );
        let cells = counted(release.cells.len(), "cell");
        println!("{}: {cells} with {} tickets, {elsewhere}", release.id, release.total());
    }
    let what = if dry_run { "would be released in" } else { "released in" };
    println!("{} {what} {}", counted(made.len(), "month"), store.place());
}
