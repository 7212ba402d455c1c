//! How well a form matches a text: a shape, and how much of the form the text covers.

use super::align::Table;
use super::understand::{Script, Sense};
use crate::index::text::forms::numbered;
use crate::index::text::normal::is_han;
use crate::index::text::reading::Choices;
use crate::index::text::{Grade, Readings};

/// How a text lies in a form; better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// It is the form.
    Whole,
    /// The form begins with it.
    Prefix,
    /// The form contains it.
    Inside,
    /// The form contains its words, in its order.
    Words,
    /// The form contains its characters, in its order.
    Scattered,
    /// The form contains its words or characters, in another order.
    Shuffled,
    /// They sound the same.
    Sound,
    /// One character is wrong, missing or too many.
    Slip,
    /// It contains the form, and says more.
    Contains,
    /// A sentence that speaks of it, in the words of several phrases.
    Speaks,
}

/// How a text matches a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// How it lies in it.
    pub shape: Shape,
    /// How the form belongs to its thing.
    pub grade: Grade,
    /// Share of the form that is covered, or of the text where it says more; 0 to 1.
    pub coverage: f32,
    /// Share of the letters of the readings that were given, 0 to 1.
    pub fullness: f32,
    /// Syllables that were left incomplete in the middle of the text.
    pub begun: u32,
}

/// How forgiving the matching is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything the text says is in the form.
    Strict,
    /// A slip is forgiven.
    Slips,
    /// The text may say more than the form.
    Loose,
}

/// Buffers that are kept between forms.
#[derive(Debug, Default)]
pub struct Matcher {
    table: Table,
    chars: Vec<char>,
}

impl Matcher {
    /// How `sense` matches a form; `None` where it does not.
    pub fn of(
        &mut self,
        sense: &Sense,
        mode: Mode,
        (grade, form): (Grade, &str),
        readings: &Readings,
    ) -> Option<Match> {
        let new = |(shape, coverage): (Shape, f32)| Match {
            shape,
            grade,
            coverage,
            fullness: 1.0,
            begun: 0,
        };
        if sense.script == Script::Latin
            && let Some(found) = latin_words(sense, form)
        {
            return Some(new(found));
        }
        self.chars.clear();
        self.chars.extend(form.chars().filter(|c| *c != ' '));
        let chars = &self.chars;
        let digits = numbered(chars);
        let literal = match mode {
            Mode::Strict => strict(sense, &digits),
            Mode::Slips => slip(&sense.numbered, &digits),
            Mode::Loose => loose(sense, &digits),
        };
        if literal.is_some() || sense.script == Script::Literal || mode != Mode::Strict {
            return literal.map(new);
        }
        if !chars.iter().any(|&c| is_han(c)) {
            return None;
        }
        let mut choices = Vec::new();
        readings.of(chars, &mut choices);
        let (shape, coverage, fullness, begun) = self.read(sense, &choices)?;
        Some(Match { shape, grade, coverage, fullness, begun })
    }

