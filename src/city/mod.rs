//! The domain: what a city consists of, in its own words.
//!
//! Every type here is a plain record. They come from a city pack ([`pack`]), are
//! never changed in place, and know nothing of storage, indexes or HTTP.

pub mod calendar;
pub mod category;
pub mod change;
pub mod division;
pub mod hours;
mod id;
pub mod manifest;
pub mod matter;
pub mod navigation;
pub mod pack;
pub mod place;
pub mod point;
pub mod portal;
pub mod redrawing;
pub mod release;
pub mod repeats;
pub mod routing;
pub mod schedule;
pub mod synthetic;
pub mod text;
pub mod ticket;
pub mod tree;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use calendar::{Calendar, DayKind};
pub use category::Category;
pub use division::{Division, Level, Quality, Residents};
pub use id::{ID_RULE, is_id};
pub use manifest::{Manifest, Source};
pub use matter::Matter;
pub use navigation::Navigator;
pub use pack::load;
pub use place::{Place, PlaceKind, Road, RoadClass};
pub use point::{Basis, Retired, ServicePoint};
pub use portal::{Booker, Channel, Lead, LinkStatus, Portal};
pub use redrawing::{BorderChange, Flow, Redrawing, Redrawn};
pub use release::{Month, Release, ReleasedCell};
pub use repeats::{Kin, RepeatKind, Repeats};
pub use schedule::{Schedule, Slot};
pub use text::{Lang, Localized};
pub use ticket::{
    LocatedBy, Survey, Ticket, TicketDivisions, TicketStatus, TicketSteps, TicketTexts,
};
pub use tree::{Node, Tree};

/// Everything that is known of one city. About 30 MB for a city of 22 million; a clone
/// shares nearly all of it.
#[derive(Debug, Clone)]
pub struct City {
    /// Names, bounds, levels, sources.
    pub manifest: Manifest,
    /// The city's time zone.
    pub zone: jiff::tz::TimeZone,
    /// Kinds of service points.
    pub categories: Tree<Category>,
    /// Service matters.
    pub matters: Tree<Matter>,
    /// Reservation and service portals.
    pub portals: Vec<Portal>,
    /// Free slots by the id of their point.
    pub schedules: BTreeMap<String, Vec<Schedule>>,
    /// Public holidays and make-up workdays.
    pub calendar: Calendar,
    /// Service points, ordered by id.
    pub points: Vec<ServicePoint>,
    /// Service points that no longer hold, by id.
    pub retired: BTreeMap<String, Retired>,
    /// Divisions of all levels, ordered by level, then code.
    pub divisions: Arc<Vec<Division>>,
    /// What became of divisions, from the oldest change.
    pub changes: Vec<change::Change>,
    /// Changes of borders since there are records, the oldest first.
    pub redrawings: Vec<Redrawing>,
    /// The public figures of tickets, month after month.
    pub releases: Vec<Arc<Release>>,
    /// Who must act.
    pub routing: routing::Routing,
    /// What was reported already.
    pub repeats: Repeats,
    /// The gazetteer, ordered by id.
    pub places: Arc<Vec<Place>>,
    /// Lines of the base map.
    pub roads: Arc<Vec<Road>>,
    /// The last change of the records but for tickets; `None` where they come from a pack.
    pub records_seq: Option<u64>,
    /// Digest of the pack's files, and after a `-` how many changes of records but for tickets
    /// there were, where these come from a store. Changes when, and only when, either does. It
    /// is told to everybody, and a sequence number would tell how many tickets came in between.
    pub digest: String,
}

impl City {
    /// The part of `digest` that is of the pack's files.
    pub fn pack_digest(&self) -> &str {
        self.digest.split_once('-').map_or(&self.digest, |(pack, _)| pack)
    }

    /// The portals that serve `point`: those that name it, then those that name its
    /// category or a category above it.
    pub fn portals_of(&self, point: &ServicePoint) -> Vec<&Portal> {
        let line = self.categories.ancestors(&point.category);
        let named = self.portals.iter().filter(|p| p.points.contains(&point.id));
        let kind = self.portals.iter().filter(|p| {
            p.points.is_empty() && p.categories.iter().any(|c| line.iter().any(|l| l == c))
        });
        named.chain(kind).collect()
    }

    /// The portal on which a visit to `point` is booked, for a matter or for any: the
    /// first that is made for reservations, answers and admits `who`.
    pub fn booking_portal(
        &self,
        point: &ServicePoint,
        matter: Option<&str>,
        who: Booker,
    ) -> Option<&Portal> {
        self.portals_of(point).into_iter().find(|portal| {
            portal.channel == Channel::Reservation
                && portal.is_online()
                && portal.admits(who)
                && matter.is_none_or(|matter| portal.takes(matter))
        })
    }

    /// The matters that `point` handles: those stated for it, then those that an
    /// office of its category usually handles.
    pub fn matters_of<'a>(&'a self, point: &'a ServicePoint) -> Vec<(&'a Matter, Basis)> {
        let stated = point.matters.iter().map(|code| (code, Basis::Stated));
        let typical = self
            .categories
            .get(&point.category)
            .into_iter()
            .flat_map(|c| &c.typical_matters)
            .filter(|code| !point.matters.contains(code))
            .map(|code| (code, Basis::Typical));
        stated
            .chain(typical)
            .filter_map(|(code, basis)| Some((self.matters.get(code)?, basis)))
            .collect()
    }

    /// The day it is in the city.
    pub fn today(&self) -> jiff::civil::Date {
        self.zone.to_datetime(jiff::Timestamp::now()).date()
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.manifest.sources.iter().find(|s| s.id == id)
    }
}
