//! The kept copy of the index, so that a start need not read a hundred million records.
//!
//! `SMTICKTS`, the format, the length of what describes it; that, as JSON ([`Described`]);
//! then the columns in the order of the description, little-endian, each at a multiple of
//! eight bytes. At the end stands the BLAKE3 digest of all before it. Nothing in it is trusted
//! before that has been compared, at some gigabytes a second. It is not read but mapped: the
//! columns stay where they are in the file. A file is never written to again but replaced, so
//! that what is mapped does not change.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::TicketIndex;
use super::clock::Dial;
use super::codes::Codes;
use super::column::{Column, Mapped};
use super::manners::Manners;
use super::part::Part;
use super::row::Manner;
use super::sorted::{Run, Sorted};
use super::stretches::Stretches;
use super::sums::{Group, Groups, List, Name, Of};
use super::whens::Whens;
use super::words::Words;

const MAGIC: &[u8; 8] = b"SMTICKTS";
/// Goes up whenever a file would be read wrongly by the program before.
const FORMAT: u32 = 7;
/// Bytes before the description.
const HEAD: usize = 24;
/// Bytes of the digest.
const DIGEST: usize = 32;
/// Columns begin at a multiple of this.
const ALIGNED: usize = 8;

/// Names the change of a log that a copy ends with.
pub(super) type Fingerprint = [u8; 32];

/// Why a kept copy is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system does not give it.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is something else.
    #[error("it is no copy of tickets in the format {FORMAT}")]
    Foreign,
    /// It is not as it was written.
    #[error("its checksum does not fit")]
    Checksum,
    /// It holds what cannot have been written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

/// What is in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    seq: u64,
    of: Fingerprint,
    dial: Dial,
    words: Words,
    parts: Vec<DescribedPart>,
    groups: Vec<DescribedGroup>,
}

/// A part. Columns: codes, the first of each block of these, numbers, hours, seconds, numbers of
/// manners or statuses and channels, ends and numbers of the stretches, tallies.
#[derive(Serialize, Deserialize)]
struct DescribedPart {
    key: i64,
    rows: usize,
    stretches: usize,
    tallies: usize,
    /// Category, end of its rows, end of its tallies.
    runs: Vec<(u16, u32, u32)>,
    seconds: Option<(u32, u32)>,
    /// Status and channel by their number; nothing where they stand apart.
    manners: Option<Vec<(u8, u8)>>,
}

/// A group. Columns: cells and counts of each list.
#[derive(Serialize, Deserialize)]
struct DescribedGroup {
    name: Name,
    parts: Vec<i64>,
    lists: Vec<(Of, u8, usize)>,
    unplaced: Vec<(Of, u64)>,
}

