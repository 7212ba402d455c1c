//! Records in and out of the tables of PostgreSQL.

use std::collections::HashMap;

use bytes::BytesMut;
use geo::Geometry;
use geozero::wkb::Ewkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use postgres::types::{IsNull, ToSql, Type as SqlType, to_sql_checked};
use postgres::{GenericClient, Row as SqlRow, Statement};

use super::link::{Statements, fault};
use crate::store::change::now;
use crate::store::columns::{Cell, Row, Type, columns, from_row, key, table, to_row};
use crate::store::{Batch, Change, Kind, Operation, Receipt, Record, Records, StoreError, Write};

/// Longitude and latitude, WGS-84.
const SRS: i32 = 4326;

impl ToSql for Cell {
    fn to_sql(
        &self,
        ty: &SqlType,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Real(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(ty: &SqlType) -> bool {
        *ty == SqlType::TEXT || *ty == SqlType::FLOAT8
    }

    to_sql_checked!();
}

/// A time as RFC 3339, whatever the settings of the server are.
fn shown_time(column: &str) -> String {
    format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
}

/// The number of the last change, 0 before the first.
pub(super) fn head(client: &mut impl GenericClient) -> Result<u64, StoreError> {
    let row = client.query_one("SELECT seq FROM servicemap_head", &[]).map_err(fault)?;
    Ok(row.get::<_, i64>(0) as u64)
}

/// All records. The caller holds the transaction that makes it one moment.
pub(super) fn load(client: &mut impl GenericClient) -> Result<Records, StoreError> {
    let mut records = Records { seq: head(client)?, ..Records::default() };
    for kind in Kind::ALL {
        for row in client.query(&select(kind, ""), &[]).map_err(fault)? {
            records.insert(record(kind, &row)?);
        }
    }
    Ok(records)
}

/// The changes that `condition` names, in order.
pub(super) fn changes(
    client: &mut impl GenericClient,
    condition: &str,
    values: &[&(dyn ToSql + Sync)],
    limit: Option<usize>,
) -> Result<Vec<Change>, StoreError> {
    let limit = limit.map(|n| format!("LIMIT {n}")).unwrap_or_default();
    let sql = format!(
        "SELECT seq, {at}, actor, kind, operation, import, document::text FROM change \
         WHERE {condition} ORDER BY seq {limit}",
        at = shown_time("at"),
    );
    let rows = client.query(&sql, values).map_err(fault)?;
    rows.iter().map(change).collect()
}

fn change(row: &SqlRow) -> Result<Change, StoreError> {
    let seq: i64 = row.get(0);
    let damaged = |what: &str| StoreError::Damaged(format!("change {seq} has a bad {what}"));
    let kind = Kind::parse(row.get(3)).ok_or_else(|| damaged("kind"))?;
    Ok(Change {
        seq: seq as u64,
        at: row.get::<_, &str>(1).parse().map_err(|_| damaged("time"))?,
        actor: row.get(2),
        operation: match row.get(4) {
            "put" => Operation::Put,
            "retire" => Operation::Retire,
            _ => return Err(damaged("operation")),
        },
        import: row.get(5),
        record: Record::from_document(kind, row.get(6))?,
    })
}

/// Takes the counter, for this transaction alone until it ends.
pub(super) fn take_head(client: &mut impl GenericClient) -> Result<u64, StoreError> {
    let sql = "SELECT seq FROM servicemap_head FOR UPDATE";
    Ok(client.query_one(sql, &[]).map_err(fault)?.get::<_, i64>(0) as u64)
}

/// Puts the counter to where the transaction has come.
pub(super) fn put_head(client: &mut impl GenericClient, seq: u64) -> Result<(), StoreError> {
    let sql = "UPDATE servicemap_head SET seq = $1";
    client.execute(sql, &[&(seq as i64)]).map(|_| ()).map_err(fault)
}

/// Writes a batch inside the caller's transaction, which holds the counter. The changes
/// are numbered from `head` on.
pub(super) fn write(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    batch: &Batch,
    head: u64,
) -> Result<Receipt, StoreError> {
    let at = now();
    let mut receipt = Receipt { seq: head, changed: 0, unchanged: 0 };
    let mut kept = kept(client, batch)?;
    for write in &batch.writes {
        let (kind, id) = write.about();
        let new = write.result(kept.get(&(kind, id.to_owned())), at)?;
        let Some(record) = new else {
            receipt.unchanged += 1;
            continue;
        };
        receipt.seq += 1;
        receipt.changed += 1;
        let seq = receipt.seq as i64;
        let statement = statements.get(client, APPEND)?;
        append(client, &statement, batch, at, &record, seq)?;
        let statement = statements.get(client, &upsert_sql(record.kind()))?;
        upsert(client, &statement, &record, seq)?;
        kept.insert((record.kind(), record.id().to_owned()), record);
    }
    Ok(receipt)
}

/// The records that a batch is about, as they are.
fn kept(
    client: &mut impl GenericClient,
    batch: &Batch,
) -> Result<HashMap<(Kind, String), Record>, StoreError> {
    let mut found = HashMap::new();
    for kind in Kind::ALL {
        let about = batch.writes.iter().map(Write::about).filter(|(of, _)| *of == kind);
        let ids: Vec<&str> = about.map(|(_, id)| id).collect();
        if ids.is_empty() {
            continue;
        }
        let sql = select(kind, &format!("WHERE {} = ANY($1)", key(kind)));
        for row in client.query(&sql, &[&ids]).map_err(fault)? {
            let record = record(kind, &row)?;
            found.insert((kind, record.id().to_owned()), record);
        }
    }
    Ok(found)
}

/// Appends a change to the log.
const APPEND: &str = "INSERT INTO change \
     (seq, at, actor, kind, record, operation, import, document) \
     VALUES ($1, $2::text::timestamptz, $3, $4, $5, $6, $7, $8::text::json)";

fn append(
    client: &mut impl GenericClient,
    statement: &Statement,
    batch: &Batch,
    at: jiff::Timestamp,
    record: &Record,
    seq: i64,
) -> Result<(), StoreError> {
    client
        .execute(
            statement,
            &[
                &seq,
                &at.to_string(),
                &batch.actor,
                &record.kind().key(),
                &record.id(),
                &Operation::of(record).key(),
                &batch.import,
                &record.document()?,
            ],
        )
        .map(|_| ())
        .map_err(fault)
}

fn upsert(
    client: &mut impl GenericClient,
    statement: &Statement,
    record: &Record,
    seq: i64,
) -> Result<(), StoreError> {
    let Row { cells, geometry } = to_row(record);
    let geometry = geometry.as_ref().map(encode).transpose()?;
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&geometry, &seq];
    values.extend(cells.iter().map(|c| c as &(dyn ToSql + Sync)));
    client.execute(statement, &values).map(|_| ()).map_err(fault)
}

/// Puts a record into its table, new or not.
fn upsert_sql(kind: Kind) -> String {
    let columns = columns(kind);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let sets: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    // The first two are the geometry and the number of the change.
    let marks = columns.iter().zip(3..).map(|((_, ty), n)| match ty {
        Type::Text => format!("${n}::text"),
        Type::Date => format!("${n}::text::date"),
        Type::Time => format!("${n}::text::timestamptz"),
        Type::Real => format!("${n}::float8"),
    });
    let marks: Vec<String> = marks.collect();
    format!(
        "INSERT INTO {table} (geom, change_seq, {names}) \
         VALUES (ST_GeomFromEWKB($1::bytea), $2::int8, {marks}) \
         ON CONFLICT ({key}) DO UPDATE SET geom = excluded.geom, \
         change_seq = excluded.change_seq, {sets}",
        table = table(kind),
        key = key(kind),
        names = names.join(", "),
        marks = marks.join(", "),
        sets = sets.join(", "),
    )
}

fn select(kind: Kind, condition: &str) -> String {
    let names: Vec<String> = columns(kind)
        .iter()
        .map(|(name, ty)| match ty {
            Type::Text | Type::Real => (*name).to_owned(),
            Type::Date => format!("to_char({name}, 'YYYY-MM-DD')"),
            Type::Time => shown_time(name),
        })
        .collect();
    format!("SELECT ST_AsEWKB(geom), {} FROM {} {condition}", names.join(", "), table(kind))
}

/// Reads a row of [`select`].
fn record(kind: Kind, row: &SqlRow) -> Result<Record, StoreError> {
    let unread = |e: postgres::Error| StoreError::Damaged(e.to_string());
    let geometry: Option<&[u8]> = row.try_get(0).map_err(unread)?;
    let geometry = geometry.map(decode).transpose()?;
    let mut cells = Vec::with_capacity(columns(kind).len());
    for (i, (_, ty)) in columns(kind).iter().enumerate() {
        cells.push(if *ty == Type::Real {
            let value: Option<f64> = row.try_get(i + 1).map_err(unread)?;
            value.map_or(Cell::Null, Cell::Real)
        } else {
            let value: Option<String> = row.try_get(i + 1).map_err(unread)?;
            value.map_or(Cell::Null, Cell::Text)
        });
    }
    from_row(kind, Row { cells, geometry })
}

fn encode(geometry: &Geometry<f64>) -> Result<Vec<u8>, StoreError> {
    geometry
        .to_ewkb(CoordDimensions::xy(), Some(SRS))
        .map_err(|e| StoreError::Damaged(format!("a geometry cannot be written: {e}")))
}

fn decode(blob: &[u8]) -> Result<Geometry<f64>, StoreError> {
    Ewkb(blob).to_geo().map_err(|e| StoreError::Damaged(format!("a geometry cannot be read: {e}")))
}
