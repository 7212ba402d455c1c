//! Makes two spellings of one text equal, and remembers where each character came from.
//!
//! | input | folded |
//! | --- | --- |
//! | `ＡＢＣ１２` | `abc12` (full-width forms, by NFKD a character at a time) |
//! | `Cháng'ān Jiē` | `changanjie`, one break (marks and punctuation fall) |
//! | `東山區` | `东山区` (traditional to simplified) |
//!
//! Folding costs about a microsecond a name; only names that hold a traditional
//! character pay for the dictionary of phrases (some microseconds).

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use fixedbitset::FixedBitSet;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// The unified ideographs that names are made of.
const HAN: std::ops::RangeInclusive<u32> = 0x3400..=0x9fff;

/// Traditional to simplified, and the characters for which it is worth asking.
struct Simplifier {
    opencc: OpenCC,
    /// Bit `c - HAN.start` is set where the character alone is changed.
    changed: FixedBitSet,
}

/// `None` where the dictionaries compiled into the crate cannot be read: search then
/// goes on without this one convenience.
static SIMPLIFIER: LazyLock<Option<Simplifier>> = LazyLock::new(|| {
    let opencc = OpenCC::from_config(BuiltinConfig::T2s)
        .inspect_err(|e| tracing::error!(error = %e, "no conversion from traditional characters"))
        .ok()?;
    let mut changed = FixedBitSet::with_capacity((HAN.end() - HAN.start() + 1) as usize);
    for code in HAN {
        if let Some(c) = char::from_u32(code) {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            changed.set((code - HAN.start()) as usize, opencc.convert(text) != text);
        }
    }
    Some(Simplifier { opencc, changed })
});

/// A folded text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// Letters, digits and ideographs, in order.
    pub chars: Vec<char>,
    /// For each of them the number of the character of the text that it came from.
    pub from: Vec<u32>,
    /// Places in `chars` before which the text had a space or punctuation.
    pub breaks: Vec<usize>,
}

impl Folded {
    /// The folded text without breaks.
    pub fn text(&self) -> String {
        self.chars.iter().collect()
    }

    /// The pieces between the breaks.
    pub fn parts(&self) -> impl Iterator<Item = &[char]> {
        let ends = self.breaks.iter().copied().chain([self.chars.len()]);
        let starts = [0].into_iter().chain(self.breaks.iter().copied());
        starts.zip(ends).map(|(from, to)| &self.chars[from..to]).filter(|part| !part.is_empty())
    }

    fn push(&mut self, c: char, from: u32, gap: &mut bool) {
        if std::mem::take(gap) && !self.chars.is_empty() {
            self.breaks.push(self.chars.len());
        }
        self.chars.push(c);
        self.from.push(from);
    }
}

/// Whether `c` is an ideograph.
pub fn is_han(c: char) -> bool {
    HAN.contains(&u32::from(c)) || (0x2_0000..0x3_2000).contains(&u32::from(c))
}

/// Folds a text; at most its first `limit` characters are looked at.
pub fn fold(text: &str, limit: usize) -> Folded {
    let mut out = Folded::default();
    let mut gap = false;
    for (i, c) in text.chars().take(limit).enumerate() {
        let from = i as u32;
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase(), from, &mut gap);
            } else if c != '\'' {
                gap = true;
            }
        } else if is_han(c) {
            out.push(c, from, &mut gap);
        } else {
            decompose_compatible(c, |d| {
                if d.is_alphanumeric() && !is_combining_mark(d) {
                    d.to_lowercase().for_each(|l| out.push(l, from, &mut gap));
                } else if !is_combining_mark(d) && d != '’' {
                    gap = true;
                }
            });
        }
    }
    simplify(&mut out.chars);
    out
}

/// Replaces traditional characters, keeping the number of characters.
fn simplify(chars: &mut [char]) {
    let Some(s) = SIMPLIFIER.as_ref() else { return };
    let traditional = |c: &char| {
        let code = u32::from(*c);
        HAN.contains(&code) && s.changed.contains((code - HAN.start()) as usize)
    };
    if !chars.iter().any(traditional) {
        return;
    }
    let text: String = chars.iter().collect();
    let simple: Vec<char> = s.opencc.convert(&text).chars().collect();
    if simple.len() == chars.len() {
        chars.copy_from_slice(&simple);
        return;
    }
    // A phrase that changes length would break the map back to the shown name.
    for c in chars {
        let mut buffer = [0; 4];
        let one = s.opencc.convert(c.encode_utf8(&mut buffer));
        if let Some(first) = one.chars().next() {
            *c = first;
        }
    }
}

