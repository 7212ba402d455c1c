//! The properties of features: what is shown, and what can be asked for.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::Collection;
use crate::city::hours::Hours;
use crate::city::{Level, Quality};
use crate::index::Snapshot;

/// Of what kind a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A day.
    Day,
}

impl Kind {
    /// What it is called in errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Day => "a day",
        }
    }
}

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Not known.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A day.
    Day(Date),
}

impl<'a> Value<'a> {
    /// A text; an empty one is not known.
    fn text(text: &'a str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(Cow::Borrowed(text)) }
    }

    fn maybe(text: Option<&'a str>) -> Self {
        Self::text(text.unwrap_or_default())
    }

    fn day(day: Option<Date>) -> Self {
        day.map_or(Self::Null, Self::Day)
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Day(day) => serializer.collect_str(day),
        }
    }
}

/// A property of the features of a collection.
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What it says, in Chinese.
    pub zh: &'static str,
    /// What it says, in English.
    pub en: &'static str,
    /// The value of a record, by its number.
    of: for<'a> fn(&'a Snapshot, usize) -> Value<'a>,
}

impl Property {
    /// The value of a record.
    pub fn value<'a>(&self, snapshot: &'a Snapshot, number: u32) -> Value<'a> {
        (self.of)(snapshot, number as usize)
    }
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Collection {
    /// What its features show, in order.
    pub const fn properties(self) -> &'static [Property] {
        match self {
            Self::Points => POINTS,
            Self::Divisions | Self::Level(_) => DIVISIONS,
            Self::Places => PLACES,
            Self::Roads => ROADS,
        }
    }

    /// The property with this name.
    pub fn property(self, name: &str) -> Option<&'static Property> {
        self.properties().iter().find(|property| property.name == name)
    }
}

const fn text(
    name: &'static str,
    (zh, en): (&'static str, &'static str),
    of: for<'a> fn(&'a Snapshot, usize) -> Value<'a>,
) -> Property {
    Property { name, kind: Kind::Text, zh, en, of }
}

const NAME: (&str, &str) = ("名称（中文）", "Name, in Chinese");
const NAME_EN: (&str, &str) = ("英文名称，如已知", "Name in English, where known");
const SOURCE: (&str, &str) = ("来源标识", "Id of the source");

/// The code of the division of a level that covers a point.
fn covering(snapshot: &Snapshot, point: usize, level: Level) -> Value<'_> {
    let division = snapshot.points.facts(point as u32).divisions[level as usize];
    Value::maybe(division.map(|d| snapshot.city.divisions[d as usize].code.as_str()))
}

static POINTS: &[Property] = &[
    text("id", ("标识", "Stable id"), |s, i| Value::text(&s.city.points[i].id)),
    text("name", NAME, |s, i| Value::text(&s.city.points[i].name.zh)),
    text("name_en", NAME_EN, |s, i| Value::text(&s.city.points[i].name.en)),
    text("category", ("类别代码", "Code of the category"), |s, i| {
        Value::text(&s.city.points[i].category)
    }),
    text("address", ("地址，如已知", "Postal address, where known"), |s, i| {
        Value::maybe(s.city.points[i].address.as_deref())
    }),
    text("phone", ("电话，如已知", "Telephone, where known"), |s, i| {
        Value::maybe(s.city.points[i].phone.as_deref())
    }),
    text(
        "opening_hours",
        ("开放时间（OSM 语法），如已知", "Opening hours in the OpenStreetMap syntax, where known"),
        |s, i| Value::maybe(s.city.points[i].hours.as_ref().map(Hours::raw)),
    ),
    text(
        "accessibility",
        ("无障碍设施，以逗号分隔", "Words such as wheelchair, separated by commas"),
        |s, i| match s.city.points[i].accessibility.as_slice() {
            [] => Value::Null,
            words => Value::Text(Cow::Owned(words.join(","))),
        },
    ),
    Property {
        name: "bookable",
        kind: Kind::Flag,
        zh: "是否可网上预约",
        en: "Whether a visit can be booked on line",
        of: |s, i| Value::Flag(s.points.facts(i as u32).bookable),
    },
    text("district", ("所在区县代码", "Code of the district"), |s, i| {
        covering(s, i, Level::District)
    }),
    text("township", ("所在乡镇街道代码", "Code of the township"), |s, i| {
        covering(s, i, Level::Township)
    }),
    text("community", ("所在社区代码", "Code of the community"), |s, i| {
        covering(s, i, Level::Community)
    }),
    text("source", SOURCE, |s, i| Value::text(&s.city.points[i].source)),
    Property {
        name: "observed_at",
        kind: Kind::Day,
        zh: "来源采集日期",
        en: "Day on which the source saw it",
        of: |s, i| Value::day(s.city.points[i].observed_at),
    },
];

