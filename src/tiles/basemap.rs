//! A style on a real street map: what it draws of the schematic base is drawn from a
//! basemap archive instead, in the same colours, or lies under it as pictures.
//!
//! Two schemas are known, by the layers that an archive says it has: that of Protomaps
//! (version 4) and that of `OpenMapTiles`. Roads are exchanged class by class, and water and
//! buildings come in under them. Borders, names of places and points stay the server's.
//!
//! Tianditu, the map service of China's surveying authority, gives pictures with names in
//! them; so the schematic roads and the names of places go, and borders, names of divisions
//! and points stay. Clients fetch the pictures with the operator's key.

use serde_json::{Value, json};

use super::archive::{Archive, Info};

/// The source's name in a style.
const SOURCE: &str = "basemap";

/// How the tiles of a street map are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// <https://docs.protomaps.com/basemaps/layers>
    Protomaps,
    /// <https://openmaptiles.org/schema/>
    OpenMapTiles,
}

impl Schema {
    /// The schema of an archive, if it is a known one.
    pub fn of(archive: &Archive) -> Option<Self> {
        Self::of_info(&archive.info)
    }

    fn of_info(info: &Info) -> Option<Self> {
        let has = |ids: &[&str]| ids.iter().all(|id| info.has_layer(id));
        if has(&["transportation", "water"]) {
            Some(Self::OpenMapTiles)
        } else if has(&["earth", "roads", "water"]) {
            Some(Self::Protomaps)
        } else {
            None
        }
    }

    /// The layer of roads, or of their names.
    const fn roads(self, names: bool) -> &'static str {
        match (self, names) {
            (Self::Protomaps, _) => "roads",
            (Self::OpenMapTiles, false) => "transportation",
            (Self::OpenMapTiles, true) => "transportation_name",
        }
    }

    /// The property that says of what class a road is.
    const fn class(self) -> &'static str {
        match self {
            Self::Protomaps => "kind_detail",
            Self::OpenMapTiles => "class",
        }
    }

    /// What it calls one of our classes.
    const fn words(self, class: &str) -> &'static [&'static str] {
        match (self, class.as_bytes()) {
            (_, b"motorway") => &["motorway", "motorway_link"],
            (_, b"trunk") => &["trunk", "trunk_link"],
            (_, b"primary") => &["primary", "primary_link"],
            (_, b"secondary") => &["secondary", "secondary_link"],
            (_, b"tertiary") => &["tertiary", "tertiary_link"],
            (Self::Protomaps, _) => {
                &["residential", "unclassified", "living_street", "road", "service", "pedestrian"]
            }
            (Self::OpenMapTiles, _) => &["minor", "service"],
        }
    }

    /// The layer of buildings.
    const fn buildings(self) -> &'static str {
        match self {
            Self::Protomaps => "buildings",
            Self::OpenMapTiles => "building",
        }
    }

    /// The layer of rivers that are lines.
    const fn waterways(self) -> &'static str {
        match self {
            Self::Protomaps => "water",
            Self::OpenMapTiles => "waterway",
        }
    }
}

/// Puts a style on a street map. `tilejson` is the address of its TileJSON, `own` that of
/// the server's layers without roads. Cost: the layers of the style.
pub fn ground(style: &mut Value, schema: Schema, tilejson: &str, own: &str) {
    let water = color(style, "place-water", "text-color");
    let building = color(style, "road-minor", "line-color");
    style["sources"][SOURCE] = json!({ "type": "vector", "url": tilejson });
    style["sources"]["base"]["url"] = own.into();
    let Some(layers) = style["layers"].as_array_mut() else { return };
    for layer in layers.iter_mut().filter(|layer| layer["source-layer"] == "roads") {
        let classes = layer["filter"][2].as_array().cloned().unwrap_or_default();
        let words: Vec<&str> = classes
            .iter()
            .filter_map(Value::as_str)
            .flat_map(|c| schema.words(c))
            .copied()
            .collect();
        layer["source"] = SOURCE.into();
        layer["source-layer"] = schema.roads(layer["type"] == "symbol").into();
        layer["filter"] = json!(["match", ["get", schema.class()], words, true, false]);
    }
    let first = layers.iter().position(|layer| layer["source"] == SOURCE).unwrap_or(layers.len());
    layers.splice(first..first, under(schema, &water, &building));
}

