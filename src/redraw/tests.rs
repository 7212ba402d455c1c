use std::sync::Arc;

use geo::{MultiPolygon, Rect};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::*;
use crate::city::{
    BorderChange, City, Flow, Level, LocatedBy, Redrawn, Survey, Ticket, TicketDivisions,
    TicketStatus, TicketSteps,
};
use crate::geo::LonLat;
use crate::index::Follower;
use crate::store::{self, DivisionRecord, GeoPackage};

/// In the west of 甲区 (01), in its east, and in 乙区 (02).
const WEST: LonLat = LonLat { lon: 116.31, lat: 39.95 };
const EAST: LonLat = LonLat { lon: 116.395, lat: 39.95 };
const BEYOND: LonLat = LonLat { lon: 116.45, lat: 39.95 };

/// A store with the small city of the tests of search, whose only points are three: `w` in
/// the west of 01, `e` in its east, `b` beyond, in 02.
struct Kept {
    _folder: TempDir,
    store: GeoPackage,
    pack: City,
}

impl Kept {
    fn new() -> Self {
        let mut pack = crate::search::fixture::snapshot().city;
        let divisions = Arc::make_mut(&mut pack.divisions);
        divisions.retain(|d| d.level == Level::District);
        pack.points.truncate(3);
        for (point, (id, at)) in
            pack.points.iter_mut().zip([("b", BEYOND), ("e", EAST), ("w", WEST)])
        {
            (point.id, point.location) = (id.to_owned(), at);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("city.gpkg");
        let store = GeoPackage::open(&path, &pack.manifest.id).unwrap();
        store::seed(&store, &pack).unwrap();
        Self { _folder: folder, store, pack }
    }

    fn city(&self) -> City {
        Follower::new(self.pack.clone(), self.store.load().unwrap()).city()
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::build(self.city())
    }

    /// Writes a ticket that was located by the borders of today.
    fn file(&self, id: &str, at: Option<LonLat>, status: TicketStatus) {
        self.store.write(Batch::by("test").file(self.ticket(id, at, status), None)).unwrap();
    }

    fn ticket(&self, id: &str, at: Option<LonLat>, status: TicketStatus) -> Ticket {
        let snapshot = self.snapshot();
        let requested = Timestamp::now() - SignedDuration::from_hours(48);
        let day = snapshot.city.zone.to_datetime(requested).date();
        let divisions = at.map(|at| {
            crate::locate::divisions_of_ticket(&snapshot.city, &snapshot.divisions, at, day, true)
        });
        Ticket {
            id: id.to_owned(),
            category: "noise".to_owned(),
            channel: "phone".to_owned(),
            status,
            location: at,
            located_by: at.map(|_| LocatedBy::Given),
            accuracy_m: None,
            divisions: divisions.unwrap_or_else(|| TicketDivisions {
                district: Some("01".to_owned()),
                ..TicketDivisions::default()
            }),
            steps: TicketSteps {
                requested: Timestamp::from_millisecond(requested.as_millisecond()).unwrap(),
                ..TicketSteps::default()
            },
            survey: Survey::default(),
            source: "test".to_owned(),
        }
    }

    fn district(&self, id: &str) -> String {
        let ticket = self.store.ticket(id).unwrap().unwrap().record.ticket;
        ticket.divisions.district.unwrap_or_default()
    }

    /// Writes divisions as they are in the city, changed.
    fn redraw(&self, import: &str, change: impl Fn(&mut DivisionRecord)) {
        let mut batch = Batch { import: Some(import.to_owned()), ..Batch::by("test") };
        for mut record in self.store.load().unwrap().divisions.into_values() {
            change(&mut record);
            batch = batch.put(Record::Division(record));
        }
        self.store.write(batch).unwrap();
    }

    /// Puts the border between the two districts to 116.39: the east of 01 is 02's.
    fn move_border(&self) {
        self.redraw("moved", |d| {
            d.area =
                Some(if d.code == "01" { square(116.3, 116.39) } else { square(116.39, 116.5) });
        });
    }
}

fn square(west: f64, east: f64) -> MultiPolygon<f64> {
    Rect::new((west, 39.9), (east, 40.0)).to_polygon().into()
}

fn flow(from: Option<&str>, to: Option<&str>, points: u64, tickets: u64) -> Flow {
    let owned = |code: Option<&str>| code.map(str::to_owned);
    Flow { level: Level::District, from: owned(from), to: owned(to), points, tickets }
}

fn changed(all: &[Redrawn]) -> Vec<(&str, BorderChange)> {
    all.iter().map(|d| (d.code.as_str(), d.change)).collect()
}

#[test]
fn the_first_borders_of_a_city_are_nobodys_change() {
    let kept = Kept::new();
    assert_eq!(settle(&kept.store, &kept.snapshot()).unwrap(), None);
    assert_eq!(settle(&kept.store, &Snapshot::build(kept.pack.clone())).unwrap(), None);
}

#[test]
fn a_border_that_moves_takes_points_and_open_tickets_with_it_and_says_so() {
    let kept = Kept::new();
    kept.file("west", Some(WEST), TicketStatus::Open);
    kept.file("east", Some(EAST), TicketStatus::Dispatched);
    kept.file("east closed", Some(EAST), TicketStatus::Closed);
    kept.file("beyond", Some(BEYOND), TicketStatus::Open);
    kept.file("nowhere", None, TicketStatus::Open);
    kept.move_border();
    let redrawing = settle(&kept.store, &kept.snapshot()).unwrap().unwrap();
    assert_eq!(
        changed(&redrawing.divisions),
        [("01", BorderChange::Redrawn), ("02", BorderChange::Redrawn)]
    );
    assert_eq!(redrawing.flows, [flow(Some("01"), Some("02"), 1, 1)]);
    assert_eq!((redrawing.points, redrawing.tickets), (1, 1));
    assert_eq!(redrawing.moved, ["e"]);
    for (ticket, district) in
        [("west", "01"), ("east", "02"), ("east closed", "01"), ("beyond", "02"), ("nowhere", "01")]
    {
        assert_eq!(kept.district(ticket), district, "{ticket}");
    }
    let snapshot = kept.snapshot();
    assert_eq!(snapshot.city.redrawings, [redrawing]);
    assert_eq!(settle(&kept.store, &snapshot).unwrap(), None, "it is taken in once");
}

#[test]
fn what_is_written_to_a_ticket_meanwhile_stays() {
    let kept = Kept::new();
    kept.file("east", Some(EAST), TicketStatus::Open);
    kept.file("closed meanwhile", Some(EAST), TicketStatus::Open);
    kept.move_border();
    // As in `settle`, but with writes between the look and the move.
    let now = kept.snapshot();
    let moves = moved::tickets(&kept.store, &now, &mut moved::Moved::default()).unwrap();
    let mut accepted = kept.store.ticket("east").unwrap().unwrap().record.ticket;
    accepted.status = TicketStatus::Accepted;
    let mut closed = kept.store.ticket("closed meanwhile").unwrap().unwrap().record.ticket;
    closed.status = TicketStatus::Closed;
    kept.store.write(Batch::by("test").file(accepted, None).file(closed, None)).unwrap();
    kept.store.write(Batch { moves, ..Batch::by("test") }).unwrap();
    let east = kept.store.ticket("east").unwrap().unwrap().record.ticket;
    assert_eq!((east.status, kept.district("east")), (TicketStatus::Accepted, "02".into()));
    assert_eq!(kept.district("closed meanwhile"), "01");
}

#[test]
fn of_two_servers_one_writes_it() {
    let kept = Kept::new();
    kept.file("east", Some(EAST), TicketStatus::Open);
    kept.move_border();
    let (one, other) = (kept.snapshot(), kept.snapshot());
    assert!(settle(&kept.store, &one).unwrap().is_some());
    let head = kept.store.head().unwrap();
    assert_eq!(settle(&kept.store, &other).unwrap(), None);
    assert_eq!(kept.store.head().unwrap(), head);
}

#[test]
fn borders_that_go_back_take_everything_back() {
    let kept = Kept::new();
    kept.file("east", Some(EAST), TicketStatus::Open);
    kept.move_border();
    settle(&kept.store, &kept.snapshot()).unwrap().unwrap();
    kept.redraw("back", |d| {
        d.area = Some(if d.code == "01" { square(116.3, 116.4) } else { square(116.4, 116.5) });
    });
    let back = settle(&kept.store, &kept.snapshot()).unwrap().unwrap();
    assert_eq!(back.flows, [flow(Some("02"), Some("01"), 1, 1)]);
    assert_eq!(kept.district("east"), "01");
    assert_eq!(kept.snapshot().city.redrawings.len(), 2);
}

#[test]
fn a_new_name_is_no_change_of_borders() {
    let kept = Kept::new();
    kept.redraw("renamed", |d| d.name.zh.push('新'));
    assert_eq!(settle(&kept.store, &kept.snapshot()).unwrap(), None);
}

#[test]
fn a_day_on_which_a_division_ends_changes_borders_too() {
    let kept = Kept::new();
    kept.file("east", Some(EAST), TicketStatus::Open);
    let (today, turn): (Date, Date) = (kept.city().today(), date(2999, 1, 1));
    // 03 takes the place of 01.
    let record = kept.store.load().unwrap().divisions["01"].clone();
    let old = DivisionRecord { valid_to: Some(turn), ..record.clone() };
    let new = DivisionRecord { code: "03".to_owned(), valid_from: Some(turn), ..record };
    let batch = Batch::by("test").put(Record::Division(old)).put(Record::Division(new));
    kept.store.write(batch).unwrap();
    let before = Snapshot::build_on(kept.city(), today);
    assert_eq!(settle(&kept.store, &before).unwrap(), None, "nothing has begun or ended yet");
    assert!(before.divisions.holds_on(turn.yesterday().unwrap()));
    assert!(!before.divisions.holds_on(turn));
    let after = before.next_on(before.city.clone(), turn);
    assert_ne!(after.version, before.version);
    let redrawing = settle(&kept.store, &after).unwrap().unwrap();
    assert_eq!(
        changed(&redrawing.divisions),
        [("01", BorderChange::Gone), ("03", BorderChange::New)]
    );
    assert_eq!(redrawing.flows, [flow(Some("01"), Some("03"), 2, 1)]);
    assert_eq!((redrawing.day, kept.district("east").as_str()), (turn, "03"));
    let again = Snapshot::build_on(kept.city(), turn);
    assert_eq!(settle(&kept.store, &again).unwrap(), None);
}
