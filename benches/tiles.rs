//! What a tile costs, and what its encoder costs beside another one.
//!
//! `cargo bench --bench tiles` draws a made-up town; with `SERVICEMAP_CITY=<folder of
//! a pack>` it draws that city too.

#![allow(clippy::expect_used, missing_docs, reason = "a bench is no part of the program")]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fast_mvt::{MvtCoord, MvtGeomType, MvtLayerBuilder, MvtResult, MvtValueRef};
use mvt::{GeomEncoder, GeomType, Tile};

use servicemap::index::{PointFilter, Snapshot};
use servicemap::tiles::{LayerSet, encode};
use servicemap::{city, geo as earth};

/// The fixture names the crate's rooms as the crate does.
use servicemap::{geo, index};

#[allow(dead_code, reason = "the tests of the room use more of it")]
#[path = "../src/tiles/fixture.rs"]
mod fixture;

use fixture::Noise;

/// A point with six tags, as the points layer has.
struct Office {
    at: (i32, i32),
    id: String,
    name: String,
    category: usize,
    bookable: bool,
}

fn offices() -> Vec<Office> {
    let mut noise = Noise(1);
    (0..1000)
        .map(|i| Office {
            at: ((noise.next() % 4096) as i32, (noise.next() % 4096) as i32),
            id: format!("osm:node/{}", noise.next() % 10_000_000_000),
            name: format!("第{i}社区卫生服务站"),
            category: (noise.next() % 40) as usize,
            bookable: i % 3 == 0,
        })
        .collect()
}

/// Rings of 300 vertices with a code and a name.
fn areas() -> Vec<(String, Vec<(i32, i32)>)> {
    let mut noise = Noise(2);
    (0..60)
        .map(|i| {
            let (x, y) = (noise.signed() * 1500.0 + 2048.0, noise.signed() * 1500.0 + 2048.0);
            let ring = (0..300).map(|k| {
                let (t, r) =
                    (f64::from(k) / 300.0 * std::f64::consts::TAU, 300.0 + noise.signed() * 40.0);
                ((x + r * t.cos()) as i32, (y + r * t.sin()) as i32)
            });
            (format!("11{i:07}"), ring.collect())
        })
        .collect()
}

/// Code, icon, colour.
fn kinds() -> Vec<[String; 3]> {
    (0..40)
        .map(|i| {
            let color = format!("#{:06x}", i * 12_345);
            [format!("category_{i}"), format!("icon-{}", i % 20), color]
        })
        .collect()
}

fn points_by_fast_mvt(offices: &[Office], kinds: &[[String; 3]]) -> MvtResult<Vec<u8>> {
    let mut layer = MvtLayerBuilder::new("points")?;
    for office in offices {
        let mut feature = layer.feature_of(MvtGeomType::Point);
        feature.points([MvtCoord { x: office.at.0, y: office.at.1 }])?;
        let [category, icon, color] = &kinds[office.category];
        feature.tag_ref("id", MvtValueRef::String(&office.id))?;
        feature.tag_ref("name", MvtValueRef::String(&office.name))?;
        feature.tag_ref("category", MvtValueRef::String(category))?;
        feature.tag_ref("icon", MvtValueRef::String(icon))?;
        feature.tag_ref("color", MvtValueRef::String(color))?;
        feature.tag_ref("bookable", MvtValueRef::Bool(office.bookable))?;
        layer = feature.end();
    }
    Ok(layer.encode())
}

fn points_by_mvt(offices: &[Office], kinds: &[[String; 3]]) -> Result<Vec<u8>, mvt::Error> {
    let mut tile = Tile::new(4096);
    let mut layer = tile.create_layer("points");
    for office in offices {
        let mut geometry = GeomEncoder::<f32>::new(GeomType::Point);
        geometry.add_point(office.at.0 as f32, office.at.1 as f32)?;
        let mut feature = layer.into_feature(geometry.encode()?);
        let [category, icon, color] = &kinds[office.category];
        feature.add_tag_string("id", &office.id);
        feature.add_tag_string("name", &office.name);
        feature.add_tag_string("category", category);
        feature.add_tag_string("icon", icon);
        feature.add_tag_string("color", color);
        feature.add_tag_bool("bookable", office.bookable);
        layer = feature.into_layer();
    }
    tile.add_layer(layer)?;
    tile.to_bytes()
}

