//! Getting a feed: from its publisher, or from a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::resources::{Manifest, Resource};
use super::state::{Kept, State};
use super::{BadLine, SlotsError};
use crate::outside::{Client, FetchError};

/// Most bytes of a manifest, of a file and of a line.
const MAX_MANIFEST: u64 = 1 << 20;
const MAX_FILE: u64 = 64 << 20;
const MAX_LINE: usize = 64 << 10;
/// Most files of a feed, and resources in all of them.
const MAX_FILES: usize = 64;
const MAX_RESOURCES: usize = 2_000_000;
/// Bad lines that are told.
const TOLD: usize = 20;
/// How long changes alone are asked for: then everything is, because what was deleted is
/// no change.
const WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Where a feed is.
#[derive(Debug, Clone)]
pub enum Source {
    /// Address of the manifest.
    Address(Url),
    /// File of the manifest; the files that it names are beside it.
    File(PathBuf),
}

impl Source {
    /// An https address, or the path of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url) if url.scheme() == "https" => Ok(Self::Address(url)),
            Ok(url) if url.scheme() == "http" => {
                Err(format!("\"{text}\" is not encrypted; give an https address or a file"))
            }
            _ => Ok(Self::File(PathBuf::from(text))),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Address(url) => url.to_string(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// All of a feed, as it is now.
#[derive(Debug, Default)]
pub(super) struct Feed {
    /// When it was so.
    pub(super) at: Timestamp,
    pub(super) resources: Vec<Resource>,
    /// Files that were read, and those that had not changed.
    pub(super) read: usize,
    pub(super) unchanged: usize,
    pub(super) bad: Vec<BadLine>,
    pub(super) bad_lines: usize,
}

/// Gets a feed, asking only for what `state` does not have, and brings `state` up to date.
/// On an error `state` is as it was.
pub(super) fn get(
    client: &Client,
    source: &Source,
    state: &mut State,
    now: Timestamp,
) -> Result<Feed, SlotsError> {
    let mut next = state.clone();
    next.feed = source.name();
    let whole = state.whole_at.is_none_or(|at| {
        now.duration_since(at) >= WHOLE_EVERY || now < at || matches!(source, Source::File(_))
    });
    let since = state.at.filter(|_| !whole);
    let manifest = manifest(client, source, since)?;
    if manifest.output.len() > MAX_FILES {
        return Err(SlotsError::Manifest(format!("it names more than {MAX_FILES} files")));
    }
    // A publisher whose clock is ahead has not seen the future.
    let mut feed = Feed { at: manifest.transaction_time.min(now), ..Feed::default() };
    let mut named = BTreeMap::new();
    for output in manifest.output {
        if !matches!(output.kind.as_str(), "Location" | "Schedule" | "Slot") {
            continue;
        }
        let before = state.files.get(&output.url);
        let kept = match file(client, source, &output.url, before)? {
            None => {
                feed.unchanged += 1;
                before.cloned().unwrap_or_default()
            }
            Some(Fresh { etag, bytes }) => {
                feed.read += 1;
                let resources = lines(&output.url, &bytes, &mut feed);
                let resources = match before.filter(|_| since.is_some()) {
                    Some(before) => merged(&before.resources, resources),
                    None => resources,
                };
                Kept { etag, resources }
            }
        };
        named.insert(output.url, kept);
    }
    if since.is_some() {
        next.files.extend(named);
    } else {
        next.files = named;
        next.whole_at = Some(now);
    }
    next.at = Some(manifest.transaction_time);
    let count: usize = next.files.values().map(|kept| kept.resources.len()).sum();
    if count > MAX_RESOURCES {
        return Err(SlotsError::Manifest(format!("it has more than {MAX_RESOURCES} resources")));
    }
    feed.resources = next.files.values().flat_map(|kept| kept.resources.clone()).collect();
    *state = next;
    Ok(feed)
}

fn manifest(
    client: &Client,
    source: &Source,
    since: Option<Timestamp>,
) -> Result<Manifest, SlotsError> {
    let bytes = match source {
        Source::File(path) => read(path, MAX_MANIFEST)?,
        Source::Address(url) => {
            let mut url = url.clone();
            if let Some(since) = since {
                url.query_pairs_mut().append_pair("_since", &since.to_string());
            }
            let fault = |cause| SlotsError::Fetch { url: url.to_string(), cause };
            let answer = client.get(&url, &[("accept", "application/json")]).map_err(fault)?;
            if answer.status != 200 {
                return Err(SlotsError::Status { url: url.to_string(), status: answer.status });
            }
            answer.read(MAX_MANIFEST).map_err(fault)?
        }
    };
    serde_json::from_slice(&bytes).map_err(|e| SlotsError::Manifest(e.to_string()))
}

/// A file that was read.
struct Fresh {
    etag: Option<String>,
    bytes: Vec<u8>,
}

/// A file of the feed; `None` where it is the one that is kept.
fn file(
    client: &Client,
    source: &Source,
    address: &str,
    kept: Option<&Kept>,
) -> Result<Option<Fresh>, SlotsError> {
    let url = match source {
        Source::File(path) => {
            // Its own folder and those below: a file that was sent to us names no others.
            let inside = !address.contains("..") && !Path::new(address).is_absolute();
            if !address.contains("://") && inside {
                let beside = path.parent().unwrap_or(Path::new("")).join(address);
                return Ok(Some(Fresh { etag: None, bytes: read(&beside, MAX_FILE)? }));
            }
            Url::parse(address).map_err(|_| SlotsError::Address(address.to_owned()))?
        }
        Source::Address(manifest) => {
            manifest.join(address).map_err(|_| SlotsError::Address(address.to_owned()))?
        }
    };
    let fault = |cause| SlotsError::Fetch { url: url.to_string(), cause };
    let mut headers = vec![("accept", "application/fhir+ndjson")];
    if let Some(etag) = kept.and_then(|kept| kept.etag.as_deref()) {
        headers.push(("if-none-match", etag));
    }
    let answer = client.get(&url, &headers).map_err(fault)?;
    match answer.status {
        304 if kept.is_some() => Ok(None),
        200 => {
            let etag = answer.header(ureq::http::header::ETAG).map(str::to_owned);
            Ok(Some(Fresh { etag, bytes: answer.read(MAX_FILE).map_err(fault)? }))
        }
        status => Err(SlotsError::Status { url: url.to_string(), status }),
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, SlotsError> {
    let fault = |cause| SlotsError::File { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(fault)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > limit {
        let (url, cause) = (path.display().to_string(), FetchError::TooLarge(limit));
        return Err(SlotsError::Fetch { url, cause });
    }
    Ok(bytes)
}

/// The resources of a file, a line each. Lines that cannot be read are counted, the first
/// of them told.
fn lines(url: &str, bytes: &[u8], feed: &mut Feed) -> Vec<Resource> {
    let mut resources = Vec::new();
    for (i, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let read = if line.len() > MAX_LINE {
            Err(format!("it is longer than {MAX_LINE} bytes"))
        } else {
            let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned());
            text.and_then(Resource::read)
        };
        match read {
            Ok(resource) => resources.extend(resource),
            Err(detail) => {
                feed.bad_lines += 1;
                if feed.bad.len() < TOLD {
                    feed.bad.push(BadLine { url: url.to_owned(), line: i + 1, detail });
                }
            }
        }
    }
    resources
}

/// What is known after changes: by id the later one.
fn merged(before: &[Resource], changes: Vec<Resource>) -> Vec<Resource> {
    let mut by_key: BTreeMap<(u8, String), Resource> = BTreeMap::new();
    for resource in before.iter().cloned().chain(changes) {
        let (kind, id) = resource.key();
        by_key.insert((kind, id.to_owned()), resource);
    }
    by_key.into_values().collect()
}
