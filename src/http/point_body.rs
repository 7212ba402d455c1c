//! A service point as a caller writes it: the GeoJSON feature that is read, without what
//! is derived.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::params::Params;
use super::point_view::PROPERTIES;
use crate::city::hours::Hours;
use crate::city::{City, Localized};
use crate::geo::{Datum, LonLat};
use crate::locate::position;
use crate::store::PointRecord;

/// Properties that an answer has and a record has not: whoever sends back what was read
/// may leave them in.
const DERIVED: [&str; 7] =
    ["open", "bookable", "reservations", "divisions", "licence", "distance", "navigation"];

/// Reads the body of a PUT. Everything that is wrong is reported to `q`, each by the path
/// of its member; `None` where anything was.
pub(super) fn read(
    q: &mut Params<'_>,
    id: &str,
    body: &[u8],
    crs: Datum,
    city: &City,
) -> Option<PointRecord> {
    let feature: Map<String, Value> = match serde_json::from_slice(body) {
        Ok(feature) => feature,
        Err(e) => {
            q.fault("body", format!("is no JSON object: {e}"));
            return None;
        }
    };
    if feature.get("type").and_then(Value::as_str) != Some("Feature") {
        q.fault("type", "must be \"Feature\": a point is written as the GeoJSON that is read");
        return None;
    }
    let empty = Map::new();
    let properties = feature.get("properties").and_then(Value::as_object).unwrap_or_else(|| {
        q.fault("properties", "must be an object");
        &empty
    });
    for name in properties.keys().filter(|name| !PROPERTIES.contains(&name.as_str())) {
        q.fault(&path(name), "is not a property of a point");
    }
    let mut fields = Fields { q, properties, taken: BTreeSet::new(), faulty: false };
    for (place, other) in [("id", feature.get("id")), ("properties.id", properties.get("id"))] {
        if other.is_some_and(|other| other != id) {
            fields.fault(place, format!("is not \"{id}\", the id of the address"));
        }
    }
    let location = fields.location(feature.get("geometry"), crs, city);
    let name = fields.name(city);
    let category = fields.code("category", "code", "/v1/categories lists them", |code| {
        city.categories.get(code).is_some()
    });
    let matters = fields.matters(city);
    let opening_hours = fields.optional("opening_hours");
    if let Some(hours) = &opening_hours
        && let Err(e) = Hours::parse(hours, &city.calendar)
    {
        fields.fault("properties.opening_hours", format!("\"{hours}\" cannot be read: {e}"));
    }
    let known: Vec<&str> = city.manifest.sources.iter().map(|s| s.id.as_str()).collect();
    let known = format!("the sources are {}", known.join(", "));
    let source = fields.code("source", "id", &known, |id| city.source(id).is_some());
    let observed_at = fields.optional("observed_at").and_then(|text| {
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            let detail = format!("\"{text}\" is not a date such as 2026-01-31");
            fields.fault("properties.observed_at", detail);
        }
        date
    });
    let record = PointRecord {
        id: id.to_owned(),
        name: name.unwrap_or_default(),
        aliases: fields.list("aliases"),
        category: category.unwrap_or_default(),
        matters,
        address: fields.optional("address"),
        phone: fields.optional("phone"),
        opening_hours,
        accessibility: fields.list("accessibility"),
        location: location.unwrap_or(LonLat::new(0.0, 0.0)),
        source: source.unwrap_or_default(),
        observed_at,
        retired: None,
    };
    debug_assert!(fields.has_taken_all(), "each property is read or derived");
    (!fields.faulty).then_some(record)
}

/// How a property is named in a fault.
fn path(property: &str) -> String {
    format!("properties.{property}")
}

struct Fields<'a, 'q> {
    q: &'a mut Params<'q>,
    properties: &'a Map<String, Value>,
    taken: BTreeSet<&'static str>,
    faulty: bool,
}

