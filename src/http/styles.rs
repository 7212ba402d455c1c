//! Map styles, and the sprite of icons that they draw with.

use std::sync::{Arc, OnceLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde_json::{Value, json};
use spreet::resvg::usvg::{Options, Tree};
use spreet::{Sprite, Spritesheet};

use super::answer::{JSON, matches_tag, with_headers};
use super::caller::{Asked, BaseUrl};
use super::params::Params;
use super::problem::Problem;
use super::state::AppState;
use super::{page, params};
use crate::tiles::archive::Archive;
use crate::tiles::{self, Schema};

/// The styles, built into the program.
#[derive(RustEmbed)]
#[folder = "styles"]
#[include = "*.json"]
struct Styles;

/// Name of the only sprite.
const SPRITE: &str = "servicemap";
/// Where the web build lists the files of the font.
const FONTS: &str = "map-fonts.json";
/// The font of all labels.
pub(super) const FONT_NAME: &str = "Noto Sans SC";
/// Where the web build leaves the icons.
const ICONS: &str = "icons/";

/// What labels are drawn with.
#[derive(PartialEq, Eq)]
enum Labels {
    Local,
    Bundled,
    Glyphs,
}

/// Names of the styles, in order.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> =
        Styles::iter().filter_map(|f| f.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort_unstable();
    names
}

/// A map style by the MapLibre style specification, ready for this server.
#[utoipa::path(get, path = "/styles/{name}", tag = "maps",
    params(
        ("name" = String, Path, description = "Name of the style, with .json"),
        ("fonts" = Option<String>, Query, description =
            "local: labels are drawn with the reader's fonts; bundled: with a font from this server where they are drawn by a client that knows font-faces; glyphs: by the glyph files of this server, which every client knows. Default local"),
        ("basemap" = Option<String>, Query, description =
            "Name of a basemap archive that the style is drawn on; tianditu: its pictures, where the operator has a key; none: the schematic base. Default: the first archive whose schema is known, else tianditu where there is a key")),
    responses(
        (status = 200, description = "The style", content_type = "application/json"),
        (status = 400, description = "A parameter is bad", body = Problem),
        (status = 404, description = "There is no such style", body = Problem)))]
pub(super) async fn style(
    Path(name): Path<String>,
    State(state): State<AppState>,
    base: BaseUrl,
    asked: Asked,
) -> Result<Response, Problem> {
    let mut q = asked.params();
    let fonts = q.read("fonts", "local, bundled or glyphs", |f| match f {
        "local" => Some(Labels::Local),
        "bundled" => Some(Labels::Bundled),
        "glyphs" => Some(Labels::Glyphs),
        _ => None,
    });
    let ground = ground(&mut q, &state);
    q.finish()?;
    let file = Styles::get(&name).ok_or_else(|| {
        let names = names().join(".json, ");
        Problem::not_found(format!("There is no style \"{name}\"; there are {names}.json."))
    })?;
    let mut style: Value = serde_json::from_slice(&file.data).map_err(|e| {
        tracing::error!(style = name, error = %e, "a built-in style is not JSON");
        Problem::internal()
    })?;
    let attribution = asked.city().manifest.attributions().join(" · ");
    fill(&mut style, &[("{base}", &base.0), ("{attribution}", &attribution)]);
    let address = |layers: &str| format!("{}/tiles/{layers}", base.0);
    match ground {
        Ground::Schematic => {}
        Ground::Archive(name, schema) => {
            let own = address("points,divisions,places");
            tiles::ground(&mut style, schema, &address(&name), &own);
        }
        Ground::Tianditu(key) => {
            tiles::on_tianditu(&mut style, &key, &address("points,divisions"));
        }
    }
    if fonts == Some(Labels::Glyphs) {
        style["glyphs"] = format!("{}/fonts/{{fontstack}}/{{range}}.pbf", base.0).into();
    }
    if fonts == Some(Labels::Bundled) {
        let faces = font_faces(&base.0).ok_or_else(|| {
            tracing::error!("the font is not part of this build: was the page built?");
            Problem::internal()
        })?;
        style["font-faces"] = json!({ FONT_NAME: faces });
    }
    asked.json(&style)
}

/// What a style is drawn on.
enum Ground {
    Schematic,
    /// An archive by its name.
    Archive(String, Schema),
    /// Pictures, with the operator's key.
    Tianditu(String),
}

/// What asks for the pictures of Tianditu.
const TIANDITU: &str = "tianditu";

