//! Any city in one command: an extract becomes a pack, and the pack is served.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::{Server, escaped};
use crate::pbf;

fn import(extract: &Path, city: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(["import", "osm"])
        .arg(extract)
        .arg("--city")
        .arg(city)
        .args(more)
        .output()
        .expect("the program starts")
}

fn helsinki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/helsinki.osm.pbf")
}

#[test]
fn a_real_extract_is_served_as_a_city() {
    let folder = tempfile::tempdir().unwrap();
    let city = folder.path().join("helsinki");
    let zone = ["--time-zone", "Europe/Helsinki", "--name", "Helsinki", "--json"];
    let output = import(&helsinki(), &city, &zone);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["elements"]["nodes"], 24_260);
    assert_eq!(report["divisions_cut"]["count"], 14);

    let server = Server::start_with(&city, &[]);
    let first = |path: &str| server.json(&escaped(path))["features"][0]["properties"].clone();
    let library = first("/v1/search?text=Kansalliskirjasto&layers=venue");
    assert_eq!(library["source_id"], "osm-w122595247", "{library}");
    let english = first("/v1/search?text=National Library of Finland&lang=en");
    assert_eq!(english["source_id"], "osm-w122595247", "{english}");
    let libraries = server.json("/v1/points?category=library");
    assert_eq!(libraries["features"].as_array().unwrap().len(), 6);
    let card = server.json("/v1/points/osm-w122595247");
    let card = &card["properties"];
    assert_eq!(card["opening_hours"], "Mo-Th 09:00-20:00; Fr-Sa 09:00-16:00");
    assert_eq!(card["address"], "Unioninkatu 36, Helsinki");
    assert_eq!(first("/v1/search?text=Mannerheimintie")["layer"], "street");
    // The tile in which the cathedral stands.
    let tile = server.get("/tiles/points,roads,places/14/9327/4742");
    assert_eq!(tile.status, 200);
    let tile = mvt_reader::Reader::new(tile.body).unwrap();
    let layers = tile.get_layer_metadata().unwrap();
    let roads = layers.iter().find(|l| l.name == "roads").expect("there are roads");
    assert!(!tile.get_features(roads.layer_index).unwrap().is_empty());
    server.assert_log_clean();
}

#[test]
fn borders_of_an_extract_say_whose_street_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (extract, city) = (folder.path().join("made.osm.pbf"), folder.path().join("made"));
    std::fs::write(&extract, pbf::city().finish()).unwrap();
    let output = import(&extract, &city, &["--time-zone", "Asia/Shanghai"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("--levels 6=district,8=township"), "{said}");
    assert!(said.contains("relation/105 样例缺镇"), "{said}");

    let server = Server::start_with(&city, &[]);
    let codes = |lon: f64, lat: f64| {
        let found = server.json(&format!("/v1/locate?lon={lon}&lat={lat}"));
        let divisions = found["divisions"].as_array().unwrap().clone();
        divisions.iter().map(|d| d["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(120.01, 30.01), ["r101", "r103"]);
    assert_eq!(codes(120.03, 30.01), ["r102"]);
    let island = codes(120.007, 30.006);
    assert_eq!(island[0], "r102");
    let card = server.json("/v1/points/osm-n31");
    assert_eq!(card["properties"]["divisions"]["county"]["code"], "r101", "{card}");
    let found = server.json(&escaped("/v1/search?text=样例大街7号"));
    assert_eq!(found["features"][0]["properties"]["name"], "样例大街7号", "{found}");
    server.assert_log_clean();
}

#[test]
fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let city = folder.path().join("city");
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let zone = ["--time-zone", "Europe/Helsinki"];
    // Its name is not in the extract.
    let output = import(&helsinki(), &city, &zone);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("--name"), "{}", said(&output));
    let output = import(&helsinki(), &city, &["--time-zone", "Europe/Atlantis"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    // A damaged extract.
    let cut = folder.path().join("cut.osm.pbf");
    let whole = std::fs::read(helsinki()).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let output = import(&cut, &city, &[zone[0], zone[1], "--name", "x"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("no readable OpenStreetMap extract"), "{}", said(&output));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the cut extract");
    // A folder with something in it.
    let output = import(&helsinki(), folder.path(), &[zone[0], zone[1], "--name", "x"]);
    assert!(said(&output).contains("is not empty"), "{}", said(&output));
}
