//! Tickets in and out of the tables of a GeoPackage.

use std::collections::HashMap;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use super::fault;
use super::rows::{Entry, append, decode, head};
use crate::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::LonLat;
use crate::store::tickets::decide::{Block, Decided, Kept, decide, ids};
use crate::store::tickets::{
    COLUMNS, REPLACED_COLUMNS, TEXT_COLUMNS, in_order_of, parse_returned, returned,
};
use crate::store::{
    Batch, EachTicket, EachWords, Filed, KeptTicket, Kind, Retirement, StoreError, TicketRecord,
    Words,
};

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
    for block in &decision.blocks {
        log(connection, batch, at, block)?;
        block.tickets.iter().try_for_each(|decided| rows.write(decided))?;
    }
    Ok([decision.changed, decision.created, decision.unchanged])
}

fn log(
    connection: &Connection,
    batch: &Batch,
    at: Timestamp,
    block: &Block<'_>,
) -> Result<(), StoreError> {
    let entry = Entry {
        kind: Kind::Ticket,
        name: block.name(),
        operation: block.operation(),
        document: block.document()?,
    };
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
    log(connection, by, at, &block)?;
    let mut rows = Rows::prepare(connection)?;
    block.tickets.iter().try_for_each(|decided| rows.write(decided))
}

fn last_number(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(fid), 0) FROM tickets";
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)))
        .map(|number| number as u64)
        .map_err(fault)
}

