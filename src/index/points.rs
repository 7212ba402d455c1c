//! Service points by place, and the filters over them.
//!
//! Two structures hold the same points. The R-tree answers "nearest" and "within".
//! The Morton order (the bits of column and row interleaved) answers tiles: a tile of
//! any zoom is one contiguous run, and so is every cell of a grid inside it, so that
//! clusters are counted in one pass without a hash table. Filters are bitmaps over
//! point numbers, intersected word by word.

use std::collections::{BTreeSet, HashMap};

use fixedbitset::FixedBitSet;
use jiff::civil::{Date, DateTime};

use super::DivisionIndex;
use super::digests::{Digest, Digester, RunDigests};
use super::labels::{Label, Labels};
use super::outward::NearIndex;
use crate::city::hours::State;
use crate::city::{Booker, City, Node, ServicePoint, Tree};
use crate::geo::morton::{morton, places_of_tile, run_of_tile};
use crate::geo::{Bounds, LonLat, TileId, World};

/// What is derived for each point.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where it is, WGS-84; beside the other facts, so that one cache line serves.
    pub location: LonLat,
    /// Where it is in the world square.
    pub world: World,
    /// Division numbers: district, township, community.
    pub divisions: [Option<u32>; 3],
    /// Whether a visit can be booked on line.
    pub bookable: bool,
    /// Number of its category in the category tree.
    pub category: usize,
}

/// Which points are asked for. An empty filter selects all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointFilter {
    /// Code of a category; points of categories below it count too.
    pub category: Option<String>,
    /// Codes of further categories besides `category`; points of any of them count.
    pub or_categories: Vec<String>,
    /// Code of a matter; points that handle one below it count too.
    pub service: Option<String>,
    /// Code of a division of any level.
    pub division: Option<String>,
    /// Bookable on line, or not.
    pub bookable: Option<bool>,
    /// A word of the point's accessibility.
    pub accessible: Option<String>,
    /// Open at this local time.
    pub open_at: Option<DateTime>,
    /// Observed on this day or later.
    pub updated_since: Option<Date>,
}

/// The points that a filter selects; `None` is all of them.
pub type Selection = Option<FixedBitSet>;

/// Whether `selection` holds the point.
pub fn selects(selection: &Selection, point: u32) -> bool {
    selection.as_ref().is_none_or(|bits| bits.contains(point as usize))
}

/// Service points by place, with the bitmaps of their filters.
#[derive(Debug)]
pub struct PointIndex {
    near: NearIndex,
    facts: Vec<Facts>,
    /// Morton code and point number, ordered.
    order: Vec<(u64, u32)>,
    /// Of `order`, what tiles and filters see of each point.
    digests: RunDigests,
    /// Of `order`, what the map writes beside each point.
    labels: Labels,
    by_id: HashMap<String, u32>,
    by_category: HashMap<String, FixedBitSet>,
    by_matter: HashMap<String, FixedBitSet>,
    by_division: HashMap<String, FixedBitSet>,
    bookable: FixedBitSet,
    /// The words and days that any point has.
    accessible: BTreeSet<String>,
    observed: BTreeSet<Date>,
}

impl PointFilter {
    /// The filter without the parts that look at records one by one: what is left is
    /// cheap to select for the whole city, and [`PointFilter::takes_record`] decides
    /// the rest for the points that are looked at anyway.
    #[must_use]
    pub fn by_bitmap(&self) -> Self {
        Self { accessible: None, open_at: None, updated_since: None, ..self.clone() }
    }

    /// Whether a point passes the parts that look at records.
    pub fn takes_record(&self, city: &City, point: u32) -> bool {
        matches_record(city, point as usize, self)
    }
}

