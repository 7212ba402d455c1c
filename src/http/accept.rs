//! What a caller takes: the Accept header.

use axum::http::{HeaderMap, header};

use super::problem::Problem;

/// Whether the Accept header, where there is one, leaves room for one of these media
/// types, which are in lower case.
pub(super) fn accepts(headers: &HeaderMap, types: &[&str]) -> bool {
    let mut given =
        headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).peekable();
    if given.peek().is_none() {
        return true;
    }
    given.flat_map(|v| v.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let kind = media.strip_suffix('*').filter(|kind| kind.ends_with('/'));
        let fits = types.iter().any(|t| {
            // Parameters of ours, such as a version, need not be named.
            let bare = t.split(';').next().unwrap_or_default();
            media == "*/*" || media == bare || kind.is_some_and(|kind| bare.starts_with(kind))
        });
        !refused && fits
    })
}

/// Refuses a caller who takes none of these media types.
pub(super) fn needed(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    if accepts(headers, types) {
        return Ok(());
    }
    let said = types.join(" or ");
    Err(Problem::not_acceptable(format!(
        "The answer is {said}; the Accept header leaves that out."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accept_header_must_leave_room() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, value.parse().unwrap());
            accepts(&headers, &["application/geo+json", "application/x;version=3.0"])
        };
        assert!(with("*/*") && with("text/html, */*;q=0.1") && with("Application/Geo+JSON"));
        assert!(with("application/*") && with("application/x") && with("image/png,application/x"));
        assert!(!with("text/html") && !with("*/*;q=0") && !with("application/json"));
        assert!(accepts(&HeaderMap::new(), &[]));
    }
}
