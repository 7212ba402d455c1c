//! Keeps read models in step with the change log.
//!
//! A [`Follower`] turns records into the city that is served, and takes in changes one
//! by one. [`follow`] waits for them and publishes a new snapshot for each burst. What
//! a change does not touch is shared with the snapshot before (see [`Snapshot::next`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::tickets::{self, Keeper, Summing};
use super::{Snapshot, TicketIndex};
use crate::access::{Key, Keys};
use crate::city::calendar::Entry;
use crate::city::hours::Hours;
use crate::city::{
    Calendar, City, Division, Level, Localized, Portal, Redrawing, Release, Retired, Schedule,
    ServicePoint,
};
use crate::store::{
    Change, DayRecord, DivisionRecord, Filed, KeyRecord, PointRecord, Record, Records,
    RedrawingRecord, ReleaseRecord, ReservationRecord, Retirement, ScheduleRecord, Store,
    StoreError,
};

/// How long one wait for a change lasts at most; after it the log is looked at anyway.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a burst may gather before a snapshot is built of it. A snapshot with new
/// points takes some milliseconds, one with new divisions about half a second of two
/// cores for 40,000 names, and a write should be visible within a second.
const GATHER: Duration = Duration::from_millis(50);
/// Changes that are read at a time.
const PAGE: usize = 1000;
/// Pages of one snapshot at most: a long import is shown while it runs.
const PAGES: usize = 20;
/// Tickets of one snapshot, but for the last page: bounds the memory that they take.
const TICKETS: usize = 50_000;
/// First and longest pause after the store could not be reached.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// The city as the records say, and how far in the log it is.
#[derive(Debug)]
pub struct Follower {
    /// What the pack says; its points and divisions are not used, and its calendar is the
    /// one that holds.
    pack: City,
    /// The calendar of the pack.
    calendar: Calendar,
    /// Days of the records that hold.
    days: BTreeMap<Date, (Entry, Localized)>,
    /// Whether `days` have changed since the calendar was made of them.
    turned: bool,
    seq: u64,
    /// The last change of anything but tickets.
    changed: u64,
    /// How many changes of anything but tickets there were.
    revision: u64,
    points: BTreeMap<String, ServicePoint>,
    retired: BTreeMap<String, Retired>,
    divisions: BTreeMap<(Level, String), Division>,
    /// The level of each division, which a change may change.
    levels: HashMap<String, Level>,
    /// Reservations that hold, by rank and id; `None` where the records have none, and
    /// those of the pack are used.
    reservations: Option<BTreeMap<(u32, String), Portal>>,
    schedules: BTreeMap<String, Schedule>,
    /// By the last change that they take in, the day and their id.
    redrawings: BTreeMap<(u64, Date, String), Redrawing>,
    /// The public figures that are shown, by month.
    releases: BTreeMap<String, Arc<Release>>,
    /// The keys that hold; shared with the snapshots since the last change to one.
    keys: Arc<Keys>,
    /// `divisions` as the city has them; `None` when they have changed since.
    listed: Option<Arc<Vec<Division>>>,
    tickets: Arc<TicketIndex>,
    /// Changes of tickets that are not yet in `tickets`.
    filed: Vec<Filed>,
}

impl Follower {
    /// The city of `pack` with the points and divisions of `records`.
    pub fn new(pack: City, records: Records) -> Self {
        let mut follower = Self {
            calendar: pack.calendar.clone(),
            days: BTreeMap::new(),
            turned: false,
            pack,
            seq: records.seq,
            changed: records.changed,
            revision: records.revision,
            points: BTreeMap::new(),
            retired: BTreeMap::new(),
            divisions: BTreeMap::new(),
            levels: HashMap::new(),
            reservations: None,
            schedules: BTreeMap::new(),
            redrawings: BTreeMap::new(),
            releases: BTreeMap::new(),
            keys: Arc::default(),
            listed: None,
            tickets: Arc::default(),
            filed: Vec::new(),
        };
        // Hours are read with the calendar that holds.
        records.days.into_values().for_each(|day| follower.take_day(day));
        follower.turn();
        records.points.into_values().for_each(|point| follower.take_point(point));
        records.divisions.into_values().for_each(|division| follower.take_division(&division));
        records.keys.into_values().for_each(|key| follower.take_key(&key));
        records.reservations.into_values().for_each(|r| follower.take_reservation(r));
        records.schedules.into_values().for_each(|s| follower.take_schedule(s));
        records.redrawings.into_values().for_each(|r| follower.take_redrawing(r));
        records.releases.into_values().for_each(|r| follower.take_release(r));
        follower
    }

