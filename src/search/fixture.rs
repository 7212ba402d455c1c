//! A small city for the tests of the search: two districts side by side.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what is wrong here fails its tests")]

use std::path::Path;

use crate::city;
use crate::index::Snapshot;

const CITY: &str = r#"
format = 1
id = "example"
name = { zh = "样例市", en = "Example" }
time_zone = "Asia/Shanghai"
languages = ["zh", "en"]
crs = "wgs84"
bounds = [116.0, 39.5, 117.0, 40.5]
center = [116.4, 39.95]
zoom = 10

[[level]]
key = "district"
name = { zh = "区", en = "District" }
file = "districts.geojsonl"
quality = "approximate"
accuracy_m = 500

[search]
drop_prefixes = ["样例市", "样例"]
short_forms = [{ from = "人民政府", to = "政府" }]
readings = [{ word = "银行", pinyin = "yin hang" }, { word = "长安", pinyin = "chang an" }]

[search.address]
units = ["号", "号院", "号楼", "单元", "室"]
marks = ["甲"]
near = ["附近", "对面"]
leading = ["地铁"]
trailing = ["站"]

[[source]]
id = "test"
name = "test"
licence = "CC0-1.0"
"#;

const CATEGORIES: &str = r##"
[[category]]
code = "government"
name = { zh = "政府", en = "Government" }
icon = "town-hall"
color = "#112233"
importance = 0.9

[[category]]
code = "library"
name = { zh = "图书馆", en = "Library" }
icon = "library"
color = "#112233"
importance = 0.5
typical_matters = ["library_card"]

[[category]]
code = "police"
name = { zh = "派出所", en = "Police station" }
icon = "police"
color = "#112233"
importance = 0.6
typical_matters = ["id_card"]
"##;

const MATTERS: &str = r#"
[[matter]]
code = "documents"
name = { zh = "证件", en = "Documents" }

[[matter]]
code = "id_card"
parent = "documents"
name = { zh = "首次办理身份证", en = "First identity card" }
phrases = ["办身份证", "给孩子办身份证"]

[[matter]]
code = "library_card"
parent = "documents"
name = { zh = "办理读者卡", en = "Get a library card" }
phrases = ["办借书证"]
"#;

const DISTRICTS: &str = r#"{"type":"Feature","properties":{"code":"01","name":"甲区","name_en":"Jia District","aliases":[],"parent":"","valid_from":"","valid_to":"","quality":"approximate","source":"test"},"geometry":{"type":"Polygon","coordinates":[[[116.3,39.9],[116.4,39.9],[116.4,40.0],[116.3,40.0],[116.3,39.9]]]}}
{"type":"Feature","properties":{"code":"02","name":"乙区","name_en":"Yi District","aliases":[],"parent":"","valid_from":"","valid_to":"","quality":"approximate","source":"test"},"geometry":{"type":"Polygon","coordinates":[[[116.4,39.9],[116.5,39.9],[116.5,40.0],[116.4,40.0],[116.4,39.9]]]}}
"#;

const POINTS: &str = "id,name,name_en,aliases,category,matters,address,phone,opening_hours,accessibility,lon,lat,source,observed_at
p1,样例市甲区人民政府,,,government,,,,,,116.35,39.95,test,2026-01-01
p2,样例市乙区人民政府,,,government,,,,,,116.45,39.95,test,2026-01-01
p3,首都图书馆,Capital Library,首图,library,,,,,wheelchair,116.46,39.94,test,2026-01-01
p4,甲区图书馆,,,library,,,,,,116.34,39.96,test,2026-01-01
p5,东山派出所,,,police,,,,,,116.36,39.94,test,2026-01-01
p6,西山派出所,,,police,,,,,,116.44,39.93,test,2026-01-01
";

const PLACES: &str = "id,name,name_en,kind,class,lon,lat,extent_m,source
a1,长安街,,street,primary,116.40,39.95,9000,test
a2,首都图书馆,,transit,bus_stop,116.461,39.941,0,test
a3,工商银行,,building,bank,116.351,39.951,0,test
a4,SOHO大厦,SOHO Tower,building,office,116.352,39.952,0,test
a5,五号线,,transit,subway,116.42,39.96,0,test
a6,东山路,,street,tertiary,116.36,39.945,800,test
a7,东山路,,street,tertiary,116.47,39.945,800,test
";

/// The snapshot of the small city.
pub(crate) fn snapshot() -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    write("city.toml", CITY);
    write("categories.toml", CATEGORIES);
    write("matters.toml", MATTERS);
    write("districts.geojsonl", DISTRICTS);
    write("points.csv", POINTS);
    write("places.csv", PLACES);
    Snapshot::build(load(folder.path()))
}

fn load(folder: &Path) -> city::City {
    city::load(folder).unwrap_or_else(|faults| panic!("{faults}"))
}
