//! Tickets in and out of the tables of a GeoPackage.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use super::fault;
use super::packed::{Document, with_documents};
use super::rows::{Entry, append, head};
use super::ticket_row::{COLUMNS, Rows, kept, record};
use super::ticket_words::Words as SharedWords;
use crate::city::TicketTexts;
use crate::store::tickets::decide::{Block, Kept, decide, ids};
use crate::store::tickets::{REPLACED_COLUMNS, TEXT_COLUMNS, in_order_of};
use crate::store::{Batch, EachTicket, EachWords, Filed, KeptTicket, Kind, StoreError, Words};

/// Writes the tickets of a batch inside the caller's transaction; how many changed, how many
/// of these are new, and how many did not.
pub(super) fn write(
    connection: &Connection,
    batch: &Batch,
    at: Timestamp,
) -> Result<[usize; 3], StoreError> {
    let ids = ids(batch);
    if ids.is_empty() {
        return Ok([0; 3]);
    }
    let kept = find_all(connection, &ids)?;
    let decision = decide(batch, at, &kept, head(connection)?, last_number(connection)?)?;
    let mut rows = Rows::prepare(connection)?;
    with_documents(&decision.blocks, |block, document| {
        log(connection, batch, at, block, document)?;
        rows.write(&block.tickets)
    })?;
    Ok([decision.changed, decision.created, decision.unchanged])
}

fn log(
    connection: &Connection,
    batch: &Batch,
    at: Timestamp,
    block: &Block<'_>,
    document: Document,
) -> Result<(), StoreError> {
    let (name, operation) = (block.name(), block.operation());
    let entry = Entry { kind: Kind::Ticket, name, operation, document };
    let seq = append(connection, batch, at, &entry)? as u64;
    if seq == block.seq {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("the log goes on with {seq} where {} is due", block.seq)))
}

/// Takes in tickets of an entry of another store's log, which must be the next.
pub(super) fn receive(
    connection: &Connection,
    by: &Batch,
    at: Timestamp,
    seq: u64,
    filed: Vec<Filed>,
) -> Result<(), StoreError> {
    let block = Block::received(seq, filed);
    let mut rows = Rows::prepare(connection)?;
    with_documents(&[block], |block, document| {
        log(connection, by, at, block, document)?;
        rows.write(&block.tickets)
    })
}

fn last_number(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(fid), 0) FROM ticket_rows";
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
        .map(|number| number as u64)
        .map_err(fault)
}

/// A ticket with its words.
pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<KeptTicket>, StoreError> {
    Ok(find_all(connection, &[id])?.remove(id))
}

/// Tickets by their numbers, with their words or without.
pub(super) fn numbered(
    connection: &Connection,
    numbers: &[u64],
    words: bool,
) -> Result<Vec<KeptTicket>, StoreError> {
    // One parameter for any number of them.
    let list = serde_json::Value::from(numbers).to_string();
    let within = "IN (SELECT value FROM json_each(?1))";
    let sql = format!("SELECT {COLUMNS} FROM ticket_rows WHERE fid {within}");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let mut shared = SharedWords::prepare(connection)?;
    let rows = statement.query_map([&list], |row| Ok(kept(row, &mut shared))).map_err(fault)?;
    let mut tickets =
        rows.map(|kept| kept.map_err(fault).flatten()).collect::<Result<Vec<_>, StoreError>>()?;
    if words {
        let sql = format!("SELECT ticket, {TEXT_COLUMNS} FROM ticket_texts WHERE ticket {within}");
        let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
        let rows = statement
            .query_map([&list], |row| Ok((row.get::<_, i64>(0)? as u64, texts_at(row, 1)?)))
            .map_err(fault)?;
        let mut texts = rows.collect::<Result<HashMap<_, _>, _>>().map_err(fault)?;
        for kept in &mut tickets {
            kept.texts = texts.remove(&kept.number).unwrap_or_default();
        }
    }
    Ok(in_order_of(numbers, tickets))
}

