//! Records in and out of the tables of a GeoPackage.

use geo::{BoundingRect, Geometry};
use geozero::wkb::GpkgWkb;
use geozero::{CoordDimensions, ToGeo, ToWkb};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::packed::{Document, unpack};
use super::{fault, tickets as ticket_rows};
use crate::store::change::{Entry as LogEntry, now};
use crate::store::columns::{Cell, Row, columns, from_row, has_geometry, key, table, to_row};
use crate::store::tickets;
use crate::store::{Batch, Change, Kind, Operation, Receipt, Record, Records, StoreError};

/// Longitude and latitude, WGS-84.
const SRS: i32 = 4326;

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Real(value) => ValueRef::Real(*value),
        }))
    }
}

/// The number of the last change, 0 before the first.
pub(super) fn head(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(seq), 0) FROM change";
    let seq: i64 = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(fault)?;
    Ok(seq as u64)
}

/// All records. The caller holds the transaction that makes it one moment.
pub(super) fn load(connection: &Connection) -> Result<Records, StoreError> {
    let mut records = Records { seq: head(connection)?, ..Records::default() };
    for kind in Kind::SINGLE {
        let mut statement = connection.prepare(&select(kind, "")).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            records.insert(record(kind, row)?);
        }
        let sql = format!("SELECT coalesce(max(change_seq), 0) FROM {}", table(kind));
        let last: i64 = connection.query_row(&sql, [], |row| row.get(0)).map_err(fault)?;
        records.changed = records.changed.max(last as u64);
        let sql = "SELECT count(*) FROM change WHERE kind = ?1";
        let count: i64 = connection.query_row(sql, [kind.key()], |r| r.get(0)).map_err(fault)?;
        records.revision += count as u64;
    }
    Ok(records)
}

/// The changes that `condition` names, in order.
pub(super) fn changes(
    connection: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
    limit: usize,
) -> Result<Vec<Change>, StoreError> {
    let sql = format!(
        "SELECT seq, at, actor, kind, operation, import, document, packed FROM change \
         WHERE {condition} ORDER BY seq LIMIT {limit}"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut rows = statement.query(values).map_err(fault)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        out.push(change(row)?);
        if tickets::is_full(&out) && limit < i64::MAX as usize {
            break;
        }
    }
    Ok(out)
}

fn change(row: &rusqlite::Row<'_>) -> Result<Change, StoreError> {
    let text = |i: usize| row.get::<_, String>(i).map_err(fault);
    let seq: i64 = row.get(0).map_err(fault)?;
    let damaged = |what: &str| StoreError::Damaged(format!("change {seq} has a bad {what}"));
    let kind = Kind::parse(&text(3)?).ok_or_else(|| damaged("kind"))?;
    let document = match row.get_ref(7).map_err(fault)? {
        ValueRef::Null => text(6)?,
        ValueRef::Blob(packed) => unpack(packed)?,
        _ => return Err(damaged("document")),
    };
    Ok(Change {
        seq: seq as u64,
        at: text(1)?.parse().map_err(|_| damaged("time"))?,
        actor: text(2)?,
        operation: match text(4)?.as_str() {
            "put" => Operation::Put,
            "retire" => Operation::Retire,
            _ => return Err(damaged("operation")),
        },
        import: row.get(5).map_err(fault)?,
        record: Record::from_document(kind, &document)?,
    })
}

/// The entries of a kind after a sequence number, in order.
pub(super) fn entries(
    connection: &Connection,
    kind: Kind,
    after: u64,
) -> Result<Vec<LogEntry>, StoreError> {
    let sql = "SELECT seq, at, import, record FROM change WHERE kind = ?1 AND seq > ?2 \
               ORDER BY seq";
    let mut statement = connection.prepare_cached(sql).map_err(fault)?;
    let mut rows = statement.query((kind.key(), after as i64)).map_err(fault)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(fault)? {
        let seq: i64 = row.get(0).map_err(fault)?;
        let at: String = row.get(1).map_err(fault)?;
        let bad = |_| StoreError::Damaged(format!("change {seq} has a bad time"));
        out.push(LogEntry {
            seq: seq as u64,
            at: at.parse().map_err(bad)?,
            import: row.get(2).map_err(fault)?,
            id: row.get(3).map_err(fault)?,
        });
    }
    Ok(out)
}

/// Writes a batch inside the caller's transaction.
pub(super) fn write(connection: &Connection, batch: &Batch) -> Result<Receipt, StoreError> {
    let at = now();
    let (mut changed, mut created, mut unchanged) = (0, 0, 0);
    for write in batch.single() {
        let (kind, id) = write.about();
        let kept = find(connection, kind, id)?;
        let Some(record) = write.result(kept.as_ref(), at)? else {
            unchanged += 1;
            continue;
        };
        let entry = Entry {
            kind,
            name: record.id(),
            operation: Operation::of(&record),
            document: Document::Text(record.document()?),
        };
        let seq = append(connection, batch, at, &entry)?;
        upsert(connection, &record, seq)?;
        changed += 1;
        created += usize::from(kept.is_none());
    }
    let tickets = ticket_rows::write(connection, batch, at)?;
    changed += tickets[0];
    created += tickets[1];
    unchanged += tickets[2];
    if changed > 0 {
        touch(connection, batch, at)?;
    }
    Ok(Receipt { seq: head(connection)?, changed, created, unchanged })
}

/// An entry of the log that is not yet in it.
pub(super) struct Entry<'a> {
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) operation: Operation,
    pub(super) document: Document,
}

