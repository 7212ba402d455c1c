//! The three readings of an extract.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use geo::Coord;
use jiff::Timestamp;
use jiff::civil::Date;
use osmpbf::{BlobDecode, BlobReader, Element, MAX_BLOB_MESSAGE_SIZE, RelMemberType};

use super::Mapping;
use crate::geo::Bounds;
use crate::import::row::FileFault;

const FORMAT: &str = "OpenStreetMap extract";
/// Mentions of nodes that are kept: 24 bytes each at most.
const MAX_MENTIONS: usize = 400_000_000;
/// Tags of one object.
const MAX_TAGS: usize = 500;
/// What a reader must know of the format.
const KNOWN: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];
/// Where a node's position is not in the file.
const NOWHERE: [i32; 2] = [i32::MIN; 2];

/// The tags of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    pub(super) fn of(tags: &[(&str, &str)]) -> Self {
        Self(tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    /// The value of a key, trimmed; `None` where it is empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(k, _)| k == key)?;
        Some(value.trim()).filter(|v| !v.is_empty())
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.iter().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// A node that is kept for its tags.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: i64,
    pub(super) tags: Tags,
    pub(super) at: Coord<f64>,
}

/// A way: its nodes, and its tags where these count.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) id: i64,
    pub(super) tags: Tags,
    /// Where its nodes begin and end in [`Raw::mentions`].
    mentions: (usize, usize),
}

/// A relation of areas.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) id: i64,
    pub(super) tags: Tags,
    /// Ways, and whether each is a hole.
    pub(super) ways: Vec<(i64, bool)>,
    /// The node that stands for it.
    pub(super) label: Option<i64>,
}

/// What is kept of an extract.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) elements: [u64; 3],
    pub(super) bounds: Option<Bounds>,
    /// The day on which the extract was cut.
    pub(super) seen: Option<Date>,
    pub(super) nodes: Vec<Node>,
    pub(super) ways: Vec<Way>,
    pub(super) relations: Vec<Relation>,
    mentions: Vec<i64>,
    /// Ways by id, for relations.
    by_id: HashMap<i64, usize>,
    /// Needed nodes in order, and where each is, in 1e-7 degrees.
    ids: Vec<i64>,
    at: Vec<[i32; 2]>,
}

impl Raw {
    /// The ids of a way's nodes.
    pub(super) fn nodes_of(&self, way: &Way) -> &[i64] {
        &self.mentions[way.mentions.0..way.mentions.1]
    }

    /// The way of a relation; `None` where the extract does not hold it.
    pub(super) fn way(&self, id: i64) -> Option<&Way> {
        self.by_id.get(&id).map(|at| &self.ways[*at])
    }

    /// Where a node is.
    pub(super) fn position(&self, id: i64) -> Option<Coord<f64>> {
        let [lon, lat] = self.at[self.ids.binary_search(&id).ok()?];
        let degrees = |v: i32| f64::from(v) / 1e7;
        ([lon, lat] != NOWHERE).then(|| Coord { x: degrees(lon), y: degrees(lat) })
    }

    /// The line of a way, without nodes that the extract does not hold.
    pub(super) fn line(&self, way: &Way) -> Vec<Coord<f64>> {
        self.nodes_of(way).iter().filter_map(|id| self.position(*id)).collect()
    }
}

/// Whether tags make something that is kept, beside service points.
fn is_kept(tags: &[(&str, &str)]) -> bool {
    let has_name = tags.iter().any(|(k, _)| *k == "name");
    tags.iter().any(|(key, value)| match *key {
        "highway" => super::roads::class(value).is_some() || (has_name && *value == "bus_stop"),
        "building" | "waterway" | "public_transport" => has_name,
        "natural" => has_name && *value == "water",
        "railway" => has_name && super::places::is_station(value),
        "addr:housenumber" => true,
        _ => false,
    })
}

