//! A made-up gazetteer: any number of places with names that look like names.

use std::sync::Arc;

use super::{Random, name};
use crate::city::{Place, PlaceKind};
use crate::geo::{Bounds, LonLat};

/// Characters of which names are made, those with several readings among them.
const CHARACTERS: &str = "安白百宝北长朝晨成城春翠达大德地东都丰峰福富光广桂海汉和河红虹湖花华\
    怀欢黄惠吉佳建江金锦京景九军康宽兰乐丽莲良林岭龙隆绿马茂美民明南宁平浦七启千青清庆泉仁\
    荣瑞润三沙山善上胜盛石世双顺松泰天田铁通同万旺望文武西溪仙祥向新信星兴秀徐雅阳阴永友玉\
    裕元园远月云泽展长正志中重州竹庄紫";
/// Ends of names, by kind and class, and how often each comes in a hundred.
const ENDS: [(&str, PlaceKind, &str, usize); 12] = [
    ("路", PlaceKind::Street, "residential", 22),
    ("街", PlaceKind::Street, "tertiary", 12),
    ("大街", PlaceKind::Street, "primary", 4),
    ("胡同", PlaceKind::Street, "living_street", 6),
    ("小区", PlaceKind::Building, "residential", 14),
    ("大厦", PlaceKind::Building, "office", 8),
    ("超市", PlaceKind::Building, "retail", 8),
    ("酒店", PlaceKind::Building, "hotel", 5),
    ("桥", PlaceKind::Transit, "bus_stop", 9),
    ("站", PlaceKind::Transit, "bus_stop", 6),
    ("医院", PlaceKind::Building, "hospital", 3),
    ("河", PlaceKind::Water, "river", 3),
];
/// What stands before the end of some names.
const DIRECTIONS: [&str; 8] = ["东", "西", "南", "北", "一", "二", "三", "中"];

/// Draws `count` places inside `bounds`, ordered by id, which says that they are synthetic
/// as their source does. About a microsecond each.
pub fn places(count: usize, seed: u64, bounds: Bounds) -> Arc<Vec<Place>> {
    let mut random = Random(seed);
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let draw = |number: usize| {
        let (end, kind, class) = end(&mut random);
        let mut zh = String::new();
        for _ in 0..2 + usize::from(random.below(3) == 0) {
            zh.push(characters[random.below(characters.len())]);
        }
        if random.below(3) == 0 {
            zh.push_str(DIRECTIONS[random.below(DIRECTIONS.len())]);
        }
        zh.push_str(end);
        Place {
            id: format!("synthetic-{number:08}"),
            name: name(&zh, ""),
            kind,
            class: class.to_owned(),
            location: LonLat::new(
                bounds.west + random.unit() * (bounds.east - bounds.west),
                bounds.south + random.unit() * (bounds.north - bounds.south),
            ),
            extent_m: if kind == PlaceKind::Street { 1_000.0 } else { 0.0 },
            source: "synthetic".to_owned(),
        }
    };
    Arc::new((0..count).map(draw).collect())
}

fn end(random: &mut Random) -> (&'static str, PlaceKind, &'static str) {
    let mut at = random.below(ENDS.iter().map(|e| e.3).sum());
    for (end, kind, class, often) in ENDS {
        if at < often {
            return (end, kind, class);
        }
        at -= often;
    }
    ("", PlaceKind::Building, "building")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_many_and_say_that_they_are_synthetic() {
        let bounds = Bounds { west: 10.0, south: 20.0, east: 11.0, north: 21.0 };
        let all = places(2_000, 1, bounds);
        let mut names: Vec<&str> = all.iter().map(|p| p.name.zh.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert!(all.len() == 2_000 && names.len() > 1_800, "{}", names.len());
        assert!(all.iter().all(|p| bounds.contains(p.location) && p.source == "synthetic"));
        assert!(all.is_sorted_by(|a, b| a.id < b.id));
        assert!(all.iter().zip(places(2_000, 1, bounds).iter()).all(|(a, b)| a.name == b.name));
    }
}
