//! Streets, stops, named buildings, addresses and waters.

use std::collections::{HashMap, HashSet};

use geo::Coord;

use super::scan::{Raw, Tags, Way};
use super::{Found, areas, roads, words};
use crate::city::{Lang, Localized, Place, PlaceKind};
use crate::geo::LonLat;
use crate::geo::distance::haversine as metres;

/// Parts of one name nearer than this are one street or water, metres.
const ONE_STREET_M: f64 = 1000.0;
/// Stops of one name nearer than this are one stop, metres.
const ONE_STOP_M: f64 = 300.0;
/// Addresses that read the same nearer than this are one, metres.
const ONE_ADDRESS_M: f64 = 200.0;
/// Parts of one name that are compared with each other; a name has rarely a hundred.
const MAX_COMPARED: usize = 2000;

/// Whether a `railway` is a stop.
pub(super) fn is_station(railway: &str) -> bool {
    matches!(railway, "station" | "halt" | "tram_stop" | "subway_entrance")
}

/// The gazetteer, ordered by id.
pub(super) fn read(raw: &Raw, points: &[Found], language: Lang) -> Vec<Place> {
    let taken: HashSet<&str> = points.iter().map(|f| f.point.id.as_str()).collect();
    let mut places = Vec::new();
    let mut addresses = Vec::new();
    let mut lines: HashMap<(PlaceKind, String), Vec<Part<'_>>> = HashMap::new();
    for way in &raw.ways {
        let id = format!("osm-w{}", way.id);
        if let Some((kind, class)) = line_kind(&way.tags) {
            if let Some(name) = words::name(&way.tags, language) {
                let line = raw.line(way);
                if !line.is_empty() {
                    let part = Part { way, class, line, name: name.clone() };
                    lines.entry((kind, name.zh)).or_default().push(part);
                }
            }
            continue;
        }
        let at = || {
            let middle = areas::of_way(raw, way).and_then(|area| super::points::inside(&area));
            middle.or_else(|| raw.line(way).first().map(|c| LonLat::new(c.x, c.y)))
        };
        thing(&way.tags, id, &taken, language, at, &mut places, &mut addresses);
    }
    for node in &raw.nodes {
        let at = || Some(LonLat::new(node.at.x, node.at.y));
        let id = format!("osm-n{}", node.id);
        thing(&node.tags, id, &taken, language, at, &mut places, &mut addresses);
    }
    for relation in &raw.relations {
        let at = || {
            let way = relation.ways.iter().find_map(|(id, _)| raw.way(*id))?;
            raw.line(way).first().map(|c| LonLat::new(c.x, c.y))
        };
        let id = format!("osm-r{}", relation.id);
        thing(&relation.tags, id, &taken, language, at, &mut places, &mut addresses);
    }
    let mut places = apart(places, |p| match p.kind {
        PlaceKind::Transit => ONE_STOP_M,
        _ => 0.0,
    });
    places.extend(apart(addresses, |_| ONE_ADDRESS_M));
    for ((kind, _), parts) in lines {
        places.extend(joined(kind, parts));
    }
    places.sort_by(|a, b| a.id.cmp(&b.id));
    places.dedup_by(|a, b| a.id == b.id);
    places
}

/// A way of a street or a water.
struct Part<'a> {
    way: &'a Way,
    class: &'a str,
    line: Vec<Coord<f64>>,
    name: Localized,
}

fn line_kind(tags: &Tags) -> Option<(PlaceKind, &str)> {
    if let Some(highway) = tags.get("highway").filter(|h| roads::class(h).is_some()) {
        return Some((PlaceKind::Street, highway));
    }
    if let Some(water) = tags.get("waterway") {
        return Some((PlaceKind::Water, water));
    }
    (tags.get("natural") == Some("water"))
        .then(|| (PlaceKind::Water, tags.get("water").unwrap_or("water")))
}

