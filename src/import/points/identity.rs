//! Which kept point a row is, and which rows of a file are one.
//!
//! An id of the source's own is the best. Where there is none, or nothing is kept under it,
//! a kept point of the same name within 50 m is the same: it keeps its id, since links lead
//! there. What is new gets an id made from its source and its own id, or from its name and
//! place, so that the same row gets the same id whenever it comes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::draft::Draft;
use crate::city::is_id;
use crate::geo::LonLat;
use crate::geo::distance::haversine;
use crate::import::report::Notes;
use crate::import::row::Place;
use crate::import::undo;
use crate::import::words;
use crate::store::PointRecord;

/// Two things of one name that are nearer than this are one, metres.
pub(super) const SAME_PLACE: f64 = 50.0;
/// A point that has another name and is farther away may be another; metres.
const MOVED: f64 = 500.0;

/// Kept points that hold, by folded name.
type Named<'a> = HashMap<String, Vec<&'a PointRecord>>;

/// Finds for each row the kept point that it is, as far as that can be said before rows
/// without a position have one.
pub(super) fn recognise(
    drafts: &mut [Draft],
    kept: &BTreeMap<String, PointRecord>,
    notes: &mut Notes,
) {
    own_ids(drafts);
    let (named, alone) = (named(kept), alone(drafts));
    let mut taken: HashSet<String> = HashSet::new();
    for draft in drafts.iter_mut().filter(|d| d.is_good()) {
        let own = draft.own_id.as_ref().and_then(|id| kept.get(id));
        // Whoever says that a point is retired knows its id.
        if let Some(record) = own.filter(|record| holds(record) || draft.retired.is_some()) {
            match is_another(draft, record, notes) {
                None => {
                    draft.is = Some(record.id.clone());
                    taken.insert(record.id.clone());
                }
                Some(reason) => draft.reasons.push(reason),
            }
        }
    }
    // Who says where it is comes before who does not.
    let (mut placed, mut other): (Vec<&mut Draft>, Vec<&mut Draft>) = drafts
        .iter_mut()
        .filter(|d| d.is_good() && d.is.is_none() && d.retired.is_none())
        .partition(|d| d.at.is_some());
    for draft in placed.iter_mut().chain(&mut other) {
        let name = words::fold(&draft.name.zh);
        let free = named.get(&name).into_iter().flatten();
        let mut same = free.filter(|record| !taken.contains(&record.id)).filter(|record| {
            match (draft.at, &draft.address) {
                (Some(at), _) => haversine(at, record.location) <= SAME_PLACE,
                (None, Some(address)) => {
                    record.address.as_ref().is_some_and(|a| words::fold(a) == words::fold(address))
                }
                // A name has to do, if it is one row's alone and within one source.
                (None, None) => record.source == draft.source && alone.contains(&name),
            }
        });
        let found = match draft.at {
            Some(at) => {
                same.min_by(|a, b| haversine(at, a.location).total_cmp(&haversine(at, b.location)))
            }
            // Two of the same name and address: either could be meant.
            None => same.next().filter(|_| same.next().is_none()),
        };
        if let Some(record) = found {
            draft.is = Some(record.id.clone());
            taken.insert(record.id.clone());
        }
    }
}

/// Gives each row the id that it has of its own. The first row with an id has it, whatever
/// else is wrong with that row: which of two is taken must not depend on what is kept.
fn own_ids(drafts: &mut [Draft]) {
    let mut seen: HashMap<String, Place> = HashMap::new();
    for draft in drafts {
        let Some(given) = &draft.given_id else { continue };
        let id = own_id(&draft.source, given);
        if let Some(first) = seen.get(&id) {
            draft.reasons.push(format!("duplicate: the id \"{given}\" is already used on {first}"));
        } else {
            seen.insert(id.clone(), draft.place().clone());
        }
        draft.own_id = Some(id);
    }
}

