//! Whether as many people live in a division as in its parts.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Serialize;

use super::Listed;
use super::borders::bounded;
use super::coverage::Named;
use crate::city::{City, Division, Residents};

/// How far the sum may be from the whole, as a share of it: a count of another year, and
/// numbers that were rounded, are no contradiction.
const TOLERANCE: f64 = 0.05;

/// A division whose residents are not those of its parts.
#[derive(Debug, Clone, Serialize)]
pub struct Mismatch {
    /// Which.
    pub division: Named,
    /// Its residents.
    pub count: u32,
    /// The day that this number is of.
    pub on: Date,
    /// Residents of its parts, as far as they are known.
    pub sum: u64,
    /// Parts whose residents are known.
    pub known: usize,
    /// All its parts: divisions of the next level, directly under it.
    pub parts: usize,
    /// The earliest day that a number of the parts is of.
    pub from: Date,
    /// The latest.
    pub to: Date,
}

/// The divisions whose number is more than a twentieth from the sum of their parts, or
/// less than what some of the parts have already; the farthest off first.
pub(super) fn mismatches(city: &City, day: Date) -> Listed<Mismatch> {
    let mut parts: HashMap<&str, Vec<&Division>> = HashMap::new();
    for division in city.divisions.iter().filter(|d| d.exists(day)) {
        if let Some(parent) = &division.parent {
            parts.entry(parent).or_default().push(division);
        }
    }
    let all = city.divisions.iter().filter(|d| d.exists(day));
    let mut found: Vec<Mismatch> = all
        .filter_map(|division| {
            let residents = division.residents?;
            compare(division, residents, parts.get(division.code.as_str())?)
        })
        .collect();
    found.sort_by_key(|m| std::cmp::Reverse(m.sum.abs_diff(m.count.into())));
    bounded(found)
}

fn compare(division: &Division, residents: Residents, below: &[&Division]) -> Option<Mismatch> {
    // What lies further below is a part of a part, whatever it names as its parent.
    let next = below.iter().map(|part| part.level).min()?;
    let parts = below.iter().filter(|part| part.level == next);
    let known: Vec<Residents> = parts.clone().filter_map(|part| part.residents).collect();
    let (from, to) =
        (known.iter().map(|part| part.on).min()?, known.iter().map(|part| part.on).max()?);
    let sum: u64 = known.iter().map(|part| u64::from(part.count)).sum();
    let (count, parts) = (residents.count, parts.count());
    let may_differ = f64::from(count) * TOLERANCE;
    let more = sum as f64 - f64::from(count);
    if more <= may_differ && (known.len() < parts || -more <= may_differ) {
        return None;
    }
    let division = Named { code: division.code.clone(), name: division.name.clone() };
    Some(Mismatch { division, count, on: residents.on, sum, known: known.len(), parts, from, to })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::city::Level;
    use crate::city::synthetic::{self, Plan};

    const PLAN: Plan =
        Plan { side: 8, communities: 12, townships: 4, districts: 2, ..Plan::METROPOLIS };

    /// A city in which each township has 100 residents, and the first district as many as given.
    fn found(count: u32, without: usize) -> Listed<Mismatch> {
        let mut city = synthetic::city(&PLAN);
        let mut divisions = (*city.divisions).clone();
        let on = date(2020, 11, 1);
        let first = divisions.iter().position(|d| d.level == Level::District).unwrap();
        divisions[first].residents = Some(Residents { count, on });
        let code = divisions[first].code.clone();
        let within = divisions.iter_mut().filter(|d| d.parent.as_ref() == Some(&code));
        let parts = within.enumerate().map(|(i, part)| {
            part.residents = (i >= without).then_some(Residents { count: 100, on });
        });
        assert_eq!(parts.count(), 2);
        city.divisions = divisions.into();
        mismatches(&city, date(2026, 7, 1))
    }

    #[test]
    fn a_sum_that_is_far_from_the_whole_is_found() {
        assert_eq!(found(200, 0).count, 0);
        assert_eq!(found(192, 0).count, 0, "within a twentieth");
        for count in [0, 190, 211] {
            let found = found(count, 0);
            let [one] = &found.first[..] else { panic!("{found:?}") };
            assert_eq!((one.count, one.sum, one.known, one.parts), (count, 200, 2, 2));
        }
    }

    #[test]
    fn parts_of_which_nothing_is_known_may_have_the_rest() {
        assert_eq!(found(5000, 1).count, 0);
        assert_eq!(found(90, 1).count, 1, "but one part alone has more than the whole");
        assert_eq!(found(5000, 2).count, 0);
    }
}
