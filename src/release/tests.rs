use std::path::Path;

use jiff::civil::date;
use tempfile::TempDir;

use super::*;
use crate::city::{Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps};
use crate::geo::{LonLat, World};
use crate::index::{Follower, tickets};
use crate::store::{self, GeoPackage};

/// In the city of the tests of search, which lies around 116.5 E, 40 N; some kilometres
/// from each other.
const HERE: LonLat = LonLat { lon: 116.31, lat: 39.95 };
const THERE: LonLat = LonLat { lon: 116.41, lat: 39.95 };
/// A later day, when months before it are over.
const NOW: &str = "2026-11-24T12:00:00Z";

struct Kept {
    folder: TempDir,
    store: GeoPackage,
    pack: City,
}

impl Kept {
    fn new() -> Self {
        let pack = crate::search::fixture::snapshot().city;
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), &pack);
        store::seed(&store, &pack).unwrap();
        Self { folder, store, pack }
    }

    fn city(&self) -> City {
        Follower::new(self.pack.clone(), self.store.load().unwrap()).city()
    }

    fn tickets(&self) -> TicketIndex {
        tickets::open(&self.store, None, &self.pack.zone).unwrap()
    }

    /// Files so many tickets at a place, at noon of the city.
    fn file(&self, name: &str, count: usize, day: jiff::civil::Date, at: Option<LonLat>) {
        let noon = self.pack.zone.to_timestamp(day.at(12, 0, 0, 0)).unwrap();
        let mut batch = Batch::by("test");
        for i in 0..count {
            batch = batch.file(ticket(format!("{name}-{i}"), noon, at), None);
        }
        self.store.write(batch).unwrap();
    }

    fn due(&self) -> Vec<(String, u64)> {
        let due = due(&self.city(), &self.tickets(), NOW.parse().unwrap());
        due.into_iter().map(|(month, count)| (month.to_string(), count)).collect()
    }

    fn make(&self, month: &str) -> Option<Release> {
        make(&self.store, &self.city(), &self.tickets(), of(month), "test").unwrap()
    }
}

fn open(folder: &Path, pack: &City) -> GeoPackage {
    GeoPackage::open(&folder.join("city.gpkg"), &pack.manifest.id).unwrap()
}

fn of(month: &str) -> Month {
    Month::parse(month).unwrap()
}

fn ticket(id: String, requested: Timestamp, location: Option<LonLat>) -> Ticket {
    Ticket {
        id,
        category: "noise".to_owned(),
        channel: "phone".to_owned(),
        status: TicketStatus::Open,
        location,
        located_by: location.map(|_| crate::city::LocatedBy::Given),
        accuracy_m: None,
        divisions: TicketDivisions::default(),
        steps: TicketSteps { requested, ..TicketSteps::default() },
        survey: Survey::default(),
        source: "test".to_owned(),
    }
}

/// The count of the cell around a place.
fn count_at(release: &Release, at: LonLat) -> Option<u64> {
    let world = World::project(at);
    let around = release
        .cells
        .iter()
        .find(|cell| world.cell(u32::from(cell.tile.z)) == (cell.tile.x, cell.tile.y));
    around.map(|cell| cell.count)
}

#[test]
fn a_month_is_due_when_it_is_over_settled_and_has_k_tickets() {
    let kept = Kept::new();
    kept.file("sep", 20, date(2026, 9, 30), Some(HERE));
    kept.file("oct", 25, date(2026, 10, 1), None);
    kept.file("few", 19, date(2026, 8, 31), Some(HERE));
    kept.file("now", 50, date(2026, 11, 1), Some(HERE));
    assert_eq!(kept.due(), [("2026-09".to_owned(), 20), ("2026-10".to_owned(), 25)]);
    let at = |now: &str| due(&kept.city(), &kept.tickets(), now.parse().unwrap());
    // The eleventh of November begins at 16:00 UTC of the tenth: then October is ten days ago.
    assert_eq!(at("2026-11-10T15:59:59Z").len(), 1);
    assert_eq!(at("2026-11-10T16:00:00Z").len(), 2);
}

