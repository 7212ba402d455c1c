//! The borders that were taken in last, out of the log.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::city::{Division, Redrawing};
use crate::index::{DivisionIndex, Snapshot};
use crate::store::{Entry, Kind, Record, Store, StoreError};

/// The borders that were taken in last, and what was written to divisions since.
#[derive(Debug)]
pub(super) struct Before {
    /// Ordered by level, then code, as in a city.
    pub(super) divisions: Vec<Division>,
    /// Of `divisions`, as of the day that was taken in.
    pub(super) index: DivisionIndex,
    /// Codes of the divisions that were written since.
    pub(super) written: BTreeSet<String>,
    /// The last change that the new borders take in.
    pub(super) taken: u64,
    /// When that was, where divisions were written since.
    at: Option<Timestamp>,
}

impl Before {
    /// Reads the borders before those of `now`; `None` where they are the same, because
    /// no division was written and no day begun that matters. The first borders that a
    /// city ever had are nobody's change.
    pub(super) fn read(store: &dyn Store, now: &Snapshot) -> Result<Option<Self>, StoreError> {
        let city = &now.city;
        let Some(seq) = city.records_seq else { return Ok(None) };
        let last = city.redrawings.last();
        let mut entries = store.entries(Kind::Division, last.map_or(0, |r| r.seq))?;
        // Of later ones there will be another snapshot.
        entries.retain(|entry| entry.seq <= seq);
        let (from, day) = match last {
            Some(Redrawing { seq, day, .. }) => (*seq, *day),
            None => match first(&entries) {
                Some(first) => (first.seq, city.zone.to_datetime(first.at).date()),
                None => return Ok(None),
            },
        };
        entries.retain(|entry| entry.seq > from);
        if entries.is_empty() && now.divisions.holds_on(day) {
            return Ok(None);
        }
        let written: BTreeSet<String> = entries.iter().map(|entry| entry.id.clone()).collect();
        let divisions = as_of(store, from, &written, now)?;
        let index = DivisionIndex::build_on(&divisions, day);
        let (taken, at) = entries.last().map_or((from, None), |last| (last.seq, Some(last.at)));
        Ok(Some(Self { divisions, index, written, taken, at }))
    }

    /// The name of the change from these borders to those of `now`.
    pub(super) fn id(&self, now: &Snapshot) -> String {
        format!("{}-{}", self.taken, now.divisions.today())
    }

    /// When the borders of `now` began to hold.
    pub(super) fn changed_at(&self, now: &Snapshot) -> Timestamp {
        let begun = now.divisions.since().and_then(|day| midnight(now, day));
        self.at.or(begun).unwrap_or_default()
    }
}

fn midnight(of: &Snapshot, day: Date) -> Option<Timestamp> {
    of.city.zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

/// The last entry of the first import: of the city pack, as a rule.
fn first(entries: &[Entry]) -> Option<&Entry> {
    let import = &entries.first()?.import;
    entries.iter().take_while(|entry| entry.import == *import).last()
}

/// The divisions as they were at the change `seq`, where those of `written` have changed
/// since.
fn as_of(
    store: &dyn Store,
    seq: u64,
    written: &BTreeSet<String>,
    now: &Snapshot,
) -> Result<Vec<Division>, StoreError> {
    let same = now.city.divisions.iter().filter(|d| !written.contains(&d.code));
    let mut divisions: Vec<Division> = same.cloned().collect();
    for code in written {
        let history = store.history(Kind::Division, code)?;
        let then = history.into_iter().rfind(|change| change.seq <= seq);
        if let Some(Record::Division(record)) = then.map(|change| change.record)
            && record.retired.is_none()
        {
            divisions.push(Division::from(&record));
        }
    }
    divisions.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    Ok(divisions)
}
