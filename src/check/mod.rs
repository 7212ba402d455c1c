//! How good a city's records are: what is covered, what is missing, and what contradicts
//! itself.
//!
//! [`check`] looks at one snapshot and finds fault with nothing but the records; it changes
//! nothing and knows neither store nor network. Lists are bounded and say how many there are
//! in all. [`html`] makes a page of a report that needs nothing beside itself.

mod borders;
mod coverage;
pub mod html;
mod points;
mod residents;

use jiff::civil::Date;
use serde::Serialize;

pub use borders::{Borders, Patch, Seam};
pub use coverage::{Coverage, LevelCounts, Named};
pub use points::{Claim, Missing, PointReport, PointRow};
pub use residents::Mismatch;

use crate::city::portal::LinkStatus;
use crate::city::{Localized, Quality};
use crate::index::Snapshot;
use crate::locate::routing;

/// Most entries of any list.
const MOST: usize = 100;

/// A list of which only the first are given.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Listed<T> {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub first: Vec<T>,
}

impl<T> Listed<T> {
    fn push(&mut self, entry: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < MOST {
            self.first.push(entry());
        }
    }
}

/// What is known of how good the records are.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Name of the city.
    pub city: Localized,
    /// State of the records, as in every entity tag.
    pub version: String,
    /// As of which day.
    pub date: Date,
    /// Divisions by level and quality.
    pub levels: Vec<LevelCounts>,
    /// Points by district and category.
    pub coverage: Coverage,
    /// What is wrong with points.
    pub points: PointReport,
    /// Where visits are booked.
    pub portals: Vec<PortalRow>,
    /// Gaps and overlaps of each level that has areas.
    pub borders: Vec<Borders>,
    /// Divisions whose residents are not those of their parts.
    pub residents: Listed<Mismatch>,
    /// What is wrong with the rules of who must act.
    pub rules: Vec<RuleFinding>,
}

/// A portal, and what is known of its address.
#[derive(Debug, Clone, Serialize)]
pub struct PortalRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// Its address; empty where there is a telephone only.
    pub url: String,
    /// Whether it leads to the form itself.
    pub deep: bool,
    /// Whether it answered.
    pub status: LinkStatus,
    /// How many points send their visitors there.
    pub points: usize,
}

/// What is wrong with one rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFinding {
    /// `unreachable` or `overlap`.
    pub kind: &'static str,
    /// In words.
    pub detail: Localized,
}

/// What may be wrong; for a program that wants to stop on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A point says that it is in another district.
    Claims,
    /// A point is in no district.
    Outside,
    /// Divisions of a level overlap.
    Overlaps,
    /// Ground is in no division of a level.
    Gaps,
    /// As many people do not live in a division as in its parts.
    Residents,
    /// The address of a portal is dead.
    DeadLinks,
    /// A rule never fires, or its order alone decides.
    Rules,
}

impl Report {
    /// How often something is wrong.
    pub fn count(&self, fault: Fault) -> usize {
        match fault {
            Fault::Claims => self.points.claims.count,
            Fault::Outside => self.points.outside.count,
            Fault::Overlaps => self.borders.iter().map(|b| b.overlaps.count).sum(),
            Fault::Gaps => self.borders.iter().map(|b| b.gaps.count).sum(),
            Fault::Residents => self.residents.count,
            Fault::DeadLinks => {
                self.portals.iter().filter(|p| p.status == LinkStatus::Dead).count()
            }
            Fault::Rules => self.rules.len(),
        }
    }
}

/// Looks at everything. `day` is the day whose divisions count; an observation before
/// `stale` is old. About a second for 7,500 divisions of ordinary outlines; outlines beyond
/// a budget are not compared, and the report says so.
pub fn check(snapshot: &Snapshot, day: Date, stale: Date) -> Report {
    let city = &snapshot.city;
    let served = |id: &str| {
        city.points.iter().filter(|p| city.portals_of(p).iter().any(|q| q.id == id)).count()
    };
    Report {
        city: city.manifest.name.clone(),
        version: snapshot.version.clone(),
        date: day,
        levels: coverage::levels(city, day),
        coverage: coverage::table(snapshot, day),
        points: points::report(snapshot, day, stale),
        portals: city
            .portals
            .iter()
            .map(|p| PortalRow {
                id: p.id.clone(),
                name: p.name.clone(),
                url: p.url.clone(),
                deep: p.deep,
                status: p.status,
                points: served(&p.id),
            })
            .collect(),
        borders: borders::all(city, day),
        residents: residents::mismatches(city, day),
        rules: routing::check(city)
            .into_iter()
            .map(|f| RuleFinding { kind: f.key(), detail: f.explain(city) })
            .collect(),
    }
}