    /// With the tickets, as they are at its last change or later.
    #[must_use]
    pub fn with_tickets(self, tickets: TicketIndex) -> Self {
        Self { tickets: Arc::new(tickets), ..self }
    }

    /// The last change that it has taken in.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Takes in the next change of the log.
    pub fn apply(&mut self, change: Change) {
        self.seq = change.seq;
        match change.record {
            Record::Point(point) => self.take_point(point),
            Record::Division(division) => self.take_division(&division),
            Record::Key(key) => self.take_key(&key),
            Record::Reservation(record) => self.take_reservation(record),
            Record::Schedule(record) => self.take_schedule(record),
            Record::Redrawing(record) => self.take_redrawing(record),
            Record::Release(record) => self.take_release(record),
            Record::Day(record) => self.take_day(record),
            Record::Tickets(filed) => {
                // Tickets that were read after the other records may be ahead of them.
                if change.seq > self.tickets.seq() {
                    self.filed.extend(filed);
                }
                return;
            }
        }
        self.changed = change.seq;
        self.revision += 1;
    }

    /// Starts again from `records` and `tickets`.
    pub fn restart(&mut self, records: Records, tickets: TicketIndex) {
        let pack = City { calendar: self.calendar.clone(), ..self.pack.clone() };
        *self = Self::new(pack, records).with_tickets(tickets);
    }

    /// The tickets as they are now.
    pub fn tickets(&mut self) -> Arc<TicketIndex> {
        if self.seq > self.tickets.seq() {
            let filed = std::mem::take(&mut self.filed);
            self.tickets = Arc::new(self.tickets.next(&filed, self.seq));
        }
        Arc::clone(&self.tickets)
    }

    /// Takes over the sums of another state of the tickets, as far as they hold for this one.
    fn take_sums(&mut self, of: &TicketIndex) {
        self.tickets = Arc::new(self.tickets.with_sums_of(of));
    }

    /// Takes in a key that is in no record; it holds as long as this does.
    pub fn admit(&mut self, key: Key) {
        Arc::make_mut(&mut self.keys).insert(key);
    }

    /// The keys that hold now.
    pub fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// The city as it is now. Copies the points; everything else is shared.
    pub fn city(&mut self) -> City {
        self.turn();
        let schedules = self.schedules();
        let divisions =
            self.listed.get_or_insert_with(|| Arc::new(self.divisions.values().cloned().collect()));
        City {
            points: self.points.values().cloned().collect(),
            retired: self.retired.clone(),
            portals: self
                .reservations
                .as_ref()
                .map_or_else(|| self.pack.portals.clone(), |held| held.values().cloned().collect()),
            schedules,
            redrawings: self.redrawings.values().cloned().collect(),
            releases: self.releases.values().cloned().collect(),
            divisions: Arc::clone(divisions),
            records_seq: Some(self.changed),
            digest: format!("{}-{}", self.pack.digest, self.revision),
            ..self.pack.clone()
        }
    }

    fn take_point(&mut self, record: PointRecord) {
        if let Some(Retirement { successor, reason, .. }) = record.retired {
            self.points.remove(&record.id);
            self.retired.insert(record.id, Retired { successor, reason });
            return;
        }
        self.retired.remove(&record.id);
        if self.pack.categories.get(&record.category).is_none() {
            // The pack has changed since this was written. The record is safe in the
            // store and shows again when its category does.
            tracing::warn!(
                point = record.id,
                category = record.category,
                "not shown: the city pack does not know its category"
            );
            self.points.remove(&record.id);
            return;
        }
        self.points.insert(record.id.clone(), shown(record, &self.pack));
    }

