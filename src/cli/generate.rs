//! `servicemap generate tickets`: made-up tickets, and marked so.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use jiff::civil::Date;

use super::CommandResult;
use super::progress::Progress;
use crate::city::synthetic::hotline::{Hotline, Profile, SOURCE};
use crate::city::{self, City, Ticket};
use crate::index::{DivisionIndex, Follower};
use crate::locate::divisions_of_ticket;
use crate::store::{self, Batch};

/// What to make.
#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Tickets of a made-up hotline, over the real places of a city.
    ///
    /// Their ids and their source begin with "synthetic". The same seed gives the same
    /// tickets, and those that are in already are not written again.
    Tickets(Options),
}

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 300_000)]
    count: u64,
    /// Draws them.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The last day; they are of the 36 months that end with its month. The last month that
    /// is over if left out.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// What the hotline is asked for (TOML), instead of the profile of the program.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Writes the hot spots that were planted to this file (JSON).
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// File (GeoPackage) or postgres:// address of the records.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "DATABASE")]
    database: String,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Months that tickets are spread over.
const MONTHS: i64 = 36;
/// Tickets of one transaction.
const BATCH: u64 = 20_000;

pub(super) fn run(What::Tickets(options): &What) -> CommandResult {
    let profile = match &options.profile {
        Some(file) => {
            let text =
                std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?
        }
        None => Profile::shipped()?,
    };
    if let Some(fault) = profile.fault() {
        return Err(format!("the profile is none: {fault}").into());
    }
    let pack = city::load(&options.city)?;
    if pack.places.is_empty() {
        return Err("the city has no places to put tickets at; its pack needs a places.csv".into());
    }
    let store = store::open(&options.database, &pack.manifest.id)?;
    store::seed(store.as_ref(), &pack)?;
    let city = Follower::new(pack, store.load()?).city();
    let days = days(options.until, city.today())?;
    let index = DivisionIndex::build(&city);
    let hotline = Hotline::new(&city, &profile, options.seed, options.count, days);
    let mut progress = Progress::new("making tickets");
    let (mut new, mut known) = (0, 0);
    // Drawn and located on one thread, written on another.
    let (to, batches) = mpsc::sync_channel(2);
    thread::scope(|scope| -> CommandResult {
        scope.spawn(|| {
            let to = to;
            for from in (0..options.count).step_by(BATCH as usize) {
                let mut batch = Batch::by("servicemap generate");
                for number in from..options.count.min(from + BATCH) {
                    let (mut ticket, texts) = hotline.ticket(number);
                    locate(&city, &index, &mut ticket);
                    batch = batch.file(ticket, Some(texts));
                }
                if to.send(batch).is_err() {
                    return;
                }
            }
        });
        for batch in batches {
            let receipt = store.write(batch)?;
            new += receipt.changed;
            known += receipt.unchanged;
            progress.tell(new + known, Some((new + known) as f64 / options.count as f64));
        }
        Ok(())
    })?;
    drop(progress);
    if let Some(file) = &options.truth {
        let text = serde_json::to_string_pretty(hotline.hot_spots())?;
        std::fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    say(options, new, known, days);
    Ok(())
}

/// Sets the divisions of a ticket, as they were on its day.
pub(super) fn locate(city: &City, index: &DivisionIndex, ticket: &mut Ticket) {
    if let Some(at) = ticket.location {
        let day = city.zone.to_datetime(ticket.steps.requested).date();
        ticket.divisions = divisions_of_ticket(city, index, at, day, ticket.is_open());
    }
}

/// The first day, and the day after the last: whole months.
pub(super) fn days(until: Option<Date>, today: Date) -> Result<[Date; 2], jiff::Error> {
    let end = match until {
        Some(day) => day.last_of_month().tomorrow()?,
        None => today.first_of_month(),
    };
    Ok([end.checked_sub(jiff::Span::new().months(MONTHS))?, end])
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(options: &Options, new: usize, known: usize, [from, to]: [Date; 2]) {
    if options.json {
        let report = serde_json::json!({
            "source": SOURCE, "seed": options.seed, "new": new, "unchanged": known,
            "from": from.to_string(), "to": to.to_string(),
        });
        println!("{report}");
    } else {
        println!(
            "{new} synthetic tickets written, {known} were there; filed from {from} to before {to}"
        );
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn tickets_are_of_thirty_six_whole_months() {
        let today = date(2026, 11, 24);
        assert_eq!(days(None, today).unwrap(), [date(2023, 11, 1), date(2026, 11, 1)]);
        let until = Some(date(2024, 2, 10));
        assert_eq!(days(until, today).unwrap(), [date(2021, 3, 1), date(2024, 3, 1)]);
        assert!(days(Some(Date::MAX), today).is_err());
        assert!(days(Some(Date::MIN), today).is_err());
    }
}
