//! Values side by side: in memory of their own, or where a file is mapped.

use std::fmt;
use std::hint;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

// The file has its numbers as they are in memory.
const _: () = assert!(cfg!(target_endian = "little"), "little-endian machines only");

/// Values side by side.
#[derive(Clone)]
pub(super) enum Column<T> {
    Own(Vec<T>),
    Mapped(Mapped<T>),
}

/// Values in a mapped file.
#[derive(Clone)]
pub(super) struct Mapped<T> {
    map: Arc<Mmap>,
    bytes: Range<usize>,
    of: PhantomData<T>,
}

impl<T: Pod> Mapped<T> {
    /// Those at these bytes; `None` where the file has no such bytes, or they are not
    /// aligned.
    pub(super) fn new(map: &Arc<Mmap>, bytes: Range<usize>) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(map.get(bytes.clone())?).ok()?;
        Some(Self { map: Arc::clone(map), bytes, of: PhantomData })
    }
}

impl<T: Pod> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Own(values) => values,
            Self::Mapped(of) => bytemuck::cast_slice(&of.map[of.bytes.clone()]),
        }
    }
}

impl<T> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Own(values)
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl<T: Pod> Column<T> {
    /// Bytes that it takes, mapped ones too.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Own(values) => values.capacity() * size_of::<T>(),
            Self::Mapped(of) => of.bytes.len(),
        }
    }
}

/// How many of some values in order are below something. Costs by how many these are and not by
/// how many there are: the next ones lie in few cache lines, and what comes after in many.
pub(super) fn near<T: Copy>(values: &[T], is_below: impl Fn(T) -> bool) -> usize {
    let (mut below, mut step) = (0, 8);
    while values.get(below + step).is_some_and(|value| is_below(*value)) {
        below += step;
        step *= 2;
    }
    let end = values.len().min(below + step);
    below + values[below..end].partition_point(|value| is_below(*value))
}

/// Bytes of a cache line of nearly all processors.
const LINE: usize = 64;

/// Reads a byte of each cache line, so that all of them are on their way at the same time: what
/// lies in many short pieces is not foreseen by the processor.
pub(super) fn touch<T: Pod>(values: &[T]) {
    let bytes: &[u8] = bytemuck::cast_slice(values);
    hint::black_box(bytes.iter().step_by(LINE).fold(0, |all, byte| all ^ byte));
}

impl<T: Pod> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values", self.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_are_found_near_as_there_are_below(
            mut values in prop::collection::vec(0_u32..300, 0..200),
            below in 0_u32..310,
        ) {
            values.sort_unstable();
            let expected = values.iter().filter(|value| **value < below).count();
            prop_assert_eq!(near(&values, |value| value < below), expected);
        }
    }
}
