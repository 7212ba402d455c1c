//! Records in and out of the tables of PostgreSQL.

use std::collections::HashMap;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use geo::Geometry;
use geozero::wkb::Ewkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use postgres::types::{IsNull, ToSql, Type as SqlType, to_sql_checked};
use postgres::{GenericClient, Row as SqlRow};

use super::link::{Statements, fault};
use super::tickets as ticket_rows;
use crate::store::change::{Entry as LogEntry, now};
use crate::store::columns::{Cell, Row, Type, columns, from_row, has_geometry, key, table, to_row};
use crate::store::tickets;
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
    for kind in Kind::SINGLE {
        for row in client.query(&select(kind, ""), &[]).map_err(fault)? {
            records.insert(record(kind, &row)?);
        }
        let sql = format!("SELECT coalesce(max(change_seq), 0) FROM {}", table(kind));
        let last: i64 = client.query_one(&sql, &[]).map_err(fault)?.get(0);
        records.changed = records.changed.max(last as u64);
        let sql = "SELECT count(*) FROM change WHERE kind = $1";
        let count: i64 = client.query_one(sql, &[&kind.key()]).map_err(fault)?.get(0);
        records.revision += count as u64;
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
    let paged = limit.is_some();
    let limit = limit.map(|n| format!("LIMIT {n}")).unwrap_or_default();
    let sql = format!(
        "SELECT seq, {at}, actor, kind, operation, import, document::text FROM change \
         WHERE {condition} ORDER BY seq {limit}",
        at = shown_time("at"),
    );
    let values: Vec<&(dyn ToSql + Sync)> = values.to_vec();
    let mut rows = client.query_raw(&sql, values).map_err(fault)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        out.push(change(&row)?);
        if tickets::is_full(&out) && paged {
            break;
        }
    }
    Ok(out)
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

/// The entries of a kind after a sequence number, in order.
pub(super) fn entries(
    client: &mut impl GenericClient,
    kind: Kind,
    after: u64,
) -> Result<Vec<LogEntry>, StoreError> {
    let sql = format!(
        "SELECT seq, {at}, import, record FROM change WHERE kind = $1 AND seq > $2 ORDER BY seq",
        at = shown_time("at"),
    );
    let entry = |row: &SqlRow| {
        let seq: i64 = row.get(0);
        let at = row.get::<_, &str>(1).parse();
        let bad = |_| StoreError::Damaged(format!("change {seq} has a bad time"));
        Ok(LogEntry { seq: seq as u64, at: at.map_err(bad)?, import: row.get(2), id: row.get(3) })
    };
    let rows = client.query(&sql, &[&kind.key(), &(after as i64)]).map_err(fault)?;
    rows.iter().map(entry).collect()
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

/// A change that is decided and not yet written.
struct Decided<'a> {
    seq: u64,
    by: &'a Batch,
    record: Record,
}

/// An entry of the log that is not yet in it.
pub(super) struct Entry<'a> {
    pub(super) seq: u64,
    pub(super) by: &'a Batch,
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) operation: Operation,
    pub(super) document: String,
}

/// Writes a group of batches inside the caller's transaction, which holds the counter.
/// The changes are numbered from `head` on.
///
/// What each batch changes, and whether it can, is decided in memory; then the group is
/// written with one statement a table. That is few questions to the database whatever
/// the group's size, and no batch needs a savepoint.
pub(super) fn write(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    group: &[Batch],
    head: u64,
) -> Result<(Vec<Result<Receipt, StoreError>>, u64), StoreError> {
    let at = now();
    let mut kept = kept(client, statements, group)?;
    let mut tickets = ticket_rows::Writing::begin(client, statements, group)?;
    let mut decided: Vec<Decided<'_>> = Vec::new();
    let mut head = head;
    let mut results = Vec::with_capacity(group.len());
    for batch in group {
        let start = decided.len();
        let decision = decide(batch, at, &mut kept, &mut decided, head);
        let decision = decision.and_then(|receipt| tickets.decide(batch, at, receipt));
        match &decision {
            Ok(receipt) => head = receipt.seq,
            Err(_) => decided.truncate(start),
        }
        results.push(decision);
    }
    for part in decided.chunks(PART) {
        put(client, statements, at, part)?;
    }
    tickets.write(client, statements, at)?;
    Ok((results, head))
}

