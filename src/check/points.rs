//! What is missing of points, what is old, and what says that it is elsewhere.

use jiff::civil::Date;
use serde::Serialize;

use super::Listed;
use crate::city::{City, Division, Lang, Level, Localized, ServicePoint};
use crate::index::Snapshot;

/// What is wrong with points.
#[derive(Debug, Clone, Serialize)]
pub struct PointReport {
    /// How many there are.
    pub count: usize,
    /// What is not known, of all and of each top category.
    pub missing: Vec<Missing>,
    /// Observed before this day is old.
    pub stale_before: Date,
    /// Points that were last seen before that day.
    pub stale: Listed<PointRow>,
    /// Points whose name or address says another district than they lie in.
    pub claims: Listed<Claim>,
    /// Points that lie in no district.
    pub outside: Listed<PointRow>,
}

/// How many points lack something.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Missing {
    /// Code of the category; empty for all.
    pub category: String,
    /// Its name.
    pub name: Localized,
    /// How many points there are.
    pub points: usize,
    /// Without opening hours.
    pub hours: usize,
    /// Without a telephone number.
    pub phone: usize,
    /// Without an address.
    pub address: usize,
    /// Without the day on which it was last seen.
    pub observed_at: usize,
}

/// A point in a list.
#[derive(Debug, Clone, Serialize)]
pub struct PointRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// When it was last seen.
    pub observed_at: Option<Date>,
}

/// A point that says that it is elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// The point.
    pub point: PointRow,
    /// Where it says so: `address` or `name`.
    pub said_in: &'static str,
    /// The district it says.
    pub says: Localized,
    /// The district it lies in.
    pub lies_in: Option<Localized>,
    /// Metres from the border of the district that it says.
    pub off_m: Option<f64>,
    /// Whether the border may be off by as much, so that the point may be right.
    pub doubtful: bool,
}

pub(super) fn report(snapshot: &Snapshot, day: Date, stale: Date) -> PointReport {
    let city = &snapshot.city;
    let districts: Vec<(u32, &Division)> = city
        .divisions
        .iter()
        .enumerate()
        .filter(|(_, d)| d.level == Level::District && d.exists(day))
        .map(|(i, d)| (i as u32, d))
        .collect();
    let mut report = PointReport {
        count: city.points.len(),
        missing: missing(city),
        stale_before: stale,
        stale: Listed { count: 0, first: Vec::new() },
        claims: Listed { count: 0, first: Vec::new() },
        outside: Listed { count: 0, first: Vec::new() },
    };
    for (i, point) in city.points.iter().enumerate() {
        let [own, ..] = snapshot.points.facts(i as u32).divisions;
        if point.observed_at.is_some_and(|seen| seen < stale) {
            report.stale.push(|| row(point));
        }
        if own.is_none() {
            report.outside.push(|| row(point));
        }
        if let Some((said_in, number)) = claimed(city, point, &districts)
            && Some(number) != own
        {
            report.claims.push(|| claim(snapshot, point, said_in, number, own));
        }
    }
    report
}

fn row(point: &ServicePoint) -> PointRow {
    PointRow { id: point.id.clone(), name: point.name.clone(), observed_at: point.observed_at }
}

/// The district that a point says it is in: the only one in its address, or the one with
/// which its name begins.
fn claimed(
    city: &City,
    point: &ServicePoint,
    districts: &[(u32, &Division)],
) -> Option<(&'static str, u32)> {
    let name = |d: &Division| d.name.get(Lang::Zh).to_owned();
    if let Some(address) = &point.address {
        let mut said = districts.iter().filter(|(_, d)| address.contains(&name(d)));
        if let (Some((number, _)), None) = (said.next(), said.next()) {
            return Some(("address", *number));
        }
    }
    let own = point.name.get(Lang::Zh);
    let own = own.strip_prefix(city.manifest.name.get(Lang::Zh)).unwrap_or(own);
    let (number, _) = districts.iter().find(|(_, d)| own.starts_with(&name(d)))?;
    Some(("name", *number))
}

fn claim(
    snapshot: &Snapshot,
    point: &ServicePoint,
    said_in: &'static str,
    says: u32,
    lies_in: Option<u32>,
) -> Claim {
    let city = &snapshot.city;
    let named = |n: u32| city.divisions[n as usize].name.clone();
    let border = snapshot.divisions.own_border(Level::District, says, point.location);
    let off = border.map(|b| b.metres);
    let accuracy = city.manifest.level(Level::District).map_or(0.0, |l| l.accuracy_m);
    Claim {
        point: row(point),
        said_in,
        says: named(says),
        lies_in: lies_in.map(named),
        off_m: off.map(f64::round),
        doubtful: off.is_some_and(|m| m < accuracy),
    }
}

/// What is not known, of all points and of each top category that has some.
fn missing(city: &City) -> Vec<Missing> {
    let count = |of: &[&ServicePoint], category: String, name: Localized| Missing {
        category,
        name,
        points: of.len(),
        hours: of.iter().filter(|p| p.hours.is_none()).count(),
        phone: of.iter().filter(|p| p.phone.is_none()).count(),
        address: of.iter().filter(|p| p.address.is_none()).count(),
        observed_at: of.iter().filter(|p| p.observed_at.is_none()).count(),
    };
    let all: Vec<&ServicePoint> = city.points.iter().collect();
    let everything = Localized { zh: "全部".to_owned(), en: "All".to_owned() };
    let mut rows = vec![count(&all, String::new(), everything)];
    for top in city.categories.children(None) {
        let within = |p: &&ServicePoint| {
            p.category == top.code || city.categories.is_within(&p.category, &top.code)
        };
        let of: Vec<&ServicePoint> = city.points.iter().filter(within).collect();
        if !of.is_empty() {
            rows.push(count(&of, top.code.clone(), top.name.clone()));
        }
    }
    rows
}
