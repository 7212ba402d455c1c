//! Public holidays and make-up workdays out of a table, as a government announces them for a
//! year.
//!
//! The records have a year whole or not at all: where they have days of a year, those of the
//! city pack do not count for it. So the first import of a year takes along what the city
//! knows of it, unless the file is said to be all there is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday};

use super::cells::Cells;
use super::columns::Binding;
use super::gather::{Gathered, ImportFault};
use super::report::{Notes, Prepared, Rejected};
use super::row::{Place, Row};
use super::value;
use crate::city::calendar::Entry;
use crate::city::{City, Localized};
use crate::store::{DayRecord, Kind, Record, Write};

/// No calendar of today is of an earlier or a later year.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;
const MAX_NAME_CHARS: usize = 200;

/// What the rows are checked against.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The city as it is now: the pack, with the records that are kept.
    pub city: &'a City,
    /// The days that are kept, the retired ones too.
    pub kept: &'a BTreeMap<String, DayRecord>,
    /// Whether the file is all there is of its years: days that are not in it are retired.
    pub replace: bool,
}

/// Checks the rows of a file against the city.
///
/// # Errors
/// Where columns are missing, or the file is all there is and not all of it is right.
pub fn prepare(gathered: Gathered, terms: &Terms<'_>) -> Result<Prepared, ImportFault> {
    gathered.needs(&["date", "kind"])?;
    let Gathered { binding, rows, mut rejected, mut report, .. } = gathered;
    let mut notes = Notes::default();
    let mut days: BTreeMap<Date, (Place, DayRecord)> = BTreeMap::new();
    for row in rows {
        match day(&binding, &row) {
            Ok((date, _)) if days.contains_key(&date) => {
                let reasons = vec![format!("duplicate: {date} is already on {}", days[&date].0)];
                rejected.push(Rejected { place: row.place.clone(), row: Some(row), reasons });
            }
            Ok((date, record)) => {
                days.insert(date, (row.place, record));
            }
            Err(reasons) => {
                rejected.push(Rejected { place: row.place.clone(), row: Some(row), reasons });
            }
        }
    }
    let years: BTreeSet<i16> = days.keys().map(|date| date.year()).collect();
    let mut gone = Vec::new();
    if terms.replace {
        if !rejected.is_empty() {
            return Err(ImportFault::Refused(format!(
                "--replace retires what the file does not have, so all of it must be right; {} \
                 wrong",
                rejected.len()
            )));
        }
        gone = held(terms.kept, &years)
            .filter(|(date, _)| !days.contains_key(date))
            .map(|(_, record)| record.id.clone())
            .collect();
    } else {
        let begun: BTreeSet<i16> = held(terms.kept, &years).map(|(date, _)| date.year()).collect();
        for (date, (kind, name)) in terms.city.calendar.days() {
            let year = date.year();
            if years.contains(&year) && !begun.contains(&year) && !days.contains_key(&date) {
                let record = DayRecord::of(date, *kind, name.clone());
                let place = Place::Object(format!("the city's {year}"));
                notes.add("taken along from what the city knows of the year", &place, &record.id);
                days.insert(date, (place, record));
            }
        }
    }
    let mut writes = Vec::new();
    for (_, record) in days.into_values() {
        match terms.kept.get(&record.id) {
            Some(kept) if *kept == record => report.unchanged += 1,
            kept => {
                *if kept.is_none() { &mut report.new } else { &mut report.changed } += 1;
                writes.push(Write::Put(Box::new(Record::Day(record))));
            }
        }
    }
    report.retired = gone.len();
    writes.extend(gone.into_iter().map(|id| Write::Retire {
        kind: Kind::Day,
        id,
        successor: None,
        reason: format!("not in {}, which is all there is of its year", report.file),
    }));
    report.notes = notes.into_vec();
    report.count(&rejected);
    Ok(Prepared { writes, rejected, report })
}

/// The kept days of some years that hold.
fn held<'a>(
    kept: &'a BTreeMap<String, DayRecord>,
    years: &'a BTreeSet<i16>,
) -> impl Iterator<Item = (Date, &'a DayRecord)> {
    let days = kept.values().filter(|record| record.retired.is_none());
    days.filter_map(|record| Some((record.date()?, record)))
        .filter(|(date, _)| years.contains(&date.year()))
}

