//! Directories: runs of tile ids, and the range of bytes that each run shares.
//!
//! Four columns of numbers of variable length: differences of ids, lengths of runs,
//! lengths in bytes, and offsets, where zero says "behind the last one".

use super::super::ArchiveError;

/// Entries of one directory, so that a broken one cannot take all memory: 24 bytes each.
pub(super) const MOST_ENTRIES: u64 = 1 << 22;

/// One run of tiles with the same bytes, or a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The first id of the run.
    pub(super) id: u64,
    /// Where the bytes begin, counted from the first tile, or the first leaf.
    pub(super) offset: u64,
    /// How many bytes there are.
    pub(super) length: u32,
    /// How many ids the run has; none means that the bytes are a leaf.
    pub(super) run: u32,
}

/// The entry that holds an id, or leads to it.
pub(super) fn find(entries: &[Entry], id: u64) -> Option<Entry> {
    let after = entries.partition_point(|entry| entry.id <= id);
    let entry = *entries.get(after.checked_sub(1)?)?;
    (entry.run == 0 || id - entry.id < u64::from(entry.run)).then_some(entry)
}

/// Writes a directory, unpacked.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len() * 6 + 8);
    put(&mut out, entries.len() as u64);
    let mut last = 0;
    for entry in entries {
        put(&mut out, entry.id - last);
        last = entry.id;
    }
    for entry in entries {
        put(&mut out, entry.run.into());
    }
    for entry in entries {
        put(&mut out, entry.length.into());
    }
    let mut next = None;
    for entry in entries {
        put(&mut out, if next == Some(entry.offset) { 0 } else { entry.offset + 1 });
        next = Some(entry.offset + u64::from(entry.length));
    }
    out
}

/// Reads a directory that was unpacked.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, ArchiveError> {
    let broken = || ArchiveError::Format("a directory is broken".to_owned());
    let mut rest = bytes;
    // Each entry has four numbers of at least a byte.
    let count = take(&mut rest).filter(|n| *n <= MOST_ENTRIES && *n <= rest.len() as u64 / 4);
    let count = count.ok_or_else(broken)? as usize;
    let mut entries = vec![Entry { id: 0, offset: 0, length: 0, run: 0 }; count];
    let mut column = |set: &mut dyn FnMut(&mut Entry, u64) -> Option<()>| {
        entries.iter_mut().try_for_each(|entry| set(entry, take(&mut rest)?)).ok_or_else(broken)
    };
    let mut last = 0u64;
    column(&mut |entry, step| {
        last = last.checked_add(step)?;
        entry.id = last;
        Some(())
    })?;
    column(&mut |entry, run| u32::try_from(run).ok().map(|run| entry.run = run))?;
    column(&mut |entry, length| u32::try_from(length).ok().map(|length| entry.length = length))?;
    let mut next = 0u64;
    column(&mut |entry, offset| {
        entry.offset = if offset == 0 { next } else { offset - 1 };
        next = entry.offset.checked_add(entry.length.into())?;
        Some(())
    })?;
    Ok(entries)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            steps in prop::collection::vec((1u64..1 << 40, 1u32..9, any::<u32>(), any::<bool>()), 0..50),
        ) {
            let (mut id, mut offset) = (0, 0u64);
            let entries: Vec<Entry> = steps.iter().map(|(step, run, length, follows)| {
                id += step;
                let at = if *follows { offset } else { 0 };
                offset = at + u64::from(*length);
                Entry { id, offset: at, length: *length, run: *run }
            }).collect();
            prop_assert_eq!(read(&write(&entries)).unwrap(), entries);
        }

        #[test]
        fn nonsense_is_refused_and_costs_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entries) = read(&bytes) {
                prop_assert!(entries.len() <= bytes.len() / 4);
                find(&entries, 7);
            }
        }
    }

    #[test]
    fn a_run_holds_its_ids_and_a_leaf_what_follows() {
        let tile = |id, run| Entry { id, offset: 0, length: 1, run };
        let entries = [tile(5, 3), tile(10, 1), tile(20, 0)];
        for (id, found) in [
            (4, None),
            (5, Some(0)),
            (7, Some(0)),
            (8, None),
            (10, Some(1)),
            (11, None),
            (99, Some(2)),
        ] {
            assert_eq!(find(&entries, id), found.map(|i: usize| entries[i]), "{id}");
        }
    }
}
