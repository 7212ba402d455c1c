//! The TOML files of a pack.

use std::ops::Range;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_spanned::Spanned;

use super::{FORMAT, Faults};
use crate::city::manifest::LEAST_K;
use crate::city::portal::Channel;
use crate::city::{Category, Lead, Manifest, Matter, Node, Portal, ServicePoint, Source, Tree};
use crate::city::{ID_RULE, is_id};

/// One file under check: its name, its text, and where faults go.
pub(super) struct Checked<'a> {
    file: &'static str,
    text: &'a str,
    faults: &'a mut Faults,
}

impl<'a> Checked<'a> {
    pub(super) fn new(file: &'static str, text: &'a str, faults: &'a mut Faults) -> Self {
        Self { file, text, faults }
    }

    pub(super) fn parse<T: DeserializeOwned>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(value) => Some(value),
            Err(e) => {
                let span = e.span().unwrap_or(0..0);
                let field = self.key_at(span.start);
                self.fault(&span, &field, e.message().trim().replace('\n', " "));
                None
            }
        }
    }

    pub(super) fn fault(&mut self, span: &Range<usize>, field: &str, detail: impl Into<String>) {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        self.faults.at(self.file, line, field, detail);
    }

    /// The key on the line that holds byte `at`, where there is one.
    fn key_at(&self, at: usize) -> String {
        let line = self.text[..at.min(self.text.len())].matches('\n').count();
        let line = self.text.lines().nth(line).unwrap_or_default();
        line.split_once('=').map(|(key, _)| key.trim().to_owned()).unwrap_or_default()
    }

    /// Where `key` is set in the table of an array that begins at `span`.
    pub(super) fn key_span(&self, span: &Range<usize>, key: &str) -> Range<usize> {
        let table = &self.text[span.start.min(self.text.len())..];
        let end = table.find("\n[[").unwrap_or(table.len());
        self.find_key(span.start..span.start + end, key).unwrap_or_else(|| span.clone())
    }

    /// The first line of a part of the text that sets `key`.
    fn find_key(&self, part: Range<usize>, key: &str) -> Option<Range<usize>> {
        let mut at = part.start;
        for line in self.text[part].split_inclusive('\n') {
            if line.trim_start().strip_prefix(key).is_some_and(|l| l.trim_start().starts_with('='))
            {
                return Some(at..at + line.len());
            }
            at += line.len();
        }
        None
    }

    fn tree<T: Node>(&mut self, items: Vec<Spanned<T>>) -> Option<Tree<T>> {
        let spans: Vec<_> = items.iter().map(Spanned::span).collect();
        match Tree::new(items.into_iter().map(Spanned::into_inner).collect()) {
            Ok(tree) => Some(tree),
            Err(fault) => {
                let span = self.key_span(&spans[fault.index()], "code");
                self.fault(&span, "code", fault.to_string());
                None
            }
        }
    }

    /// Reports each of `codes` that `exists` does not know.
    pub(super) fn references(
        &mut self,
        span: &Range<usize>,
        key: &str,
        codes: &[String],
        exists: impl Fn(&str) -> bool,
    ) {
        for code in codes.iter().filter(|c| !exists(c)) {
            let span = self.key_span(span, key);
            self.fault(&span, key, format!("\"{code}\" does not exist"));
        }
    }
}

/// Whether a path leads to a file of divisions inside the pack.
fn is_pack_path(path: &str) -> bool {
    let path = std::path::Path::new(path);
    let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    inside && path.extension().is_some_and(|ext| ext == "geojsonl" || ext == "csv")
}

fn is_code(code: &str, also: char) -> bool {
    !code.is_empty()
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == also)
}