/// A stop, a building or an address.
fn thing(
    tags: &Tags,
    id: String,
    points: &HashSet<&str>,
    language: Lang,
    at: impl Fn() -> Option<LonLat>,
    places: &mut Vec<Place>,
    addresses: &mut Vec<Place>,
) {
    let place = |id: String, name: Localized, kind: PlaceKind, class: &str| {
        let location = at()?;
        let source = "osm".to_owned();
        let class = class.to_owned();
        Some(Place { id, name, kind, class, location, extent_m: 0.0, source })
    };
    if let Some(address) = words::house(tags, language) {
        let name = Localized { zh: address, en: String::new() };
        addresses.extend(place(format!("{id}.a"), name, PlaceKind::Building, "address"));
    }
    let Some(name) = words::name(tags, language).filter(|_| !points.contains(id.as_str())) else {
        return;
    };
    let stop = tags.get("public_transport").filter(|v| *v != "stop_area");
    let rail = tags.get("railway").filter(|v| is_station(v));
    let bus = tags.get("highway").filter(|v| *v == "bus_stop");
    if let Some(class) = rail.or(bus).or(stop) {
        places.extend(place(id, name, PlaceKind::Transit, class));
    } else if tags.get("natural") == Some("water") {
        places.extend(place(id, name, PlaceKind::Water, tags.get("water").unwrap_or("water")));
    } else if let Some(class) = tags.get("building") {
        let class = if class == "yes" { "building" } else { class };
        places.extend(place(id, name, PlaceKind::Building, class));
    }
}

/// Leaves one of those that have one name and are nearer than `least` metres.
fn apart(places: Vec<Place>, least: impl Fn(&Place) -> f64) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::new();
    let mut by_name: HashMap<(PlaceKind, String), Vec<usize>> = HashMap::new();
    for place in places {
        let group = by_name.entry((place.kind, place.name.zh.clone())).or_default();
        let least = least(&place);
        let near = |at: &&usize| metres(kept[**at].location, place.location) < least;
        if group.iter().take(MAX_COMPARED).find(near).is_none() {
            group.push(kept.len());
            kept.push(place);
        }
    }
    kept
}

/// Streets and waters: parts of one name that lie near each other are one.
fn joined(kind: PlaceKind, parts: Vec<Part<'_>>) -> Vec<Place> {
    let middle = |part: &Part<'_>| {
        let c = part.line[part.line.len() / 2];
        LonLat::new(c.x, c.y)
    };
    let reach = |part: &Part<'_>| {
        let ends = [part.line[0], part.line[part.line.len() - 1]];
        let from = middle(part);
        ends.iter().map(|c| metres(from, LonLat::new(c.x, c.y))).fold(0.0, f64::max)
    };
    let mut group: Vec<usize> = (0..parts.len()).collect();
    let root = |group: &mut Vec<usize>, mut at: usize| {
        while group[at] != at {
            group[at] = group[group[at]];
            at = group[at];
        }
        at
    };
    for a in 0..parts.len().min(MAX_COMPARED) {
        for b in 0..a {
            let apart = metres(middle(&parts[a]), middle(&parts[b]));
            if apart - reach(&parts[a]) - reach(&parts[b]) < ONE_STREET_M {
                let (a, b) = (root(&mut group, a), root(&mut group, b));
                group[a.max(b)] = a.min(b);
            }
        }
    }
    let mut streets: HashMap<usize, Vec<Part<'_>>> = HashMap::new();
    for (at, part) in parts.into_iter().enumerate() {
        let street = root(&mut group, at);
        streets.entry(street).or_default().push(part);
    }
    streets.into_values().filter_map(|parts| street(kind, &parts)).collect()
}

fn street(kind: PlaceKind, parts: &[Part<'_>]) -> Option<Place> {
    let corners = || parts.iter().flat_map(|p| &p.line).map(|c| LonLat::new(c.x, c.y));
    let count = corners().count() as f64;
    let (lon, lat) = corners().fold((0.0, 0.0), |(x, y), p| (x + p.lon, y + p.lat));
    let middle = LonLat::new(lon / count, lat / count);
    // The corner of the street that is nearest to its middle is on the street.
    let location = corners().min_by(|a, b| metres(middle, *a).total_cmp(&metres(middle, *b)))?;
    let extent = corners().map(|c| metres(location, c)).fold(0.0, f64::max);
    let first = parts.iter().min_by_key(|part| part.way.id)?;
    Some(Place {
        id: format!("osm-w{}", first.way.id),
        name: first.name.clone(),
        kind,
        class: first.class.to_owned(),
        location,
        extent_m: extent as f32,
        source: "osm".to_owned(),
    })
}
