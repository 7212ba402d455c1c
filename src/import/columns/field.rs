//! The fields that a column may hold.

use serde::{Deserialize, Serialize};

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Service points.
    Points,
    /// Divisions.
    Divisions,
    /// Tickets.
    Tickets,
    /// Holidays and make-up workdays.
    Calendar,
    /// Free slots of service points.
    Slots,
}

/// A field of a record, as column maps name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in maps and messages.
    pub key: &'static str,
    /// What it is, for people.
    pub about: &'static str,
}

const fn field(key: &'static str, about: &'static str) -> Field {
    Field { key, about }
}

const POINTS: &[Field] = &[
    field("id", "stable id in the source"),
    field("name", "name"),
    field("name_en", "English name"),
    field("aliases", "other names, a list"),
    field("category", "category: code, name or alias"),
    field("matters", "matters that the office handles, a list of codes, names or phrases"),
    field("address", "postal address"),
    field("phone", "telephone"),
    field("opening_hours", "opening hours in the OpenStreetMap syntax"),
    field("hours_text", "opening hours in words"),
    field("accessibility", "words such as wheelchair, a list"),
    field("lon", "longitude, degrees"),
    field("lat", "latitude, degrees"),
    field("position", "longitude and latitude in one cell"),
    field("district", "district: code or name; only for finding the address"),
    field("source", "id of a source of the city pack"),
    field("observed_at", "day on which the source saw it"),
    field("retired_at", "when it was retired: it no longer holds"),
    field("successor", "id of what took its place"),
    field("retired_reason", "why it was retired"),
];

const DIVISIONS: &[Field] = &[
    field("code", "official code"),
    field("level", "district, township or community, or the city's word for it"),
    field("name", "name"),
    field("name_en", "English name"),
    field("aliases", "other names, a list"),
    field("parent", "code of the division above"),
    field("valid_from", "first day on which it exists"),
    field("valid_to", "first day on which it no longer exists"),
    field("predecessors", "codes that it came from, a list"),
    field("successors", "codes that it became, a list"),
    field("quality", "authoritative or approximate"),
    field("lon", "longitude of a point of it"),
    field("lat", "latitude of a point of it"),
    field("placed_by", "how that point was found"),
    field("population", "how many people live there"),
    field("population_at", "the day that this number is of"),
    field("source", "id of a source of the city pack"),
    field("retired_at", "when it was retired: it should never have been there"),
    field("successor", "code of the record that took its place"),
    field("retired_reason", "why it was retired"),
];

const TICKETS: &[Field] = &[
    field("id", "the caller's id"),
    field("category", "kind of request"),
    field("detail", "finer kind of request"),
    field("channel", "how it came in"),
    field("status", "where it stands"),
    field("requested_at", "when it came in"),
    field("dispatched_at", "when it was passed on"),
    field("accepted_at", "when it was taken up"),
    field("responded_at", "when the caller was first answered"),
    field("closed_at", "when it was done"),
    field("surveyed_at", "when the caller was asked how it went"),
    field("resolved", "whether the caller said that it is solved"),
    field("satisfied", "whether the caller said to be satisfied"),
    field("returns", "how often it was sent back"),
    field("agency", "who handles it"),
    field("address", "where, in words"),
    field("lon", "longitude, degrees"),
    field("lat", "latitude, degrees"),
    field("position", "longitude and latitude in one cell"),
    field("located_by", "how the position was found"),
    field("accuracy_m", "how far off the position may be, metres"),
    field("district", "district: code or name"),
    field("township", "township: code or name"),
    field("community", "community: code or name"),
    field("divisions_on", "the day on which these divisions were asked for the position"),
    field("returned_at", "when it was sent back, a list of times"),
    field("source", "where the tickets come from"),
    field("retired_at", "when it was retired: it should not count"),
    field("successor", "id of the ticket that took its place"),
    field("retired_reason", "why it was retired"),
    field("text", "what the caller said"),
    field("contact", "how the caller is reached"),
];

const CALENDAR: &[Field] = &[
    field("date", "the day"),
    field("kind", "holiday or workday"),
    field("name", "name of the holiday"),
    field("name_en", "its English name"),
];

const SLOTS: &[Field] = &[
    field("point", "id of the service point"),
    field("matter", "what they are for: code, name or phrase; anything if left out"),
    field("slot", "id by which the portal knows it"),
    field("start", "when it begins"),
    field("end", "when it ends"),
    field("capacity", "how many visits it has room for"),
    field("observed_at", "when it was seen to be free"),
    field("source", "id of a source of the city pack"),
];

impl Subject {
    /// Its fields.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Points => POINTS,
            Self::Divisions => DIVISIONS,
            Self::Tickets => TICKETS,
            Self::Calendar => CALENDAR,
            Self::Slots => SLOTS,
        }
    }

    /// The place of a field among them.
    pub fn place(self, key: &str) -> Option<usize> {
        self.fields().iter().position(|field| field.key == key)
    }
}
