//! A ticket as a row of its table, and back.
//!
//! The table keeps numbers in place of words, days and times; the view `tickets` shows them
//! as a GIS wants them (`0008.sql`).

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, Row, ToSql, params};

use super::fault;
use super::ticket_words::{Numbers, Words};
use crate::city::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::LonLat;
use crate::store::tickets::decide::Decided;
use crate::store::tickets::{REPLACED_COLUMNS, TEXT_COLUMNS, parse_returned, returned};
use crate::store::{KeptTicket, Retirement, StoreError, TicketRecord};

/// The columns as they are written and read.
pub(super) const COLUMNS: &str = "fid, place, change_seq, id, category, channel, status, \
     located_by, accuracy_m, district, township, community, divisions_day, requested_ms, \
     dispatched_after, accepted_after, responded_after, closed_after, surveyed_after, \
     returned_at, solved, satisfied, source, retired_ms, successor, retired_reason";

/// The day from which days are counted.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The columns of the words as they are written.
const WORDS: usize = 6;

/// New tickets that one statement writes. It finds its place in each tree once and then goes
/// on from there.
const TOGETHER: usize = 32;

/// The statements that write tickets.
pub(super) struct Rows<'a> {
    insert: CachedStatement<'a>,
    /// The same for [`TOGETHER`] of them.
    insert_many: CachedStatement<'a>,
    update: CachedStatement<'a>,
    texts: CachedStatement<'a>,
    texts_many: CachedStatement<'a>,
    replaced: CachedStatement<'a>,
    numbers: Numbers<'a>,
}

impl<'a> Rows<'a> {
    pub(super) fn prepare(connection: &'a Connection) -> Result<Self, StoreError> {
        let names: Vec<&str> = COLUMNS.split(", ").collect();
        let values = |columns: usize, rows: usize| {
            let row = format!("({})", vec!["?"; columns].join(", "));
            vec![row; rows].join(", ")
        };
        let insert = |rows| {
            format!("INSERT INTO ticket_rows ({COLUMNS}) VALUES {}", values(names.len(), rows))
        };
        let texts = |rows| {
            format!(
                "INSERT OR REPLACE INTO ticket_texts (ticket, {TEXT_COLUMNS}) VALUES {}",
                values(WORDS, rows)
            )
        };
        let sets: Vec<String> =
            names.iter().zip(1..).skip(1).map(|(name, n)| format!("{name} = ?{n}")).collect();
        let update = format!("UPDATE ticket_rows SET {} WHERE fid = ?1", sets.join(", "));
        let replaced = format!(
            "INSERT INTO ticket_texts_replaced ({REPLACED_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        );
        let prepare = |sql: &str| connection.prepare_cached(sql).map_err(fault);
        Ok(Self {
            insert: prepare(&insert(1))?,
            insert_many: prepare(&insert(TOGETHER))?,
            update: prepare(&update)?,
            texts: prepare(&texts(1))?,
            texts_many: prepare(&texts(TOGETHER))?,
            replaced: prepare(&replaced)?,
            numbers: Numbers::prepare(connection)?,
        })
    }

    /// Writes tickets, each of which is there once.
    pub(super) fn write(&mut self, tickets: &[Decided<'_>]) -> Result<(), StoreError> {
        for alike in tickets.chunk_by(|a, b| (a.before == 0) == (b.before == 0)) {
            let new = alike[0].before == 0;
            let (together, others) = if new { alike.as_chunks() } else { (&[][..], alike) };
            for rows in together {
                put::<TOGETHER>(&mut self.insert_many, rows, &mut self.numbers)?;
            }
            let statement = if new { &mut self.insert } else { &mut self.update };
            for row in others {
                put(statement, std::array::from_ref(row), &mut self.numbers)?;
            }
        }
        let said = |decided: &&Decided<'_>| {
            decided.texts.is_some_and(|texts| decided.before > 0 || !texts.is_empty())
        };
        let said: Vec<&Decided<'_>> = tickets.iter().filter(said).collect();
        let (together, others) = said.as_chunks::<TOGETHER>();
        for rows in together {
            put_words(&mut self.texts_many, rows)?;
        }
        for row in others {
            put_words(&mut self.texts, std::array::from_ref(row))?;
        }
        for decided in tickets {
            let Some(texts) = &decided.replaced else { continue };
            let TicketTexts { description, address, contact, phone, response } = texts;
            let (seq, number) = (decided.seq as i64, decided.number as i64);
            self.replaced
                .execute(params![seq, number, description, address, contact, phone, response])
                .map_err(fault)?;
        }
        Ok(())
    }
}

/// Binds the values of a statement in the order of its question marks.
struct Binder<'s, 'c> {
    statement: &'s mut CachedStatement<'c>,
    at: usize,
}

impl Binder<'_, '_> {
    fn bind(&mut self, value: impl ToSql) -> Result<(), StoreError> {
        self.at += 1;
        self.statement.raw_bind_parameter(self.at, value).map_err(fault)
    }