/// The two sheets of Tianditu's street map in web mercator, by what its address calls them:
/// the ground and the names. The addresses are those of its WMTS
/// (<http://lbs.tianditu.gov.cn/server/MapService.html>).
const TIANDITU: [&str; 2] = ["vec", "cva"];
/// Its servers share the load.
const TIANDITU_SERVERS: std::ops::Range<u8> = 0..8;
/// Its deepest pictures.
const TIANDITU_ZOOM: u8 = 18;

/// Puts a style on the pictures of Tianditu. `key` is the operator's, and can be read by
/// whoever has the style; `own` is the address of the server's points and divisions.
pub fn on_tianditu(style: &mut Value, key: &str, own: &str) {
    style["sources"]["base"]["url"] = own.into();
    for sheet in TIANDITU {
        let address = |server: u8| {
            format!(
                "https://t{server}.tianditu.gov.cn/{sheet}_w/wmts?SERVICE=WMTS&REQUEST=GetTile\
                 &VERSION=1.0.0&LAYER={sheet}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles\
                 &TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
            )
        };
        style["sources"][format!("tianditu-{sheet}")] = json!({
            "type": "raster",
            "tiles": TIANDITU_SERVERS.map(address).collect::<Vec<_>>(),
            "tileSize": 256,
            "minzoom": 1,
            "maxzoom": TIANDITU_ZOOM,
            "attribution": "<a href=\"https://www.tianditu.gov.cn\">天地图</a>",
        });
    }
    let Some(layers) = style["layers"].as_array_mut() else { return };
    let is_drawn =
        |layer: &Value| ["roads", "places"].iter().any(|of| layer["source-layer"] == *of);
    let first = layers.iter().position(is_drawn).unwrap_or(layers.len());
    layers.retain(|layer| !is_drawn(layer));
    let sheets = TIANDITU.map(|sheet| {
        let name = format!("tianditu-{sheet}");
        json!({ "id": name, "type": "raster", "source": name })
    });
    layers.splice(first..first, sheets);
}

/// What comes under the roads.
fn under(schema: Schema, water: &Value, building: &Value) -> [Value; 3] {
    let is = |kind: &str| json!(["==", ["geometry-type"], kind]);
    [
        json!({
            "id": "basemap-water",
            "type": "fill",
            "source": SOURCE,
            "source-layer": "water",
            "filter": is("Polygon"),
            "paint": { "fill-color": water, "fill-opacity": 0.22 },
        }),
        json!({
            "id": "basemap-waterway",
            "type": "line",
            "source": SOURCE,
            "source-layer": schema.waterways(),
            "minzoom": 9,
            "filter": is("LineString"),
            "paint": { "line-color": water, "line-opacity": 0.22, "line-width": 1.4 },
        }),
        json!({
            "id": "basemap-building",
            "type": "fill",
            "source": SOURCE,
            "source-layer": schema.buildings(),
            "minzoom": 14.5,
            "filter": is("Polygon"),
            "paint": { "fill-color": building, "fill-opacity": 0.6 },
        }),
    ]
}

