//! What a map client reads before it asks for tiles: TileJSON 3.0.0, and a catalog.

use serde_json::{Map, Value, json};

use super::archive::Archives;
use super::{Composite, Layer, LayerSet, MAX_ZOOM, MEDIA_TYPE};
use crate::city::Lang;
use crate::geo::Bounds;
use crate::index::Snapshot;

/// A property of features: key, Chinese and English description.
type Field = (&'static str, &'static str, &'static str);

/// A vector layer as it is in the tile.
struct VectorLayer {
    id: &'static str,
    min_zoom: u8,
    zh: &'static str,
    en: &'static str,
    fields: &'static [Field],
}

const NAME: Field = ("name", "名称（中文）", "Name, in Chinese");
const NAME_EN: Field = ("name_en", "英文名称，如已知", "Name in English, where known");
const LEVEL: Field = ("level", "级别：district 或 township", "Level: district or township");
const DIVISION_CODE: Field = ("code", "行政区划代码", "Code of the division");

const POINT_FIELDS: &[Field] = &[
    (
        "id",
        "服务点标识；聚合点仅在只含一个服务点时给出",
        "Id of the point; in a cluster only where it is of one point",
    ),
    NAME,
    NAME_EN,
    (
        "category",
        "类别代码；聚合点为最多的类别",
        "Code of the category; of a cluster the most frequent",
    ),
    ("icon", "类别的图标名", "Icon of the category"),
    ("color", "类别的颜色 #rrggbb", "Colour of the category, #rrggbb"),
    ("bookable", "是否可网上预约", "Whether a visit can be booked on line"),
    ("point_count", "聚合点所含服务点数", "Points in the cluster"),
    ("bookable_count", "其中可网上预约的数量", "How many of them can be booked on line"),
];

const VECTOR_LAYERS: [(Layer, VectorLayer); 6] = [
    (
        Layer::Points,
        VectorLayer {
            id: "points",
            min_zoom: 0,
            zh: "服务点，或其聚合点",
            en: "Service points, or clusters of them",
            fields: POINT_FIELDS,
        },
    ),
    (
        Layer::Divisions,
        VectorLayer {
            id: "divisions",
            min_zoom: 0,
            zh: "行政区划范围",
            en: "Areas of divisions",
            fields: &[
                DIVISION_CODE,
                NAME,
                NAME_EN,
                LEVEL,
                (
                    "quality",
                    "边界可信度：authoritative 或 approximate",
                    "How far the border can be trusted: authoritative or approximate",
                ),
            ],
        },
    ),
    (
        Layer::Divisions,
        VectorLayer {
            id: "division_labels",
            min_zoom: 0,
            zh: "行政区划注记点",
            en: "A point inside each area, for its label",
            fields: &[DIVISION_CODE, NAME, NAME_EN, LEVEL],
        },
    ),
    (
        Layer::Places,
        VectorLayer {
            id: "places",
            min_zoom: super::places::FROM_ZOOM,
            zh: "地名",
            en: "Named places",
            fields: &[
                ("id", "地名标识", "Id of the place"),
                NAME,
                NAME_EN,
                (
                    "kind",
                    "种类：street、transit、building 或 water",
                    "Kind: street, transit, building or water",
                ),
                ("class", "来源中的细分类", "The source's finer word for it"),
                ("rank", "显著程度，0 最显著，至 3", "How much it stands out: 0 most, to 3"),
            ],
        },
    ),
    (
        Layer::Roads,
        VectorLayer {
            id: "roads",
            min_zoom: super::roads::FROM_ZOOM,
            zh: "道路",
            en: "Roads",
            fields: &[
                ("name", "名称", "Name"),
                (
                    "class",
                    "等级：motorway、trunk、primary、secondary、tertiary 或 minor",
                    "Class: motorway, trunk, primary, secondary, tertiary or minor",
                ),
                ("schematic", "是否为示意线", "Whether the line is not the road's real course"),
            ],
        },
    ),
    (
        Layer::Density,
        VectorLayer {
            id: super::density::NAME,
            min_zoom: 0,
            zh: "诉求密度网格",
            en: "Cells of the density of tickets",
            fields: &[
                ("count", "诉求数", "How many tickets are in the cell"),
                ("rate", "月均诉求数（metric=rate）", "How many in a month, with metric=rate"),
            ],
        },
    ),
];

const fn pick<'a>(lang: Lang, zh: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// Names of the vector layers of a layer.
pub(super) fn ids(layer: Layer) -> impl Iterator<Item = &'static str> {
    VECTOR_LAYERS.iter().filter(move |(owner, _)| *owner == layer).map(|(_, vector)| vector.id)
}