/// Writes the index beside `path` and then in its place, on the disk before it is there: a
/// crash leaves the old file or the new one, and of several servers that write it the last
/// one's is there, whole.
pub(super) fn write(index: &TicketIndex, of: &Fingerprint, path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder)?;
    let whole = |part: &Arc<Part>| {
        if part.is_whole() { Arc::clone(part) } else { Arc::new(part.whole()) }
    };
    let parts: Vec<(i64, Arc<Part>)> =
        index.parts.iter().map(|(key, part)| (*key, whole(part))).collect();
    // Sums of parts that were put in order for the file are not of these rows.
    let now = parts.iter().cloned().collect();
    let groups: Vec<(&Name, &Arc<Group>)> =
        index.groups.iter().filter(|(name, group)| group.is_of(**name, &now)).collect();
    let described = Described {
        seq: index.seq,
        of: *of,
        dial: index.dial,
        words: index.words.as_ref().clone(),
        parts: parts.iter().map(|(key, part)| describe_part(*key, &part.sorted)).collect(),
        groups: groups.iter().map(|(name, group)| describe_group(**name, group)).collect(),
    };
    let mut to = Hashing { inner: BufWriter::new(file), hasher: blake3::Hasher::new(), at: 0 };
    let described = serde_json::to_vec(&described)?;
    to.put(MAGIC)?;
    to.put(&u64::from(FORMAT).to_le_bytes())?;
    to.put(&(described.len() as u64).to_le_bytes())?;
    to.column(&described)?;
    for (_, part) in &parts {
        let rows = &part.sorted;
        to.column(&rows.codes.each)?;
        to.column(&rows.codes.heads)?;
        to.column(&rows.numbers)?;
        to.column(&rows.whens.hours)?;
        to.column(&rows.whens.seconds)?;
        match &rows.whens.manners {
            Manners::Numbered { each, .. } => to.column(each)?,
            Manners::Apart { statuses, channels } => {
                to.column(statuses)?;
                to.column(channels)?;
            }
        }
        to.column(&rows.divisions.ends)?;
        to.column(&rows.divisions.numbers)?;
        to.column(&rows.hours)?;
    }
    for list in groups.iter().flat_map(|(_, group)| group.lists.values()) {
        to.column(&list.cells)?;
        to.column(&list.counts)?;
    }
    let digest = to.hasher.finalize();
    to.inner.write_all(digest.as_bytes())?;
    let file = to.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn describe_part(key: i64, rows: &Sorted) -> DescribedPart {
    DescribedPart {
        key,
        rows: rows.len(),
        stretches: rows.divisions.ends.len(),
        tallies: rows.hours.len(),
        runs: rows.runs.iter().map(|run| (run.category, run.end, run.hours_end)).collect(),
        seconds: rows.seconds,
        manners: match &rows.whens.manners {
            Manners::Numbered { of, .. } => {
                Some(of.iter().map(|manner| (manner.status, manner.channel)).collect())
            }
            Manners::Apart { .. } => None,
        },
    }
}

fn describe_group(name: Name, group: &Group) -> DescribedGroup {
    DescribedGroup {
        name,
        parts: group.parts.iter().map(|(key, _)| *key).collect(),
        lists: group
            .lists
            .iter()
            .map(|((of, zoom), list)| (*of, *zoom, list.cells.len()))
            .collect(),
        unplaced: group.unplaced.iter().map(|(of, count)| (*of, *count)).collect(),
    }
}

/// Maps a kept copy; gives the fingerprint of the change that it ends with too.
pub(super) fn read(path: &Path) -> Result<(TicketIndex, Fingerprint), FileFault> {
    let file = File::open(path)?;
    let map = Arc::new(map(&file)?);
    let before = map.len().checked_sub(DIGEST).filter(|length| *length >= HEAD);
    let Some(before) = before.filter(|_| map.starts_with(MAGIC)) else {
        return Err(FileFault::Foreign);
    };
    let number = |at: usize| -> u64 {
        map[at..at + 8].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    };
    if number(8) != u64::from(FORMAT) {
        return Err(FileFault::Foreign);
    }
    let digest = blake3::Hasher::new().update_rayon(&map[..before]).finalize();
    if digest.as_bytes()[..] != map[before..] {
        return Err(FileFault::Checksum);
    }
    let length = usize::try_from(number(16)).ok().filter(|length| *length <= before - HEAD);
    let length = length.ok_or(FileFault::Damaged("it says that it has more than its length"))?;
    let described: Described = serde_json::from_slice(&map[HEAD..HEAD + length])
        .map_err(|_| FileFault::Damaged("it is described as nothing that is known"))?;
    let mut columns = Columns { map, at: (HEAD + length).next_multiple_of(ALIGNED), end: before };
    let dial = described.dial;
    let mut parts = std::collections::BTreeMap::new();
    for part in described.parts {
        let key = part.key;
        parts.insert(key, Arc::new(Part::of_sorted(key, dial, columns.part(part)?)));
    }
    let mut groups = Groups::new();
    for group in described.groups {
        let name = group.name;
        groups.insert(name, Arc::new(columns.group(group, &parts)?));
    }
    let words = Arc::new(described.words);
    Ok((TicketIndex { seq: described.seq, dial, words, parts, groups }, described.of))
}

#[expect(unsafe_code, reason = "a mapped file is memory that others could change; see below")]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: files of this name are only ever put in place whole and never written to
    // afterwards, so that what is mapped stays as it is. Whoever cuts such a file by hand
    // while a server runs ends that server.
    unsafe { Mmap::map(file) }
}

