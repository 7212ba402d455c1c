//! How much of many is asked for.

/// How much of something is of what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    None,
    Some,
    All,
}