fn areas_by_fast_mvt(areas: &[(String, Vec<(i32, i32)>)]) -> MvtResult<Vec<u8>> {
    let mut layer = MvtLayerBuilder::new("divisions")?;
    for (code, ring) in areas {
        let mut feature = layer.feature_of(MvtGeomType::Polygon);
        feature.ring(ring.iter().map(|&(x, y)| MvtCoord { x, y }), true)?;
        feature.tag_ref("code", MvtValueRef::String(code))?;
        feature.tag_ref("level", MvtValueRef::String("district"))?;
        layer = feature.end();
    }
    Ok(layer.encode())
}

fn areas_by_mvt(areas: &[(String, Vec<(i32, i32)>)]) -> Result<Vec<u8>, mvt::Error> {
    let mut tile = Tile::new(4096);
    let mut layer = tile.create_layer("divisions");
    for (code, ring) in areas {
        let mut geometry = GeomEncoder::<f32>::new(GeomType::Polygon);
        for (x, y) in ring {
            geometry.add_point(*x as f32, *y as f32)?;
        }
        let mut feature = layer.into_feature(geometry.encode()?);
        feature.add_tag_string("code", code);
        feature.add_tag_string("level", "district");
        layer = feature.into_layer();
    }
    tile.add_layer(layer)?;
    tile.to_bytes()
}

/// Two encoders, the same content, asked in the same run.
fn encoders(c: &mut Criterion) {
    let (offices, kinds, areas) = (offices(), kinds(), areas());
    let mut group = c.benchmark_group("encoder/1000 points of 6 tags");
    group.bench_function("fast-mvt", |b| {
        b.iter(|| points_by_fast_mvt(black_box(&offices), &kinds).expect("encodes"));
    });
    group.bench_function("mvt", |b| {
        b.iter(|| points_by_mvt(black_box(&offices), &kinds).expect("encodes"));
    });
    group.finish();
    let mut group = c.benchmark_group("encoder/60 areas of 300 vertices");
    group.bench_function("fast-mvt", |b| {
        b.iter(|| areas_by_fast_mvt(black_box(&areas)).expect("encodes"));
    });
    group.bench_function("mvt", |b| {
        b.iter(|| areas_by_mvt(black_box(&areas)).expect("encodes"));
    });
    group.finish();
}

/// Whole tiles of one snapshot around a position.
fn draw(c: &mut Criterion, name: &str, snapshot: &Snapshot, at: earth::LonLat, zooms: &[u8]) {
    snapshot.shapes.warm(&snapshot.city);
    let mut group = c.benchmark_group(name);
    let bookable = PointFilter { bookable: Some(true), ..PointFilter::default() };
    for layers in ["points", "divisions", "roads", "places", "points,divisions,roads,places"] {
        let set = LayerSet::parse(layers).expect("they exist");
        for &zoom in zooms {
            let tile = fixture::tile_at(zoom, at);
            let bytes = encode(snapshot, &set, tile, &PointFilter::default()).len();
            let id = BenchmarkId::new(layers, format!("z{zoom} ({bytes} B)"));
            group.bench_function(id, |b| {
                b.iter(|| encode(snapshot, &set, black_box(tile), &PointFilter::default()));
            });
        }
    }
    let set = LayerSet::parse("points").expect("it exists");
    for &zoom in zooms {
        let tile = fixture::tile_at(zoom, at);
        group.bench_function(BenchmarkId::new("bookable points", format!("z{zoom}")), |b| {
            b.iter(|| encode(snapshot, &set, black_box(tile), &bookable));
        });
    }
    group.finish();
}

fn tiles(c: &mut Criterion) {
    let at = earth::LonLat::new(fixture::MIDDLE.lon + 0.001, fixture::MIDDLE.lat - 0.001);
    draw(c, "town of 100,000 points", &fixture::town(100_000), at, &[0, 6, 10, 12, 14, 16]);
    if let Some(folder) = std::env::var_os("SERVICEMAP_CITY") {
        let city = city::load(Path::new(&folder)).expect("the pack reads");
        let at = city.manifest.center();
        draw(c, "city", &Snapshot::build(city), at, &[0, 6, 9, 10, 12, 13, 14, 16]);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700));
    targets = encoders, tiles
}
criterion_main!(benches);
