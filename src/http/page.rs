//! The page and its assets, built into the program.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
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

/// The citizens' page.
pub(super) async fn index(headers: HeaderMap) -> Response {
    document("index.html", &headers)
}

/// The agents' page.
pub(super) async fn agent(headers: HeaderMap) -> Response {
    document("agent.html", &headers)
}

/// The analysts' page.
pub(super) async fn analyst(headers: HeaderMap) -> Response {
    document("analyst.html", &headers)
}

fn document(name: &str, headers: &HeaderMap) -> Response {
    if let Some(file) = Page::get(name) {
        return serve(name, file, headers, "no-cache");
    }
    let detail = "The page is not part of this build. Run `make web` and build again.";
    Problem::not_found(detail).into_response()
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
pub(super) async fn other(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let file = Page::get(path);
    if !matches!(method, Method::GET | Method::HEAD) {
        return match file {
            Some(_) => {
                let mut response = Problem::method(method.as_str(), uri.path()).into_response();
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            None => Problem::no_such_path(uri.path()).into_response(),
        };
    }
    if let Some(file) = file {
        return serve(path, file, &headers, "no-cache");
    }
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match Page::get("404.html").filter(|_| accept.contains("text/html")) {
        Some(file) => {
            // Not for whoever says that they have it: it is not what they asked for.
            let mut response = serve("404.html", file, &HeaderMap::new(), "no-store");
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
        None => Problem::no_such_path(uri.path()).into_response(),
    }
}

fn serve(path: &str, file: EmbeddedFile, request: &HeaderMap, cache: &'static str) -> Response {
    let tag = format!("W/\"{}\"", &blake3::hash(&file.metadata.sha256_hash()).to_hex()[..16]);
    if matches_tag(request, &tag) {
        return with_headers(StatusCode::NOT_MODIFIED.into_response(), &tag, cache);
    }
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = ([(header::CONTENT_TYPE, mime.as_ref())], file.data).into_response();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if mime.subtype() == "html" {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    with_headers(response, &tag, cache)
}
