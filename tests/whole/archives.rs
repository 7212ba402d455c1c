//! Basemap archives: exported, served beside the server's own layers, replaced, broken.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Server, city};

/// Runs `servicemap export pmtiles` on the default city.
fn export(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["export", "pmtiles"])
        .arg(out)
        .arg("--city")
        .arg(city())
        .args(arguments)
        .output()
        .unwrap()
}

fn exported(folder: &Path, layers: &str) -> PathBuf {
    let out = folder.join(format!("{layers}.pmtiles"));
    let output = export(&out, &["--layers", layers, "--max-zoom", "11", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(said["tiles"].as_u64().unwrap() > 20, "{said}");
    assert_eq!(said["bytes"].as_u64(), Some(std::fs::metadata(&out).unwrap().len()));
    out
}

/// An MBTiles with the tiles of one zoom, as a server gives them.
fn mbtiles(server: &Server, path: &Path, z: u32, tiles: &[(u32, u32)]) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE metadata (name text, value text);
         CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
         CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);",
    )
    .unwrap();
    let json = r#"{"vector_layers":[{"id":"divisions","fields":{}},{"id":"division_labels","fields":{}}]}"#;
    for (name, value) in
        [("name", "Borders"), ("format", "pbf"), ("json", json), ("attribution", "of a test")]
    {
        db.execute("INSERT INTO metadata VALUES (?1, ?2)", (name, value)).unwrap();
    }
    for (x, y) in tiles {
        let answer = server
            .get_with(&format!("/tiles/divisions/{z}/{x}/{y}"), &[("accept-encoding", "gzip")]);
        assert_eq!(answer.header("content-encoding"), "gzip");
        let row = (1u32 << z) - 1 - y;
        db.execute("INSERT INTO tiles VALUES (?1, ?2, ?3, ?4)", (z, x, row, answer.body)).unwrap();
    }
}