impl<'a> Fields<'a, '_> {
    fn fault(&mut self, place: &str, detail: impl Into<String>) {
        self.q.fault(place, detail);
        self.faulty = true;
    }

    /// A property that is there and not null.
    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.taken.insert(name);
        self.properties.get(name).filter(|v| !v.is_null())
    }

    fn has_taken_all(&self) -> bool {
        PROPERTIES.iter().all(|p| *p == "id" || DERIVED.contains(p) || self.taken.contains(p))
    }

    fn optional(&mut self, name: &'static str) -> Option<String> {
        let text = self.take(name)?.as_str();
        if text.is_none() {
            self.fault(&path(name), "is not a text");
        }
        text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
    }

    fn list(&mut self, name: &'static str) -> Vec<String> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let texts = value.as_array().and_then(|values| {
            values.iter().map(|v| v.as_str().map(|t| t.trim().to_owned())).collect()
        });
        texts.unwrap_or_else(|| {
            self.fault(&path(name), "is not a list of texts");
            Vec::new()
        })
    }

    /// `names`, or else `name` in the city's first language.
    fn name(&mut self, city: &City) -> Option<Localized> {
        let (plain, both) = (self.take("name"), self.take("names"));
        let name = match (both, plain) {
            (Some(both), _) => serde_json::from_value::<Localized>(both.clone())
                .map_err(|e| self.fault("properties.names", format!("cannot be used: {e}")))
                .ok()?,
            (None, Some(Value::String(text))) => match city.manifest.default_lang() {
                crate::city::Lang::Zh => Localized { zh: text.clone(), en: String::new() },
                crate::city::Lang::En => Localized { zh: String::new(), en: text.clone() },
            },
            _ => {
                self.fault("properties.name", "is missing: a text, or names with one a language");
                return None;
            }
        };
        let name = Localized { zh: name.zh.trim().to_owned(), en: name.en.trim().to_owned() };
        if name.zh.is_empty() && name.en.is_empty() {
            self.fault("properties.name", "is empty");
        }
        Some(name)
    }

    /// A code, or an object that has it under `member`, as answers have.
    fn code(
        &mut self,
        name: &'static str,
        member: &str,
        where_listed: &str,
        exists: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let given = self.take(name).map(|value| value.get(member).unwrap_or(value));
        let Some(Value::String(code)) = given else {
            self.fault(&path(name), format!("must be a text; {where_listed}"));
            return None;
        };
        if !exists(code) {
            self.fault(&path(name), format!("\"{code}\" does not exist; {where_listed}"));
        }
        Some(code.clone())
    }

    /// The stated matters: codes, or the objects of an answer, of which those that are
    /// only typical of the category are no part of the record.
    fn matters(&mut self, city: &City) -> Vec<String> {
        let Some(value) = self.take("services") else { return Vec::new() };
        let Some(values) = value.as_array() else {
            self.fault("properties.services", "is not a list");
            return Vec::new();
        };
        let stated = values.iter().filter(|v| v.get("basis").is_none_or(|b| b != "typical"));
        let mut codes = Vec::new();
        for value in stated {
            let code = value.get("code").unwrap_or(value).as_str();
            match code.filter(|code| city.matters.get(code).is_some()) {
                Some(code) => codes.push(code.to_owned()),
                None => self.fault(
                    "properties.services",
                    format!("{value} does not exist; /v1/services lists them"),
                ),
            }
        }
        codes
    }

    fn location(&mut self, geometry: Option<&Value>, crs: Datum, city: &City) -> Option<LonLat> {
        let place = "geometry";
        let kind = geometry.and_then(|g| g.get("type")).and_then(Value::as_str);
        let pair = geometry.and_then(|g| g.get("coordinates")).and_then(Value::as_array);
        let numbers: Vec<f64> = pair.into_iter().flatten().filter_map(Value::as_f64).collect();
        let (Some("Point"), &[lon, lat]) = (kind, numbers.as_slice()) else {
            self.fault(place, "must be a Point with the coordinates [longitude, latitude]");
            return None;
        };
        let bounds = city.manifest.bounds;
        match position(lon, lat, bounds) {
            Ok(p) if bounds.contains(crs.to_wgs84(p)) => Some(crs.to_wgs84(p)),
            Ok(_) => {
                let detail = format!(
                    "{lon}, {lat} is outside the city, which lies within {}, {}, {}, {}",
                    bounds.west, bounds.south, bounds.east, bounds.north
                );
                self.fault(place, detail);
                None
            }
            Err(fault) => {
                self.fault(place, fault.to_string());
                None
            }
        }
    }
}
