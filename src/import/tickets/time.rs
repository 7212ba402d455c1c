//! Times as offices write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Longer texts are no times.
const MAX_CHARS: usize = 40;

/// A time: RFC 3339, or without an offset in the city's time zone: `2026-10-05 08:30:00`,
/// `2026/10/5 8:30`, `2026年10月5日 8时30分`, `20261005083000`, `10/05/2026 08:30:00 AM`. A date
/// alone is its first moment. Where clocks go back, the first of both times is meant.
pub fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > MAX_CHARS * 3 {
        return None;
    }
    if let Ok(exact) = text.parse::<Timestamp>() {
        return Some(exact);
    }
    let (text, half) = half_of_day(text);
    let known = |c: char| c.is_ascii_digit() || "-/:. T年月日时時分秒".contains(c);
    if !text.chars().all(known) {
        return None;
    }
    let groups: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let civil = match groups.as_slice() {
        [whole] if whole.len() == 8 || whole.len() == 14 => {
            let part = |from: usize, to: usize| whole.get(from..to).unwrap_or("0");
            let parts =
                [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 12), part(12, 14)];
            civil(&parts, None, half)
        }
        // With the month first only where it is sure: dates of that order have AM or PM.
        [month, day, year, rest @ ..] if year.len() == 4 && half.is_some() => {
            let parts: Vec<&str> = [*year, *month, *day].into_iter().chain(clock(rest)).collect();
            civil(&parts, rest.get(3).copied(), half)
        }
        [year, month, day, rest @ ..] if year.len() == 4 => {
            let parts: Vec<&str> = [*year, *month, *day].into_iter().chain(clock(rest)).collect();
            civil(&parts, rest.get(3).copied(), half)
        }
        _ => None,
    }?;
    if groups.len() > 7 {
        return None;
    }
    zone.to_ambiguous_timestamp(civil).earlier().ok()
}

/// Hours, minutes and seconds; missing ones are 0.
fn clock<'a>(rest: &[&'a str]) -> impl Iterator<Item = &'a str> {
    (0..3).map(|i| rest.get(i).copied().unwrap_or("0"))
}

/// Takes AM or PM off the end: whether it is the second half of the day.
fn half_of_day(text: &str) -> (&str, Option<bool>) {
    for (word, second) in [("AM", false), ("PM", true), ("am", false), ("pm", true)] {
        if let Some(rest) = text.strip_suffix(word) {
            return (rest.trim_end(), Some(second));
        }
    }
    (text, None)
}

fn civil(parts: &[&str], fraction: Option<&str>, half: Option<bool>) -> Option<DateTime> {
    let number = |i: usize| parts.get(i)?.parse::<i16>().ok();
    let small = |i: usize| i8::try_from(number(i)?).ok();
    let hour = match (small(3)?, half) {
        (hour, None) => hour,
        (12, Some(second)) => {
            if second {
                12
            } else {
                0
            }
        }
        (hour @ 0..12, Some(second)) => hour + if second { 12 } else { 0 },
        _ => return None,
    };
    let nanosecond = match fraction {
        None => 0,
        Some(digits) => format!("{digits:0<9}").get(..9)?.parse().ok()?,
    };
    DateTime::new(number(0)?, small(1)?, small(2)?, hour, small(4)?, small(5)?, nanosecond).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn a_time_is_read_however_it_is_written() {
        for text in [
            "2026-10-05T00:30:00Z",
            "2026-10-05T08:30:00+08:00",
            "2026-10-05 08:30:00",
            "2026-10-05T08:30:00.000",
            "2026/10/5 8:30",
            "2026年10月5日 8时30分",
            "2026年10月5日8时30分00秒",
            "20261005083000",
            "10/05/2026 08:30:00 AM",
        ] {
            let read = time(text, &shanghai()).map(|at| at.to_string());
            assert_eq!(read.as_deref(), Some("2026-10-05T00:30:00Z"), "{text}");
        }
        let noon = time("10/05/2026 12:00:00 PM", &TimeZone::UTC).unwrap();
        assert_eq!(noon.to_string(), "2026-10-05T12:00:00Z");
        let midnight = time("10/05/2026 12:00:00 AM", &TimeZone::UTC).unwrap();
        assert_eq!(midnight.to_string(), "2026-10-05T00:00:00Z");
        for text in [
            "",
            "soon",
            "05/10/2026 08:30",
            "2026-13-01",
            "2026-10-05 25:00",
            "2026-10-05 08:30 CET",
            "13:00 PM",
            "2026-10-05 1:2:3.4.5",
        ] {
            assert_eq!(time(text, &shanghai()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9:/. TZAPM年月日-]{0,30}|\\PC{0,30}") {
            let _ = time(&text, &shanghai());
        }
    }
}
