//! What is asked for, in one of few ways, and the digest that names its answer.

use std::sync::Arc;

use crate::geo::TileId;
use crate::index::digests::{Digest, Digester};
use crate::index::{PointFilter, Snapshot};

use super::archive::{Archive, ArchiveError};
use super::divisions::BUFFER_PART;
use super::{Coding, Composite, Density, Layer, LayerSet, density, encode};

/// A tile of some layers under a filter, said in one of few ways: two questions that
/// cannot differ in their answer are mostly one.
#[derive(Debug, Clone)]
pub struct Question {
    layers: LayerSet,
    archives: Vec<Arc<Archive>>,
    tile: TileId,
    filter: PointFilter,
    density: Option<Density>,
}

impl Question {
    /// The question of a caller about a snapshot. Layers that have nothing at this zoom
    /// or under this filter are left out, and so is a filter where there are no points.
    pub fn new(snapshot: &Snapshot, of: &Composite, tile: TileId, filter: &PointFilter) -> Self {
        let layers = &of.layers;
        let filter = if layers.contains(Layer::Points) {
            snapshot.points.normal(filter)
        } else {
            Some(PointFilter::default())
        };
        let layers = layers.only(|layer| {
            let shown = match layer {
                Layer::Points => filter.is_some(),
                Layer::Density => false,
                Layer::Divisions | Layer::Places | Layer::Roads => true,
            };
            shown && tile.z >= layer.min_zoom()
        });
        let reaching = of.archives.iter().filter(|archive| archive.reaches(tile));
        let archives = reaching.map(Arc::clone).collect();
        Self { layers, archives, tile, filter: filter.unwrap_or_default(), density: None }
    }

    /// The same, with how tickets lie. Whoever asks must have the right to know.
    #[must_use]
    pub fn with_density(self, density: Density) -> Self {
        Self { density: Some(density), ..self }
    }

    /// Names the answer: it holds what is asked, and a digest of everything in the
    /// snapshot that the answer depends on. Equal digests mean equal tiles, in any two
    /// snapshots and on any two servers of one program and pack; a change that does not
    /// touch the tile does not touch its digest. Costs two binary searches a layer of
    /// points, and for outlines a comparison of boxes each.
    pub fn digest(&self, snapshot: &Snapshot) -> Digest {
        let Snapshot { city, ground, points, places, shapes, tickets, .. } = snapshot;
        let mut digester = Digester::default();
        digester.text(ground).number(self.tile.z.into());
        digester.number(u64::from(self.tile.x) << 32 | u64::from(self.tile.y));
        for layer in self.layers.iter() {
            digester.text(layer.name()).digest(match layer {
                Layer::Points => points.digest_of_tile(self.tile),
                Layer::Divisions => shapes.digest_of_divisions(city, self.tile, BUFFER_PART),
                Layer::Places => places.digest_of_tile(self.tile),
                Layer::Roads => shapes.digest_of_roads(city),
                // Never among them; see below.
                Layer::Density => 0,
            });
        }
        if self.layers.contains(Layer::Points) && self.filter != PointFilter::default() {
            take_filter(&mut digester, &self.filter);
        }
        if let Some(density) = &self.density {
            // Any ticket may be in it.
            digester.text(density::NAME).number(tickets.seq()).number(tickets.len() as u64);
            digester.text(&format!("{density:?}"));
        }
        for archive in &self.archives {
            digester.digest(archive.digest);
        }
        digester.finish()
    }

    /// The answer.
    ///
    /// # Errors
    /// An archive cannot be read.
    pub fn answer(&self, snapshot: &Snapshot) -> Result<Vec<u8>, ArchiveError> {
        let mut out = encode(snapshot, &self.layers, self.tile, &self.filter);
        if let Some(density) = &self.density {
            out.extend(density::encode(&snapshot.tickets, self.tile, density));
        }
        for archive in &self.archives {
            // A tile is the concatenation of its layers.
            out.extend(archive.tile(self.tile)?);
        }
        Ok(out)
    }

