//! From a point on the map straight into its reservation.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::caller::Asked;
use super::points;
use super::problem::Problem;
use super::state::AppState;
use crate::city::{Portal, ServicePoint};

/// Leads to where a visit to this point is booked.
///
/// Only addresses of the city pack are ever led to. A visit is counted by portal;
/// nothing about the visitor is kept.
#[utoipa::path(get, path = "/v1/points/{id}/reserve", tag = "points",
    params(
        ("id" = String, Path, description = "Id of the point"),
        ("service" = Option<String>, Query, description = "Code of the matter; only a portal that takes it is led to"),
        ("portal" = Option<String>, Query, description = "Id of one of the point's reservations; the first that can be booked otherwise"),
        ("slot" = Option<String>, Query, description = "Passed on where the portal's address has a place for it"),
        ("ref" = Option<String>, Query, description = "Passed on where the portal's address has a place for it"),
        ("return_to" = Option<String>, Query, description = "Passed on where the portal's address has a place for it"),
        ("lang" = Option<String>, Query, description = "zh or en")),
    responses(
        (status = 303, description = "The portal is at Location"),
        (status = 400, description = "A parameter is bad", body = Problem),
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
    q.text("slot");
    q.text("ref");
    q.read("return_to", "an http or https address", |t| {
        url::Url::parse(t).ok().filter(|u| matches!(u.scheme(), "http" | "https"))
    });
    if let Some(code) = service.as_ref().filter(|c| asked.city().matters.get(c).is_none()) {
        q.fault("service", format!("\"{code}\" does not exist; /v1/services lists them"));
    }
    q.finish()?;
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
            Some(named).filter(|p| p.is_online() && service.as_ref().is_none_or(|m| p.takes(m)))
        }
        None => asked.city().booking_portal(point, service.as_deref()),
    };
    let Some(portal) = portal else {
        let detail = format!("{} cannot be booked on line.", point.name.get(lang));
        return Err(Problem::not_bookable(detail, phone(point, &portals)));
    };
    let Ok(location) = HeaderValue::from_str(&portal.url) else {
        tracing::error!(portal = portal.id, "the address of a portal is not a header value");
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
