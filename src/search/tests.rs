//! Whole questions on the small city of [`fixture`](super::fixture).

use proptest::prelude::*;

use super::*;

fn ask(s: &Snapshot, text: &str) -> Vec<Hit> {
    search(s, &Query { text: text.into(), size: 10, ..Query::default() }).hits
}

fn names(s: &Snapshot, text: &str) -> Vec<String> {
    ask(s, text).iter().filter_map(|h| Some(gid::names(s, h.kind)?.zh.clone())).collect()
}

fn first(s: &Snapshot, text: &str) -> String {
    names(s, text).into_iter().next().unwrap_or_default()
}

#[test]
fn a_name_is_found_by_every_usual_way_to_write_it() {
    let s = fixture::snapshot();
    for text in [
        "样例市甲区人民政府",
        "甲区人民政府",
        "甲区政府",
        "样例市甲区政府",
        "样例甲区政府",
        "甲区　政府",
        "甲區政府",
        "政府 甲区",
        "jqzf",
        "jiaquzhengfu",
        "jia qu zheng fu",
        "jiaq zf",
        "甲区zf",
        "ｊｑｚｆ",
        "JQZF",
        "jiaquzhengf",
    ] {
        assert_eq!(first(&s, text), "样例市甲区人民政府", "{text}");
    }
    for text in [
        "首都图书馆",
        "首图",
        "sdtsg",
        "首都图",
        "首都图书馆东馆怎么走",
        "capital lib",
        "首都书图馆",
    ] {
        assert_eq!(first(&s, text), "首都图书馆", "{text}");
    }
}

#[test]
fn characters_of_several_readings_are_found_by_the_right_one() {
    let s = fixture::snapshot();
    assert_eq!(first(&s, "caj"), "长安街");
    assert_eq!(first(&s, "changanjie"), "长安街");
    assert_eq!(first(&s, "gsyh"), "工商银行");
    assert!(names(&s, "zaj").is_empty());
}

#[test]
fn slips_are_forgiven_only_when_nothing_better_is_there() {
    let s = fixture::snapshot();
    for slip in ["首都图术馆", "首嘟图书馆", "首都图书官"] {
        let hits = ask(&s, slip);
        assert_eq!(hits[0].match_type, MatchType::Fallback, "{slip}");
        assert!(hits[0].confidence < 0.9);
        assert_eq!(first(&s, slip), "首都图书馆", "{slip}");
    }
    assert!(ask(&s, "首都图书馆").iter().all(|h| h.match_type == MatchType::Exact));
    assert!(ask(&s, "完全无关的文字").is_empty());
}

#[test]
fn an_everyday_word_leads_to_the_matter_and_its_points_follow() {
    let s = fixture::snapshot();
    let hits = ask(&s, "办身份证");
    assert_eq!((hits[0].layer, hits[0].points), ("matter", Some(2)));
    let follow: Vec<_> = hits.iter().filter(|h| h.because.is_some()).collect();
    assert_eq!(follow.len(), 2);
    let inside = ask(&s, "甲区办身份证");
    let follow: Vec<_> = inside.iter().filter(|h| h.because.is_some()).map(|h| h.kind).collect();
    assert_eq!(follow, [HitKind::Point(s.points.number("p5").unwrap())]);
}

#[test]
fn an_address_finds_the_most_exact_thing_known_and_says_that_the_rest_is_not() {
    let s = fixture::snapshot();
    let best = |text: &str| {
        let hits = ask(&s, text);
        let hit = hits.first().unwrap_or_else(|| panic!("{text}"));
        (gid::id(&s, hit.kind).to_owned(), hit.match_type, hit.confidence)
    };
    let (street, kind, sure) = best("样例市甲区东山路85号院3号楼2单元501室");
    assert_eq!((street.as_str(), kind), ("a6", MatchType::Fallback));
    let (_, _, surer) = best("甲区东山路85号");
    assert!(sure < surer && surer < best("甲区东山路").2, "{sure} {surer}");
    let (library, kind, _) = best("乙区东山路85号首都图书馆");
    assert_eq!((library.as_str(), kind), ("p3", MatchType::Fallback));
    let (near, kind, _) = best("首都图书馆对面");
    assert_eq!((near.as_str(), kind), ("p3", MatchType::Fallback));
    assert_eq!(best("地铁五号线站附近").0, "a5");
    // A street that nobody knows leads to what is known, and no further.
    let (district, kind, sure) = best("甲区无名巷7号");
    assert_eq!((district.as_str(), kind), ("01", MatchType::Fallback));
    assert!(sure < 0.5, "{sure}");
}

