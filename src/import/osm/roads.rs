//! The lines of the base map.

use geo::{LineString, MultiLineString};

use super::scan::Raw;
use super::words;
use crate::city::{Lang, Road, RoadClass};

/// The class of a `highway`; `None` for what the map does not draw.
pub(super) fn class(highway: &str) -> Option<RoadClass> {
    Some(match highway.strip_suffix("_link").unwrap_or(highway) {
        "motorway" => RoadClass::Motorway,
        "trunk" => RoadClass::Trunk,
        "primary" => RoadClass::Primary,
        "secondary" => RoadClass::Secondary,
        "tertiary" => RoadClass::Tertiary,
        "unclassified" | "residential" | "living_street" | "pedestrian" | "road" => {
            RoadClass::Minor
        }
        _ => return None,
    })
}

/// The roads, from the largest; those of one class in the order of the file.
pub(super) fn read(raw: &Raw, language: Lang) -> Vec<Road> {
    let mut roads: Vec<Road> = raw
        .ways
        .iter()
        .filter_map(|way| {
            let class = class(way.tags.get("highway")?)?;
            // A square is no line.
            if way.tags.get("area") == Some("yes") {
                return None;
            }
            let line = raw.line(way);
            let name = words::name(&way.tags, language).map(|n| n.zh).unwrap_or_default();
            let lines = MultiLineString::new(vec![LineString::new(line)]);
            (lines.0[0].0.len() > 1).then_some(Road { name, class, schematic: false, lines })
        })
        .collect();
    roads.sort_by_key(|road| road.class);
    roads
}