    /// The answer packed with a coding, where an archive alone gives it and has it packed
    /// so.
    ///
    /// # Errors
    /// The archive cannot be read.
    pub(super) fn packed(&self, coding: Coding) -> Result<Option<Vec<u8>>, ArchiveError> {
        let [archive] = &self.archives[..] else { return Ok(None) };
        if !self.layers.is_empty() || self.density.is_some() {
            return Ok(None);
        }
        let kept = archive.packed(self.tile)?;
        Ok(kept.filter(|(_, packing)| packing.coding() == coding).map(|(bytes, _)| bytes))
    }
}

fn take_filter(digester: &mut Digester, filter: &PointFilter) {
    let PointFilter {
        category,
        or_categories,
        service,
        division,
        bookable,
        accessible,
        open_at,
        updated_since,
    } = filter;
    let texts = [
        category.clone(),
        service.clone(),
        division.clone(),
        bookable.map(|b| b.to_string()),
        accessible.clone(),
        open_at.map(|t| t.to_string()),
        updated_since.map(|d| d.to_string()),
    ];
    for text in &texts {
        digester.texts(text.as_deref().into_iter());
    }
    digester.texts(or_categories.iter().map(String::as_str));
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::city::City;
    use crate::geo::{LonLat, World};
    use crate::tiles::fixture::{self, CATEGORIES, MIDDLE, REACH};

    /// One change to a city.
    #[derive(Debug, Clone)]
    enum Step {
        Move(usize, (f64, f64)),
        Rename(usize, String),
        Category(usize, usize),
        Wheelchair(usize),
        Remove(usize),
        Add((f64, f64), usize),
        RenameDivision(usize, String),
        DropHole(usize),
        Nothing,
    }

    fn step() -> impl Strategy<Value = Step> {
        let at = || (-REACH..REACH, -REACH..REACH);
        prop_oneof![
            (0..99usize, at()).prop_map(|(i, at)| Step::Move(i, at)),
            (0..99usize, "[a-c]{1,2}").prop_map(|(i, name)| Step::Rename(i, name)),
            (0..99usize, 0..CATEGORIES.len()).prop_map(|(i, c)| Step::Category(i, c)),
            (0..99usize).prop_map(Step::Wheelchair),
            (0..99usize).prop_map(Step::Remove),
            (at(), 0..CATEGORIES.len()).prop_map(|(at, c)| Step::Add(at, c)),
            (0..28usize, "[a-c]{1,2}").prop_map(|(i, name)| Step::RenameDivision(i, name)),
            (0..10usize).prop_map(Step::DropHole),
            Just(Step::Nothing),
        ]
    }

    fn at((x, y): (f64, f64)) -> LonLat {
        LonLat::new(MIDDLE.lon + x, MIDDLE.lat + y)
    }

    fn take(step: &Step, city: &mut City) {
        let n = city.points.len();
        match step {
            Step::Move(i, to) if n > 0 => city.points[i % n].location = at(*to),
            Step::Rename(i, name) if n > 0 => city.points[i % n].name.zh.clone_from(name),
            Step::Category(i, c) if n > 0 => {
                CATEGORIES[*c].clone_into(&mut city.points[i % n].category);
            }
            Step::Wheelchair(i) if n > 0 => {
                city.points[i % n].accessibility = vec!["wheelchair".into()];
            }
            Step::Remove(i) if n > 0 => drop(city.points.remove(i % n)),
            Step::Add(to, c) => {
                let mut more = fixture::town_with(&[(at(*to), *c)]).city.points;
                more[0].id = format!("town:new{n}");
                city.points.append(&mut more);
                city.points.sort_by(|a, b| a.id.cmp(&b.id));
                city.points.dedup_by(|a, b| a.id == b.id);
            }
            Step::RenameDivision(i, name) => {
                let divisions = std::sync::Arc::make_mut(&mut city.divisions);
                divisions[*i].name.zh.clone_from(name);
            }
            Step::DropHole(i) => {
                let divisions = std::sync::Arc::make_mut(&mut city.divisions);
                divisions[*i].area.iter_mut().flat_map(|area| &mut area.0).for_each(|polygon| {
                    *polygon = geo::Polygon::new(polygon.exterior().clone(), Vec::new());
                });
            }
            _ => {}
        }
    }

    fn filters() -> Vec<PointFilter> {
        let none = PointFilter::default;
        vec![
            none(),
            PointFilter { category: Some("library".into()), ..none() },
            PointFilter { accessible: Some("wheelchair".into()), ..none() },
            PointFilter { division: Some("111".into()), bookable: Some(false), ..none() },
        ]
    }

    /// The questions that a map of the town asks.
    fn questions(snapshot: &Snapshot) -> Vec<Question> {
        let mut out = Vec::new();
        for layers in ["points", "divisions", "points,divisions,roads,places"] {
            let layers = LayerSet::parse(layers).unwrap().into();
            for z in [0u8, 9, 11, 13, 15] {
                let spread = [(0.0, 0.0), (0.07, 0.07), (-0.1, 0.02), (0.149, -0.149)];
                for place in spread.map(at) {
                    let (x, y) = World::project(place).cell(u32::from(z));
                    for filter in filters() {
                        out.push(Question::new(snapshot, &layers, TileId { z, x, y }, &filter));
                    }
                }
            }
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// What a cache would do with the digest as its key, through any history.
        #[test]
        fn a_kept_tile_is_the_tile_that_would_be_encoded(
            steps in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..6),
        ) {
            let mut snapshot = fixture::town(60);
            let mut kept: HashMap<Digest, Vec<u8>> = HashMap::new();
            for burst in std::iter::once(Vec::new()).chain(steps) {
                let mut city = snapshot.city.clone();
                for step in &burst {
                    take(step, &mut city);
                }
                snapshot = snapshot.next(city);
                for question in questions(&snapshot) {
                    let fresh = question.answer(&snapshot).unwrap();
                    let digest = question.digest(&snapshot);
                    let was = kept.entry(digest).or_insert_with(|| fresh.clone());
                    prop_assert!(*was == fresh, "{:?} after {:?}", question, burst);
                }
            }
        }
    }

    #[test]
    fn a_change_touches_the_tiles_it_lies_in_and_no_others() {
        let before = fixture::town(400);
        let mut city = before.city.clone();
        let (from, to) = (city.points[7].location, at((0.1, 0.1)));
        city.points[7].location = to;
        let after = before.next(city);
        let layers = LayerSet::parse("points,divisions,places,roads").unwrap().into();
        for z in [8u8, 12, 14, 16] {
            let touched = [from, to].map(|p| World::project(p).cell(u32::from(z)));
            for question in questions(&before) {
                let tile = TileId { z, ..question.tile };
                let tile =
                    TileId { x: tile.x & ((1 << z) - 1), y: tile.y & ((1 << z) - 1), ..tile };
                let q = Question::new(&before, &layers, tile, &PointFilter::default());
                let same = q.digest(&before) == q.digest(&after);
                assert_eq!(same, !touched.contains(&(tile.x, tile.y)), "{tile:?}");
            }
        }
    }

    #[test]
    fn questions_that_cannot_differ_are_one() {
        let snapshot = fixture::town(50);
        let tile = fixture::middle_tile(8);
        let ask = |layers: &str, filter: &PointFilter| {
            Question::new(&snapshot, &LayerSet::parse(layers).unwrap().into(), tile, filter)
                .digest(&snapshot)
        };
        let none = PointFilter::default();
        let unknown = PointFilter { accessible: Some("trampoline".into()), ..none.clone() };
        assert_eq!(ask("points,divisions", &unknown), ask("divisions", &none));
        // There are no places at this zoom.
        assert_eq!(ask("divisions,places", &none), ask("divisions", &none));
        let open = |second| PointFilter {
            open_at: Some(jiff::civil::date(2026, 5, 4).at(9, 30, second, 0)),
            ..none.clone()
        };
        assert_eq!(ask("points", &open(1)), ask("points", &open(59)));
        assert_ne!(ask("points", &open(1)), ask("points", &none));
    }
}
