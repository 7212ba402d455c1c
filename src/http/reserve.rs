//! From a point on the map straight into its reservation.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::caller::Asked;
use super::points;
use super::problem::Problem;
use super::state::AppState;
use crate::access::Role;
use crate::city::{Booker, Portal, ServicePoint};

/// Leads to where a visit to this point is booked.
///
/// Only hosts of the city pack are ever led to. Slot, matter, referral, language and the
/// address to come back to are passed on where the portal's address has a place for them.
/// A visit is counted by portal; nothing about the visitor is kept.
#[utoipa::path(get, path = "/v1/points/{id}/reserve", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("service" = Option<String>, Query, description = "Code of the matter; only a portal that takes it is led to"),
        ("portal" = Option<String>, Query, description = "Id of one of the point's reservations; the first that can be booked otherwise"),
        ("who" = Option<String>, Query, description = "Who books: self (default), agent (for a caller; needs a key of the role agent), proxy; only a portal that admits it is led to"),
        ("slot" = Option<String>, Query, description = "Id of the slot"),
        ("ref" = Option<String>, Query, description = "Where the visit comes from"),
        ("return_to" = Option<String>, Query, description = "http or https address to come back to"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 303, description = "The portal is at Location"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 401, description = "who=agent without a key", body = Problem),
        (status = 403, description = "who=agent with a key of another role", body = Problem),
        (status = 404, description = "There is no such point or reservation", body = Problem),
        (status = 409, description = "It cannot be booked on line; phone says whom to call", body = Problem)))]
pub(super) async fn reserve(
    Path(id): Path<String>,
    State(state): State<AppState>,
    method: Method,
    asked: Asked,
) -> Result<Response, Problem> {
    let mut q = asked.params();
    let lang = asked.lang(&mut q);
    let service = q.text("service");
    let wanted = q.text("portal");
    let who = q.read("who", "self, agent or proxy", Booker::parse).unwrap_or(Booker::Oneself);
    let (slot, referral) = (q.text("slot"), q.text("ref"));
    let return_to = q.read("return_to", "an http or https address", |t| {
        url::Url::parse(t).ok().filter(|u| matches!(u.scheme(), "http" | "https"))
    });
    if let Some(code) = service.as_ref().filter(|c| asked.city().matters.get(c).is_none()) {
        q.fault("service", format!("\"{code}\" does not exist; /v1/services lists them"));
    }
    q.finish()?;
    // Whoever books for somebody else does so in the hotline's name.
    if who == Booker::Agent {
        asked.require(Role::Agent)?;
    }
    let number = points::find(&asked.snapshot, &id)?;
    let point = &asked.city().points[number as usize];
    let portals = asked.city().portals_of(point);
    let portal = match wanted {
        Some(wanted) => {
            let named = portals.iter().copied().find(|p| p.id == wanted).ok_or_else(|| {
                let detail = format!(
                    "\"{wanted}\" is not a reservation of {}; the point lists them.",
                    point.id
                );
                Problem::not_found(detail)
            })?;
            let takes = |p: &&Portal| service.as_ref().is_none_or(|m| p.takes(m));
            Some(named).filter(takes).filter(|p| p.is_online() && p.admits(who))
        }
        None => asked.city().booking_portal(point, service.as_deref(), who),
    };
    let Some(portal) = portal else {
        let by = if who == Booker::Oneself { "" } else { " by whoever asks" };
        let detail = format!("{} cannot be booked on line{by}.", point.name.get(lang));
        return Err(Problem::not_bookable(detail, phone(point, &portals)));
    };
    let visit = [
        ("point", Some(point.id.as_str())),
        ("service", service.as_deref()),
        ("slot", slot.as_deref()),
        ("return_to", return_to.as_ref().map(url::Url::as_str)),
        ("ref", referral.as_deref()),
        ("lang", Some(lang.tag())),
        ("who", Some(who.key())),
    ];
    // Both hold for every portal of a pack that was read.
    let link = portal.link(&visit).ok();
    let Some(location) = link.and_then(|link| HeaderValue::from_str(&link).ok()) else {
        tracing::error!(portal = portal.id, "the address of a portal cannot be led to");
        return Err(Problem::internal());
    };
    // A HEAD only looks where the link leads.
    if method == Method::GET {
        state.metrics().reservation(&portal.id);
    }
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Whom to call instead: the point itself, else a number that serves its kind.
fn phone(point: &ServicePoint, portals: &[&Portal]) -> Option<String> {
    let of_kind = portals.iter().map(|p| &p.phone).find(|p| !p.is_empty());
    point.phone.as_ref().or(of_kind).cloned()
}
