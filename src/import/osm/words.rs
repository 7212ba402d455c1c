//! Names, addresses and the rest, out of tags.

use super::scan::{Raw, Tags};
use crate::city::{Lang, Localized};

/// Other names of one thing.
const MAX_ALIASES: usize = 16;
/// Characters of a name; what is longer is no name.
const MAX_NAME: usize = 200;
/// Keys that hold other names.
const OTHER_NAMES: [&str; 6] =
    ["alt_name", "short_name", "official_name", "loc_name", "old_name", "int_name"];

/// The language of the map: Chinese where most names are written in Han characters.
pub(super) fn language(raw: &Raw) -> Lang {
    let nodes = raw.nodes.iter().map(|n| &n.tags);
    let names = nodes.chain(raw.ways.iter().map(|w| &w.tags)).filter_map(|t| t.get("name"));
    let (mut han, mut all) = (0_u64, 0_u64);
    for name in names {
        all += 1;
        han += u64::from(name.chars().any(is_han));
    }
    if 2 * han > all { Lang::Zh } else { Lang::En }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// One line without control characters; `None` where nothing is left, or too much.
pub(super) fn clean(text: &str) -> Option<String> {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty() && line.chars().count() <= MAX_NAME).then_some(line)
}

/// The name: that of the place in its own language, and the English one. Where the city is
/// Chinese and the name is not, a Chinese one is preferred.
pub(super) fn name(tags: &Tags, language: Lang) -> Option<Localized> {
    let get = |key: &str| tags.get(key).and_then(clean);
    let chinese = || get("name:zh").or_else(|| get("name:zh-Hans"));
    let own = get("name");
    let first = match (language, &own) {
        (Lang::Zh, Some(name)) if !name.chars().any(is_han) => chinese().or(own),
        (Lang::Zh, None) => chinese(),
        _ => own,
    };
    let english = get("name:en");
    let zh = first.or_else(|| english.clone())?;
    Some(Localized { zh, en: english.unwrap_or_default() })
}

/// Other names, without those of `name`.
pub(super) fn aliases(tags: &Tags, name: &Localized) -> Vec<String> {
    let other = OTHER_NAMES.iter().filter_map(|key| tags.get(key));
    let own = ["name", "name:zh", "name:zh-Hans", "name:zh-Hant"];
    let own = own.into_iter().filter_map(|key| tags.get(key));
    // `name:sv` and its like; not `name:pronunciation`, `name:etymology:wikidata`.
    let tongues = tags.iter().filter_map(|(key, value)| {
        let tongue = key.strip_prefix("name:")?;
        (tongue.len() == 2 && tongue.is_ascii()).then_some(value)
    });
    let mut found: Vec<String> = Vec::new();
    for alias in own.chain(other).chain(tongues).flat_map(|value| value.split(';')) {
        let Some(alias) = clean(alias) else { continue };
        if alias != name.zh && alias != name.en && !found.contains(&alias) {
            found.push(alias);
        }
        if found.len() == MAX_ALIASES {
            break;
        }
    }
    found
}

/// Street and number as people write them.
pub(super) fn house(tags: &Tags, language: Lang) -> Option<String> {
    let street = tags.get("addr:street").or_else(|| tags.get("addr:place")).and_then(clean)?;
    let number = tags.get("addr:housenumber").and_then(clean)?;
    Some(match language {
        Lang::Zh if number.ends_with(|c: char| c.is_ascii_digit()) => format!("{street}{number}号"),
        Lang::Zh => format!("{street}{number}"),
        Lang::En => format!("{street} {number}"),
    })
}

/// The postal address, as far as it is known.
pub(super) fn address(tags: &Tags, language: Lang) -> Option<String> {
    let get = |key: &str| tags.get(key).and_then(clean);
    if let Some(full) = get("addr:full") {
        return Some(full);
    }
    let line = house(tags, language).or_else(|| get("addr:street"))?;
    let parts: Vec<String> = match language {
        Lang::Zh => {
            let above = ["addr:city", "addr:district", "addr:subdistrict"];
            above.into_iter().filter_map(get).chain([line]).collect()
        }
        Lang::En => {
            let place = [get("addr:postcode"), get("addr:city")];
            let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
            [line, place].into_iter().filter(|part| !part.is_empty()).collect()
        }
    };
    Some(parts.join(if language == Lang::Zh { "" } else { ", " }))
}

/// The telephone.
pub(super) fn phone(tags: &Tags) -> Option<String> {
    let keys = ["phone", "contact:phone", "contact:mobile", "mobile"];
    keys.into_iter().find_map(|key| tags.get(key)).and_then(clean)
}

/// The page, where a browser may be sent to it.
pub(super) fn website(tags: &Tags) -> Option<String> {
    let keys = ["website", "contact:website", "url"];
    keys.into_iter()
        .filter_map(|key| tags.get(key))
        .find(|address| is_https(address))
        .map(str::to_owned)
}

fn is_https(address: &str) -> bool {
    let Ok(parsed) = url::Url::parse(address) else { return false };
    parsed.scheme() == "https"
        && parsed.domain().is_some_and(|host| host.contains('.'))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// How it can be reached by whom.
pub(super) fn accessibility(tags: &Tags) -> Vec<String> {
    let yes = |key: &str| matches!(tags.get(key), Some("yes" | "designated"));
    let words = [("wheelchair", "wheelchair"), ("toilets:wheelchair", "accessible_toilet")];
    words.into_iter().filter(|(key, _)| yes(key)).map(|(_, word)| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::osm::scan::Tags;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        Tags::of(pairs)
    }

    #[test]
    fn a_name_is_that_of_the_place_and_the_english_one() {
        let library = tags(&[
            ("name", "Oodi"),
            ("name:en", "Central Library"),
            ("name:zh", "颂歌图书馆"),
            ("name:sv", "Ode"),
            ("name:etymology:wikidata", "Q1"),
            ("alt_name", "Keskustakirjasto;Oodi"),
        ]);
        let english = name(&library, Lang::En).unwrap();
        assert_eq!((english.zh.as_str(), english.en.as_str()), ("Oodi", "Central Library"));
        assert_eq!(aliases(&library, &english), ["颂歌图书馆", "Keskustakirjasto", "Ode"]);
        assert_eq!(name(&library, Lang::Zh).unwrap().zh, "颂歌图书馆");
        assert_eq!(name(&tags(&[("name:en", "Only")]), Lang::Zh).unwrap().zh, "Only");
        assert!(name(&tags(&[("name", " \u{0} ")]), Lang::Zh).is_none());
    }

    #[test]
    fn an_address_is_written_as_in_its_country() {
        let parts = tags(&[
            ("addr:street", "中关村大街"),
            ("addr:housenumber", "27"),
            ("addr:city", "样例市"),
            ("addr:postcode", "00100"),
        ]);
        assert_eq!(address(&parts, Lang::Zh).unwrap(), "样例市中关村大街27号");
        assert_eq!(address(&parts, Lang::En).unwrap(), "中关村大街 27, 00100 样例市");
    }

    #[test]
    fn only_pages_that_a_browser_may_be_sent_to_are_kept() {
        let page = |address: &str| website(&tags(&[("website", address)]));
        assert!(page("https://example.org/a").is_some());
        assert!(page("http://example.org").is_none() && page("javascript:alert(1)").is_none());
        assert!(page("https://example.org/ b").is_none());
    }
}