    fn take_key(&mut self, record: &KeyRecord) {
        let keys = Arc::make_mut(&mut self.keys);
        match record.key() {
            Ok(key) if record.retired.is_none() => keys.insert(key),
            Ok(_) => keys.remove(&record.id),
            Err(e) => {
                tracing::warn!(key = record.id, error = %e, "a key that cannot be read opens nothing");
                keys.remove(&record.id);
            }
        }
    }

    fn take_reservation(&mut self, record: ReservationRecord) {
        let held = self.reservations.get_or_insert_default();
        held.retain(|(_, id), _| *id != record.portal.id);
        if record.retired.is_none() {
            held.insert((record.rank, record.portal.id.clone()), record.portal);
        }
    }

    fn take_schedule(&mut self, record: ScheduleRecord) {
        if record.retired.is_some() {
            self.schedules.remove(&record.schedule.id);
        } else {
            self.schedules.insert(record.schedule.id.clone(), record.schedule);
        }
    }

    fn take_day(&mut self, record: DayRecord) {
        let Some(date) = record.date() else {
            tracing::warn!(day = record.id, "a day that is no date is not followed");
            return;
        };
        self.turned = true;
        if record.retired.is_some() {
            self.days.remove(&date);
        } else {
            self.days.insert(date, (record.kind, record.name));
        }
    }

    /// Makes the calendar of the days as they are now, and reads all hours with it.
    fn turn(&mut self) {
        if !std::mem::take(&mut self.turned) {
            return;
        }
        self.pack.calendar = self.calendar.with_years(&self.days);
        for point in self.points.values_mut() {
            let raw = point.hours.as_ref().map(|hours| hours.raw().to_owned());
            point.hours = read_hours(&point.id, raw, &self.pack.calendar);
        }
    }

    fn take_redrawing(&mut self, record: RedrawingRecord) {
        let redrawing = record.redrawing;
        let place = (redrawing.seq, redrawing.day, redrawing.id.clone());
        if record.retired.is_some() {
            self.redrawings.remove(&place);
        } else {
            self.redrawings.insert(place, redrawing);
        }
    }

    fn take_release(&mut self, ReleaseRecord { release, retired }: ReleaseRecord) {
        if retired.is_some() {
            self.releases.remove(&release.id);
        } else {
            self.releases.insert(release.id.clone(), Arc::new(release));
        }
    }

    /// The schedules of each point.
    fn schedules(&self) -> BTreeMap<String, Vec<Schedule>> {
        let mut by_point = BTreeMap::<String, Vec<Schedule>>::new();
        for schedule in self.schedules.values() {
            by_point.entry(schedule.point.clone()).or_default().push(schedule.clone());
        }
        by_point
    }

    fn take_division(&mut self, record: &DivisionRecord) {
        self.listed = None;
        if let Some(level) = self.levels.remove(&record.code) {
            self.divisions.remove(&(level, record.code.clone()));
        }
        if record.retired.is_none() {
            self.levels.insert(record.code.clone(), record.level);
            self.divisions.insert((record.level, record.code.clone()), record.into());
        }
    }
}

/// Hours as they are understood with a calendar. Those that cannot be read are as good as
/// unknown: they were read when they were written, so the calendar or the reader has changed.
fn read_hours(point: &str, raw: Option<String>, calendar: &Calendar) -> Option<Hours> {
    let raw = raw?;
    Hours::parse(&raw, calendar)
        .inspect_err(|e| tracing::warn!(point, hours = raw, error = e, "hours not understood"))
        .ok()
}

