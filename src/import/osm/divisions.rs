//! Divisions: relations with an `admin_level`.

use geo::{BoundingRect, Contains, Intersects, MultiPolygon, Point};

use super::areas::{self, Area};
use super::scan::{Raw, Relation};
use super::{Report, points, words};
use crate::city::{Division, Lang, Level, Localized, Quality, Residents};
use crate::geo::{Bounds, LonLat};
use crate::import::value;

/// The share of everything that the city's own area holds.
const CITY_SHARE: f64 = 0.9;

/// Which `admin_level` is which level, from the largest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels(Vec<(u8, Level)>);

impl Levels {
    /// Reads `6=district,8=township,10=community`, or a part of it.
    ///
    /// # Errors
    /// Where that is not what it is.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not like 6=district,8=township,10=community");
        let pair = |part: &str| {
            let (number, level) = part.split_once('=')?;
            let number = number.trim().parse().ok().filter(|n| (1..=15).contains(n))?;
            Some((number, Level::parse(level.trim())?))
        };
        let mut pairs: Vec<(u8, Level)> =
            text.split(',').map(pair).collect::<Option<_>>().ok_or_else(wrong)?;
        pairs.sort_unstable_by_key(|(_, level)| *level);
        if pairs.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1) {
            return Ok(Self(pairs));
        }
        Err(format!("{}: a smaller level has a larger number, and each is given once", wrong()))
    }

    /// Pairs of `admin_level` and level, from the largest.
    pub fn pairs(&self) -> &[(u8, Level)] {
        &self.0
    }

    fn of(&self, number: u8) -> Option<Level> {
        self.0.iter().find(|(n, _)| *n == number).map(|(_, level)| *level)
    }
}

/// What was found.
pub(super) struct Divisions {
    pub(super) city: Option<Localized>,
    pub(super) bounds: Option<Bounds>,
    pub(super) levels: Levels,
    pub(super) list: Vec<Division>,
}

/// A relation with its area.
struct Unit<'a> {
    relation: &'a Relation,
    number: u8,
    name: Localized,
    area: Option<MultiPolygon<f64>>,
    at: Option<LonLat>,
    residents: Option<Residents>,
}

/// The divisions. `everything` is where points and places are: it tells which area is the
/// city's own, and so which levels lie below it.
pub(super) fn read(
    raw: &Raw,
    wanted: Option<&Levels>,
    everything: &[LonLat],
    language: Lang,
    report: &mut Report,
) -> Divisions {
    let mut units: Vec<Unit<'_>> =
        raw.relations.iter().filter_map(|r| unit(raw, r, language, report)).collect();
    units.sort_by_key(|unit| (unit.number, unit.relation.id));
    let city = city(&units, everything).map(|at| &units[at]);
    let levels = wanted.cloned().unwrap_or_else(|| below(&units, city.map(|c| c.number)));
    let inside = |unit: &&Unit<'_>| match (city.and_then(|c| c.area.as_ref()), unit.at) {
        (Some(area), Some(at)) => area.contains(&Point::from(at)),
        _ => true,
    };
    let kept: Vec<(Level, &Unit<'_>)> = units
        .iter()
        .filter(inside)
        .filter_map(|unit| Some((levels.of(unit.number)?, unit)))
        .collect();
    let parent = |level: Level, unit: &Unit<'_>| {
        let at = Point::from(unit.at?);
        let above = kept.iter().filter(|(other, _)| *other < level);
        let holds = |u: &&Unit<'_>| u.area.as_ref().is_some_and(|area| area.contains(&at));
        let above = above.map(|(level, unit)| (*level, *unit)).filter(|(_, unit)| holds(unit));
        above.max_by_key(|(level, _)| *level).map(|(_, unit)| code(unit.relation))
    };
    for (_, unit) in &kept {
        if unit.residents.is_none() && unit.relation.tags.get("population").is_some() {
            let line = || format!("relation/{} {}", unit.relation.id, unit.name.zh);
            report.undated.add(line);
        }
    }
    let mut divisions: Vec<Division> = kept
        .iter()
        .map(|(level, unit)| Division {
            code: code(unit.relation),
            level: *level,
            aliases: words::aliases(&unit.relation.tags, &unit.name),
            name: unit.name.clone(),
            parent: parent(*level, unit),
            valid_from: None,
            valid_to: None,
            quality: Quality::Approximate,
            area: unit.area.clone(),
            point: unit.at.filter(|_| unit.area.is_none()),
            residents: unit.residents,
            placed_by: (unit.area.is_none() && unit.at.is_some()).then(|| "label".to_owned()),
            source: "osm".to_owned(),
        })
        .collect();
    divisions.sort_by(|a, b| a.level.cmp(&b.level).then_with(|| a.code.cmp(&b.code)));
    let bounds = city.and_then(|c| c.area.as_ref()).and_then(MultiPolygon::bounding_rect);
    Divisions {
        city: city.map(|c| c.name.clone()),
        bounds: bounds.map(|b| Bounds {
            west: b.min().x,
            south: b.min().y,
            east: b.max().x,
            north: b.max().y,
        }),
        levels,
        list: divisions,
    }
}

