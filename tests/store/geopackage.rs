//! The embedded store: one GeoPackage file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use geo::{MultiPolygon, polygon};
use jiff::Timestamp;
use servicemap::city::{Level, Localized, Quality, TicketStatus};
use servicemap::store::{Batch, DivisionRecord, GeoPackage, Kind, Record, Store, StoreError};

use crate::crash;
use crate::records::point;
use crate::suite::{CITY, Place, suite};
use crate::tickets::{kept, replayed, ticket};

/// A folder for one file.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    fn file(&self) -> PathBuf {
        self.0.path().join("city.gpkg")
    }
}

impl Place for Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open_for(&self, city: &str) -> Result<Box<dyn Store>, StoreError> {
        Ok(Box::new(GeoPackage::open(&self.file(), city)?))
    }

    fn first_format() -> String {
        format!(
            "PRAGMA application_id = 1196444487; PRAGMA user_version = 10300; \
             CREATE TABLE servicemap_format (version INTEGER PRIMARY KEY NOT NULL, \
               at DATETIME NOT NULL, program TEXT NOT NULL); \
             CREATE TABLE servicemap_city (id TEXT NOT NULL); \
             INSERT INTO servicemap_city VALUES ('{CITY}'); {} \
             INSERT INTO servicemap_format VALUES (1, '2026-01-01T00:00:00Z', '0.1.0');",
            include_str!("../../src/store/geopackage/0001.sql")
        )
    }

    fn point_of_the_first_format() -> &'static str {
        "x'47500001e610000001010000009a99999999195d403333333333f34340'"
    }

    fn sql(&self, sql: &str) -> Result<(), String> {
        let connection = rusqlite::Connection::open(self.file()).map_err(|e| e.to_string())?;
        connection.execute_batch(sql).map_err(|e| e.to_string())
    }
}

suite!(Folder);

fn square() -> Record {
    let outer = polygon![(x: 116.3, y: 39.8), (x: 116.5, y: 39.8), (x: 116.5, y: 40.0), (x: 116.3, y: 40.0)];
    Record::Division(DivisionRecord {
        code: "01".into(),
        level: Level::District,
        name: Localized { zh: "甲区".into(), en: String::new() },
        aliases: Vec::new(),
        parent: None,
        valid_from: None,
        valid_to: None,
        predecessors: Vec::new(),
        successors: Vec::new(),
        quality: Quality::Approximate,
        area: Some(MultiPolygon::new(vec![outer])),
        point: None,
        placed_by: None,
        residents: None,
        source: "test".into(),
        retired: None,
    })
}

/// What a program of GDAL says.
fn gdal(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}; scripts/test-needs installs it"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{text}{errors}");
    text
}

#[test]
fn gdal_opens_it_as_it_is() {
    let folder = Folder::new();
    let store = folder.open();
    let batch = Batch::by("test").put(point("a", "图书馆")).put(square());
    store.write(batch.file(ticket("t1"), None)).unwrap();
    let file = folder.file().display().to_string();
    // The server keeps it open meanwhile.
    let layers = gdal("ogrinfo", &["-ro", &file]);
    for layer in ["points (Point)", "divisions (Multi Polygon)", "tickets (Point)"] {
        assert!(layers.contains(layer), "{layers}");
    }
    let points = gdal("ogrinfo", &["-ro", &file, "points"]);
    for said in [
        "Feature Count: 1",
        "ID[\"EPSG\",4326]",
        "POINT (116.4 39.9)",
        "name (String) = 图书馆",
        "observed_at: Date",
        "retired_at: DateTime",
    ] {
        assert!(points.contains(said), "{said}: {points}");
    }
    let tickets = gdal("ogrinfo", &["-ro", &file, "tickets"]);
    for said in [
        "Feature Count: 1",
        "ID[\"EPSG\",4326]",
        "POINT (116.4 39.9)",
        "requested_at: DateTime",
        "requested_at (DateTime) = 2026/10/05 08:30:00+00",
        "divisions_on: Date",
        "solved: Integer(Boolean)",
    ] {
        assert!(tickets.contains(said), "{said}: {tickets}");
    }
    let divisions = gdal("ogrinfo", &["-ro", &file, "divisions"]);
    let extent = "Extent: (116.300000, 39.800000) - (116.500000, 40.000000)";
    for said in [extent, "ID[\"EPSG\",4326]", "MULTIPOLYGON (((116.3 39.8,"] {
        assert!(divisions.contains(said), "{said}: {divisions}");
    }
}

