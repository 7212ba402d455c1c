//! `servicemap import tickets`: files of any length, in batches.

use std::fs::File;
use std::path::Path;

use jiff::Timestamp;

use super::{Files, Import};
use crate::cli::CommandResult;
use crate::cli::progress::Progress;
use crate::import::columns::{self, ColumnMap};
use crate::import::gather::Maps;
use crate::import::tickets::{self, Done, Sink, Terms};
use crate::import::{read, rejected};
use crate::index::{DivisionIndex, Follower};
use crate::intake::PlacesBySearch;
use crate::locate::divisions_of_ticket;
use crate::store::{Batch, Receipt, Store, StoreError, TicketWrite};

impl Import<'_> {
    /// One file: read and checked on one thread, written on another.
    pub(super) fn tickets(&self, files: &Files, file: &Path, bad: &Path) -> CommandResult {
        let dry_run = self.options.dry_run;
        let nothing = |_| Ok(Receipt { seq: 0, changed: 0, created: 0, unchanged: 0 });
        if files.strict {
            let done = self.read_tickets(files, file, "checking", &mut { nothing })?;
            if !done.rejected.is_empty() {
                let wrong = done.rejected.len();
                self.finish(done, bad, None)?;
                return Err(format!(
                    "{}: nothing was imported: {} wrong, and --strict takes all or none",
                    file.display(),
                    if wrong == 1 { "1 row is".to_owned() } else { format!("{wrong} rows are") }
                )
                .into());
            }
        }
        let (id, store) = (import_id(file)?, self.store.as_deref());
        let done = match store {
            Some(store) if dry_run => {
                let mut look = |tickets| compare(store, tickets);
                self.read_tickets(files, file, "reading", &mut look)?
            }
            Some(store) => {
                let mut put = |tickets| {
                    let (actor, import) = ("servicemap import".to_owned(), Some(id.clone()));
                    store.write(Batch { actor, import, tickets, ..Batch::default() })
                };
                self.read_tickets(files, file, "importing", &mut put)?
            }
            None => {
                let mut all = |tickets: Vec<TicketWrite>| {
                    let all = tickets.len();
                    Ok(Receipt { seq: 0, changed: all, created: all, unchanged: 0 })
                };
                self.read_tickets(files, file, "reading", &mut all)?
            }
        };
        let written = (done.report.new + done.report.changed > 0 && !dry_run).then_some(id);
        self.finish(done, bad, written)
    }

    fn read_tickets(
        &self,
        files: &Files,
        file: &Path,
        doing: &str,
        sink: &mut Sink<'_>,
    ) -> Result<Done, Box<dyn std::error::Error>> {
        let city = Follower::new(self.pack.clone(), self.kept()?).city();
        let index = DivisionIndex::build(&city);
        let divisions = |at, on, open| divisions_of_ticket(&city, &index, at, on, open);
        let terms = Terms {
            city: &city,
            divisions: &divisions,
            places: &PlacesBySearch::new(&city),
            crs: files.crs,
            source: files.source.as_deref().unwrap_or("import"),
            now: Timestamp::now(),
        };
        let maps = if let Some(path) = &files.columns {
            Maps::Given(ColumnMap::open(path)?)
        } else {
            let mut maps = columns::of_pack(self.folder)?;
            maps.extend_from_slice(columns::shipped());
            Maps::Choose(maps)
        };
        let rows = read::open(file, &read::Options { layer: files.layer.clone() })?;
        let name = file.display().to_string();
        let mut progress = Progress::new(&format!("{doing} {name}"));
        let mut told = |p: crate::import::gather::Progress| progress.tell(p.rows, p.part);
        Ok(tickets::import(&name, rows, maps, &files.set, &terms, sink, &mut told)?)
    }

    /// Writes the rejected rows and says what was done.
    fn finish(&self, done: Done, bad: &Path, import: Option<String>) -> CommandResult {
        let Done { rejected: wrong, mut report } = done;
        report.dry_run = self.options.dry_run;
        report.import = import;
        if !wrong.is_empty() && !self.options.dry_run {
            rejected::save(&wrong, bad)
                .map_err(|e| format!("{} cannot be written: {e}", bad.display()))?;
            report.rejected_file = Some(bad.display().to_string());
        }
        self.say(&report);
        Ok(())
    }
}

/// What writing tickets would change.
fn compare(store: &dyn Store, tickets: Vec<TicketWrite>) -> Result<Receipt, StoreError> {
    let mut receipt = Receipt { seq: 0, changed: 0, created: 0, unchanged: 0 };
    for TicketWrite { record, texts } in tickets {
        let kept = store.ticket(&record.ticket.id)?;
        receipt.created += usize::from(kept.is_none());
        let same = kept.is_some_and(|kept| {
            kept.record == record && texts.is_none_or(|texts| texts == kept.texts)
        });
        *if same { &mut receipt.unchanged } else { &mut receipt.changed } += 1;
    }
    Ok(receipt)
}

/// The same for the same file, so that an import that was interrupted and run again is one
/// import and can be taken back whole.
fn import_id(file: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file)?)?;
    Ok(format!("tickets-{}", &hasher.finalize().to_hex()[..12]))
}