#[test]
fn a_name_without_its_district_is_whole_for_whoever_stands_there() {
    let s = fixture::snapshot();
    for (lon, id) in [(116.32, "p1"), (116.48, "p2")] {
        let focus = Some(LonLat::new(lon, 39.95));
        let query = Query { text: "人民政府".into(), focus, size: 3, ..Query::default() };
        let hits = search(&s, &query).hits;
        assert_eq!(gid::id(&s, hits[0].kind), id);
        assert!(hits[0].confidence > hits[1].confidence);
    }
}

#[test]
fn numerals_of_either_script_find_the_other() {
    let s = fixture::snapshot();
    assert_eq!(first(&s, "5号线"), "五号线");
    assert_eq!(first(&s, "五号线"), "五号线");
    assert_eq!(first(&s, "whx"), "五号线");
}

#[test]
fn homonyms_are_all_given_and_the_near_one_comes_first() {
    let s = fixture::snapshot();
    for (lon, number) in [(116.36, 0), (116.47, 1)] {
        let focus = Some(LonLat::new(lon, 39.945));
        let query = Query { text: "东山路".into(), focus, size: 10, ..Query::default() };
        let hits = search(&s, &query).hits;
        let streets: Vec<_> = hits.iter().filter(|h| h.layer == "street").collect();
        assert_eq!(streets.len(), 2);
        let wanted = ["a6", "a7"][number];
        assert_eq!(gid::id(&s, streets[0].kind), wanted);
        assert!(streets[0].distance_m < streets[1].distance_m);
    }
}

#[test]
fn filters_leave_only_what_they_say() {
    let s = fixture::snapshot();
    let base = || Query { text: "东山".into(), size: 10, ..Query::default() };
    let kinds = |q: &Query| search(&s, q).hits.iter().map(|h| gid(&s, h.kind)).collect::<Vec<_>>();
    let all = kinds(&base());
    assert_eq!(all.len(), 3, "{all:?}");
    let layers = Some(vec!["street".to_owned()]);
    assert_eq!(
        kinds(&Query { layers, ..base() }),
        ["servicemap:street:a6", "servicemap:street:a7"]
    );
    let division = Some("02".to_owned());
    assert_eq!(kinds(&Query { division, ..base() }), ["servicemap:street:a7"]);
    let circle = Some((LonLat::new(116.36, 39.945), 100.0));
    assert_eq!(kinds(&Query { circle, ..base() }), ["servicemap:street:a6"]);
    let rect = Some(Bounds { west: 116.46, south: 39.9, east: 116.48, north: 40.0 });
    assert_eq!(kinds(&Query { rect, ..base() }), ["servicemap:street:a7"]);
    let filter = PointFilter { category: Some("police".into()), ..PointFilter::default() };
    assert_eq!(kinds(&Query { filter: filter.clone(), ..base() }), ["servicemap:venue:p5"]);
    let or_categories = vec!["library".to_owned()];
    let text = "甲区".to_owned();
    let several = PointFilter { or_categories, ..filter };
    assert_eq!(kinds(&Query { filter: several, text, ..base() }), ["servicemap:venue:p4"]);
    let sources = Some(vec!["none".to_owned()]);
    assert!(kinds(&Query { sources, ..base() }).is_empty());
    let division = Some("no such".to_owned());
    assert!(kinds(&Query { division, ..base() }).is_empty());
}

