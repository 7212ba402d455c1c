//! Reservation and service portals: where a visit is booked.

use serde::{Deserialize, Serialize};

use super::Localized;

/// How a portal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A page made for reservations.
    Reservation,
    /// The department's site.
    Website,
    /// A telephone number.
    Phone,
}

impl Channel {
    /// The group it is shown under.
    pub const fn group(self, lang: super::Lang) -> &'static str {
        match (self, lang) {
            (Self::Reservation, super::Lang::Zh) => "预约",
            (Self::Reservation, super::Lang::En) => "Book",
            (Self::Website, super::Lang::Zh) => "网站",
            (Self::Website, super::Lang::En) => "Website",
            (Self::Phone, super::Lang::Zh) => "电话",
            (Self::Phone, super::Lang::En) => "Phone",
        }
    }
}

/// What the last visit to a link found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkStatus {
    /// Nobody looked yet.
    #[default]
    Unchecked,
    /// It answered.
    Ok,
    /// It did not; it is no longer offered.
    Dead,
}

/// A place on the net, or a number, where a visit is booked or asked about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Stable id.
    pub id: String,
    /// What it is.
    pub name: Localized,
    /// Where it is; https. Empty where `channel` is `phone`.
    #[serde(default)]
    pub url: String,
    /// Whether `url` leads to the booking itself rather than to a front page.
    #[serde(default)]
    pub deep: bool,
    /// How it is reached.
    pub channel: Channel,
    /// Number to call, where `channel` is `phone`.
    #[serde(default)]
    pub phone: String,
    /// Codes of the categories whose points it serves.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Ids of the points it serves; where given, it serves these alone.
    #[serde(default)]
    pub points: Vec<String>,
    /// Codes of the matters it takes; empty: whatever the point handles.
    #[serde(default)]
    pub matters: Vec<String>,
    /// What the last visit found.
    #[serde(default)]
    pub status: LinkStatus,
    /// Id of the source that names it.
    #[serde(default)]
    pub source: String,
}

impl Portal {
    /// Whether a visit can be booked or prepared on line here.
    pub fn is_online(&self) -> bool {
        self.channel != Channel::Phone && self.status != LinkStatus::Dead
    }

    /// Whether it takes `matter`.
    pub fn takes(&self, matter: &str) -> bool {
        self.matters.is_empty() || self.matters.iter().any(|m| m == matter)
    }
}
