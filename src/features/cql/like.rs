//! Patterns of LIKE.

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// `%`: any text.
    Any,
    /// `_`: any one character.
    One,
    /// This character.
    Is(char),
}

/// A pattern: `%` stands for any text, `_` for one character, `\` takes away their
/// meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '%' => Piece::Any,
                '_' => Piece::One,
                '\\' => Piece::Is(chars.next().unwrap_or('\\')),
                c => Piece::Is(c),
            });
        }
        Self(pieces)
    }

    /// Whether a text is of this pattern, all of it. At most the product of both lengths:
    /// only the last `%` is ever tried again.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (mut rest, mut at) = (text.chars(), 0);
        let mut again: Option<(std::str::Chars<'_>, usize)> = None;
        loop {
            let before = rest.clone();
            match (self.0.get(at), rest.next()) {
                (Some(Piece::Any), _) => {
                    at += 1;
                    again = Some((before.clone(), at));
                    rest = before;
                }
                (Some(Piece::One), Some(_)) => at += 1,
                (Some(Piece::Is(wanted)), Some(c)) if *wanted == c => at += 1,
                (None, None) => return true,
                // What is left of the text can only be less for a later try.
                (Some(_), None) => return false,
                _ => {
                    let Some((mut from, after)) = again else { return false };
                    from.next();
                    (rest, at) = (from.clone(), after);
                    again = Some((from, after));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_the_whole_text() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("%", "", true),
            ("a%", "abc", true),
            ("a", "abc", false),
            ("%bc", "abcbc", true),
            ("%b_", "abcbc", true),
            ("%图书馆%", "首都图书馆分馆", true),
            ("_", "馆", true),
            ("__", "馆", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("%a%b%c%", "xxaxxbxxc", true),
            ("%a%b%c%", "xxbxxaxxc", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
    }

    /// Tried one by one, the ways to share the text among the signs have thirty digits.
    #[test]
    fn a_pattern_of_many_signs_ends() {
        let text = "a".repeat(2000);
        assert!(!Pattern::new(&"a%".repeat(500).replace("%a", "%a_")).fits(&"b".repeat(2000)));
        assert!(!Pattern::new(&format!("{}b", "%a".repeat(500))).fits(&text));
    }
}
