//! Links: how clients find their way.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::http::answer::{GEOJSON, JSON};
use crate::tiles::MEDIA_TYPE;

/// Media type of a JSON schema.
pub(super) const SCHEMA: &str = "application/schema+json";
/// Media type of an OpenAPI document of version 3.0.
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// What may stand in a segment of a path besides letters and digits.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A link (RFC 8288).
#[derive(Debug, Serialize)]
pub(super) struct Link {
    href: String,
    rel: &'static str,
    #[serde(rename = "type")]
    media: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'static str>,
    /// Whether the address has variables in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    templated: Option<bool>,
}

/// Makes links to pages under `/ogc`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links<'a>(pub(super) &'a str);

impl Links<'_> {
    /// A link to a page under `/ogc`; `path` begins with a slash or is empty.
    pub(super) fn to(self, rel: &'static str, media: &'static str, path: &str) -> Link {
        Link { href: self.address(path), rel, media, title: None, templated: None }
    }

    /// The address of a page under `/ogc`.
    pub(super) fn address(self, path: &str) -> String {
        format!("{}/ogc{path}", self.0)
    }

    /// To JSON under `/ogc`.
    pub(super) fn json(self, rel: &'static str, path: &str) -> Link {
        self.to(rel, JSON, path)
    }

    /// To GeoJSON under `/ogc`.
    pub(super) fn geojson(self, rel: &'static str, path: &str) -> Link {
        self.to(rel, GEOJSON, path)
    }

    /// To tiles under `/ogc`, with variables for their numbers.
    pub(super) fn tiles(self, path: &str) -> Link {
        let path = format!("{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}");
        Link { templated: Some(true), ..self.to("item", MEDIA_TYPE, &path) }
    }

    /// To a page elsewhere on the server.
    pub(super) fn beyond(self, rel: &'static str, media: &'static str, path: &str) -> Link {
        let href = format!("{}{path}", self.0);
        Link { href, rel, media, title: None, templated: None }
    }
}

impl Link {
    /// With words for people.
    pub(super) const fn titled(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }
}

/// A text as a segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}