#[test]
fn a_second_server_is_refused_but_a_writer_is_not() {
    let folder = Folder::new();
    let (first, second) = (folder.open(), folder.open());
    let serving = first.serve().unwrap();
    let error = second.serve().unwrap_err();
    assert!(matches!(error, StoreError::Served { .. }), "{error}");
    let me = format!("process {}", std::process::id());
    assert!(error.to_string().contains(&me), "{error}");
    second.write(Batch::by("import").put(point("a", "A"))).unwrap();
    assert_eq!(first.wait(0, Duration::from_mins(1)).unwrap(), 1);
    drop(serving);
    second.serve().unwrap();
}

#[test]
fn a_file_of_another_program_is_refused_untouched() {
    let folder = Folder::new();
    let open = || GeoPackage::open(&folder.file(), CITY).err().unwrap().to_string();
    folder.sql("CREATE TABLE gpkg_contents (table_name TEXT)").unwrap();
    assert!(open().contains("a GeoPackage of another program"), "{}", open());
    fs::remove_file(folder.file()).unwrap();
    folder.sql("CREATE TABLE something (x)").unwrap();
    assert!(open().contains("a database of another program"), "{}", open());
    let text = "id,name\n1,a point of a spreadsheet, and no database at all\n".repeat(99);
    fs::write(folder.file(), &text).unwrap();
    assert!(open().contains("is not a record store"), "{}", open());
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);
    let nowhere = GeoPackage::open(Path::new("/no/such/folder/city.gpkg"), CITY).err().unwrap();
    assert!(nowhere.to_string().contains("/no/such/folder/city.gpkg cannot be opened"));
}

/// All rows of a query, as SQLite shows them.
fn rows(file: &Path, sql: &str) -> Vec<Vec<rusqlite::types::Value>> {
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|i| row.get(i)).collect();
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_file_of_the_seventh_format_shows_the_same_tickets_afterwards() {
    let folder = Folder::new();
    folder.sql(include_str!("../data/format-7.sql")).unwrap();
    // More times than a few tickets have, to the millisecond and of two centuries.
    let moment = |n: i64| Timestamp::from_millisecond((n * 7_919_191_933_373) % 4_102_444_800_000);
    let more = (1..1000).map(|n| {
        let [requested, closed] = [n, -n].map(|n| format!("{:.3}", moment(n).unwrap()));
        let day = &closed[..10];
        format!(
            "INSERT INTO tickets (id, category, channel, status, divisions_on, requested_at, \
             closed_at, source, change_seq) \
             VALUES ('more-{n}', '{n}', 'a', 'closed', '{day}', '{requested}', '{closed}', 's', 7);"
        )
    });
    let more: String = more.collect();
    folder.sql(&format!("BEGIN; {more} COMMIT")).unwrap();
    let look = || {
        let all = |table| rows(&folder.file(), &format!("SELECT * FROM {table} ORDER BY 1, 2"));
        ["tickets", "ticket_texts", "ticket_texts_replaced"].map(all)
    };
    let before = look();
    assert_eq!(before[0].len(), 64 + 999);
    let store = folder.open();
    assert_eq!(look(), before);
    assert_eq!(rows(&folder.file(), "PRAGMA foreign_key_check"), Vec::<Vec<_>>::new());
    let mut tickets = kept(store.as_ref());
    tickets.retain(|_, record| !record.ticket.id.starts_with("more-"));
    assert_eq!(replayed(store.as_ref(), 9), tickets, "the log has no packed entry yet");
    let history = store.history(Kind::Ticket, "k-1").unwrap();
    assert_eq!(history.iter().map(|change| change.seq).collect::<Vec<_>>(), [5, 6, 7]);
    assert_eq!(store.replaced_texts(6).unwrap()[0].1.phone.as_deref(), Some("somebody"));
    let mut found = store.ticket("k-3").unwrap().unwrap();
    assert_eq!(found.record.ticket.category, "路灯");
    let written = &mut found.record.ticket;
    (written.status, written.channel) = (TicketStatus::Closed, "a new word".into());
    store.write(Batch::by("test").file(found.record.clone(), Some(found.texts.clone()))).unwrap();
    drop(store);
    let again = folder.open().ticket("k-3").unwrap().unwrap();
    assert_eq!((again.seq, again.record), (8, found.record));
}

#[test]
fn a_format_that_cannot_be_brought_up_to_date_is_left_as_it_was() {
    let folder = Folder::new();
    folder.sql(include_str!("../data/format-7.sql")).unwrap();
    // No program of ours ever wrote such a geometry.
    let odd = "INSERT INTO tickets (geom, id, category, channel, status, requested_at, source, \
         change_seq) VALUES (x'4750', 'odd', 'a', 'a', 'open', '2026-01-01T00:00:00.000Z', 's', 7)";
    folder.sql(odd).unwrap();
    let look = || {
        rows(&folder.file(), "SELECT *, (SELECT max(version) FROM servicemap_format) FROM tickets")
    };
    let before = look();
    let error = folder.open_for(CITY).err().unwrap();
    assert!(error.to_string().contains("place"), "{error}");
    assert_eq!(look(), before);
}