pub(super) fn manifest(text: &str, faults: &mut Faults) -> Option<Manifest> {
    let mut file = Checked::new("city.toml", text, faults);
    let manifest: Manifest = file.parse()?;
    let mut wrong: Vec<(&str, String)> = Vec::new();
    if manifest.format != FORMAT {
        wrong.push((
            "format",
            format!("is {}; this program reads format {FORMAT}", manifest.format),
        ));
    }
    if !is_code(&manifest.id, '-') {
        wrong.push(("id", "holds only a-z, 0-9 and -".into()));
    }
    if jiff::tz::TimeZone::get(&manifest.time_zone).is_err() {
        wrong.push(("time_zone", format!("\"{}\" is not an IANA time zone", manifest.time_zone)));
    }
    if manifest.languages.is_empty() {
        wrong.push(("languages", "names at least one language".into()));
    }
    if !manifest.bounds.is_valid() {
        wrong.push(("bounds", "is [west, south, east, north] in degrees".into()));
    } else if !manifest.bounds.contains(manifest.center()) {
        wrong.push(("center", "is [longitude, latitude] and lies within bounds".into()));
    }
    if !manifest.levels.is_sorted_by(|a, b| a.key < b.key) || manifest.levels.is_empty() {
        wrong
            .push(("key", "each [[level]] is given once, from the largest to the smallest".into()));
    }
    if !(0.0..=22.0).contains(&manifest.zoom) {
        wrong.push(("zoom", format!("is {}; it is from 0 to 22", manifest.zoom)));
    }
    if let Some(level) = manifest.levels.iter().find(|l| !is_pack_path(&l.file)) {
        let detail = format!("\"{}\" is not a .geojsonl or .csv file inside the pack", level.file);
        wrong.push(("file", detail));
    }
    if let Some(level) =
        manifest.levels.iter().find(|l| l.accuracy_m.is_nan() || l.accuracy_m < 0.0)
    {
        wrong.push(("accuracy_m", format!("is {}; it is metres, 0 or more", level.accuracy_m)));
    }
    if let Some(r) = manifest
        .search
        .readings
        .iter()
        .find(|r| r.word.chars().count() != r.pinyin.split_whitespace().count())
    {
        wrong.push((
            "readings",
            format!(
                "\"{}\" has as many characters as \"{}\" must have syllables",
                r.word, r.pinyin
            ),
        ));
    }
    if manifest.release.k < LEAST_K {
        let k = manifest.release.k;
        wrong.push(("k", format!("is {k}; public figures count {LEAST_K} tickets or more")));
    }
    let ok = wrong.is_empty();
    for (key, detail) in wrong {
        let span = file.find_key(0..text.len(), key).unwrap_or(0..0);
        file.fault(&span, key, detail);
    }
    ok.then_some(manifest)
}

pub(super) fn matters(text: &str, faults: &mut Faults) -> Option<Tree<Matter>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        matter: Vec<Spanned<Matter>>,
    }
    let mut file = Checked::new("matters.toml", text, faults);
    let File { matter } = file.parse()?;
    for item in &matter {
        if !is_code(&item.get_ref().code, '_') {
            file.fault(&item.span(), "code", "holds only a-z, 0-9 and _");
        }
    }
    file.tree(matter)
}

pub(super) fn categories(
    text: &str,
    matters: Option<&Tree<Matter>>,
    faults: &mut Faults,
) -> Option<Tree<Category>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        category: Vec<Spanned<Category>>,
    }
    let mut file = Checked::new("categories.toml", text, faults);
    let File { category } = file.parse()?;
    for item in &category {
        let (span, category) = (item.span(), item.get_ref());
        if !is_code(&category.code, '_') {
            file.fault(&span, "code", "holds only a-z, 0-9 and _");
        }
        let hex = category.color.strip_prefix('#').unwrap_or_default();
        if hex.len() != 6 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            let at = file.key_span(&span, "color");
            file.fault(&at, "color", format!("\"{}\" is not #rrggbb", category.color));
        }
        if !(0.0..=1.0).contains(&category.importance) {
            let at = file.key_span(&span, "importance");
            file.fault(&at, "importance", format!("{} is not from 0 to 1", category.importance));
        }
        if let Some(matters) = matters {
            let exists = |code: &str| matters.get(code).is_some();
            file.references(&span, "typical_matters", &category.typical_matters, exists);
        }
    }
    file.tree(category)
}

pub(super) fn portals(
    text: &str,
    categories: &Tree<Category>,
    matters: &Tree<Matter>,
    points: &[ServicePoint],
    sources: &[Source],
    faults: &mut Faults,
) -> Vec<Portal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        portal: Vec<Spanned<Portal>>,
    }
    let mut file = Checked::new("portals.toml", text, faults);
    let Some(File { portal }) = file.parse() else {
        return Vec::new();
    };
    let mut ids = std::collections::HashSet::new();
    for item in &portal {
        let (span, portal) = (item.span(), item.get_ref());
        if !is_id(&portal.id) {
            let at = file.key_span(&span, "id");
            file.fault(&at, "id", format!("\"{}\" is not {ID_RULE}", portal.id));
        }
        if !sources.iter().any(|s| s.id == portal.source) {
            let at = file.key_span(&span, "source");
            let detail = format!("\"{}\" is not a [[source]] of city.toml", portal.source);
            file.fault(&at, "source", detail);
        }
        if !ids.insert(portal.id.as_str()) {
            file.fault(&span, "id", format!("\"{}\" is used twice", portal.id));
        }
        if portal.channel == Channel::Phone {
            if portal.phone.is_empty() {
                file.fault(&span, "phone", "is needed where channel is phone");
            }
        } else if let Some(fault) = portal.url_fault() {
            let at = file.key_span(&span, "url");
            file.fault(&at, "url", fault);
        }
        if let Some(fault) = portal.lead.as_ref().and_then(Lead::fault) {
            let at = file.key_span(&span, "lead");
            file.fault(&at, "lead", fault);
        }
        file.references(&span, "categories", &portal.categories, |c| categories.get(c).is_some());
        file.references(&span, "matters", &portal.matters, |c| matters.get(c).is_some());
        // `points` is ordered by id.
        file.references(&span, "points", &portal.points, |id| {
            points.binary_search_by(|p| p.id.as_str().cmp(id)).is_ok()
        });
    }
    portal.into_iter().map(Spanned::into_inner).collect()
}
