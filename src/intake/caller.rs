//! One more citizen with the same trouble: a ticket of their own beside the first.
//!
//! It has the kind and the place of the first, and its own caller, words, steps and survey, so
//! that every count stays one of citizens who asked. Its id says whose trouble it shares: that
//! of the first, [`JOIN`], and the id that its own system gave it.

use serde_json::{Map, Value};

use super::fields::{Fault, Fields, to_millisecond};
use super::ticket::{Filing, MAX_CHANNEL, MAX_PHONE, MAX_TEXT, MAX_WORD, Remark, Terms, Told};
use crate::city::{Survey, Ticket, TicketStatus, TicketSteps, TicketTexts};
use crate::locate::divisions_of_ticket;
use crate::store::KeptTicket;

/// What stands between the id of the first ticket and that of the caller.
pub const JOIN: char = '+';

/// Reads a caller: `id`, and with it `channel`, `requested_at`, `description`, `contact`,
/// `phone`, `source`. The ticket is open, on the ground of today.
///
/// # Errors
/// Everything that is wrong with it, by member.
pub fn read(
    members: &Map<String, Value>,
    first: &KeptTicket,
    terms: &Terms<'_>,
) -> Result<Filing, Vec<Fault>> {
    let city = &terms.snapshot.city;
    let of = &first.record.ticket;
    let mut fields = Fields::new(members, terms.now);
    let id = fields.needed("id", MAX_WORD);
    let id = id.map(|own| format!("{}{JOIN}{own}", of.id));
    if let Some(long) = id.as_ref().map(|id| id.chars().count())
        && long > MAX_WORD
    {
        let detail = format!(
            "makes an id of {long} characters with that of the first ticket; at most {MAX_WORD} are kept"
        );
        fields.fault("id", detail);
    }
    let channel = fields.word("channel", MAX_CHANNEL);
    let source = fields.word("source", MAX_WORD);
    let said = fields.time("requested_at", &city.zone);
    let requested = said.unwrap_or_else(|| to_millisecond(terms.now));
    if requested < of.steps.requested {
        let detail = format!("is before {}, when the first ticket was filed", of.steps.requested);
        fields.fault("requested_at", detail);
    }
    let texts = TicketTexts {
        description: fields.text("description", MAX_TEXT),
        address: first.texts.address.clone(),
        contact: fields.text("contact", MAX_WORD),
        phone: fields.word("phone", MAX_PHONE),
        response: None,
    };
    let day = city.zone.to_datetime(requested).date();
    let divisions = of.location.map_or_else(
        || of.divisions.clone(),
        |at| divisions_of_ticket(city, &terms.snapshot.divisions, at, day, true),
    );
    let told = Told {
        channel: channel.is_some(),
        source: source.is_some(),
        requested: said.is_some(),
        ..Told::default()
    };
    let faults = fields.finish();
    let Some(id) = id.filter(|_| faults.is_empty()) else { return Err(faults) };
    let ticket = Ticket {
        id,
        category: of.category.clone(),
        channel: channel.unwrap_or_else(|| terms.channel.to_owned()),
        status: TicketStatus::Open,
        location: of.location,
        located_by: of.located_by,
        accuracy_m: of.accuracy_m,
        divisions,
        steps: TicketSteps { requested, ..TicketSteps::default() },
        survey: Survey::default(),
        source: source.unwrap_or_else(|| terms.source.to_owned()),
    };
    let remark = of.location.is_none().then_some(Remark::NoPlace);
    Ok(Filing { ticket, texts, remark, told })
}
