//! Which characters of the shown name a text matched.

use super::align::Table;
use super::matching::find;
use super::understand::{Script, Sense};
use crate::index::text::Readings;
use crate::index::text::normal::{fold, in_digits};

/// Characters of a name that are looked at.
const MAX_NAME: usize = 64;

/// The ranges of characters of `name`, from and to (not included), that `sense` matched;
/// none where it matched another name of the thing. A few microseconds.
pub(super) fn highlight(sense: &Sense, name: &str, readings: &Readings) -> Vec<(usize, usize)> {
    let folded = fold(name, MAX_NAME);
    let mut marked = vec![false; name.chars().count()];
    let mut mark = |at: Option<&u32>| {
        if let Some(m) = at.and_then(|at| marked.get_mut(*at as usize)) {
            *m = true;
        }
    };
    if sense.script == Script::Literal {
        let (digits, from) = in_digits(&folded.chars)
            .unwrap_or_else(|| (folded.chars.clone(), (0..folded.chars.len() as u32).collect()));
        for at in literal(sense, &digits) {
            mark(from.get(at).and_then(|f| folded.from.get(*f as usize)));
        }
    } else {
        for at in latin_words(sense, &folded.chars, &folded.breaks)
            .unwrap_or_else(|| by_reading(sense, &folded.chars, readings))
        {
            mark(folded.from.get(at));
        }
    }
    ranges(&marked)
}

/// The whole text in one place, or its words, or what is left of it in order.
fn literal(sense: &Sense, name: &[char]) -> Vec<usize> {
    let text = sense.numbered.as_slice();
    if let Some(at) = find(name, text, 0) {
        return (at..at + text.len()).collect();
    }
    let mut found = Vec::new();
    for word in sense.words.iter().filter(|w| w.len() > 1) {
        if let Some(at) = find(name, word, 0) {
            found.extend(at..at + word.len());
        }
    }
    if found.len() + 1 >= text.len() {
        return found;
    }
    let common = common(text, name);
    if common.len() > found.len() { common } else { found }
}

/// Places in `name` of the longest common subsequence.
fn common(text: &[char], name: &[char]) -> Vec<usize> {
    let row = name.len() + 1;
    let mut best = vec![0u16; (text.len() + 1) * row];
    for i in (0..text.len()).rev() {
        for j in (0..name.len()).rev() {
            best[i * row + j] = if text[i] == name[j] {
                best[(i + 1) * row + j + 1] + 1
            } else {
                best[(i + 1) * row + j].max(best[i * row + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < text.len() && j < name.len() {
        if text[i] == name[j] {
            out.push(j);
            (i, j) = (i + 1, j + 1);
        } else if best[(i + 1) * row + j] >= best[i * row + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

fn latin_words(sense: &Sense, name: &[char], breaks: &[usize]) -> Option<Vec<usize>> {
    let starts: Vec<usize> = [0].into_iter().chain(breaks.iter().copied()).collect();
    let mut out = Vec::new();
    for part in sense.parts() {
        let text = &sense.chars[part];
        let at = starts.iter().copied().find(|&s| {
            name.get(s..).is_some_and(|rest| rest.starts_with(text)) && !out.contains(&s)
        })?;
        out.extend(at..at + text.len());
    }
    Some(out)
}

fn by_reading(sense: &Sense, name: &[char], readings: &Readings) -> Vec<usize> {
    let mut choices = Vec::new();
    readings.of(name, &mut choices);
    let mut table = Table::default();
    let places = |matched: u64| (0..64).filter(move |j| matched >> j & 1 == 1);
    if let Some(a) = table.align(&sense.chars, &sense.starts, name, &choices) {
        return places(a.matched).collect();
    }
    let mut out = Vec::new();
    for part in sense.parts() {
        let text = &sense.chars[part];
        if let Some(a) = table.align(text, &vec![false; text.len()], name, &choices) {
            out.extend(places(a.matched));
        }
    }
    out
}

fn ranges(marked: &[bool]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (i, _) in marked.iter().enumerate().filter(|(_, m)| **m) {
        match out.last_mut() {
            Some((_, to)) if *to == i => *to = i + 1,
            _ => out.push((i, i + 1)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::fixture;
    use crate::search::understand::understand;

    fn marked(text: &str, name: &str) -> String {
        let snapshot = fixture::snapshot();
        let parsed = understand(&snapshot.text, text);
        let chars: Vec<char> = name.chars().collect();
        let ranges = highlight(&parsed.senses[0], name, snapshot.text.readings());
        let parts: Vec<String> = ranges.iter().map(|r| chars[r.0..r.1].iter().collect()).collect();
        parts.join("|")
    }

    #[test]
    fn the_matched_characters_are_marked() {
        assert_eq!(marked("图书", "首都图书馆（东馆）"), "图书");
        assert_eq!(marked("甲区政府", "样例市甲区人民政府"), "甲区|政府");
        assert_eq!(marked("jqzf", "甲区政府"), "甲区政府");
        assert_eq!(marked("jq zf", "样例市甲区人民政府"), "甲区|政府");
        assert_eq!(marked("甲区zf", "样例市甲区人民政府"), "甲区|政府");
        assert_eq!(marked("圖書館", "圖書館（新）"), "圖書館");
        assert_eq!(marked("五号线", "地铁5号线"), "5号线");
        assert_eq!(marked("tower", "SOHO Tower B"), "Tower");
        assert_eq!(marked("火车站", "图书馆"), "");
    }
}
