//! Dates and times in the binary encoding of PostgreSQL: days and microseconds since
//! 2000-01-01.

use std::error::Error;

use bytes::BytesMut;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH_US: i64 = 946_684_800_000_000;
const EPOCH: Date = jiff::civil::date(2000, 1, 1);

/// A `timestamptz`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SqlTime(pub(super) Timestamp);

/// A `date`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SqlDate(pub(super) Date);

type Fault = Box<dyn Error + Sync + Send>;

impl ToSql for SqlTime {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        out.extend_from_slice(&(self.0.as_microsecond() - EPOCH_US).to_be_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for SqlTime {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        let us = i64::from_be_bytes(raw.try_into()?);
        let us = us.checked_add(EPOCH_US).ok_or("a time is out of range")?;
        Ok(Self(Timestamp::from_microsecond(us)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

impl ToSql for SqlDate {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        let days = EPOCH.until((jiff::Unit::Day, self.0))?.get_days();
        out.extend_from_slice(&days.to_be_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for SqlDate {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        let days = i32::from_be_bytes(raw.try_into()?);
        Ok(Self(EPOCH.checked_add(Span::new().try_days(days)?)?))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::DATE
    }
}
