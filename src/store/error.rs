//! What can go wrong with the records, and what to do about it.

use super::Kind;

/// Why the store did not do what it was asked. Nothing of a refused write is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is locked by a long write; later it may work.
    #[error("the records cannot be reached at the moment: {0}")]
    Unavailable(String),
    /// There is no room left.
    #[error("there is no room left for records: {0}; free some, nothing was lost")]
    Full(String),
    /// The database was written by a newer program.
    #[error(
        "{place} has the format {found}, this program knows formats up to {known}; use the newer servicemap that wrote it (a backup made before that upgrade opens with this one)"
    )]
    Newer {
        /// Where the records are.
        place: String,
        /// Format of the database.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The database holds something else.
    #[error("{place} is not a record store of servicemap: {detail}")]
    NotOurs {
        /// What was opened.
        place: String,
        /// Why it cannot be.
        detail: String,
    },
    /// The database holds another city.
    #[error(
        "{place} holds the records of the city \"{found}\", not of \"{asked}\"; give the --city or the --database that belongs to it"
    )]
    OtherCity {
        /// Where the records are.
        place: String,
        /// The city of the records.
        found: String,
        /// The city that was asked for.
        asked: String,
    },
    /// There is a file where one is to be made.
    #[error("{0} exists already and is not written over; name a file that does not exist yet")]
    Exists(String),
    /// There are records where all of a backup is to go.
    #[error("{0} has records already, which are not written over; name an empty database")]
    NotEmpty(String),
    /// Another server serves from this file.
    #[error(
        "{place} is already served by {by}; stop that server first, or let several servers share a PostgreSQL database"
    )]
    Served {
        /// The file.
        place: String,
        /// What is known of the other server.
        by: String,
    },
    /// There is a record that was to be new.
    #[error("there is a {} \"{id}\" already", .kind.key())]
    Known {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A write names a record that does not exist.
    #[error("there is no {} \"{id}\"", .kind.key())]
    NoSuchRecord {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A ticket is no longer as the writer has seen it ([`Batch::seen`](super::Batch::seen)).
    #[error("the ticket \"{id}\" was written by somebody else meanwhile; look at it again")]
    Overtaken {
        /// Its id.
        id: String,
    },
    /// A text holds a NUL character, which `PostgreSQL` cannot keep; no store takes it.
    #[error("the {} \"{id}\" holds a NUL character; take it out", .kind.key())]
    Nul {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// A number of a record is none that can be kept.
    #[error("the {} \"{id}\" has a position or an accuracy that is not a number", .kind.key())]
    NotFinite {
        /// Its kind.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Something is kept that cannot be read back.
    #[error("the records are damaged: {0}")]
    Damaged(String),
    /// The database said something unexpected.
    #[error("the database failed: {0}")]
    Database(String),
}

impl StoreError {
    /// Whether the same call may work a little later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full(_))
    }

    /// The same error of a whole group, for one more of its batches.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Unavailable(text) => Self::Unavailable(text.clone()),
            Self::Full(text) => Self::Full(text.clone()),
            other => Self::Database(other.to_string()),
        }
    }
}
