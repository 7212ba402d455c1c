//! The resources of a feed of free slots, of which only what is used here is read.
//!
//! A feed is a manifest (JSON) that names files with one resource a line: `Location`,
//! `Schedule` and `Slot` of FHIR, as "SMART Scheduling Links" has them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Extension of a slot: how many visits it has room for.
const CAPACITY: &str = "/slot-capacity";

/// What a publisher has, and when it was so.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) transaction_time: Timestamp,
    #[serde(default)]
    pub(super) output: Vec<Output>,
}

/// A file of resources.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Output {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) url: String,
}

/// A resource, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Resource {
    Location {
        id: String,
        /// Values by which others know it.
        identifiers: Vec<String>,
    },
    Schedule {
        id: String,
        /// Id of its location.
        location: String,
        /// Codes of what it is for.
        codes: Vec<String>,
    },
    Slot {
        id: String,
        /// Id of its schedule.
        schedule: String,
        free: bool,
        start: Timestamp,
        end: Timestamp,
        capacity: Option<u32>,
    },
}

impl Resource {
    /// What it is and its id: unique in a feed.
    pub(super) fn key(&self) -> (u8, &str) {
        match self {
            Self::Location { id, .. } => (0, id),
            Self::Schedule { id, .. } => (1, id),
            Self::Slot { id, .. } => (2, id),
        }
    }

    /// Reads a line; `None` where it is a resource of another kind.
    pub(super) fn read(line: &str) -> Result<Option<Self>, String> {
        let raw: Raw = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let id = raw.id.filter(|id| !id.is_empty()).ok_or("it has no id")?;
        Ok(Some(match raw.resource_type.as_str() {
            "Location" => Self::Location {
                id,
                identifiers: raw.identifier.into_iter().filter_map(|i| i.value).collect(),
            },
            "Schedule" => {
                let actors = raw.actor.iter().filter_map(|a| a.reference.as_deref());
                let mut locations = actors.filter_map(|r| local(r, "Location"));
                let location = locations.next().ok_or("it names no Location")?.to_owned();
                let codings = raw.service_type.into_iter().flat_map(|s| s.coding);
                Self::Schedule { id, location, codes: codings.filter_map(|c| c.code).collect() }
            }
            "Slot" => {
                let reference = raw.schedule.and_then(|s| s.reference).unwrap_or_default();
                let schedule = local(&reference, "Schedule").ok_or("it names no Schedule")?;
                let start = raw.start.ok_or("it has no start")?;
                let end = raw.end.ok_or("it has no end")?;
                if end <= start {
                    return Err("it ends before it starts".to_owned());
                }
                let capacity = raw.extension.iter().find(|e| e.url.ends_with(CAPACITY));
                Self::Slot {
                    id,
                    schedule: schedule.to_owned(),
                    free: raw.status.as_deref() == Some("free"),
                    start,
                    end,
                    capacity: capacity.and_then(|e| e.value_integer),
                }
            }
            _ => return Ok(None),
        }))
    }
}

/// The id in `Schedule/10`, which may be the end of an address.
fn local<'a>(reference: &'a str, kind: &str) -> Option<&'a str> {
    let (before, id) = reference.rsplit_once('/')?;
    let named = before == kind || before.ends_with(&format!("/{kind}"));
    (named && !id.is_empty()).then_some(id)
}

/// A resource as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    resource_type: String,
    id: Option<String>,
    #[serde(default)]
    identifier: Vec<Identifier>,
    #[serde(default)]
    actor: Vec<Reference>,
    #[serde(default)]
    service_type: Vec<Concept>,
    schedule: Option<Reference>,
    status: Option<String>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Deserialize)]
struct Identifier {
    value: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    reference: Option<String>,
}

#[derive(Deserialize)]
struct Concept {
    #[serde(default)]
    coding: Vec<Coding>,
}

#[derive(Deserialize)]
struct Coding {
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    #[serde(default)]
    url: String,
    value_integer: Option<u32>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_three_kinds_are_read_and_others_are_passed_over() {
        let slot = r#"{"resourceType":"Slot","id":"s","schedule":{"reference":"https://a/Schedule/10"},
            "status":"free","start":"2026-03-01T09:00:00+08:00","end":"2026-03-01T09:15:00+08:00",
            "extension":[{"url":"http://x/slot-capacity","valueInteger":3},{"url":"y","valueUrl":"z"}]}"#;
        let Some(Resource::Slot { schedule, free, start, capacity, .. }) =
            Resource::read(slot).unwrap()
        else {
            panic!("no slot")
        };
        assert_eq!((schedule.as_str(), free, capacity), ("10", true, Some(3)));
        assert_eq!(start.to_string(), "2026-03-01T01:00:00Z");
        let schedule = r#"{"resourceType":"Schedule","id":"10","actor":[{"reference":"Location/1"}],
            "serviceType":[{"coding":[{"code":"a"},{"system":"x"}]}]}"#;
        assert_eq!(
            Resource::read(schedule).unwrap(),
            Some(Resource::Schedule {
                id: "10".into(),
                location: "1".into(),
                codes: vec!["a".into()]
            })
        );
        assert_eq!(Resource::read(r#"{"resourceType":"Patient","id":"p"}"#), Ok(None));
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (line, said) in [
            ("{", "EOF"),
            (r#"{"resourceType":"Slot"}"#, "no id"),
            (r#"{"resourceType":"Slot","id":"1"}"#, "no Schedule"),
            (
                r#"{"resourceType":"Schedule","id":"1","actor":[{"reference":"Who/1"}]}"#,
                "no Location",
            ),
            (
                r#"{"resourceType":"Slot","id":"1","schedule":{"reference":"Schedule/1"},
                   "start":"2026-01-01T10:00:00Z","end":"2026-01-01T09:00:00Z"}"#,
                "ends before",
            ),
        ] {
            assert!(Resource::read(line).unwrap_err().contains(said), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC{0,200}") {
            let _ = Resource::read(&line);
        }
    }
}
