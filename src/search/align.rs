//! Letters and ideographs laid along a form: which of its characters they stand for.
//!
//! `dsqzf`, `dongsqu zf` and `东山zf` all lie along 东山区政府: each piece of the text is
//! the beginning of a reading of one character, or the character itself, in the order of
//! the form. Characters may be passed over between pieces, at a price. The cheapest way
//! is found by filling a table from the end, `letters × characters` cells; for a usual
//! keystroke and name that is a hundred cells, some hundred nanoseconds.

use crate::index::text::reading::Choices;

/// Price of a begun syllable that is not the last one.
const BEGUN: u16 = 2;
/// Price of characters passed over where the text has a space.
const GAP_AT_SPACE: u16 = 6;
/// Price of characters passed over elsewhere.
const GAP: u16 = 9;
/// Price of not beginning at the beginning of the form.
const LATE: u16 = 7;
/// Price of not ending at the end of the form.
const SHORT: u16 = 1;
const NEVER: u16 = u16::MAX / 4;
/// Longest form that is laid along: the bits of [`Alignment::matched`].
const MAX: usize = 64;

/// How a text lies along a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// The characters of the form that are stood for, bit by bit.
    pub matched: u64,
    /// How often characters were passed over in between.
    pub gaps: u32,
    /// Letters given over letters of the readings stood for; 1 for whole syllables.
    pub fullness: f32,
    /// Pieces of several letters that begin a syllable and do not end it, but for the
    /// last piece.
    pub begun: u32,
    /// Whether characters were passed over only where the text has a space.
    pub at_spaces: bool,
}

/// The table, kept between forms so that it is allocated once a query.
#[derive(Debug, Default)]
pub struct Table {
    /// Price from here on if the form's character is taken, and letters it takes.
    taken: Vec<(u16, u8)>,
    /// The lowest price from this character or a later one.
    later: Vec<u16>,
}

