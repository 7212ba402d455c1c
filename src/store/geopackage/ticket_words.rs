//! Words that many tickets share: each is kept once, and tickets have its number.
//!
//! What is remembered of them lives no longer than one call. A word that was added in a
//! transaction is gone when that is undone, and its number may be another's next.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::fault;
use crate::store::StoreError;

/// Words that are remembered at a time. A city has some ten thousand; where every ticket has
/// its own, memory is not to grow with them.
const REMEMBERED: usize = 1 << 16;

/// The numbers of words, for whoever writes.
pub(super) struct Numbers<'a> {
    find: CachedStatement<'a>,
    add: CachedStatement<'a>,
    known: HashMap<String, i64>,
}

impl<'a> Numbers<'a> {
    pub(super) fn prepare(connection: &'a Connection) -> Result<Self, StoreError> {
        let prepare = |sql| connection.prepare_cached(sql).map_err(fault);
        Ok(Self {
            find: prepare("SELECT number FROM ticket_words WHERE word = ?1")?,
            add: prepare("INSERT INTO ticket_words (word) VALUES (?1)")?,
            known: HashMap::new(),
        })
    }

    /// The number of a word, which is added if it is new.
    pub(super) fn of(&mut self, word: &str) -> Result<i64, StoreError> {
        if let Some(number) = self.known.get(word) {
            return Ok(*number);
        }
        let found = self.find.query_row([word], |row| row.get(0)).optional().map_err(fault)?;
        let number = match found {
            Some(number) => number,
            None => self.add.insert([word]).map_err(fault)?,
        };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(word.to_owned(), number);
        Ok(number)
    }
}

/// The words of numbers, for whoever reads.
pub(super) struct Words<'a> {
    find: CachedStatement<'a>,
    known: HashMap<i64, String>,
}

impl<'a> Words<'a> {
    pub(super) fn prepare(connection: &'a Connection) -> Result<Self, StoreError> {
        let sql = "SELECT word FROM ticket_words WHERE number = ?1";
        let find = connection.prepare_cached(sql).map_err(fault)?;
        Ok(Self { find, known: HashMap::new() })
    }

    /// The word of a number; `None` where there is no such word.
    pub(super) fn of(&mut self, number: i64) -> Result<Option<&str>, StoreError> {
        if !self.known.contains_key(&number) {
            let found = self.find.query_row([number], |row| row.get(0)).optional();
            let Some(word) = found.map_err(fault)? else { return Ok(None) };
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(number, word);
        }
        Ok(self.known.get(&number).map(String::as_str))
    }
}
