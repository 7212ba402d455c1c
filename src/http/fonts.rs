//! Glyph files for map clients that draw labels by them.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer::{matches_tag, with_headers};
use super::caller::Asked;
use super::picture::FONT;
use super::problem::Problem;
use super::styles::FONT_NAME;
use crate::picture::RANGE;

/// Characters beyond are in no file.
const END: u32 = 0x1_0000;
/// The font is part of the program, so its version names a file.
const CACHE: &str = "public, max-age=86400";

/// Signed distance fields of 256 characters, for clients that draw labels by the `glyphs` of a
/// style. The server has one font; it is given for every stack that names it.
#[utoipa::path(get, path = "/fonts/{fontstack}/{range}", tag = "maps",
    params(
        ("fontstack" = String, Path, description = "Names of fonts, by commas; one of them Noto Sans SC, in any weight"),
        ("range" = String, Path, description = "The characters, such as 0-255.pbf or 19968-20223.pbf")),
    responses(
        (status = 200, description = "The glyphs", content_type = "application/x-protobuf"),
        (status = 400, description = "The range is none", body = Problem),
        (status = 404, description = "There is no such font", body = Problem)))]
pub(super) async fn glyphs(
    Path((stack, range)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.params().finish()?;
    if !stack.split(',').any(|font| font.trim().starts_with(FONT_NAME)) {
        let detail = format!("There is no font of \"{stack}\"; there is {FONT_NAME}.");
        return Err(Problem::not_found(detail));
    }
    let from = from(&range).ok_or_else(|| {
        let detail = format!(
            "\"{range}\" is no range; it is 256 characters such as 0-255.pbf, up to 65280-65535.pbf"
        );
        Problem::bad_parameter("range", detail)
    })?;
    // What the program says of itself in the version of a snapshot changes with the font.
    let tag = format!("W/\"{}-{from}\"", asked.snapshot.ground);
    if matches_tag(&asked.headers, &tag) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED.into_response(), &tag, CACHE));
    }
    let drawing = tokio::task::spawn_blocking(move || {
        FONT.as_ref().map(|fonts| fonts.range(FONT_NAME, from))
    });
    let glyphs = drawing.await.ok().flatten().ok_or_else(|| {
        tracing::error!("the font is not part of this build: was the page built?");
        Problem::internal()
    })?;
    let mut response = glyphs.into_response();
    let kind = HeaderValue::from_static("application/x-protobuf");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(with_headers(response, &tag, CACHE))
}

/// Reads `0-255.pbf`.
fn from(range: &str) -> Option<u32> {
    let (from, to) = range.strip_suffix(".pbf")?.split_once('-')?;
    let (from, to): (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
    (from % RANGE == 0 && from < END && to == from + RANGE - 1).then_some(from)
}

#[cfg(test)]
mod tests {
    use super::from;

    #[test]
    fn a_range_is_256_characters() {
        assert_eq!(from("0-255.pbf"), Some(0));
        assert_eq!(from("65280-65535.pbf"), Some(65280));
        for bad in ["0-256.pbf", "1-256.pbf", "65536-65791.pbf", "0-255", "-1-254.pbf", "x", ""] {
            assert_eq!(from(bad), None, "{bad}");
        }
    }
}
