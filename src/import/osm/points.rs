//! Service points.

use std::collections::HashMap;

use geo::{Centroid, Contains, Geometry, InteriorPoint, MultiPolygon};

use super::areas::{self, Area};
use super::mapping::Kind;
use super::scan::{Raw, Tags};
use super::{Found, Mapping, Report, words};
use crate::city::hours::Hours;
use crate::city::{Calendar, Lang, Localized, ServicePoint};
use crate::geo::LonLat;
use crate::geo::distance::haversine as metres;

/// How near a node and an area of one name and kind are the same point, metres.
const SAME_M: f64 = 60.0;

/// The service points, ordered by id.
pub(super) fn read(
    raw: &Raw,
    mapping: &Mapping,
    language: Lang,
    report: &mut Report,
) -> Vec<Found> {
    let mut reader = Reader { language, calendar: Calendar::default(), report, found: Vec::new() };
    for node in &raw.nodes {
        if let Some(kind) = mapping.kind(&node.tags.pairs()) {
            reader.take(kind, &node.tags, "node", node.id, || {
                Some(LonLat::new(node.at.x, node.at.y))
            });
        }
    }
    for way in &raw.ways {
        if let Some(kind) = mapping.kind(&way.tags.pairs()) {
            reader.take(kind, &way.tags, "way", way.id, || {
                if let Some(area) = areas::of_way(raw, way) {
                    return inside(&area);
                }
                let line = raw.line(way);
                line.get(line.len() / 2).map(|c| LonLat::new(c.x, c.y))
            });
        }
    }
    for relation in &raw.relations {
        if let Some(kind) = mapping.kind(&relation.tags.pairs()) {
            reader.take(kind, &relation.tags, "relation", relation.id, || {
                match areas::area(raw, relation) {
                    Area::Whole(area) | Area::Repaired(area) => inside(&area),
                    // What there is of it says at least where it is.
                    Area::Cut | Area::Broken(_) => {
                        let ways = relation.ways.iter().filter_map(|(id, _)| raw.way(*id));
                        let mut corners = ways.flat_map(|way| raw.line(way));
                        corners.next().map(|c| LonLat::new(c.x, c.y))
                    }
                }
            });
        }
    }
    once(reader.found, report)
}

/// A position in an area, its middle where that is inside.
pub(super) fn inside(area: &MultiPolygon<f64>) -> Option<LonLat> {
    let middle = area.centroid()?;
    let point = if area.contains(&middle) {
        middle
    } else {
        Geometry::MultiPolygon(area.clone()).interior_point()?
    };
    Some(LonLat::new(point.x(), point.y())).filter(|p| p.is_valid())
}

struct Reader<'a> {
    language: Lang,
    calendar: Calendar,
    report: &'a mut Report,
    found: Vec<(Found, usize)>,
}

impl Reader<'_> {
    fn take(
        &mut self,
        kind: &Kind,
        tags: &Tags,
        what: &str,
        id: i64,
        at: impl FnOnce() -> Option<LonLat>,
    ) {
        let own = words::name(tags, self.language);
        let called =
            || Localized { zh: kind.name.get(self.language).to_owned(), en: kind.name.en.clone() };
        let Some(name) = own.or_else(|| kind.unnamed.then(called)) else { return };
        let Some(location) = at().filter(|p| p.is_valid()) else { return };
        let raw_hours = tags.get("opening_hours");
        let hours = raw_hours.and_then(|text| match Hours::parse(text, &self.calendar) {
            Ok(hours) => {
                self.report.hours += 1;
                Some(hours)
            }
            Err(why) => {
                let line = || format!("{what}/{id}: \"{text}\": {why}");
                self.report.hours_unknown.add(line);
                None
            }
        });
        let point = ServicePoint {
            id: format!("osm-{}{id}", &what[..1]),
            aliases: words::aliases(tags, &name),
            name,
            category: kind.code.clone(),
            matters: Vec::new(),
            address: words::address(tags, self.language),
            phone: words::phone(tags),
            hours,
            accessibility: words::accessibility(tags),
            location,
            source: "osm".to_owned(),
            observed_at: None,
        };
        self.found.push((Found { point, website: words::website(tags) }, tags.iter().count()));
    }
}

/// Leaves one of those that are there twice: the one of which more is said.
fn once(found: Vec<(Found, usize)>, report: &mut Report) -> Vec<Found> {
    let mut groups: HashMap<(String, String), Vec<(Found, usize)>> = HashMap::new();
    for (found, said) in found {
        let key = (found.point.category.clone(), found.point.name.zh.clone());
        groups.entry(key).or_default().push((found, said));
    }
    let mut left = Vec::new();
    for mut group in groups.into_values() {
        group.sort_by(|(a, more), (b, most)| {
            most.cmp(more).then_with(|| a.point.id.cmp(&b.point.id))
        });
        let mut kept: Vec<Found> = Vec::new();
        for (found, _) in group {
            // Nodes of their own with one name, such as toilets, are many; a node in the
            // area of the same name is one thing mapped twice.
            let same = |k: &&Found| {
                k.point.id.as_bytes()[4] != found.point.id.as_bytes()[4]
                    && metres(k.point.location, found.point.location) < SAME_M
            };
            if let Some(twin) = kept.iter().take(1000).find(same) {
                report.twice.add(|| format!("{} is {}", found.point.id, twin.point.id));
            } else {
                kept.push(found);
            }
        }
        left.append(&mut kept);
    }
    left.sort_by(|a, b| a.point.id.cmp(&b.point.id));
    left
}
