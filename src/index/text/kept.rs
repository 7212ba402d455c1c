//! The lasting part of the index, kept in a folder between starts.
//!
//! A folder `text-<digest>` holds tantivy's own files, `entries.bin` with the documents and
//! their forms, and `seal` with the length and digest of each of these. They are all compared
//! before anything is read: tantivy takes its files at their word. The name says what is in it: a digest of all names,
//! places and rules that it was made from, and of the form of these files. Other names, or
//! another program, have another folder; nothing is ever changed in one. It is written
//! beside, synced, and given its name last, so that a crash leaves none.
//!
//! Whatever is wrong with a folder, the index is built again: it is derived.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use tantivy::Index;
use tantivy::directory::MmapDirectory;

use super::build::{self, location_of, opened};
use super::{Entry, Kind, Names, Part, Readings, Rules};
use crate::city::City;
use crate::geo::LonLat;
use crate::index::snapshot::program;

/// Bytes of an entry: kind, number, importance, position, place of its forms.
const ENTRY: usize = 1 + 4 + 4 + 16 + 4;
const FILE: &str = "entries.bin";
const SEAL: &str = "seal";
const PREFIX: &str = "text-";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Index(#[from] tantivy::TantivyError),
    #[error("{0}")]
    Directory(#[from] tantivy::directory::error::OpenDirectoryError),
    #[error("{0} is damaged")]
    Damaged(String),
}

/// The lasting part of a city: from `folder` if it is there, otherwise made and left there.
/// Reading costs about as much as the disk takes.
pub(super) fn part(folder: &Path, city: &City, readings: &Readings, rules: &Rules) -> Part {
    let own = folder.join(format!("{PREFIX}{}", digest(city)));
    if own.is_dir() {
        match read(&own) {
            Ok(part) => return part,
            Err(e) => {
                tracing::warn!(folder = %own.display(), error = %e, "the kept index is built again");
            }
        }
    }
    match write(folder, &own, city, readings, rules).and_then(|()| read(&own)) {
        Ok(part) => part,
        Err(e) => {
            tracing::warn!(folder = %folder.display(), error = %e, "the index cannot be kept there");
            build::part(city, build::lasting(city), readings, rules)
        }
    }
}

/// A digest of everything that the part is made from: the records, the words of the city,
/// and the program, whose dictionaries and rules make terms of them.
fn digest(city: &City) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::with_capacity(256);
    let mut say = |texts: &[&str], numbers: &[u64]| {
        bytes.clear();
        for text in texts {
            bytes.extend((text.len() as u32).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
        hasher.update(&bytes);
    };
    let place =
        |at: Option<LonLat>| at.map_or([f64::NAN; 2], |at| [at.lon, at.lat]).map(f64::to_bits);
    say(&[program(), &format!("{:?}", city.manifest.search)], &[city.places.len() as u64]);
    for p in city.places.iter() {
        let [lon, lat] = place(Some(p.location));
        let extent = u64::from(p.extent_m.to_bits());
        say(&[&p.name.zh, &p.name.en, &p.class, p.kind.key()], &[lon, lat, extent]);
    }
    for d in city.divisions.iter() {
        let names = format!("{:?} {:?}", d.name, d.aliases);
        say(&[&names, d.level.key()], &place(location_of(d)));
    }
    for m in &city.matters {
        let names = format!("{:?} {:?} {:?}", m.parent, m.name, m.phrases);
        say(&[&m.code, &names], &[]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn read(own: &Path) -> Result<Part, Unusable> {
    let damaged = |what: &str| Unusable::Damaged(what.to_owned());
    check(own)?;
    let body = fs::read(own.join(FILE))?;
    let (entries, forms) = decoded(&body).ok_or_else(|| damaged(FILE))?;
    let index = Index::open(MmapDirectory::open(own)?)?;
    let (fields, documents) = opened(&index)?;
    if documents as usize != entries.len() {
        return Err(damaged("the number of documents"));
    }
    let gone = FixedBitSet::with_capacity(entries.len());
    Ok(Part { entries, names: Arc::new(Names { forms, fields }), gone })
}

/// The lines of a seal: digest, length and name of every file but locks, which come and go.
fn seal(own: &Path) -> io::Result<String> {
    let mut lines = Vec::new();
    for file in fs::read_dir(own)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let is_content = name != SEAL && Path::new(&name).extension().is_none_or(|e| e != "lock");
        if is_content {
            let (digest, length) = digest_of(&own.join(&name))?;
            lines.push(format!("{digest} {length} {name}\n"));
        }
    }
    lines.sort();
    Ok(lines.concat())
}

fn digest_of(file: &Path) -> io::Result<(blake3::Hash, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file)?)?;
    Ok((hasher.finalize(), hasher.count()))
}

/// Compares every file with the seal.
fn check(own: &Path) -> Result<(), Unusable> {
    let damaged = |what: &str| Unusable::Damaged(what.to_owned());
    let text = fs::read_to_string(own.join(SEAL))?;
    let (digest, lines) = text.split_once('\n').ok_or_else(|| damaged(SEAL))?;
    if blake3::hash(lines.as_bytes()).to_hex().as_str() != digest {
        return Err(damaged(SEAL));
    }
    for line in lines.lines() {
        let mut parts = line.splitn(3, ' ').skip(2);
        let name = parts.next().ok_or_else(|| damaged(SEAL))?;
        let (digest, length) = digest_of(&own.join(name))?;
        if format!("{digest} {length} {name}") != line {
            return Err(damaged(name));
        }
    }
    Ok(())
}

/// Makes the part in a folder beside, and gives it its name when it is whole. Older ones go.
fn write(
    folder: &Path,
    own: &Path,
    city: &City,
    readings: &Readings,
    rules: &Rules,
) -> Result<(), Unusable> {
    fs::create_dir_all(folder)?;
    let beside = folder.join(format!(".{PREFIX}{}", std::process::id()));
    let _ = fs::remove_dir_all(&beside);
    fs::create_dir(&beside)?;
    let written = (|| {
        let directory = Box::new(MmapDirectory::open(&beside)?);
        let part = build::part_in(directory, city, build::lasting(city), readings, rules)?;
        fs::write(beside.join(FILE), encoded(&part))?;
        let lines = seal(&beside)?;
        let digest = blake3::hash(lines.as_bytes());
        fs::write(beside.join(SEAL), format!("{digest}\n{lines}"))?;
        for file in fs::read_dir(&beside)? {
            File::open(file?.path())?.sync_all()?;
        }
        for old in fs::read_dir(folder)?.flatten() {
            if old.file_name().to_string_lossy().starts_with(PREFIX) {
                let _ = fs::remove_dir_all(old.path());
            }
        }
        fs::rename(&beside, own)?;
        File::open(folder)?.sync_all()?;
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_dir_all(&beside);
    }
    written
}

fn encoded(part: &Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + part.entries.len() * ENTRY + part.names.forms.len());
    out.extend((part.entries.len() as u64).to_le_bytes());
    for entry in &part.entries {
        out.push(entry.kind as u8);
        out.extend(entry.number.to_le_bytes());
        out.extend(entry.importance.to_le_bytes());
        let at = entry.location.map_or([f64::NAN; 2], |at| [at.lon, at.lat]);
        for x in at {
            out.extend(x.to_le_bytes());
        }
        out.extend(entry.forms.to_le_bytes());
    }
    out.extend(&part.names.forms);
    out
}

fn decoded(body: &[u8]) -> Option<(Vec<Entry>, Vec<u8>)> {
    let (count, rest) = body.split_first_chunk()?;
    let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
    let (entries, forms) = rest.split_at_checked(count.checked_mul(ENTRY)?)?;
    let entries = entries.chunks_exact(ENTRY).map(entry).collect::<Option<Vec<_>>>()?;
    let in_order = entries.is_sorted_by_key(|e| e.forms);
    let inside = entries.last().is_none_or(|e| e.forms as usize <= forms.len());
    (in_order && inside).then(|| (entries, forms.to_vec()))
}

fn entry(bytes: &[u8]) -> Option<Entry> {
    let (kind, rest) = bytes.split_first()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (importance, rest) = rest.split_first_chunk()?;
    let (lon, rest) = rest.split_first_chunk()?;
    let (lat, rest) = rest.split_first_chunk()?;
    let (forms, _) = rest.split_first_chunk()?;
    let kinds = [Kind::Point, Kind::Place, Kind::Division, Kind::Matter];
    let (lon, lat) = (f64::from_le_bytes(*lon), f64::from_le_bytes(*lat));
    Some(Entry {
        kind: *kinds.get(usize::from(*kind))?,
        number: u32::from_le_bytes(*number),
        importance: f32::from_le_bytes(*importance),
        location: (!lon.is_nan()).then(|| LonLat::new(lon, lat)),
        divisions: [None; 3],
        forms: u32::from_le_bytes(*forms),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::index::Snapshot;
    use crate::search::{Query, fixture, search};

    fn hits(s: &Snapshot, text: &str) -> Vec<String> {
        let query = Query { text: text.into(), size: 10, ..Query::default() };
        search(s, &query).hits.iter().map(|h| format!("{:?} {:?}", h.kind, h.score)).collect()
    }

    /// The snapshot of the small city with its index from `folder`.
    fn kept(folder: &Path) -> Snapshot {
        Snapshot::build_kept(fixture::snapshot().city, Some(folder))
    }

    /// The only folder of an index.
    fn own(folder: &Path) -> PathBuf {
        let all: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    fn files(own: &Path) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(own).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        files
    }

    #[test]
    fn a_kept_index_answers_as_one_that_was_built() {
        let folder = tempfile::tempdir().unwrap();
        let built = fixture::snapshot();
        let first = kept(folder.path());
        let written = files(&own(folder.path()));
        for kept in [first, kept(folder.path())] {
            for text in ["甲区图书馆", "jqzf", "东山路", "办身份证", "首都图术馆", "capital", "a"]
            {
                assert_eq!(hits(&kept, text), hits(&built, text), "{text}");
            }
        }
        // Tantivy names its files anew when it writes them.
        assert_eq!(files(&own(folder.path())), written, "the second was read, not made");
    }

    /// Each file cut at several lengths, with a bit flipped at several places, or missing:
    /// never believed, and made again.
    #[test]
    fn a_damaged_folder_is_found_out_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let city = fixture::snapshot().city;
        let readings = Readings::new(&city.manifest.search.readings);
        let rules = Rules::new(&city);
        let make = || part(folder.path(), &city, &readings, &rules);
        let whole = make();
        let own = own(folder.path());
        let mut tried = 0;
        for name in files(&own) {
            let bytes = fs::read(&name).unwrap();
            let is_lock = name.extension().is_some_and(|e| e == "lock");
            let places = (0..16).map(|i| i * bytes.len() / 16);
            let cut = places.clone().map(|at| Some(bytes[..at].to_vec()));
            let flipped = places.filter(|at| *at < bytes.len()).map(|at| {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                Some(flipped)
            });
            for damaged in cut.chain(flipped).chain([None]) {
                match damaged {
                    Some(damaged) => fs::write(&name, damaged).unwrap(),
                    None => fs::remove_file(&name).unwrap(),
                }
                assert!(is_lock || read(&own).is_err(), "{}", name.display());
                tried += 1;
                fs::write(&name, &bytes).unwrap();
            }
        }
        assert!(read(&own).is_ok());
        assert!(tried > 100, "{tried}");
        fs::write(own.join(FILE), b"").unwrap();
        let again = make();
        assert_eq!(again.names.forms, whole.names.forms);
        assert!(read(&own).is_ok(), "made again in its place");
    }

    #[test]
    fn other_names_have_another_folder() {
        let folder = tempfile::tempdir().unwrap();
        kept(folder.path());
        let before = own(folder.path());
        let mut city = fixture::snapshot().city;
        let mut places = city.places.to_vec();
        places[0].name.zh = "新名路".into();
        city.places = places.into();
        let changed = Snapshot::build_kept(city, Some(folder.path()));
        assert!(!hits(&changed, "新名路").is_empty(), "the old index is stale");
        assert_ne!(own(folder.path()), before, "and gone");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(!hits(&kept(&file), "jqzf").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Some((entries, forms)) = decoded(&bytes) {
                let names = Arc::new(Names { forms, fields: Vec::new() });
                let part = Part { entries, names, gone: FixedBitSet::new() };
                for doc in 0..part.entries.len() as u32 {
                    part.forms(doc).for_each(drop);
                }
            }
        }
    }
}
