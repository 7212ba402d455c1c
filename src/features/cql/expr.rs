//! A filter as it is held against records.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::like::Pattern;
use crate::features::{Collection, Kind, Property, Value};
use crate::geo::{Bounds, LonLat};
use crate::index::Snapshot;

/// A filter over the records of a collection. The kinds of what it compares agree.
#[derive(Debug)]
pub struct Expr(pub(super) Node);

/// A part of a filter.
#[derive(Debug)]
pub(super) enum Node {
    Is(bool),
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparison, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Like(Operand, Pattern),
    IsNull(Operand),
    Meets(Target),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Something that has a value for each record.
#[derive(Debug)]
pub(super) enum Operand {
    Property(&'static Property),
    Constant(Value<'static>),
    /// Without regard to upper and lower case.
    Folded(Box<Self>),
}

/// What a geometry may share a point with.
#[derive(Debug)]
pub(super) enum Target {
    Point(LonLat),
    Boxes(Vec<Bounds>),
}

/// The record that a filter is held against.
#[derive(Clone, Copy)]
struct Record<'a> {
    collection: Collection,
    snapshot: &'a Snapshot,
    number: u32,
}

impl Expr {
    /// That a property has this value, said in a parameter of its own.
    pub fn equals(property: &'static Property, value: Value<'static>) -> Self {
        Self(Node::Compare(
            Operand::Property(property),
            Comparison::Equal,
            Operand::Constant(value),
        ))
    }

    /// Whether a record passes; one of which that is not known does not.
    pub fn takes(&self, collection: Collection, snapshot: &Snapshot, number: u32) -> bool {
        self.0.holds(Record { collection, snapshot, number }) == Some(true)
    }
}

impl Node {
    /// Whether it holds; `None` where a value is not known, as in SQL.
    fn holds(&self, record: Record<'_>) -> Option<bool> {
        match self {
            Self::Is(yes) => Some(*yes),
            Self::All(parts) => {
                let not = |part: &Self| part.holds(record).map(|yes| !yes);
                any(parts.iter().map(not)).map(|yes| !yes)
            }
            Self::Any(parts) => any(parts.iter().map(|part| part.holds(record))),
            Self::Not(part) => part.holds(record).map(|yes| !yes),
            Self::Compare(a, comparison, b) => {
                let order = order(&a.value(record), &b.value(record))?;
                Some(comparison.fits(order))
            }
            Self::Between(value, from, to) => {
                let value = value.value(record);
                let from = order(&value, &from.value(record))?;
                let to = order(&value, &to.value(record))?;
                Some(from.is_ge() && to.is_le())
            }
            Self::In(value, list) => {
                let value = value.value(record);
                any(list.iter().map(|item| order(&value, &item.value(record)).map(Ordering::is_eq)))
            }
            Self::Like(value, pattern) => match value.value(record) {
                Value::Text(text) => Some(pattern.fits(&text)),
                _ => None,
            },
            Self::IsNull(value) => Some(value.value(record) == Value::Null),
            Self::Meets(target) => {
                let shape = record.collection.shape(record.snapshot, record.number)?;
                Some(match target {
                    Target::Point(p) => shape.touches(*p),
                    Target::Boxes(boxes) => boxes.iter().any(|bounds| shape.meets(*bounds)),
                })
            }
        }
    }
}

/// Whether any holds: yes if one does, unknown if none does but one may.
fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(true) => return Some(true),
            Some(false) => {}
            None => known = false,
        }
    }
    known.then_some(false)
}

/// The order of two values of one kind; none where either is not known.
fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Flag(a), Value::Flag(b)) => Some(a.cmp(b)),
        (Value::Day(a), Value::Day(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

impl Comparison {
    /// Reads its sign.
    pub(super) fn parse(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" => Self::Equal,
            "<>" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn fits(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Operand {
    /// Of what kind its values are.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Property(property) => property.kind,
            Self::Constant(Value::Number(_)) => Kind::Number,
            Self::Constant(Value::Flag(_)) => Kind::Flag,
            Self::Constant(Value::Day(_)) => Kind::Day,
            Self::Constant(Value::Text(_) | Value::Null) | Self::Folded(_) => Kind::Text,
        }
    }

    fn value<'a>(&'a self, record: Record<'a>) -> Value<'a> {
        match self {
            Self::Property(property) => property.value(record.snapshot, record.number),
            Self::Constant(Value::Text(text)) => Value::Text(Cow::Borrowed(text)),
            Self::Constant(value) => value.clone(),
            Self::Folded(inner) => match inner.value(record) {
                Value::Text(text) => Value::Text(Cow::Owned(fold(&text))),
                value => value,
            },
        }
    }
}

/// A text without regard to upper and lower case.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase()
}
