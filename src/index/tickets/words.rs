//! Categories, channels and divisions by small numbers; and the sources that there are.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TicketIndex;
use crate::city::Ticket;

/// The number of whatever comes after there are no more numbers: it is in every total, and
/// no filter finds it. A city has some hundred categories and some ten channels.
const BEYOND: [usize; 2] = [u16::MAX as usize, u8::MAX as usize];

/// Codes of district, township and community.
pub(super) type Codes = [Option<String>; 3];

/// Words in the order in which they came; a word's number is its place.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Lists", into = "Lists")]
pub(super) struct Words {
    pub(super) lists: Lists,
    categories: HashMap<String, usize>,
    channels: HashMap<String, usize>,
    divisions: HashMap<Codes, u32>,
}

/// What is kept of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lists {
    pub(super) categories: Vec<String>,
    pub(super) channels: Vec<String>,
    pub(super) divisions: Vec<Codes>,
    /// Of whatever tickets there were: no ticket says which is its own.
    pub(super) sources: Vec<String>,
}

impl From<Lists> for Words {
    fn from(lists: Lists) -> Self {
        let places = |list: &[String]| list.iter().cloned().zip(0..).collect();
        Self {
            categories: places(&lists.categories),
            channels: places(&lists.channels),
            divisions: lists.divisions.iter().cloned().zip(0..).collect(),
            lists,
        }
    }
}

impl From<Words> for Lists {
    fn from(words: Words) -> Self {
        words.lists
    }
}

impl Words {
    pub(super) fn bytes(&self) -> usize {
        let text = |word: &String| 2 * (word.capacity() + size_of::<String>());
        let lists = [&self.lists.categories, &self.lists.channels, &self.lists.sources];
        let words = lists.into_iter().flatten().map(text);
        let divisions = self.lists.divisions.iter().flatten().flatten().map(text);
        words.chain(divisions).sum()
    }

    pub(super) fn category(&self, word: &str) -> Option<usize> {
        self.categories.get(word).copied()
    }

    pub(super) fn channel(&self, word: &str) -> Option<usize> {
        self.channels.get(word).copied()
    }
}

/// The numbers of a ticket's category, channel and divisions. New ones are added, to a copy
/// where the words are shared.
pub(super) fn number(words: &mut Arc<Words>, ticket: &Ticket) -> (u16, u8, u32) {
    let category = words.category(&ticket.category).unwrap_or_else(|| {
        let words = Arc::make_mut(words);
        add(&mut words.lists.categories, &mut words.categories, &ticket.category, BEYOND[0])
    });
    let channel = words.channel(&ticket.channel).unwrap_or_else(|| {
        let words = Arc::make_mut(words);
        add(&mut words.lists.channels, &mut words.channels, &ticket.channel, BEYOND[1])
    });
    let of = &ticket.divisions;
    let codes = [of.district.clone(), of.township.clone(), of.community.clone()];
    let divisions = words.divisions.get(&codes).copied().unwrap_or_else(|| {
        let words = Arc::make_mut(words);
        let number = words.lists.divisions.len() as u32;
        words.lists.divisions.push(codes.clone());
        words.divisions.insert(codes, number);
        number
    });
    // There are a handful of them.
    if !words.lists.sources.contains(&ticket.source) {
        Arc::make_mut(words).lists.sources.push(ticket.source.clone());
    }
    (category as u16, channel as u8, divisions)
}

fn add(
    list: &mut Vec<String>,
    places: &mut HashMap<String, usize>,
    word: &str,
    beyond: usize,
) -> usize {
    let number = list.len();
    if number >= beyond {
        return beyond;
    }
    list.push(word.to_owned());
    places.insert(word.to_owned(), number);
    number
}

impl TicketIndex {
    /// Whether a ticket has or had this category.
    pub fn has_category(&self, code: &str) -> bool {
        self.words.category(code).is_some()
    }
}
