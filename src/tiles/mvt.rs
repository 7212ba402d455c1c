//! The parts of a layer that is written by hand, and how they are put together.
//!
//! Field numbers with their wire types, from the protocol of the Mapbox Vector Tile
//! specification 2.1.

use super::EXTENT;
use crate::wire::{number, sized, varint};

pub(super) const LAYER_FEATURE: u8 = 2 << 3 | 2;
pub(super) const LAYER_VALUE: u8 = 4 << 3 | 2;
pub(super) const FEATURE_TAGS: u8 = 2 << 3 | 2;
pub(super) const FEATURE_TYPE: u8 = 3 << 3;
pub(super) const FEATURE_GEOMETRY: u8 = 4 << 3 | 2;
pub(super) const VALUE_TEXT: u8 = 1 << 3 | 2;
pub(super) const VALUE_DOUBLE: u8 = 3 << 3 | 1;
pub(super) const VALUE_UINT: u8 = 5 << 3;
pub(super) const VALUE_BOOL: u8 = 7 << 3;

/// Geometry type of a point.
pub(super) const POINT: u8 = 1;
/// Geometry type of a polygon.
pub(super) const POLYGON: u8 = 3;
/// The command "move to", once.
pub(super) const MOVE_TO: u8 = 1 << 3 | 1;
/// The command "line to", three times.
pub(super) const THREE_LINES: u8 = 3 << 3 | 2;
/// The command "close path".
pub(super) const CLOSE_PATH: u8 = 1 << 3 | 7;

const TILE_LAYER: u8 = 3 << 3 | 2;
const LAYER_NAME: u8 = 1 << 3 | 2;
const LAYER_KEY: u8 = 3 << 3 | 2;
const LAYER_EXTENT: u8 = 5 << 3;
const LAYER_VERSION: u8 = 15 << 3;

/// A layer as a part of a tile, of its features and values as they are encoded; none if it
/// has no features.
pub(super) fn layer(name: &str, features: &[u8], keys: &[&str], values: &[u8]) -> Vec<u8> {
    if features.is_empty() {
        return Vec::new();
    }
    let mut head = Vec::with_capacity(16);
    head.extend([LAYER_VERSION, 2]);
    sized(&mut head, LAYER_NAME, name.as_bytes());
    let mut tail = Vec::with_capacity(64);
    for key in keys {
        sized(&mut tail, LAYER_KEY, key.as_bytes());
    }
    number(&mut tail, LAYER_EXTENT, EXTENT);
    let parts = [&head, features, &tail, values];
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(bytes + 6);
    out.push(TILE_LAYER);
    varint(&mut out, bytes as u32);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}