impl PointIndex {
    /// Places every point in its divisions and orders them.
    pub fn build(city: &City, divisions: &DivisionIndex) -> Self {
        let n = city.points.len();
        let mut index = Self {
            near: NearIndex::build(city.points.iter().map(|p| p.location)),
            facts: Vec::with_capacity(n),
            order: Vec::with_capacity(n),
            digests: RunDigests::of(std::iter::empty()),
            labels: Labels::with_capacity(n),
            by_id: HashMap::with_capacity(n),
            by_category: HashMap::new(),
            by_matter: HashMap::new(),
            by_division: HashMap::new(),
            bookable: FixedBitSet::with_capacity(n),
            accessible: BTreeSet::new(),
            observed: BTreeSet::new(),
        };
        for (i, point) in city.points.iter().enumerate() {
            let number = i as u32;
            let world = World::project(point.location);
            let online = city.booking_portal(point, None, Booker::Oneself).is_some();
            let facts = Facts {
                location: point.location,
                world,
                divisions: divisions.covering(point.location),
                bookable: online,
                category: city.categories.index_of(&point.category).unwrap_or_default(),
            };
            index.order.push((morton(world), number));
            index.by_id.insert(point.id.clone(), number);
            index.bookable.set(i, online);
            mark_line(&mut index.by_category, &city.categories, &point.category, i, n);
            for (matter, _) in city.matters_of(point) {
                mark_line(&mut index.by_matter, &city.matters, &matter.code, i, n);
            }
            for division in facts.divisions.iter().flatten() {
                let code = &city.divisions[*division as usize].code;
                mark(&mut index.by_division, code, i, n);
            }
            for word in &point.accessibility {
                if !index.accessible.contains(word) {
                    index.accessible.insert(word.clone());
                }
            }
            index.observed.extend(point.observed_at);
            index.facts.push(facts);
        }
        index.order.sort_unstable();
        let seen = |&(_, i): &(u64, u32)| digest(city, &city.points[i as usize], index.facts(i));
        index.digests = RunDigests::of(index.order.iter().map(seen));
        for (_, i) in &index.order {
            let Facts { category, bookable, .. } = index.facts[*i as usize];
            index.labels.push(&city.points[*i as usize], category, bookable);
        }
        index
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The number of the point with this id.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// What is derived for a point.
    pub fn facts(&self, point: u32) -> &Facts {
        &self.facts[point as usize]
    }

    /// The points that `filter` selects. Bitmap operations; only `open_at` looks at
    /// the points one by one.
    pub fn select(&self, city: &City, filter: &PointFilter) -> Selection {
        let mut bits: Selection = None;
        if let Some(first) = &filter.category {
            let mut any = FixedBitSet::with_capacity(self.len());
            let codes = std::iter::once(first).chain(&filter.or_categories);
            codes.filter_map(|c| self.by_category.get(c)).for_each(|set| any.union_with(set));
            bits = Some(any);
        }
        let sets = [
            filter.service.as_ref().map(|code| self.by_matter.get(code)),
            filter.division.as_ref().map(|code| self.by_division.get(code)),
        ];
        for set in sets.into_iter().flatten() {
            match (set, &mut bits) {
                (None, _) => return Some(FixedBitSet::with_capacity(self.len())),
                (Some(set), Some(bits)) => bits.intersect_with(set),
                (Some(set), None) => bits = Some(set.clone()),
            }
        }
        if let Some(wanted) = filter.bookable {
            let bits = bits.get_or_insert_with(|| self.all());
            if wanted {
                bits.intersect_with(&self.bookable);
            } else {
                bits.difference_with(&self.bookable);
            }
        }
        if filter.accessible.is_some() || filter.open_at.is_some() || filter.updated_since.is_some()
        {
            let candidates = bits.unwrap_or_else(|| self.all());
            let kept = candidates.ones().filter(|&i| matches_record(city, i, filter));
            let mut out = FixedBitSet::with_capacity(self.len());
            kept.for_each(|i| out.insert(i));
            bits = Some(out);
        }
        bits
    }

    /// How many points a selection holds.
    pub fn count(&self, selection: &Selection) -> usize {
        selection.as_ref().map_or(self.len(), |bits| bits.count_ones(..))
    }

    /// How many points handle a matter, or one below it.
    pub fn count_of_matter(&self, code: &str) -> usize {
        self.by_matter.get(code).map_or(0, |bits| bits.count_ones(..))
    }

    /// How many points are of a category, or one below it.
    pub fn count_of_category(&self, code: &str) -> usize {
        self.by_category.get(code).map_or(0, |bits| bits.count_ones(..))
    }

    /// The selected points, nearest first, with their geodesic distance in metres. The
    /// tree is walked from the position outwards, so the price is that of the points
    /// that are taken, not of those that exist.
    pub fn nearest<'a>(
        &'a self,
        from: LonLat,
        selection: &'a Selection,
    ) -> impl Iterator<Item = (u32, f64)> + 'a {
        let location = |point: u32| self.facts[point as usize].location;
        self.near.nearest(from, |point| selects(selection, point), location)
    }

    /// The points inside a box, in no order.
    pub fn within(&self, b: Bounds) -> impl Iterator<Item = u32> + '_ {
        self.near.within(b)
    }

    /// Of the points of a tile, in Morton order: code and point number, and what the map
    /// writes beside each.
    pub fn labelled(&self, tile: TileId) -> impl Iterator<Item = ((u64, u32), Label<'_>)> {
        let places = places_of_tile(&self.order, tile);
        places.map(|place| (self.order[place], self.labels.get(place)))
    }

    /// The points of a tile in Morton order: code and point number.
    pub fn in_tile(&self, tile: TileId) -> &[(u64, u32)] {
        run_of_tile(&self.order, tile)
    }

    /// What a tile and its filters can see of the points in it. Two tiles with equal
    /// digests, in any two snapshots of one pack, hold the same points.
    pub fn digest_of_tile(&self, tile: TileId) -> Digest {
        self.digests.run(places_of_tile(&self.order, tile))
    }

    /// The same selection said in one of few ways: a time to the minute, a day on which
    /// some point was seen. `None` where a word or a day is of no point, so that nothing
    /// is selected.
    pub fn normal(&self, filter: &PointFilter) -> Option<PointFilter> {
        if filter.accessible.as_ref().is_some_and(|word| !self.accessible.contains(word)) {
            return None;
        }
        let updated_since = match filter.updated_since {
            Some(day) => Some(*self.observed.range(day..).next()?),
            None => None,
        };
        // Opening hours change on whole minutes.
        let minute = |t: DateTime| t.date().at(t.hour(), t.minute(), 0, 0);
        Some(PointFilter { updated_since, open_at: filter.open_at.map(minute), ..filter.clone() })
    }

    fn all(&self) -> FixedBitSet {
        let mut bits = FixedBitSet::with_capacity(self.len());
        bits.insert_range(..);
        bits
    }
}

