//! What became of a division, and what it came from, so that a series of counts can be
//! carried over a change, and says where it was re-drawn.

use jiff::civil::Date;

use crate::city::City;
use crate::city::change::Change;

/// A division before or after one or several changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relative<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its name at the time.
    pub name: &'a str,
    /// The changes on the way, from the oldest.
    pub by: Vec<&'a Change>,
}

/// What became of `code` until `day`: those that had no successor by then. Empty where
/// nothing happened.
pub fn successors<'a>(city: &'a City, code: &str, day: Date) -> Vec<Relative<'a>> {
    let mut found = Vec::new();
    forward(city, code, Date::MIN, day, &mut Vec::new(), &mut found);
    found
}

/// What `code` came from: all that became it, wholly or in part, directly or on the way,
/// until `day`.
pub fn predecessors<'a>(city: &'a City, code: &str, day: Date) -> Vec<Relative<'a>> {
    let mut found = Vec::new();
    backward(city, code, day, &mut Vec::new(), &mut found);
    found
}

/// The name of a division that may exist no longer; `None` where nobody knows the code.
pub fn name<'a>(city: &'a City, code: &str) -> Option<&'a str> {
    let before = city.changes.iter().rev().find(|c| c.from == code).map(|c| c.from_name.as_str());
    before.or_else(|| city.changes.iter().find(|c| c.to == code).map(|c| c.to_name.as_str()))
}

/// Each step goes on in time or, within a day, down the list; so it ends.
fn forward<'a>(
    city: &'a City,
    code: &str,
    since: Date,
    day: Date,
    way: &mut Vec<&'a Change>,
    found: &mut Vec<Relative<'a>>,
) {
    let next = city.changes.iter().filter(|c| c.from == code && c.when.day() <= day);
    for change in next.filter(|c| c.when.day() >= since) {
        if way.iter().any(|c| std::ptr::eq(*c, change)) {
            continue;
        }
        way.push(change);
        let before = found.len();
        forward(city, &change.to, change.when.day(), day, way, found);
        if found.len() == before {
            found.push(Relative { code: &change.to, name: &change.to_name, by: way.clone() });
        }
        way.pop();
    }
}

fn backward<'a>(
    city: &'a City,
    code: &str,
    day: Date,
    way: &mut Vec<&'a Change>,
    found: &mut Vec<Relative<'a>>,
) {
    for change in city.changes.iter().filter(|c| c.to == code && c.when.day() <= day) {
        if way.iter().any(|c| std::ptr::eq(*c, change)) {
            continue;
        }
        way.insert(0, change);
        if change.from != code && !found.iter().any(|r| r.code == change.from) {
            let relative =
                Relative { code: &change.from, name: &change.from_name, by: way.clone() };
            found.push(relative);
        }
        backward(city, &change.from, change.when.day(), way, found);
        way.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::change::{ChangeKind, When};
    use crate::city::synthetic::{self, Plan};

    fn city() -> City {
        let change = |year, kind, from: &str, to: &str| Change {
            when: When::Year(year),
            kind,
            from: from.into(),
            from_name: format!("name of {from}"),
            to: to.into(),
            to_name: format!("name of {to}"),
            source: "synthetic".into(),
        };
        let plan = Plan { side: 6, communities: 6, townships: 3, districts: 2, ..Plan::METROPOLIS };
        City {
            changes: vec![
                change(1982, ChangeKind::Code, "A1", "A2"),
                change(1999, ChangeKind::Status, "A2", "A3"),
                change(2010, ChangeKind::Merge, "B1", "A3"),
                change(2015, ChangeKind::Split, "A3", "C1"),
                change(2015, ChangeKind::Split, "A3", "C2"),
            ],
            ..synthetic::city(&plan)
        }
    }

    fn codes(relatives: &[Relative<'_>]) -> Vec<String> {
        relatives.iter().map(|r| r.code.to_owned()).collect()
    }

    fn day(year: i16) -> Date {
        Date::new(year, 12, 31).unwrap()
    }

    #[test]
    fn a_chain_of_changes_is_followed_to_the_day_that_is_asked() {
        let city = city();
        assert_eq!(codes(&successors(&city, "A1", day(1990))), ["A2"]);
        assert_eq!(codes(&successors(&city, "A1", day(2012))), ["A3"]);
        assert_eq!(codes(&successors(&city, "A1", day(2020))), ["C1", "C2"]);
        assert_eq!(successors(&city, "A1", day(2020))[0].by.len(), 3);
        assert_eq!(codes(&successors(&city, "B1", day(2009))), [] as [&str; 0]);
    }

    #[test]
    fn everything_that_flowed_into_a_division_is_its_predecessor() {
        let city = city();
        assert_eq!(codes(&predecessors(&city, "A3", day(2026))), ["A2", "A1", "B1"]);
        assert_eq!(codes(&predecessors(&city, "A3", day(2000))), ["A2", "A1"]);
        assert_eq!(name(&city, "B1"), Some("name of B1"));
        assert_eq!(name(&city, "Z9"), None);
    }

    #[test]
    fn a_division_that_changed_into_itself_ends_the_walk() {
        let mut city = city();
        let mut change = city.changes[0].clone();
        (change.from, change.to) = ("C1".into(), "C1".into());
        change.when = When::Year(2020);
        city.changes.push(change);
        assert_eq!(codes(&successors(&city, "C1", day(2026))), ["C1"]);
        assert!(!predecessors(&city, "C1", day(2026)).is_empty());
    }
}
