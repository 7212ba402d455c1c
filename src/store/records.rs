//! All records of a city at one moment of the change log.

use std::collections::BTreeMap;

use super::{
    Change, DayRecord, DivisionRecord, KeyRecord, Kind, PointRecord, Record, RedrawingRecord,
    ReleaseRecord, ReservationRecord, ScheduleRecord,
};

/// All records of a city at one moment of the change log, the retired ones too; but for
/// tickets, of which there are millions: [`Store::tickets`](super::Store::tickets).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Records {
    /// The last change that is in them.
    pub seq: u64,
    /// The last change of any of them; later ones are of tickets.
    pub changed: u64,
    /// How many changes there were of any of them. Unlike a number of the log it says nothing of
    /// how many tickets came in between, so it may be told.
    pub revision: u64,
    /// Service points by id.
    pub points: BTreeMap<String, PointRecord>,
    /// Divisions by code.
    pub divisions: BTreeMap<String, DivisionRecord>,
    /// Keys by id.
    pub keys: BTreeMap<String, KeyRecord>,
    /// Reservations by id.
    pub reservations: BTreeMap<String, ReservationRecord>,
    /// Schedules by id.
    pub schedules: BTreeMap<String, ScheduleRecord>,
    /// Changes of borders by id.
    pub redrawings: BTreeMap<String, RedrawingRecord>,
    /// Days of the calendar by their date.
    pub days: BTreeMap<String, DayRecord>,
    /// Public figures by month.
    pub releases: BTreeMap<String, ReleaseRecord>,
}

impl Records {
    /// Takes in a record, new or changed.
    pub fn insert(&mut self, record: Record) {
        match record {
            Record::Point(p) => {
                self.points.insert(p.id.clone(), p);
            }
            Record::Division(d) => {
                self.divisions.insert(d.code.clone(), d);
            }
            Record::Key(k) => {
                self.keys.insert(k.id.clone(), k);
            }
            Record::Reservation(r) => {
                self.reservations.insert(r.portal.id.clone(), r);
            }
            Record::Schedule(s) => {
                self.schedules.insert(s.schedule.id.clone(), s);
            }
            Record::Day(d) => {
                self.days.insert(d.id.clone(), d);
            }
            Record::Release(r) => {
                self.releases.insert(r.release.id.clone(), r);
            }
            Record::Redrawing(r) => {
                self.redrawings.insert(r.redrawing.id.clone(), r);
            }
            Record::Tickets(_) => {}
        }
    }

    /// Takes in the next change of the log.
    pub fn apply(&mut self, change: Change) {
        self.seq = change.seq;
        if change.record.kind() != Kind::Ticket {
            self.changed = change.seq;
            self.revision += 1;
        }
        self.insert(change.record);
    }
}
