//! Shaping answers: content types, entity tags, caching.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::Problem;

/// Media type of GeoJSON.
pub(super) const GEOJSON: &str = "application/geo+json";
/// Media type of JSON.
pub(super) const JSON: &str = "application/json";

/// A body with its media type and an entity tag, or 304 if the caller has it.
///
/// The tag holds the snapshot's version and a digest of the body, because an answer
/// may also depend on the language and on the time of day. It is weak: the same
/// answer goes out under several content encodings.
pub(super) fn tagged(
    version: &str,
    request: &HeaderMap,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response {
    let digest = blake3::hash(&body).to_hex();
    let tag = format!("W/\"{version}-{}\"", &digest[..12]);
    if matches_tag(request, &tag) {
        return with_headers(StatusCode::NOT_MODIFIED.into_response(), &tag, "no-cache");
    }
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    with_headers(response, &tag, "no-cache")
}

/// A value as JSON, tagged.
pub(super) fn json<T: Serialize>(
    version: &str,
    request: &HeaderMap,
    content_type: &'static str,
    value: &T,
) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|e| {
        tracing::error!(error = %e, "an answer could not be written as JSON");
        Problem::internal()
    })?;
    Ok(tagged(version, request, content_type, body))
}

/// Sets the entity tag, caching and the headers that an answer depends on.
pub(super) fn with_headers(mut response: Response, tag: &str, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// The same answer, which will never be another one. Browsers ask again after a day
/// nevertheless: a database may be made anew.
pub(super) fn unchanging(mut response: Response) -> Response {
    let forever = HeaderValue::from_static("public, max-age=86400, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    response
}

/// The same answer, for whoever asked alone: nobody in between may keep it.
pub(super) fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    response
}

/// Whether the caller already has what `tag` names (RFC 9110, weak comparison).
pub(super) fn matches_tag(request: &HeaderMap, tag: &str) -> bool {
    let opaque = |t: &str| t.trim().trim_start_matches("W/").to_owned();
    let wanted = opaque(tag);
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|t| t.trim() == "*" || opaque(t) == wanted)
}

/// A GeoJSON geometry of a point, in the caller's datum.
pub(super) fn point_geometry(p: crate::geo::LonLat, crs: crate::geo::Datum) -> serde_json::Value {
    let p = crs.from_wgs84(p);
    serde_json::json!({ "type": "Point", "coordinates": [round7(p.lon), round7(p.lat)] })
}

/// Seven decimals of a degree: a centimetre.
pub(super) fn round7(v: f64) -> f64 {
    (v * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_matches_weakly_and_in_a_list() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, "\"x\", \"v-1\"".parse().unwrap());
        assert!(matches_tag(&headers, "W/\"v-1\""));
        assert!(!matches_tag(&headers, "W/\"v-2\""));
    }
}
