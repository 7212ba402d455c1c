//! The format of the database: how it is made, recognised and brought up to date.

use postgres::Client;

use super::link::fault;
use crate::store::StoreError;

/// The migrations; the format of a database is how many of them it has seen.
const MIGRATIONS: [&str; 8] = [
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
    include_str!("0007.sql"),
    include_str!("0008.sql"),
];

/// The newest format that this program knows.
const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Servers that start at the same time migrate one after the other: the lock of this
/// number is theirs.
const LOCK: i64 = 0x5345_5256_4d41_5000;

/// Makes the tables, or brings older ones up to date; refuses what is not ours.
pub(super) fn migrate(client: &mut Client, place: &str, city: &str) -> Result<(), StoreError> {
    let mut write = client.transaction().map_err(fault)?;
    write.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(fault)?;
    let mut has = |table: &str| {
        write
            .query_one("SELECT to_regclass($1) IS NOT NULL", &[&table])
            .map(|row| row.get::<_, bool>(0))
            .map_err(fault)
    };
    let place = place.to_owned();
    if !has("servicemap_format")? {
        if has("points")? || has("divisions")? || has("change")? {
            let detail = "it has tables of another program; name a database of its own".into();
            return Err(StoreError::NotOurs { place, detail });
        }
        write.batch_execute("CREATE EXTENSION IF NOT EXISTS postgis").map_err(|e| {
            let detail =
                format!("it lacks PostGIS ({e}); let its owner run CREATE EXTENSION postgis");
            StoreError::NotOurs { place: place.clone(), detail }
        })?;
        write
            .batch_execute(
                "CREATE TABLE servicemap_format (version bigint PRIMARY KEY, \
                   at timestamptz NOT NULL, program text NOT NULL); \
                 CREATE TABLE servicemap_city (id text NOT NULL);",
            )
            .map_err(fault)?;
        write.execute("INSERT INTO servicemap_city VALUES ($1)", &[&city]).map_err(fault)?;
    }
    let format = "SELECT coalesce(max(version), 0) FROM servicemap_format";
    let mut format: i64 = write.query_one(format, &[]).map_err(fault)?.get(0);
    if format > FORMAT {
        return Err(StoreError::Newer { place, found: format, known: FORMAT });
    }
    let found: String =
        write.query_one("SELECT id FROM servicemap_city", &[]).map_err(fault)?.get(0);
    if found != city {
        return Err(StoreError::OtherCity { place, found, asked: city.to_owned() });
    }
    for migration in MIGRATIONS.iter().skip(format as usize) {
        format += 1;
        write.batch_execute(migration).map_err(fault)?;
        write
            .execute(
                "INSERT INTO servicemap_format VALUES ($1, now(), $2)",
                &[&format, &env!("CARGO_PKG_VERSION")],
            )
            .map_err(fault)?;
    }
    write.commit().map_err(fault)
}