/// Writes what was decided into the log, and then into the tables.
fn put(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    at: jiff::Timestamp,
    part: &[Decided<'_>],
) -> Result<(), StoreError> {
    let entries = part.iter().map(|d| {
        Ok(Entry {
            seq: d.seq,
            by: d.by,
            kind: d.record.kind(),
            name: d.record.id(),
            operation: Operation::of(&d.record),
            document: d.record.document()?,
        })
    });
    append(client, statements, at, &entries.collect::<Result<Vec<_>, StoreError>>()?)?;
    for kind in Kind::SINGLE {
        upsert(client, statements, kind, part)?;
    }
    Ok(())
}

/// Changes that are sent with one statement at most: bounds its size.
const PART: usize = 2000;

/// Records by kind and id.
type Kept = HashMap<(Kind, String), Record>;

/// Decides what a batch changes. A refused batch leaves `kept` as it was.
fn decide<'a>(
    batch: &'a Batch,
    at: jiff::Timestamp,
    kept: &mut Kept,
    decided: &mut Vec<Decided<'a>>,
    head: u64,
) -> Result<Receipt, StoreError> {
    let mut receipt = Receipt { seq: head, changed: 0, created: 0, unchanged: 0 };
    let mut new = Kept::new();
    for write in batch.single() {
        let (kind, id) = write.about();
        let about = (kind, id.to_owned());
        let before = new.get(&about).or_else(|| kept.get(&about));
        let Some(record) = write.result(before, at)? else {
            receipt.unchanged += 1;
            continue;
        };
        receipt.created += usize::from(before.is_none());
        receipt.seq += 1;
        receipt.changed += 1;
        new.insert(about, record.clone());
        decided.push(Decided { seq: receipt.seq, by: batch, record });
    }
    kept.extend(new);
    Ok(receipt)
}

/// The records that a group is about, as they are.
fn kept(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    group: &[Batch],
) -> Result<Kept, StoreError> {
    let mut found = Kept::new();
    for kind in Kind::SINGLE {
        let writes = group.iter().flat_map(|batch| &batch.writes).map(Write::about);
        let ids: Vec<&str> = writes.filter(|(of, _)| *of == kind).map(|(_, id)| id).collect();
        if ids.is_empty() {
            continue;
        }
        let sql = select(kind, &format!("WHERE {} = ANY($1)", key(kind)));
        let statement = statements.get(client, &sql)?;
        for row in client.query(&statement, &[&ids]).map_err(fault)? {
            let record = record(kind, &row)?;
            found.insert((kind, record.id().to_owned()), record);
        }
    }
    Ok(found)
}