fn code(relation: &Relation) -> String {
    format!("r{}", relation.id)
}

/// A division, unless the extract holds only a part of it.
fn unit<'a>(
    raw: &Raw,
    relation: &'a Relation,
    language: Lang,
    report: &mut Report,
) -> Option<Unit<'a>> {
    if relation.tags.get("boundary") != Some("administrative") {
        return None;
    }
    let number = relation.tags.get("admin_level")?.parse().ok()?;
    let name = words::name(&relation.tags, language)?;
    let line = |why: &str| format!("relation/{} {}{why}", relation.id, name.zh);
    let label = relation.label.and_then(|id| raw.position(id)).map(|c| LonLat::new(c.x, c.y));
    let area = match areas::area(raw, relation) {
        Area::Whole(area) => Some(area),
        Area::Repaired(area) => {
            report.repaired.add(|| line(""));
            Some(area)
        }
        Area::Cut => {
            report.cut.add(|| line(""));
            return None;
        }
        Area::Broken(why) => {
            report.broken.add(|| line(&format!(": {why}")));
            None
        }
    };
    let at = area.as_ref().and_then(points::inside).or(label);
    let residents = residents(relation);
    Some(Unit { relation, number, name, area, at, residents })
}

/// Who lives there, where the map says of which day its number is.
fn residents(relation: &Relation) -> Option<Residents> {
    let count = value::people(relation.tags.get("population")?).ok()?;
    Some(Residents { count, on: value::day(relation.tags.get("population:date")?)? })
}

/// The smallest area that holds nearly everything.
fn city(units: &[Unit<'_>], everything: &[LonLat]) -> Option<usize> {
    // A thousand positions tell it as well as a million.
    let step = everything.len() / 1000 + 1;
    let sample: Vec<Point<f64>> = everything.iter().step_by(step).map(|p| (*p).into()).collect();
    let holds = |unit: &Unit<'_>| {
        let area = unit.area.as_ref()?;
        let held = sample.iter().filter(|p| area.intersects(*p)).count();
        (!sample.is_empty() && held as f64 >= CITY_SHARE * sample.len() as f64).then_some(())
    };
    (0..units.len()).rev().find(|at| holds(&units[*at]).is_some())
}

/// The levels below the city's own, at most three, or of all where no area is the city's.
fn below(units: &[Unit<'_>], city: Option<u8>) -> Levels {
    let mut numbers: Vec<u8> = units
        .iter()
        .filter(|u| u.area.is_some() && city.is_none_or(|own| u.number > own))
        .map(|u| u.number)
        .collect();
    numbers.dedup();
    // A city that is not divided is its own district.
    if numbers.is_empty() {
        numbers.extend(city);
    }
    Levels(numbers.into_iter().zip(Level::ALL).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::osm::scan::Tags;

    #[test]
    fn a_population_of_no_day_is_left_out() {
        let residents = |tags: &[(&str, &str)]| {
            let tags = Tags::of(tags);
            residents(&Relation { id: 1, tags, ways: Vec::new(), label: None })
        };
        let on = |day| ("population:date", day);
        let known = residents(&[("population", "12 345"), on("2024-12-31")]).unwrap();
        assert_eq!((known.count, known.on), (12_345, jiff::civil::date(2024, 12, 31)));
        for tags in [
            &[("population", "12345")][..],
            &[on("2024-12-31")],
            &[("population", "12345"), on("2024")],
            &[("population", "about 12000"), on("2024-12-31")],
        ] {
            assert_eq!(residents(tags), None, "{tags:?}");
        }
    }

    #[test]
    fn levels_are_read_from_the_largest() {
        let levels = Levels::parse("10=township, 9=district").unwrap();
        assert_eq!(levels.pairs(), [(9, Level::District), (10, Level::Township)]);
        for wrong in
            ["", "9", "9=county", "9=township,10=district", "9=district,9=township", "0=district"]
        {
            assert!(Levels::parse(wrong).is_err(), "{wrong}");
        }
    }
}
