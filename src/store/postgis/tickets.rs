//! Tickets in and out of the tables of PostgreSQL.
//!
//! New ones go in with `COPY`, which is several times as fast as any `INSERT`; changed
//! ones with one statement for all of them.

use std::collections::HashMap;
use std::error::Error;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use jiff::Timestamp;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{GenericClient, Row};

use super::link::{Statements, fault};
use super::rows::{Entry, append, head};
use super::times::{SqlDate, SqlTime};
use crate::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::LonLat;
use crate::store::tickets::decide::{Decided, Decision, Kept, decide, ids, keep};
use crate::store::tickets::{COLUMNS, TEXT_COLUMNS, parse_returned, returned};
use crate::store::{
    Batch, EachTicket, KeptTicket, Kind, Receipt, Retirement, StoreError, TicketRecord,
};

/// The columns of a row as it is written, with their types.
const WRITTEN: [(&str, Type); 26] = [
    ("fid", Type::INT8),
    // As bytes: the binary form of a geometry is its EWKB.
    ("geom", Type::BYTEA),
    ("change_seq", Type::INT8),
    ("id", Type::TEXT),
    ("category", Type::TEXT),
    ("channel", Type::TEXT),
    ("status", Type::TEXT),
    ("located_by", Type::TEXT),
    ("accuracy_m", Type::FLOAT8),
    ("district", Type::TEXT),
    ("township", Type::TEXT),
    ("community", Type::TEXT),
    ("divisions_on", Type::DATE),
    ("requested_at", Type::TIMESTAMPTZ),
    ("dispatched_at", Type::TIMESTAMPTZ),
    ("accepted_at", Type::TIMESTAMPTZ),
    ("responded_at", Type::TIMESTAMPTZ),
    ("closed_at", Type::TIMESTAMPTZ),
    ("surveyed_at", Type::TIMESTAMPTZ),
    ("returned_at", Type::TEXT),
    ("solved", Type::BOOL),
    ("satisfied", Type::BOOL),
    ("source", Type::TEXT),
    ("retired_at", Type::TIMESTAMPTZ),
    ("successor", Type::TEXT),
    ("retired_reason", Type::TEXT),
];

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

/// A row as it is written.
struct Written<'a> {
    number: i64,
    geometry: Option<Ewkb>,
    seq: i64,
    record: &'a TicketRecord,
    status: &'static str,
    located_by: Option<&'static str>,
    on: Option<SqlDate>,
    /// The steps and the retirement, in the order of the columns.
    times: [Option<SqlTime>; 7],
    returned: Option<String>,
    successor: Option<&'a str>,
    reason: Option<&'a str>,
}

impl<'a> Written<'a> {
    fn of(decided: &'a Decided<'_>) -> Self {
        let record = decided.record.as_ref();
        let (ticket, retired) = (&record.ticket, record.retired.as_ref());
        let steps = &ticket.steps;
        Self {
            number: decided.number as i64,
            geometry: ticket.location.map(point),
            seq: decided.seq as i64,
            record,
            status: ticket.status.key(),
            located_by: ticket.located_by.map(LocatedBy::key),
            on: ticket.divisions.on.map(SqlDate),
            times: [
                Some(steps.requested),
                steps.dispatched,
                steps.accepted,
                steps.responded,
                steps.closed,
                steps.surveyed,
                retired.map(|r| r.at),
            ]
            .map(|at| at.map(SqlTime)),
            returned: returned(&steps.returned),
            successor: retired.and_then(|r| r.successor.as_deref()),
            reason: retired.map(|r| r.reason.as_str()),
        }
    }