static DIVISIONS: &[Property] = &[
    text("code", ("代码", "Official code"), |s, i| Value::text(&s.city.divisions[i].code)),
    text("name", NAME, |s, i| Value::text(&s.city.divisions[i].name.zh)),
    text("name_en", NAME_EN, |s, i| Value::text(&s.city.divisions[i].name.en)),
    text("level", ("级别", "Level: district, township or community"), |s, i| {
        Value::text(s.city.divisions[i].level.key())
    }),
    text("parent", ("上级代码", "Code of the division it is part of"), |s, i| {
        Value::maybe(s.city.divisions[i].parent.as_deref())
    }),
    text(
        "quality",
        (
            "边界可信度：authoritative 或 approximate",
            "How far the border can be trusted: authoritative or approximate",
        ),
        |s, i| {
            Value::text(match s.city.divisions[i].quality {
                Quality::Authoritative => "authoritative",
                Quality::Approximate => "approximate",
            })
        },
    ),
    text(
        "placed_by",
        ("点位的得出方式（仅无范围者）", "How the point was found, where there is no area"),
        |s, i| Value::maybe(s.city.divisions[i].placed_by.as_deref()),
    ),
    Property {
        name: "valid_from",
        kind: Kind::Day,
        zh: "设立日期",
        en: "First day on which it exists",
        of: |s, i| Value::day(s.city.divisions[i].valid_from),
    },
    Property {
        name: "valid_to",
        kind: Kind::Day,
        zh: "不再存在的首日",
        en: "First day on which it no longer exists",
        of: |s, i| Value::day(s.city.divisions[i].valid_to),
    },
    Property {
        name: "population",
        kind: Kind::Number,
        zh: "常住人口（人），如已知",
        en: "How many people live there, where known",
        of: |s, i| {
            let residents = s.city.divisions[i].residents;
            residents.map_or(Value::Null, |r| Value::Number(r.count.into()))
        },
    },
    Property {
        name: "population_at",
        kind: Kind::Day,
        zh: "人口数据的日期",
        en: "The day that the population is of",
        of: |s, i| Value::day(s.city.divisions[i].residents.map(|r| r.on)),
    },
    text("source", SOURCE, |s, i| Value::text(&s.city.divisions[i].source)),
];

static PLACES: &[Property] = &[
    text("id", ("标识", "Stable id"), |s, i| Value::text(&s.city.places[i].id)),
    text("name", NAME, |s, i| Value::text(&s.city.places[i].name.zh)),
    text("name_en", NAME_EN, |s, i| Value::text(&s.city.places[i].name.en)),
    text("kind", ("种类", "Kind: street, transit, building or water"), |s, i| {
        Value::text(s.city.places[i].kind.key())
    }),
    text("class", ("来源中的细分类", "The source's finer word for it"), |s, i| {
        Value::text(&s.city.places[i].class)
    }),
    Property {
        name: "extent_m",
        kind: Kind::Number,
        zh: "到最远部分的距离（米）",
        en: "Distance to its farthest part, metres",
        of: |s, i| Value::Number(f64::from(s.city.places[i].extent_m)),
    },
    text("source", SOURCE, |s, i| Value::text(&s.city.places[i].source)),
];

static ROADS: &[Property] = &[
    text("name", ("名称", "Name"), |s, i| Value::text(&s.city.roads[i].name)),
    text("class", ("等级", "Class, from motorway to minor"), |s, i| {
        Value::text(s.city.roads[i].class.key())
    }),
    Property {
        name: "schematic",
        kind: Kind::Flag,
        zh: "是否为示意线",
        en: "Whether the line is not the road's real course",
        of: |s, i| Value::Flag(s.city.roads[i].schematic),
    },
];
