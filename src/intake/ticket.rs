//! An object as a ticket with its words.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::fields::{Fault, Fields, to_millisecond};
use super::steps::{MAX_RETURNS, StepKind, Taking, disorder, status};
use crate::city::{
    City, LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
use crate::geo::{Datum, LonLat};
use crate::import::tickets::ground::{Spot, chain, ground};
use crate::import::tickets::{NoPlace, Placed, Places};
use crate::index::Snapshot;
use crate::locate::{divisions_of_ticket, position};

/// Longest id, category, contact and source, in characters.
pub(super) const MAX_WORD: usize = 200;
/// Longest name of a channel, in characters.
pub(super) const MAX_CHANNEL: usize = 64;
/// Longest telephone number, in characters.
pub(super) const MAX_PHONE: usize = 64;
/// Longest address, in characters.
const MAX_ADDRESS: usize = 500;
/// Longest description or response, in characters.
pub const MAX_TEXT: usize = 10_000;
/// A position that may be so far off says nothing, metres.
const MAX_ACCURACY: f64 = 1e6;

/// What requests are checked against.
pub struct Terms<'a> {
    /// The city as it is now.
    pub snapshot: &'a Snapshot,
    /// Finds the addresses of tickets without a position.
    pub places: &'a dyn Places,
    /// Datum of the positions, where they do not say.
    pub crs: Datum,
    /// Id of the source, where they do not say.
    pub source: &'a str,
    /// The channel, where they do not say.
    pub channel: &'a str,
    /// When they came in.
    pub now: Timestamp,
}

/// What is to be known of a ticket that was taken nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remark {
    /// It is outside the city, in no division of it.
    Outside,
    /// It has neither a position nor an address.
    NoPlace,
    /// Its address is not known here, so it has no position.
    AddressUnknown,
    /// Its address may be several places that are far apart, so it has no position.
    AddressSeveral,
}

impl Remark {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Outside => "it is outside the city, in no division of it",
            Self::NoPlace => "it has no position and no address, so it is not on the map",
            Self::AddressUnknown => "its address is not known here, so it is not on the map",
            Self::AddressSeveral => "its address may be in several places, so it is not on the map",
        }
    }
}

/// A ticket as a caller writes it, checked.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The ticket as it is if it is new.
    pub ticket: Ticket,
    /// Its words, as far as they are given.
    pub texts: TicketTexts,
    /// What is to be known of it.
    pub remark: Option<Remark>,
    /// What the caller said itself, of what may be left out.
    pub(super) told: Told,
}

/// What a caller said itself.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each member that may be left out")]
pub(super) struct Told {
    pub(super) channel: bool,
    pub(super) source: bool,
    pub(super) requested: bool,
    pub(super) position: bool,
    pub(super) division: Option<String>,
}

/// Reads a ticket.
///
/// # Errors
/// Everything that is wrong with it, by member.
pub fn read(members: &Map<String, Value>, terms: &Terms<'_>) -> Result<Filing, Vec<Fault>> {
    let mut reader = Reader { fields: Fields::new(members, terms.now), terms };
    let filing = reader.filing();
    let faults = reader.fields.finish();
    match filing {
        Some(filing) if faults.is_empty() => Ok(filing),
        _ => Err(faults),
    }
}

/// Reads a step: `step`, and with it `at`, `response`, `solved`, `satisfied`.
///
/// # Errors
/// Everything that is wrong with it, by member.
pub fn read_step(
    members: &Map<String, Value>,
    city: &City,
    now: Timestamp,
) -> Result<Taking, Vec<Fault>> {
    let mut fields = Fields::new(members, now);
    let known: Vec<&str> = StepKind::ALL.iter().map(|step| step.key()).collect();
    let step = fields.read("step", &format!("one of {}", known.join(", ")), StepKind::parse);
    if !fields.is_given("step") {
        fields.fault("step", format!("is missing; it is one of {}", known.join(", ")));
    }
    let at = fields.time("at", &city.zone);
    let response = fields.text("response", MAX_TEXT);
    let survey = survey(&mut fields);
    let of = |steps: &[StepKind]| step.is_none_or(|step| steps.contains(&step));
    if response.is_some() && !of(&[StepKind::Responded, StepKind::Closed]) {
        fields.fault("response", "comes with the step responded or closed");
    }
    if survey != Survey::default() && !of(&[StepKind::Surveyed]) {
        let field = if survey.solved.is_some() { "solved" } else { "satisfied" };
        fields.fault(field, "comes with the step surveyed");
    }
    let faults = fields.finish();
    match step {
        Some(step) if faults.is_empty() => Ok(Taking { step, at, response, survey }),
        _ => Err(faults),
    }
}

