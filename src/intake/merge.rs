//! What a ticket that there is already becomes when it is written again.

use super::fields::Fault;
use super::steps::{disorder, status};
use super::ticket::Filing;
use crate::city::{Survey, Ticket, TicketSteps, TicketTexts};
use crate::store::TicketRecord;

/// Why a ticket is not written again, for one of its members.
const DIFFERS: &str = "differs from the ticket that is there with this id";

/// The ticket with what the filing adds; `None` where that is nothing. What was given must be
/// as it is kept; what has happened since (steps, the response, the survey) may be new.
///
/// # Errors
/// Every member that differs. Words that were erased differ too: they do not come back.
pub fn merge(
    record: &TicketRecord,
    texts: &TicketTexts,
    filing: &Filing,
) -> Result<Option<(Ticket, TicketTexts)>, Vec<Fault>> {
    let (kept, new, told) = (&record.ticket, &filing.ticket, &filing.told);
    let mut faults = Vec::new();
    let mut differs = |field: &str, same: bool| {
        if !same {
            faults.push(Fault { field: field.to_owned(), detail: DIFFERS.to_owned() });
        }
    };
    if let Some(retired) = &record.retired {
        let detail = format!("names a ticket that was taken back: {}", retired.reason);
        return Err(vec![Fault { field: "id".into(), detail }]);
    }
    differs("category", kept.category == new.category);
    differs("channel", !told.channel || kept.channel == new.channel);
    differs("source", !told.source || kept.source == new.source);
    differs("requested_at", !told.requested || kept.steps.requested == new.steps.requested);
    differs("lon", !told.position || kept.location == new.location);
    differs("accuracy_m", !told.position || kept.accuracy_m == new.accuracy_m);
    differs("located_by", !told.position || kept.located_by == new.located_by);
    if let Some(code) = told.division.as_ref().filter(|_| kept.location.is_none()) {
        let of = &kept.divisions;
        let within = [&of.district, &of.township, &of.community];
        differs("division", within.into_iter().flatten().any(|kept| kept == code));
    }
    for (field, kept, new) in [
        ("description", &texts.description, &filing.texts.description),
        ("address", &texts.address, &filing.texts.address),
        ("contact", &texts.contact, &filing.texts.contact),
        ("phone", &texts.phone, &filing.texts.phone),
    ] {
        differs(field, new.is_none() || kept == new);
    }
    let mut ticket = kept.clone();
    let mut words = texts.clone();
    let mut add = Adding { differs: &mut differs, added: false };
    add.steps(&mut ticket.steps, &new.steps);
    let Survey { solved, satisfied } = new.survey;
    add.one("solved", &mut ticket.survey.solved, solved);
    add.one("satisfied", &mut ticket.survey.satisfied, satisfied);
    add.one("response", &mut words.response, filing.texts.response.clone());
    let added = add.added;
    if added && ticket.steps != kept.steps {
        faults.extend(disorder(&ticket.steps));
        ticket.status = status(&ticket.steps);
    }
    if faults.is_empty() { Ok(added.then_some((ticket, words))) } else { Err(faults) }
}

/// Adds what was not known.
struct Adding<'a> {
    differs: &'a mut dyn FnMut(&str, bool),
    added: bool,
}

impl Adding<'_> {
    fn one<T: PartialEq>(&mut self, field: &str, kept: &mut Option<T>, new: Option<T>) {
        if new.is_none() || *kept == new {
            return;
        }
        (self.differs)(field, kept.is_none());
        self.added = true;
        *kept = new;
    }

    fn steps(&mut self, kept: &mut TicketSteps, new: &TicketSteps) {
        self.one("dispatched_at", &mut kept.dispatched, new.dispatched);
        self.one("accepted_at", &mut kept.accepted, new.accepted);
        self.one("responded_at", &mut kept.responded, new.responded);
        self.one("closed_at", &mut kept.closed, new.closed);
        self.one("surveyed_at", &mut kept.surveyed, new.surveyed);
        // Each time that there is one more, all before it are the same.
        if new.returned.len() > kept.returned.len() {
            (self.differs)("returned_at", new.returned.starts_with(&kept.returned));
            self.added = true;
            kept.returned.clone_from(&new.returned);
        } else {
            (self.differs)("returned_at", kept.returned.starts_with(&new.returned));
        }
    }
}
