//! The page and its assets, built into the program.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::answer::{matches_tag, with_headers};
use super::problem::Problem;

/// What the web build left behind. Missing when the program was built without it.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Page;

/// Allows what the page needs from its own origin, and nothing else.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// One embedded file.
pub(super) fn embedded(path: &str) -> Option<EmbeddedFile> {
    Page::get(path)
}

/// Names of the embedded files under a folder.
pub(super) fn embedded_under(folder: &str) -> Vec<String> {
    Page::iter().filter(|name| name.starts_with(folder)).map(Into::into).collect()
}

pub(super) async fn index(headers: HeaderMap) -> Response {
    html(StatusCode::OK, &headers)
}

/// An asset under its hashed name: it never changes.
pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("assets/{path}");
    match Page::get(&path) {
        Some(file) => serve(&path, file, &headers, "public, max-age=31536000, immutable"),
        None => Problem::no_such_path(&format!("/{path}")).into_response(),
    }
}

/// Any other path: a file of the page, or nothing. People get the page, which says
/// so; programs get a problem document.
pub(super) async fn other(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Page::get(path) {
        return serve(path, file, &headers, "no-cache");
    }
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        html(StatusCode::NOT_FOUND, &headers)
    } else {
        Problem::no_such_path(uri.path()).into_response()
    }
}

fn html(status: StatusCode, headers: &HeaderMap) -> Response {
    let name = if status == StatusCode::OK { "index.html" } else { "404.html" };
    let Some(file) = Page::get(name) else {
        let detail = "The page is not part of this build. Run `make web` and build again.";
        return Problem::not_found(detail).into_response();
    };
    let mut response = serve(name, file, headers, "no-cache");
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(CSP));
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}

fn serve(path: &str, file: EmbeddedFile, request: &HeaderMap, cache: &'static str) -> Response {
    let tag = format!("W/\"{}\"", &blake3::hash(&file.metadata.sha256_hash()).to_hex()[..16]);
    if matches_tag(request, &tag) {
        return with_headers(StatusCode::NOT_MODIFIED.into_response(), &tag, cache);
    }
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let response = ([(header::CONTENT_TYPE, mime.as_ref())], file.data).into_response();
    with_headers(response, &tag, cache)
}
