//! Kinds of service points.

use serde::Deserialize;

use super::{Localized, Node};

/// A kind of service point, such as a library.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Stable code: a–z, 0–9, `_`.
    pub code: String,
    /// Code of the group it belongs to.
    pub parent: Option<String>,
    /// What people call it.
    pub name: Localized,
    /// Name of an icon of the sprite.
    pub icon: String,
    /// Colour of its symbol, `#rrggbb`.
    pub color: String,
    /// 0 to 1: what a search prefers among equals.
    #[serde(default)]
    pub importance: f32,
    /// Other words for it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Codes of the matters that such an office usually handles.
    #[serde(default)]
    pub typical_matters: Vec<String>,
}

impl Node for Category {
    fn code(&self) -> &str {
        &self.code
    }
    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}
