//! What a form puts into the index, field by field.
//!
//! For the form `甲区5号` (readings jia qu 5|wu hao):
//!
//! | field | terms |
//! | --- | --- |
//! | [`Field::Exact`] | `甲区5号` |
//! | [`Field::Prefix`] | `甲` `甲区` `甲区5` `甲区5号` |
//! | [`Field::Word`] | the dictionary's words, in search mode |
//! | [`Field::Gram`] | `甲` `区` `5` `号` `甲区` `区5` `5号` |
//! | [`Field::Initial`] | `j` `jq` `jq5` `jqw` … with `^j` `^jq` for the beginning |
//! | [`Field::Syllable`] | `jia` `qu` `wu` `hao` |
//! | [`Field::Latin`] | beginnings of the words in Latin letters |
//!
//! No field keeps positions: a term says "may match", and the search looks at the
//! form itself, which costs less than positions in seven fields would.

use std::sync::LazyLock;

use jieba_rs::Jieba;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::forms::{Form, numbered};
use super::normal::is_han;
use super::reading::{Choices, Readings};

/// A field of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The whole form, without spaces.
    Exact,
    /// Its beginnings of up to [`MAX_PREFIX`] characters.
    Prefix,
    /// Its words by the dictionary.
    Word,
    /// Its characters and pairs of neighbours.
    Gram,
    /// Runs of up to three first letters of readings.
    Initial,
    /// The syllables of its readings.
    Syllable,
    /// Beginnings of its words in Latin letters.
    Latin,
}

impl Field {
    /// All fields.
    pub const ALL: [Self; 7] = [
        Self::Exact,
        Self::Prefix,
        Self::Word,
        Self::Gram,
        Self::Initial,
        Self::Syllable,
        Self::Latin,
    ];

    /// Its name in the index.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Word => "word",
            Self::Gram => "gram",
            Self::Initial => "initial",
            Self::Syllable => "syllable",
            Self::Latin => "latin",
        }
    }
}

/// Longest beginning that is a term. What begins with the same eight characters is
/// told apart by looking at the form.
pub const MAX_PREFIX: usize = 8;
/// Longest beginning of a Latin word that is a term.
pub const MAX_LATIN: usize = 8;
/// The mark of the beginning of a form in [`Field::Initial`].
pub const START: char = '^';
/// Between terms in the text handed to the index; folded texts never hold it.
const SEPARATOR: char = '\n';

/// The general dictionary: about a fifth of a second to load, once.
static DICTIONARY: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// The words of a folded text by the dictionary, longest sense only.
pub fn words(text: &str) -> Vec<&str> {
    DICTIONARY.cut(text, false).into_iter().map(|t| t.word).collect()
}

/// Loads the dictionary, so that the first question does not wait for it.
pub fn warm() {
    LazyLock::force(&DICTIONARY);
}

/// The terms of one document, a text a field.
#[derive(Debug, Default)]
pub struct Terms {
    /// In the order of [`Field::ALL`].
    pub texts: [String; 7],
    chars: Vec<char>,
}

impl Terms {
    /// Forgets everything but the memory.
    pub fn clear(&mut self) {
        self.texts.iter_mut().for_each(String::clear);
    }

    fn term(&mut self, field: Field, term: impl IntoIterator<Item = char>) {
        let text = &mut self.texts[field as usize];
        text.extend(term);
        text.push(SEPARATOR);
    }

    /// Adds the terms of all forms of a thing. Forms share most of their terms; what an
    /// earlier one began or ended with is not said again.
    pub fn add(&mut self, forms: &[Form], readings: &Readings) {
        for (i, (_, form)) in forms.iter().enumerate() {
            let earlier = forms[..i].iter().map(|(_, f)| f.as_str());
            let shared = earlier.clone().map(|f| shared_beginning(f, form)).max().unwrap_or(0);
            let is_tail = earlier.clone().any(|f| f.ends_with(form.as_str()));
            self.add_form(form, shared, is_tail, readings);
        }
    }