    /// Matches letters, or letters and ideographs, by the readings of the form.
    fn read(&mut self, sense: &Sense, choices: &[Choices<'_>]) -> Option<(Shape, f32, f32, u32)> {
        let m = self.chars.len();
        let whole = self.table.align(&sense.chars, &sense.starts, &self.chars, choices);
        if let Some(a) = whole {
            let coverage = a.matched.count_ones() as f32 / m as f32;
            let shape = match (a.gaps, a.matched & 1, a.matched >> (m - 1).min(63) & 1) {
                (0, 1, 1) => Shape::Whole,
                (0, 1, _) => Shape::Prefix,
                (0, ..) => Shape::Inside,
                _ if a.at_spaces => Shape::Words,
                _ => Shape::Scattered,
            };
            return Some((shape, coverage, a.fullness, a.begun));
        }
        let parts = sense.parts();
        if parts.len() < 2 {
            return None;
        }
        let (mut matched, mut fullness, mut begun) = (0, 0.0, 0);
        for part in &parts {
            let text = &sense.chars[part.clone()];
            let starts = vec![false; text.len()];
            let a =
                self.table.align(text, &starts, &self.chars, choices).filter(|a| a.gaps == 0)?;
            matched |= a.matched;
            fullness += a.fullness / parts.len() as f32;
            begun += a.begun;
        }
        Some((Shape::Shuffled, matched.count_ones() as f32 / m as f32, fullness, begun))
    }

    /// Whether a form sounds exactly like, or begins like, `sense`, whose parts are the
    /// syllables of another text.
    pub fn sounds(
        &mut self,
        sense: &Sense,
        (grade, form): (Grade, &str),
        readings: &Readings,
    ) -> Option<Match> {
        self.chars.clear();
        self.chars.extend(form.chars());
        let mut choices = Vec::new();
        readings.of(&self.chars, &mut choices);
        let a = self.table.align(&sense.chars, &sense.starts, &self.chars, &choices)?;
        let same = a.gaps == 0 && a.fullness >= 1.0;
        let coverage = a.matched.count_ones() as f32 / self.chars.len() as f32;
        same.then_some(Match { shape: Shape::Sound, grade, coverage, fullness: 1.0, begun: 0 })
    }
}

fn strict(sense: &Sense, form: &[char]) -> Option<(Shape, f32)> {
    let text = sense.numbered.as_slice();
    let coverage = text.len() as f32 / form.len().max(1) as f32;
    if text == form {
        return Some((Shape::Whole, 1.0));
    }
    if text.len() > form.len() || text.is_empty() {
        return None;
    }
    if form.starts_with(text) {
        return Some((Shape::Prefix, coverage));
    }
    if find(form, text, 0).is_some() {
        return Some((Shape::Inside, coverage));
    }
    if sense.script != Script::Literal {
        return None;
    }
    let mut at = Some(0);
    let mut all = true;
    for word in &sense.words {
        at = at.and_then(|from| find(form, word, from)).map(|found| found + word.len());
        all = all && (at.is_some() || find(form, word, 0).is_some());
    }
    // Single characters in order are an abbreviation, not words.
    if at.is_some() && sense.words.len() > 1 && sense.words.iter().any(|w| w.len() > 1) {
        return Some((Shape::Words, coverage));
    }
    if let Some((first, span)) = scattered(text, form) {
        // Characters far apart say less; a beginning kept is how names are shortened.
        let dense = text.len() as f32 / span as f32;
        let share = if first == 0 { 0.7 * dense + 0.3 * coverage } else { coverage * dense };
        return Some((Shape::Scattered, share));
    }
    (all || holds_all(text, form)).then_some((Shape::Shuffled, coverage))
}

/// Where `part` lies in `form` from `from` on.
pub fn find(form: &[char], part: &[char], from: usize) -> Option<usize> {
    let rest = form.get(from..)?;
    if part.is_empty() || part.len() > rest.len() {
        return None;
    }
    rest.windows(part.len()).position(|w| w == part).map(|at| at + from)
}

/// Where the stretch of `form` begins that holds `text` in order, and its length.
fn scattered(text: &[char], form: &[char]) -> Option<(usize, usize)> {
    let first = form.iter().position(|c| Some(c) == text.first())?;
    let mut at = first;
    for c in &text[1..] {
        at = form[at + 1..].iter().position(|f| f == c)? + at + 1;
    }
    Some((first, at + 1 - first))
}

fn holds_all(text: &[char], form: &[char]) -> bool {
    let count = |list: &[char], c: char| list.iter().filter(|x| **x == c).count();
    text.iter().all(|&c| count(form, c) >= count(text, c))
}

/// Matches Latin words with the beginnings of a form's words.
fn latin_words(sense: &Sense, form: &str) -> Option<(Shape, f32)> {
    if !form.is_ascii() {
        return None;
    }
    let words: Vec<&str> = form.split(' ').collect();
    let mut used = vec![false; words.len()];
    let mut in_order = true;
    let mut last = None;
    let parts = sense.parts();
    for part in &parts {
        let text: String = sense.chars[part.clone()].iter().collect();
        let at = (0..words.len()).find(|&w| !used[w] && words[w].starts_with(&text))?;
        used[at] = true;
        in_order &= last.is_none_or(|l| l + 1 == at);
        last = Some(at);
    }
    let letters = words.iter().map(|w| w.len()).sum::<usize>().max(1);
    let coverage = (sense.chars.len() as f32 / letters as f32).min(1.0);
    let shape = match (in_order, used[0]) {
        (true, true) if coverage >= 1.0 => Shape::Whole,
        (true, true) => Shape::Prefix,
        (true, false) => Shape::Inside,
        _ => Shape::Shuffled,
    };
    Some((shape, coverage))
}

/// One wrong, missing or additional character, in a beginning or the whole of a form.
fn slip(text: &[char], form: &[char]) -> Option<(Shape, f32)> {
    let n = text.len();
    if n < 4 || form.len() + 1 < n {
        return None;
    }
    // One slip among few characters leaves little to be sure of.
    let right = (n - 1) as f32 / n as f32;
    let coverage = right * (n as f32 / form.len() as f32).min(1.0);
    let last_start = form.len().saturating_sub(n - 1);
    let near = (0..=last_start).any(|from| {
        let rest = &form[from..];
        let same = text.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if same == n {
            return true;
        }
        let (t, f) = (&text[same..], &rest[same..]);
        // Replaced, missing in the text, too many in the text.
        begins(f.get(1..), &t[1..]) || begins(f.get(1..), t) || begins(Some(f), &t[1..])
    });
    near.then_some((Shape::Slip, coverage))
}

fn begins(form: Option<&[char]>, text: &[char]) -> bool {
    form.is_some_and(|f| f.starts_with(text))
}

/// The form inside the text.
fn loose(sense: &Sense, form: &[char]) -> Option<(Shape, f32)> {
    let text = &sense.numbered;
    (form.len() >= 2 && find(text, form, 0).is_some())
        .then(|| (Shape::Contains, form.len() as f32 / text.len() as f32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;
    use crate::search::understand::understand;

    fn shape(text: &str, mode: Mode, form: &str) -> Option<Shape> {
        let snapshot = fixture::snapshot();
        let parsed = understand(&snapshot.text, text);
        let sense = parsed.senses.first()?;
        let found = Matcher::default().of(sense, mode, (Grade::Name, form), &Readings::default());
        found.map(|m| m.shape)
    }

    #[test]
    fn shapes_are_told_apart() {
        let strict = |text: &str, form: &str| shape(text, Mode::Strict, form);
        assert_eq!(strict("首都图书馆", "首都图书馆"), Some(Shape::Whole));
        assert_eq!(strict("首都图", "首都图书馆"), Some(Shape::Prefix));
        assert_eq!(strict("图书馆", "首都图书馆"), Some(Shape::Inside));
        assert_eq!(strict("首都 馆", "首都图书馆"), Some(Shape::Words));
        assert_eq!(strict("首图馆", "首都图书馆"), Some(Shape::Scattered));
        assert_eq!(strict("图书馆首都", "首都图书馆"), Some(Shape::Shuffled));
        assert_eq!(strict("五号线", "5号线"), Some(Shape::Whole));
        assert_eq!(strict("首都博物馆", "首都图书馆"), None);
    }

    #[test]
    fn latin_text_matches_readings_and_latin_words() {
        let strict = |text: &str, form: &str| shape(text, Mode::Strict, form);
        assert_eq!(strict("dsqzf", "东山区政府"), Some(Shape::Whole));
        assert_eq!(strict("dongshan q", "东山区政府"), Some(Shape::Prefix));
        assert_eq!(strict("zhengfu dongshan", "东山区政府"), Some(Shape::Shuffled));
        assert_eq!(strict("nanlitun", "nanlitun soho"), Some(Shape::Prefix));
        assert_eq!(strict("soho nanl", "nanlitun soho"), Some(Shape::Shuffled));
        assert_eq!(strict("nanlitunsoho", "nanlitun soho"), Some(Shape::Whole));
    }

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        let slips = |text: &str| shape(text, Mode::Slips, "东山区人民政府");
        for text in ["东汕区人民政府", "东山人民政府", "东山区区人民政府", "东汕区人民"]
        {
            assert_eq!(slips(text), Some(Shape::Slip), "{text}");
        }
        assert_eq!(slips("东汕区人民正府"), None);
    }

    #[test]
    fn a_text_may_say_more_than_the_form() {
        let loose = |text: &str, form: &str| shape(text, Mode::Loose, form);
        assert_eq!(loose("首都图书馆对面", "首都图书馆"), Some(Shape::Contains));
        assert_eq!(loose("火车站", "图书馆"), None);
    }
}
