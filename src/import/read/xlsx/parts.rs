//! The parts of a workbook, unpacked and counted before they are believed.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr_iter, memmem};
use zip::ZipArchive;

use crate::import::limits::MAX_UNPACKED_BYTES;
use crate::import::row::FileFault;

const PIECE_BYTES: usize = 256 * 1024;
const MAX_PARTS: usize = 10_000;
/// Parts other than sheets are held in memory.
const MAX_HELD_BYTES: u64 = 256 * 1024 * 1024;
/// Excel itself allows 32,767 characters in a cell.
const MAX_BETWEEN_TAGS: usize = 1024 * 1024;
/// Shared texts that a workbook may claim; memory for them is taken before they are seen.
const MAX_SHARED_TEXTS: u64 = 5_000_000;
/// Longest part of a pattern that may be cut by the end of a piece.
const OVERLAP: usize = 64;

/// Unpacks every part once.
pub(super) fn check(input: &mut (impl Read + Seek), path: &str) -> Result<(), FileFault> {
    let check = Check { path };
    let mut archive = ZipArchive::new(&mut *input).map_err(|e| check.malformed(e.to_string()))?;
    if archive.len() > MAX_PARTS {
        return Err(check.too_large("the number of parts", MAX_PARTS.to_string()));
    }
    let mut total = 0;
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).map_err(|e| check.malformed(e.to_string()))?;
        let name = part.name().map_err(|e| check.malformed(e.to_string()))?.into_owned();
        let text = [".xml", ".rels", ".vml"].iter().any(|end| name.ends_with(end));
        let limit = if is_sheet(&name) { MAX_UNPACKED_BYTES } else { MAX_HELD_BYTES };
        check.part(&mut part, &name, text, limit, &mut total)?;
    }
    input.seek(SeekFrom::Start(0)).map_err(|e| check.unreadable(e))?;
    Ok(())
}

/// `xl/worksheets/sheet1.xml`: what is read row by row.
fn is_sheet(name: &str) -> bool {
    let name = name.strip_prefix("xl/worksheets/sheet").and_then(|n| n.strip_suffix(".xml"));
    name.is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
}

struct Check<'a> {
    path: &'a str,
}

impl Check<'_> {
    fn part(
        &self,
        part: &mut impl Read,
        name: &str,
        text: bool,
        limit: u64,
        total: &mut u64,
    ) -> Result<(), FileFault> {
        let mut piece = vec![0; OVERLAP + PIECE_BYTES];
        let (mut held, mut unpacked, mut since_tag) = (0, 0, 0);
        loop {
            let read = match part.read(&mut piece[held..]) {
                Ok(read) => read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.malformed(format!("{name}: {e}"))),
            };
            unpacked += read as u64;
            *total += read as u64;
            if unpacked > limit || *total > MAX_UNPACKED_BYTES {
                let limit = limit.min(MAX_UNPACKED_BYTES);
                return Err(self.too_large("an unpacked part", format!("{limit} bytes ({name})")));
            }
            if text {
                let fresh = &piece[held..held + read];
                self.tags(fresh, name, &mut since_tag)?;
                self.claims(&piece[..held + read], name, read == 0)?;
            }
            if read == 0 {
                return Ok(());
            }
            let end = held + read;
            held = end.min(OVERLAP);
            piece.copy_within(end - held..end, 0);
        }
    }

    /// Whatever stands between two tags is held in memory.
    fn tags(&self, fresh: &[u8], name: &str, since: &mut usize) -> Result<(), FileFault> {
        if fresh.contains(&0) {
            return Err(self.malformed(format!("{name} is not UTF-8")));
        }
        let mut last = 0;
        for at in memchr_iter(b'<', fresh) {
            if *since + at - last > MAX_BETWEEN_TAGS {
                break;
            }
            (*since, last) = (0, at);
        }
        *since += fresh.len() - last;
        if *since > MAX_BETWEEN_TAGS {
            return Err(self.too_large("a text", format!("{MAX_BETWEEN_TAGS} bytes ({name})")));
        }
        Ok(())
    }

    /// The number of shared texts that the part says it has. A number that the end of the
    /// piece may have cut is looked at in the next piece.
    fn claims(&self, piece: &[u8], name: &str, last: bool) -> Result<(), FileFault> {
        for at in memmem::find_iter(piece, b"uniqueCount") {
            let rest = &piece[at + b"uniqueCount".len()..];
            let digits = rest.iter().skip_while(|b| !b.is_ascii_digit() && **b != b'>');
            let digits: Vec<u8> = digits.take_while(|b| b.is_ascii_digit()).copied().collect();
            let number = std::str::from_utf8(&digits).ok().filter(|d| !d.is_empty());
            let over = |n: &str| n.parse().map_or(true, |n: u64| n > MAX_SHARED_TEXTS);
            if number.is_some_and(over) {
                let limit = format!("{MAX_SHARED_TEXTS} ({name})");
                return Err(self.too_large("the number of shared texts", limit));
            }
            if number.is_none() && !last && rest.len() >= OVERLAP {
                return Err(self.malformed(format!("{name} has a count that is no number")));
            }
        }
        Ok(())
    }

    fn malformed(&self, detail: String) -> FileFault {
        FileFault::Malformed { path: self.path.to_owned(), format: "XLSX", detail }
    }

    fn unreadable(&self, cause: io::Error) -> FileFault {
        FileFault::Unreadable { path: self.path.to_owned(), cause }
    }

    fn too_large(&self, what: &'static str, limit: String) -> FileFault {
        FileFault::TooLarge { path: self.path.to_owned(), what, limit }
    }
}
