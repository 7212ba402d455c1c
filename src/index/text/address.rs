//! Addresses and described places: which parts of a text name something, and what else
//! it says.
//!
//! The grammar is a table of the city's pack (`[search.address]`), so that another
//! language is another table. With that of Chinese:
//!
//! | text | names | else |
//! | --- | --- | --- |
//! | `甲区东山路85号院3号楼2单元501室` | `甲区东山路` | four numbers |
//! | `东山路甲59号图书馆` | `图书馆`, `东山路` | one number |
//! | `图书馆对面` | `图书馆` | near it |
//! | `地铁东山站` | `东山` | a kind of place |
//!
//! Nothing is looked up here: whether a name exists is for the index to say, and a number
//! that no record knows is only ever counted.

use std::ops::Range;

use super::normal::fold;
use crate::city::manifest::AddressWords;

/// Characters that a part must have to name something.
const MIN_NAME: usize = 2;
/// Longest word of the table.
const MAX_WORD: usize = 16;
/// Words like "opposite" that are taken off the end, one after the other.
const MAX_NEAR: usize = 3;

/// What a sense leaves out of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dropped {
    /// Nothing.
    #[default]
    Nothing,
    /// The name of the city.
    City,
    /// The kind of the place, such as "station".
    Kind,
    /// That it is only near the place.
    Near,
    /// So many numbers of an address.
    Numbers(u8),
    /// So many numbers, and the street before them: what is named stands after them.
    Street(u8),
}

/// A part of a text that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its characters.
    pub range: Range<usize>,
    /// What of the text it leaves out.
    pub dropped: Dropped,
}

/// The words of a city's addresses, folded, longest first.
#[derive(Debug, Default)]
pub struct Words {
    units: Vec<Vec<char>>,
    marks: Vec<char>,
    near: Vec<Vec<char>>,
    leading: Vec<Vec<char>>,
    trailing: Vec<Vec<char>>,
}

impl Words {
    /// Folds the words of a pack.
    pub fn new(words: &AddressWords) -> Self {
        let list = |words: &[String]| {
            let mut all: Vec<Vec<char>> = words.iter().map(|w| fold(w, MAX_WORD).chars).collect();
            all.retain(|w| !w.is_empty());
            all.sort_by_key(|w| std::cmp::Reverse(w.len()));
            all
        };
        Self {
            units: list(&words.units),
            marks: words.marks.iter().flat_map(|m| fold(m, MAX_WORD).chars).collect(),
            near: list(&words.near),
            leading: list(&words.leading),
            trailing: list(&words.trailing),
        }
    }

    /// The parts of a folded text, numerals in digits, that name something; the most exact
    /// first, none where the text is no more than a name. Linear in the text.
    pub fn parse(&self, chars: &[char]) -> Vec<Named> {
        let mut end = chars.len();
        for _ in 0..MAX_NEAR {
            match before_end(&chars[..end], &self.near) {
                Some(shorter) if shorter >= MIN_NAME => end = shorter,
                _ => break,
            }
        }
        let near = end < chars.len();
        let mut out = Vec::new();
        if let Some((numbers, count)) = self.numbers(&chars[..end]) {
            if end - numbers.end >= MIN_NAME {
                let dropped = Dropped::Street(count);
                out.push(Named { range: numbers.end..end, dropped });
            }
            out.push(Named { range: 0..numbers.start, dropped: Dropped::Numbers(count) });
        } else if near {
            out.push(Named { range: 0..end, dropped: Dropped::Near });
        }
        let bare = self.without_kind(&chars[..end]);
        if bare.len() < end {
            let dropped = if near { Dropped::Near } else { Dropped::Kind };
            out.push(Named { range: bare, dropped });
        }
        out
    }

