//! Values as people write them: hours, positions, days, people.

mod hours;
mod position;

use jiff::civil::Date;

pub use hours::{Said, hours};
pub use position::{degrees, pair};

/// A day: `2026-01-31`, `2026/1/31`, `2026年1月31日`, `20260131`, each also with a time
/// behind it, which does not count.
pub fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).take(4).collect();
    let (year, month, day) = match numbers.as_slice() {
        [whole, ..] if whole.len() == 8 => (&whole[..4], &whole[4..6], &whole[6..]),
        [year, month, day, ..] if year.len() == 4 && text.starts_with(*year) => {
            (*year, *month, *day)
        }
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A number of people: `708829`, `708,829`, `708 829 人`; as tables of numbers write one,
/// `708829.0`.
///
/// # Errors
/// Where it is no whole number, or one that was rounded to thousands or ten thousands.
pub fn people(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('人').trim_end();
    let number = number.split_once('.').map_or(number, |(whole, fraction)| {
        if fraction.bytes().all(|b| b == b'0') { whole } else { number }
    });
    let groups: Vec<&str> = number.split([',', '，', ' ', '\u{a0}', '\u{2009}', '\'']).collect();
    let (first, others) = groups.split_first().unwrap_or((&"", &[]));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let grouped = others.is_empty() || (1..=3).contains(&first.len());
    let whole = !first.is_empty() && grouped && others.iter().all(|group| group.len() == 3);
    if !whole || !groups.iter().all(|group| digits(group)) {
        return Err(format!("\"{text}\" is no whole number of people such as 708829"));
    }
    groups.concat().parse().map_err(|_| format!("\"{text}\" is more people than there are"))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn people_are_counted_one_by_one() {
        for text in ["708829", "708,829", "708，829人", " 708 829 ", "708829 人", "708829.0"] {
            assert_eq!(people(text), Ok(708_829), "{text}");
        }
        assert_eq!(people("0"), Ok(0));
        for text in ["", "人", "70.9万", "708,82", "7088,829", "-1", "1e5", "708.829", "5000000000"]
        {
            assert!(people(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_is_read_however_it_is_written() {
        for text in ["2026-01-31", "2026/1/31", "2026年1月31日", "20260131", "2026-01-31 08:00"]
        {
            assert_eq!(day(text), Some(date(2026, 1, 31)), "{text}");
        }
        for text in ["", "31.1.2026", "2026-02-30", "2026", "1/31/2026", "x2026-01-01"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
