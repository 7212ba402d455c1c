//! A request as Open311 writes it, form fields all, as the members of a ticket.

use serde_json::{Map, Value};

use super::fields::Fault;
use crate::city::LocatedBy;
use crate::index::Snapshot;
use crate::search::{self, HitKind};

/// Longest description, in characters: what the specification allows.
const MAX_DESCRIPTION: usize = 4000;
/// What a point that is known stands for, metres: a house with its yard.
const HOUSE: f64 = 50.0;

/// Fields of a request and what the members of a ticket are called for them.
const SAME: [(&str, &str); 4] = [
    ("service_code", "category"),
    ("address_string", "address"),
    ("description", "description"),
    ("phone", "phone"),
];
/// Fields that other members are made of.
const PARTS: [&str; 7] =
    ["lat", "long", "address_id", "email", "first_name", "last_name", "media_url"];
/// Fields that are read elsewhere, or say of the device only what nobody needs to keep.
const APART: [&str; 4] = ["api_key", "jurisdiction_id", "device_id", "account_id"];

/// The fields of a request that is one object and not a form.
///
/// # Errors
/// The first that is neither a text nor a number.
pub fn given(members: Map<String, Value>) -> Result<Vec<(String, String)>, Fault> {
    let mut fields = Vec::new();
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::String(text) => fields.push((name, text)),
            Value::Number(number) => fields.push((name, number.to_string())),
            Value::Object(attributes) if name == "attribute" => {
                let named = attributes.into_iter();
                fields.extend(named.map(|(code, v)| (format!("attribute[{code}]"), v.to_string())));
            }
            _ => {
                let field = name.chars().take(60).collect();
                return Err(Fault { field, detail: "is neither a text nor a number".to_owned() });
            }
        }
    }
    Ok(fields)
}

/// The members of the ticket that a request asks for, and what is wrong with its fields before
/// the ticket is read: those that no request has, that come twice, or that leave open where it
/// is. An empty field is an absent one.
pub fn members(
    given: &[(String, String)],
    id: String,
    snapshot: &Snapshot,
) -> (Map<String, Value>, Vec<Fault>) {
    let mut faults = Vec::new();
    let mut fault = |field: &str, detail: String| {
        let field: String = field.chars().take(60).collect();
        faults.push(Fault { field, detail });
    };
    let mut members = Map::new();
    let known = || SAME.iter().map(|(name, _)| *name).chain(PARTS).chain(APART);
    for (i, (name, _)) in given.iter().enumerate() {
        if name.starts_with("attribute[") || name == "attribute" {
            fault(name, "is not asked for: no service has attributes here".to_owned());
        } else if !known().any(|known| known == name) {
            let known: Vec<&str> = known().collect();
            fault(name, format!("is not known; the fields are {}", known.join(", ")));
        } else if given[..i].iter().any(|(earlier, _)| earlier == name) {
            fault(name, "is given twice".to_owned());
        }
    }
    let text = |name: &str| {
        let found = given.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    for (name, member) in SAME {
        if let Some(text) = text(name) {
            members.insert(member.to_owned(), text.into());
        }
    }
    for (name, member) in [("lat", "lat"), ("long", "lon")] {
        if let Some(text) = text(name) {
            let number = text.parse::<f64>().ok().filter(|n| n.is_finite());
            members.insert(member.to_owned(), number.map_or_else(|| text.into(), Value::from));
        }
    }
    let has_position = text("lat").is_some() || text("long").is_some();
    if let Some(id) = text("address_id") {
        match place(snapshot, id) {
            Some(_) if has_position => {}
            Some(place) => members.extend(place),
            None => {
                let detail = format!("\"{id}\" is none of the gids that GET /v1/search gives");
                fault("address_id", detail);
            }
        }
    } else if !has_position && text("address_string").is_none() {
        fault("lat", "or an address_string or address_id is needed: where is it?".to_owned());
    }
    if let Some(long) = text("description").map(|text| text.chars().count())
        && long > MAX_DESCRIPTION
    {
        let detail = format!("has {long} characters; at most {MAX_DESCRIPTION} are kept");
        fault("description", detail);
    }
    // A picture is looked at by whoever reads what was said.
    if let Some(url) = text("media_url") {
        let told = text("description").map_or_else(String::new, |told| format!("{told}\n"));
        members.insert("description".to_owned(), format!("{told}{url}").into());
    }
    let named = [text("first_name"), text("last_name")].into_iter().flatten();
    let email = text("email").map(|email| format!("<{email}>"));
    let contact: Vec<String> = named.map(str::to_owned).chain(email).collect();
    if !contact.is_empty() {
        members.insert("contact".to_owned(), contact.join(" ").into());
    }
    members.insert("id".to_owned(), id.into());
    (members, faults)
}

/// The members of a place that a global id names.
fn place(snapshot: &Snapshot, gid: &str) -> Option<Map<String, Value>> {
    let city = &snapshot.city;
    let (at, accuracy) = match search::by_gid(snapshot, gid)? {
        HitKind::Point(i) => (city.points.get(i as usize)?.location, HOUSE),
        HitKind::Place(i) => {
            let place = city.places.get(i as usize)?;
            (place.location, f64::from(place.extent_m).max(HOUSE))
        }
        HitKind::Division(i) => {
            let code = city.divisions.get(i as usize)?.code.clone();
            return Some(Map::from_iter([("division".to_owned(), code.into())]));
        }
        HitKind::Matter(_) => return None,
    };
    let members = [
        ("lon", at.lon.into()),
        ("lat", at.lat.into()),
        ("accuracy_m", accuracy.into()),
        ("located_by", LocatedBy::Place.key().into()),
    ];
    Some(members.map(|(name, value): (_, Value)| (name.to_owned(), value)).into_iter().collect())
}

/// What the field of a request is called that a member of a ticket was made of.
pub fn field(member: &str) -> &str {
    match member {
        "lon" => "long",
        "contact" => "first_name",
        other => SAME.iter().find(|(_, name)| *name == other).map_or(other, |(name, _)| name),
    }
}
