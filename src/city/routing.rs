//! Who must act: the rules by which a matter at a place goes to a body.

use geo::MultiPolygon;
use jiff::civil::Date;

use super::hours::Hours;
use super::{Level, Localized};

/// The rules of a city, the first that fits decides.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// Bodies that rules name.
    pub bodies: Vec<Body>,
    /// The rules, in the order in which they are tried.
    pub rules: Vec<Rule>,
}

/// A body that acts and is no division: a department, a company.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Localized,
}

/// Who a rule makes responsible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responsible {
    /// The division of this level in which the place lies.
    Level(Level),
    /// A body, by its place in [`Routing::bodies`].
    Body(usize),
}

/// A special area, such as a park or a railway.
#[derive(Debug, Clone)]
pub struct SpecialArea {
    /// Its file in the pack.
    pub file: String,
    /// Its ground, WGS-84.
    pub area: MultiPolygon<f64>,
}

/// A rule. What it does not say fits everything.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, said as the basis of an answer.
    pub name: Localized,
    /// Codes of categories or matters; those below them fit too.
    pub categories: Vec<String>,
    /// Codes of divisions; what lies in them fits.
    pub divisions: Vec<String>,
    /// Only in this area.
    pub area: Option<SpecialArea>,
    /// First day on which it holds.
    pub from: Option<Date>,
    /// First day on which it no longer holds.
    pub to: Option<Date>,
    /// Only at these times.
    pub hours: Option<Hours>,
    /// Who must act.
    pub responsible: Responsible,
    /// Who is to be called in, by place in [`Routing::bodies`].
    pub joint: Vec<usize>,
}