/// The statements that write a ticket.
struct Rows<'a> {
    insert: rusqlite::CachedStatement<'a>,
    update: rusqlite::CachedStatement<'a>,
    texts: rusqlite::CachedStatement<'a>,
    replaced: rusqlite::CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    fn prepare(connection: &'a Connection) -> Result<Self, StoreError> {
        let names: Vec<&str> = COLUMNS.split(", ").collect();
        let insert = format!(
            "INSERT INTO tickets (fid, geom, change_seq, {COLUMNS}) VALUES (?1, ?2, ?3{marks})",
            marks = ", ?".repeat(names.len()),
        );
        let sets: Vec<String> =
            names.iter().zip(4..).map(|(name, n)| format!("{name} = ?{n}")).collect();
        let update = format!(
            "UPDATE tickets SET geom = ?2, change_seq = ?3, {} WHERE fid = ?1",
            sets.join(", ")
        );
        let texts = format!(
            "INSERT OR REPLACE INTO ticket_texts (ticket, {TEXT_COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        );
        let replaced = format!(
            "INSERT INTO ticket_texts_replaced ({REPLACED_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        );
        let prepare = |sql: &str| connection.prepare_cached(sql).map_err(fault);
        Ok(Self {
            insert: prepare(&insert)?,
            update: prepare(&update)?,
            texts: prepare(&texts)?,
            replaced: prepare(&replaced)?,
        })
    }

    fn write(&mut self, decided: &Decided<'_>) -> Result<(), StoreError> {
        let statement = if decided.before == 0 { &mut self.insert } else { &mut self.update };
        put(statement, decided).map_err(fault)?;
        if let Some(texts) = decided.texts.filter(|t| decided.before > 0 || !t.is_empty()) {
            let TicketTexts { description, address, contact, phone, response } = texts;
            let number = decided.number as i64;
            self.texts
                .execute(params![number, description, address, contact, phone, response])
                .map_err(fault)?;
        }
        if let Some(texts) = &decided.replaced {
            let TicketTexts { description, address, contact, phone, response } = texts;
            let (seq, number) = (decided.seq as i64, decided.number as i64);
            self.replaced
                .execute(params![seq, number, description, address, contact, phone, response])
                .map_err(fault)?;
        }
        Ok(())
    }
}

fn put(statement: &mut Statement<'_>, decided: &Decided<'_>) -> rusqlite::Result<()> {
    let TicketRecord { ticket, retired } = decided.record.as_ref();
    let (divisions, steps) = (&ticket.divisions, &ticket.steps);
    let time = |at: Option<Timestamp>| at.map(|at| format!("{at:.3}"));
    statement.execute(params![
        decided.number as i64,
        ticket.location.map(point),
        decided.seq as i64,
        ticket.id,
        ticket.category,
        ticket.channel,
        ticket.status.key(),
        ticket.located_by.map(LocatedBy::key),
        ticket.accuracy_m,
        divisions.district,
        divisions.township,
        divisions.community,
        divisions.on.map(|day| day.to_string()),
        time(Some(steps.requested)),
        time(steps.dispatched),
        time(steps.accepted),
        time(steps.responded),
        time(steps.closed),
        time(steps.surveyed),
        returned(&steps.returned),
        ticket.survey.solved,
        ticket.survey.satisfied,
        ticket.source,
        time(retired.as_ref().map(|r| r.at)),
        retired.as_ref().and_then(|r| r.successor.as_ref()),
        retired.as_ref().map(|r| &r.reason),
    ])?;
    Ok(())
}

/// A ticket with its words. Two statements: SQLite compiles a join anew for each value that
/// is bound, which takes ten times as long as looking.
pub(super) fn find(connection: &Connection, id: &str) -> Result<Option<KeptTicket>, StoreError> {
    let sql = format!("SELECT fid, geom, change_seq, {COLUMNS} FROM tickets WHERE id = ?1");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let found = statement.query_row([id], |row| Ok(kept(row))).optional().map_err(fault)?;
    let Some(mut found) = found.transpose()? else { return Ok(None) };
    let sql = "SELECT description, address, contact, phone, response FROM ticket_texts \
         WHERE ticket = ?1";
    let texts = connection.prepare_cached(sql).and_then(|mut statement| {
        statement.query_row([found.number as i64], |row| texts_at(row, 0)).optional()
    });
    found.texts = texts.map_err(fault)?.unwrap_or_default();
    Ok(Some(found))
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
    let sql = format!("SELECT fid, geom, change_seq, {COLUMNS} FROM tickets WHERE fid {within}");
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    let rows = statement.query_map([&list], |row| Ok(kept(row))).map_err(fault)?;
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

/// Reads a row of number, geometry, change and [`COLUMNS`]; its words are elsewhere.
fn kept(row: &Row<'_>) -> Result<KeptTicket, StoreError> {
    let number = |i: usize| row.get::<_, i64>(i).map(|n| n as u64).map_err(fault);
    let (number, seq) = (number(0)?, number(2)?);
    Ok(KeptTicket { number, seq, record: record(row)?, texts: TicketTexts::default() })
}

/// Those of some tickets that there are, by id.
pub(super) fn find_all(connection: &Connection, ids: &[&str]) -> Result<Kept, StoreError> {
    let mut kept = Kept::new();
    for id in ids {
        if let Some(ticket) = find(connection, id)? {
            kept.insert((*id).to_owned(), ticket);
        }
    }
    Ok(kept)
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
    let sql =
        format!("SELECT fid, geom, change_seq, {COLUMNS} FROM tickets WHERE fid > ?1 ORDER BY fid");
    let mut statement = connection.prepare(&sql).map_err(fault)?;
    let mut rows = statement.query([after as i64]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        let number: i64 = row.get(0).map_err(fault)?;
        each(number as u64, record(row)?)?;
    }
    Ok(seq)
}

/// Reads a row of number, geometry, change and [`COLUMNS`].
fn record(row: &Row<'_>) -> Result<TicketRecord, StoreError> {
    let cells = Cells { row };
    let retired: Option<Timestamp> = cells.parsed(23)?;
    let retired = match retired {
        None => None,
        Some(at) => Some(Retirement {
            at,
            successor: cells.optional(24)?,
            reason: cells.optional(25)?.unwrap_or_default(),
        }),
    };
    let ticket = Ticket {
        id: cells.text(3)?,
        category: cells.text(4)?,
        channel: cells.text(5)?,
        status: cells.word(6, TicketStatus::parse)?.ok_or_else(|| cells.damaged(6))?,
        location: cells.location()?,
        located_by: cells.word(7, LocatedBy::parse)?,
        accuracy_m: row.get(8).map_err(fault)?,
        divisions: TicketDivisions {
            district: cells.optional(9)?,
            township: cells.optional(10)?,
            community: cells.optional(11)?,
            on: cells.parsed(12)?,
        },
        steps: TicketSteps {
            requested: cells.parsed(13)?.ok_or_else(|| cells.damaged(13))?,
            dispatched: cells.parsed(14)?,
            accepted: cells.parsed(15)?,
            responded: cells.parsed(16)?,
            closed: cells.parsed(17)?,
            surveyed: cells.parsed(18)?,
            returned: parse_returned(cells.borrowed(19)?)?,
        },
        survey: Survey {
            solved: row.get(20).map_err(fault)?,
            satisfied: row.get(21).map_err(fault)?,
        },
        source: cells.text(22)?,
    };
    Ok(TicketRecord { ticket, retired })
}

/// The cells of a row.
struct Cells<'a> {
    row: &'a Row<'a>,
}

impl<'a> Cells<'a> {
    fn damaged(&self, i: usize) -> StoreError {
        let number = self.row.get::<_, i64>(0).unwrap_or_default();
        let column = self.row.as_ref().column_name(i).unwrap_or("?").to_owned();
        StoreError::Damaged(format!("ticket number {number} has a bad {column}"))
    }

    fn borrowed(&self, i: usize) -> Result<Option<&'a str>, StoreError> {
        match self.row.get_ref(i).map_err(fault)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => {
                std::str::from_utf8(text).map(Some).map_err(|_| self.damaged(i))
            }
            _ => Err(self.damaged(i)),
        }
    }

    fn optional(&self, i: usize) -> Result<Option<String>, StoreError> {
        Ok(self.borrowed(i)?.map(str::to_owned))
    }

    fn text(&self, i: usize) -> Result<String, StoreError> {
        self.optional(i)?.ok_or_else(|| self.damaged(i))
    }

    fn parsed<T: FromStr>(&self, i: usize) -> Result<Option<T>, StoreError> {
        self.word(i, |text| text.parse().ok())
    }

    fn word<T>(
        &self,
        i: usize,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let Some(text) = self.borrowed(i)? else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| self.damaged(i))
    }

    fn location(&self) -> Result<Option<LonLat>, StoreError> {
        let blob = match self.row.get_ref(1).map_err(fault)? {
            ValueRef::Null => return Ok(None),
            ValueRef::Blob(blob) => blob,
            _ => return Err(self.damaged(1)),
        };
        if let Some(at) = parse_point(blob) {
            return Ok(Some(at));
        }
        // Another program may write the same point in another way.
        match decode(blob)? {
            geo::Geometry::Point(at) => Ok(Some(LonLat::new(at.x(), at.y()))),
            _ => Err(self.damaged(1)),
        }
    }
}

