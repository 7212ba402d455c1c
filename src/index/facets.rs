//! Counts of points by facet: how many of those that match are of each kind.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::listing::Area;
use super::points::{PointIndex, Selection};
use crate::city::hours::State;
use crate::city::{City, Level};

/// By what points can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// Their own category.
    Category,
    /// Their district.
    County,
    /// Whether they are open at a time.
    Open,
    /// Whether a visit can be booked on line.
    Bookable,
}

impl Facet {
    /// Every facet, in the order of an answer.
    pub const ALL: [Self; 4] = [Self::Category, Self::County, Self::Open, Self::Bookable];

    /// Its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::County => "county",
            Self::Open => "open",
            Self::Bookable => "bookable",
        }
    }
}

/// How many points are of each kind, under each facet that was asked for. The counts of a
/// facet add up to the number of points.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FacetCounts {
    /// By category number.
    pub category: BTreeMap<usize, usize>,
    /// By division number; `None` is outside every district.
    pub county: BTreeMap<Option<u32>, usize>,
    /// Open, closed, unknown.
    pub open: [usize; 3],
    /// Not bookable, bookable.
    pub bookable: [usize; 2],
}

impl PointIndex {
    /// Counts the selected points of an area by `facets`; `at`, a local time, is that for
    /// which they are open. Looks at each of them once; opening hours are by far the
    /// dearest to look at.
    pub fn counts(
        &self,
        city: &City,
        area: &Area,
        selection: &Selection,
        facets: &[Facet],
        at: DateTime,
    ) -> FacetCounts {
        let mut counts = FacetCounts::default();
        for point in self.inside(area, selection) {
            let facts = self.facts(point);
            for facet in facets {
                match facet {
                    Facet::Category => *counts.category.entry(facts.category).or_default() += 1,
                    Facet::County => {
                        let county = facts.divisions[Level::District as usize];
                        *counts.county.entry(county).or_default() += 1;
                    }
                    Facet::Open => {
                        let hours = city.points[point as usize].hours.as_ref();
                        let state = hours.map_or(State::Unknown, |h| h.state(&city.calendar, at));
                        counts.open[state as usize] += 1;
                    }
                    Facet::Bookable => counts.bookable[usize::from(facts.bookable)] += 1,
                }
            }
        }
        counts
    }
}
