//! Divisions out of a layer: each checked, its outline repaired where it must be, and all
//! of a level held against each other.
//!
//! - `draft`: a row as a record, or why it is none
//! - `outline`: outlines made valid
//! - `seams`: where outlines of one level overlap, and what they leave out
//!
//! What the file does not say stays as it is kept. A division that is not in the file is
//! left alone, unless the file is said to be all there is.

mod draft;
mod outline;
mod seams;

use std::collections::{BTreeMap, HashMap, HashSet};

use geo::{Centroid, MultiPolygon};

use super::datum::{Gazetteer, decide};
use super::gather::{Gathered, ImportFault};
use super::report::{Notes, Prepared, Rejected};
use super::row::Place;
use crate::city::{City, Level};
use crate::geo::{Datum, LonLat};
use crate::store::{DivisionRecord, Kind, Record, Write};
use draft::{Draft, Reader};

/// What the rows are checked against.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The city as it is now: the pack, with the records that are kept.
    pub city: &'a City,
    /// The divisions that are kept, the retired ones too.
    pub kept: &'a BTreeMap<String, DivisionRecord>,
    /// Datum of the outlines, where it was declared.
    pub crs: Option<Datum>,
    /// Whether the file is all there is of its levels: what is not in it is retired.
    pub replace: bool,
}

/// Fields without which a row is no division.
const NEEDED: [&str; 4] = ["code", "name", "level", "source"];

/// Checks the rows of a file against the city.
///
/// # Errors
/// Where columns are missing, or nobody says in what datum the outlines are.
pub fn prepare(gathered: Gathered, terms: &Terms<'_>) -> Result<Prepared, ImportFault> {
    gathered.needs(&NEEDED)?;
    let Gathered { binding, rows, mut rejected, mut report, epsg } = gathered;
    let mut notes = Notes::default();
    let reader = Reader::new(&binding, terms.city);
    let mut drafts: Vec<Draft> = rows.into_iter().map(|row| reader.read(row)).collect();
    let centres: Vec<(&str, LonLat)> =
        drafts.iter().filter_map(|d| Some((d.name.zh.as_str(), d.centre()?))).collect();
    if !centres.is_empty() {
        let known = Gazetteer::of_divisions(terms.city);
        let decision = decide(terms.crs, epsg, terms.city, &known, centres.into_iter())?;
        for draft in &mut drafts {
            draft.convert(decision.datum, terms.city, &mut notes);
        }
        report.crs = Some(decision.datum);
        report.evidence = decision.evidence;
        report.remarks.extend(decision.doubt);
    }
    once(&mut drafts);
    parents(&mut drafts, terms.kept);
    let mut records: BTreeMap<String, (Place, DivisionRecord)> = BTreeMap::new();
    for draft in drafts {
        let place = draft.row.place.clone();
        match draft.finish(terms.kept, terms.city, &mut notes) {
            Ok(record) => {
                records.insert(record.code.clone(), (place, record));
            }
            Err(rejection) => rejected.push(*rejection),
        }
    }
    let gone = if terms.replace { absent(&records, &rejected, terms)? } else { Vec::new() };
    seams::note(&after(&records, &gone, terms.kept), &records, &mut notes);
    let mut writes = Vec::new();
    for (code, (_, record)) in records {
        let kept = terms.kept.get(&code);
        if kept == Some(&record) {
            report.unchanged += 1;
            continue;
        }
        let ends = record.retired.is_some() && kept.is_some_and(|k| k.retired.is_none());
        let count = match kept {
            None => &mut report.new,
            Some(_) if ends => &mut report.retired,
            Some(_) => &mut report.changed,
        };
        *count += 1;
        writes.push(Write::Put(Box::new(Record::Division(record))));
    }
    report.retired += gone.len();
    writes.extend(gone.into_iter().map(|id| Write::Retire {
        kind: Kind::Division,
        id,
        successor: None,
        reason: format!("not in {}, which is all there is of its level", report.file),
    }));
    report.notes = notes.into_vec();
    report.count(&rejected);
    Ok(Prepared { writes, rejected, report })
}

/// Rejects a code that an earlier row has.
fn once(drafts: &mut [Draft]) {
    let mut seen: HashMap<String, Place> = HashMap::new();
    for draft in drafts.iter_mut().filter(|d| !d.code.is_empty()) {
        match seen.get(&draft.code) {
            Some(first) => draft
                .reasons
                .push(format!("duplicate: the code \"{}\" is already used on {first}", draft.code)),
            None => {
                seen.insert(draft.code.clone(), draft.row.place.clone());
            }
        }
    }
}

/// Rejects a parent that is not there, or not larger.
fn parents(drafts: &mut [Draft], kept: &BTreeMap<String, DivisionRecord>) {
    let mut levels: HashMap<String, Level> =
        kept.values().filter(|d| d.retired.is_none()).map(|d| (d.code.clone(), d.level)).collect();
    for draft in drafts.iter().filter(|draft| draft.retired.is_none()) {
        if let Some(level) = draft.level {
            levels.insert(draft.code.clone(), level);
        }
    }
    // What no longer holds may be part of what no longer holds.
    for draft in drafts.iter_mut().filter(|draft| draft.retired.is_none()) {
        let (Some(parent), Some(level)) = (&draft.parent, draft.level) else { continue };
        let detail = match levels.get(parent) {
            None => "is no division that is known",
            Some(above) if *above >= level => "is not on a larger level",
            Some(_) => continue,
        };
        draft.reasons.push(format!("parent: \"{parent}\" {detail}"));
    }
}

/// The kept divisions of the file's levels that are not in it.
fn absent(
    records: &BTreeMap<String, (Place, DivisionRecord)>,
    rejected: &[Rejected],
    terms: &Terms<'_>,
) -> Result<Vec<String>, ImportFault> {
    if !rejected.is_empty() {
        return Err(ImportFault::Refused(format!(
            "--replace retires what the file does not have, so all of it must be right; {} rows \
             are not (without --replace they go to the file of rejected rows, with the reasons)",
            rejected.len()
        )));
    }
    let levels: HashSet<Level> = records.values().map(|(_, record)| record.level).collect();
    let gone = terms.kept.values().filter(|d| {
        // What has ended is history, and stays.
        d.retired.is_none()
            && d.valid_to.is_none()
            && levels.contains(&d.level)
            && !records.contains_key(&d.code)
    });
    Ok(gone.map(|d| d.code.clone()).collect())
}

/// The divisions that hold when the import is done, of the levels that it touches.
fn after<'a>(
    records: &'a BTreeMap<String, (Place, DivisionRecord)>,
    gone: &[String],
    kept: &'a BTreeMap<String, DivisionRecord>,
) -> Vec<&'a DivisionRecord> {
    let levels: HashSet<Level> = records.values().map(|(_, record)| record.level).collect();
    let kept = kept.values().filter(|d| {
        d.retired.is_none() && !records.contains_key(&d.code) && !gone.contains(&d.code)
    });
    let all = records.values().map(|(_, record)| record).chain(kept);
    all.filter(|d| d.retired.is_none() && d.valid_to.is_none() && levels.contains(&d.level))
        .collect()
}

/// A point in the middle of an area.
fn centre(area: &MultiPolygon<f64>) -> Option<LonLat> {
    let centre = area.centroid()?;
    (centre.x().is_finite() && centre.y().is_finite()).then(|| LonLat::new(centre.x(), centre.y()))
}

#[cfg(test)]
mod tests;
