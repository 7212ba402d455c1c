//! Which tags make which kind of service point.

use std::collections::HashMap;

use serde::Deserialize;

use crate::city::Localized;

/// The mapping that comes with the program.
const SHIPPED: &str = include_str!("../../../data/osm/categories.toml");

/// A kind of service point and the tags that make one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Code of the category.
    pub code: String,
    /// Code of the group above it, where it has one.
    pub parent: Option<String>,
    /// What people call it.
    pub name: Localized,
    /// An icon of the sprite.
    pub icon: String,
    /// Colour of its symbol, `#rrggbb`.
    pub color: String,
    /// What a search prefers among equals, 0 to 1.
    #[serde(default)]
    pub importance: f32,
    /// Other words for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Each is `key=value`, `key=*`, or several of them joined by ` + `; any one is enough.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether one without a name is a point nevertheless, called as its kind is.
    #[serde(default)]
    pub unnamed: bool,
}

/// The kinds, and how they are found.
#[derive(Debug)]
pub struct Mapping {
    kinds: Vec<Kind>,
    /// Rules by the key of their first tag, in the order of the file.
    rules: HashMap<String, Vec<Rule>>,
}

/// Tags that must all be there.
#[derive(Debug)]
struct Rule {
    kind: usize,
    /// Key and value; `None` for any value.
    tags: Vec<(String, Option<String>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    category: Vec<Kind>,
}

impl Mapping {
    /// The one that comes with the program.
    ///
    /// # Errors
    /// Never, as long as the tests pass.
    pub fn shipped() -> Result<Self, String> {
        Self::parse(SHIPPED)
    }

    /// Reads a mapping.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let File { category: kinds } = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut rules: HashMap<String, Vec<Rule>> = HashMap::new();
        for (at, kind) in kinds.iter().enumerate() {
            if kinds[..at].iter().any(|other| other.code == kind.code) {
                return Err(format!("the code {} is used twice", kind.code));
            }
            for text in &kind.tags {
                let tags = text.split(" + ").map(|tag| {
                    let (key, value) = tag.split_once('=')?;
                    let value = (value != "*").then(|| value.to_owned());
                    (!key.is_empty()).then(|| (key.to_owned(), value))
                });
                let tags: Option<Vec<_>> = tags.collect();
                let wrong = || format!("{}: \"{text}\" is not key=value or key=*", kind.code);
                let tags = tags.ok_or_else(wrong)?;
                let first = tags.first().ok_or_else(wrong)?.0.clone();
                rules.entry(first).or_default().push(Rule { kind: at, tags });
            }
        }
        Ok(Self { kinds, rules })
    }

    /// All kinds, the groups too, in the order of the file.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The first kind of the file that the tags make.
    pub fn kind<'a>(&self, tags: &[(&'a str, &'a str)]) -> Option<&Kind> {
        let has = |(key, value): &(String, Option<String>)| {
            tags.iter().any(|(k, v)| k == key && value.as_ref().is_none_or(|value| v == value))
        };
        let found = tags
            .iter()
            .filter_map(|(key, _)| self.rules.get(*key))
            .flatten()
            .filter(|rule| rule.tags.iter().all(has))
            .map(|rule| rule.kind)
            .min()?;
        self.kinds.get(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_mapping_is_sound() {
        let mapping = Mapping::shipped().unwrap();
        let codes: Vec<&str> = mapping.kinds().iter().map(|k| k.code.as_str()).collect();
        for kind in mapping.kinds() {
            let parent = kind.parent.as_deref();
            assert!(parent.is_none_or(|p| codes.contains(&p)), "{} has no group", kind.code);
            assert!(!kind.name.zh.is_empty() && !kind.name.en.is_empty(), "{}", kind.code);
        }
    }

    #[test]
    fn the_first_kind_whose_tags_are_all_there_is_it() {
        let text = r##"
            [[category]]
            code = "temple"
            name = { zh = "寺" }
            icon = "x"
            color = "#000000"
            tags = ["amenity=place_of_worship + religion=buddhist"]
            [[category]]
            code = "worship"
            name = { zh = "宗教" }
            icon = "x"
            color = "#000000"
            tags = ["amenity=place_of_worship", "office=*"]
        "##;
        let mapping = Mapping::parse(text).unwrap();
        let code = |tags: &[(&str, &str)]| mapping.kind(tags).map(|k| k.code.clone());
        let worship = ("amenity", "place_of_worship");
        assert_eq!(code(&[("religion", "buddhist"), worship]).as_deref(), Some("temple"));
        assert_eq!(code(&[worship]).as_deref(), Some("worship"));
        assert_eq!(code(&[("office", "tax")]).as_deref(), Some("worship"));
        assert_eq!(code(&[("religion", "buddhist")]), None);
        let broken = text.replace("office=*", "office");
        assert!(Mapping::parse(&broken).unwrap_err().contains("\"office\" is not key=value"));
    }
}