/// The TileJSON of some layers. `template` is the address of a tile with `{z}`, `{x}`
/// and `{y}` in it.
pub fn tilejson(snapshot: &Snapshot, composite: &Composite, template: &str, lang: Lang) -> Value {
    let manifest = &snapshot.city.manifest;
    let Composite { layers, archives } = composite;
    let max = composite.common_max_zoom().min(MAX_ZOOM);
    let min = composite.min_zoom().min(max);
    let opens_at = (manifest.zoom.round() as u8).clamp(min, max);
    let [lon, lat] = manifest.center;
    let descriptions = layers.iter().map(|layer| layer.description().get(lang).to_owned());
    let titles = archives.iter().map(|archive| archive.info.name.clone());
    let descriptions: Vec<String> = descriptions.chain(titles).filter(|d| !d.is_empty()).collect();
    let own = if layers.is_empty() { Vec::new() } else { manifest.attributions() };
    let mut attributions: Vec<String> = own.into_iter().map(Into::into).collect();
    for archive in archives {
        let theirs = &archive.info.attribution;
        if !theirs.is_empty() && !attributions.contains(theirs) {
            attributions.push(theirs.clone());
        }
    }
    let mut vector_layers = vector_layers(layers, lang);
    vector_layers.extend(archives.iter().flat_map(|archive| archive.info.vector_layers.clone()));
    let own = (!layers.is_empty()).then_some(manifest.bounds);
    let bounds = own.into_iter().chain(archives.iter().map(|archive| archive.info.bounds));
    let bounds = bounds.reduce(around).unwrap_or(manifest.bounds);
    json!({
        "tilejson": "3.0.0",
        "name": manifest.name.get(lang),
        "description": descriptions.join(pick(lang, "；", "; ")),
        "version": "1.0.0",
        "attribution": attributions.join(" | "),
        "scheme": "xyz",
        "tiles": [template],
        "minzoom": min,
        "maxzoom": max,
        "bounds": <[f64; 4]>::from(bounds),
        "center": [lon, lat, opens_at],
        "vector_layers": vector_layers,
    })
}

/// The box around two.
fn around(a: Bounds, b: Bounds) -> Bounds {
    Bounds {
        west: a.west.min(b.west),
        south: a.south.min(b.south),
        east: a.east.max(b.east),
        north: a.north.max(b.north),
    }
}

fn vector_layers(layers: &LayerSet, lang: Lang) -> Vec<Value> {
    let of = |layer| VECTOR_LAYERS.iter().filter(move |(owner, _)| *owner == layer);
    layers.iter().flat_map(of).map(|(owner, layer)| described(*owner, layer, lang)).collect()
}

fn described(owner: Layer, layer: &VectorLayer, lang: Lang) -> Value {
    let fields: Map<String, Value> = layer
        .fields
        .iter()
        .map(|(key, zh, en)| ((*key).to_owned(), pick(lang, zh, en).into()))
        .collect();
    json!({
        "id": layer.id,
        "description": pick(lang, layer.zh, layer.en),
        "minzoom": layer.min_zoom,
        "maxzoom": owner.max_zoom(),
        "fields": fields,
    })
}

