//! One feature, or one plain object, as columns and a geometry.

use std::fmt;

use geo::Geometry;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::geometry;
use crate::import::limits::{MAX_COLUMNS, MAX_TEXT_BYTES};
use crate::import::row::Value;

/// What an object says.
pub(super) struct Parsed {
    pub(super) members: Vec<(String, Value)>,
    pub(super) geometry: Option<Geometry<f64>>,
}

/// The members of an object in their order, not read yet.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl<'a> Members<'a> {
    fn read(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| plain(&e))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, raw)| raw.get()).filter(|r| *r != "null")
    }

    fn values(self) -> Result<Vec<(String, Value)>, String> {
        if self.0.len() > MAX_COLUMNS {
            return Err(format!("it has more than {MAX_COLUMNS} properties"));
        }
        let read = |(name, raw): (String, &RawValue)| {
            let value = value(raw.get()).map_err(|detail| format!("{name}: {detail}"))?;
            Ok((name, value))
        };
        self.0.into_iter().map(read).collect()
    }
}

/// Reads an object. Its length and nesting were limited before.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let object = Members::read(text)?;
    let kind = object.get("type").and_then(|raw| serde_json::from_str::<String>(raw).ok());
    if kind.as_deref() != Some("Feature") {
        return Ok(Parsed { members: object.values()?, geometry: None });
    }
    let geometry = object.get("geometry").map(geometry::parse).transpose()?;
    let mut members = match object.get("properties") {
        Some(properties) => Members::read(properties)?.values()?,
        None => Vec::new(),
    };
    if let Some(id) = object.get("id").filter(|_| members.iter().all(|(name, _)| name != "id")) {
        members.insert(0, ("id".to_owned(), value(id)?));
    }
    Ok(Parsed { members, geometry })
}

/// A value of a property. An object is kept as the text that it is.
fn value(raw: &str) -> Result<Value, String> {
    if raw.len() > MAX_TEXT_BYTES {
        return Err(format!("a value of over {MAX_TEXT_BYTES} bytes"));
    }
    let read: serde_json::Value = serde_json::from_str(raw).map_err(|e| plain(&e))?;
    Ok(plain_value(read))
}

fn plain_value(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(yes) => Value::Bool(yes),
        serde_json::Value::String(text) if text.is_empty() => Value::Null,
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Array(values) => {
            Value::List(values.into_iter().map(plain_value).collect())
        }
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Text(number.to_string()),
        },
        object @ serde_json::Value::Object(_) => Value::Text(object.to_string()),
    }
}

/// What the reader of JSON says; its line counts from the feature and would mislead.
pub(super) fn plain(e: &serde_json::Error) -> String {
    let said = e.to_string();
    said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what).to_owned()
}
