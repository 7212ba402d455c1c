//! Tickets in and out of the tables of PostgreSQL.
//!
//! New ones go in with `COPY`, which is several times as fast as any `INSERT`; changed
//! ones with one statement for all of them.

use std::collections::HashMap;

use fallible_iterator::FallibleIterator;
use jiff::Timestamp;
use postgres::GenericClient;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};

use super::link::{Statements, fault};
use super::rows::{Entry, append, by, head};
use super::ticket_row::{COLUMNS, WRITTEN, Written, kept, record};
use crate::city::TicketTexts;
use crate::store::tickets::decide::{Block, Decided, Decision, Kept, decide, ids, keep};
use crate::store::tickets::{REPLACED_COLUMNS, TEXT_COLUMNS, in_order_of};
use crate::store::{
    Batch, Change, EachTicket, EachWords, KeptTicket, Kind, Receipt, Record, StoreError, Words,
};

/// The tickets of a group of batches on their way into the tables.
pub(super) struct Writing<'a> {
    kept: Kept,
    /// The last number that was given.
    last: u64,
    /// Batches of the group; of one alone nobody asks afterwards what it has changed.
    batches: usize,
    decided: Vec<(&'a Batch, Decision<'a>)>,
}

impl<'a> Writing<'a> {
    /// Looks at what there is of what the group is about.
    pub(super) fn begin(
        client: &mut impl GenericClient,
        statements: &mut Statements,
        group: &[Batch],
    ) -> Result<Self, StoreError> {
        let ids: Vec<&str> = group.iter().flat_map(ids).collect();
        let mut writing =
            Self { kept: Kept::new(), last: 0, batches: group.len(), decided: Vec::new() };
        if ids.is_empty() {
            return Ok(writing);
        }
        let statement = statements.get(client, &select("WHERE id = ANY($1)"))?;
        for row in client.query(&statement, &[&ids]).map_err(fault)? {
            let kept = kept(&row)?;
            writing.kept.insert(kept.record.ticket.id.clone(), kept);
        }
        let sql = "SELECT coalesce(max(fid), 0) FROM tickets";
        let statement = statements.get(client, sql)?;
        let row = client.query_one(&statement, &[]).map_err(fault)?;
        writing.last = row.get::<_, i64>(0) as u64;
        Ok(writing)
    }

    /// Decides what a batch changes, after the other records of it.
    pub(super) fn decide(
        &mut self,
        batch: &'a Batch,
        at: Timestamp,
        receipt: Receipt,
    ) -> Result<Receipt, StoreError> {
        let decision = decide(batch, at, &self.kept, receipt.seq, self.last)?;
        let numbers = decision.blocks.iter().flat_map(|b| &b.tickets).map(|t| t.number);
        self.last = numbers.max().unwrap_or(0).max(self.last);
        if self.batches > 1 {
            keep(&mut self.kept, &decision);
        }
        let receipt = Receipt {
            seq: receipt.seq + decision.blocks.len() as u64,
            changed: receipt.changed + decision.changed,
            created: receipt.created + decision.created,
            unchanged: receipt.unchanged + decision.unchanged,
        };
        self.decided.push((batch, decision));
        Ok(receipt)
    }

    /// Writes what was decided.
    pub(super) fn write(
        &self,
        client: &mut impl GenericClient,
        statements: &mut Statements,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let blocks = self.decided.iter().flat_map(|(by, d)| d.blocks.iter().map(move |b| (by, b)));
        let entries = blocks.clone().map(|(by, block)| {
            Ok(Entry {
                seq: block.seq,
                by,
                kind: Kind::Ticket,
                name: block.name(),
                operation: block.operation(),
                document: block.document()?,
            })
        });
        let entries = entries.collect::<Result<Vec<_>, StoreError>>()?;
        if entries.is_empty() {
            return Ok(());
        }
        append(client, statements, at, &entries)?;
        copy_replaced(client, blocks.clone().flat_map(|(_, block)| &block.tickets))?;
        // Of each ticket the last state; whether it is new says the first.
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        let mut places: HashMap<u64, (bool, usize)> = HashMap::new();
        for decided in blocks.flat_map(|(_, block)| &block.tickets) {
            let is_new = decided.before == 0;
            let known = places.get(&decided.number).copied();
            match known {
                Some((true, i)) => new[i] = decided,
                Some((false, i)) => changed[i] = decided,
                None => {
                    let list = if is_new { &mut new } else { &mut changed };
                    places.insert(decided.number, (is_new, list.len()));
                    list.push(decided);
                }
            }
        }
        copy(client, "tickets", &new)?;
        copy_texts(client, &new)?;
        update(client, &changed)?;
        update_texts(client, statements, &changed)
    }
}

