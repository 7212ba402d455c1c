//! What names a hit in answers: its layer, its global id, its label.

use std::collections::HashMap;

use super::HitKind;
use crate::city::{Lang, Localized};
use crate::index::Snapshot;

/// First part of every global id.
const SCHEME: &str = "servicemap";
/// Layer of service points.
pub const VENUE: &str = "venue";
/// Layer of service matters.
pub const MATTER: &str = "matter";

/// The layer of a hit in the Pelias vocabulary.
pub fn layer(s: &Snapshot, hit: HitKind) -> &'static str {
    match hit {
        HitKind::Point(_) => VENUE,
        HitKind::Place(i) => s.city.places[i as usize].kind.pelias(),
        HitKind::Division(i) => s.city.divisions[i as usize].level.pelias(),
        HitKind::Matter(_) => MATTER,
    }
}

/// The id of a hit inside its layer.
pub fn id(s: &Snapshot, hit: HitKind) -> &str {
    match hit {
        HitKind::Point(i) => &s.city.points[i as usize].id,
        HitKind::Place(i) => &s.city.places[i as usize].id,
        HitKind::Division(i) => &s.city.divisions[i as usize].code,
        HitKind::Matter(i) => s.city.matters.iter().nth(i).map_or("", |m| &m.code),
    }
}

/// The global id of a hit: `servicemap:<layer>:<id>`.
pub fn gid(s: &Snapshot, hit: HitKind) -> String {
    format!("{SCHEME}:{}:{}", layer(s, hit), id(s, hit))
}

/// What a global id names. Look-ups in tables; about a microsecond.
pub fn by_gid(s: &Snapshot, gid: &str) -> Option<HitKind> {
    let mut parts = gid.splitn(3, ':');
    let (scheme, named, id) = (parts.next()?, parts.next()?, parts.next()?);
    if scheme != SCHEME {
        return None;
    }
    let place = || s.city.places.binary_search_by(|p| p.id.as_str().cmp(id)).ok();
    let found = match named {
        VENUE => s
            .points
            .number(id)
            .map(HitKind::Point)
            .or_else(|| place().map(|i| HitKind::Place(i as u32))),
        MATTER => s.city.matters.index_of(id).map(HitKind::Matter),
        _ => s
            .divisions
            .number(id)
            .map(HitKind::Division)
            .or_else(|| place().map(|i| HitKind::Place(i as u32))),
    };
    found.filter(|hit| layer(s, *hit) == named)
}

/// The names of a hit.
pub fn names(s: &Snapshot, hit: HitKind) -> Option<&Localized> {
    match hit {
        HitKind::Point(i) => s.city.points.get(i as usize).map(|p| &p.name),
        HitKind::Place(i) => s.city.places.get(i as usize).map(|p| &p.name),
        HitKind::Division(i) => s.city.divisions.get(i as usize).map(|d| &d.name),
        HitKind::Matter(i) => s.city.matters.iter().nth(i).map(|m| &m.name),
    }
}

/// Numbers of the divisions a hit lies in: district, township, community. A microsecond
/// for a place.
pub fn divisions(s: &Snapshot, hit: HitKind) -> [Option<u32>; 3] {
    match hit {
        HitKind::Point(i) => s.points.facts(i).divisions,
        HitKind::Place(i) => s.divisions.covering(s.city.places[i as usize].location),
        HitKind::Division(i) => {
            let mut line = [None; 3];
            let mut at = Some(i);
            for _ in 0..line.len() {
                let Some(n) = at else { break };
                let division = &s.city.divisions[n as usize];
                line[division.level as usize] = Some(n);
                at = division.parent.as_deref().and_then(|code| s.divisions.number(code));
            }
            line
        }
        HitKind::Matter(_) => [None; 3],
    }
}

/// The label of a hit: its name, then what tells it from others of that name: the
/// township for a community, the district, the city.
pub fn label(s: &Snapshot, hit: HitKind, lang: Lang) -> String {
    labelled(s, hit, lang, false)
}

/// The labels of hits that are shown together. Those that would have the same say their
/// township too.
pub fn labels(s: &Snapshot, hits: &[HitKind], lang: Lang) -> Vec<String> {
    let mut labels: Vec<String> = hits.iter().map(|hit| label(s, *hit, lang)).collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for label in &labels {
        *times.entry(label).or_default() += 1;
    }
    let same: Vec<bool> = labels.iter().map(|label| times[label.as_str()] > 1).collect();
    for ((label, hit), same) in labels.iter_mut().zip(hits).zip(same) {
        if same {
            *label = labelled(s, *hit, lang, true);
        }
    }
    labels
}

fn labelled(s: &Snapshot, hit: HitKind, lang: Lang, with_township: bool) -> String {
    let comma = if lang == Lang::Zh { "，" } else { ", " };
    let name = names(s, hit).map_or("", |n| n.get(lang));
    let mut parts = vec![name];
    let [district, township, _] = divisions(s, hit);
    let own = if let HitKind::Division(i) = hit { Some(i) } else { None };
    let township = township.filter(|_| own.is_some() || with_township);
    for number in [township, district].into_iter().flatten().filter(|n| Some(*n) != own) {
        parts.push(s.city.divisions[number as usize].name.get(lang));
    }
    if !matches!(hit, HitKind::Matter(_)) {
        parts.push(s.city.manifest.name.get(lang));
    }
    parts.join(comma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;

    #[test]
    fn a_global_id_leads_back_to_what_it_names() {
        let s = fixture::snapshot();
        let mut all: Vec<HitKind> = (0..s.city.points.len() as u32).map(HitKind::Point).collect();
        all.extend((0..s.city.places.len() as u32).map(HitKind::Place));
        all.extend((0..s.city.divisions.len() as u32).map(HitKind::Division));
        all.extend((0..s.city.matters.iter().count()).map(HitKind::Matter));
        for hit in all {
            assert_eq!(by_gid(&s, &gid(&s, hit)), Some(hit));
        }
        for bad in [
            "",
            "x",
            "servicemap:venue",
            "servicemap:venue:none",
            "osm:venue:p1",
            "servicemap:street:p1",
        ] {
            assert_eq!(by_gid(&s, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_label_says_where() {
        let s = fixture::snapshot();
        let point = HitKind::Point(s.points.number("p1").unwrap());
        assert_eq!(label(&s, point, Lang::Zh), "样例市甲区人民政府，甲区，样例市");
        let district = HitKind::Division(s.divisions.number("01").unwrap());
        assert_eq!(label(&s, district, Lang::En), "Jia District, Example");
    }
}
