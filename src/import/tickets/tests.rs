use std::io::Cursor;

use crate::city::{Level, LocatedBy, TicketStatus, TicketTexts, synthetic};
use crate::import::columns;
use crate::import::{read, undo};
use crate::store::{Batch, GeoPackage, Store};

use super::*;

fn city() -> City {
    synthetic::city(&synthetic::Plan {
        seed: 3,
        side: 20,
        steps: 3,
        communities: 40,
        townships: 8,
        districts: 3,
        bits: Some(20),
    })
}

/// Knows some addresses.
struct SomePlaces<'a>(&'a City);

impl Places for SomePlaces<'_> {
    fn find(&self, address: &str, district: Option<&str>) -> Result<Placed, NoPlace> {
        let bounds = self.0.manifest.bounds;
        let (lon, lat) =
            (f64::midpoint(bounds.west, bounds.east), f64::midpoint(bounds.south, bounds.north));
        let at = LonLat::new(lon, lat);
        let placed = |by, accuracy_m, division| Placed { at, by, accuracy_m, division };
        let smallest = self.0.divisions.iter().find(|d| d.level == Level::Community).unwrap();
        match (address, district) {
            ("1 EXAMPLE STREET", _) => Ok(placed(LocatedBy::Address, 50.0, None)),
            ("EXAMPLE STREET", _) => Ok(placed(LocatedBy::Street, 200_000.0, None)),
            ("SOMEWHERE", _) => Ok(placed(LocatedBy::Centroid, 900.0, Some(smallest.code.clone()))),
            ("MAIN STREET", None) => Err(NoPlace::Several),
            _ => Err(NoPlace::Unknown),
        }
    }
}

fn imported(city: &City, store: &GeoPackage, text: &str) -> Result<Done, TicketsFault> {
    imported_as(city, store, text, Datum::Wgs84)
}

fn imported_as(
    city: &City,
    store: &GeoPackage,
    text: &str,
    crs: Datum,
) -> Result<Done, TicketsFault> {
    let rows = read::csv::read(Cursor::new(text.as_bytes().to_vec()), "t.csv").unwrap();
    let of = |at: LonLat, on: Date, _open: bool| TicketDivisions {
        district: Some(format!("{:.0}", at.lon)),
        on: Some(on),
        ..TicketDivisions::default()
    };
    let terms = Terms {
        city,
        divisions: &of,
        places: &SomePlaces(city),
        crs: Some(crs),
        source: "test",
        now: "2026-11-01T00:00:00Z".parse().unwrap(),
    };
    let maps = Maps::Choose(columns::shipped().to_vec());
    let mut sink = |tickets| store.write(Batch { tickets, ..Batch::by("test") });
    import("t.csv", rows, maps, &[], &terms, &mut sink, &mut |_| ())
}

fn store() -> (tempfile::TempDir, GeoPackage) {
    let folder = tempfile::tempdir().unwrap();
    let store = GeoPackage::open(&folder.path().join("city.gpkg"), "example").unwrap();
    (folder, store)
}

#[test]
fn an_open_data_file_of_service_requests_goes_in_once() {
    let (city, (_folder, store)) = (city(), store());
    let at = city.manifest.bounds;
    let (lon, lat) = (f64::midpoint(at.west, at.east), f64::midpoint(at.south, at.north));
    let text = format!(
        "Unique Key,Created Date,Closed Date,Agency,Complaint Type,Descriptor,Incident Address,\
         Borough,Status,Open Data Channel Type,Latitude,Longitude\n\
         1,01/31/2024 11:00:00 PM,02/01/2024 01:30:00 AM,A,Noise,Loud Music,1 EXAMPLE STREET,\
         X,Closed,PHONE,{lat},{lon}\n\
         2,01/31/2024 11:05:00 PM,,A,Noise,,,X,In Progress,ONLINE,,\n\
         3,01/31/2024 11:05:00 PM,01/30/2024 11:05:00 PM,A,Noise,,,X,Closed,PHONE,{lon},{lat}\n\
         ,soon,,A,Noise,,,X,Lost,PHONE,,\n"
    );
    let done = imported(&city, &store, &text).unwrap();
    assert_eq!((done.report.read, done.report.new, done.rejected.len()), (4, 2, 2));
    assert_eq!(done.report.changed, 0, "what is new is not changed");
    let kept = store.ticket("1").unwrap().unwrap();
    let ticket = kept.record.ticket;
    assert_eq!((ticket.status, ticket.channel.as_str()), (TicketStatus::Closed, "phone"));
    assert_eq!(ticket.location, Some(LonLat::new(lon, lat)));
    assert_eq!(ticket.divisions.district, Some(format!("{lon:.0}")));
    assert_eq!(kept.texts.address.as_deref(), Some("1 EXAMPLE STREET"));
    assert_eq!(kept.texts.description.as_deref(), Some("Loud Music"));
    let unplaced = store.ticket("2").unwrap().unwrap().record.ticket;
    assert_eq!((unplaced.location, unplaced.status), (None, TicketStatus::Accepted));
    let reasons = done.rejected.iter().map(|r| r.reasons.join("; ")).collect::<Vec<_>>();
    assert!(reasons[0].contains("closed_at: it is before requested_at"), "{reasons:?}");
    assert!(reasons[0].contains("swapped"), "{reasons:?}");
    for said in ["id: it is missing", "\"soon\" is no time"] {
        assert!(reasons[1].contains(said), "{said}: {reasons:?}");
    }
    let again = imported(&city, &store, &text).unwrap();
    let counts = (again.report.new, again.report.changed, again.report.unchanged);
    assert_eq!(counts, (0, 0, 2), "once is enough");
    let corrected = imported(&city, &store, &text.replace(",Noise,Loud", ",Light,Loud")).unwrap();
    let counts = (corrected.report.new, corrected.report.changed, corrected.report.unchanged);
    assert_eq!(counts, (0, 1, 1));
}

