//! Tickets: what citizens asked for, where, and what became of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Level;
use crate::geo::LonLat;

/// Words of a fixed list, with their names in files, parameters and answers.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $word:ident = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(rename_all = "lowercase")]
        pub enum $name {
            $($(#[$of])* $word,)*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$word),*];

            /// Its name in files, parameters and answers.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$word => $key,)*
                }
            }

            /// Reads its name.
            pub fn parse(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.key() == key)
            }
        }
    };
}

words! {
    /// How far a ticket is.
    TicketStatus {
        /// Nobody has it yet.
        Open = "open",
        /// It was sent to a body that must act.
        Dispatched = "dispatched",
        /// That body has taken it.
        Accepted = "accepted",
        /// The caller has had an answer.
        Responded = "responded",
        /// It is done with.
        Closed = "closed",
        /// The body sent it back; it will be dispatched again.
        Returned = "returned",
    }
}

words! {
    /// How the position of a ticket was obtained, from the surest.
    LocatedBy {
        /// Whoever filed it gave coordinates.
        Given = "given",
        /// Whoever filed it gave coordinates in another datum, which were converted.
        Converted = "converted",
        /// By its address, to the house.
        Address = "address",
        /// By its address, of which a place is known; or by a place in its words.
        Place = "place",
        /// By its address, of which only the street is known.
        Street = "street",
        /// By its address, of which only a division is known: the middle of that.
        Centroid = "centroid",
    }
}

/// What a citizen asked for. Words, contact data and everything else that could tell who it
/// was are not here but in [`TicketTexts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Stable id, given by the system that it was filed in.
    pub id: String,
    /// Code of its category.
    pub category: String,
    /// How it came in: a word such as `phone`.
    pub channel: String,
    /// How far it is.
    pub status: TicketStatus,
    /// Where it is about, WGS-84, where known.
    pub location: Option<LonLat>,
    /// How `location` was obtained.
    pub located_by: Option<LocatedBy>,
    /// How far off `location` may be, in metres, where known.
    pub accuracy_m: Option<f64>,
    /// Whose ground it was at the time.
    pub divisions: TicketDivisions,
    /// The time of each step.
    pub steps: TicketSteps,
    /// What the caller said when asked afterwards.
    pub survey: Survey,
    /// Id of its source.
    pub source: String,
}

impl Ticket {
    /// What no ticket can be called, since it could not be read under `/v1/tickets/`: the name of
    /// another question, and the steps of paths, which addresses lose on their way.
    pub const NO_IDS: [&str; 3] = ["similar", ".", ".."];

    /// Whether its position is known and lies in no division of the city.
    pub fn is_outside(&self) -> bool {
        let given = matches!(self.located_by, Some(LocatedBy::Given | LocatedBy::Converted));
        let divisions = &self.divisions;
        given
            && self.location.is_some()
            && divisions.on.is_some()
            && Level::ALL.iter().all(|level| divisions.get(*level).is_none())
    }

    /// Whether somebody must still act.
    pub fn is_open(&self) -> bool {
        self.status != TicketStatus::Closed
    }
}

/// The divisions of a ticket by their codes, as they were when they were assigned. They
/// stay when borders change, but for tickets that are still open: those go to whoever must
/// act now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketDivisions {
    /// Code of the district.
    pub district: Option<String>,
    /// Code of the township.
    pub township: Option<String>,
    /// Code of the community.
    pub community: Option<String>,
    /// The day whose borders were asked.
    pub on: Option<Date>,
}

impl TicketDivisions {
    /// The code of a level.
    pub fn get(&self, level: Level) -> Option<&str> {
        match level {
            Level::District => self.district.as_deref(),
            Level::Township => self.township.as_deref(),
            Level::Community => self.community.as_deref(),
        }
    }
}

/// When a ticket took each step, to the millisecond: of a step that was taken more than
/// once, the last time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketSteps {
    /// It was filed.
    pub requested: Timestamp,
    /// It was sent to a body that must act.
    pub dispatched: Option<Timestamp>,
    /// That body took it.
    pub accepted: Option<Timestamp>,
    /// The caller had an answer.
    pub responded: Option<Timestamp>,
    /// It was closed.
    pub closed: Option<Timestamp>,
    /// The caller was asked whether it was solved.
    pub surveyed: Option<Timestamp>,
    /// Each time that a body sent it back, in order.
    pub returned: Vec<Timestamp>,
}

/// What the caller said when asked afterwards; `None` where there was no clear answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// Whether it was solved.
    pub solved: Option<bool>,
    /// Whether they were content.
    pub satisfied: Option<bool>,
}

/// The words of a ticket and who filed it. Kept apart from it, in no log, so that they can
/// be erased; only for callers with a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketTexts {
    /// What was said.
    pub description: Option<String>,
    /// The address or place as it was said.
    pub address: Option<String>,
    /// Name of whoever filed it.
    pub contact: Option<String>,
    /// Their telephone.
    pub phone: Option<String>,
    /// What they were answered.
    pub response: Option<String>,
}

impl TicketTexts {
    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
