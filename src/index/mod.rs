//! Read models: what questions are answered from.
//!
//! A [`Snapshot`] is built from the records of a city and never changed; the server
//! holds one and swaps it for the next. Everything in it is derived: lose it and it
//! is built again. Numbers such as a *point number* are places in the city's lists,
//! valid within one snapshot only.

pub mod digests;
pub mod divisions;
pub mod facets;
mod follower;
pub mod labels;
mod listing;
mod outward;
pub mod places;
pub mod points;
pub mod shapes;
mod snapshot;
pub mod text;
pub mod ticket_text;
pub mod tickets;

pub use divisions::DivisionIndex;
pub use facets::{Facet, FacetCounts};
pub use follower::{Follower, follow, renew};
pub use listing::Area;
pub use places::PlaceIndex;
pub use points::{PointFilter, PointIndex};
pub use shapes::Shapes;
pub use snapshot::Snapshot;
pub use text::TextIndex;
pub use tickets::{TicketFilter, TicketIndex};