fn survey(fields: &mut Fields<'_>) -> Survey {
    Survey { solved: fields.flag("solved"), satisfied: fields.flag("satisfied") }
}

struct Reader<'v, 't> {
    fields: Fields<'v>,
    terms: &'t Terms<'t>,
}

impl Reader<'_, '_> {
    /// The ticket; `None` only where a fault was reported, but some with faults are given too.
    fn filing(&mut self) -> Option<Filing> {
        let id = self.id();
        let category = self.category();
        let channel = self.fields.word("channel", MAX_CHANNEL);
        let source = self.fields.word("source", MAX_WORD);
        let requested = self.fields.time("requested_at", &self.terms.snapshot.city.zone);
        let steps = self.steps(requested.unwrap_or_else(|| to_millisecond(self.terms.now)));
        let status = self.status(&steps);
        let survey = survey(&mut self.fields);
        if survey != Survey::default() && steps.surveyed.is_none() {
            self.fields.fault("surveyed_at", "is missing beside what the survey found");
        }
        let texts = self.texts();
        if texts.response.is_some() && steps.responded.is_none() && steps.closed.is_none() {
            self.fields.fault("response", "is there before the ticket was responded to or closed");
        }
        let division = self.division();
        let (spot, position, mut remark) = self.spot(texts.address.as_deref(), division.as_deref());
        let city = &self.terms.snapshot.city;
        let day = city.zone.to_datetime(steps.requested).date();
        let open = status != TicketStatus::Closed;
        let divisions = self.ground(spot.as_ref(), division.as_deref(), day, open);
        let outside = |spot: &Spot| !city.manifest.bounds.contains(spot.at);
        if divisions.district.is_none() && spot.as_ref().is_some_and(outside) {
            remark = Some(Remark::Outside);
        }
        let told = Told {
            channel: channel.is_some(),
            source: source.is_some(),
            requested: requested.is_some(),
            position,
            division,
        };
        let ticket = Ticket {
            id: id?,
            category: category?,
            channel: channel.unwrap_or_else(|| self.terms.channel.to_owned()),
            status,
            location: spot.as_ref().map(|spot| spot.at),
            located_by: spot.as_ref().map(|spot| spot.by),
            accuracy_m: spot.and_then(|spot| spot.accuracy_m),
            divisions,
            steps,
            survey,
            source: source.unwrap_or_else(|| self.terms.source.to_owned()),
        };
        Some(Filing { ticket, texts, remark, told })
    }

    fn id(&mut self) -> Option<String> {
        let id = self.fields.needed("id", MAX_WORD)?;
        if Ticket::NO_IDS.contains(&id.as_str()) {
            self.fields.fault("id", format!("\"{id}\" is no id that an address can end in"));
            return None;
        }
        Some(id)
    }

    /// A matter of the city, or a kind that tickets have already.
    fn category(&mut self) -> Option<String> {
        let code = self.fields.needed("category", MAX_WORD)?;
        let Terms { snapshot, .. } = self.terms;
        if snapshot.city.matters.get(&code).is_some() || snapshot.tickets.has_category(&code) {
            return Some(code);
        }
        self.fields.fault(
            "category",
            format!(
                "\"{code}\" is not known: GET /v1/services lists the matters of the city, and GET \
                 /v1/breakdown?by=category what tickets have besides"
            ),
        );
        None
    }

    fn steps(&mut self, requested: Timestamp) -> TicketSteps {
        let zone = &self.terms.snapshot.city.zone;
        let before = self.fields.faults();
        let steps = TicketSteps {
            requested,
            dispatched: self.fields.time("dispatched_at", zone),
            accepted: self.fields.time("accepted_at", zone),
            responded: self.fields.time("responded_at", zone),
            closed: self.fields.time("closed_at", zone),
            surveyed: self.fields.time("surveyed_at", zone),
            returned: self.fields.times("returned_at", MAX_RETURNS, zone).unwrap_or_default(),
        };
        // Of times that cannot be read nobody knows the order.
        if self.fields.faults() == before {
            for Fault { field, detail } in disorder(&steps) {
                self.fields.fault(&field, detail);
            }
        }
        steps
    }