/// A row as a day, or why it is none.
fn day(binding: &Binding, row: &Row) -> Result<(Date, DayRecord), Vec<String>> {
    let mut cells = Cells::new(binding, row);
    let date = cells.needed("date").and_then(|text| {
        let date = value::day(&text).filter(|date| YEARS.contains(&date.year()));
        if date.is_none() {
            let (from, to) = (YEARS.start(), YEARS.end());
            cells.wrong("date", &format!("\"{text}\" is no day of {from} to {to}"));
        }
        date
    });
    let kind = cells.needed("kind").and_then(|word| match word.as_str() {
        "holiday" => Some(Entry::Holiday),
        "workday" => Some(Entry::Workday),
        other => {
            cells.wrong("kind", &format!("\"{other}\" is neither holiday nor workday"));
            None
        }
    });
    let name = Localized {
        zh: cells.text("name", MAX_NAME_CHARS).unwrap_or_default(),
        en: cells.text("name_en", MAX_NAME_CHARS).unwrap_or_default(),
    };
    if let (Some(date), Some(Entry::Workday)) = (date, kind)
        && !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
    {
        cells.wrong("kind", &format!("{date} is no weekend, so it makes up for nothing"));
    }
    match (date, kind) {
        (Some(date), Some(kind)) if cells.reasons.is_empty() => {
            Ok((date, DayRecord::of(date, kind, name)))
        }
        _ => Err(cells.reasons),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::city::calendar::{Calendar, DayKind};
    use crate::city::synthetic;
    use crate::import::columns::{Subject, shipped};
    use crate::import::gather::{Maps, gather};
    use crate::import::read;
    use crate::index::Follower;
    use crate::store::{Change, Operation, Records};

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A city that knows two days of 2026 and one of 2025.
    fn city() -> City {
        let mut city = synthetic::city(&synthetic::Plan {
            seed: 3,
            side: 20,
            steps: 3,
            communities: 40,
            townships: 8,
            districts: 3,
            bits: Some(20),
        });
        let day = |text: &str, kind| {
            (date(text), (kind, Localized { zh: "旧".into(), en: String::new() }))
        };
        city.calendar = Calendar::new(BTreeMap::from([
            day("2025-01-01", Entry::Holiday),
            day("2026-01-01", Entry::Holiday),
            day("2026-02-14", Entry::Workday),
        ]));
        city
    }

    fn prepared(
        text: &str,
        city: &City,
        kept: &BTreeMap<String, DayRecord>,
        replace: bool,
    ) -> Result<Prepared, ImportFault> {
        let mut rows = read::csv::read(Cursor::new(text.as_bytes().to_vec()), "c.csv").unwrap();
        let maps = Maps::Choose(shipped().to_vec());
        let gathered =
            gather("c.csv", rows.as_mut(), Subject::Calendar, maps, &[], &mut |_| {}).unwrap();
        prepare(gathered, &Terms { city, kept, replace })
    }

    fn put(prepared: &Prepared) -> Vec<DayRecord> {
        let day = |write: &Write| match write {
            Write::Put(record) => match record.as_ref() {
                Record::Day(day) => Some(day.clone()),
                _ => None,
            },
            _ => None,
        };
        prepared.writes.iter().filter_map(day).collect()
    }

    const TEXT: &str = "日期,类型,名称\n\
        2026/10/1,节假日,国庆节\n\
        2026-10-10,调休上班,国庆节\n\
        2026-10-09,班,国庆节\n\
        2026-10-01,休,again\n\
        soon,休,\n";

    #[test]
    fn a_year_goes_in_whole_and_once() {
        let city = city();
        let first = prepared(TEXT, &city, &BTreeMap::new(), false).unwrap();
        let ids: Vec<String> = put(&first).into_iter().map(|day| day.id).collect();
        assert_eq!(ids, ["2026-01-01", "2026-02-14", "2026-10-01", "2026-10-10"]);
        let said: Vec<String> = first.rejected.iter().map(|r| r.reasons.join(" | ")).collect();
        for (said, part) in said.iter().zip(["no weekend", "already on line 2", "no day of 1990"]) {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!((first.report.new, first.report.rejected), (4, 3));
        let kept: BTreeMap<_, _> = put(&first).into_iter().map(|d| (d.id.clone(), d)).collect();
        let again = prepared(TEXT, &city, &kept, false).unwrap();
        assert_eq!((again.writes.len(), again.report.unchanged), (0, 2));
        let whole = "date,kind\n2026-10-01,holiday\n";
        let replaced = prepared(whole, &city, &kept, true).unwrap();
        assert_eq!((replaced.report.changed, replaced.report.retired), (1, 3), "it has no name");
        assert!(prepared(TEXT, &city, &kept, true).is_err(), "not all of it is right");
    }

    #[test]
    fn a_city_that_follows_the_records_has_their_years_and_the_others_of_its_pack() {
        let city = city();
        let days = put(&prepared(TEXT, &city, &BTreeMap::new(), false).unwrap());
        let mut follower = Follower::new(city.clone(), Records::default());
        let day = |follower: &mut Follower, text: &str| follower.city().calendar.day(date(text));
        assert_eq!(day(&mut follower, "2026-10-01"), DayKind::Ordinary);
        let mut seq = 0;
        let mut change = |record: DayRecord| {
            seq += 1;
            Change {
                seq,
                at: "2026-01-01T00:00:00Z".parse().unwrap(),
                actor: "test".into(),
                import: None,
                operation: Operation::Put,
                record: Record::Day(record),
            }
        };
        for record in &days {
            follower.apply(change(record.clone()));
        }
        let holiday = DayKind::Holiday(Localized { zh: "国庆节".into(), en: String::new() });
        assert_eq!(day(&mut follower, "2026-10-01"), holiday);
        assert!(matches!(day(&mut follower, "2025-01-01"), DayKind::Holiday(_)), "of the pack");
        let records = Records {
            days: days.iter().map(|d| (d.id.clone(), d.clone())).collect(),
            ..Records::default()
        };
        let rebuilt = Follower::new(city, records).city();
        let followed = follower.city();
        assert!(rebuilt.calendar.days().eq(followed.calendar.days()), "rebuilt equals followed");
        let retired = crate::store::Retirement {
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
            successor: None,
            reason: "undone".into(),
        };
        for record in days {
            follower.apply(change(DayRecord { retired: Some(retired.clone()), ..record }));
        }
        assert!(matches!(day(&mut follower, "2026-02-14"), DayKind::Workday(_)), "the pack again");
        assert_eq!(day(&mut follower, "2026-10-01"), DayKind::Ordinary);
    }
}