fn mark(sets: &mut HashMap<String, FixedBitSet>, code: &str, i: usize, n: usize) {
    if let Some(bits) = sets.get_mut(code) {
        bits.insert(i);
    } else {
        let mut bits = FixedBitSet::with_capacity(n);
        bits.insert(i);
        sets.insert(code.to_owned(), bits);
    }
}

/// Marks `code` and everything above it.
fn mark_line<T: Node>(
    sets: &mut HashMap<String, FixedBitSet>,
    tree: &Tree<T>,
    code: &str,
    i: usize,
    n: usize,
) {
    for code in tree.ancestors(code) {
        mark(sets, code, i, n);
    }
}

/// What tiles and filters see of a point. Whoever adds a field decides here whether they
/// do.
fn digest(city: &City, point: &ServicePoint, facts: &Facts) -> Digest {
    let ServicePoint { id, name, category, matters, hours, accessibility, observed_at, .. } = point;
    let Facts { world, divisions, location: _, bookable, category: _ } = facts;
    let mut digester = Digester::default();
    digester.text(id).text(&name.zh).text(&name.en).text(category);
    digester.number(u64::from(world.x) << 32 | u64::from(world.y)).number(u64::from(*bookable));
    digester.texts(matters.iter().map(String::as_str));
    digester.texts(accessibility.iter().map(String::as_str));
    digester.text(hours.as_ref().map_or("", |h| h.raw()));
    let day =
        observed_at.map_or([0; 3], |d| [i64::from(d.year()), d.month().into(), d.day().into()]);
    for part in day {
        digester.number(part as u64);
    }
    for division in divisions {
        let code = division.map_or("", |d| city.divisions[d as usize].code.as_str());
        digester.text(code);
    }
    digester.finish()
}

/// The parts of a filter that look at the record itself.
fn matches_record(city: &City, i: usize, filter: &PointFilter) -> bool {
    let point = &city.points[i];
    let accessible =
        filter.accessible.as_ref().is_none_or(|word| point.accessibility.contains(word));
    let updated =
        filter.updated_since.is_none_or(|day| point.observed_at.is_some_and(|seen| seen >= day));
    let open = filter.open_at.is_none_or(|at| {
        let hours = point.hours.as_ref();
        hours.is_some_and(|h| h.state(&city.calendar, at) == State::Open)
    });
    accessible && updated && open
}
