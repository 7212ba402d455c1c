//! Tiles as a client sees them, read by a decoder that shares no code with the encoder.

use std::collections::HashMap;

use geo::{Coord, Geometry};
use mvt_reader::Reader;
use mvt_reader::feature::Value;

/// A decoded layer.
pub(super) struct DecodedLayer {
    pub(super) name: String,
    pub(super) features: Vec<DecodedFeature>,
}

/// A decoded feature.
pub(super) struct DecodedFeature {
    pub(super) geometry: Geometry<f32>,
    pub(super) properties: HashMap<String, Value>,
}

impl DecodedFeature {
    /// A property that is text; empty where it is missing.
    pub(super) fn text(&self, key: &str) -> &str {
        match self.properties.get(key) {
            Some(Value::String(text)) => text,
            _ => "",
        }
    }

    /// A property that is a number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.properties.get(key) {
            Some(Value::UInt(number)) => Some(*number),
            _ => None,
        }
    }

    /// A property that is a number with a fraction.
    pub(super) fn double(&self, key: &str) -> Option<f64> {
        match self.properties.get(key) {
            Some(Value::Double(number)) => Some(*number),
            _ => None,
        }
    }

    /// The only coordinate of a point, in tile units.
    pub(super) fn at(&self) -> (i32, i32) {
        match &self.geometry {
            Geometry::Point(p) => (p.x() as i32, p.y() as i32),
            Geometry::MultiPoint(p) if p.0.len() == 1 => (p.0[0].x() as i32, p.0[0].y() as i32),
            other => panic!("not one point: {other:?}"),
        }
    }

    /// How many points a feature of the points layer stands for.
    pub(super) fn points(&self) -> u64 {
        self.number("point_count").unwrap_or(1)
    }

    /// How many of them can be booked.
    pub(super) fn bookable(&self) -> u64 {
        let single = self.properties.get("bookable") == Some(&Value::Bool(true));
        self.number("bookable_count").unwrap_or(u64::from(single))
    }

    /// Every coordinate, in tile units.
    pub(super) fn coords(&self) -> Vec<Coord<f32>> {
        geo::CoordsIter::coords_iter(&self.geometry).collect()
    }
}

/// Decodes a tile; no bytes are no layers. Every layer must be of version 2 and have
/// the usual extent.
pub(super) fn decode(bytes: &[u8]) -> Vec<DecodedLayer> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let reader = Reader::new(bytes.to_vec()).expect("the tile decodes");
    let layers = reader.get_layer_metadata().expect("the layers decode");
    layers
        .into_iter()
        .map(|layer| {
            assert_eq!((layer.version, layer.extent), (2, 4096));
            let features = reader.get_features(layer.layer_index).expect("the features decode");
            assert_eq!(features.len(), layer.feature_count);
            assert!(!features.is_empty(), "the layer {} is empty", layer.name);
            let features = features
                .into_iter()
                .map(|f| DecodedFeature {
                    geometry: f.geometry,
                    properties: f.properties.unwrap_or_default(),
                })
                .collect();
            DecodedLayer { name: layer.name, features }
        })
        .collect()
}

/// The features of one layer of a tile.
pub(super) fn features(bytes: &[u8], layer: &str) -> Vec<DecodedFeature> {
    let found = decode(bytes).into_iter().find(|l| l.name == layer);
    found.map(|l| l.features).unwrap_or_default()
}