fn copy(
    client: &mut impl GenericClient,
    table: &str,
    tickets: &[&Decided<'_>],
) -> Result<(), StoreError> {
    if tickets.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = WRITTEN.iter().map(|(name, _)| *name).collect();
    let types: Vec<Type> = WRITTEN.iter().map(|(_, ty)| ty.clone()).collect();
    let sql = format!("COPY {table} ({}) FROM STDIN BINARY", names.join(", "));
    let mut rows = BinaryCopyInWriter::new(client.copy_in(&sql).map_err(fault)?, &types);
    for decided in tickets {
        let written = Written::of(decided);
        rows.write(&written.values()).map_err(fault)?;
    }
    rows.finish().map(|_| ()).map_err(fault)
}

fn copy_texts(client: &mut impl GenericClient, new: &[&Decided<'_>]) -> Result<(), StoreError> {
    let texts = new.iter().filter_map(|d| Some((d.number as i64, d.texts?)));
    let mut texts = texts.filter(|(_, texts)| !texts.is_empty()).peekable();
    if texts.peek().is_none() {
        return Ok(());
    }
    let sql = format!("COPY ticket_texts (ticket, {TEXT_COLUMNS}) FROM STDIN BINARY");
    let mut types = vec![Type::INT8];
    types.resize(6, Type::TEXT);
    let mut rows = BinaryCopyInWriter::new(client.copy_in(&sql).map_err(fault)?, &types);
    for (number, t) in texts {
        let values: [&(dyn ToSql + Sync); 6] =
            [&number, &t.description, &t.address, &t.contact, &t.phone, &t.response];
        rows.write(&values).map_err(fault)?;
    }
    rows.finish().map(|_| ()).map_err(fault)
}

/// Takes in tickets of another store's log that were written at one time.
pub(super) fn receive(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    changes: &[Change],
) -> Result<(), StoreError> {
    let by: Vec<Batch> = changes.iter().map(by).collect();
    let decided = changes.iter().zip(&by).map(|(change, by)| {
        let filed = match &change.record {
            Record::Tickets(filed) => filed.clone(),
            _ => Vec::new(),
        };
        let blocks = vec![Block::received(change.seq, filed)];
        (by, Decision { blocks, ..Decision::default() })
    });
    let decided = decided.collect();
    let writing = Writing { kept: Kept::new(), last: 0, batches: 1, decided };
    match changes.first() {
        Some(first) => writing.write(client, statements, first.at),
        None => Ok(()),
    }
}

/// Gives all words to `each`. The caller holds the transaction that makes it one moment.
pub(super) fn words(
    client: &mut impl GenericClient,
    each: &mut EachWords<'_>,
) -> Result<u64, StoreError> {
    let seq = head(client)?;
    for sql in [
        format!("SELECT NULL::int8, ticket, {TEXT_COLUMNS} FROM ticket_texts"),
        format!("SELECT {REPLACED_COLUMNS} FROM ticket_texts_replaced"),
    ] {
        let none: [i64; 0] = [];
        let mut rows = client.query_raw(&sql, none).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let replaced_in = row.get::<_, Option<i64>>(0).map(|seq| seq as u64);
            let number = row.get::<_, i64>(1) as u64;
            each(Words { number, replaced_in, texts: texts_at(&row, 2) })?;
        }
    }
    Ok(seq)
}

/// The words that begin in a column.
fn texts_at(row: &postgres::Row, at: usize) -> TicketTexts {
    TicketTexts {
        description: row.get(at),
        address: row.get(at + 1),
        contact: row.get(at + 2),
        phone: row.get(at + 3),
        response: row.get(at + 4),
    }
}

/// Keeps the words that imports replace.
fn copy_replaced<'a>(
    client: &mut impl GenericClient,
    tickets: impl Iterator<Item = &'a Decided<'a>>,
) -> Result<(), StoreError> {
    let replaced =
        tickets.filter_map(|d| Some((d.seq as i64, d.number as i64, d.replaced.as_ref()?)));
    let mut replaced = replaced.peekable();
    if replaced.peek().is_none() {
        return Ok(());
    }
    let sql = format!("COPY ticket_texts_replaced ({REPLACED_COLUMNS}) FROM STDIN BINARY");
    let mut types = vec![Type::INT8; 2];
    types.resize(7, Type::TEXT);
    let mut rows = BinaryCopyInWriter::new(client.copy_in(&sql).map_err(fault)?, &types);
    for (seq, number, t) in replaced {
        let values: [&(dyn ToSql + Sync); 7] =
            [&seq, &number, &t.description, &t.address, &t.contact, &t.phone, &t.response];
        rows.write(&values).map_err(fault)?;
    }
    rows.finish().map(|_| ()).map_err(fault)
}

/// The words that an import replaced in the change `seq`, by ticket.
pub(super) fn replaced(
    client: &mut impl GenericClient,
    seq: u64,
) -> Result<Vec<(u64, TicketTexts)>, StoreError> {
    let sql =
        format!("SELECT ticket, {TEXT_COLUMNS} FROM ticket_texts_replaced WHERE change_seq = $1");
    let rows = client.query(&sql, &[&(seq as i64)]).map_err(fault)?;
    Ok(rows.iter().map(|row| (row.get::<_, i64>(0) as u64, texts_at(row, 1))).collect())
}