    fn add_form(&mut self, form: &str, shared: usize, is_tail: bool, readings: &Readings) {
        let mut chars = std::mem::take(&mut self.chars);
        chars.clear();
        chars.extend(form.chars().filter(|c| *c != ' '));
        let shown = numbered(&chars);
        self.term(Field::Exact, shown.iter().copied());
        let shared = if shown.len() == chars.len() { shared } else { 0 };
        for n in shared + 1..=shown.len().min(MAX_PREFIX) {
            self.term(Field::Prefix, shown[..n].iter().copied());
        }
        if chars.iter().any(|&c| is_han(c)) {
            let mut choices = Vec::new();
            readings.of(&chars, &mut choices);
            self.add_first_initials(&choices);
            if is_tail {
                self.chars = chars;
                return;
            }
            for pair in shown.windows(2) {
                self.term(Field::Gram, pair.iter().copied());
            }
            for &c in shown.iter() {
                self.term(Field::Gram, [c]);
            }
            self.add_words(&shown);
            self.add_initials(&choices);
            for choice in &choices {
                for reading in choice.as_slice() {
                    self.term(Field::Syllable, reading.chars());
                }
            }
        }
        let latin = form.split(|c: char| c == ' ' || is_han(c)).filter(|w| !w.is_empty());
        for word in latin {
            let word: Vec<char> = word.chars().take(MAX_LATIN).collect();
            for n in 1..=word.len() {
                self.term(Field::Latin, word[..n].iter().copied());
            }
        }
        self.chars = chars;
    }

    fn add_words(&mut self, form: &[char]) {
        let text: String = form.iter().collect();
        for token in DICTIONARY.cut_for_search(&text, false) {
            self.term(Field::Word, token.word.chars());
        }
    }

    fn add_first_initials(&mut self, choices: &[Choices<'_>]) {
        let Some(first) = choices.first() else { return };
        for a in first.initials() {
            self.term(Field::Initial, [START, a]);
            for b in choices.get(1).iter().flat_map(|c| c.initials()) {
                self.term(Field::Initial, [START, a, b]);
            }
        }
    }

    fn add_initials(&mut self, choices: &[Choices<'_>]) {
        for (i, first) in choices.iter().enumerate() {
            for a in first.initials() {
                self.term(Field::Initial, [a]);
                for b in choices.get(i + 1).iter().flat_map(|c| c.initials()) {
                    self.term(Field::Initial, [a, b]);
                    for c in choices.get(i + 2).iter().flat_map(|c| c.initials()) {
                        self.term(Field::Initial, [a, b, c]);
                    }
                }
            }
        }
    }
}

/// How many characters two forms begin with alike, where both are free of spaces and
/// of numerals that are written differently in the index.
fn shared_beginning(a: &str, b: &str) -> usize {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b && *a != ' ');
    same.count()
}

/// Takes apart what [`Terms`] put together: `"ab\nc\n"` gives `ab`, `c`.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    token: Token,
}

/// The stream of [`Ready`].
#[derive(Debug)]
pub struct ReadyStream<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Ready {
    type TokenStream<'a> = ReadyStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> ReadyStream<'a> {
        self.token.reset();
        ReadyStream { rest: text, token: &mut self.token }
    }
}

impl TokenStream for ReadyStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((term, rest)) = self.rest.split_once(SEPARATOR) else { return false };
        self.rest = rest;
        self.token.text.clear();
        self.token.text.push_str(term);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    fn of(form: &str, field: Field) -> Vec<String> {
        let mut terms = Terms::default();
        terms.add(&[(Grade::Name, form.to_owned())], &Readings::default());
        let mut tokenizer = Ready::default();
        let mut stream = tokenizer.token_stream(&terms.texts[field as usize]);
        let mut out = Vec::new();
        while stream.advance() {
            out.push(stream.token().text.clone());
        }
        out.sort();
        out.dedup();
        out
    }

    #[test]
    fn the_table_above_is_true() {
        assert_eq!(of("甲区5号", Field::Exact), ["甲区5号"]);
        assert_eq!(of("甲区5号", Field::Prefix), ["甲", "甲区", "甲区5", "甲区5号"]);
        assert_eq!(of("甲区5号", Field::Gram), ["5", "5号", "区", "区5", "号", "甲", "甲区"]);
        assert_eq!(of("甲区5号", Field::Syllable), ["5", "hao", "jia", "qu", "wu"]);
        let initials = of("甲区5号", Field::Initial);
        for term in ["j", "^j", "^jq", "jq", "jq5", "jqw", "qwh", "wh", "h"] {
            assert!(initials.contains(&term.to_owned()), "{term}");
        }
        assert_eq!(of("甲soho", Field::Latin), ["s", "so", "soh", "soho"]);
    }

    #[test]
    fn words_come_in_search_mode() {
        let words = of("样例大学图书馆", Field::Word);
        assert!(words.contains(&"图书馆".to_owned()) && words.contains(&"图书".to_owned()));
    }
}
