//! Pictures of a made-up town, looked at pixel by pixel.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use tiny_skia::Pixmap;

use super::*;
use crate::geo::Bounds;
use crate::tiles::fixture;

/// The font of the page, as the web build left it.
static FONT: LazyLock<Fonts> = LazyLock::new(|| {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/dist");
    let list = std::fs::read(dist.join("map-fonts.json")).expect("the page is built");
    Fonts::new(&list, Box::new(move |name| std::fs::read(dist.join(name)).ok())).unwrap()
});

const MIDDLE: LonLat = LonLat::new(10.03, 50.03);

fn picture(zoom: f64) -> Picture {
    let view = View { width: 400, height: 300, scale: 1, zoom, center: MIDDLE };
    Picture { view, lang: Lang::En, mark: None, title: None, division: None }
}

fn drawn(snapshot: &Snapshot, picture: &Picture) -> Pixmap {
    Pixmap::decode_png(&draw(snapshot, &FONT, picture).expect("it is drawn")).unwrap()
}

/// How many pixels are of this colour, inside a box of columns and rows.
fn count(pixmap: &Pixmap, color: [u8; 3], [x0, y0, x1, y1]: [u32; 4]) -> usize {
    let is = |x: u32, y: u32| {
        let p = pixmap.pixel(x, y).unwrap();
        [p.red(), p.green(), p.blue()] == color
    };
    (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))).filter(|(x, y)| is(*x, *y)).count()
}

/// How many pixels of some rows are as dark as ink.
fn dark(pixmap: &Pixmap, rows: std::ops::Range<u32>) -> usize {
    let ink = |x: u32, y: u32| {
        let p = pixmap.pixel(x, y).unwrap();
        p.red().max(p.green()).max(p.blue()) < 110
    };
    rows.flat_map(|y| (0..pixmap.width()).map(move |x| (x, y))).filter(|(x, y)| ink(*x, *y)).count()
}

const LAND: [u8; 3] = [246, 243, 236];
const PIN: [u8; 3] = [179, 38, 30];
const ALL: [u32; 4] = [0, 0, 400, 300];

#[test]
fn a_picture_has_the_size_that_was_asked_for_and_is_the_same_each_time() {
    let town = fixture::town(300);
    for scale in [1, 2] {
        let mut picture = picture(12.0);
        picture.view.scale = scale;
        let pixmap = drawn(&town, &picture);
        assert_eq!((pixmap.width(), pixmap.height()), (400 * scale, 300 * scale));
        assert_eq!(draw(&town, &FONT, &picture), draw(&town, &FONT, &picture));
    }
    for (width, height, scale, zoom) in
        [(99, 300, 1, 9.0), (400, 1281, 1, 9.0), (400, 300, 3, 9.0), (400, 300, 1, f64::NAN)]
    {
        let view = View { width, height, scale, zoom, center: MIDDLE };
        assert!(draw(&town, &FONT, &Picture { view, ..picture(9.0) }).is_none());
    }
}

#[test]
fn the_mark_stands_on_its_position() {
    let town = fixture::town(0);
    let plain = drawn(&town, &picture(16.0));
    assert_eq!(count(&plain, PIN, ALL), 0);
    let marked = drawn(&town, &Picture { mark: Some(MIDDLE), ..picture(16.0) });
    assert!(count(&marked, PIN, [190, 118, 210, 151]) > 150, "the pin is above its point");
    assert_eq!(count(&marked, PIN, [0, 152, 400, 300]), 0, "and nothing of it is below");
}

#[test]
fn the_city_is_on_its_ground_and_points_are_in_their_colour() {
    let town = fixture::town(500);
    let pixmap = drawn(&town, &picture(13.0));
    assert!(count(&pixmap, LAND, ALL) > 40_000, "{}", count(&pixmap, LAND, ALL));
    // All categories of the town have one colour.
    assert!(count(&pixmap, [0x8c, 0x2f, 0x39], ALL) > 100);
    let far = Picture {
        view: View { center: LonLat::new(20.0, 40.0), ..picture(13.0).view },
        ..picture(13.0)
    };
    assert_eq!(count(&drawn(&town, &far), LAND, ALL), 0);
}

#[test]
fn names_are_written_in_both_languages_and_the_title_in_red() {
    let town = fixture::town(300);
    let named = |title: Option<&str>, lang| {
        let title = title.map(str::to_owned);
        drawn(&town, &Picture { mark: Some(MIDDLE), title, lang, ..picture(15.0) })
    };
    let red = |pixmap: &Pixmap| count(pixmap, [140, 20, 20], ALL);
    let bare = named(None, Lang::Zh);
    assert_eq!(red(&bare), 0);
    for title in ["Library of the town", "市民服务中心"] {
        assert!(red(&named(Some(title), Lang::Zh)) > 60, "{title}");
    }
    // What the font lacks is not written with holes in it.
    assert_eq!(red(&named(Some("館\u{10ffff}"), Lang::Zh)), 0);
    assert_ne!(named(None, Lang::En).data(), bare.data());
}

#[test]
fn the_sources_and_the_scale_are_always_said() {
    let mut town = fixture::town(0);
    let ink = |snapshot: &Snapshot, [from, to]: [u32; 2]| {
        dark(&drawn(snapshot, &picture(12.0)), from..to)
    };
    assert!(ink(&town, [285, 300]) > 20, "the sources");
    assert!(ink(&town, [250, 285]) > 60, "the scale");
    let before = ink(&town, [200, 300]);
    town.city.manifest.map.approval_number = "审图号 0000".into();
    assert!(ink(&town, [200, 300]) > before);
    // However much there is to say, it is said, in several lines.
    town.city.manifest.map.attribution = "© those who drew the map ".repeat(20);
    assert!(ink(&town, [200, 270]) > 200);
    let silent = Fonts::new(b"[]", Box::new(|_| None)).unwrap();
    assert!(draw(&town, &silent, &picture(12.0)).is_none(), "no map without its sources");
}

#[test]
fn a_division_that_was_asked_for_stands_out_and_fills_the_picture() {
    let town = fixture::town(0);
    let number = town.divisions.number("111").unwrap();
    let bounds = Bounds { west: 9.95, south: 49.95, east: 10.05, north: 50.05 };
    let view = picture(0.0).view.fit(bounds);
    let chosen = Picture { view, division: Some(number), ..picture(0.0) };
    let strong = count(&drawn(&town, &chosen), [140, 47, 57], ALL);
    assert!(strong > 300, "{strong}");
    let none = count(&drawn(&town, &Picture { division: None, ..chosen }), [140, 47, 57], ALL);
    assert_eq!(none, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_view_of_the_world_can_be_drawn(
        lon in -180.0..=180.0f64, lat in -90.0..=90.0f64, zoom in 0.0..=20.0f64,
        width in MIN_SIDE..=400, height in MIN_SIDE..=400,
    ) {
        static TOWN: LazyLock<Snapshot> = LazyLock::new(|| fixture::town(50));
        let view = View { width, height, scale: 1, zoom, center: LonLat::new(lon, lat) };
        let mark = Some(view.center);
        let picture = Picture { view, mark, ..picture(0.0) };
        prop_assert!(draw(&TOWN, &FONT, &picture).is_some());
    }
}
