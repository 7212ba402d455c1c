//! Ids of points, places and what else has one.

/// What an id is made of: nothing that means something else in an address.
pub const ID_RULE: &str = "1 to 64 of a-z, A-Z, 0-9, -, _ and .";

/// Whether an id keeps to [`ID_RULE`].
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
