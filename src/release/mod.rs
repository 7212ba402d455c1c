//! Making the public figures: when a month is over, once, and for good.
//!
//! A release is a record of its own. Tickets that come late, move or are taken back change
//! nothing in it, and no month is released twice, so that no difference of two figures tells
//! of a few tickets. Which figures it has is decided in [`disclosure`]; here is decided when:
//! some days after the end of the month, and a server that does it by itself waits until no
//! ticket of the month has come or gone for a while, because an import that is running has
//! not told everything yet ([`watch`]).
//!
//! It is written under the name of its month as a new record, so of several servers one
//! writes it.

mod watch;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{Span, Timestamp};

use crate::access::disclosure::{self, FINEST, METHOD, Partition};
use crate::city::{City, Month, Release};
use crate::index::tickets::{Beginning, Step};
use crate::index::{Snapshot, TicketFilter, TicketIndex};
use crate::store::{Batch, Record, ReleaseRecord, Store, StoreError};
use watch::Watch;

/// Who writes, in the log, when a server does it by itself.
const ACTOR: &str = "servicemap serve";
/// How often a server looks whether a month is due.
const LOOK: Duration = Duration::from_mins(1);

/// Makes the figures of each month that becomes due, for ever. Records that cannot be reached
/// are asked again the next time.
pub fn follow(store: &dyn Store, current: impl Fn() -> Option<Arc<Snapshot>>) -> ! {
    let mut watch = Watch::default();
    loop {
        if let Some(snapshot) = current() {
            look(store, &snapshot, &mut watch);
        }
        thread::sleep(LOOK);
    }
}

/// Makes the figures of the months that are due and quiet.
fn look(store: &dyn Store, Snapshot { city, tickets, .. }: &Snapshot, watch: &mut Watch) {
    let due = due(city, tickets, Timestamp::now());
    let quiet = Duration::from_mins(u64::from(city.manifest.release.quiet_minutes));
    for month in watch.quiet(&due, Instant::now(), quiet) {
        match make(store, city, tickets, month, ACTOR) {
            Ok(_) => {}
            Err(e) if e.is_temporary() => {
                tracing::warn!(error = %e, %month, "public figures are made later");
            }
            Err(e) => tracing::error!(error = %e, %month, "public figures are not made"),
        }
    }
}

/// The months that can be released, each with the number of its tickets: they have been over
/// for as many days as the city says, have at least *k* tickets, and were not released.
///
/// Costs a timeline over all tickets.
pub fn due(city: &City, tickets: &TicketIndex, now: Timestamp) -> Vec<(Month, u64)> {
    let rules = city.manifest.release;
    let days = Span::new().days(i64::from(rules.settle_days));
    let Ok(settled) = city.zone.to_datetime(now).date().checked_sub(days) else {
        return Vec::new();
    };
    // The first month that is not settled is the one of this day.
    let Some((end, _)) = Month::of(settled).span(&city.zone) else { return Vec::new() };
    let filter = TicketFilter { to: Some(end), ..TicketFilter::default() };
    let months = tickets.timeline(&filter, Step::Month, &city.zone).into_iter();
    let months = months.filter_map(|(beginning, count)| match beginning {
        Beginning::At(at) => Some((Month::of(at.date()), count)),
        Beginning::HourOfWeek(_) => None,
    });
    months.filter(|(month, count)| *count >= rules.k && is_free(city, *month)).collect()
}

/// Whether no release has tickets of the month. A city whose clock was changed by so much
/// that a month would overlap another one gets none for it: a ticket is in one release.
fn is_free(city: &City, month: Month) -> bool {
    let Some((begins, ends)) = month.span(&city.zone) else { return false };
    city.releases.iter().all(|release| ends <= release.begins || release.ends <= begins)
}

/// Makes the figures of a month and writes them; `None` where they were made before.
///
/// Costs a look at each ticket of the month.
pub fn make(
    store: &dyn Store,
    city: &City,
    tickets: &TicketIndex,
    month: Month,
    actor: &str,
) -> Result<Option<Release>, StoreError> {
    if !is_free(city, month) {
        return Ok(None);
    }
    let Some(release) = figures(city, tickets, month, Timestamp::now()) else { return Ok(None) };
    let record = ReleaseRecord { release: release.clone(), retired: None };
    match store.write(Batch::by(actor).put_new(Record::Release(record))) {
        Ok(_) => {}
        // Another server was faster.
        Err(StoreError::Known { .. }) => return Ok(None),
        Err(e) => return Err(e),
    }
    tracing::info!(
        %month,
        cells = release.cells.len(),
        tickets = release.total(),
        "public figures made"
    );
    Ok(Some(release))
}

/// The figures of a month as they would be made now; `None` where it has less than *k*
/// tickets, of which nothing can be told.
pub fn figures(
    city: &City,
    tickets: &TicketIndex,
    month: Month,
    now: Timestamp,
) -> Option<Release> {
    let (bounds, k) = (city.manifest.bounds, city.manifest.release.k);
    let (begins, ends) = month.span(&city.zone)?;
    let filter = TicketFilter { from: Some(begins), to: Some(ends), ..TicketFilter::default() };
    let all = tickets.count(&filter) as u64;
    let filter = TicketFilter { bounds: Some(bounds), ..filter };
    let placed = tickets.cells(&filter, FINEST, usize::MAX).ok()?.cells;
    let Partition { cells, .. } = disclosure::partition(disclosure::root(bounds), &placed, k);
    let elsewhere = all - cells.iter().map(|cell| cell.count).sum::<u64>();
    (all >= k).then(|| Release {
        id: month.to_string(),
        begins,
        ends,
        k,
        method: METHOD,
        seq: tickets.seq(),
        // As exactly as records are kept.
        made_at: now.round(jiff::Unit::Millisecond).unwrap_or(now),
        cells,
        elsewhere: (elsewhere >= k).then_some(elsewhere),
    })
}

#[cfg(test)]
mod tests;
