//! A layer of single points, written by hand.
//!
//! The layer is what tiles of the deeper zooms mostly are, and its features are all alike:
//! seven keys that are known, an id that no other feature has, two names that few share, and
//! the words of a category that many share. The general encoder looks every value up; here
//! only those of categories are, by number. A value of a name may stand twice in the table,
//! which decoders do not mind. One pass, three allocations, some 50 ns a point
//! ([decision 0002](../../docs/decisions/0002-tile-encoder.md)).

use super::frame::Frame;
use super::mvt;
use crate::city::Category;
use crate::geo::World;
use crate::index::labels::Label;
use crate::wire::{bytes_of, sized, varint, zigzag};

/// The keys of the layer, in the order of [`Key`].
const KEYS: [&str; 7] = ["id", "name", "name_en", "category", "icon", "color", "bookable"];

/// A key by its number in the layer.
#[derive(Clone, Copy)]
enum Key {
    Id,
    Name,
    NameEn,
    Category,
    Icon,
    Color,
    Bookable,
}

/// Bytes of a feature beside its texts, to begin with.
const FEATURE_BYTES: usize = 32;

/// A layer of points that grows.
pub(super) struct Singles<'a> {
    frame: Frame,
    named: bool,
    categories: &'a [Category],
    /// For each category the number of its first value; 0 where it has none yet.
    of_category: Vec<u32>,
    features: Vec<u8>,
    values: Vec<u8>,
    /// Values so far.
    count: u32,
}

impl<'a> Singles<'a> {
    /// A layer for about so many points; `named` or without names.
    pub(super) fn new(
        frame: Frame,
        categories: &'a [Category],
        points: usize,
        named: bool,
    ) -> Self {
        let mut layer = Self {
            frame,
            named,
            categories,
            of_category: vec![0; categories.len()],
            features: Vec::with_capacity(points * FEATURE_BYTES),
            values: Vec::with_capacity(points * FEATURE_BYTES * 2),
            count: 2,
        };
        // Numbers 0 and 1 are no and yes.
        for yes in [0, 1] {
            layer.values.extend([mvt::LAYER_VALUE, 2, mvt::VALUE_BOOL, yes]);
        }
        layer
    }

    /// Adds a point.
    pub(super) fn push(&mut self, at: World, label: &Label<'_>) {
        // Lengths of one byte: 7 pairs of at most 6 bytes, and two numbers of at most 5.
        let start = self.features.len();
        self.features.extend([mvt::LAYER_FEATURE, 0, mvt::FEATURE_TAGS, 0]);
        let tags = self.features.len();
        self.text(Key::Id, label.id);
        if self.named {
            self.text(Key::Name, label.zh);
            if !label.en.is_empty() {
                self.text(Key::NameEn, label.en);
            }
        }
        if let Some(first) = self.category(label.category) {
            self.pair(Key::Category, first);
            self.pair(Key::Icon, first + 1);
            self.pair(Key::Color, first + 2);
        }
        self.pair(Key::Bookable, label.bookable.into());
        self.features[tags - 1] = (self.features.len() - tags) as u8;
        self.features.extend([
            mvt::FEATURE_TYPE,
            mvt::POINT,
            mvt::FEATURE_GEOMETRY,
            0,
            mvt::MOVE_TO,
        ]);
        let geometry = self.features.len() - 1;
        let unit = self.frame.inside(at);
        varint(&mut self.features, zigzag(unit.x));
        varint(&mut self.features, zigzag(unit.y));
        self.features[geometry - 1] = (self.features.len() - geometry) as u8;
        self.features[start + 1] = (self.features.len() - start - 2) as u8;
    }

    /// The bytes of the layer as a part of a tile; none if it has no features.
    pub(super) fn finish(self) -> Vec<u8> {
        mvt::layer("points", &self.features, &KEYS, &self.values)
    }

    /// A pair of a key and a text that is new.
    fn text(&mut self, key: Key, text: &str) {
        let value = self.value(text);
        self.pair(key, value);
    }

