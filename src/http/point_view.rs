//! A service point as an answer shows it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::answer::point_geometry;
use crate::city::hours::{Opening, Reason, State};
use crate::city::{
    Basis, Booker, Channel, City, Lang, Lead, Level, LinkStatus, Localized, Navigator, Portal,
    Quality,
};
use crate::geo::Datum;
use crate::index::Snapshot;

/// The properties that a caller can choose among with `fields`.
pub(super) const PROPERTIES: [&str; 19] = [
    "id",
    "name",
    "names",
    "aliases",
    "category",
    "services",
    "address",
    "phone",
    "opening_hours",
    "open",
    "accessibility",
    "bookable",
    "reservations",
    "divisions",
    "navigation",
    "source",
    "licence",
    "observed_at",
    "distance",
];

/// How points are to be shown.
pub(super) struct Shown<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) lang: Lang,
    pub(super) crs: Datum,
    /// The time for which `open` is said, local to the city.
    pub(super) at: DateTime,
    /// Names of the properties that are wanted; empty: all.
    pub(super) fields: &'a [String],
}

/// The properties of a service point.
#[derive(Serialize, ToSchema)]
pub(super) struct PointProperties<'a> {
    /// Stable id.
    id: &'a str,
    /// Name in the language of the answer.
    name: &'a str,
    /// Name in each language.
    #[schema(value_type = Object)]
    names: &'a Localized,
    /// Other names.
    aliases: &'a [String],
    /// Its kind.
    category: CategoryRef<'a>,
    /// What it handles.
    services: Vec<ServiceRef<'a>>,
    /// Postal address, where known.
    address: Option<&'a str>,
    /// Telephone, where known.
    phone: Option<&'a str>,
    /// Opening hours in the OpenStreetMap syntax, where known.
    opening_hours: Option<&'a str>,
    /// Whether it is open.
    open: OpenView,
    /// Words such as `wheelchair`.
    accessibility: &'a [String],
    /// Whether a visit can be booked on line.
    bookable: bool,
    /// How to book.
    reservations: Vec<ReservationView<'a>>,
    /// Whose jurisdiction it is.
    divisions: DivisionsView<'a>,
    /// Links that open its position in other maps, each in the datum which that map
    /// expects.
    navigation: Vec<NavigationView>,
    /// Where the record comes from.
    source: Option<SourceRef<'a>>,
    /// Licence of the record.
    licence: Option<&'a str>,
    /// Day on which the source saw it.
    observed_at: Option<String>,
    /// Distance from the position that was asked, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
}

/// A service point as a GeoJSON feature.
#[derive(Serialize)]
pub(super) struct PointFeature<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    geometry: Value,
    properties: Chosen<'a>,
}

/// All properties, written as they are, or those that the caller chose.
#[derive(Serialize)]
#[serde(untagged)]
enum Chosen<'a> {
    All(Box<PointProperties<'a>>),
    Some(Map<String, Value>),
}

#[derive(Serialize, ToSchema)]
struct CategoryRef<'a> {
    code: &'a str,
    name: &'a str,
    icon: &'a str,
    color: &'a str,
}

#[derive(Serialize, ToSchema)]
struct ServiceRef<'a> {
    code: &'a str,
    name: &'a str,
    /// `stated` for this office, or `typical` for its kind.
    basis: Basis,
}

/// Whether a point is open.
#[derive(Serialize, ToSchema)]
struct OpenView {
    state: State,
    /// When this state ends.
    until: Option<String>,
    /// When it opens next.
    next_open: Option<String>,
    /// Why, where the plain hours do not explain it.
    reason: Option<Reason>,
}