/// The folded names that only one row has.
fn alone(drafts: &[Draft]) -> HashSet<String> {
    let mut rows: HashMap<String, usize> = HashMap::new();
    for draft in drafts {
        *rows.entry(words::fold(&draft.name.zh)).or_default() += 1;
    }
    rows.into_iter().filter(|(_, rows)| *rows == 1).map(|(name, _)| name).collect()
}

/// Rejects rows that are one with an earlier row, and gives the others their ids.
pub(super) fn settle(
    drafts: &mut [Draft],
    kept: &BTreeMap<String, PointRecord>,
    notes: &mut Notes,
) {
    let mut by_id: HashMap<String, Place> = HashMap::new();
    let mut by_name: HashMap<String, Vec<(LonLat, Place)>> = HashMap::new();
    for draft in drafts.iter_mut().filter(|d| d.is_good()) {
        let Some(at) = draft.at else { continue };
        let name = words::fold(&draft.name.zh);
        let twins = by_name.entry(name.clone()).or_default();
        // What no longer holds takes nobody's place.
        let twin = twins.iter().find(|(p, _)| haversine(*p, at) <= SAME_PLACE);
        if let Some((_, first)) = twin.filter(|_| draft.retired.is_none()) {
            let name = &draft.name.zh;
            draft
                .reasons
                .push(format!("duplicate: \"{name}\" is already at this place on {first}"));
            continue;
        }
        let id = draft.is.clone().or_else(|| draft.own_id.clone()).unwrap_or_else(|| {
            let place = format!("{:.4},{:.4}", at.lon, at.lat);
            derived(&[&draft.source, &name, &place])
        });
        if let Some(first) = by_id.get(&id) {
            draft.reasons.push(format!("duplicate: the id \"{id}\" is already used on {first}"));
            continue;
        }
        if let Some(retired) = kept.get(&id).and_then(|record| record.retired.as_ref())
            && !undo::was_undone(retired)
            && draft.retired.is_none()
        {
            draft.reasons.push(format!(
                "id: \"{id}\" was retired on {}: {}",
                retired.at.strftime("%Y-%m-%d"),
                retired.reason
            ));
            continue;
        }
        if draft.is.is_some() && draft.own_id.as_ref().is_some_and(|own| *own != id) {
            notes.add("is a point that is kept under another id", draft.place(), &id);
        }
        if draft.retired.is_none() {
            twins.push((at, draft.place().clone()));
        }
        by_id.insert(id.clone(), draft.place().clone());
        draft.is = Some(id);
    }
}

fn named(kept: &BTreeMap<String, PointRecord>) -> Named<'_> {
    let mut named = Named::new();
    for record in kept.values().filter(|record| holds(record)) {
        named.entry(words::fold(&record.name.zh)).or_default().push(record);
    }
    named
}

fn holds(record: &PointRecord) -> bool {
    record.retired.is_none()
}

/// Why a row is not the point that is kept under its id.
fn is_another(draft: &Draft, record: &PointRecord, notes: &mut Notes) -> Option<String> {
    let other = words::fold(&record.name.zh) != words::fold(&draft.name.zh);
    let far = draft.at.is_some_and(|at| haversine(at, record.location) > MOVED);
    if other && far && record.source == draft.source {
        let exactly = format!("{}, \"{}\" before", record.id, record.name.zh);
        notes.add("has another name and place than is kept under its id", draft.place(), &exactly);
    }
    (other && record.source != draft.source).then(|| {
        format!(
            "id: \"{}\" is the id of \"{}\" of the source \"{}\"; leave the column of ids out, \
             or make its ids unique",
            record.id, record.name.zh, record.source
        )
    })
}

/// The id that a source gave, where it can stand in an address; one made of it elsewhere.
fn own_id(source: &str, given: &str) -> String {
    if is_id(given) { given.to_owned() } else { derived(&[source, given]) }
}

/// An id that depends on these texts alone.
fn derived(parts: &[&str]) -> String {
    let mut digest = blake3::Hasher::new();
    for part in parts {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    format!("p-{}", &digest.finalize().to_hex()[..12])
}