/// Takes one column after the other.
struct Columns {
    map: Arc<Mmap>,
    at: usize,
    end: usize,
}

impl Columns {
    fn take<T: Pod>(&mut self, count: usize) -> Result<Column<T>, FileFault> {
        let short = FileFault::Damaged("it says that it has more than its length");
        let bytes = count.checked_mul(size_of::<T>()).and_then(|b| self.at.checked_add(b));
        let Some(end) = bytes.filter(|end| *end <= self.end) else { return Err(short) };
        let place: Range<usize> = self.at..end;
        self.at = end.next_multiple_of(ALIGNED);
        let mapped =
            Mapped::new(&self.map, place).ok_or(FileFault::Damaged("it is out of step"))?;
        Ok(Column::Mapped(mapped))
    }

    fn part(&mut self, part: DescribedPart) -> Result<Sorted, FileFault> {
        let DescribedPart { rows, stretches, tallies, runs, seconds, manners, .. } = part;
        let runs: Vec<Run> = runs
            .into_iter()
            .map(|(category, end, hours_end)| Run { category, end, hours_end })
            .collect();
        let ascend = runs.is_sorted_by(|a, b| {
            a.category < b.category && a.end < b.end && a.hours_end <= b.hours_end
        });
        let ends = runs.last().map_or((0, 0), |run| (run.end as usize, run.hours_end as usize));
        if !ascend || ends != (rows, tallies) {
            return Err(FileFault::Damaged("its runs are none"));
        }
        let sorted = Sorted {
            codes: Codes { each: self.take(rows)?, heads: self.take(Codes::heads_of(rows))? },
            numbers: self.take(rows)?,
            whens: Whens {
                hours: self.take(rows)?,
                seconds: self.take(rows)?,
                manners: self.manners(rows, manners)?,
            },
            divisions: Stretches { ends: self.take(stretches)?, numbers: self.take(stretches)? },
            hours: self.take(tallies)?,
            runs,
            seconds,
        };
        if sorted.divisions.ends.last().map_or(0, |end| *end as usize) != rows {
            return Err(FileFault::Damaged("its divisions are not those of its rows"));
        }
        Ok(sorted)
    }

    fn manners(
        &mut self,
        rows: usize,
        numbered: Option<Vec<(u8, u8)>>,
    ) -> Result<Manners, FileFault> {
        let Some(of) = numbered else {
            return Ok(Manners::Apart { statuses: self.take(rows)?, channels: self.take(rows)? });
        };
        if !of.is_sorted_by(|a, b| a < b) {
            return Err(FileFault::Damaged("its manners are none"));
        }
        let of = of.into_iter().map(|(status, channel)| Manner { status, channel }).collect();
        Ok(Manners::Numbered { of, each: self.take(rows)? })
    }

    fn group(
        &mut self,
        group: DescribedGroup,
        parts: &std::collections::BTreeMap<i64, Arc<Part>>,
    ) -> Result<Group, FileFault> {
        let sorted = |key: i64| Some((key, Arc::clone(&parts.get(&key)?.sorted)));
        let of = group.parts.into_iter().map(sorted).collect::<Option<_>>();
        let of = of.ok_or(FileFault::Damaged("its sums are of parts that are not there"))?;
        let mut lists = std::collections::BTreeMap::new();
        for (of, zoom, count) in group.lists {
            let list = List { cells: self.take(count)?, counts: self.take(count)? };
            lists.insert((of, zoom), list);
        }
        Ok(Group { parts: of, lists, unplaced: group.unplaced.into_iter().collect() })
    }
}

/// Writes, and takes the digest along.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
    at: usize,
}

impl<W: Write> Hashing<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.at += bytes.len();
        self.inner.write_all(bytes)
    }

    /// Writes a column, and what lies between it and the next.
    fn column<T: Pod>(&mut self, values: &[T]) -> io::Result<()> {
        self.put(bytemuck::cast_slice(values))?;
        let between = self.at.next_multiple_of(ALIGNED) - self.at;
        self.put(&[0; ALIGNED][..between])
    }
}
