//! Counts of points by facet, as the list shows them.

use serde::Serialize;
use utoipa::ToSchema;

use super::params::Params;
use crate::city::Lang;
use crate::index::{Facet, FacetCounts, Snapshot};

/// How many of the points that match are of each kind, under the facets that were asked
/// for. The counts of a facet add up to `numberMatched`.
#[derive(Serialize, ToSchema)]
pub(super) struct Facets<'a> {
    /// By the points' own category, the most first.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Vec<Counted<'a>>>,
    /// By district, the most first; the code is null outside every district.
    #[serde(skip_serializing_if = "Option::is_none")]
    county: Option<Vec<Counted<'a>>>,
    /// By whether they are open at `open_at`, else now.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<OpenCounts>,
    /// By whether a visit can be booked on line.
    #[serde(skip_serializing_if = "Option::is_none")]
    bookable: Option<BookableCounts>,
}

/// How many points are of a kind.
#[derive(Serialize, ToSchema)]
struct Counted<'a> {
    code: Option<&'a str>,
    name: Option<&'a str>,
    count: usize,
}

#[derive(Serialize, ToSchema)]
struct OpenCounts {
    open: usize,
    closed: usize,
    /// Also those whose hours nobody knows.
    unknown: usize,
}

#[derive(Serialize, ToSchema)]
struct BookableCounts {
    r#true: usize,
    r#false: usize,
}

/// Reads which facets are asked for.
pub(super) fn asked(q: &mut Params<'_>) -> Vec<Facet> {
    let names = q.list("facets");
    let mut facets = Vec::new();
    for name in names {
        match Facet::ALL.into_iter().find(|f| f.key() == name) {
            Some(facet) if facets.contains(&facet) => {}
            Some(facet) => facets.push(facet),
            None => {
                let known = Facet::ALL.map(Facet::key).join(", ");
                q.fault("facets", format!("\"{name}\" is no facet; the facets are {known}"));
            }
        }
    }
    facets
}

/// The counts with the names of what was counted.
pub(super) fn view<'a>(
    snapshot: &'a Snapshot,
    lang: Lang,
    facets: &[Facet],
    counts: &FacetCounts,
) -> Facets<'a> {
    let wanted = |facet: Facet| facets.contains(&facet);
    let city = &snapshot.city;
    let category = counts.category.iter().map(|(number, count)| {
        let category = &city.categories.iter().as_slice()[*number];
        Counted { code: Some(&category.code), name: Some(category.name.get(lang)), count: *count }
    });
    let county = counts.county.iter().map(|(number, count)| {
        let county = number.map(|n| &city.divisions[n as usize]);
        Counted {
            code: county.map(|c| c.code.as_str()),
            name: county.map(|c| c.name.get(lang)),
            count: *count,
        }
    });
    let [open, closed, unknown] = counts.open;
    let [not, bookable] = counts.bookable;
    Facets {
        category: wanted(Facet::Category).then(|| most_first(category)),
        county: wanted(Facet::County).then(|| most_first(county)),
        open: wanted(Facet::Open).then_some(OpenCounts { open, closed, unknown }),
        bookable: wanted(Facet::Bookable)
            .then_some(BookableCounts { r#true: bookable, r#false: not }),
    }
}

fn most_first<'a>(counts: impl Iterator<Item = Counted<'a>>) -> Vec<Counted<'a>> {
    let mut counts: Vec<Counted<'a>> = counts.collect();
    // Stable: equal counts stay in the order of the city's lists.
    counts.sort_by_key(|c| std::cmp::Reverse(c.count));
    counts
}
