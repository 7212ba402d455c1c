//! What there is, where: divisions by quality, points by district and category.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Serialize;

use super::is_official;
use crate::city::{City, Level, Localized};
use crate::index::Snapshot;

/// The divisions of a level.
#[derive(Debug, Clone, Serialize)]
pub struct LevelCounts {
    /// Which level.
    pub level: Level,
    /// What the city calls it.
    pub name: Localized,
    /// Divisions with an official area.
    pub authoritative: usize,
    /// Divisions with an estimated area.
    pub approximate: usize,
    /// Divisions of which no area is known.
    pub without_area: usize,
    /// Divisions of which it is known how many people live there.
    pub with_residents: usize,
}

/// Points by district and top category.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// The categories, in the order of the cells.
    pub categories: Vec<Named>,
    /// The districts; what is in none comes last, without a code.
    pub districts: Vec<Row>,
}

/// A code with its name.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    /// The code; empty for what has none.
    pub code: String,
    /// The name.
    pub name: Localized,
}

/// The points of a district.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which.
    pub district: Named,
    /// Points of each category.
    pub points: Vec<usize>,
}

/// Divisions that exist on a day, by level and quality.
pub(super) fn levels(city: &City, day: Date) -> Vec<LevelCounts> {
    let of = |level| city.divisions.iter().filter(move |d| d.level == level && d.exists(day));
    let counts = |level| LevelCounts {
        level,
        name: city.manifest.level(level).map(|l| l.name.clone()).unwrap_or_default(),
        authoritative: of(level).filter(|d| d.area.is_some() && is_official(d.quality)).count(),
        approximate: of(level).filter(|d| d.area.is_some() && !is_official(d.quality)).count(),
        without_area: of(level).filter(|d| d.area.is_none()).count(),
        with_residents: of(level).filter(|d| d.residents.is_some()).count(),
    };
    Level::ALL.into_iter().filter(|l| of(*l).next().is_some()).map(counts).collect()
}

/// How many points of each category are in each district.
pub(super) fn table(snapshot: &Snapshot, day: Date) -> Coverage {
    let city = &snapshot.city;
    let tops: Vec<&str> = city.categories.children(None).map(|c| c.code.as_str()).collect();
    let column_of = |code: &str| -> Option<usize> {
        let ancestors = city.categories.ancestors(code);
        tops.iter().position(|top| *top == code || ancestors.contains(top))
    };
    let mut counts: HashMap<Option<u32>, Vec<usize>> = HashMap::new();
    for (i, point) in city.points.iter().enumerate() {
        let [district, ..] = snapshot.points.facts(i as u32).divisions;
        let row = counts.entry(district).or_insert_with(|| vec![0; tops.len()]);
        if let Some(column) = column_of(&point.category) {
            row[column] += 1;
        }
    }
    let mut take = |number| counts.remove(&number).unwrap_or_else(|| vec![0; tops.len()]);
    let mut districts: Vec<Row> = Vec::new();
    for (number, district) in city.divisions.iter().enumerate() {
        if district.level == Level::District && district.exists(day) {
            let named = Named { code: district.code.clone(), name: district.name.clone() };
            districts.push(Row { district: named, points: take(Some(number as u32)) });
        }
    }
    let outside = take(None);
    if outside.iter().any(|n| *n > 0) {
        let name = Localized { zh: "不在任何区".to_owned(), en: "In no district".to_owned() };
        districts.push(Row { district: Named { code: String::new(), name }, points: outside });
    }
    let categories = city.categories.children(None);
    Coverage {
        categories: categories
            .map(|c| Named { code: c.code.clone(), name: c.name.clone() })
            .collect(),
        districts,
    }
}