/// One way to book.
#[derive(Serialize, ToSchema)]
struct ReservationView<'a> {
    id: &'a str,
    /// The matter it is for; null: any that the point handles.
    service: Option<&'a str>,
    #[schema(value_type = String)]
    channel: Channel,
    /// The heading it is shown under.
    group: &'static str,
    label: &'a str,
    /// Who may book: self, agent (for a caller), proxy; empty: not known.
    who: &'a [Booker],
    /// How long before the visit, as ISO 8601 durations, where known.
    lead: Option<&'a Lead>,
    phone: Option<&'a str>,
    #[schema(value_type = String)]
    status: LinkStatus,
    /// Day of the last visit to the link.
    checked_at: Option<String>,
    /// The next free slot, where one is known and was seen lately enough.
    next_slot: Option<NextSlot<'a>>,
    /// Whether the link leads to the booking itself, not to a portal's front page.
    deep: bool,
    /// The path to follow, which counts the visit and leads on.
    href: Option<String>,
    /// Where it leads for this point, as far as no visit is known.
    url: Option<String>,
}

/// A free slot, and when it was seen to be free.
#[derive(Serialize, ToSchema)]
struct NextSlot<'a> {
    /// Id by which the portal knows it.
    id: &'a str,
    start: String,
    end: String,
    observed_at: String,
    /// Path of the slot as a calendar file.
    calendar: String,
}

/// A link into another map.
#[derive(Serialize, ToSchema)]
struct NavigationView {
    id: Navigator,
    label: &'static str,
    /// Datum of the position in the link.
    #[schema(value_type = String)]
    datum: Datum,
    href: String,
}

#[derive(Serialize, ToSchema)]
struct DivisionsView<'a> {
    county: Option<DivisionRef<'a>>,
    localadmin: Option<DivisionRef<'a>>,
    neighbourhood: Option<DivisionRef<'a>>,
}

#[derive(Serialize, ToSchema)]
struct DivisionRef<'a> {
    code: &'a str,
    name: &'a str,
    quality: Quality,
}

#[derive(Serialize, ToSchema)]
struct SourceRef<'a> {
    id: &'a str,
    name: &'a str,
    licence: &'a str,
    url: &'a str,
}

/// The time now, on the city's clocks.
pub(super) fn local_now(city: &City) -> DateTime {
    city.zone.to_datetime(Timestamp::now())
}

/// RFC 3339 with the city's offset.
pub(super) fn stamp(zone: &jiff::tz::TimeZone, at: Timestamp) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Whether a point is open at a local time.
pub(super) fn opening(snapshot: &Snapshot, point: u32, at: DateTime) -> Opening {
    let city = &snapshot.city;
    let hours = city.points[point as usize].hours.as_ref();
    hours.map_or_else(Opening::not_known, |h| h.opening(&city.calendar, at))
}