    fn pair(&mut self, key: Key, value: u32) {
        self.features.push(key as u8);
        varint(&mut self.features, value);
    }

    /// A text among the values; its number.
    fn value(&mut self, text: &str) -> u32 {
        let length = text.len() as u32;
        self.values.push(mvt::LAYER_VALUE);
        varint(&mut self.values, 1 + bytes_of(length) + length);
        sized(&mut self.values, mvt::VALUE_TEXT, text.as_bytes());
        self.count += 1;
        self.count - 1
    }

    /// The number of the first of a category's three values.
    fn category(&mut self, number: usize) -> Option<u32> {
        let known = *self.of_category.get(number)?;
        if known > 0 {
            return Some(known);
        }
        let category = &self.categories[number];
        let first = self.value(&category.code);
        self.value(&category.icon);
        self.value(&category.color);
        self.of_category[number] = first;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use fast_mvt::{MvtGeomType, MvtLayerBuilder, MvtResult};
    use proptest::prelude::*;

    use super::*;
    use crate::geo::{LonLat, TileId};
    use crate::index::Snapshot;
    use crate::tiles::decoded::features;
    use crate::tiles::fixture::{MIDDLE, REACH, tile_at, town_with};
    use crate::tiles::{tag_bool, tag_text};

    /// The same layer by the general encoder.
    fn by_fast_mvt(
        frame: Frame,
        categories: &[Category],
        points: &[(World, Label<'_>)],
        named: bool,
    ) -> MvtResult<Vec<u8>> {
        let mut layer = MvtLayerBuilder::new("points")?;
        for (at, label) in points {
            let mut feature = layer.feature_of(MvtGeomType::Point);
            feature.points([frame.inside(*at)])?;
            tag_text(&mut feature, "id", label.id)?;
            if named {
                tag_text(&mut feature, "name", label.zh)?;
                if !label.en.is_empty() {
                    tag_text(&mut feature, "name_en", label.en)?;
                }
            }
            if let Some(category) = categories.get(label.category) {
                tag_text(&mut feature, "category", &category.code)?;
                tag_text(&mut feature, "icon", &category.icon)?;
                tag_text(&mut feature, "color", &category.color)?;
            }
            tag_bool(&mut feature, "bookable", label.bookable)?;
            layer = feature.end();
        }
        Ok(layer.encode())
    }

    proptest! {
        #[test]
        fn the_layer_says_what_the_general_encoder_says(
            points in proptest::collection::vec(
                (-REACH..REACH, -REACH..REACH, ".{0,40}", "[a-z]{0,200}", 0..5_usize, any::<bool>()),
                1..300,
            ),
            z in 8_u8..=20,
            named in any::<bool>(),
        ) {
            static TOWN: LazyLock<Snapshot> = LazyLock::new(|| town_with(&[(MIDDLE, 0)]));
            let categories = TOWN.city.categories.iter().as_slice();
            let tile: TileId = tile_at(z, MIDDLE);
            let ids: Vec<String> = (0..points.len()).map(|i| format!("p-{i}")).collect();
            let points: Vec<_> = points
                .iter()
                .zip(&ids)
                .map(|((x, y, zh, en, category, bookable), id)| {
                    let near = LonLat::new(MIDDLE.lon + x / 1e3, MIDDLE.lat + y / 1e3);
                    let (category, bookable) = (*category, *bookable);
                    (World::project(near), Label { id, zh, en, category, bookable })
                })
                .collect();
            let frame = Frame::of(tile);
            let mut layer = Singles::new(frame, categories, points.len(), named);
            for (at, label) in &points {
                layer.push(*at, label);
            }
            let ours = features(&layer.finish(), "points");
            let theirs = by_fast_mvt(frame, categories, &points, named).unwrap();
            let theirs = features(&theirs, "points");
            prop_assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.iter().zip(&theirs) {
                prop_assert_eq!(&ours.properties, &theirs.properties);
                prop_assert_eq!(&ours.geometry, &theirs.geometry);
            }
        }
    }
}