    /// The first numbers with a unit after a name, and how many follow on each other.
    fn numbers(&self, chars: &[char]) -> Option<(Range<usize>, u8)> {
        (MIN_NAME..chars.len()).find_map(|start| {
            let (mut at, mut count) = (start, 0u8);
            while let Some(next) = self.number(chars, at) {
                (at, count) = (next, count.saturating_add(1));
            }
            // The last number may stand without its unit, but a number alone is a name.
            let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
            (count > 0).then(|| (start..at + digits, count + u8::from(digits > 0)))
        })
    }

    /// The end of one number with its unit.
    fn number(&self, chars: &[char], start: usize) -> Option<usize> {
        let marks = chars[start..].iter().take_while(|c| self.marks.contains(c)).count().min(1);
        let from = start + marks;
        let digits = chars[from..].iter().take_while(|c| c.is_ascii_alphanumeric()).count();
        let begins_inside = start > 0 && digits > 0 && chars[start - 1].is_ascii_digit();
        if digits == 0 || (marks == 0 && begins_inside) {
            return None;
        }
        let rest = &chars[from + digits..];
        let unit = self.units.iter().find(|unit| rest.starts_with(unit))?;
        Some(from + digits + unit.len())
    }

    fn without_kind(&self, chars: &[char]) -> Range<usize> {
        let leading = self.leading.iter().find(|w| chars.starts_with(w)).map_or(0, Vec::len);
        let start = if chars.len() >= leading + MIN_NAME { leading } else { 0 };
        let end = before_end(&chars[start..], &self.trailing).filter(|n| *n >= MIN_NAME);
        start..end.map_or(chars.len(), |n| start + n)
    }
}

/// Where the longest of `words` begins with which a text ends.
fn before_end(chars: &[char], words: &[Vec<char>]) -> Option<usize> {
    words.iter().find(|w| chars.ends_with(w)).map(|w| chars.len() - w.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words() -> Words {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect();
        Words::new(&AddressWords {
            units: list("号 号院 号楼 楼 单元 室 层 座"),
            marks: list("甲 乙"),
            near: list("附近 对面 怎么走"),
            leading: list("地铁"),
            trailing: list("站 地铁站"),
        })
    }

    fn of(text: &str) -> Vec<(String, Dropped)> {
        let chars: Vec<char> = text.chars().collect();
        let all = words().parse(&chars);
        all.into_iter().map(|n| (chars[n.range].iter().collect(), n.dropped)).collect()
    }

    #[test]
    fn the_table_above_is_true() {
        let numbers = |name: &str, n| (name.to_owned(), Dropped::Numbers(n));
        assert_eq!(of("甲区东山路85号院3号楼2单元501室"), [numbers("甲区东山路", 4)]);
        assert_eq!(of("东山路85号院3号楼501"), [numbers("东山路", 3)]);
        assert_eq!(
            of("东山路甲59号图书馆"),
            [("图书馆".to_owned(), Dropped::Street(1)), numbers("东山路", 1)]
        );
        assert_eq!(of("图书馆对面"), [("图书馆".to_owned(), Dropped::Near)]);
        assert_eq!(of("地铁东山站"), [("东山".to_owned(), Dropped::Kind)]);
        assert_eq!(
            of("地铁东山站附近怎么走"),
            [("地铁东山站".to_owned(), Dropped::Near), ("东山".to_owned(), Dropped::Near)]
        );
    }

    #[test]
    fn a_name_is_not_taken_apart() {
        for name in ["图书馆", "3里屯", "5号楼", "附近", "路85", "东山路123", ""] {
            assert!(of(name).is_empty(), "{name}: {:?}", of(name));
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_few_parts_of_itself(
            text in prop_oneof![any::<String>(), "[东山甲乙路0-9a号院楼室站地铁附近对面]{0,512}"],
        ) {
            let chars: Vec<char> = text.chars().take(512).collect();
            let all = words().parse(&chars);
            prop_assert!(all.len() <= 3);
            for named in all {
                prop_assert!(named.range.len() >= MIN_NAME && named.range.end <= chars.len());
                prop_assert!(named.range.len() < chars.len());
            }
        }
    }
}
