//! Waiting until the tickets of a month stay as they are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::city::Month;

/// How many tickets months had, and since when.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<Month, (u64, Instant)>);

impl Watch {
    /// Takes in how many tickets the months that are due have now, and gives back those whose
    /// number has been the same for as long as `quiet`, from the oldest.
    pub(super) fn quiet(
        &mut self,
        due: &[(Month, u64)],
        now: Instant,
        quiet: Duration,
    ) -> Vec<Month> {
        let seen = std::mem::take(&mut self.0);
        let same = |month: &Month, count: u64| {
            seen.get(month).filter(|(before, _)| *before == count).map(|(_, since)| *since)
        };
        self.0 = due
            .iter()
            .map(|(month, count)| (*month, (*count, same(month, *count).unwrap_or(now))))
            .collect();
        let still = self.0.iter().filter(|(_, (_, since))| now.duration_since(*since) >= quiet);
        still.map(|(month, _)| *month).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_released_when_nothing_has_come_for_a_while() {
        let [may, june] = ["2026-05", "2026-06"].map(|month| Month::parse(month).unwrap());
        let (start, minute) = (Instant::now(), Duration::from_mins(1));
        let mut watch = Watch::default();
        let mut look = |minutes: u32, due: &[(Month, u64)]| {
            watch.quiet(due, start + minutes * minute, 10 * minute)
        };
        assert_eq!(look(0, &[(may, 100)]), []);
        // An import goes on.
        assert_eq!(look(5, &[(may, 100), (june, 7)]), []);
        assert_eq!(look(9, &[(may, 300), (june, 7)]), []);
        assert_eq!(look(15, &[(may, 300), (june, 7)]), [june]);
        assert_eq!(look(19, &[(may, 300)]), [may]);
        // One that was taken out in between begins again.
        assert_eq!(look(40, &[(june, 7)]), []);
        assert_eq!(Watch::default().quiet(&[(may, 1)], start, Duration::ZERO), [may]);
    }
}