pub(super) fn append(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    at: jiff::Timestamp,
    part: &[Entry<'_>],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO change (seq, at, actor, kind, record, operation, import, document) \
         SELECT t.seq, $8::text::timestamptz, t.actor, t.kind, t.record, t.operation, t.import, \
         t.document::json FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], \
         $5::text[], $6::text[], $7::text[]) \
         AS t(seq, actor, kind, record, operation, import, document)";
    let statement = statements.get(client, sql)?;
    let seqs: Vec<i64> = part.iter().map(|d| d.seq as i64).collect();
    let actors: Vec<&str> = part.iter().map(|d| d.by.actor.as_str()).collect();
    let kinds: Vec<&str> = part.iter().map(|d| d.kind.key()).collect();
    let ids: Vec<&str> = part.iter().map(|d| d.name).collect();
    let operations: Vec<&str> = part.iter().map(|d| d.operation.key()).collect();
    let imports: Vec<Option<&str>> = part.iter().map(|d| d.by.import.as_deref()).collect();
    let documents: Vec<&str> = part.iter().map(|d| d.document.as_str()).collect();
    client
        .execute(
            &statement,
            &[&seqs, &actors, &kinds, &ids, &operations, &imports, &documents, &at.to_string()],
        )
        .map(|_| ())
        .map_err(fault)
}

/// Takes in changes of another store that were made at one time.
pub(super) fn receive(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    changes: &[Change],
) -> Result<(), StoreError> {
    let by: Vec<Batch> = changes.iter().map(by).collect();
    let decided: Vec<Decided<'_>> = changes
        .iter()
        .zip(&by)
        .map(|(c, by)| Decided { seq: c.seq, by, record: c.record.clone() })
        .collect();
    let Some(at) = changes.first().map(|change| change.at) else { return Ok(()) };
    decided.chunks(PART).try_for_each(|part| put(client, statements, at, part))
}

/// Who made a change, as a batch says it.
pub(super) fn by(change: &Change) -> Batch {
    Batch { import: change.import.clone(), ..Batch::by(change.actor.clone()) }
}

/// Puts the records of a kind into its table, new or not: of each the last one.
fn upsert(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    kind: Kind,
    part: &[Decided<'_>],
) -> Result<(), StoreError> {
    let of_kind = part.iter().filter(|d| d.record.kind() == kind);
    let last: HashMap<&str, &Decided<'_>> = of_kind.map(|d| (d.record.id(), d)).collect();
    if last.is_empty() {
        return Ok(());
    }
    let mut geometries = Vec::with_capacity(last.len());
    let mut seqs = Vec::with_capacity(last.len());
    let mut cells: Vec<Vec<Cell>> = vec![Vec::with_capacity(last.len()); columns(kind).len()];
    for decided in last.into_values() {
        let row = to_row(&decided.record);
        geometries.push(row.geometry.as_ref().map(encode).transpose()?);
        seqs.push(decided.seq as i64);
        for (column, cell) in cells.iter_mut().zip(row.cells) {
            column.push(cell);
        }
    }
    let statement = statements.get(client, &upsert_sql(kind))?;
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&seqs];
    values.extend(cells.iter().map(|c| c as &(dyn ToSql + Sync)));
    if has_geometry(kind) {
        values.push(&geometries);
    }
    client.execute(&statement, &values).map(|_| ()).map_err(fault)
}

/// The statement of [`upsert`]: an array a column.
fn upsert_sql(kind: Kind) -> String {
    let columns = columns(kind);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let sets: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let values = columns.iter().map(|(name, ty)| match ty {
        Type::Text | Type::Json | Type::Real => format!("t.{name}"),
        Type::Whole => format!("t.{name}::int8"),
        Type::Date => format!("t.{name}::date"),
        Type::Time => format!("t.{name}::timestamptz"),
    });
    let values: Vec<String> = values.collect();
    // The first is the number of the change, the last the geometry, where there is one.
    let arrays = columns.iter().zip(2..).map(|((_, ty), n)| match ty {
        Type::Real | Type::Whole => format!("${n}::float8[]"),
        Type::Text | Type::Json | Type::Date | Type::Time => format!("${n}::text[]"),
    });
    let arrays: Vec<String> = arrays.collect();
    let (geom, value, set) = if has_geometry(kind) {
        (", geom", ", ST_GeomFromEWKB(t.geom)", "geom = excluded.geom, ")
    } else {
        ("", "", "")
    };
    let bytes = if has_geometry(kind) {
        format!(", ${}::bytea[]", columns.len() + 2)
    } else {
        String::new()
    };
    format!(
        "INSERT INTO {table} (change_seq, {names}{geom}) \
         SELECT t.change_seq, {values}{value} \
         FROM unnest($1::int8[], {arrays}{bytes}) AS t(change_seq, {names}{geom}) \
         ON CONFLICT ({key}) DO UPDATE SET {set}change_seq = excluded.change_seq, {sets}",
        table = table(kind),
        key = key(kind),
        names = names.join(", "),
        values = values.join(", "),
        arrays = arrays.join(", "),
        sets = sets.join(", "),
    )
}

fn select(kind: Kind, condition: &str) -> String {
    let names: Vec<String> = columns(kind)
        .iter()
        .map(|(name, ty)| match ty {
            Type::Text | Type::Json | Type::Real => (*name).to_owned(),
            Type::Whole => format!("{name}::float8"),
            Type::Date => format!("to_char({name}, 'YYYY-MM-DD')"),
            Type::Time => shown_time(name),
        })
        .collect();
    let geom = if has_geometry(kind) { "ST_AsEWKB(geom)" } else { "NULL::bytea" };
    format!("SELECT {geom}, {} FROM {} {condition}", names.join(", "), table(kind))
}

/// Reads a row of [`select`].
fn record(kind: Kind, row: &SqlRow) -> Result<Record, StoreError> {
    let unread = |e: postgres::Error| StoreError::Damaged(e.to_string());
    let geometry: Option<&[u8]> = row.try_get(0).map_err(unread)?;
    let geometry = geometry.map(decode).transpose()?;
    let mut cells = Vec::with_capacity(columns(kind).len());
    for (i, (_, ty)) in columns(kind).iter().enumerate() {
        cells.push(if matches!(ty, Type::Real | Type::Whole) {
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