/// Loads the tables, so that the first question does not wait for them.
pub fn warm() {
    LazyLock::force(&SIMPLIFIER);
}

fn numeral(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|n| n == c).map(|n| n as u32).or_else(|| match c {
        '零' => Some(0),
        '0'..='9' => c.to_digit(10),
        _ => None,
    })
}

/// Writes Chinese numerals in digits: `五号线` is `5号线`, `二十三路` is `23路`,
/// `一二〇` is `120`. A hundred counts only inside a number (`百货` stays). Gives the
/// characters and, for each, its place in `chars`; `None` where nothing changes.
pub fn in_digits(chars: &[char]) -> Option<(Vec<char>, Vec<u32>)> {
    let is_part = |c: char| matches!(c, '十' | '百') || numeral(c).is_some();
    if !chars.iter().any(|&c| c == '十' || (numeral(c).is_some() && !c.is_ascii())) {
        return None;
    }
    let (mut out, mut from) = (Vec::new(), Vec::new());
    let mut i = 0;
    while i < chars.len() {
        let run = chars[i..].iter().take_while(|&&c| is_part(c)).count();
        let run_chars = &chars[i..i + run];
        match value(run_chars) {
            Some(n) if run > 0 => {
                let digits = n.to_string();
                let last = run - 1;
                for (k, d) in digits.chars().enumerate() {
                    out.push(d);
                    from.push((i + k.min(last)) as u32);
                }
            }
            _ => {
                for (k, &c) in run_chars.iter().enumerate() {
                    out.push(numeral(c).and_then(|n| char::from_digit(n, 10)).unwrap_or(c));
                    from.push((i + k) as u32);
                }
            }
        }
        i += run;
        if let Some(&c) = chars.get(i) {
            out.push(c);
            from.push(i as u32);
            i += 1;
        }
    }
    Some((out, from))
}

/// The value of a number that is written with tens or hundreds.
fn value(run: &[char]) -> Option<u32> {
    if run.len() > 5 || !run.iter().any(|c| matches!(c, '十' | '百')) || run.first() == Some(&'百')
    {
        return None;
    }
    let (mut total, mut digit) = (0, None);
    for &c in run {
        match c {
            '十' => total += digit.take().unwrap_or(1) * 10,
            '百' => total += digit.take()? * 100,
            _ if digit.unwrap_or(0) == 0 => digit = numeral(c),
            _ => return None,
        }
    }
    Some(total + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> String {
        fold(s, 512).text()
    }

    #[test]
    fn spellings_of_one_text_fold_to_the_same() {
        assert_eq!(text("ＡＢＣ１２"), "abc12");
        assert_eq!(text("Cháng'ān Jiē"), "changanjie");
        assert_eq!(text("東山區 人民政府"), "东山区人民政府");
        assert_eq!(text("（首都）图书馆·东馆"), "首都图书馆东馆");
        assert_eq!(text("🙂 \u{202e}\u{0} \"'"), "");
    }

    #[test]
    fn parts_are_what_spaces_separate() {
        let folded = fold(" jiaq  zf ", 512);
        let parts: Vec<String> = folded.parts().map(|p| p.iter().collect()).collect();
        assert_eq!(parts, ["jiaq", "zf"]);
        assert_eq!(folded.from, [1, 2, 3, 4, 7, 8]);
    }

    #[test]
    fn numerals_of_both_scripts_are_equal() {
        let digits = |s: &str| {
            let chars: Vec<char> = s.chars().collect();
            in_digits(&chars).map_or_else(|| s.to_owned(), |(c, _)| c.into_iter().collect())
        };
        assert_eq!(digits("五号线"), "5号线");
        assert_eq!(digits("十号线"), "10号线");
        assert_eq!(digits("二十三路"), "23路");
        assert_eq!(digits("一百零八号"), "108号");
        assert_eq!(digits("一二〇"), "120");
        assert_eq!(digits("百货大楼"), "百货大楼");
        assert_eq!(digits("5号线"), "5号线");
    }
}