    fn execute(self) -> Result<(), StoreError> {
        self.statement.raw_execute().map(|_| ()).map_err(fault)
    }
}

/// Writes the rows of as many tickets as the statement takes.
fn put<const N: usize>(
    statement: &mut CachedStatement<'_>,
    tickets: &[Decided<'_>; N],
    numbers: &mut Numbers<'_>,
) -> Result<(), StoreError> {
    let mut to = Binder { statement, at: 0 };
    for decided in tickets {
        let TicketRecord { ticket, retired } = decided.record.as_ref();
        let steps = &ticket.steps;
        let requested = steps.requested.as_millisecond();
        let after = |at: Option<Timestamp>| at.map(|at| at.as_millisecond() - requested);
        let mut word = |word: Option<&str>| word.map(|word| numbers.of(word)).transpose();
        to.bind(decided.number as i64)?;
        to.bind(ticket.location.map(place))?;
        to.bind(decided.seq as i64)?;
        to.bind(&ticket.id)?;
        to.bind(word(Some(&ticket.category))?)?;
        to.bind(word(Some(&ticket.channel))?)?;
        to.bind(word(Some(ticket.status.key()))?)?;
        to.bind(word(ticket.located_by.map(LocatedBy::key))?)?;
        to.bind(ticket.accuracy_m)?;
        let TicketDivisions { district, township, community, on } = &ticket.divisions;
        for code in [district, township, community] {
            to.bind(word(code.as_deref())?)?;
        }
        to.bind(on.map(days))?;
        to.bind(requested)?;
        for at in [steps.dispatched, steps.accepted, steps.responded, steps.closed, steps.surveyed]
        {
            to.bind(after(at))?;
        }
        to.bind(returned(&steps.returned))?;
        to.bind(ticket.survey.solved)?;
        to.bind(ticket.survey.satisfied)?;
        to.bind(word(Some(&ticket.source))?)?;
        to.bind(retired.as_ref().map(|r| r.at.as_millisecond()))?;
        to.bind(retired.as_ref().and_then(|r| r.successor.as_ref()))?;
        to.bind(retired.as_ref().map(|r| &r.reason))?;
    }
    to.execute()
}

/// Writes the words of as many tickets as the statement takes.
fn put_words<const N: usize>(
    statement: &mut CachedStatement<'_>,
    tickets: &[&Decided<'_>; N],
) -> Result<(), StoreError> {
    let mut to = Binder { statement, at: 0 };
    for decided in tickets {
        let Some(texts) = decided.texts else { continue };
        let TicketTexts { description, address, contact, phone, response } = texts;
        to.bind(decided.number as i64)?;
        for text in [description, address, contact, phone, response] {
            to.bind(text)?;
        }
    }
    to.execute()
}

/// Longitude and latitude as the geometry of a point ends.
fn place(at: LonLat) -> [u8; 16] {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&at.lon.to_le_bytes());
    place[8..].copy_from_slice(&at.lat.to_le_bytes());
    place
}

fn parse_place(blob: &[u8]) -> Option<LonLat> {
    let (lon, lat) = blob.split_first_chunk()?;
    Some(LonLat::new(f64::from_le_bytes(*lon), f64::from_le_bytes(lat.try_into().ok()?)))
}

/// Days since 1970.
fn days(day: Date) -> i64 {
    day.duration_since(EPOCH).as_hours() / 24
}

fn parse_days(days: i64) -> Option<Date> {
    EPOCH.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Reads a row of [`COLUMNS`] with its number and change; its words are elsewhere.
pub(super) fn kept(row: &Row<'_>, words: &mut Words<'_>) -> Result<KeptTicket, StoreError> {
    let number = |i: usize| row.get::<_, i64>(i).map(|n| n as u64).map_err(fault);
    let (number, seq) = (number(0)?, number(2)?);
    Ok(KeptTicket { number, seq, record: record(row, words)?, texts: TicketTexts::default() })
}

/// Reads a row of [`COLUMNS`].
pub(super) fn record(row: &Row<'_>, words: &mut Words<'_>) -> Result<TicketRecord, StoreError> {
    let mut cells = Cells { row, words };
    let requested = cells.number(13)?.ok_or_else(|| cells.damaged(13))?;
    let retired = match cells.number(23)? {
        None => None,
        Some(at) => Some(Retirement {
            at: cells.time(23, Some(at))?,
            successor: cells.text(24)?,
            reason: cells.text(25)?.unwrap_or_default(),
        }),
    };
    let step = |i: usize| {
        let Some(after) = cells.number(i)? else { return Ok(None) };
        cells.time(i, requested.checked_add(after)).map(Some)
    };
    let steps = [step(14)?, step(15)?, step(16)?, step(17)?, step(18)?];
    let ticket = Ticket {
        id: cells.text(3)?.ok_or_else(|| cells.damaged(3))?,
        category: cells.due(4)?,
        channel: cells.due(5)?,
        status: cells.key(6, TicketStatus::parse)?.ok_or_else(|| cells.damaged(6))?,
        location: cells.location()?,
        located_by: cells.key(7, LocatedBy::parse)?,
        accuracy_m: row.get(8).map_err(fault)?,
        divisions: TicketDivisions {
            district: cells.word(9)?.map(str::to_owned),
            township: cells.word(10)?.map(str::to_owned),
            community: cells.word(11)?.map(str::to_owned),
            on: match cells.number(12)? {
                None => None,
                Some(days) => Some(parse_days(days).ok_or_else(|| cells.damaged(12))?),
            },
        },
        steps: TicketSteps {
            requested: cells.time(13, Some(requested))?,
            dispatched: steps[0],
            accepted: steps[1],
            responded: steps[2],
            closed: steps[3],
            surveyed: steps[4],
            returned: parse_returned(cells.borrowed(19)?)?,
        },
        survey: Survey {
            solved: row.get(20).map_err(fault)?,
            satisfied: row.get(21).map_err(fault)?,
        },
        source: cells.due(22)?,
    };
    Ok(TicketRecord { ticket, retired })
}

/// The cells of a row.
struct Cells<'a, 'w, 'c> {
    row: &'a Row<'a>,
    words: &'w mut Words<'c>,
}

fn damaged(row: &Row<'_>, i: usize) -> StoreError {
    let number = row.get::<_, i64>(0).unwrap_or_default();
    let column = row.as_ref().column_name(i).unwrap_or("?");
    StoreError::Damaged(format!("ticket number {number} has a bad {column}"))
}

impl<'a> Cells<'a, '_, '_> {
    fn damaged(&self, i: usize) -> StoreError {
        damaged(self.row, i)
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

    fn text(&self, i: usize) -> Result<Option<String>, StoreError> {
        Ok(self.borrowed(i)?.map(str::to_owned))
    }

    fn number(&self, i: usize) -> Result<Option<i64>, StoreError> {
        match self.row.get_ref(i).map_err(fault)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            _ => Err(self.damaged(i)),
        }
    }

    fn time(&self, i: usize, ms: Option<i64>) -> Result<Timestamp, StoreError> {
        let time = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        time.ok_or_else(|| self.damaged(i))
    }

    /// The word whose number a column has.
    fn word(&mut self, i: usize) -> Result<Option<&str>, StoreError> {
        let Some(number) = self.number(i)? else { return Ok(None) };
        let row = self.row;
        self.words.of(number)?.map(Some).ok_or_else(|| damaged(row, i))
    }

    fn due(&mut self, i: usize) -> Result<String, StoreError> {
        let row = self.row;
        self.word(i)?.map(str::to_owned).ok_or_else(|| damaged(row, i))
    }

    fn key<T>(&mut self, i: usize, parse: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        let row = self.row;
        let Some(word) = self.word(i)? else { return Ok(None) };
        parse(word).map(Some).ok_or_else(|| damaged(row, i))
    }

    fn location(&self) -> Result<Option<LonLat>, StoreError> {
        match self.row.get_ref(1).map_err(fault)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(blob) => parse_place(blob).map(Some).ok_or_else(|| self.damaged(1)),
            _ => Err(self.damaged(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_geometry_ends_with_its_place() {
        let at = LonLat::new(-73.985_428_123, 40.748_817);
        let whole = super::super::rows::encode(&geo::Geometry::Point(at.into())).unwrap();
        // What comes before the coordinates of a point in `GeoPackageBinary`: no envelope,
        // little-endian, EPSG:4326; then the same of its WKB. The view begins with it.
        let head = [b'G', b'P', 0, 1, 0xe6, 0x10, 0, 0, 1, 1, 0, 0, 0];
        assert_eq!(whole, [head.as_slice(), &place(at)].concat());
        assert_eq!(parse_place(&place(at)), Some(at));
        assert_eq!(parse_place(&whole), None);
        assert_eq!(parse_place(&[0; 7]), None);
    }

    #[test]
    fn days_are_counted_both_ways() {
        for (day, number) in
            [(date(1970, 1, 1), 0), (date(1969, 12, 31), -1), (date(2024, 10, 4), 20_000)]
        {
            assert_eq!((days(day), parse_days(number)), (number, Some(day)));
        }
        for day in [Date::MIN, Date::MAX] {
            assert_eq!(parse_days(days(day)), Some(day));
        }
        assert_eq!(parse_days(i64::MAX), None);
        assert_eq!(parse_days(days(Date::MAX) + 1), None);
    }
}
