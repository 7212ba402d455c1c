//! Who may do what: roles, and the keys that carry them; and what anybody may know.
//!
//! - [`disclosure`]: which figures of a month can be told to anybody
//! - [`released`]: what was told, in the cells of a map
//!
//! A key is 256 random bits that a caller sends as `Authorization: Bearer`. The store
//! keeps only a digest of it, so whoever reads the records cannot use the keys. A digest
//! made for passwords, slow by design, would protect nothing here: nobody guesses 256
//! bits, and it would make each request slow.

pub mod disclosure;
pub mod released;

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a caller is here for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes calls: sees tickets and what was reported before.
    Agent,
    /// Looks at where requests gather, and at reports.
    Analyst,
    /// Writes records, and may do all that the others may.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Agent, Self::Analyst, Self::Admin];

    /// Its name in keys, records and messages.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Role::key`].
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.key() == key)
    }

    /// Whether it may do what is asked of `needed`.
    pub fn may(self, needed: Self) -> bool {
        self == needed || self == Self::Admin
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Names it in lists and in the change log; the second part of the secret.
    pub id: String,
    /// What its holder may do.
    pub role: Role,
    /// For whom or what it was made.
    pub label: String,
    /// BLAKE3 of the whole secret.
    pub digest: blake3::Hash,
    /// When it was made.
    pub created_at: Timestamp,
}

/// First part of every secret, so that scanners for leaked secrets can know one.
const PREFIX: &str = "smk";
/// How the id of a demo key begins. Other ids are hexadecimal, and never begin so.
const DEMO: &str = "demo";
/// Hexadecimal digits of the id and of the random part.
const DIGITS: [usize; 2] = [12, 64];

impl Key {
    /// Makes a key; its secret is the second value, and is nowhere else.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn create(
        role: Role,
        label: &str,
        now: Timestamp,
    ) -> Result<(Self, String), getrandom::Error> {
        Self::random("", role, label, now)
    }

    /// Makes a key with which a newcomer looks around: for agents and analysts, and never
    /// for admins. Its id begins with `demo`, so that whatever is done with it says so.
    ///
    /// # Errors
    /// Where the system has no random numbers.
    pub fn demo(now: Timestamp) -> Result<(Self, String), getrandom::Error> {
        Self::random(DEMO, Role::Analyst, DEMO, now)
    }

    fn random(
        mark: &str,
        role: Role,
        label: &str,
        now: Timestamp,
    ) -> Result<(Self, String), getrandom::Error> {
        let mut bits = [0; 38];
        getrandom::fill(&mut bits)?;
        let hex = hexadecimal(&bits);
        let (start, random) = hex.split_at(DIGITS[0]);
        let id = format!("{mark}{}", &start[mark.len()..]);
        let secret = format!("{PREFIX}_{id}_{random}");
        let digest = blake3::hash(secret.as_bytes());
        Ok((Self { id, role, label: label.to_owned(), digest, created_at: now }, secret))
    }

    /// Whether it is a newcomer's ([`Key::demo`]).
    pub fn is_demo(&self) -> bool {
        self.id.starts_with(DEMO)
    }

    /// Whether its holder may do what is asked of `needed`.
    pub fn may(&self, needed: Role) -> bool {
        self.role.may(needed) || (self.is_demo() && needed == Role::Agent)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        // Writing to a text does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The keys that hold, by id.
#[derive(Debug, Clone, Default)]
pub struct Keys(HashMap<String, Key>);

impl Keys {
    /// Takes in a key, new or changed.
    pub fn insert(&mut self, key: Key) {
        self.0.insert(key.id.clone(), key);
    }

    /// Takes out a key that was revoked.
    pub fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// The key whose secret this is. Takes the same time whether the digest nearly fits
    /// or not at all.
    pub fn find(&self, secret: &str) -> Option<&Key> {
        let (id, random) = secret.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')?;
        if [id.len(), random.len()] != DIGITS {
            return None;
        }
        // `blake3::Hash` compares in constant time.
        self.0.get(id).filter(|key| key.digest == blake3::hash(secret.as_bytes()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_with_its_whole_secret_only() {
        let (key, secret) = Key::create(Role::Admin, "test", Timestamp::UNIX_EPOCH).unwrap();
        let (other, other_secret) =
            Key::create(Role::Agent, "test", Timestamp::UNIX_EPOCH).unwrap();
        assert_ne!(secret, other_secret);
        let mut keys = Keys::default();
        keys.insert(key.clone());
        keys.insert(other);
        assert_eq!(keys.find(&secret), Some(&key));
        for wrong in ["", "smk", "smk__", &secret[..secret.len() - 1], &secret.to_uppercase()] {
            assert_eq!(keys.find(wrong), None, "{wrong}");
        }
        let mixed = format!("{}{}", &secret[..17], &other_secret[17..]);
        assert_eq!(keys.find(&mixed), None);
        keys.remove(&key.id);
        assert_eq!(keys.find(&secret), None);
    }

    #[test]
    fn a_demo_key_is_for_agents_and_analysts_and_known_as_one() {
        let (key, secret) = Key::demo(Timestamp::UNIX_EPOCH).unwrap();
        let mut keys = Keys::default();
        keys.insert(key.clone());
        assert_eq!(keys.find(&secret), Some(&key));
        assert!(key.is_demo() && key.id.starts_with("demo"));
        assert!(key.may(Role::Agent) && key.may(Role::Analyst) && !key.may(Role::Admin));
        for role in Role::ALL {
            let (key, _) = Key::create(role, "demo", Timestamp::UNIX_EPOCH).unwrap();
            assert!(!key.is_demo());
            assert!(Role::ALL.iter().all(|needed| key.may(*needed) == role.may(*needed)));
        }
    }

    #[test]
    fn an_admin_may_all_and_nobody_else_may_more_than_its_role() {
        for needed in Role::ALL {
            assert!(Role::Admin.may(needed));
            assert!(needed.may(needed));
        }
        assert!(!Role::Agent.may(Role::Admin) && !Role::Agent.may(Role::Analyst));
        assert!(!Role::Analyst.may(Role::Agent));
    }
}
