//! HTTP: parameters in, GeoJSON · MVT · JSON · HTML out.
//!
//! Every route is in [`router`], one readable list. A handler reads its parameters
//! ([`params`]), asks one room one question about one snapshot, and shapes the answer;
//! it computes nothing. Whatever goes wrong leaves as a problem document
//! ([`problem`]).

mod accept;
mod access;
mod answer;
mod around;
mod batch;
mod calendar;
mod caller;
mod cities;
mod coding;
mod counts;
mod density;
mod divisions;
mod docs;
mod facets;
mod fonts;
mod front;
mod health;
mod ics;
mod layers;
mod lineage;
mod locate;
mod ogc;
mod open311;
mod page;
mod params;
mod picture;
mod point_body;
mod point_view;
mod point_write;
mod points;
mod points_csv;
mod problem;
mod rate;
mod redrawings;
mod release;
mod reserve;
mod router;
mod rules;
mod search;
mod server;
mod services;
mod slots;
mod state;
mod styles;
mod ticket_atomic;
mod ticket_batch;
mod ticket_body;
mod ticket_filter;
mod ticket_rows;
mod ticket_similar;
mod ticket_view;
mod ticket_write;
mod tickets;
mod unread;
mod words;

pub use docs::openapi;
pub use front::Front;
#[cfg(any(test, fuzzing))]
pub(crate) use open311::found;
pub use router::{build, service};
pub use server::serve;
pub use state::AppState;
