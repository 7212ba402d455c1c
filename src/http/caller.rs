//! What was asked: the query and headers, with the one snapshot that answers it, and
//! where the server is as the caller sees it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use serde::Serialize;

use super::answer;
use super::params::Params;
use super::problem::Problem;
use super::state::AppState;
use crate::city::{City, Lang};
use crate::geo::Bounds;
use crate::index::Snapshot;

/// A question, and the snapshot that answers it. Taking one answers 503 while there
/// is no snapshot.
pub(super) struct Asked {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) headers: HeaderMap,
    uri: Uri,
}

impl Asked {
    /// The query, to be read.
    pub(super) fn params(&self) -> Params<'_> {
        Params::parse(self.uri.query())
    }

    /// Path and query as they were asked.
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn city(&self) -> &City {
        &self.snapshot.city
    }

    /// Where the city lies; swapped coordinates are recognised by it.
    pub(super) fn bounds(&self) -> Bounds {
        self.city().manifest.bounds
    }

    /// The language of the answer: `lang=`, else the first of `Accept-Language` that
    /// is spoken here, else the city's.
    pub(super) fn lang(&self, params: &mut Params<'_>) -> Lang {
        let asked = params.read("lang", "one of zh, en", Lang::parse);
        let spoken = &self.city().manifest.languages;
        let accepted = asked.or_else(|| accepted(&self.headers, spoken));
        accepted.unwrap_or_else(|| self.city().manifest.default_lang())
    }

    /// Answers with JSON.
    pub(super) fn json<T: Serialize>(&self, value: &T) -> Result<Response, Problem> {
        answer::json(&self.snapshot.version, &self.headers, answer::JSON, value)
    }

    /// Answers with JSON that is for this caller alone.
    pub(super) fn private_json<T: Serialize>(&self, value: &T) -> Result<Response, Problem> {
        self.json(value).map(answer::private)
    }

    /// Answers with GeoJSON.
    pub(super) fn geojson<T: Serialize>(&self, value: &T) -> Result<Response, Problem> {
        answer::json(&self.snapshot.version, &self.headers, answer::GEOJSON, value)
    }
}

impl FromRequestParts<AppState> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self {
            snapshot: state.snapshot()?,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

fn accepted(headers: &HeaderMap, spoken: &[Lang]) -> Option<Lang> {
    let value = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut tags: Vec<(f32, Lang)> = value
        .split(',')
        .filter_map(|part| {
            let (tag, params) = part.split_once(';').unwrap_or((part, ""));
            let q = params.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
            Some((q, Lang::parse(tag)?))
        })
        .filter(|(q, lang)| *q > 0.0 && spoken.contains(lang))
        .collect();
    // Stable: of equal weights the first wins.
    tags.sort_by(|a, b| b.0.total_cmp(&a.0));
    tags.first().map(|(_, lang)| *lang)
}

/// The address under which the caller sees this server, without a slash at the end.
#[derive(Debug, Clone)]
pub(super) struct BaseUrl(pub(super) String);

impl FromRequestParts<AppState> for BaseUrl {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        if let Some(url) = &state.settings().public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        // Without a configured address the Host header is all there is. It only ever
        // comes back to the caller who sent it; what is no authority becomes nothing,
        // and addresses then begin at the root of whatever server was asked.
        let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok());
        let authority = host.and_then(|h| h.parse::<Authority>().ok());
        Ok(Self(authority.map_or_else(String::new, |a| format!("http://{a}"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_wins() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "fr, zh;q=0.5, en-GB;q=0.8".parse().unwrap());
        assert_eq!(accepted(&headers, &[Lang::Zh, Lang::En]), Some(Lang::En));
        assert_eq!(accepted(&headers, &[Lang::Zh]), Some(Lang::Zh));
        headers.insert(header::ACCEPT_LANGUAGE, "fr".parse().unwrap());
        assert_eq!(accepted(&headers, &[Lang::Zh]), None);
    }
}
