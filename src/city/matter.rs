//! Service matters: what a person comes to an office for.

use serde::Deserialize;

use super::{Localized, Node};

/// A service matter, such as renewing an identity card.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    /// Stable code: a–z, 0–9, `_`.
    pub code: String,
    /// Code of the group it belongs to.
    pub parent: Option<String>,
    /// Its official name.
    pub name: Localized,
    /// What people say instead.
    #[serde(default)]
    pub phrases: Vec<String>,
}

impl Node for Matter {
    fn code(&self) -> &str {
        &self.code
    }
    fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}