    /// The values in the order of [`WRITTEN`].
    fn values(&self) -> [&(dyn ToSql + Sync); 26] {
        let ticket = &self.record.ticket;
        let divisions = &ticket.divisions;
        let [requested, dispatched, accepted, responded, closed, surveyed, retired] = &self.times;
        [
            &self.number,
            &self.geometry,
            &self.seq,
            &ticket.id,
            &ticket.category,
            &ticket.channel,
            &self.status,
            &self.located_by,
            &ticket.accuracy_m,
            &divisions.district,
            &divisions.township,
            &divisions.community,
            &self.on,
            requested,
            dispatched,
            accepted,
            responded,
            closed,
            surveyed,
            &self.returned,
            &ticket.survey.solved,
            &ticket.survey.satisfied,
            &ticket.source,
            retired,
            &self.successor,
            &self.reason,
        ]
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

/// Reads a row of [`select`].
fn kept(row: &Row) -> Result<KeptTicket, StoreError> {
    let texts = TicketTexts {
        description: get(row, 26)?,
        address: get(row, 27)?,
        contact: get(row, 28)?,
        phone: get(row, 29)?,
        response: get(row, 30)?,
    };
    let (number, seq) = (get::<i64>(row, 0)? as u64, get::<i64>(row, 2)? as u64);
    Ok(KeptTicket { number, seq, record: record(row)?, texts })
}

/// Reads a row of number, geometry, change and [`COLUMNS`].
fn record(row: &Row) -> Result<TicketRecord, StoreError> {
    let damaged = |what: &str| {
        let number: i64 = row.get(0);
        StoreError::Damaged(format!("ticket number {number} has a bad {what}"))
    };
    let time = |i: usize| Ok::<_, StoreError>(get::<Option<SqlTime>>(row, i)?.map(|at| at.0));
    let status: &str = get(row, 6)?;
    let located_by: Option<&str> = get(row, 7)?;
    let geometry: Option<&[u8]> = get(row, 1)?;
    let retired = match time(23)? {
        None => None,
        Some(at) => Some(Retirement {
            at,
            successor: get(row, 24)?,
            reason: get::<Option<String>>(row, 25)?.unwrap_or_default(),
        }),
    };
    let ticket = Ticket {
        id: get(row, 3)?,
        category: get(row, 4)?,
        channel: get(row, 5)?,
        status: TicketStatus::parse(status).ok_or_else(|| damaged("status"))?,
        location: geometry
            .map(|blob| parse_point(blob).ok_or_else(|| damaged("geom")))
            .transpose()?,
        located_by: located_by
            .map(|by| LocatedBy::parse(by).ok_or_else(|| damaged("located_by")))
            .transpose()?,
        accuracy_m: get(row, 8)?,
        divisions: TicketDivisions {
            district: get(row, 9)?,
            township: get(row, 10)?,
            community: get(row, 11)?,
            on: get::<Option<SqlDate>>(row, 12)?.map(|day| day.0),
        },
        steps: TicketSteps {
            requested: get::<SqlTime>(row, 13)?.0,
            dispatched: time(14)?,
            accepted: time(15)?,
            responded: time(16)?,
            closed: time(17)?,
            surveyed: time(18)?,
            returned: parse_returned(get(row, 19)?)?,
        },
        survey: Survey { solved: get(row, 20)?, satisfied: get(row, 21)? },
        source: get(row, 22)?,
    };
    Ok(TicketRecord { ticket, retired })
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, i: usize) -> Result<T, StoreError> {
    row.try_get(i).map_err(|e| StoreError::Damaged(e.to_string()))
}

/// What comes before the coordinates in the EWKB of a point: little-endian, a point with
/// its reference system, EPSG:4326.
const HEAD: [u8; 9] = [1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0];

/// A point as EWKB.
#[derive(Debug)]
struct Ewkb([u8; 25]);

impl ToSql for Ewkb {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.as_slice().to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::BYTEA
    }

    to_sql_checked!();
}

fn point(at: LonLat) -> Ewkb {
    let mut blob = [0; 25];
    blob[..9].copy_from_slice(&HEAD);
    blob[9..17].copy_from_slice(&at.lon.to_le_bytes());
    blob[17..].copy_from_slice(&at.lat.to_le_bytes());
    Ewkb(blob)
}

fn parse_point(blob: &[u8]) -> Option<LonLat> {
    let (lon, lat) = blob.strip_prefix(&HEAD)?.split_first_chunk()?;
    Some(LonLat::new(f64::from_le_bytes(*lon), f64::from_le_bytes(lat.try_into().ok()?)))
}
