//! `repeats.toml`: what was reported already.

use std::collections::HashSet;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::Faults;
use super::toml_files::Checked;
use crate::city::{RepeatKind, Repeats};

/// Its name in the pack.
pub(super) const FILE: &str = "repeats.toml";
/// Metres beyond which nothing is the same place.
const FARTHEST_M: f64 = 5000.0;
/// Days of any kind at most.
const LONGEST_DAYS: u32 = 3650;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    radius_m: Option<f64>,
    recent_days: Option<u32>,
    #[serde(default)]
    kind: Vec<Spanned<RepeatKind>>,
}

pub(super) fn read(text: &str, faults: &mut Faults) -> Repeats {
    let mut file = Checked::new(FILE, text, faults);
    let Some(File { radius_m, recent_days, kind }) = file.parse() else {
        return Repeats::default();
    };
    let mut known = HashSet::new();
    let whole = std::iter::once((0..0, radius_m, [recent_days, None]));
    let each = kind.iter().map(|item| {
        let of = item.get_ref();
        (item.span(), of.radius_m, [of.recent_days, of.answer_days])
    });
    for (span, radius_m, [recent, answer]) in whole.chain(each) {
        if radius_m.is_some_and(|metres| !(1.0..=FARTHEST_M).contains(&metres)) {
            let at = file.key_span(&span, "radius_m");
            file.fault(&at, "radius_m", format!("is metres from 1 to {FARTHEST_M}"));
        }
        for (key, days) in [("recent_days", recent), ("answer_days", answer)] {
            if days.is_some_and(|days| days > LONGEST_DAYS) {
                let at = file.key_span(&span, key);
                file.fault(&at, key, format!("is days from 0 to {LONGEST_DAYS}"));
            }
        }
    }
    for item in &kind {
        let at = file.key_span(&item.span(), "codes");
        if item.get_ref().codes.is_empty() {
            file.fault(&at, "codes", "names at least one category");
        }
        for code in &item.get_ref().codes {
            if !known.insert(code.as_str()) {
                file.fault(&at, "codes", format!("\"{code}\" is of another kind already"));
            }
        }
    }
    let usual = Repeats::default();
    Repeats {
        radius_m: radius_m.unwrap_or(usual.radius_m),
        recent_days: recent_days.unwrap_or(usual.recent_days),
        kinds: kind.into_iter().map(Spanned::into_inner).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_usual_and_what_is_wrong_is_named_by_its_line() {
        let mut faults = Faults::default();
        let read = read(
            "radius_m = 150\n[[kind]]\ncodes = [\"a\", \"b\"]\nanswer_days = 7\n",
            &mut faults,
        );
        assert!(faults.is_empty());
        assert_eq!((read.radius_m, read.recent_days), (150.0, 30));
        assert_eq!((read.kinds[0].radius_m, read.kinds[0].answer_days), (None, Some(7)));

        let bad = "radius_m = 0\n[[kind]]\ncodes = [\"a\"]\nrecent_days = 9999\n\
                   [[kind]]\ncodes = [\"a\"]\nradius_m = nan\n[[kind]]\ncodes = []\n";
        super::read(bad, &mut faults);
        let said = faults.into_error().to_string();
        for fault in [
            "repeats.toml:1: radius_m: is metres from 1 to 5000",
            "repeats.toml:4: recent_days: is days from 0 to 3650",
            "repeats.toml:6: codes: \"a\" is of another kind already",
            "repeats.toml:7: radius_m: is metres",
            "repeats.toml:9: codes: names at least one category",
        ] {
            assert!(said.contains(fault), "{fault} is not in\n{said}");
        }
    }
}