#[test]
fn what_lies_under_the_layer_of_tickets_is_not_edited_either() {
    let folder = Folder::new();
    let store = folder.open();
    store.write(Batch::by("test").file(ticket("a"), None)).unwrap();
    let row = "INSERT INTO ticket_rows (id, category, channel, status, requested_ms, source, \
         change_seq) VALUES ('b', 1, 1, 1, 0, 1, 99)";
    for (edit, said) in [
        (row, "written by servicemap alone"),
        ("INSERT INTO tickets (id) VALUES ('b')", "written by servicemap alone"),
        ("UPDATE ticket_rows SET status = 1", "written by servicemap alone"),
        ("DELETE FROM ticket_rows", "retired, never deleted"),
        ("UPDATE ticket_words SET word = 'x'", "known by these words"),
        ("DELETE FROM ticket_words", "known by these words"),
        ("INSERT INTO ticket_columns SELECT * FROM tickets", "CHECK constraint"),
    ] {
        let refused = folder.sql(edit).expect_err(edit);
        assert!(refused.contains(said), "{edit}: {refused}");
    }
    assert_eq!(kept(store.as_ref()).len(), 1);
}

#[test]
fn many_tickets_are_packed_in_the_log_and_few_are_not() {
    let folder = Folder::new();
    let store = folder.open();
    let many = (0..2000).fold(Batch::by("test"), |b, n| b.file(ticket(&format!("t{n}")), None));
    store.write(many).unwrap();
    store.write(Batch::by("test").file(ticket("one"), None)).unwrap();
    let sql = "SELECT document = '', packed IS NULL FROM change ORDER BY seq";
    let told = rows(&folder.file(), sql);
    let flags = |packed: i64| vec![packed.into(), (1 - packed).into()];
    assert_eq!(told, [1, 1, 1, 1, 0].map(flags));
    assert_eq!(replayed(store.as_ref(), 2), kept(store.as_ref()));
}

#[test]
fn the_layers_say_when_they_were_written() {
    let folder = Folder::new();
    let store = folder.open();
    store.write(Batch::by("test").put(point("a", "A"))).unwrap();
    let written = store.history(Kind::Point, "a").unwrap()[0].at.to_string();
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    let sql = "SELECT last_change FROM gpkg_contents WHERE table_name = 'points'";
    let last: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(last, written);
}

/// Writes until the disk that holds the folder, four megabytes, is full.
fn fill_the_disk(folder: &Path) {
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0_u8; 1 << 20]).unwrap();
    let store = GeoPackage::open(&folder.join("city.gpkg"), CITY).unwrap();
    let batch = |n: usize| {
        (0..20).fold(Batch::by("test"), |batch, i| batch.put(point(&format!("{n}-{i}"), "x")))
    };
    let mut n = 0;
    let error = loop {
        match store.write(batch(n)) {
            Ok(_) => n += 1,
            Err(e) => break e,
        }
    };
    assert!(matches!(error, StoreError::Full(_)) && error.is_temporary(), "{error}");
    assert!(n > 10, "{n} batches fit");
    let records = store.load().unwrap();
    assert_eq!((records.points.len(), records.seq), (n * 20, n as u64 * 20), "all or nothing");
    assert_eq!(crate::records::replayed(&store), records);
    fs::remove_file(ballast).unwrap();
    store.write(batch(n)).expect("with room there is no fault left");
    assert_eq!(store.load().unwrap().points.len(), (n + 1) * 20);
}

#[test]
fn a_full_disk_refuses_writes_loses_nothing_and_recovers() {
    // As a child this runs in a mount namespace of its own, where the folder is a disk.
    if let Some((_, folder)) = crash::told() {
        return fill_the_disk(Path::new(&folder));
    }
    let folder = Folder::new();
    let child = "mount -t tmpfs -o size=4m tmpfs \"$0\" && \
         exec \"$1\" --exact geopackage::a_full_disk_refuses_writes_loses_nothing_and_recovers";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", child])
        .arg(folder.0.path())
        .arg(std::env::current_exe().unwrap())
        .env(crash::CHILD, format!("0 {}", folder.0.path().display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{errors}");
}

#[test]
fn a_writer_killed_two_hundred_times_loses_nothing_acknowledged() {
    if let Some((run, file)) = crash::told() {
        let store = GeoPackage::open(Path::new(&file), CITY).unwrap();
        return crash::write_until_killed(&store, run);
    }
    let folder = Folder::new();
    let place = folder.file().display().to_string();
    crash::survive(
        "geopackage::a_writer_killed_two_hundred_times_loses_nothing_acknowledged",
        &place,
        200,
        || folder.open(),
    );
    let connection = rusqlite::Connection::open(folder.file()).unwrap();
    let sound: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}