/// What a style is drawn on: what was asked for, or else the first archive whose schema is
/// known, or else Tianditu where there is a key.
fn ground(q: &mut Params<'_>, state: &AppState) -> Ground {
    let asked = q.text("basemap");
    let key = state.settings().tianditu_key.clone();
    if asked.as_deref() == Some("none") {
        return Ground::Schematic;
    }
    let known = |archive: Arc<Archive>| Some((archive.name.clone(), Schema::of(&archive)?));
    let mut all = state.archives().whole().filter_map(known);
    let found = all.find(|(name, _)| asked.as_ref().is_none_or(|asked| asked == name));
    if let Some((name, schema)) = found {
        return Ground::Archive(name, schema);
    }
    if let Some(key) = key.clone().filter(|_| asked.as_ref().is_none_or(|a| a == TIANDITU)) {
        return Ground::Tianditu(key);
    }
    if let Some(asked) = asked {
        let archives = state.archives().whole().filter_map(known).map(|(n, _)| n);
        let known: Vec<String> = archives.chain(key.map(|_| TIANDITU.to_owned())).collect();
        let known = known.join(", ");
        let detail = format!(
            "\"{asked}\" is no basemap that a style can be drawn on; there are none (the schematic base) {known}"
        );
        q.fault("basemap", detail.trim_end());
    }
    Ground::Schematic
}

/// The files of the font and the characters in each, as the style specification's
/// `font-faces` has them.
fn font_faces(base: &str) -> Option<Value> {
    let mut faces: Value = serde_json::from_slice(&page::embedded(FONTS)?.data).ok()?;
    for face in faces.as_array_mut()? {
        let url = format!("{base}/{}", face["url"].as_str()?);
        face["url"] = url.into();
    }
    Some(faces)
}

/// Replaces tokens in every text of a document. In the parsed document, so that no
/// value can break it.
fn fill(value: &mut Value, tokens: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            for (token, with) in tokens {
                if text.contains(token) {
                    *text = text.replace(token, with);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, tokens)),
        Value::Object(members) => members.values_mut().for_each(|member| fill(member, tokens)),
        _ => {}
    }
}

/// One resolution of the sprite.
struct Sheet {
    png: Vec<u8>,
    json: Vec<u8>,
    tag: String,
}

/// The sprite in both resolutions, drawn when it is first asked for.
#[derive(Default)]
pub(super) struct Sprites {
    sheets: [OnceLock<Option<Sheet>>; 2],
}

impl Sprites {
    fn sheet(&self, ratio: u8) -> Option<&Sheet> {
        let slot = self.sheets.get(usize::from(ratio) - 1)?;
        slot.get_or_init(|| {
            let sheet = draw(ratio);
            if sheet.is_none() {
                tracing::error!(ratio, "the sprite could not be drawn: was the page built?");
            }
            sheet
        })
        .as_ref()
    }
}

/// Draws every icon of the web build, as signed distance fields, so that a style can
/// give them any colour.
fn draw(ratio: u8) -> Option<Sheet> {
    let mut sprites = std::collections::BTreeMap::new();
    for path in page::embedded_under(ICONS) {
        let Some(name) = path.strip_prefix(ICONS).and_then(|n| n.strip_suffix(".svg")) else {
            continue;
        };
        let file = page::embedded(&path)?;
        let Ok(tree) = Tree::from_data(&file.data, &Options::default()) else {
            tracing::warn!(icon = name, "an icon is not an SVG that can be drawn");
            continue;
        };
        sprites.insert(name.to_owned(), Sprite::new_sdf(tree, ratio)?);
    }
    let sheet = Spritesheet::build().sprites(sprites).make_sdf().generate()?;
    let png = sheet.encode_png().ok()?;
    let json = serde_json::to_vec(sheet.get_index()).ok()?;
    let tag = format!("W/\"{}\"", &blake3::hash(&png).to_hex()[..16]);
    Some(Sheet { png, json, tag })
}

/// The sprite of icons: `servicemap.json`, `servicemap.png`, and both with `@2x`.
#[utoipa::path(get, path = "/sprites/{file}", tag = "maps",
    params(("file" = String, Path, description = "servicemap[@2x].json or servicemap[@2x].png")),
    responses(
        (status = 200, description = "The index or the picture"),
        (status = 404, description = "There is no such file", body = Problem)))]
pub(super) async fn sprite(
    Path(file): Path<String>,
    State(state): State<AppState>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params::none(&uri)?;
    let missing = || {
        Problem::not_found(format!(
            "There is no sprite file \"{file}\"; there are {SPRITE}.json, {SPRITE}.png, and both with @2x."
        ))
    };
    let rest = file.strip_prefix(SPRITE).ok_or_else(missing)?;
    let (ratio, extension) = rest.strip_prefix("@2x").map_or((1, rest), |rest| (2, rest));
    if !matches!(extension, ".json" | ".png") {
        return Err(missing());
    }
    // Drawing two hundred icons takes a moment: not on a thread that answers others.
    let drawing = state.clone();
    let _ = tokio::task::spawn_blocking(move || drawing.sprites().sheet(ratio).is_some()).await;
    let sheet = state.sprites().sheet(ratio).ok_or_else(missing)?;
    if matches_tag(&headers, &sheet.tag) {
        return Ok(with_headers(StatusCode::NOT_MODIFIED.into_response(), &sheet.tag, "no-cache"));
    }
    let (body, mime) =
        if extension == ".json" { (&sheet.json, JSON) } else { (&sheet.png, "image/png") };
    let mut response = body.clone().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    Ok(with_headers(response, &sheet.tag, "no-cache"))
}