impl Shown<'_> {
    /// The point as a GeoJSON feature.
    pub(super) fn feature(&self, point: u32, distance: Option<f64>) -> PointFeature<'_> {
        let whole = self.properties(point, distance);
        PointFeature {
            kind: "Feature",
            id: whole.id,
            geometry: point_geometry(self.snapshot.points.facts(point).location, self.crs),
            properties: self.chosen(whole),
        }
    }

    /// The properties that are wanted, with the id and the distance in any case.
    fn chosen<'a>(&self, whole: PointProperties<'a>) -> Chosen<'a> {
        if self.fields.is_empty() {
            return Chosen::All(Box::new(whole));
        }
        let mut some = match serde_json::to_value(whole) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        some.retain(|name, _| {
            name == "id" || name == "distance" || self.fields.iter().any(|f| f == name)
        });
        Chosen::Some(some)
    }

    fn properties(&self, number: u32, distance: Option<f64>) -> PointProperties<'_> {
        let city = &self.snapshot.city;
        let point = &city.points[number as usize];
        let facts = self.snapshot.points.facts(number);
        let category = city.categories.get(&point.category);
        let services = city.matters_of(point).into_iter().map(|(matter, basis)| ServiceRef {
            code: &matter.code,
            name: matter.name.get(self.lang),
            basis,
        });
        let portals = city.portals_of(point).into_iter();
        let reservations = portals.filter(|p| p.status != LinkStatus::Dead);
        let source = city.source(&point.source);
        let level = |level: Level| self.division(facts.divisions[level as usize]);
        PointProperties {
            id: &point.id,
            name: point.name.get(self.lang),
            names: &point.name,
            aliases: &point.aliases,
            category: CategoryRef {
                code: &point.category,
                name: category.map_or("", |c| c.name.get(self.lang)),
                icon: category.map_or("", |c| &c.icon),
                color: category.map_or("", |c| &c.color),
            },
            services: services.collect(),
            address: point.address.as_deref(),
            phone: point.phone.as_deref(),
            opening_hours: point.hours.as_ref().map(crate::city::hours::Hours::raw),
            open: self.open(number),
            accessibility: &point.accessibility,
            bookable: facts.bookable,
            reservations: reservations.map(|p| self.reservation(&point.id, p)).collect(),
            divisions: DivisionsView {
                county: level(Level::District),
                localadmin: level(Level::Township),
                neighbourhood: level(Level::Community),
            },
            navigation: Navigator::at(point.location)
                .iter()
                .map(|navigator| NavigationView {
                    id: *navigator,
                    label: navigator.label(self.lang),
                    datum: navigator.datum(),
                    href: navigator.link(point.location, &point.name, self.lang),
                })
                .collect(),
            source: source.map(|s| SourceRef {
                id: &s.id,
                name: &s.name,
                licence: &s.licence,
                url: &s.url,
            }),
            licence: source.map(|s| s.licence.as_str()),
            observed_at: point.observed_at.map(|d| d.to_string()),
            distance: distance.map(|d| (d * 10.0).round() / 10.0),
        }
    }

    fn division(&self, number: Option<u32>) -> Option<DivisionRef<'_>> {
        let division = &self.snapshot.city.divisions[number? as usize];
        Some(DivisionRef {
            code: &division.code,
            name: division.name.get(self.lang),
            quality: division.quality,
        })
    }

    fn open(&self, number: u32) -> OpenView {
        let opening = opening(self.snapshot, number, self.at);
        let zone = &self.snapshot.city.zone;
        let stamp = |t: DateTime| Some(stamp(zone, zone.to_timestamp(t).ok()?));
        OpenView {
            state: opening.state,
            until: opening.until.and_then(stamp),
            next_open: opening.next_open.and_then(stamp),
            reason: opening.reason,
        }
    }

    /// The next slot that is free for a matter that `portal` takes.
    fn next_slot<'a>(&'a self, point: &str, portal: &Portal) -> Option<NextSlot<'a>> {
        let zone = &self.snapshot.city.zone;
        let now = zone.to_timestamp(self.at).ok()?;
        let schedules = self.snapshot.city.schedules.get(point)?;
        let fresh = schedules.iter().filter(|s| {
            s.is_fresh(now) && s.matter.as_ref().is_none_or(|matter| portal.takes(matter))
        });
        let free = fresh.flat_map(|s| s.slots.iter().map(move |slot| (slot, s.observed_at)));
        let (slot, observed_at) =
            free.filter(|(slot, _)| slot.start > now).min_by_key(|(slot, _)| slot.start)?;
        Some(NextSlot {
            id: &slot.id,
            start: stamp(zone, slot.start),
            end: stamp(zone, slot.end),
            observed_at: stamp(zone, observed_at),
            calendar: format!(
                "/v1/points/{point}/calendar.ics?slot={}",
                utf8_percent_encode(&slot.id, NON_ALPHANUMERIC)
            ),
        })
    }

    fn reservation<'a>(&'a self, point: &str, portal: &'a Portal) -> ReservationView<'a> {
        let online = portal.is_online();
        ReservationView {
            id: &portal.id,
            service: portal
                .matters
                .first()
                .filter(|_| portal.matters.len() == 1)
                .map(std::string::String::as_str),
            channel: portal.channel,
            group: portal.channel.group(self.lang),
            label: portal.name.get(self.lang),
            who: &portal.who,
            lead: portal.lead.as_ref(),
            phone: Some(portal.phone.as_str()).filter(|p| !p.is_empty()),
            status: portal.status,
            checked_at: portal.checked_at.map(|day| day.to_string()),
            // Nobody dials a slot.
            next_slot: online.then(|| self.next_slot(point, portal)).flatten(),
            deep: portal.deep,
            href: online.then(|| format!("/v1/points/{point}/reserve?portal={}", portal.id)),
            url: online.then(|| portal.link(&[("point", Some(point))]).ok()).flatten(),
        }
    }
}
