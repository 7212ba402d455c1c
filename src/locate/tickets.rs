//! Whose ground a ticket is.

use jiff::civil::Date;

use crate::city::{City, TicketDivisions};
use crate::geo::LonLat;
use crate::index::DivisionIndex;

/// The divisions of a ticket about the position `at` that was filed on `requested`: of one
/// that is open those of today, because somebody must act now; of a closed one those of the
/// day on which it was filed. They say the day as of which they are; for an open one that
/// is the day of filing, or if other divisions cover it now, the day since which they do.
pub fn divisions_of_ticket(
    city: &City,
    index: &DivisionIndex,
    at: LonLat,
    requested: Date,
    open: bool,
) -> TicketDivisions {
    let then = index.covering_on(at, requested);
    let now = if open { index.covering(at) } else { then };
    let on = if now == then { requested } else { index.since().unwrap_or(requested) };
    let [district, township, community] =
        now.map(|number| Some(city.divisions.get(number? as usize)?.code.clone()));
    TicketDivisions { district, township, community, on: Some(on) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::index::Snapshot;
    use crate::search::fixture;

    #[test]
    fn an_open_ticket_is_on_the_ground_of_today_and_a_closed_one_where_it_was_filed() {
        let (before, turn, after) = (date(2026, 3, 1), date(2026, 5, 1), date(2026, 7, 1));
        let at = LonLat::new(116.35, 39.95);
        let mut city = fixture::snapshot().city;
        let divisions = Arc::make_mut(&mut city.divisions);
        divisions.retain(|d| d.code == "01" || d.code == "02");
        divisions[0].valid_to = Some(turn);
        divisions[1].valid_from = Some(turn);
        divisions[1].area = divisions[0].area.clone();
        let snapshot = Snapshot::build_on(city, after);
        let of = |requested, open| {
            let Snapshot { city, divisions, .. } = &snapshot;
            let found = divisions_of_ticket(city, divisions, at, requested, open);
            (found.district.unwrap_or_default(), found.on)
        };
        assert_eq!(of(before, false), ("01".into(), Some(before)));
        assert_eq!(of(before, true), ("02".into(), Some(turn)));
        assert_eq!(of(after, true), ("02".into(), Some(after)));
    }
}