/// Those of some tickets that there are, by id, with their words. Two statements: SQLite
/// compiles a join anew for each value that is bound, which takes ten times as long as looking.
pub(super) fn find_all(connection: &Connection, ids: &[&str]) -> Result<Kept, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM ticket_rows WHERE id = ?1");
    let mut tickets = connection.prepare_cached(&sql).map_err(fault)?;
    let sql = format!("SELECT {TEXT_COLUMNS} FROM ticket_texts WHERE ticket = ?1");
    let mut texts = connection.prepare_cached(&sql).map_err(fault)?;
    let mut shared = SharedWords::prepare(connection)?;
    let mut all = Kept::new();
    // Numbers of a hotline go up: whatever is behind the last need not be looked for.
    let last: Option<String> = connection
        .prepare_cached("SELECT max(id) FROM ticket_rows")
        .and_then(|mut last| last.query_row([], |row| row.get(0)))
        .map_err(fault)?;
    let Some(last) = last else { return Ok(all) };
    for id in ids.iter().filter(|id| **id <= last.as_str()) {
        let found = tickets.query_row([id], |row| Ok(kept(row, &mut shared))).optional();
        let Some(found) = found.map_err(fault)? else { continue };
        let mut found = found?;
        let words = texts.query_row([found.number as i64], |row| texts_at(row, 0)).optional();
        found.texts = words.map_err(fault)?.unwrap_or_default();
        all.insert((*id).to_owned(), found);
    }
    Ok(all)
}

/// The words that begin in a column.
fn texts_at(row: &Row<'_>, at: usize) -> rusqlite::Result<TicketTexts> {
    Ok(TicketTexts {
        description: row.get(at)?,
        address: row.get(at + 1)?,
        contact: row.get(at + 2)?,
        phone: row.get(at + 3)?,
        response: row.get(at + 4)?,
    })
}

/// Gives all words to `each`. The caller holds the transaction that makes it one moment.
pub(super) fn words(connection: &Connection, each: &mut EachWords<'_>) -> Result<u64, StoreError> {
    let seq = head(connection)?;
    for sql in [
        format!("SELECT NULL, ticket, {TEXT_COLUMNS} FROM ticket_texts"),
        format!("SELECT {REPLACED_COLUMNS} FROM ticket_texts_replaced"),
    ] {
        let mut statement = connection.prepare(&sql).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let replaced_in: Option<i64> = row.get(0).map_err(fault)?;
            let number: i64 = row.get(1).map_err(fault)?;
            each(Words {
                number: number as u64,
                replaced_in: replaced_in.map(|seq| seq as u64),
                texts: texts_at(row, 2).map_err(fault)?,
            })?;
        }
    }
    Ok(seq)
}

/// The words that an import replaced in the change `seq`, by ticket.
pub(super) fn replaced(
    connection: &Connection,
    seq: u64,
) -> Result<Vec<(u64, TicketTexts)>, StoreError> {
    let sql =
        format!("SELECT ticket, {TEXT_COLUMNS} FROM ticket_texts_replaced WHERE change_seq = ?1");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let rows = statement
        .query_map([seq as i64], |row| Ok((row.get::<_, i64>(0)? as u64, texts_at(row, 1)?)))
        .map_err(fault)?;
    rows.collect::<Result<_, _>>().map_err(fault)
}

/// Gives every ticket after `after` to `each`. The caller holds the transaction that makes
/// it one moment.
pub(super) fn each(
    connection: &Connection,
    after: u64,
    each: &mut EachTicket<'_>,
) -> Result<u64, StoreError> {
    let seq = head(connection)?;
    let sql = format!("SELECT {COLUMNS} FROM ticket_rows WHERE fid > ?1 ORDER BY fid");
    let mut statement = connection.prepare(&sql).map_err(fault)?;
    let mut shared = SharedWords::prepare(connection)?;
    let mut rows = statement.query([after as i64]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        let number: i64 = row.get(0).map_err(fault)?;
        each(number as u64, record(row, &mut shared)?)?;
    }
    Ok(seq)
}