/// A colour of a layer of the style.
fn color(style: &Value, layer: &str, property: &str) -> Value {
    let layers = style["layers"].as_array();
    let layer = layers.and_then(|layers| layers.iter().find(|own| own["id"] == layer));
    let color = layer.map(|layer| layer["paint"][property].clone()).filter(Value::is_string);
    color.unwrap_or_else(|| "#808080".into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::geo::Bounds;

    fn info(layers: &[&str]) -> Info {
        Info {
            name: String::new(),
            attribution: String::new(),
            zooms: 0..=14,
            bounds: Bounds { west: -180.0, south: -85.0, east: 180.0, north: 85.0 },
            vector_layers: layers.iter().map(|id| json!({ "id": id })).collect(),
        }
    }

    #[test]
    fn a_schema_is_known_by_its_layers() {
        let protomaps = ["boundaries", "buildings", "earth", "places", "roads", "water"];
        assert_eq!(Schema::of_info(&info(&protomaps)), Some(Schema::Protomaps));
        let openmaptiles = ["water", "waterway", "building", "transportation", "place"];
        assert_eq!(Schema::of_info(&info(&openmaptiles)), Some(Schema::OpenMapTiles));
        assert_eq!(Schema::of_info(&info(&["points", "roads"])), None);
    }

    #[test]
    fn on_pictures_a_style_keeps_borders_points_and_names_of_divisions() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/styles");
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let kept: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
            let mut style = kept.clone();
            on_tianditu(&mut style, "KEY", "/tiles/points,divisions");
            let layers = style["layers"].as_array().unwrap();
            let ids: Vec<&str> = layers.iter().map(|l| l["id"].as_str().unwrap()).collect();
            let place = |id: &str| ids.iter().position(|own| *own == id).unwrap();
            assert_eq!(place("tianditu-vec") + 1, place("tianditu-cva"));
            let of = |layer: &Value| layer["source-layer"].as_str().unwrap_or_default().to_owned();
            let (mut gone, mut stays) = (0, 0);
            for layer in kept["layers"].as_array().unwrap() {
                let id = layer["id"].as_str().unwrap();
                if ["roads", "places"].contains(&of(layer).as_str()) {
                    gone += 1;
                    assert!(!ids.contains(&id), "{id}");
                } else {
                    stays += 1;
                    assert_eq!(&layers[place(id)], layer);
                    let above = ["points", "division_labels"].contains(&of(layer).as_str());
                    assert!(!above || place(id) > place("tianditu-cva"), "{id} is under the map");
                }
            }
            assert_eq!(layers.len(), stays + 2);
            assert!(gone > 7);
            let tiles = style["sources"]["tianditu-vec"]["tiles"].as_array().unwrap();
            assert_eq!(tiles.len(), 8);
            assert!(tiles.iter().all(|tile| tile.as_str().unwrap().ends_with("&tk=KEY")));
        }
    }

    #[test]
    fn every_style_draws_all_its_roads_from_the_street_map_and_nothing_else_of_it_changes() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/styles");
        let mut styles = 0;
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let kept: Value = serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap();
            for schema in [Schema::Protomaps, Schema::OpenMapTiles] {
                let mut style = kept.clone();
                ground(&mut style, schema, "/tiles/osm", "/tiles/points,divisions,places");
                let layers = style["layers"].as_array().unwrap();
                let ids: Vec<&str> = layers.iter().map(|l| l["id"].as_str().unwrap()).collect();
                assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{ids:?}");
                let place = |id: &str| ids.iter().position(|own| *own == id).unwrap();
                assert!(place("city-area") < place("basemap-water"));
                assert!(place("basemap-building") < place("road-minor"));
                let mut roads = 0;
                for layer in layers {
                    let id = layer["id"].as_str().unwrap();
                    let before =
                        kept["layers"].as_array().unwrap().iter().find(|own| own["id"] == id);
                    if id.starts_with("road-") {
                        roads += 1;
                        assert_eq!(layer["source"], "basemap");
                        assert!(!layer["filter"][2].as_array().unwrap().is_empty(), "{id}");
                        assert_eq!(Some(&layer["paint"]), before.map(|own| &own["paint"]));
                    } else if let Some(before) = before {
                        assert_eq!(layer, before);
                    } else {
                        assert!(layer["paint"].to_string().contains('#'), "{layer}");
                    }
                }
                assert_eq!(roads, 7);
                let known: HashSet<&str> = match schema {
                    Schema::Protomaps => ["roads", "water", "buildings"].into(),
                    Schema::OpenMapTiles => {
                        ["transportation", "transportation_name", "water", "waterway", "building"]
                            .into()
                    }
                };
                let drawn = layers.iter().filter(|l| l["source"] == "basemap");
                let drawn: HashSet<&str> =
                    drawn.map(|l| l["source-layer"].as_str().unwrap()).collect();
                assert_eq!(drawn, known);
            }
            styles += 1;
        }
        assert_eq!(styles, 6);
    }
}
