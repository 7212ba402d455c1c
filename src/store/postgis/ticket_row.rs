//! A ticket as a row of PostgreSQL, in its binary encoding both ways.

use std::error::Error;

use bytes::BytesMut;
use postgres::Row;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::times::{SqlDate, SqlTime};
use crate::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::LonLat;
use crate::store::tickets::decide::Decided;
use crate::store::tickets::{parse_returned, returned};
use crate::store::{KeptTicket, Retirement, StoreError, TicketRecord};

/// Columns of the table of tickets but for the number, the geometry and the change.
pub(super) const COLUMNS: &str = "id, category, channel, status, located_by, accuracy_m, \
     district, township, community, divisions_on, requested_at, dispatched_at, accepted_at, \
     responded_at, closed_at, surveyed_at, returned_at, solved, satisfied, source, \
     retired_at, successor, retired_reason";

/// The columns of a row as it is written, with their types.
pub(super) const WRITTEN: [(&str, Type); 26] = [
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

/// A row as it is written.
pub(super) struct Written<'a> {
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
    pub(super) fn of(decided: &'a Decided<'_>) -> Self {
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
    pub(super) fn values(&self) -> [&(dyn ToSql + Sync); 26] {
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

/// Reads a row of number, geometry, change, columns and words.
pub(super) fn kept(row: &Row) -> Result<KeptTicket, StoreError> {
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

/// Reads a row of number, geometry, change and columns.
pub(super) fn record(row: &Row) -> Result<TicketRecord, StoreError> {
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