#[test]
fn what_is_released_has_cells_and_what_is_in_none() {
    let kept = Kept::new();
    kept.file("here", 40, date(2026, 10, 5), Some(HERE));
    kept.file("there", 21, date(2026, 10, 6), Some(THERE));
    kept.file("nowhere", 15, date(2026, 10, 7), None);
    kept.file("outside", 5, date(2026, 10, 8), Some(LonLat::new(100.0, 10.0)));
    let release = kept.make("2026-10").unwrap();
    assert_eq!((count_at(&release, HERE), count_at(&release, THERE)), (Some(40), Some(21)));
    assert_eq!((release.cells.len(), release.elsewhere), (2, Some(20)));
    assert_eq!(release.total(), 81);
    assert_eq!(kept.city().releases, [Arc::new(release)]);
    // One ticket fewer of no cell, and they are not told.
    kept.file("here", 40, date(2026, 9, 5), Some(HERE));
    kept.file("nowhere", 19, date(2026, 9, 7), None);
    let release = kept.make("2026-09").unwrap();
    assert_eq!((release.elsewhere, release.total()), (None, 40));
    kept.file("few", 19, date(2026, 8, 7), Some(HERE));
    assert_eq!(kept.make("2026-08"), None);
}

#[test]
fn a_release_stays_whatever_becomes_of_its_tickets() {
    let kept = Kept::new();
    kept.file("here", 40, date(2026, 10, 5), Some(HERE));
    let release = kept.make("2026-10").unwrap();
    let head = kept.store.head().unwrap();
    kept.file("late", 7, date(2026, 10, 9), Some(HERE));
    kept.file("here", 3, date(2026, 10, 5), Some(THERE));
    assert_eq!(kept.make("2026-10"), None);
    assert_eq!(kept.due(), []);
    let mut lower = kept.city();
    lower.manifest.release.k = 5;
    let again = make(&kept.store, &lower, &kept.tickets(), of("2026-10"), "test").unwrap();
    assert_eq!(again, None);
    assert_eq!(kept.city().releases, [Arc::new(release)]);
    assert_eq!(kept.store.head().unwrap(), head + 2, "the two batches of tickets alone");
}

#[test]
fn of_two_servers_that_do_not_know_of_each_other_one_releases() {
    let kept = Kept::new();
    kept.file("here", 40, date(2026, 10, 5), Some(HERE));
    let (city, tickets) = (kept.city(), kept.tickets());
    let other = open(kept.folder.path(), &kept.pack);
    let made = |store: &dyn Store| make(store, &city, &tickets, of("2026-10"), "test").unwrap();
    assert!(made(&kept.store).is_some());
    // The other has not yet heard of it, and has tickets that the first did not count.
    assert_eq!(made(&other), None);
    assert_eq!(other.load().unwrap().releases.len(), 1);
}

#[test]
fn a_ticket_is_in_one_release_even_where_the_clock_of_the_city_is_changed() {
    let kept = Kept::new();
    kept.file("here", 40, date(2026, 9, 5), Some(HERE));
    kept.file("there", 40, date(2026, 10, 5), Some(HERE));
    assert!(kept.make("2026-10").is_some());
    let mut moved = kept.city();
    moved.zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    // September ends half a day later there, in what was released as October.
    assert_eq!(due(&moved, &kept.tickets(), NOW.parse().unwrap()), []);
    assert_eq!(due(&kept.city(), &kept.tickets(), NOW.parse().unwrap()).len(), 1);
}

#[test]
fn a_server_releases_what_is_due_by_itself() {
    let mut kept = Kept::new();
    kept.pack.manifest.release.quiet_minutes = 0;
    kept.file("here", 40, date(2020, 9, 5), Some(HERE));
    kept.file("there", 40, date(2020, 10, 5), Some(HERE));
    let snapshot = Snapshot::build(kept.city()).with_tickets(Arc::new(kept.tickets()));
    look(&kept.store, &snapshot, &mut Watch::default());
    let released = kept.city().releases;
    assert_eq!(released.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["2020-09", "2020-10"]);
    // With the pack's own rules it waits.
    let other = Kept::new();
    other.file("here", 40, date(2020, 9, 5), Some(HERE));
    let snapshot = Snapshot::build(other.city()).with_tickets(Arc::new(other.tickets()));
    look(&other.store, &snapshot, &mut Watch::default());
    assert_eq!(other.city().releases, []);
}