fn is_division(tags: &[(&str, &str)]) -> bool {
    tags.contains(&("boundary", "administrative")) && tags.iter().any(|(k, _)| *k == "admin_level")
}

/// Reads the file three times.
pub(super) fn scan(
    path: &Path,
    mapping: &Mapping,
    progress: &mut dyn FnMut(usize, f64),
) -> Result<Raw, FileFault> {
    let file = Extract { path };
    file.check()?;
    let read = Cell::new(0);
    let mut raw = Raw::default();
    let mut members: HashSet<i64> = HashSet::new();
    let mut needed: Vec<i64> = Vec::new();
    (raw.bounds, raw.seen) = file.pass(&mut |f| progress(read.get(), f / 3.0), &mut |element| {
        read.set(read.get() + 1);
        if let Element::Relation(relation) = element {
            raw.elements[2] += 1;
            let tags: Vec<_> = relation.tags().take(MAX_TAGS).collect();
            let area = tags.contains(&("type", "multipolygon"));
            if !(is_division(&tags) || area && (mapping.kind(&tags).is_some() || is_kept(&tags))) {
                return Ok(());
            }
            let (mut ways, mut label) = (Vec::new(), None);
            for member in relation.members() {
                let role = member.role().unwrap_or_default();
                match (&member.member_type, role) {
                    (RelMemberType::Way, role) => {
                        members.insert(member.member_id);
                        ways.push((member.member_id, role == "inner"));
                    }
                    (RelMemberType::Node, "label") => label = Some(member.member_id),
                    (RelMemberType::Node, "admin_centre") if label.is_none() => {
                        label = Some(member.member_id);
                    }
                    _ => {}
                }
            }
            needed.extend(label);
            raw.relations.push(Relation { id: relation.id(), tags: Tags::of(&tags), ways, label });
        }
        Ok(())
    })?;
    file.pass(&mut |f| progress(read.get(), (1.0 + f) / 3.0), &mut |element| {
        read.set(read.get() + 1);
        if let Element::Way(way) = element {
            raw.elements[1] += 1;
            let tags: Vec<_> = way.tags().take(MAX_TAGS).collect();
            let kept = mapping.kind(&tags).is_some() || is_kept(&tags);
            let member = members.contains(&way.id());
            if !(kept || member) {
                return Ok(());
            }
            let from = raw.mentions.len();
            raw.mentions.extend(way.refs());
            if raw.mentions.len() > MAX_MENTIONS {
                return Err(format!("needs over {MAX_MENTIONS} nodes of ways; cut it smaller"));
            }
            if member {
                raw.by_id.insert(way.id(), raw.ways.len());
            }
            let tags = if kept { Tags::of(&tags) } else { Tags::default() };
            raw.ways.push(Way { id: way.id(), tags, mentions: (from, raw.mentions.len()) });
        }
        Ok(())
    })?;
    needed.extend_from_slice(&raw.mentions);
    needed.sort_unstable();
    needed.dedup();
    raw.at = vec![NOWHERE; needed.len()];
    raw.ids = needed;
    let Raw { ids, at, nodes, elements, .. } = &mut raw;
    let mut take = |id: i64, lon: i32, lat: i32, tags: Vec<(&str, &str)>| {
        elements[0] += 1;
        if let Ok(place) = ids.binary_search(&id) {
            at[place] = [lon, lat];
        }
        if !tags.is_empty() && (mapping.kind(&tags).is_some() || is_kept(&tags)) {
            let at = Coord { x: f64::from(lon) / 1e7, y: f64::from(lat) / 1e7 };
            nodes.push(Node { id, tags: Tags::of(&tags), at });
        }
    };
    file.pass(&mut |f| progress(read.get(), (2.0 + f) / 3.0), &mut |element| {
        read.set(read.get() + 1);
        match element {
            Element::DenseNode(n) => {
                let tags = n.tags().take(MAX_TAGS).collect();
                take(n.id(), n.decimicro_lon(), n.decimicro_lat(), tags);
            }
            Element::Node(n) => {
                let tags = n.tags().take(MAX_TAGS).collect();
                take(n.id(), n.decimicro_lon(), n.decimicro_lat(), tags);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(raw)
}

struct Extract<'a> {
    path: &'a Path,
}

impl Extract<'_> {
    fn malformed(&self, detail: &dyn ToString) -> FileFault {
        FileFault::Malformed {
            path: self.path.display().to_string(),
            format: FORMAT,
            detail: detail.to_string(),
        }
    }

    /// Refuses a part that claims more than the format allows, before room is made for it.
    fn check(&self) -> Result<(), FileFault> {
        let mut blobs =
            BlobReader::seekable_from_path(self.path).map_err(|e| self.malformed(&e))?;
        while let Some(next) = blobs.next_header_skip_blob() {
            let (head, _) = next.map_err(|e| self.malformed(&e))?;
            let most = MAX_BLOB_MESSAGE_SIZE;
            // Less than nothing would be read for ever.
            let bytes = u64::try_from(head.get_blob_size())
                .map_err(|_| self.malformed(&"a part has less than no bytes"))?;
            if bytes > most {
                let (path, limit) = (self.path.display().to_string(), format!("{most} bytes"));
                return Err(FileFault::TooLarge { path, what: "a part of the extract", limit });
            }
        }
        Ok(())
    }

    /// Shows each element; gives back what the header says. The crate computes with what
    /// the file holds, so damage can make it panic: a panic is a fault of the file.
    fn pass(
        &self,
        progress: &mut dyn FnMut(f64),
        each: &mut dyn FnMut(Element<'_>) -> Result<(), String>,
    ) -> Result<(Option<Bounds>, Option<Date>), FileFault> {
        let unreadable =
            |cause| FileFault::Unreadable { path: self.path.display().to_string(), cause };
        let length = std::fs::metadata(self.path).map_err(unreadable)?.len().max(1);
        let mut blobs =
            BlobReader::seekable_from_path(self.path).map_err(|e| self.malformed(&e))?;
        let (mut bounds, mut seen, mut has_header) = (None, None, false);
        loop {
            let next = catch_unwind(AssertUnwindSafe(|| {
                blobs.next().map(|b| {
                    let blob = b.map_err(|e| e.to_string())?;
                    let offset = blob.offset().map_or(0, |o| o.0);
                    match blob.decode().map_err(|e| e.to_string())? {
                        BlobDecode::OsmHeader(header) => {
                            has_header = true;
                            let known = |f: &&String| !KNOWN.contains(&f.as_str());
                            if let Some(other) = header.required_features().iter().find(known) {
                                return Err(format!("it needs a reader that knows {other}"));
                            }
                            bounds = header.bbox().map(|b| Bounds {
                                west: b.left,
                                south: b.bottom,
                                east: b.right,
                                north: b.top,
                            });
                            let cut = header.osmosis_replication_timestamp();
                            let cut = cut.and_then(|s| Timestamp::from_second(s).ok());
                            seen = cut.map(|t| jiff::tz::TimeZone::UTC.to_datetime(t).date());
                        }
                        BlobDecode::OsmData(block) => {
                            let mut result = Ok(());
                            block.for_each_element(|element| {
                                if result.is_ok() {
                                    result = each(element);
                                }
                            });
                            result?;
                        }
                        BlobDecode::Unknown(_) => {}
                    }
                    Ok(offset)
                })
            }));
            match next {
                Ok(None) => break,
                Ok(Some(Ok(offset))) => progress(offset as f64 / length as f64),
                Ok(Some(Err(detail))) => return Err(self.malformed(&detail)),
                Err(_) => return Err(self.malformed(&"its numbers are damaged")),
            }
        }
        if has_header { Ok((bounds, seen)) } else { Err(self.malformed(&"it has no header")) }
    }
}
