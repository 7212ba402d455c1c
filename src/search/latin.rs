//! Latin letters taken as syllables of pinyin, whole or begun.
//!
//! | letters | splits |
//! | --- | --- |
//! | `dongshanqu` | dong·shan·qu |
//! | `dsqzf` | d·s·q·z·f |
//! | `dongszf` | dong·s·z·f |
//! | `changan` | chang·an, chan·gan |
//! | `caj` | ca·j, c·a·j |

use crate::index::text::reading::{begins_syllable, is_syllable};

/// Letters that are split; what follows is left to the matching.
const MAX_LETTERS: usize = 32;
/// Splits that are tried besides the one into single letters.
const MAX_SPLITS: usize = 4;
/// What a begun syllable of several letters costs beside a whole one or one letter.
const BEGUN: u16 = 1;
const PART: u16 = 2;

/// The ways to split letters, best first: few parts, whole syllables; the split into
/// single letters is always among them where it is possible. A few microseconds.
pub fn splits(letters: &str) -> Vec<Vec<&str>> {
    let n = letters.len().min(MAX_LETTERS);
    let Some(letters) = letters.get(..n).filter(|l| l.is_ascii()) else { return Vec::new() };
    // From each place to the end: cost and lengths of parts.
    let mut from: Vec<Vec<(u16, Vec<usize>)>> = vec![Vec::new(); n + 1];
    from[n].push((0, Vec::new()));
    for i in (0..n).rev() {
        let mut found: Vec<(u16, Vec<usize>)> = Vec::new();
        for len in 1..=6.min(n - i) {
            let part = &letters[i..i + len];
            if !is_part(part) {
                continue;
            }
            let begun = len > 1 && i + len < n && !is_syllable(part);
            let cost = PART + u16::from(begun) * BEGUN;
            for (rest, lengths) in &from[i + len] {
                let lengths = [&[len], lengths.as_slice()].concat();
                found.push((cost + rest, lengths));
            }
        }
        found.sort();
        found.truncate(MAX_SPLITS);
        from[i] = found;
    }
    let best = from[0].first().map_or(0, |(cost, _)| *cost);
    let mut all: Vec<Vec<usize>> = std::mem::take(&mut from[0])
        .into_iter()
        .filter(|(cost, _)| *cost <= best + PART)
        .map(|(_, lengths)| lengths)
        .collect();
    let single = vec![1; n];
    if n > 0 && (0..n).all(|i| is_part(&letters[i..=i])) && !all.contains(&single) {
        all.push(single);
    }
    let cut = |lengths: Vec<usize>| {
        let mut at = 0;
        lengths
            .into_iter()
            .map(|len| {
                at += len;
                &letters[at - len..at]
            })
            .collect()
    };
    all.into_iter().map(cut).collect()
}

/// Letters that are not the beginning of a syllable still occur in names (`IKEA`).
fn is_part(part: &str) -> bool {
    part.len() == 1 || begins_syllable(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(letters: &str) -> Vec<String> {
        splits(letters).into_iter().map(|s| s.join("·")).collect()
    }

    #[test]
    fn the_table_above_is_true() {
        assert_eq!(of("dongshanqu")[0], "dong·shan·qu");
        assert_eq!(of("dsqzf")[0], "d·s·q·z·f");
        assert_eq!(of("dongszf")[0], "dong·s·z·f");
        let both = of("changan");
        assert!(both.contains(&"chang·an".into()) && both.contains(&"chan·gan".into()));
        assert!(of("caj").contains(&"c·a·j".into()));
    }

    #[test]
    fn any_letters_have_a_split_and_their_number_is_bounded() {
        assert!(of("").iter().all(String::is_empty));
        for text in ["iuv", &"a".repeat(500), &"zhuang".repeat(80), "12345"] {
            let all = of(text);
            assert!(!all.is_empty() && all.len() <= MAX_SPLITS + 1, "{text}");
        }
    }
}