#[test]
fn a_result_stays_first_while_its_name_is_being_completed() {
    let s = fixture::snapshot();
    for name in ["首都图书馆", "sdtsg", "shoudutushuguan"] {
        for n in 2..=name.chars().count() {
            let text: String = name.chars().take(n).collect();
            let query =
                Query { text: text.clone(), size: 5, mode: Mode::Autocomplete, ..Query::default() };
            let hits = search(&s, &query).hits;
            let shown = hits.first().and_then(|h| gid::names(&s, h.kind)).map(|n| n.zh.as_str());
            assert_eq!(shown, Some("首都图书馆"), "{text}");
        }
    }
}

#[test]
fn a_list_is_not_empty_between_two_that_are_not() {
    let s = fixture::snapshot();
    let typed = |text: &str| {
        let mode = Mode::Autocomplete;
        let query = Query { text: text.into(), size: 5, mode, ..Query::default() };
        let first = search(&s, &query).hits.into_iter().next();
        first.map(|h| gid::id(&s, h.kind).to_owned())
    };
    // Each says more than any name, and so is no beginning of one.
    for text in ["借书怎", "借书怎么", "借书怎么办"] {
        assert_eq!(typed(text).as_deref(), Some("library_card"), "{text}");
    }
    // The number has no unit yet; the district only says where the street is.
    for text in ["甲区东山路", "甲区东山路8", "甲区东山路85", "甲区东山路85号"]
    {
        assert_eq!(typed(text).as_deref(), Some("a6"), "{text}");
    }
    assert_eq!(typed("甲区无名巷8").as_deref(), Some("01"), "nothing in it is known");
}

#[test]
fn a_number_that_begins_a_name_is_part_of_it_while_it_is_typed() {
    let mut city = fixture::snapshot().city;
    let mut places = city.places.to_vec();
    let mut gate = places[0].clone();
    (gate.id, gate.name.zh) = ("a8".into(), "东山路5号门".into());
    places.push(gate);
    city.places = places.into();
    let s = Snapshot::build(city);
    let first = |mode: Mode| {
        let query = Query { text: "东山路5号".into(), size: 5, mode, ..Query::default() };
        gid::id(&s, search(&s, &query).hits[0].kind).to_owned()
    };
    assert_eq!(first(Mode::Autocomplete), "a8");
}

#[test]
fn the_same_question_has_the_same_answer() {
    let s = fixture::snapshot();
    for text in ["山", "d", "东山", "图书馆", "zf"] {
        let once: Vec<HitKind> = ask(&s, text).iter().map(|h| h.kind).collect();
        for _ in 0..5 {
            let again: Vec<HitKind> = ask(&s, text).iter().map(|h| h.kind).collect();
            assert_eq!(once, again, "{text}");
        }
    }
}

/// Texts that nobody should type.
fn bad_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,512}",
        "[a-z ]{0,512}",
        "[甲乙区东山路图书馆首都a-z0-9一二十百 ]{0,512}",
        "[\"'*?:+\\-()\\[\\]{}^~!|&/\\\\ AND OR;%_]{0,512}",
        "[\u{0}-\u{1f}\u{202a}-\u{202e}\u{200b}-\u{200f}🙂👨‍👩‍👧]{0,200}",
        (any::<char>(), 1..512usize).prop_map(|(c, n)| c.to_string().repeat(n)),
    ]
}

#[test]
fn any_text_is_answered_within_the_size() {
    let s = fixture::snapshot();
    let config = ProptestConfig::with_cases(400);
    proptest!(config, |(text in bad_text(), size in 0..60usize, autocomplete: bool, near: bool)| {
        let query = Query {
            text,
            size,
            mode: if autocomplete { Mode::Autocomplete } else { Mode::Search },
            focus: near.then(|| LonLat::new(116.4, 39.95)),
            ..Query::default()
        };
        let hits = search(&s, &query).hits;
        prop_assert!(hits.len() <= size.min(MAX_SIZE));
        for hit in hits {
            prop_assert!((0.0..=1.0).contains(&hit.confidence));
            let name = gid::names(&s, hit.kind).map_or(0, |n| n.zh.chars().count());
            prop_assert!(hit.highlight.iter().all(|(from, to)| from < to && *to <= name));
        }
    });
}
