//! Service points out of a table: each row checked, given an id and a place, and compared
//! with what is kept.
//!
//! - `draft`: a row as a record, or why it is none
//! - `place`: the datum, the city's bounds, addresses
//! - `identity`: which kept point a row is, and which rows are one
//!
//! What the file does not say stays as it is kept: a list of telephone numbers takes no
//! opening hours away. So the same file a second time changes nothing.

mod draft;
mod identity;
mod place;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::gather::{Gathered, ImportFault};
use super::report::{Notes, Prepared};
use crate::city::City;
use crate::geo::{Datum, LonLat};
use crate::store::{PointRecord, Record, Write};
use draft::{Draft, Reader};

/// Where an address is.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its position, WGS-84.
    pub at: LonLat,
    /// What was found, for people.
    pub what: String,
}

/// Finds addresses. Whoever calls the importer knows how.
pub trait Addresses {
    /// The one place that an address means, `district` being what the row says of its
    /// district.
    ///
    /// # Errors
    /// Why it is not known, in words.
    fn find(&mut self, address: &str, district: Option<&str>) -> Result<Found, String>;
}

/// What the rows are checked against.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The city as it is now: the pack, with the records that are kept.
    pub city: &'a City,
    /// The points that are kept, the retired ones too.
    pub kept: &'a BTreeMap<String, PointRecord>,
    /// Datum of the positions, where it was declared.
    pub crs: Option<Datum>,
    /// The day it is in the city.
    pub today: Date,
}

/// Fields without which a row is no service point.
const NEEDED: [&str; 3] = ["name", "category", "source"];

/// Checks the rows of a file against the city.
///
/// # Errors
/// Where columns are missing, or nobody says in what datum the positions are.
pub fn prepare(
    gathered: Gathered,
    terms: &Terms<'_>,
    addresses: &mut dyn Addresses,
) -> Result<Prepared, ImportFault> {
    gathered.needs(&NEEDED)?;
    let Gathered { binding, rows, mut rejected, mut report, epsg } = gathered;
    let (mut notes, reader) = (Notes::default(), Reader::new(&binding, terms));
    let mut drafts: Vec<Draft> = rows.into_iter().map(|row| reader.read(row, &mut notes)).collect();
    let decision = place::datum(&drafts, terms, epsg)?;
    for draft in &mut drafts {
        place::convert(draft, terms.city, decision.as_ref().map(|d| d.datum), &mut notes);
    }
    identity::recognise(&mut drafts, terms.kept, &mut notes);
    for draft in &mut drafts {
        place::find(draft, terms, addresses, &mut notes);
    }
    identity::settle(&mut drafts, terms.kept, &mut notes);
    let mut writes = Vec::new();
    for draft in drafts {
        let kept = draft.is.as_ref().and_then(|id| terms.kept.get(id));
        match draft.finish(kept) {
            Err(rejection) => rejected.push(*rejection),
            Ok(record) if kept == Some(&record) => report.unchanged += 1,
            Ok(record) => {
                let ends = record.retired.is_some() && kept.is_some_and(|k| k.retired.is_none());
                let count = match kept {
                    None => &mut report.new,
                    Some(_) if ends => &mut report.retired,
                    Some(_) => &mut report.changed,
                };
                *count += 1;
                writes.push(Write::Put(Box::new(Record::Point(record))));
            }
        }
    }
    if let Some(decision) = decision {
        report.crs = Some(decision.datum);
        report.evidence = decision.evidence;
        report.remarks.extend(decision.doubt);
    }
    report.notes = notes.into_vec();
    report.count(&rejected);
    Ok(Prepared { writes, rejected, report })
}

#[cfg(test)]
mod tests;