/// The layers that can be asked for: `{"tiles": {name: {...}}}`.
pub fn catalog(snapshot: &Snapshot, archives: &Archives) -> Value {
    let mut tiles: Map<String, Value> = Layer::ALL
        .into_iter()
        .map(|layer| {
            let ids: Vec<&str> = ids(layer).collect();
            let entry = json!({
                "content_type": MEDIA_TYPE,
                "description": layer.description(),
                "minzoom": layer.min_zoom(),
                "maxzoom": layer.max_zoom(),
                "bounds": <[f64; 4]>::from(snapshot.city.manifest.bounds),
                "vector_layers": ids,
            });
            (layer.name().to_owned(), entry)
        })
        .collect();
    for archive in archives.whole() {
        let info = &archive.info;
        let entry = json!({
            "content_type": MEDIA_TYPE,
            "description": { "zh": info.name, "en": info.name },
            "minzoom": info.zooms.start(),
            "maxzoom": info.zooms.end(),
            "bounds": <[f64; 4]>::from(info.bounds),
            "vector_layers": info.layer_ids().collect::<Vec<_>>(),
        });
        tiles.insert(archive.name.clone(), entry);
    }
    json!({ "tiles": tiles })
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::index::PointFilter;
    use crate::tiles::decoded::decode;
    use crate::tiles::{encode, fixture};

    const TEMPLATE: &str = "https://example.org/tiles/points/{z}/{x}/{y}";

    #[test]
    fn a_client_finds_what_it_needs() {
        let snapshot = fixture::town(0);
        let layers = LayerSet::parse("places,divisions").unwrap();
        let json = tilejson(&snapshot, &layers.into(), TEMPLATE, Lang::En);
        assert_eq!(json["tilejson"], "3.0.0");
        assert_eq!(json["tiles"], json!([TEMPLATE]));
        assert_eq!(json["bounds"], json!([9.8, 49.8, 10.2, 50.2]));
        assert_eq!(json["center"], json!([10.0, 50.0, 11]));
        assert_eq!((&json["minzoom"], &json["maxzoom"]), (&json!(0), &json!(20)));
        assert_eq!(json["attribution"], "the town | nobody");
        assert_eq!(json["name"], "Town");
        assert_eq!(json["scheme"], "xyz");
        let ids: Vec<_> =
            json["vector_layers"].as_array().unwrap().iter().map(|l| &l["id"]).collect();
        assert_eq!(ids, ["places", "divisions", "division_labels"]);
    }

    #[test]
    fn a_layer_that_begins_deep_opens_where_it_begins() {
        let snapshot = fixture::town(0);
        let layers = LayerSet::parse("places").unwrap();
        let json = tilejson(&snapshot, &layers.into(), TEMPLATE, Lang::Zh);
        assert_eq!((&json["minzoom"], &json["center"][2]), (&json!(12), &json!(12)));
        assert_eq!(json["name"], "小城");
    }

    #[test]
    fn the_tiles_hold_the_layers_and_fields_that_are_described_and_no_others() {
        let snapshot = fixture::town(5000);
        let json = tilejson(&snapshot, &LayerSet::all().into(), TEMPLATE, Lang::En);
        let described: HashMap<&str, HashSet<&str>> = json["vector_layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| {
                let fields = l["fields"].as_object().unwrap();
                (l["id"].as_str().unwrap(), fields.keys().map(String::as_str).collect())
            })
            .collect();
        let mut seen: HashMap<String, HashSet<String>> = HashMap::new();
        for z in [9, 11, 12, 13, 14] {
            let tile = fixture::middle_tile(z);
            let bytes = encode(&snapshot, &LayerSet::all(), tile, &PointFilter::default());
            for layer in decode(&bytes) {
                let keys = layer.features.into_iter().flat_map(|f| f.properties.into_keys());
                seen.entry(layer.name).or_default().extend(keys);
            }
        }
        for (layer, fields) in &seen {
            for field in fields {
                assert!(described[layer.as_str()].contains(field.as_str()), "{layer}.{field}");
            }
        }
        for (layer, mut fields) in described {
            // The made-up divisions have no English names.
            if layer.starts_with("division") {
                fields.remove("name_en");
            }
            let missing: Vec<_> = fields.iter().filter(|f| !seen[layer].contains(**f)).collect();
            assert!(missing.is_empty(), "{layer}: {missing:?}");
        }
    }

    #[test]
    fn the_catalog_lists_every_layer() {
        let catalog = catalog(&fixture::town(0), &Archives::default());
        let tiles = catalog["tiles"].as_object().unwrap();
        assert_eq!(tiles.len(), Layer::ALL.len());
        assert_eq!(tiles["divisions"]["vector_layers"], json!(["divisions", "division_labels"]));
        assert!(tiles["roads"]["description"]["en"].is_string());
    }
}
