//! iCalendar (RFC 5545), as far as it is written here: events with a place.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::geo::LonLat;

/// Most bytes of a line before it goes on in the next.
const FOLD: usize = 75;

/// Something that happens from a time to another.
pub(super) struct Event {
    /// Names it for ever.
    pub(super) uid: String,
    /// When it was known to be so.
    pub(super) stamp: Timestamp,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) location: String,
    /// WGS-84.
    pub(super) position: LonLat,
    pub(super) url: Option<String>,
    /// Whether it takes the reader's time, or is only good to know.
    pub(super) takes_time: bool,
}

/// A calendar with these events.
pub(super) fn calendar(name: &str, events: &[Event]) -> Vec<u8> {
    let mut out = String::new();
    line(&mut out, "BEGIN", "VCALENDAR");
    line(&mut out, "VERSION", "2.0");
    line(&mut out, "PRODID", "-//servicemap//servicemap//EN");
    line(&mut out, "METHOD", "PUBLISH");
    line(&mut out, "X-WR-CALNAME", &escaped(name));
    for event in events {
        line(&mut out, "BEGIN", "VEVENT");
        line(&mut out, "UID", &escaped(&event.uid));
        line(&mut out, "DTSTAMP", &utc(event.stamp));
        line(&mut out, "DTSTART", &utc(event.start));
        line(&mut out, "DTEND", &utc(event.end));
        line(&mut out, "SUMMARY", &escaped(&event.summary));
        if !event.description.is_empty() {
            line(&mut out, "DESCRIPTION", &escaped(&event.description));
        }
        line(&mut out, "LOCATION", &escaped(&event.location));
        let LonLat { lon, lat } = event.position;
        line(&mut out, "GEO", &format!("{lat:.6};{lon:.6}"));
        if let Some(url) = &event.url {
            line(&mut out, "URL", url);
        }
        let (status, transparency) =
            if event.takes_time { ("TENTATIVE", "OPAQUE") } else { ("CONFIRMED", "TRANSPARENT") };
        line(&mut out, "STATUS", status);
        line(&mut out, "TRANSP", transparency);
        line(&mut out, "END", "VEVENT");
    }
    line(&mut out, "END", "VCALENDAR");
    out.into_bytes()
}

/// `20260131T093000Z`: UTC needs no description of a time zone.
fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value. What cannot stand in one is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line, folded between characters.
fn line(out: &mut String, name: &str, value: &str) {
    let whole = format!("{name}:{value}");
    let mut room = FOLD;
    for c in whole.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = FOLD - 1;
        }
        room -= c.len_utf8();
        let _ = out.write_char(c);
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(summary: &str) -> Event {
        let start: Timestamp = "2026-01-31T01:30:00Z".parse().unwrap();
        Event {
            uid: "a@b".into(),
            stamp: start,
            start,
            end: "2026-01-31T02:00:00Z".parse().unwrap(),
            summary: summary.into(),
            description: String::new(),
            location: "一号;二号".into(),
            position: LonLat::new(116.4, 39.9),
            url: None,
            takes_time: true,
        }
    }

    #[test]
    fn a_line_is_folded_between_characters_and_says_the_same_unfolded() {
        let long = "办理身份证，".repeat(40) + "; a\\b,\r\nEND:VCALENDAR";
        let text = String::from_utf8(calendar("n", &[event(&long)])).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= FOLD), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        let unfolded = text.replace("\r\n ", "");
        let summary = unfolded.lines().find_map(|l| l.strip_prefix("SUMMARY:")).unwrap();
        let plain = summary.replace("\\n", "\n").replace("\\;", ";").replace("\\,", ",");
        assert_eq!(plain.replace("\\\\", "\\"), long.replace('\r', ""));
        assert_eq!(unfolded.matches("\nEND:VCALENDAR").count(), 1, "nobody ends it early");
        assert!(unfolded.contains("DTSTART:20260131T013000Z\r\n"));
        assert!(unfolded.contains("LOCATION:一号\\;二号\r\n"));
        assert!(unfolded.contains("GEO:39.900000;116.400000\r\n"));
    }
}
