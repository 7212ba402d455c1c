//! Where the rows are: from the datum of the file to the earth, or from an address.

use super::draft::{Draft, Raw};
use super::{Addresses, Terms};
use crate::city::City;
use crate::geo::{Bounds, Datum, LonLat};
use crate::import::datum::{DatumFault, Decision, Gazetteer, decide};
use crate::import::report::Notes;

/// How far outside the city's box a position may be in another datum, degrees: more than
/// any shift.
const SHIFT: f64 = 0.03;

/// The datum of the positions; `None` where there are none.
pub(super) fn datum(
    drafts: &[Draft],
    terms: &Terms<'_>,
    epsg: Option<u32>,
) -> Result<Option<Decision>, DatumFault> {
    if drafts.iter().all(|draft| draft.raw.is_none()) {
        return Ok(None);
    }
    let around = wider(terms.city.manifest.bounds);
    let named = drafts.iter().filter_map(|draft| {
        let Raw { x, y, named } = draft.raw?;
        let (at, other) = (LonLat::new(x, y), LonLat::new(y, x));
        let at = if named || around.contains(at) { at } else { other };
        around.contains(at).then_some((draft.name.zh.as_str(), at))
    });
    decide(terms.crs, epsg, terms.city, &Gazetteer::of(terms.city), named).map(Some)
}

/// Turns what the file has into a position of the city, or says why it is none.
pub(super) fn convert(draft: &mut Draft, city: &City, datum: Option<Datum>, notes: &mut Notes) {
    let (Some(raw), Some(datum)) = (draft.raw, datum) else { return };
    let bounds = city.manifest.bounds;
    let (straight, swapped) = (LonLat::new(raw.x, raw.y), LonLat::new(raw.y, raw.x));
    let within = |p: LonLat| p.is_valid() && bounds.contains(datum.to_wgs84(p));
    let named = |p: LonLat| format!("{}, {}", p.lon, p.lat);
    if raw.x == 0.0 && raw.y == 0.0 {
        draft.reasons.push("position: 0, 0 stands for a position that is not known".to_owned());
    } else if within(straight) {
        draft.at = Some(datum.to_wgs84(straight));
    } else if within(swapped) && !raw.named {
        draft.at = Some(datum.to_wgs84(swapped));
        notes.add("the latitude comes first in the column of positions", draft.place(), "");
    } else if within(swapped) {
        draft
            .reasons
            .push(format!("position: {} has longitude and latitude swapped", named(straight)));
    } else if straight.is_valid() {
        draft.reasons.push(format!("position: {} is outside the city", named(straight)));
    } else {
        draft.reasons.push(format!("position: {} is not on the globe", named(straight)));
    }
}

/// Looks up the address of a row that has no position and is no point that is kept.
pub(super) fn find(
    draft: &mut Draft,
    terms: &Terms<'_>,
    addresses: &mut dyn Addresses,
    notes: &mut Notes,
) {
    if draft.at.is_some() || draft.raw.is_some() || !draft.is_good() {
        return;
    }
    let kept = draft.is.as_ref().and_then(|id| terms.kept.get(id));
    if let Some(kept) = kept {
        draft.at = Some(kept.location);
        notes.add("has no position and stays where it is kept", draft.place(), &kept.id);
        return;
    }
    let Some(address) = &draft.address else {
        draft.reasons.push("position: there is neither a position nor an address".to_owned());
        return;
    };
    match addresses.find(address, draft.district.as_deref()) {
        Ok(found) if terms.city.manifest.bounds.contains(found.at) => {
            notes.add(
                "has no position and was placed by its address",
                &draft.row.place,
                &format!("\"{address}\" is at {}, {} ({})", found.at.lon, found.at.lat, found.what),
            );
            draft.at = Some(found.at);
        }
        Ok(_) => draft.reasons.push(format!("position: \"{address}\" is outside the city")),
        Err(why) => draft.reasons.push(format!("position: there is none, and {why}")),
    }
}

fn wider(bounds: Bounds) -> Bounds {
    Bounds {
        west: bounds.west - SHIFT,
        south: bounds.south - SHIFT,
        east: bounds.east + SHIFT,
        north: bounds.north + SHIFT,
    }
}
