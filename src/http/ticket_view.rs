//! A ticket as GeoJSON, for callers who may read its words.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::point_geometry;
use super::point_view::stamp;
use crate::city::synthetic::hotline;
use crate::city::{Lang, LocatedBy, Survey, TicketStatus, TicketTexts};
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::store::KeptTicket;

/// How tickets are shown.
pub(super) struct TicketShown<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) lang: Lang,
    pub(super) crs: Datum,
}

/// A ticket as a GeoJSON feature.
pub(super) type TicketFeature<'a> = Feature<'a, TicketProperties<'a>>;

/// Something that is known of a ticket, as a GeoJSON feature.
#[derive(Serialize)]
pub(super) struct Feature<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    /// Null where it has no place.
    geometry: Option<Value>,
    properties: P,
}

impl<'a, P> Feature<'a, P> {
    /// The same place with other properties.
    pub(super) fn map<Q>(self, other: impl FnOnce(P) -> Q) -> Feature<'a, Q> {
        let Self { kind, id, geometry, properties } = self;
        Feature { kind, id, geometry, properties: other(properties) }
    }
}

/// What is known of a ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketProperties<'a> {
    /// Id of the system that it was filed in.
    id: &'a str,
    /// Code of its category.
    category: &'a str,
    /// Name of its category, where the city has one.
    category_name: Option<&'a str>,
    /// How it came in, such as phone.
    channel: &'a str,
    status: TicketStatus,
    /// How its position was obtained.
    located_by: Option<LocatedBy>,
    /// How far off the position may be, metres, where known.
    accuracy_m: Option<f64>,
    /// Whose ground it was at the time.
    divisions: TicketDivisionsView<'a>,
    /// When it took each step; of a step that was taken more than once, the last time.
    steps: StepsView,
    /// What the caller said when asked afterwards.
    #[schema(value_type = SurveyView)]
    survey: Survey,
    /// Its words, and who filed it.
    #[schema(value_type = TextsView)]
    texts: &'a TicketTexts,
    /// Id of its source.
    source: &'a str,
    /// Metres from the position that was asked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
}

/// Whose ground a ticket's place was at the time.
#[derive(Serialize, ToSchema)]
struct TicketDivisionsView<'a> {
    county: Option<OldDivision<'a>>,
    localadmin: Option<OldDivision<'a>>,
    neighbourhood: Option<OldDivision<'a>>,
    /// The day whose borders were asked.
    on: Option<String>,
}

/// A division that may no longer be.
#[derive(Serialize, ToSchema)]
struct OldDivision<'a> {
    code: &'a str,
    /// Its name, where it still is.
    name: Option<&'a str>,
}

/// RFC 3339, by the city's clock.
#[derive(Serialize, ToSchema)]
pub(super) struct StepsView {
    requested: String,
    dispatched: Option<String>,
    accepted: Option<String>,
    responded: Option<String>,
    closed: Option<String>,
    surveyed: Option<String>,
    /// Each time that the body which had to act sent it back.
    returned: Vec<String>,
}

/// What the caller said when asked afterwards; null where there was no clear answer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents `Survey`, which does not know of HTTP")]
struct SurveyView {
    solved: Option<bool>,
    satisfied: Option<bool>,
}

/// The words of a ticket, and who filed it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents `TicketTexts`, which does not know of HTTP")]
struct TextsView {
    description: Option<String>,
    address: Option<String>,
    contact: Option<String>,
    phone: Option<String>,
    response: Option<String>,
}

impl<'a> TicketShown<'a> {
    /// The ticket as a GeoJSON feature.
    pub(super) fn feature(&self, kept: &'a KeptTicket, distance: Option<f64>) -> TicketFeature<'a> {
        let ticket = &kept.record.ticket;
        let of = &ticket.divisions;
        Feature {
            kind: "Feature",
            id: &ticket.id,
            geometry: ticket.location.map(|at| point_geometry(at, self.crs)),
            properties: TicketProperties {
                id: &ticket.id,
                category: &ticket.category,
                category_name: self.category_name(&ticket.category),
                channel: &ticket.channel,
                status: ticket.status,
                located_by: ticket.located_by,
                accuracy_m: ticket.accuracy_m,
                divisions: TicketDivisionsView {
                    county: self.division(of.district.as_deref()),
                    localadmin: self.division(of.township.as_deref()),
                    neighbourhood: self.division(of.community.as_deref()),
                    on: of.on.map(|day| day.to_string()),
                },
                steps: self.steps(kept),
                survey: ticket.survey,
                texts: &kept.texts,
                source: &ticket.source,
                distance: distance.map(|m| (m * 10.0).round() / 10.0),
            },
        }
    }

    /// The name of a category, where it has one.
    pub(super) fn category_name(&self, code: &str) -> Option<&'a str> {
        category_name(self.snapshot, code, self.lang)
    }

    /// When it took each step, by the city's clock.
    pub(super) fn steps(&self, kept: &KeptTicket) -> StepsView {
        let steps = &kept.record.ticket.steps;
        let zone = &self.snapshot.city.zone;
        let at = |at: Option<Timestamp>| at.map(|at| stamp(zone, at));
        StepsView {
            requested: stamp(zone, steps.requested),
            dispatched: at(steps.dispatched),
            accepted: at(steps.accepted),
            responded: at(steps.responded),
            closed: at(steps.closed),
            surveyed: at(steps.surveyed),
            returned: steps.returned.iter().map(|at| stamp(zone, *at)).collect(),
        }
    }

    fn division(&self, code: Option<&'a str>) -> Option<OldDivision<'a>> {
        let code = code?;
        let number = self.snapshot.divisions.number(code);
        let division = number.map(|number| &self.snapshot.city.divisions[number as usize]);
        Some(OldDivision { code, name: division.map(|d| d.name.get(self.lang)) })
    }
}

/// The name of a ticket's category: of a matter of the city, or of a kind that made-up tickets
/// have. Other kinds of a hotline have none.
pub(super) fn category_name<'a>(s: &'a Snapshot, code: &str, lang: Lang) -> Option<&'a str> {
    match s.city.matters.get(code) {
        Some(matter) => Some(matter.name.get(lang)),
        None => hotline::kind_name(code).map(|name| name.get(lang)),
    }
}
