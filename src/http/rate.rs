//! Rates beside counts: what `metric` and `per` ask for, and what a rate is of.

use serde::Serialize;
use utoipa::ToSchema;

use super::params::Params;
use super::ticket_filter::SMALL;
use crate::city::{Lang, Residents};
use crate::index::{Snapshot, TicketFilter};

/// Seconds of a month, the twelfth part of a year of 365.2425 days.
const MONTH: f64 = 365.2425 * 86_400.0 / 12.0;

/// Why no cell has a rate of residents.
pub(super) const OF_CELLS: &str = "takes residents for divisions only: how many people live in a \
     cell is not known; /v1/breakdown?by=division&metric=rate&per=residents gives their rates";

/// To what tickets are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Per {
    /// To so many months.
    Month(f64),
    /// To those who live in a division.
    Residents,
}

/// Reads `metric=` and `per=`: the months are those of the time that is asked for, or from the
/// first ticket to the last where an end is left open. `refused` says why nothing here has
/// residents, where that is so.
pub(super) fn read(
    q: &mut Params<'_>,
    filter: &TicketFilter,
    snapshot: &Snapshot,
    refused: Option<&str>,
) -> Option<Per> {
    let rate = q.read("metric", "count or rate", |text| match text {
        "count" => Some(false),
        "rate" => Some(true),
        _ => None,
    });
    let residents = q.read("per", "month or residents", |text| match text {
        "month" => Some(false),
        "residents" => Some(true),
        _ => None,
    });
    if rate != Some(true) {
        if residents.is_some() && !q.is_bad("metric") {
            q.fault("per", "says what a rate is to; ask for metric=rate");
        }
        return None;
    }
    if residents == Some(true) {
        if let Some(why) = refused {
            q.fault("per", why);
        }
        return Some(Per::Residents);
    }
    let held = snapshot.tickets.span();
    let from = filter.from.or(held.map(|(first, _)| first))?;
    let to = filter.to.or(held.map(|(_, end)| end))?;
    let seconds = (to.as_second() - from.as_second()).max(1);
    Some(Per::Month(seconds as f64 / MONTH))
}

/// Reads them for cells: the months.
pub(super) fn months(
    q: &mut Params<'_>,
    filter: &TicketFilter,
    snapshot: &Snapshot,
) -> Option<f64> {
    match read(q, filter, snapshot, Some(OF_CELLS))? {
        Per::Month(months) => Some(months),
        Per::Residents => None,
    }
}

impl Per {
    /// What a rate counts.
    pub(super) const fn unit(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Month(_), Lang::Zh) => "每月诉求数",
            (Self::Month(_), Lang::En) => "tickets in a month",
            (Self::Residents, Lang::Zh) => "所查时段内每万常住人口的诉求数",
            (Self::Residents, Lang::En) => {
                "tickets per 10,000 residents in the time that is asked for"
            }
        }
    }

    /// The same for a time that is `scale` times as long.
    pub(super) const fn over(self, scale: f64) -> Self {
        match self {
            Self::Month(months) => Self::Month(months * scale),
            Self::Residents => self,
        }
    }

    /// The rate of a count. To residents there is none where nobody knows them, and none of
    /// so few tickets that it would be chance.
    pub(super) fn of(self, count: u64, residents: Option<Residents>) -> Option<f64> {
        match self {
            Self::Month(months) => Some(count as f64 / months),
            Self::Residents if count < SMALL => None,
            Self::Residents => residents?.rate(count),
        }
    }
}

/// A value that is shown as null where nobody knows it; in an `Option` it can be left out.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(super) struct OrNull<T>(pub(super) Option<T>);

/// Who lives in a division.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ResidentsView {
    /// How many.
    count: u32,
    /// The day that this number is of.
    on: String,
}

impl From<Residents> for ResidentsView {
    fn from(residents: Residents) -> Self {
        Self { count: residents.count, on: residents.on.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_tickets_and_unknown_residents_have_no_rate() {
        let thousand = Some(Residents { count: 1000, on: date(2020, 11, 1) });
        assert_eq!(Per::Residents.of(10, thousand), Some(100.0));
        assert_eq!(Per::Residents.of(9, thousand), None);
        assert_eq!(Per::Residents.of(10, None), None);
        assert_eq!(Per::Month(2.0).of(3, None), Some(1.5));
        assert_eq!(Per::Month(2.0).over(3.0).of(3, None), Some(0.5));
    }

    proptest! {
        #[test]
        fn rates_times_residents_are_the_counts(
            counts in prop::collection::vec((10..1_000_000_000_u64, 1..u32::MAX), 1..30),
        ) {
            let mut back = 0_u64;
            for (count, residents) in &counts {
                let residents = Residents { count: *residents, on: date(2020, 11, 1) };
                let rate = Per::Residents.of(*count, Some(residents)).unwrap();
                back += (rate * f64::from(residents.count) / 10_000.0).round() as u64;
            }
            prop_assert_eq!(back, counts.iter().map(|(count, _)| count).sum::<u64>());
        }
    }
}
