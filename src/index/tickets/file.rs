//! The kept copy of the index, so that a start need not read a million records.
//!
//! `SMTICKTS`, the format, the sequence number and fingerprint of the last change that is in
//! it, the words as JSON with their length, the number of parts; then each part: its key, its
//! number of rows, and the columns one after the other, little-endian. At the end stands the
//! BLAKE3 digest of all before it. Nothing in it is trusted before that has been compared.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use tempfile::NamedTempFile;

use super::TicketIndex;
use super::columns::{Columns, ROW};
use super::part::Part;
use super::words::Words;

const MAGIC: &[u8; 8] = b"SMTICKTS";
/// Goes up whenever a file would be read wrongly by the program before.
const FORMAT: u32 = 2;
/// Bytes that are converted at a time.
const CHUNK: usize = 1 << 16;

/// Names the change of a log that a copy ends with.
pub(super) type Fingerprint = [u8; 32];

/// Why a kept copy is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system does not give it, or it is shorter than it says.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is something else.
    #[error("it is no copy of tickets in the format {FORMAT}")]
    Foreign,
    /// It claims more than it can hold.
    #[error("it says that it has more than its length")]
    TooLong,
    /// It is not as it was written.
    #[error("its checksum does not fit")]
    Checksum,
    /// It holds what cannot have been written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

/// Writes the index beside `path` and then in its place, on the disk before it is there: a
/// crash leaves the old file or the new one, and of several servers that write it the last
/// one's is there, whole.
pub(super) fn write(index: &TicketIndex, of: &Fingerprint, path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder)?;
    let mut to = Hashing { inner: BufWriter::new(file), hasher: blake3::Hasher::new() };
    to.write_all(MAGIC)?;
    to.write_all(&FORMAT.to_le_bytes())?;
    to.write_all(&index.seq.to_le_bytes())?;
    to.write_all(of)?;
    let words = serde_json::to_vec(index.words.as_ref())?;
    to.write_all(&(words.len() as u64).to_le_bytes())?;
    to.write_all(&words)?;
    to.write_all(&(index.parts.len() as u64).to_le_bytes())?;
    for (key, part) in &index.parts {
        let whole = if part.is_whole() { Arc::clone(part) } else { Arc::new(part.whole()) };
        let rows = whole.rows().0;
        to.write_all(&key.to_le_bytes())?;
        to.write_all(&(rows.len() as u64).to_le_bytes())?;
        put(&mut to, &rows.codes, u64::to_le_bytes)?;
        for column in [&rows.numbers, &rows.seconds, &rows.divisions] {
            put(&mut to, column, u32::to_le_bytes)?;
        }
        put(&mut to, &rows.categories, u16::to_le_bytes)?;
        to.write_all(&rows.channels)?;
        to.write_all(&rows.states)?;
    }
    let digest = to.hasher.finalize();
    to.inner.write_all(digest.as_bytes())?;
    let file = to.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Reads a kept copy, with the fingerprint of the change that it ends with.
pub(super) fn read(path: &Path) -> Result<(TicketIndex, Fingerprint), FileFault> {
    let file = File::open(path)?;
    let left = file.metadata()?.len();
    let mut from = Hashing { inner: BufReader::new(file), hasher: blake3::Hasher::new() };
    if &from.array::<8>()? != MAGIC || u32::from_le_bytes(from.array()?) != FORMAT {
        return Err(FileFault::Foreign);
    }
    let seq = u64::from_le_bytes(from.array()?);
    let fingerprint = from.array()?;
    // What is claimed is compared with the length before any room is made for it.
    let fits = |n: u64, size: u64| n.checked_mul(size).is_some_and(|bytes| bytes <= left);
    let length = u64::from_le_bytes(from.array()?);
    if !fits(length, 1) {
        return Err(FileFault::TooLong);
    }
    let mut words = vec![0; length as usize];
    from.read_exact(&mut words)?;
    let count = u64::from_le_bytes(from.array()?);
    if !fits(count, 16) {
        return Err(FileFault::TooLong);
    }
    let mut parts = Vec::new();
    for _ in 0..count {
        let key = i64::from_le_bytes(from.array()?);
        let rows = u64::from_le_bytes(from.array()?);
        if !fits(rows, ROW as u64) {
            return Err(FileFault::TooLong);
        }
        let rows = rows as usize;
        let columns = Columns {
            codes: take(&mut from, rows, u64::from_le_bytes)?,
            numbers: take(&mut from, rows, u32::from_le_bytes)?,
            seconds: take(&mut from, rows, u32::from_le_bytes)?,
            divisions: take(&mut from, rows, u32::from_le_bytes)?,
            categories: take(&mut from, rows, u16::from_le_bytes)?,
            channels: take(&mut from, rows, u8::from_le_bytes)?,
            states: take(&mut from, rows, u8::from_le_bytes)?,
        };
        parts.push((key, columns));
    }
    let digest = from.hasher.finalize();
    let mut kept = [0; 32];
    from.inner.read_exact(&mut kept)?;
    if digest != kept {
        return Err(FileFault::Checksum);
    }
    if !parts.iter().all(|(_, columns)| columns.is_sound()) {
        return Err(FileFault::Damaged("rows out of order"));
    }
    let words: Words =
        serde_json::from_slice(&words).map_err(|_| FileFault::Damaged("words that are none"))?;
    let parts = parts.into_iter().map(|(key, rows)| (key, Arc::new(Part::of_sorted(rows))));
    Ok((TicketIndex { seq, words: Arc::new(words), parts: parts.collect() }, fingerprint))
}

/// Reads or writes, and takes the digest along.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl<R: Read> Hashing<R> {
    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(into)?;
        self.hasher.update(&into[..n]);
        Ok(n)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a column.
fn put<T: Copy, const N: usize>(
    to: &mut impl Write,
    column: &[T],
    bytes: impl Fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut chunk = Vec::with_capacity(CHUNK);
    for values in column.chunks(CHUNK / N) {
        chunk.clear();
        for value in values {
            chunk.extend_from_slice(&bytes(*value));
        }
        to.write_all(&chunk)?;
    }
    Ok(())
}

/// Reads a column.
fn take<T, const N: usize>(
    from: &mut impl Read,
    rows: usize,
    value: impl Fn([u8; N]) -> T,
) -> io::Result<Vec<T>> {
    let mut column = Vec::with_capacity(rows);
    let mut chunk = vec![0; CHUNK];
    while column.len() < rows {
        let n = (rows - column.len()).min(CHUNK / N) * N;
        from.read_exact(&mut chunk[..n])?;
        column.extend(chunk[..n].as_chunks::<N>().0.iter().map(|bytes| value(*bytes)));
    }
    Ok(column)
}
