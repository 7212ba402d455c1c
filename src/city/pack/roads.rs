//! `roads.geojsonl`.

use geo::MultiLineString;
use serde::Deserialize;

use super::Faults;
use super::divisions::{features, geometry};
use crate::city::{Road, RoadClass};
use crate::geo::Datum;

const FILE: &str = "roads.geojsonl";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Properties {
    #[serde(default)]
    name: String,
    class: RoadClass,
    #[serde(default)]
    schematic: bool,
}

pub(super) fn read(text: &str, crs: Datum, faults: &mut Faults) -> Vec<Road> {
    let mut roads = Vec::new();
    for (line, feature) in features::<Properties>(FILE, text, faults) {
        let lines = match feature.geometry.map(|raw| geometry(raw, crs)) {
            Some(Ok(geo::Geometry::LineString(line))) => MultiLineString::new(vec![line]),
            Some(Ok(geo::Geometry::MultiLineString(lines))) => lines,
            Some(Err(detail)) => {
                faults.at(FILE, line, "geometry", detail);
                continue;
            }
            _ => {
                faults.at(FILE, line, "geometry", "is not a LineString or a MultiLineString");
                continue;
            }
        };
        let Properties { name, class, schematic } = feature.properties;
        roads.push(Road { name, class, schematic, lines });
    }
    roads
}