/// A point as the city has it.
fn shown(record: PointRecord, pack: &City) -> ServicePoint {
    let hours = read_hours(&record.id, record.opening_hours, &pack.calendar);
    ServicePoint {
        id: record.id,
        name: record.name,
        aliases: record.aliases,
        category: record.category,
        matters: record.matters,
        address: record.address,
        phone: record.phone,
        hours,
        accessibility: record.accessibility,
        location: record.location,
        source: record.source,
        observed_at: record.observed_at,
    }
}

/// Follows the log of `store` for ever, and gives each new snapshot to `publish`; `keeper`
/// keeps the copy of the tickets. A
/// store that cannot be reached is asked again; meanwhile the last snapshot serves.
pub fn follow(
    store: &dyn Store,
    mut follower: Follower,
    mut current: Arc<Snapshot>,
    mut keeper: Option<Keeper>,
    publish: impl Fn(Snapshot) -> Arc<Snapshot>,
) -> ! {
    let mut pause = PAUSES[0];
    let mut reachable = true;
    let mut shown = (follower.changed, follower.seq);
    let mut summing = Summing::default();
    loop {
        let stepped = step(store, &mut follower);
        let summed = summing.take();
        if let Some(summed) = &summed {
            follower.take_sums(summed);
        }
        // Also after a failure: some of the changes may have come before it.
        let now = (follower.changed, follower.seq);
        let restarted = stepped.as_ref().is_ok_and(|restarted| *restarted);
        let outdated = current.is_outdated();
        if restarted || now != shown || outdated || summed.is_some() {
            let start = Instant::now();
            let tickets = follower.tickets();
            current = publish(if restarted || now.0 != shown.0 || outdated {
                current.next(follower.city()).with_keys(follower.keys()).with_tickets(tickets)
            } else {
                current.with_tickets(tickets)
            });
            shown = now;
            tracing::info!(
                seq = follower.seq,
                elapsed_ms = start.elapsed().as_millis() as u64,
                "changes published"
            );
            current.shapes.warm(&current.city);
        }
        summing.begin(&current.tickets);
        let kept = keeper.as_mut().map_or(Ok(()), |k| k.keep(store, &current.tickets));
        match stepped.and(kept) {
            Ok(()) => {
                if !reachable {
                    tracing::info!(seq = follower.seq, "the records can be reached again");
                }
                (pause, reachable) = (PAUSES[0], true);
            }
            Err(e) => {
                if reachable {
                    tracing::warn!(error = %e, "the records cannot be followed; trying again");
                }
                reachable = false;
                thread::sleep(pause);
                pause = PAUSES[1].min(pause * 2);
            }
        }
    }
}

/// Publishes the same city anew whenever a day begins on which there are other divisions,
/// for a server without records to follow.
pub fn renew(mut current: Arc<Snapshot>, publish: impl Fn(Snapshot) -> Arc<Snapshot>) -> ! {
    loop {
        thread::sleep(PATIENCE);
        if current.is_outdated() {
            current = publish(current.next(current.city.clone()));
            current.shapes.warm(&current.city);
        }
    }
}

/// Waits for changes and takes them in; whether it had to start again from the records.
fn step(store: &dyn Store, follower: &mut Follower) -> Result<bool, StoreError> {
    let head = store.wait(follower.seq, PATIENCE)?;
    if head < follower.seq {
        tracing::warn!(
            from = follower.seq,
            to = head,
            "the log is shorter than it was; a backup was put in its place"
        );
        follower.restart(store.load()?, tickets::open(store, None, &follower.pack.zone)?);
        return Ok(true);
    }
    if head == follower.seq {
        return Ok(false);
    }
    thread::sleep(GATHER);
    for _ in 0..PAGES {
        let changes = store.changes(follower.seq, PAGE)?;
        let last = changes.is_empty();
        for change in changes {
            if change.seq != follower.seq + 1 {
                let (seq, expected) = (change.seq, follower.seq + 1);
                let detail = format!("the log goes on with {seq} where {expected} is due");
                return Err(StoreError::Damaged(detail));
            }
            follower.apply(change);
        }
        if last || follower.filed.len() >= TICKETS {
            break;
        }
    }
    Ok(false)
}