/// What comes before the coordinates of a point in `GeoPackageBinary`: no envelope,
/// little-endian, EPSG:4326; then the same of its WKB.
const HEAD: [u8; 13] = [b'G', b'P', 0, 1, 0xe6, 0x10, 0, 0, 1, 1, 0, 0, 0];

/// A point as `GeoPackageBinary`.
fn point(at: LonLat) -> [u8; 29] {
    let mut blob = [0; 29];
    blob[..13].copy_from_slice(&HEAD);
    blob[13..21].copy_from_slice(&at.lon.to_le_bytes());
    blob[21..].copy_from_slice(&at.lat.to_le_bytes());
    blob
}

fn parse_point(blob: &[u8]) -> Option<LonLat> {
    let (lon, lat) = blob.strip_prefix(&HEAD)?.split_first_chunk()?;
    Some(LonLat::new(f64::from_le_bytes(*lon), f64::from_le_bytes(lat.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_what_the_library_writes() {
        let at = LonLat::new(-73.985_428_123, 40.748_817);
        let theirs = super::super::rows::encode(&geo::Geometry::Point(at.into())).unwrap();
        assert_eq!(point(at).as_slice(), theirs);
        assert_eq!(parse_point(&theirs), Some(at));
        assert_eq!(parse_point(&theirs[..28]), None);
    }
}
