//! Reads a city pack (`docs/city-pack.md`) into a [`City`], or says everything that is
//! wrong with it: each fault with its file, line and field.
//!
//! A pack is taken whole or not at all. Files that do not depend on each other are
//! read on two threads, because start-up time is a promise.

mod changes;
mod csv_files;
mod divisions;
mod fault;
mod repeats;
mod roads;
mod routing;
mod toml_files;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

pub(crate) use divisions::is_division_code;
pub use fault::{Fault, PackError};

use super::{City, Tree};
use fault::Faults;

/// The version of the pack format that this program reads.
pub const FORMAT: u32 = 1;
/// A larger file of a pack is refused rather than read into memory.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// The folder of a pack.
struct Folder<'a> {
    root: &'a Path,
}

impl Folder<'_> {
    /// The text of a file, or a fault that names it.
    fn read(&self, file: &str, faults: &mut Faults) -> Option<String> {
        let path = self.root.join(file);
        let result = fs::metadata(&path).and_then(|meta| {
            if !meta.is_file() {
                Err(std::io::Error::other("it is not a regular file"))
            } else if meta.len() > MAX_FILE_BYTES {
                Err(std::io::Error::other(format!(
                    "the file has {} bytes; at most {MAX_FILE_BYTES} are read",
                    meta.len()
                )))
            } else {
                fs::read(&path)
            }
        });
        match result {
            Err(e) => faults.file(file, format!("cannot be read: {e}")),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => {
                    return Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned));
                }
                Err(e) => {
                    let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
                    let line = String::from_utf8_lossy(good).matches('\n').count() + 1;
                    faults.at(file, line, "", "is not UTF-8 from here on");
                }
            },
        }
        None
    }

    /// The text of a file that may be missing.
    fn read_optional(&self, file: &str, faults: &mut Faults) -> Option<String> {
        if self.root.join(file).exists() { self.read(file, faults) } else { None }
    }
}

/// Reads the pack in the folder `root`.
///
/// # Errors
/// Every fault that was found, up to a limit, each with file, line and field.
pub fn load(root: &Path) -> Result<City, PackError> {
    let mut faults = Faults::default();
    let folder = Folder { root };
    if !root.is_dir() {
        faults.file(
            &root.display().to_string(),
            "is not a folder; --city takes the folder of a city pack, such as data/<city>",
        );
        return Err(faults.into_error());
    }
    let mut digest = blake3::Hasher::new();

    let manifest_text = folder.read("city.toml", &mut faults);
    let Some(manifest) =
        manifest_text.as_deref().and_then(|text| toml_files::manifest(text, &mut faults))
    else {
        return Err(faults.into_error());
    };
    feed(&mut digest, &manifest_text.unwrap_or_default());

    let crs = manifest.crs;
    let (gazetteer, records) = thread::scope(|scope| {
        let gazetteer = scope.spawn(|| {
            let mut faults = Faults::default();
            let text = folder.read_optional("places.csv", &mut faults);
            let places = text.as_deref().map_or_else(Vec::new, |t| {
                csv_files::places(t, crs, &manifest.sources, &mut faults)
            });
            let lines = folder.read_optional("roads.geojsonl", &mut faults);
            let roads =
                lines.as_deref().map_or_else(Vec::new, |t| roads::read(t, crs, &mut faults));
            (places, roads, faults, [text, lines])
        });
        let records = read_records(&folder, &manifest, &mut faults, &mut digest);
        // A panic of the other thread is this thread's panic too.
        let gazetteer = gazetteer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (gazetteer, records)
    });
    let (places, roads, more, texts) = gazetteer;
    faults.append(more);
    for text in texts.into_iter().flatten() {
        feed(&mut digest, &text);
    }

    // The name was checked with the manifest.
    let zone = jiff::tz::TimeZone::get(&manifest.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let Some(records) = records.filter(|_| faults.is_empty()) else {
        return Err(faults.into_error());
    };
    Ok(City {
        manifest,
        zone,
        categories: records.categories,
        matters: records.matters,
        portals: records.portals,
        schedules: BTreeMap::new(),
        redrawings: Vec::new(),
        releases: Vec::new(),
        calendar: records.calendar,
        points: records.points,
        retired: BTreeMap::new(),
        divisions: Arc::new(records.divisions),
        changes: records.changes,
        routing: records.routing,
        repeats: records.repeats,
        places: Arc::new(places),
        roads: Arc::new(roads),
        records_seq: None,
        digest: digest.finalize().to_hex()[..16].to_owned(),
    })
}

/// Adds a file to the digest, with its length, so that a line that moves from one file
/// to the next changes it.
fn feed(digest: &mut blake3::Hasher, text: &str) {
    digest.update(&(text.len() as u64).to_le_bytes());
    digest.update(text.as_bytes());
}

/// What refers to each other and is read in order.
struct Records {
    categories: Tree<super::Category>,
    matters: Tree<super::Matter>,
    portals: Vec<super::Portal>,
    calendar: super::Calendar,
    points: Vec<super::ServicePoint>,
    divisions: Vec<super::Division>,
    changes: Vec<super::change::Change>,
    routing: super::routing::Routing,
    repeats: super::Repeats,
}

fn read_records(
    folder: &Folder<'_>,
    manifest: &super::Manifest,
    faults: &mut Faults,
    digest: &mut blake3::Hasher,
) -> Option<Records> {
    let mut take = |text: Option<String>| {
        let text = text?;
        feed(digest, &text);
        Some(text)
    };
    let matters = take(folder.read("matters.toml", faults))
        .and_then(|text| toml_files::matters(&text, faults));
    let categories = take(folder.read("categories.toml", faults))
        .and_then(|text| toml_files::categories(&text, matters.as_ref(), faults));
    let calendar = take(folder.read_optional("calendar.csv", faults))
        .map_or_else(super::Calendar::default, |text| csv_files::calendar(&text, faults));
    let sources = &manifest.sources;
    let mut lines = Vec::new();
    for level in &manifest.levels {
        if let Some(text) = take(folder.read(&level.file, faults)) {
            lines.extend(divisions::read(&text, level, manifest.crs, sources, faults));
        }
    }
    let all = divisions::check(lines, manifest, faults);
    let changes = take(folder.read_optional(changes::FILE, faults))
        .map_or_else(Vec::new, |text| changes::read(&text, &all, sources, faults));
    let points = take(folder.read("points.csv", faults));
    let portals = take(folder.read_optional("portals.toml", faults));
    let rules = take(folder.read_optional(routing::FILE, faults));
    let repeats = take(folder.read_optional(repeats::FILE, faults))
        .map_or_else(super::Repeats::default, |text| repeats::read(&text, faults));
    let (categories, matters) = (categories?, matters?);
    let routing = rules.map_or_else(super::routing::Routing::default, |text| {
        let known = routing::Known {
            categories: &categories,
            matters: &matters,
            divisions: &all,
            calendar: &calendar,
            crs: manifest.crs,
        };
        let mut read = |file: &str, faults: &mut Faults| take(folder.read(file, faults));
        routing::read(&text, &known, &mut read, faults)
    });
    let known = csv_files::Known { categories: &categories, matters: &matters, sources };
    let points = points.map_or_else(Vec::new, |text| {
        csv_files::points(&text, manifest.crs, &known, &calendar, faults)
    });
    let portals = portals.map_or_else(Vec::new, |text| {
        toml_files::portals(&text, &categories, &matters, &points, sources, faults)
    });
    Some(Records {
        categories,
        matters,
        portals,
        calendar,
        points,
        divisions: all,
        changes,
        routing,
        repeats,
    })
}