pub(super) fn append(
    connection: &Connection,
    batch: &Batch,
    at: jiff::Timestamp,
    entry: &Entry<'_>,
) -> Result<i64, StoreError> {
    let (text, packed) = match &entry.document {
        Document::Text(text) => (text.as_str(), None),
        Document::Packed(packed) => ("", Some(packed)),
    };
    connection
        .prepare_cached(
            "INSERT INTO change (at, actor, kind, record, operation, import, document, packed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.insert((
                at.to_string(),
                &batch.actor,
                entry.kind.key(),
                entry.name,
                entry.operation.key(),
                &batch.import,
                text,
                packed,
            ))
        })
        .map_err(fault)
}

/// Takes in a change of another store, which must be the next.
pub(super) fn receive(
    connection: &Connection,
    by: &Batch,
    at: jiff::Timestamp,
    seq: u64,
    record: &Record,
) -> Result<(), StoreError> {
    let entry = Entry {
        kind: record.kind(),
        name: record.id(),
        operation: Operation::of(record),
        document: Document::Text(record.document()?),
    };
    let own = append(connection, by, at, &entry)?;
    if own as u64 != seq {
        return Err(StoreError::Damaged(format!("change {seq} would be {own} here")));
    }
    upsert(connection, record, own)
}

fn upsert(connection: &Connection, record: &Record, seq: i64) -> Result<(), StoreError> {
    let kind = record.kind();
    let Row { cells, geometry } = to_row(record);
    let geometry = geometry.as_ref().map(encode).transpose()?;
    let names: Vec<&str> = columns(kind).iter().map(|(name, _)| *name).collect();
    let sets: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    let (geom, set) =
        if has_geometry(kind) { (", geom", "geom = excluded.geom, ") } else { ("", "") };
    let mut values: Vec<&dyn ToSql> = vec![&seq];
    values.extend(cells.iter().map(|c| c as &dyn ToSql));
    if has_geometry(kind) {
        values.push(&geometry);
    }
    let sql = format!(
        "INSERT INTO {table} (change_seq, {names}{geom}) VALUES (?1{marks}) \
         ON CONFLICT ({key}) DO UPDATE SET {set}change_seq = excluded.change_seq, {sets}",
        table = table(kind),
        key = key(kind),
        names = names.join(", "),
        marks = ", ?".repeat(values.len() - 1),
        sets = sets.join(", "),
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.execute(&values[..]))
        .map(|_| ())
        .map_err(fault)
}

/// Tells GDAL and QGIS when the layers were last written.
fn touch(connection: &Connection, batch: &Batch, at: jiff::Timestamp) -> Result<(), StoreError> {
    for kind in Kind::ALL {
        let tickets = kind == Kind::Ticket && !(batch.tickets.is_empty() && batch.moves.is_empty());
        let written = tickets || batch.writes.iter().any(|write| write.about().0 == kind);
        if written {
            connection
                .prepare_cached("UPDATE gpkg_contents SET last_change = ?1 WHERE table_name = ?2")
                .and_then(|mut statement| statement.execute((at.to_string(), table(kind))))
                .map_err(fault)?;
        }
    }
    Ok(())
}

fn find(connection: &Connection, kind: Kind, id: &str) -> Result<Option<Record>, StoreError> {
    let sql = select(kind, &format!("WHERE {} = ?1", key(kind)));
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let found = statement.query_row([id], |row| Ok(record(kind, row))).optional();
    found.map_err(fault)?.transpose()
}

fn select(kind: Kind, condition: &str) -> String {
    let names: Vec<&str> = columns(kind).iter().map(|(name, _)| *name).collect();
    let geom = if has_geometry(kind) { "geom" } else { "NULL" };
    format!("SELECT {geom}, {} FROM {} {condition}", names.join(", "), table(kind))
}

/// Reads a row of [`select`].
fn record(kind: Kind, row: &rusqlite::Row<'_>) -> Result<Record, StoreError> {
    let geometry = match row.get_ref(0).map_err(fault)? {
        ValueRef::Null => None,
        ValueRef::Blob(blob) => Some(decode(blob)?),
        _ => return Err(StoreError::Damaged(format!("a geometry of {} is text", table(kind)))),
    };
    let cell = |i: usize| -> Result<Cell, StoreError> {
        Ok(match row.get_ref(i + 1).map_err(fault)? {
            ValueRef::Text(text) => Cell::Text(
                std::str::from_utf8(text)
                    .map_err(|_| StoreError::Damaged("a text is not UTF-8".into()))?
                    .to_owned(),
            ),
            ValueRef::Real(value) => Cell::Real(value),
            ValueRef::Integer(value) => Cell::Real(value as f64),
            ValueRef::Null | ValueRef::Blob(_) => Cell::Null,
        })
    };
    let cells = (0..columns(kind).len()).map(cell).collect::<Result<_, _>>()?;
    from_row(kind, Row { cells, geometry })
}

/// A geometry as `GeoPackageBinary`; areas with the box that readers sort out by.
pub(super) fn encode(geometry: &Geometry<f64>) -> Result<Vec<u8>, StoreError> {
    let envelope = match geometry {
        Geometry::Point(_) => Vec::new(),
        _ => geometry
            .bounding_rect()
            .map_or_else(Vec::new, |b| vec![b.min().x, b.max().x, b.min().y, b.max().y]),
    };
    geometry
        .to_gpkg_wkb(CoordDimensions::xy(), Some(SRS), envelope)
        .map_err(|e| StoreError::Damaged(format!("a geometry cannot be written: {e}")))
}

pub(super) fn decode(blob: &[u8]) -> Result<Geometry<f64>, StoreError> {
    GpkgWkb(blob)
        .to_geo()
        .map_err(|e| StoreError::Damaged(format!("a geometry cannot be read: {e}")))
}
