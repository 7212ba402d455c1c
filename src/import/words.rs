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

/// The parts of a list in one cell.
pub fn list(text: &str) -> Vec<String> {
    let parts = text.split([';', '；', '、', ',', '，', '|', '\n']).map(str::trim);
    parts.filter(|p| !p.is_empty()).map(str::to_owned).collect()
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
    }
}
