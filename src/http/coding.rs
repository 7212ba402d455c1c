//! Content codings: which of those that are spoken a caller takes.

use axum::http::{HeaderMap, header};

use crate::tiles::Coding;

/// The coding that a caller likes best (RFC 9110, 12.5.3); of those that it likes
/// equally, the one that serves best. A caller that says nothing, or takes none of them,
/// gets the bytes as they are.
pub(super) fn accepted(headers: &HeaderMap) -> Coding {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok());
    let mut said = [None; Coding::ALL.len()];
    let mut any = None;
    for item in lines.flat_map(|line| line.split(',')) {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let name = name.trim();
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if name == "*" {
            any = Some(weight);
        }
        let known = Coding::ALL.iter().position(|c| name.eq_ignore_ascii_case(c.name()));
        if let Some(i) = known {
            said[i] = Some(weight);
        }
    }
    let mut best = (Coding::Identity, 0.0f32);
    for (coding, said) in Coding::ALL.into_iter().zip(said) {
        let weight = said.or(any).unwrap_or_default();
        if weight > best.1 {
            best = (coding, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_coding_is_taken() {
        for (said, coding) in [
            ("", Coding::Identity),
            ("gzip, deflate, br, zstd", Coding::Zstd),
            ("gzip, br", Coding::Brotli),
            ("GZIP", Coding::Gzip),
            ("gzip;q=1.0, zstd;q=0.5", Coding::Gzip),
            ("zstd;q=0, *", Coding::Brotli),
            ("identity, gzip;q=0.5", Coding::Identity),
            ("*;q=0", Coding::Identity),
            ("zstd;q=nonsense, lzma", Coding::Identity),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, said.parse().unwrap());
            assert_eq!(accepted(&headers), coding, "{said}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Coding::Identity);
    }
}
