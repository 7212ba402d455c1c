//! A broken pack is refused whole, with file, line and field.

use std::fs;
use std::path::Path;

use crate::harness::{self, Server};

/// A copy of the default pack that a test may break.
pub(crate) fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("divisions")).unwrap();
    for sub in ["", "divisions"] {
        for entry in fs::read_dir(harness::city().join(sub)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(sub).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

/// Rewrites one file of a pack.
pub(crate) fn edit(pack: &Path, file: &str, change: impl Fn(String) -> String) {
    let path = pack.join(file);
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
}

/// Replaces the `column`-th cell of the given line, counted from 1.
fn with_cell(text: &str, line: usize, column: usize, cell: &str) -> String {
    let lines = text.lines().enumerate().map(|(i, l)| {
        if i + 1 != line {
            return l.to_owned();
        }
        let mut cells: Vec<&str> = l.split(',').collect();
        cells[column] = cell;
        cells.join(",")
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_bad_cell_is_named_by_file_line_and_column() {
    let pack = copy();
    edit(pack.path(), "points.csv", |t| with_cell(&with_cell(&t, 3, 10, "east"), 5, 4, "castle"));
    let said = harness::refused(pack.path());
    assert!(said.contains("2 faults"), "{said}");
    assert!(said.contains("points.csv:3: lon: \"east\" is not a number"), "{said}");
    assert!(said.contains("points.csv:5: category: \"castle\""), "{said}");
}

#[test]
fn a_population_needs_a_number_and_its_day() {
    let pack = copy();
    edit(pack.path(), "divisions/districts.geojsonl", |t| {
        t.replacen("\"population_at\":\"2020-11-01\"", "\"population_at\":\"\"", 1).replacen(
            "\"population_at\":\"2020-11-01\"",
            "\"population_at\":\"2020\"",
            1,
        )
    });
    edit(pack.path(), "divisions/communities.csv", |t| {
        let more = t.lines().enumerate().map(|(i, line)| match i {
            0 => format!("{line},population,population_at\n"),
            1 => format!("{line},12 万,2020-11-01\n"),
            2 => format!("{line},,2020-11-01\n"),
            3 => format!("{line},120,2020-11-01\n"),
            _ => format!("{line},,\n"),
        });
        more.collect()
    });
    let said = harness::refused(pack.path());
    assert!(said.contains("4 faults"), "{said}");
    for fault in [
        "districts.geojsonl:1: population_at: is empty; a population needs the day",
        "districts.geojsonl:2: population_at: \"2020\" is not a date",
        "communities.csv:2: population: \"12 万\" is not a whole number",
        "communities.csv:3: population: is empty",
    ] {
        assert!(said.contains(fault), "{fault} in {said}");
    }
}

#[test]
fn a_missing_file_is_named() {
    let pack = copy();
    fs::remove_file(pack.path().join("categories.toml")).unwrap();
    assert!(harness::refused(pack.path()).contains("categories.toml: cannot be read"));
    let nowhere = harness::refused(Path::new("/no/such/city"));
    assert!(nowhere.contains("/no/such/city: is not a folder"), "{nowhere}");
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let pack = copy();
    edit(pack.path(), "city.toml", |t| t.replacen("time_zone", "timezone", 1));
    let said = harness::refused(pack.path());
    let line = fs::read_to_string(pack.path().join("city.toml"))
        .unwrap()
        .lines()
        .position(|l| l.starts_with("timezone"))
        .unwrap()
        + 1;
    assert!(said.contains(&format!("city.toml:{line}: timezone: unknown field")), "{said}");
}

#[test]
fn a_polygon_that_crosses_itself_is_refused() {
    let pack = copy();
    edit(pack.path(), "divisions/districts.geojsonl", |t| {
        let bow = "[[[116.0,39.8],[116.2,40.0],[116.2,39.8],[116.0,40.0],[116.0,39.8]]]";
        let (first, rest) = t.split_once('\n').unwrap();
        let mut feature: serde_json::Value = serde_json::from_str(first).unwrap();
        feature["geometry"] = serde_json::json!({
            "type": "Polygon", "coordinates": serde_json::from_str::<serde_json::Value>(bow).unwrap()
        });
        format!("{feature}\n{rest}")
    });
    let said = harness::refused(pack.path());
    assert!(said.contains("divisions/districts.geojsonl:1: geometry: "), "{said}");
    assert!(said.contains("not valid"), "{said}");
}

#[test]
fn a_portal_may_not_lead_to_anything_but_https() {
    let pack = copy();
    edit(pack.path(), "portals.toml", |t| t.replacen("https://", "javascript://", 1));
    let said = harness::refused(pack.path());
    assert!(said.contains("portals.toml:") && said.contains("not an https address"), "{said}");
}

#[test]
fn a_broken_line_of_a_gazetteer_is_found_among_thousands() {
    let pack = copy();
    edit(pack.path(), "places.csv", |t| with_cell(&t, 20_000, 3, "castle"));
    assert!(harness::refused(pack.path()).contains("places.csv:20000: kind: \"castle\""));
}

#[test]
fn what_is_given_twice_or_refers_to_nothing_is_named_by_its_line() {
    let pack = copy();
    edit(pack.path(), "points.csv", |t| {
        let second = t.lines().nth(1).unwrap().to_owned();
        t + &second + "\n"
    });
    let points = fs::read_to_string(pack.path().join("points.csv")).unwrap().lines().count();
    edit(pack.path(), "divisions/communities.csv", |t| {
        t.replacen(",110101001000,", ",110101999000,", 1)
    });
    let said = harness::refused(pack.path());
    assert!(said.contains(&format!("points.csv:{points}: id: ")), "{said}");
    assert!(said.contains("already used on line 2"), "{said}");
    assert!(said.contains("divisions/communities.csv:2: parent: \"110101999000\""), "{said}");
}

#[test]
fn points_at_one_place_are_all_on_some_page() {
    let pack = copy();
    edit(pack.path(), "points.csv", |t| {
        let rows = ["z1", "z2", "z3", "z4"]
            .map(|id| format!("{id},同一处,,,library,,,,,,116.6,39.6,osm,\n"));
        t + &rows.concat()
    });
    let server = Server::start_with(pack.path(), &[]);
    let mut path = "/v1/points?lon=116.6&lat=39.6&limit=1".to_owned();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let page = server.json(&path);
        seen.push(page["features"][0]["properties"]["id"].as_str().unwrap().to_owned());
        path = page["next"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen[..4], ["z1", "z2", "z3", "z4"]);
}

#[test]
fn what_could_not_stand_in_an_address_is_no_id() {
    let pack = copy();
    edit(pack.path(), "points.csv", |t| with_cell(&t, 2, 0, "a/b"));
    edit(pack.path(), "city.toml", |t| t.replacen("divisions/districts", "../districts", 1));
    let said = harness::refused(pack.path());
    assert!(said.contains("file: \"../districts.geojsonl\" is not"), "{said}");
    edit(pack.path(), "city.toml", |t| t.replacen("../districts", "divisions/districts", 1));
    let said = harness::refused(pack.path());
    assert!(said.contains("points.csv:2: id: \"a/b\" is not 1 to 64"), "{said}");
}

#[test]
fn a_city_of_ten_lines_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "city.toml",
        r#"format = 1
id = "small"
name = { zh = "小城", en = "Small" }
time_zone = "Europe/Helsinki"
languages = ["en", "zh"]
crs = "wgs84"
bounds = [24.5, 60.0, 25.5, 60.5]
center = [24.94, 60.17]
zoom = 12
[[level]]
key = "district"
name = { zh = "区", en = "District" }
file = "districts.geojsonl"
quality = "authoritative"
accuracy_m = 1
[[source]]
id = "own"
name = "The city"
licence = "CC0-1.0"
attribution = "The city's \"own\" map"
"#,
    );
    write(
        "matters.toml",
        "[[matter]]\ncode = \"loan\"\nname = { zh = \"借书\", en = \"Borrow a book\" }\n",
    );
    write(
        "categories.toml",
        "[[category]]\ncode = \"library\"\nname = { zh = \"图书馆\", en = \"Library\" }\nicon = \"library\"\ncolor = \"#2a6f97\"\ntypical_matters = [\"loan\"]\n",
    );
    write(
        "points.csv",
        "id,name,category,lon,lat,source,opening_hours\nl1,Main Library,library,24.94,60.17,own,24/7\n",
    );
    write(
        "districts.geojsonl",
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"091\",\"name\":\"Centre\",\"source\":\"own\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[24.9,60.1],[25.0,60.1],[25.0,60.2],[24.9,60.2],[24.9,60.1]]]}}\n",
    );
    let server = Server::start_with(folder.path(), &[]);
    let found = server.json("/v1/points?open_at=now&service=loan");
    assert_eq!(found["features"][0]["properties"]["name"], "Main Library");
    let style = server.json("/styles/citizen.json");
    assert!(style.to_string().contains("own"), "the attribution is in the style");
    let located = server.json("/v1/locate?lon=24.94&lat=60.17");
    assert_eq!(
        (&located["match"], &located["divisions"][0]["code"]),
        (&"inside".into(), &"091".into())
    );
    server.assert_log_clean();
}

#[test]
fn a_routing_rule_that_names_nobody_is_pointed_out_by_its_line() {
    let pack = copy();
    fs::write(
        pack.path().join("routing.toml"),
        "[[rule]]\nname = { zh = \"a\" }\ncategories = [\"castles\"]\nresponsible = \"king\"\nfrom = \"soon\"\narea = \"../x\"\n",
    )
    .unwrap();
    let said = harness::refused(pack.path());
    for fault in [
        "routing.toml:3: categories: \"castles\" does not exist",
        "routing.toml:4: responsible: \"king\" is neither",
        "routing.toml:5: from: \"soon\" is not a date",
        "area: \"../x\" holds no area",
    ] {
        assert!(said.contains(fault), "{fault} is not in\n{said}");
    }
}
