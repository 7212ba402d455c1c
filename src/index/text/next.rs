//! The documents after service points have changed.

use std::cmp::Ordering;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::build::{part, point, points};
use super::{Part, TextIndex};
use crate::city::{City, ServicePoint};

/// Points that may be indexed apart from the others: this many, or one of so many.
const APART: (usize, usize) = (256, 8);

/// The index of `city`, which came from `before` by changes of service points.
pub(super) fn next(index: &TextIndex, before: &City, city: &City) -> TextIndex {
    let lasting = Arc::clone(&index.lasting);
    let (readings, rules) = (&lasting.readings, &lasting.rules);
    let kept = kept(&before.points, &city.points);
    let mut there = FixedBitSet::with_capacity(city.points.len());
    let mut all = after(&index.points, &kept, &mut there);
    let mut apart: Vec<usize> = there.zeroes().collect();
    let most = APART.0.max(city.points.len() / APART.1);
    if apart.len() > most || all.gone.count_ones(..) > most {
        all = part(city, points(city), readings, rules);
        apart.clear();
    }
    let entries = apart.into_iter().map(|number| point(city, number)).collect();
    let written = part(city, entries, readings, rules);
    TextIndex { points: all, written, lasting }
}

/// The part as it is when points have new numbers or none; marks the new ones.
fn after(part: &Part, kept: &[Option<u32>], there: &mut FixedBitSet) -> Part {
    let mut entries = part.entries.clone();
    let mut gone = part.gone.clone();
    for (doc, entry) in entries.iter_mut().enumerate() {
        if gone.contains(doc) {
            continue;
        }
        match kept[entry.number as usize] {
            Some(number) => {
                entry.number = number;
                there.insert(number as usize);
            }
            None => gone.insert(doc),
        }
    }
    Part { entries, names: Arc::clone(&part.names), gone }
}

/// For each point of `before` its number in `now`, where it is known by the same names,
/// category and place. Both are ordered by id.
fn kept(before: &[ServicePoint], now: &[ServicePoint]) -> Vec<Option<u32>> {
    let mut left = now.iter().zip(0..).peekable();
    let number = |old: &ServicePoint| loop {
        let (new, number) = *left.peek()?;
        match new.id.cmp(&old.id) {
            Ordering::Greater => return None,
            Ordering::Equal => return is_known_alike(old, new).then_some(number),
            Ordering::Less => left.next(),
        };
    };
    before.iter().map(number).collect()
}

/// Whether two points are the same as far as the index of names knows them.
pub(in crate::index) fn is_known_alike(a: &ServicePoint, b: &ServicePoint) -> bool {
    (&a.id, &a.name, &a.aliases, &a.category, a.location)
        == (&b.id, &b.name, &b.aliases, &b.category, b.location)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Field, Grade, Kind};
    use super::*;
    use crate::search::fixture;

    /// What a burst of writes does to a city's points.
    #[derive(Debug, Clone)]
    enum Step {
        /// So many points from this one on get another name.
        Rename(usize, usize),
        Remove(usize),
        Add(u32),
        Nothing,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..600_usize, 0..60_usize).prop_map(|(from, n)| Step::Rename(from, n)),
            1 => (0..600_usize).prop_map(|from| Step::Rename(from, 300)),
            2 => (0..600_usize).prop_map(Step::Remove),
            2 => (0..2000_u32).prop_map(Step::Add),
            1 => Just(Step::Nothing),
        ]
    }

    fn take(city: &mut City, step: &Step, round: usize) {
        let point = |id: String, name: String| {
            let mut point = city.points[0].clone();
            (point.id, point.name.zh) = (id, name);
            point
        };
        match step {
            Step::Rename(from, n) => {
                let end = (from + n).min(city.points.len());
                for point in city.points.get_mut(*from..end).into_iter().flatten() {
                    point.name.zh = format!("{round}号图书馆");
                }
            }
            Step::Remove(i) if *i + 1 < city.points.len() => drop(city.points.remove(i + 1)),
            Step::Add(n) => {
                let new = point(format!("p{n:04}"), format!("新书屋{n}"));
                if let Err(at) = city.points.binary_search_by(|p| p.id.cmp(&new.id)) {
                    city.points.insert(at, new);
                }
            }
            _ => {}
        }
    }

    /// A document: what it is and its forms.
    type Told = (Kind, u32, f32, Vec<(Grade, String)>);

    /// Everything that can be asked, in order.
    fn told(index: &TextIndex) -> Vec<Vec<Told>> {
        let tell = |doc: u32| {
            let entry = index.entry(doc);
            let forms = index.forms(doc).map(|(grade, form)| (grade, form.to_owned()));
            (entry.kind, entry.number, entry.importance, forms.collect())
        };
        let mut all: Vec<u32> = index.docs().collect();
        all.sort_by(|a, b| index.precedence(*a, *b));
        let mut told = vec![all.into_iter().map(tell).collect()];
        for term in ["图书", "书屋", "书馆", "新书", "2号"] {
            let walk: Vec<Told> = index.walk(&[(Field::Gram, term)]).map(tell).collect();
            assert_eq!(index.holds(Field::Gram, term), !walk.is_empty());
            told.push(walk);
        }
        told
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn an_index_that_follows_answers_like_one_that_is_built(
            steps in proptest::collection::vec(step(), 1..8)
        ) {
            let mut city = fixture::snapshot().city;
            let first = city.points[0].clone();
            city.points = (0..600)
                .map(|i| {
                    let mut point = first.clone();
                    (point.id, point.name.zh) = (format!("p{:04}", i * 3), format!("{i}街书屋"));
                    point
                })
                .collect();
            let mut index = TextIndex::build(&city);
            for (round, step) in steps.iter().enumerate() {
                let before = city.clone();
                take(&mut city, step, round);
                index = index.next(&before, &city);
                prop_assert!(index.written.entries.len() <= APART.0.max(city.points.len() / APART.1));
                prop_assert_eq!(told(&index), told(&TextIndex::build(&city)));
            }
        }
    }
}