/// Whether a quality is the official one.
fn is_official(quality: Quality) -> bool {
    quality == Quality::Authoritative
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::search::fixture;

    fn report(change: impl FnOnce(&mut crate::city::City)) -> Report {
        let mut city = fixture::snapshot().city;
        change(&mut city);
        check(&Snapshot::build(city), date(2026, 7, 1), date(2026, 1, 1))
    }

    #[test]
    fn a_point_that_says_another_district_is_found_with_how_far_it_is_off() {
        assert_eq!(report(|_| ()).points.claims.count, 0);
        let found = report(|city| {
            city.points[0].name.zh = "样例市乙区人民政府".to_owned();
            city.points[3].address = Some("样例市乙区一号".to_owned());
            // Both districts: nothing is said.
            city.points[4].address = Some("甲区与乙区交界".to_owned());
        });
        let claims = &found.points.claims;
        assert_eq!((claims.count, found.count(Fault::Claims)), (2, 2), "{claims:?}");
        let [name, address] = &claims.first[..] else { panic!("{claims:?}") };
        assert_eq!((name.said_in, address.said_in), ("name", "address"));
        assert_eq!((&*name.says.zh, &*name.lies_in.as_ref().unwrap().zh), ("乙区", "甲区"));
        // 0.05 degrees of longitude at 39.95 degrees north.
        let off = name.off_m.unwrap();
        assert!((4200.0..4350.0).contains(&off) && !name.doubtful, "{name:?}");
    }

    #[test]
    fn what_is_missing_old_or_nowhere_is_counted() {
        let found = report(|city| {
            city.points[0].phone = Some("1".to_owned());
            city.points[1].observed_at = Some(date(2025, 12, 31));
            city.points[2].observed_at = None;
            city.points[3].location = crate::geo::LonLat::new(116.9, 40.4);
        });
        let points = &found.points;
        let all = &points.missing[0];
        assert_eq!((all.points - all.phone, all.hours, all.observed_at), (1, all.points, 1));
        assert_eq!((points.stale.count, points.stale.first[0].id.as_str()), (1, "p2"));
        assert_eq!((points.outside.count, points.outside.first[0].id.as_str()), (1, "p4"));
        let rows = &found.coverage.districts;
        let sum: usize = rows.iter().flat_map(|r| &r.points).sum();
        assert_eq!(sum, points.count, "every point is in a cell");
        assert_eq!(rows.last().unwrap().district.code, "", "and one in no district");
    }

    #[test]
    fn a_list_gives_the_first_and_says_how_many_there_are() {
        let mut list = Listed::default();
        (0..MOST + 5).for_each(|i| list.push(|| i));
        assert_eq!((list.count, list.first.len()), (MOST + 5, MOST));
    }

    #[test]
    fn nothing_from_the_records_is_taken_for_markup() {
        let found = report(|city| {
            city.points[0].name.zh = "样例市乙区<script>".to_owned();
            city.points[0].id = "\"><x>".to_owned();
        });
        for lang in [crate::city::Lang::Zh, crate::city::Lang::En] {
            let page = html::page(&found, lang);
            assert!(!page.contains("<script") && !page.contains("<x>"), "{page}");
            assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
            let opened = |tag: &str| {
                page.matches(&format!("<{tag}>")).count()
                    + page.matches(&format!("<{tag} ")).count()
            };
            for tag in ["section", "table", "tr", "td", "ul", "li", "div", "tbody"] {
                assert_eq!(opened(tag), page.matches(&format!("</{tag}>")).count(), "{tag}");
            }
        }
    }
}
