//! Free slots out of a table, as a portal or an office lists them.
//!
//! What a file says of a point and a matter is all there is: slots that were free before and
//! are not in it are taken. Slots go fast, so they are shown only for as long as they were
//! seen lately; a file that does not say when that was is as old as it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cells::Cells;
use super::columns::Binding;
use super::gather::{Gathered, ImportFault};
use super::report::{Prepared, Rejected};
use super::row::Row;
use super::tickets::time::time;
use super::vocabulary::Vocabulary;
use crate::city::{City, Schedule, Slot};
use crate::store::{PointRecord, Record, ScheduleRecord, Write};

/// Slots of one point and matter.
const MAX_SLOTS: usize = 10_000;
/// Clocks of other systems may be ahead by so much.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// What the rows are checked against.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The city as it is now.
    pub city: &'a City,
    /// The points that are kept, the retired ones too.
    pub points: &'a BTreeMap<String, PointRecord>,
    /// The schedules that are kept, the retired ones too.
    pub kept: &'a BTreeMap<String, ScheduleRecord>,
    /// When the file was written: its slots were free then, where it does not say when.
    pub written: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// A row that is right.
struct Free {
    point: String,
    matter: Option<String>,
    slot: Slot,
    seen: Timestamp,
    source: String,
}

/// Checks the rows of a file against the city.
///
/// # Errors
/// Where columns are missing.
pub fn prepare(gathered: Gathered, terms: &Terms<'_>) -> Result<Prepared, ImportFault> {
    gathered.needs(&["point", "start", "end", "source"])?;
    let Gathered { binding, rows, mut rejected, mut report, .. } = gathered;
    let matters = Vocabulary::matters(terms.city);
    let mut schedules: BTreeMap<String, Schedule> = BTreeMap::new();
    for row in rows {
        let free = free(&binding, &row, &matters, terms).and_then(|free| {
            let id = match &free.matter {
                Some(matter) => format!("{}:{matter}", free.point),
                None => free.point.clone(),
            };
            let Free { point, matter, slot, seen, source } = free;
            let schedule = schedules.entry(id.clone()).or_insert_with(|| Schedule {
                id,
                point,
                matter,
                slots: Vec::new(),
                observed_at: seen,
                source,
            });
            if schedule.slots.iter().any(|other| other.id == slot.id) {
                return Err(vec![format!("duplicate: the slot \"{}\" is there already", slot.id)]);
            }
            if schedule.slots.len() == MAX_SLOTS {
                return Err(vec![format!("has more than {MAX_SLOTS} slots with others")]);
            }
            schedule.observed_at = schedule.observed_at.max(seen);
            schedule.slots.push(slot);
            Ok(())
        });
        if let Err(reasons) = free {
            rejected.push(Rejected { place: row.place.clone(), row: Some(row), reasons });
        }
    }
    let mut writes = Vec::new();
    for mut schedule in schedules.into_values() {
        schedule.slots.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        let record = ScheduleRecord { schedule, retired: None };
        match terms.kept.get(&record.schedule.id) {
            Some(kept) if *kept == record => report.unchanged += 1,
            kept => {
                *if kept.is_none() { &mut report.new } else { &mut report.changed } += 1;
                writes.push(Write::Put(Box::new(Record::Schedule(record))));
            }
        }
    }
    report.count(&rejected);
    Ok(Prepared { writes, rejected, report })
}

/// Reads a time.
fn at(cells: &mut Cells<'_>, field: &str, text: &str, zone: &TimeZone) -> Option<Timestamp> {
    cells.ok(field, time(text, zone).ok_or_else(|| format!("\"{text}\" is no time")))
}

/// A row as a free slot, or why it is none.
fn free(
    binding: &Binding,
    row: &Row,
    matters: &Vocabulary,
    terms: &Terms<'_>,
) -> Result<Free, Vec<String>> {
    let mut cells = Cells::new(binding, row);
    let point = cells.needed("point").filter(|id| {
        let wrong = match terms.points.get(id) {
            None => Some("is no point that is known".to_owned()),
            Some(PointRecord { retired: Some(retired), .. }) => {
                Some(format!("was retired: {}", retired.reason))
            }
            Some(_) => None,
        };
        if let Some(detail) = &wrong {
            cells.wrong("point", &format!("\"{id}\" {detail}"));
        }
        wrong.is_none()
    });
    let matter = cells
        .short("matter")
        .and_then(|word| cells.ok("matter", matters.code(&word).map(str::to_owned)));
    let source = cells.needed("source");
    if let Some(source) = &source
        && terms.city.source(source).is_none()
    {
        cells.wrong("source", &format!("\"{source}\" is no [[source]] of city.toml"));
    }
    let zone = &terms.city.zone;
    let (start, end) = (cells.needed("start"), cells.needed("end"));
    let start = start.and_then(|text| at(&mut cells, "start", &text, zone));
    let end = end.and_then(|text| at(&mut cells, "end", &text, zone));
    let seen = cells.short("observed_at");
    let seen = seen.and_then(|text| at(&mut cells, "observed_at", &text, zone));
    let seen = seen.unwrap_or(terms.written);
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        cells.wrong("end", "is not after the start");
    }
    if seen > terms.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
        cells.wrong("observed_at", &format!("{seen} is in the future"));
    }
    let capacity = cells.short("capacity").and_then(|text| {
        let capacity = text.parse().map_err(|_| format!("\"{text}\" is no number of visits"));
        cells.ok("capacity", capacity)
    });
    let id = cells.short("slot");
    match (point, source, start, end) {
        (Some(point), Some(source), Some(start), Some(end)) if cells.reasons.is_empty() => {
            let id = id.unwrap_or_else(|| start.to_string());
            let seen = Timestamp::from_millisecond(seen.as_millisecond()).unwrap_or(seen);
            Ok(Free { point, matter, slot: Slot { id, start, end, capacity }, seen, source })
        }
        _ => Err(cells.reasons),
    }
}