#[test]
fn a_ticket_that_no_address_could_name_is_refused() {
    let (city, (_folder, store)) = (city(), store());
    let text = "id,category,requested_at\nsimilar,noise,2025-01-01\n1,noise,2025-01-01\n";
    let done = imported(&city, &store, text).unwrap();
    assert_eq!((done.report.new, done.rejected.len()), (1, 1));
    assert!(done.rejected[0].reasons[0].starts_with("id: \"similar\""), "{:?}", done.rejected);
}

#[test]
fn an_import_of_tickets_is_taken_back() {
    let (city, (_folder, store)) = (city(), store());
    imported(&city, &store, "id,category,requested_at\n1,noise,2025-01-01\n").unwrap();
    let first = store.ticket("1").unwrap().unwrap().record;
    let words = |text: &str| TicketTexts { description: Some(text.into()), ..Default::default() };
    store.write(Batch::by("test").file(first.clone(), Some(words("dark at night")))).unwrap();
    let before = store.ticket("1").unwrap().unwrap().record;
    let write = |text: &str, import: &str| {
        let rows = text.lines().map(|line| {
            let (id, category) = line.split_once(' ').unwrap();
            let mut record = before.clone();
            record.ticket.id = id.into();
            record.ticket.category = category.into();
            TicketWrite { record, texts: Some(words(import)) }
        });
        let import = Some(import.to_owned());
        store.write(Batch { tickets: rows.collect(), import, ..Batch::by("test") }).unwrap();
    };
    write("1 light\n2 light\n3 light", "mine");
    write("3 water", "other");
    let looked = undo::undo(&store, "mine", "undo", true).unwrap();
    assert_eq!(store.ticket("1").unwrap().unwrap().record.ticket.category, "light");
    let undone = undo::undo(&store, "mine", "undo", false).unwrap();
    assert_eq!((undone.restored, undone.retired, undone.left.len()), (1, 1, 1));
    assert_eq!((looked.restored, looked.retired, looked.import), (1, 1, None));
    assert_eq!(undone.left[0], ("ticket".to_owned(), "3".to_owned(), "other".to_owned()));
    let now = store.ticket("1").unwrap().unwrap();
    assert_eq!((now.record, now.texts), (before, words("dark at night")), "words and all");
    let retired = store.ticket("2").unwrap().unwrap().record.retired.unwrap();
    assert!(undo::was_undone(&retired), "{}", retired.reason);
    assert_eq!(store.ticket("3").unwrap().unwrap().record.ticket.category, "water");
    // The undoing is an import, and is taken back itself.
    let redone = undo::undo(&store, "undo", "again", false).unwrap();
    let now = store.ticket("1").unwrap().unwrap();
    assert_eq!((now.record.ticket.category.as_str(), now.texts), ("light", words("mine")));
    assert_eq!((redone.restored, redone.left.len()), (2, 0));
}

#[test]
fn headers_of_hotlines_are_known_and_times_are_of_the_city() {
    let (city, (_folder, store)) = (city(), store());
    let text = "工单编号,问题分类,来源渠道,来电时间,派单时间,是否解决\n\
                A1,供暖,电话,2025-11-15 08:30:00,2025-11-15 09:00,是\n\
                A2,供暖,电话,1970-01-01 08:00:00,,否\n";
    let done = imported(&city, &store, text).unwrap();
    assert_eq!((done.report.new, done.rejected.len()), (1, 1));
    assert!(done.rejected[0].reasons[0].contains("before 1990"), "{:?}", done.rejected);
    let ticket = store.ticket("A1").unwrap().unwrap().record.ticket;
    assert_eq!((ticket.status, ticket.survey.solved), (TicketStatus::Dispatched, Some(true)));
    let said = jiff::civil::date(2025, 11, 15).at(8, 30, 0, 0);
    assert_eq!(ticket.steps.requested, city.zone.to_timestamp(said).unwrap());
}