impl Table {
    /// Lays `text` along a form; `starts` says where its parts begin, which no syllable
    /// runs across. `None` where it does not lie along.
    pub fn align(
        &mut self,
        text: &[char],
        starts: &[bool],
        form: &[char],
        choices: &[Choices<'_>],
    ) -> Option<Alignment> {
        let (n, m) = (text.len(), form.len().min(MAX).min(choices.len()));
        if n == 0 || m == 0 {
            return None;
        }
        let row = m + 2;
        self.taken.clear();
        self.taken.resize((n + 1) * row, (NEVER, 0));
        self.later.clear();
        self.later.resize((n + 1) * row, NEVER);
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                let cell = self.take(text, starts, i, (form[j], &choices[j]), j, m);
                self.taken[i * row + j] = cell;
                self.later[i * row + j] = cell.0.min(self.later[i * row + j + 1]);
            }
        }
        let start = (0..m).min_by_key(|&j| self.taken[j].0 + if j > 0 { LATE } else { 0 })?;
        (self.taken[start].0 < NEVER).then(|| self.trace(text, starts, choices, start, row))
    }

    /// The cheapest way to let character `j` stand for the text from `i` on.
    fn take(
        &self,
        text: &[char],
        starts: &[bool],
        i: usize,
        (c, choices): (char, &Choices<'_>),
        j: usize,
        m: usize,
    ) -> (u16, u8) {
        let mut best = (NEVER, 0);
        if text[i] == c {
            let price = self.after(text.len(), starts, i + 1, j, m);
            best = best.min((price, 1));
        }
        for reading in choices.as_slice() {
            for (k, letter) in reading.chars().enumerate() {
                let at = i + k;
                if text.get(at) != Some(&letter) || (k > 0 && starts[at]) {
                    break;
                }
                let whole = k + 1 == reading.len();
                let begun = if whole || at + 1 == text.len() { 0 } else { BEGUN };
                let price = self.after(text.len(), starts, at + 1, j, m) + begun;
                best = best.min((price, k as u8 + 1));
            }
        }
        best
    }

    /// The price of the text from `i` on, when the form's character `j` was the last.
    fn after(&self, n: usize, starts: &[bool], i: usize, j: usize, m: usize) -> u16 {
        if i == n {
            return if j + 1 == m { 0 } else { SHORT };
        }
        let row = m + 2;
        let gap = if starts[i] { GAP_AT_SPACE } else { GAP };
        let next = self.taken[i * row + j + 1].0;
        next.min(self.later.get(i * row + j + 2).map_or(NEVER, |l| l.saturating_add(gap)))
    }

    fn trace(
        &self,
        text: &[char],
        starts: &[bool],
        choices: &[Choices<'_>],
        start: usize,
        row: usize,
    ) -> Alignment {
        let (mut i, mut j) = (0, start);
        let (mut matched, mut gaps, mut begun, mut at_spaces) = (0, 0, 0, true);
        let (mut given, mut letters) = (0, 0);
        loop {
            let len = self.taken[i * row + j].1 as usize;
            matched |= 1 << j;
            let whole = reading_length(&text[i..i + len], &choices[j]);
            given += if text[i].is_ascii() { len } else { whole };
            letters += whole;
            i += len.max(1);
            if i >= text.len() {
                break;
            }
            begun += u32::from(len > 1 && len < whole);
            let gap = if starts[i] { GAP_AT_SPACE } else { GAP };
            let skip = self.later[i * row + j + 2];
            if self.taken[i * row + j + 1].0 <= skip.saturating_add(gap) {
                j += 1;
            } else {
                gaps += 1;
                at_spaces &= starts[i];
                j += 2;
                while self.taken[i * row + j].0 != skip && j + 1 < row {
                    j += 1;
                }
            }
        }
        let fullness = given as f32 / letters.max(1) as f32;
        Alignment { matched, gaps, fullness, begun, at_spaces }
    }
}

/// Letters of the reading that a piece begins; an ideograph stands for all of it.
fn reading_length(piece: &[char], choices: &Choices<'_>) -> usize {
    let begins = |r: &&&str| r.chars().zip(piece).filter(|(a, b)| a == *b).count() == piece.len();
    let usual = choices.as_slice().first().map_or(piece.len(), |r| r.len());
    if piece.first().is_some_and(char::is_ascii) {
        choices.as_slice().iter().find(begins).map_or(piece.len(), |r| r.len())
    } else {
        usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::text::Readings;

    fn align(text: &str, form: &str) -> Option<(String, u32)> {
        let parts: Vec<&str> = text.split(' ').collect();
        let chars: Vec<char> = parts.concat().chars().collect();
        let mut starts = vec![false; chars.len()];
        let mut at = 0;
        for part in &parts[..parts.len() - 1] {
            at += part.chars().count();
            starts[at] = true;
        }
        let form: Vec<char> = form.chars().collect();
        let readings = Readings::default();
        let mut choices = Vec::new();
        readings.of(&form, &mut choices);
        let found = Table::default().align(&chars, &starts, &form, &choices)?;
        let marked = form.iter().enumerate().filter(|(j, _)| found.matched >> j & 1 == 1);
        Some((marked.map(|(_, c)| c).collect(), found.gaps))
    }

    #[test]
    fn letters_lie_along_their_characters() {
        let whole = Some(("东山区政府".to_owned(), 0));
        for text in
            ["dsqzf", "dongshanquzhengfu", "dongsqzf", "dongs q zhengf", "东山qzf", "东山区zf"]
        {
            assert_eq!(align(text, "东山区政府"), whole, "{text}");
        }
        assert_eq!(align("qzf", "东山区政府"), Some(("区政府".into(), 0)));
        assert_eq!(align("ds zf", "东山区政府"), Some(("东山政府".into(), 1)));
        assert_eq!(align("dszfx", "东山区政府"), None);
        assert_eq!(align("caj", "长安街"), Some(("长安街".into(), 0)));
    }

    #[test]
    fn a_syllable_does_not_run_across_a_space() {
        assert_eq!(align("xi an", "西安"), Some(("西安".into(), 0)));
        assert_eq!(align("xi an", "先"), None);
        assert_eq!(align("xian", "先"), Some(("先".into(), 0)));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_matched_that_is_not_there(text in "[a-z东山区]{1,12}", form in "[东山区政府a5]{1,12}") {
            if let Some((marked, _)) = align(&text, &form) {
                proptest::prop_assert!(!marked.is_empty());
                proptest::prop_assert!(marked.chars().count() <= text.chars().count());
            }
        }
    }
}