/// Changes rows that there are, all with one statement: through a temporary table, which
/// the connection keeps and every commit empties.
fn update(client: &mut impl GenericClient, changed: &[&Decided<'_>]) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    client
        .batch_execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS changed_tickets (LIKE tickets) \
             ON COMMIT DELETE ROWS",
        )
        .map_err(fault)?;
    copy(client, "changed_tickets", changed)?;
    let names = WRITTEN.iter().map(|(name, _)| *name).filter(|name| *name != "fid");
    let sets: Vec<String> = names.map(|name| format!("{name} = c.{name}")).collect();
    let sql = format!(
        "UPDATE tickets t SET {} FROM changed_tickets c WHERE t.fid = c.fid",
        sets.join(", ")
    );
    client.execute(&sql, &[]).map(|_| ()).map_err(fault)
}

fn update_texts(
    client: &mut impl GenericClient,
    statements: &mut Statements,
    changed: &[&Decided<'_>],
) -> Result<(), StoreError> {
    let given: Vec<(i64, &TicketTexts)> =
        changed.iter().filter_map(|d| Some((d.number as i64, d.texts?))).collect();
    if given.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO ticket_texts (ticket, {TEXT_COLUMNS}) \
         SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], \
         $6::text[]) ON CONFLICT (ticket) DO UPDATE SET description = excluded.description, \
         address = excluded.address, contact = excluded.contact, phone = excluded.phone, \
         response = excluded.response"
    );
    let statement = statements.get(client, &sql)?;
    let numbers: Vec<i64> = given.iter().map(|(number, _)| *number).collect();
    let column = |of: fn(&TicketTexts) -> &Option<String>| -> Vec<Option<&str>> {
        given.iter().map(|(_, texts)| of(texts).as_deref()).collect()
    };
    client
        .execute(
            &statement,
            &[
                &numbers,
                &column(|t| &t.description),
                &column(|t| &t.address),
                &column(|t| &t.contact),
                &column(|t| &t.phone),
                &column(|t| &t.response),
            ],
        )
        .map(|_| ())
        .map_err(fault)
}

/// A ticket with its words.
pub(super) fn find(
    client: &mut impl GenericClient,
    id: &str,
) -> Result<Option<KeptTicket>, StoreError> {
    let row = client.query_opt(&select("WHERE id = $1"), &[&id]).map_err(fault)?;
    row.as_ref().map(kept).transpose()
}

/// Tickets by their numbers, with their words or without.
pub(super) fn numbered(
    client: &mut impl GenericClient,
    numbers: &[u64],
    words: bool,
) -> Result<Vec<KeptTicket>, StoreError> {
    let list: Vec<i64> = numbers.iter().map(|number| *number as i64).collect();
    let sql = if words {
        select("WHERE fid = ANY($1)")
    } else {
        let none = TEXT_COLUMNS.replace(", ", ", NULL::text ");
        format!(
            "SELECT fid, ST_AsEWKB(geom), change_seq, {COLUMNS}, NULL::text {none} FROM tickets \
             WHERE fid = ANY($1)"
        )
    };
    let rows = client.query(&sql, &[&list]).map_err(fault)?;
    let tickets = rows.iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    Ok(in_order_of(numbers, tickets))
}

/// Those of some tickets that there are, by id.
pub(super) fn find_all(client: &mut impl GenericClient, ids: &[&str]) -> Result<Kept, StoreError> {
    let rows = client.query(&select("WHERE id = ANY($1)"), &[&ids]).map_err(fault)?;
    let kept = rows.iter().map(|row| {
        let kept = kept(row)?;
        Ok((kept.record.ticket.id.clone(), kept))
    });
    kept.collect()
}

fn select(condition: &str) -> String {
    format!(
        "SELECT fid, ST_AsEWKB(geom), change_seq, {COLUMNS}, {TEXT_COLUMNS} \
         FROM tickets LEFT JOIN ticket_texts ON ticket = fid {condition}"
    )
}

/// Gives every ticket after `after` to `each`. The caller holds the transaction that makes
/// it one moment.
pub(super) fn each(
    client: &mut impl GenericClient,
    after: u64,
    each: &mut EachTicket<'_>,
) -> Result<u64, StoreError> {
    let seq = head(client)?;
    let sql = format!(
        "SELECT fid, ST_AsEWKB(geom), change_seq, {COLUMNS} FROM tickets WHERE fid > $1 \
         ORDER BY fid"
    );
    let mut rows = client.query_raw(&sql, [after as i64]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        each(row.get::<_, i64>(0) as u64, record(&row)?)?;
    }
    Ok(seq)
}
