//! Values as people write them: hours, positions, days.

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

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

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
