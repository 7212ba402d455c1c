//! Tickets and an index of them, for tests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Builder, TicketIndex};
use crate::city::{LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps};
use crate::geo::LonLat;
use crate::store::TicketRecord;

/// A ticket of which everything follows from its id but when and where.
pub(super) fn ticket(id: u64, second: i64, at: Option<LonLat>) -> TicketRecord {
    let ticket = Ticket {
        id: id.to_string(),
        category: format!("kind-{}", id % 5),
        channel: ["phone", "app"][(id % 2) as usize].into(),
        status: TicketStatus::ALL[(id % 6) as usize],
        location: at,
        located_by: at.map(|_| LocatedBy::Given),
        accuracy_m: None,
        divisions: TicketDivisions {
            district: Some(format!("{}", id % 3)),
            township: (!id.is_multiple_of(4)).then(|| format!("{}-{}", id % 3, id % 4)),
            ..TicketDivisions::default()
        },
        steps: TicketSteps {
            requested: Timestamp::from_second(second).unwrap(),
            ..TicketSteps::default()
        },
        survey: Survey::default(),
        source: "test".into(),
    };
    ticket.into()
}

/// An index built at once.
pub(super) fn built(records: &BTreeMap<u64, TicketRecord>, seq: u64) -> TicketIndex {
    built_for(&TimeZone::UTC, records, seq)
}

/// The same for a city of a zone.
pub(super) fn built_for(
    zone: &TimeZone,
    records: &BTreeMap<u64, TicketRecord>,
    seq: u64,
) -> TicketIndex {
    let mut builder = Builder::new(zone);
    for (number, record) in records {
        builder.push(*number, record);
    }
    builder.finish(seq)
}

/// An index of tickets at these places, all of them filed when 1970 began.
pub(crate) fn index(places: impl IntoIterator<Item = LonLat>) -> TicketIndex {
    built(&(1..).zip(places).map(|(n, at)| (n, ticket(n, 0, Some(at)))).collect(), 1)
}
