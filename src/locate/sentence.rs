//! The answer in words that an agent can read out.

use super::{Answer, Match};
use crate::city::{City, Division, Lang, Localized, Quality};

/// One sentence in each language.
pub(super) fn compose(city: &City, answer: &Answer) -> Localized {
    let subject = Localized { zh: "该位置".to_owned(), en: "This place".to_owned() };
    compose_of(city, &subject, answer)
}

/// What is said of a division that was named itself: what it is part of.
pub(super) fn compose_part(city: &City, line: &[u32]) -> Localized {
    let Some((own, above)) = line.split_last() else { return Localized::default() };
    let own = division(city, *own);
    let named = |lang| above.iter().map(move |n| division(city, *n).name.get(lang));
    let mut place = Localized {
        zh: named(Lang::Zh).collect(),
        en: named(Lang::En).rev().collect::<Vec<_>>().join(", "),
    };
    if above.is_empty() {
        place = city.manifest.name.clone();
    }
    let (zh, en) = (own.name.get(Lang::Zh), own.name.get(Lang::En));
    Localized {
        zh: format!("{zh}属于{}。", place.zh),
        en: format!("{en} is part of {}.", place.en),
    }
}

/// What is said of a place that reaches across a border, by its middle.
pub(super) fn compose_wide(city: &City, subject: &Localized, answer: &Answer) -> Localized {
    let named =
        |lang| answer.divisions.iter().map(move |d| division(city, d.division).name.get(lang));
    Localized {
        zh: format!(
            "{}的中部属于{}，但它可能跨越辖区边界，请问清具体位置。",
            subject.zh,
            named(Lang::Zh).collect::<String>()
        ),
        en: format!(
            "The middle of {} is in {}, but it may reach across a border; ask for the exact spot.",
            subject.get(Lang::En),
            named(Lang::En).rev().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// One sentence about a place with a name, in each language.
pub(super) fn compose_of(city: &City, subject: &Localized, answer: &Answer) -> Localized {
    let (subject_zh, subject_en) = (subject.get(Lang::Zh), subject.get(Lang::En));
    let divisions = &answer.divisions;
    let named = |lang| divisions.iter().map(move |d| division(city, d.division).name.get(lang));
    let zh_place: String = named(Lang::Zh).collect();
    // English puts the smallest first.
    let en_place = named(Lang::En).rev().collect::<Vec<_>>().join(", ");
    let distance = divisions.iter().map(|d| d.distance_to_border_m).fold(f64::INFINITY, f64::min);
    let approximate =
        divisions.iter().any(|d| division(city, d.division).quality == Quality::Approximate);
    let (city_zh, city_en) = (city.manifest.name.get(Lang::Zh), city.manifest.name.get(Lang::En));

    let (mut zh, mut en) = match answer.found {
        Match::Outside => {
            return Localized {
                zh: format!("{subject_zh}不在{city_zh}范围内。"),
                en: format!("{subject_en} is outside {city_en}."),
            };
        }
        Match::Nearest => (
            format!(
                "{subject_zh}不在任何辖区内，最近的是{zh_place}，相距约{}",
                metres(Lang::Zh, distance)
            ),
            format!(
                "{subject_en} is in no jurisdiction; the nearest is {en_place}, about {} away",
                metres(Lang::En, distance)
            ),
        ),
        Match::Inside | Match::Border => {
            (format!("{subject_zh}属于{zh_place}"), format!("{subject_en} is in {en_place}"))
        }
    };
    if answer.found == Match::Border {
        let (said_zh, said_en) = doubt(city, answer, distance);
        zh += &said_zh;
        en += &said_en;
    }
    if approximate {
        zh += "（边界为近似数据）";
        en += " (approximate borders)";
    }
    zh.push('。');
    en.push('.');
    Localized { zh, en }
}

/// Why an answer near a border needs checking: the neighbour, where one is as near as the
/// border may be off, or else the border alone, as at the rim of the city.
fn doubt(city: &City, answer: &Answer, distance: f64) -> (String, String) {
    let near = answer.runner_up.filter(|other| {
        let level = division(city, other.division).level;
        other.distance_m < super::accuracy(city, level)
    });
    match near {
        Some(other) => {
            let of = division(city, other.division);
            (
                format!(
                    "；距{}约{}，在边界数据的误差以内，需要核实",
                    full_name(city, of, Lang::Zh),
                    metres(Lang::Zh, other.distance_m)
                ),
                format!(
                    "; {} is about {} away, within the accuracy of the borders, so this needs checking",
                    full_name(city, of, Lang::En),
                    metres(Lang::En, other.distance_m)
                ),
            )
        }
        None => (
            format!("；距辖区边界约{}，在边界数据的误差以内，需要核实", metres(Lang::Zh, distance)),
            format!(
                "; its border is about {} away, within the accuracy of the borders, so this needs checking",
                metres(Lang::En, distance)
            ),
        ),
    }
}

/// What to say where the datum of a position decides whose it is. `other` is whose it
/// would be in GCJ-02.
pub(super) fn datum_hint(city: &City, other: Option<u32>) -> Localized {
    let named = |lang, outside: &str| {
        let name = other.map(|number| full_name(city, division(city, number), lang));
        name.unwrap_or_else(|| outside.to_owned())
    };
    let (zh, en) = (named(Lang::Zh, "任何辖区之外"), named(Lang::En, "no division"));
    Localized {
        zh: format!(
            "未注明坐标系，按WGS-84处理；若为GCJ-02（高德、腾讯），则属于{zh}，请用crs注明。"
        ),
        en: format!(
            "No crs was given, so WGS-84 was taken; in GCJ-02 (Amap, Tencent) it would be {en}. \
             Say which with crs."
        ),
    }
}

fn division(city: &City, number: u32) -> &Division {
    &city.divisions[number as usize]
}

/// A division with the one it is part of, because names recur between districts.
fn full_name(city: &City, of: &Division, lang: Lang) -> String {
    let parent =
        of.parent.as_ref().and_then(|code| city.divisions.iter().find(|d| d.code == *code));
    match (parent, lang) {
        (Some(parent), Lang::Zh) => format!("{}{}", parent.name.get(lang), of.name.get(lang)),
        (Some(parent), Lang::En) => format!("{}, {}", of.name.get(lang), parent.name.get(lang)),
        (None, _) => of.name.get(lang).to_owned(),
    }
}

/// A distance as one says it: 7 m, 120 m, 1.4 km.
fn metres(lang: Lang, m: f64) -> String {
    let (unit_m, unit_km) = match lang {
        Lang::Zh => ("米", "公里"),
        Lang::En => (" m", " km"),
    };
    if m < 100.0 {
        format!("{}{unit_m}", m.round())
    } else if m < 1000.0 {
        format!("{}{unit_m}", (m / 10.0).round() * 10.0)
    } else {
        format!("{:.1}{unit_km}", m / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_rounded_as_one_says_it() {
        assert_eq!(metres(Lang::En, 7.4), "7 m");
        assert_eq!(metres(Lang::Zh, 123.0), "120米");
        assert_eq!(metres(Lang::En, 1440.0), "1.4 km");
    }
}