#[test]
fn where_a_ticket_is_says_how_that_is_known() {
    let (city, (_folder, store)) = (city(), store());
    let at = city.manifest.bounds;
    let (lon, lat) = (f64::midpoint(at.west, at.east), f64::midpoint(at.south, at.north));
    let text = format!(
        "id,category,requested_at,lon,lat,address\n\
         given,noise,2025-01-01,{lon},{lat},1 EXAMPLE STREET\n\
         house,noise,2025-01-01,,,1 EXAMPLE STREET\n\
         street,noise,2025-01-01,,,EXAMPLE STREET\n\
         part,noise,2025-01-01,,,SOMEWHERE\n\
         several,noise,2025-01-01,,,MAIN STREET\n\
         unknown,noise,2025-01-01,,,ELSEWHERE\n\
         outside,noise,2025-01-01,-120.5,45.25,\n"
    );
    let done = imported(&city, &store, &text).unwrap();
    assert_eq!((done.report.new, done.rejected.len()), (7, 0), "{:?}", done.rejected);
    let ticket = |id: &str| store.ticket(id).unwrap().unwrap().record.ticket;
    let how = |id: &str| (ticket(id).located_by, ticket(id).accuracy_m);
    assert_eq!(how("given"), (Some(LocatedBy::Given), None));
    assert_eq!(how("house"), (Some(LocatedBy::Address), Some(50.0)));
    assert_eq!(ticket("house").location, Some(LonLat::new(lon, lat)));
    assert!(ticket("house").divisions.district.is_some());
    assert_eq!(how("street"), (Some(LocatedBy::Street), Some(200_000.0)));
    let on = Some(jiff::civil::date(2025, 1, 1));
    let nobody = TicketDivisions { on, ..TicketDivisions::default() };
    assert_eq!(ticket("street").divisions, nobody, "its ends are in other districts");
    let part = ticket("part").divisions;
    assert!(part.district.is_some() && part.township.is_some() && part.community.is_some());
    for id in ["several", "unknown"] {
        assert_eq!((ticket(id).location, how(id)), (None, (None, None)), "{id}");
    }
    let outside = ticket("outside");
    assert_eq!(outside.location, Some(LonLat::new(-120.5, 45.25)), "kept");
    let notes: Vec<&str> = done.report.notes.iter().map(|n| n.what.as_str()).collect();
    for said in [
        "its address (address)",
        "its address (street)",
        "(centroid)",
        "several places",
        "not known",
    ] {
        assert!(notes.iter().any(|note| note.contains(said)), "{said}: {notes:?}");
    }
    assert!(!format!("{:?}", done.report.notes).contains("STREET"), "words stay where they are");
    let shifted = "id,category,requested_at,lon,lat\nmoved,noise,2025-01-01,";
    let moved = imported_as(&city, &store, &format!("{shifted}{lon},{lat}\n"), Datum::Gcj02);
    assert_eq!(moved.unwrap().report.new, 1);
    assert_eq!(how("moved").0, Some(LocatedBy::Converted));
    let wrong = imported(&city, &store, &format!("{shifted}{lat},{lon}\n")).unwrap();
    assert!(wrong.rejected[0].reasons[0].contains("swapped"), "{:?}", wrong.rejected);
}

#[test]
fn many_rows_are_several_transactions_and_too_many_bad_ones_end_it() {
    let (city, (_folder, store)) = (city(), store());
    let good = BATCH + 10;
    let row = |n: usize| format!("{n},noise,2025-01-01T00:00:00Z\n");
    let mut text = "id,category,requested_at\n".to_owned();
    text.extend((0..good).map(row));
    let done = imported(&city, &store, &text).unwrap();
    assert_eq!((done.report.read, done.report.new), (good, good));
    text += &"x,noise,never\n".repeat(MAX_REJECTED + 1);
    let fault = imported(&city, &store, &text).unwrap_err().to_string();
    assert!(fault.contains("more than 100000 rows") && fault.contains("never"), "{fault}");
}

#[test]
fn a_file_without_ids_is_refused_with_what_to_do() {
    let (city, (_folder, store)) = (city(), store());
    let fault = imported(&city, &store, "name,requested_at\na,2025-01-01\n").unwrap_err();
    assert!(fault.to_string().contains("no column is known to hold id"), "{fault}");
    assert_eq!(store.head().unwrap(), 0);
}

#[test]
fn a_writer_that_fails_ends_the_reading() {
    let city = city();
    let text = "id,category,requested_at\n".to_owned()
        + &"1,noise,2025-01-01T00:00:00Z\n".repeat(BATCH * 5);
    let rows = read::csv::read(Cursor::new(text.into_bytes()), "t.csv").unwrap();
    let terms = Terms {
        city: &city,
        divisions: &|_, _, _| TicketDivisions::default(),
        places: &NoPlaces,
        crs: None,
        source: "test",
        now: Timestamp::now(),
    };
    let mut sink = |_| Err(StoreError::Full("no room".into()));
    let maps = Maps::Choose(columns::shipped().to_vec());
    let fault = import("t.csv", rows, maps, &[], &terms, &mut sink, &mut |_| ()).unwrap_err();
    assert!(matches!(fault, TicketsFault::Store(StoreError::Full(_))), "{fault}");
}
