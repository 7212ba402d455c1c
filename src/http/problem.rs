//! Errors as RFC 9457 problem documents.
//!
//! [`Params`](super::params::Params) reports what a caller wrote wrong; the constructors here
//! are for everything else. A `detail` says what is wrong and what
//! would be right; it never repeats the status in other words.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::intake::Fault;
use crate::store::StoreError;

/// Put on an error that has the shape of another standard, and keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Foreign;

/// A bad parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ParameterFault {
    /// The parameter's name.
    pub(super) parameter: String,
    /// What is wrong with it and what would be right.
    pub(super) detail: String,
}

impl From<Fault> for ParameterFault {
    fn from(fault: Fault) -> Self {
        Self { parameter: fault.field, detail: fault.detail }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Names the kind of problem; relative to the server.
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The kind in words.
    pub(super) title: &'static str,
    /// The HTTP status.
    pub(super) status: u16,
    /// What happened this time, and what to do.
    pub(super) detail: String,
    /// Every bad parameter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<ParameterFault>,
    /// A number to call instead, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phone: Option<String>,
}

impl Problem {
    fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            phone: None,
        }
    }

    /// 400, naming every bad parameter.
    pub(super) fn bad_parameters(errors: Vec<ParameterFault>) -> Self {
        let names: Vec<_> = errors.iter().map(|e| e.parameter.as_str()).collect();
        let detail = format!("These parameters cannot be used: {}.", names.join(", "));
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "/problems/parameters", "Bad parameters", detail);
        problem.errors = errors;
        problem
    }

    /// 400, naming one.
    pub(super) fn bad_parameter(parameter: &str, detail: String) -> Self {
        Self::bad_parameters(vec![ParameterFault { parameter: parameter.to_owned(), detail }])
    }

    /// 401.
    pub(super) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "/problems/key", "A key is needed", detail)
    }

    /// 403.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "/problems/role", "Not for this role", detail)
    }

    /// 404 for a thing that does not exist.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "/problems/not-found", "Not found", detail)
    }

    /// 410 for a thing that was here and no longer holds.
    pub(super) fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "/problems/gone", "Gone", detail)
    }

    /// 404 for a path that nobody answers.
    pub(super) fn no_such_path(path: &str) -> Self {
        let detail = format!("Nothing is served at {path}. The paths are listed at /docs.");
        Self::new(StatusCode::NOT_FOUND, "/problems/no-such-path", "No such path", detail)
    }

    /// 405.
    pub(super) fn method(method: &str, path: &str) -> Self {
        let detail =
            format!("{path} does not answer {method}; the Allow header lists what it does.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "/problems/method", "Method not allowed", detail)
    }

    /// 406.
    pub(super) fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "/problems/not-acceptable", "Not acceptable", detail)
    }

    /// 409 for a point that cannot be booked on line.
    pub(super) fn not_bookable(detail: impl Into<String>, phone: Option<String>) -> Self {
        let mut problem = Self::new(
            StatusCode::CONFLICT,
            "/problems/not-bookable",
            "Not bookable on line",
            detail,
        );
        problem.phone = phone;
        problem
    }

    /// 409 for a ticket that is in another state, or another ticket, than the caller thinks.
    pub(super) fn conflict(detail: impl Into<String>, errors: Vec<ParameterFault>) -> Self {
        let mut problem =
            Self::new(StatusCode::CONFLICT, "/problems/conflict", "Not as it is there", detail);
        problem.errors = errors;
        problem
    }

    /// 413.
    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "Body too large", detail)
    }

    /// 414.
    pub(super) fn too_long(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "/problems/too-long", "Address too long", detail)
    }

    /// 415.
    pub(super) fn media_type(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "/problems/media-type",
            "Unsupported media type",
            detail,
        )
    }

    /// 400 for a body that cannot be read.
    pub(super) fn bad_body(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "/problems/body", "Bad body", detail)
    }

    /// 503 while the city is read.
    pub(super) fn loading() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/loading",
            "Loading",
            "The city is still being read. Try again in a second.",
        )
    }

    /// 503 while the words of tickets are indexed.
    pub(super) fn indexing() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/indexing",
            "Indexing",
            "What tickets say is still being indexed. Ask without words, or try again in a second.",
        )
    }

    /// 503 while somebody else's large batch of tickets is taken.
    pub(super) fn another_batch() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/another-batch",
            "Another batch is being taken",
            "Large batches of which all or none is to go in are taken one at a time, and another \
             is being taken. Nothing was written; try again later.",
        )
    }

    /// 503 while the file of a basemap is broken.
    pub(super) fn basemap(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "/problems/basemap",
            "Basemap out of service",
            detail,
        )
    }

    /// What a refused write answers: 503 where trying again may help, 507 where the disk
    /// is full, 404 or 400 where the caller is mistaken.
    pub(super) fn of_store(error: &StoreError) -> Self {
        let (status, kind, title) = match error {
            StoreError::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "/problems/records", "Records out of reach")
            }
            StoreError::Full(_) => {
                (StatusCode::INSUFFICIENT_STORAGE, "/problems/full", "Disk full")
            }
            StoreError::NoSuchRecord { .. } => {
                return Self::not_found(format!("{}.", sentence(&error.to_string())));
            }
            StoreError::Overtaken { .. } => {
                (StatusCode::CONFLICT, "/problems/overtaken", "Written by somebody else meanwhile")
            }
            StoreError::Known { .. } => (StatusCode::CONFLICT, "/problems/known", "There already"),
            StoreError::Nul { .. } => return Self::bad_body(format!("In the body, {error}.")),
            _ => {
                tracing::error!(error = %error, "a write failed");
                return Self::internal();
            }
        };
        tracing::warn!(error = %error, "a write was refused");
        Self::new(
            status,
            kind,
            title,
            format!("{}. Nothing was written.", sentence(&error.to_string())),
        )
    }

    /// An error that another library answered with, in its words.
    pub(super) fn foreign(status: StatusCode, text: String) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let detail = if text.trim().is_empty() { format!("{title}.") } else { text };
        Self::new(status, "about:blank", title, detail)
    }

    /// 500; the cause is in the log, not in the answer.
    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/problems/internal",
            "Internal error",
            "The server failed to answer. The operator's log says why.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// With its first letter as a sentence has it.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}
