//! `routing.toml`: who must act.

use std::collections::HashSet;

use geo::MultiPolygon;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_spanned::Spanned;

use super::Faults;
use super::divisions::{area, features};
use super::toml_files::Checked;
use crate::city::hours::Hours;
use crate::city::routing::{Body, Responsible, Routing, Rule, SpecialArea};
use crate::city::{Calendar, Category, Division, Level, Localized, Matter, Tree};
use crate::geo::Datum;

/// Its name in the pack.
pub(super) const FILE: &str = "routing.toml";

/// What rules refer to.
pub(super) struct Known<'a> {
    pub(super) categories: &'a Tree<Category>,
    pub(super) matters: &'a Tree<Matter>,
    pub(super) divisions: &'a [Division],
    pub(super) calendar: &'a Calendar,
    pub(super) crs: Datum,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    body: Vec<Spanned<Body>>,
    #[serde(default)]
    rule: Vec<Spanned<Written>>,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Localized,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    divisions: Vec<String>,
    area: Option<String>,
    from: Option<String>,
    to: Option<String>,
    hours: Option<String>,
    responsible: String,
    #[serde(default)]
    joint: Vec<String>,
}

/// Reads the rules; `read` gives the text of another file of the pack.
pub(super) fn read(
    text: &str,
    known: &Known<'_>,
    read: &mut dyn FnMut(&str, &mut Faults) -> Option<String>,
    faults: &mut Faults,
) -> Routing {
    let Some(File { body, rule }) = Checked::new(FILE, text, faults).parse::<File>() else {
        return Routing::default();
    };
    let mut codes = HashSet::new();
    for item in &body {
        let code = item.get_ref().code.as_str();
        if !codes.insert(code) || Level::parse(code).is_some() {
            let detail = format!("\"{code}\" is used twice, or is the name of a level");
            Checked::new(FILE, text, faults).fault(&item.span(), "code", detail);
        }
    }
    let bodies: Vec<Body> = body.into_iter().map(Spanned::into_inner).collect();
    let mut names = HashSet::new();
    let mut rules = Vec::new();
    for item in rule {
        let span = item.span();
        let written = item.into_inner();
        let special = written.area.as_ref().and_then(|file| {
            let ground = special_area(file, known.crs, read, faults);
            if ground.is_none() {
                let detail = format!("\"{file}\" holds no area that can be used");
                Checked::new(FILE, text, faults).fault(&span, "area", detail);
            }
            Some(SpecialArea { file: file.clone(), area: ground? })
        });
        let mut file = Checked::new(FILE, text, faults);
        if !names.insert(written.name.zh.clone()) {
            file.fault(&span, "name", format!("\"{}\" is used twice", written.name.zh));
        }
        let (categories, matters) = (known.categories, known.matters);
        file.references(&span, "categories", &written.categories, |code| {
            categories.get(code).is_some() || matters.get(code).is_some()
        });
        file.references(&span, "divisions", &written.divisions, |code| {
            known.divisions.iter().any(|d| d.code == code)
        });
        file.references(&span, "joint", &written.joint, |c| bodies.iter().any(|b| b.code == c));
        let place = |code: &str| bodies.iter().position(|b| b.code == code);
        let level = Level::parse(&written.responsible).map(Responsible::Level);
        let responsible = level.or_else(|| place(&written.responsible).map(Responsible::Body));
        if responsible.is_none() {
            let at = file.key_span(&span, "responsible");
            let detail = format!(
                "\"{}\" is neither a level (district, township, community) nor a [[body]]",
                written.responsible
            );
            file.fault(&at, "responsible", detail);
        }
        let mut date = |field: &str, text: &Option<String>| {
            let text = text.as_ref()?;
            let date: Option<Date> = text.parse().ok();
            if date.is_none() {
                let at = file.key_span(&span, field);
                file.fault(&at, field, format!("\"{text}\" is not a date such as 2026-01-31"));
            }
            date
        };
        let (from, to) = (date("from", &written.from), date("to", &written.to));
        let hours = written.hours.as_ref().and_then(|raw| {
            let hours = Hours::parse(raw, known.calendar);
            hours
                .map_err(|e| {
                    let at = file.key_span(&span, "hours");
                    file.fault(&at, "hours", format!("\"{raw}\" is not understood: {e}"));
                })
                .ok()
        });
        let Some(responsible) = responsible else { continue };
        rules.push(Rule {
            joint: written.joint.iter().filter_map(|code| place(code)).collect(),
            name: written.name,
            categories: written.categories,
            divisions: written.divisions,
            area: special,
            from,
            to,
            hours,
            responsible,
        });
    }
    Routing { bodies, rules }
}

/// The polygons of a GeoJSON-lines file, as one area.
fn special_area(
    file: &str,
    crs: Datum,
    read: &mut dyn FnMut(&str, &mut Faults) -> Option<String>,
    faults: &mut Faults,
) -> Option<MultiPolygon<f64>> {
    if file.starts_with('/') || file.split('/').any(|part| part == "..") {
        return None;
    }
    let text = read(file, faults)?;
    let mut polygons = Vec::new();
    for (line, feature) in features::<IgnoredAny>(file, &text, faults) {
        match feature.geometry.map(|raw| area(raw, crs)) {
            Some(Ok(area)) => polygons.extend(area),
            Some(Err(detail)) => faults.at(file, line, "geometry", detail),
            None => faults.at(file, line, "geometry", "is empty"),
        }
    }
    (!polygons.is_empty()).then(|| MultiPolygon::new(polygons))
}