fn wait_for(server: &Server, path: &str, status: u16) {
    let start = Instant::now();
    while server.get(path).status != status {
        assert!(start.elapsed() < Duration::from_mins(1), "{path} is never {status}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn archives_are_layers_like_others_until_they_break() {
    let folder = tempfile::tempdir().unwrap();
    let ground = exported(folder.path(), "divisions");
    let points = exported(folder.path(), "points");
    let borders = folder.path().join("borders.mbtiles");
    mbtiles(&Server::start(), &borders, 10, &[(843, 387), (842, 387)]);
    let given = [("ground", &ground), ("offices", &points), ("borders", &borders)];
    let given = given.map(|(name, file)| format!("{name}={}", file.display()));
    let arguments: Vec<&str> = given.iter().flat_map(|g| ["--basemap", g]).collect();
    let server = Server::start_with(&city(), &arguments);

    // What they hold is what the server encodes, in any coding.
    let live = server.get("/tiles/divisions/10/843/387");
    for name in ["ground", "borders"] {
        for coding in ["identity", "gzip", "zstd"] {
            let path = format!("/tiles/{name}/10/843/387");
            let kept = server.get_with(&path, &[("accept-encoding", coding)]);
            assert_eq!(kept.status, 200, "{}", kept.text());
            if coding == "identity" {
                assert_eq!(kept.body, live.body, "{name}");
            } else {
                assert_eq!(kept.header("content-encoding"), coding);
            }
        }
    }
    let both = server.get("/tiles/points,ground/10/843/387").body;
    assert_eq!(both, server.get("/tiles/points,divisions/10/843/387").body);
    assert_eq!(server.get("/tiles/borders/10/0/0").status, 204);
    server.get("/tiles/borders/11/1686/774").problem(404);
    server.get("/tiles/borders/9/421/193").problem(404);
    // Only the server's own points take filters, and a tile has a vector layer once.
    assert_eq!(server.get("/tiles/offices/5/26/12?bookable=true").problem(400), ["bookable"]);
    assert_eq!(server.get("/tiles/points,offices/5/26/12").problem(400), ["layers"]);
    assert_eq!(server.get("/tiles/ground,borders/10/843/387").problem(400), ["layers"]);
    let unknown = server.get("/tiles/castle/5/26/12");
    assert!(unknown.text().contains("ground, offices, borders"), "{}", unknown.text());

    let catalog = server.json("/tiles");
    assert_eq!(catalog["tiles"]["offices"]["vector_layers"], serde_json::json!(["points"]));
    let json = server.json("/tiles/points,borders");
    assert_eq!((&json["minzoom"], &json["maxzoom"]), (&0.into(), &10.into()));
    assert!(json["attribution"].as_str().unwrap().ends_with("of a test"), "{json}");
    let ids: Vec<&str> = json["vector_layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["points", "divisions", "division_labels"]);
    server.assert_log_clean();

    // A file that breaks takes its own layer out of service, and nothing else.
    let whole = std::fs::read(&ground).unwrap();
    std::fs::write(&ground, b"broken").unwrap();
    wait_for(&server, "/tiles/ground/10/843/387", 503);
    server.get("/tiles/ground/10/843/387").problem(503);
    server.get("/tiles/ground").problem(503);
    server.get("/tiles/points,ground/10/843/387").problem(503);
    assert!(server.json("/tiles")["tiles"]["ground"].is_null());
    for path in ["/tiles/offices/10/843/387", "/tiles/points/10/843/387", "/health/ready"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    std::fs::write(&ground, whole).unwrap();
    wait_for(&server, "/tiles/ground/10/843/387", 200);
}

#[test]
fn what_cannot_be_served_or_exported_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pmtiles");
    std::fs::write(&broken, b"PMTiles\x03 and then nothing").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["serve", "--listen", "127.0.0.1:0", "--city"])
        .arg(city())
        .arg("--basemap")
        .arg(format!("osm={}", broken.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("\"osm\"") && said.contains("broken.pmtiles"), "{said}");

    let out = folder.path().join("out.pmtiles");
    assert_eq!(export(&out, &["--layers", "castles"]).status.code(), Some(2));
    assert_eq!(export(&out, &["--max-zoom", "21"]).status.code(), Some(2));
    let backwards = export(&out, &["--min-zoom", "5", "--max-zoom", "4"]);
    assert_eq!(backwards.status.code(), Some(1));
    assert!(!out.exists());
}

#[test]
fn a_style_is_drawn_on_a_street_map_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("osm.mbtiles");
    let db = rusqlite::Connection::open(&file).unwrap();
    db.execute_batch(
        r#"CREATE TABLE metadata (name text, value text);
        CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
        INSERT INTO metadata VALUES ('format', 'pbf'), ('minzoom', '0'), ('maxzoom', '14'),
            ('attribution', 'those who drew it'),
            ('json', '{"vector_layers":[{"id":"transportation"},{"id":"transportation_name"},{"id":"water"}]}');"#,
    )
    .unwrap();
    drop(db);
    let given = format!("osm={}", file.display());
    let server = Server::start_with(&city(), &["--basemap", &given]);
    for name in server.json("/v1/city")["styles"].as_array().unwrap() {
        let path = format!("/styles/{}.json", name.as_str().unwrap());
        let style = server.json(&path);
        assert_eq!(style, server.json(&format!("{path}?basemap=osm")), "by itself");
        let source = |name: &str| style["sources"][name]["url"].as_str().unwrap().to_owned();
        let address = |url: String| url[url.find("/tiles/").unwrap()..].to_owned();
        assert_eq!(server.json(&address(source("basemap")))["attribution"], "those who drew it");
        let own = server.json(&address(source("base")));
        let ids = own["vector_layers"].to_string();
        let layers = style["layers"].as_array().unwrap();
        assert!(layers.iter().any(|l| l["source-layer"] == "transportation_name"));
        for layer in layers.iter().filter(|layer| layer["source"] == "base") {
            assert!(ids.contains(&layer["source-layer"].to_string()), "{layer}");
        }
        let schematic = server.json(&format!("{path}?basemap=none"));
        assert!(schematic["sources"]["basemap"].is_null());
    }
    assert_eq!(server.get("/styles/print.json?basemap=roads").problem(400), ["basemap"]);
    server.assert_log_clean();
}

#[test]
fn a_style_lies_on_the_pictures_of_tianditu_where_there_is_a_key() {
    let server = Server::start_with(&city(), &["--tianditu-key", "0123abc"]);
    let style = server.json("/styles/citizen.json");
    assert_eq!(style, server.json("/styles/citizen.json?basemap=tianditu"), "by itself");
    let tile = style["sources"]["tianditu-cva"]["tiles"][3].as_str().unwrap();
    assert!(tile.starts_with("https://t3.tianditu.gov.cn/cva_w/wmts?"), "{tile}");
    assert!(tile.ends_with("&tk=0123abc"), "{tile}");
    let own = style["sources"]["base"]["url"].as_str().unwrap();
    assert!(own.ends_with("/tiles/points,divisions"), "{own}");
    assert_eq!(
        server
            .get(own.split_once("/tiles").map(|(_, p)| format!("/tiles{p}")).unwrap().as_str())
            .status,
        200
    );
    assert!(server.json("/styles/citizen.json?basemap=none")["sources"]["tianditu-vec"].is_null());
    server.get("/styles/citizen.json?basemap=osm").problem(400);
    let plain = Server::start();
    plain.get("/styles/citizen.json?basemap=tianditu").problem(400);
}
