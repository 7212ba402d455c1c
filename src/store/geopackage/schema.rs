//! The format of the file: how it is made, recognised and brought up to date.
//!
//! Migrations only go forward, each in the transaction that records it. The format is
//! kept in a table of its own because a GeoPackage's `user_version` is the version of
//! the standard.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::fault;
use crate::store::StoreError;

/// `GPKG` in ASCII: what a GeoPackage has for an application id.
const APPLICATION_ID: i64 = 0x4750_4B47;
/// `GeoPackage` 1.3.
const USER_VERSION: i64 = 10_300;

/// The migrations; the format of a file is how many of them it has seen.
const MIGRATIONS: [&str; 9] = [
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
    include_str!("0007.sql"),
    include_str!("0008.sql"),
    include_str!("0009.sql"),
];

/// The newest format that this program knows.
const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Settings of a connection.
///
/// `synchronous=FULL` waits for the disk at every commit; with less, SQLite may lose
/// acknowledged commits of a write-ahead log when the power fails.
pub(super) fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(super::BUSY).map_err(fault)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA trusted_schema = OFF;",
        )
        .map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// More settings, of the connection that writes. Pages go from the log to the file in
/// larger lots than SQLite's own 4 MB: a page that many transactions change (those of an
/// index) is then written once. Room for an index of a million texts stays in memory.
pub(super) fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -65536;")
        .map_err(fault)
}

/// Makes a new file, or brings an older one up to date; refuses what is not ours.
///
/// A migration may put another table in the place of one that others refer to, so nothing is
/// checked of that meanwhile; which can only be said outside the transaction.
pub(super) fn migrate(
    connection: &mut Connection,
    place: &str,
    city: &str,
) -> Result<(), StoreError> {
    connection.execute_batch("PRAGMA foreign_keys = OFF").map_err(fault)?;
    migrate_all(connection, place, city)?;
    connection.execute_batch("PRAGMA foreign_keys = ON").map_err(fault)
}

fn migrate_all(connection: &mut Connection, place: &str, city: &str) -> Result<(), StoreError> {
    let write =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fault)?;
    let mut format = format(&write, place)?;
    if format == 0 {
        write
            .execute_batch(&format!(
                "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {USER_VERSION}; \
                 CREATE TABLE servicemap_format (version INTEGER PRIMARY KEY NOT NULL, \
                   at DATETIME NOT NULL, program TEXT NOT NULL); \
                 CREATE TABLE servicemap_city (id TEXT NOT NULL);"
            ))
            .map_err(fault)?;
        write.execute("INSERT INTO servicemap_city VALUES (?1)", [city]).map_err(fault)?;
    }
    check_city(&write, place, city)?;
    for migration in MIGRATIONS.iter().skip(format as usize) {
        format += 1;
        write.execute_batch(migration).map_err(fault)?;
        write
            .execute(
                "INSERT INTO servicemap_format VALUES (?1, ?2, ?3)",
                (format, jiff::Timestamp::now().to_string(), env!("CARGO_PKG_VERSION")),
            )
            .map_err(fault)?;
    }
    write.commit().map_err(fault)
}

/// Whether there are tables of records.
pub(super) fn is_made(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM sqlite_master WHERE name = 'servicemap_city'";
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|n| n > 0).map_err(fault)
}

/// Refuses the records of another city.
pub(super) fn check_city(
    connection: &Connection,
    place: &str,
    city: &str,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM servicemap_city";
    let found: String = connection.query_row(sql, [], |row| row.get(0)).map_err(fault)?;
    if found == city {
        return Ok(());
    }
    let (place, asked) = (place.to_owned(), city.to_owned());
    Err(StoreError::OtherCity { place, found, asked })
}

/// Refuses what is not ours or too new, without touching it.
pub(super) fn check(connection: &Connection, place: &str) -> Result<(), StoreError> {
    format(connection, place).map(|_| ())
}

/// The format of an open file; 0 where it is empty.
fn format(connection: &Connection, place: &str) -> Result<i64, StoreError> {
    let not_ours = |detail: &str| {
        Err(StoreError::NotOurs { place: place.to_owned(), detail: detail.to_owned() })
    };
    let has = |what: &str| {
        let sql = "SELECT 1 FROM sqlite_master WHERE name = ?1";
        connection.query_row(sql, [what], |_| Ok(())).optional().map(|r| r.is_some()).map_err(fault)
    };
    if has("servicemap_format")? {
        let found: i64 = connection
            .query_row("SELECT coalesce(max(version), 0) FROM servicemap_format", [], |r| r.get(0))
            .map_err(fault)?;
        if found > FORMAT {
            return Err(StoreError::Newer { place: place.to_owned(), found, known: FORMAT });
        }
        return Ok(found);
    }
    if has("gpkg_contents")? {
        return not_ours(
            "it is a GeoPackage of another program; name a file that does not exist yet",
        );
    }
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |r| r.get(0))
        .map_err(fault)?;
    if tables > 0 {
        return not_ours(
            "it is a database of another program; name a file that does not exist yet",
        );
    }
    Ok(0)
}
