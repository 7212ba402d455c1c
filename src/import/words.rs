//! Texts that should be the same, made the same.

use unicode_normalization::UnicodeNormalization;

/// A text without what people write now one way and now another: width and case of
/// letters, spaces, punctuation.
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// The name of a column without what is added to it in brackets: `经度（必填）`.
pub fn header(text: &str) -> String {
    let plain = text.split(['(', '（', '[', '【']).next().map(fold).unwrap_or_default();
    if plain.is_empty() { fold(text) } else { plain }
}

/// A number of things, in words: `1 row`, `2 rows`.
pub fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// What separates the parts of a list in one cell.
const SEPARATORS: [char; 7] = [';', '；', '、', ',', '，', '|', '\n'];

/// The parts of a list in one cell: separated, or a list of JSON.
pub fn list(text: &str) -> Vec<String> {
    let json = text.trim_start().starts_with('[');
    let parts = json.then(|| serde_json::from_str::<Vec<String>>(text).ok()).flatten();
    let parts = parts.unwrap_or_else(|| text.split(SEPARATORS).map(str::to_owned).collect());
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// A list as one cell, of which [`list`] makes the same list: separated by `;`, and a list
/// of JSON where a part has a separator in it.
pub fn joined(parts: &[String]) -> String {
    if parts.iter().any(|part| part.contains(SEPARATORS) || part.starts_with('[')) {
        return serde_json::Value::from(parts.to_vec()).to_string();
    }
    parts.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_folded_together() {
        assert_eq!(fold("Ａ座 1号（东门）"), fold("a座1号(东门)"));
        assert_ne!(fold("第一小学"), fold("第二小学"));
        assert_eq!(header("经度（必填）"), "经度");
        assert_eq!(header("(备注)"), "备注");
        assert_eq!(list("甲；乙、 丙,"), ["甲", "乙", "丙"]);
        assert_eq!(list("[甲;乙"), ["[甲", "乙"]);
        for parts in [vec!["甲", "乙"], vec!["a, b", "c"], vec!["[a]"], vec![]] {
            let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
            assert_eq!(list(&joined(&parts)), parts);
        }
    }
}