    /// The state that the steps tell; whoever states it as well must agree.
    fn status(&mut self, steps: &TicketSteps) -> TicketStatus {
        let told = status(steps);
        let known: Vec<&str> = TicketStatus::ALL.iter().map(|status| status.key()).collect();
        let what = format!("one of {}", known.join(", "));
        let said = self.fields.read("status", &what, TicketStatus::parse);
        if let Some(said) = said.filter(|said| *said != told) {
            let detail = format!("is {}, but the steps say {}", said.key(), told.key());
            self.fields.fault("status", detail);
        }
        told
    }

    fn texts(&mut self) -> TicketTexts {
        TicketTexts {
            description: self.fields.text("description", MAX_TEXT),
            address: self.fields.text("address", MAX_ADDRESS),
            contact: self.fields.text("contact", MAX_WORD),
            phone: self.fields.word("phone", MAX_PHONE),
            response: self.fields.text("response", MAX_TEXT),
        }
    }

    fn division(&mut self) -> Option<String> {
        let code = self.fields.word("division", MAX_WORD)?;
        if self.terms.snapshot.divisions.number(&code).is_some() {
            return Some(code);
        }
        let detail = format!("\"{code}\" does not exist; GET /v1/divisions lists them");
        self.fields.fault("division", detail);
        None
    }

    /// Where it is: by its position, or else by its address; and whether the caller gave the
    /// position.
    fn spot(
        &mut self,
        address: Option<&str>,
        division: Option<&str>,
    ) -> (Option<Spot>, bool, Option<Remark>) {
        let before = self.fields.faults();
        let at = self.location();
        let accuracy_m = self.fields.number("accuracy_m", 0.0..=MAX_ACCURACY);
        let known: Vec<&str> = LocatedBy::ALL.iter().map(|by| by.key()).collect();
        let what = format!("one of {}", known.join(", "));
        let said = self.fields.read("located_by", &what, LocatedBy::parse);
        if let Some((at, usual)) = at {
            let by = said.unwrap_or(usual);
            return (Some(Spot { at, by, accuracy_m, division: None }), true, None);
        }
        if self.fields.faults() > before {
            return (None, false, None);
        }
        for (field, given) in [("accuracy_m", accuracy_m.is_some()), ("located_by", said.is_some())]
        {
            if given {
                self.fields.fault(field, "is of a position, and there is none");
            }
        }
        let Some(address) = address else { return (None, false, Some(Remark::NoPlace)) };
        match self.terms.places.find(address, division) {
            Ok(Placed { at, by, accuracy_m, division }) => {
                (Some(Spot { at, by, accuracy_m: Some(accuracy_m), division }), false, None)
            }
            Err(NoPlace::Unknown) => (None, false, Some(Remark::AddressUnknown)),
            Err(NoPlace::Several) => (None, false, Some(Remark::AddressSeveral)),
        }
    }

    /// The position as WGS-84, and how it is known where nobody says so.
    fn location(&mut self) -> Option<(LonLat, LocatedBy)> {
        let what = format!("one of {}", Datum::NAMES);
        let crs = self.fields.read("crs", &what, Datum::parse).unwrap_or(self.terms.crs);
        let given = ["lon", "lat"].map(|name| self.fields.is_given(name));
        let (lon, lat) = (self.fields.any_number("lon"), self.fields.any_number("lat"));
        match given {
            [true, false] => self.fields.fault("lat", "is needed beside lon"),
            [false, true] => self.fields.fault("lon", "is needed beside lat"),
            _ => {}
        }
        let (lon, lat) = lon.zip(lat)?;
        if lon == 0.0 && lat == 0.0 {
            self.fields.fault("lon", "0, 0 is what stands for no position; leave both out");
            return None;
        }
        match position(lon, lat, self.terms.snapshot.city.manifest.bounds) {
            Ok(at) => {
                let by = match crs {
                    Datum::Wgs84 | Datum::Cgcs2000 => LocatedBy::Given,
                    Datum::Gcj02 | Datum::Bd09 => LocatedBy::Converted,
                };
                Some((crs.to_wgs84(at), by))
            }
            Err(fault) => {
                self.fields.fault("lon", fault.to_string());
                None
            }
        }
    }

    fn ground(
        &self,
        spot: Option<&Spot>,
        division: Option<&str>,
        day: Date,
        open: bool,
    ) -> TicketDivisions {
        let Snapshot { city, divisions, .. } = self.terms.snapshot;
        match (spot, division) {
            (Some(spot), _) => {
                ground(city, spot, day, &|at| divisions_of_ticket(city, divisions, at, day, open))
            }
            (None, Some(code)) => chain(city, code, Some(day)),
            (None, None) => TicketDivisions::default(),
        }
    }
}
