//! The public figures: what is told without a key, and what follows from it.

mod attack;
mod equations;
mod silence;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use servicemap::store::{self, Kind};

use crate::cluster::Cluster;
use crate::harness::{Server, city};
use crate::packs;
use crate::tiles::{number, properties};
use crate::writes::make_key;

/// Runs the program on a database.
fn run(database: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_servicemap"))
        .args(arguments)
        .env("SERVICEMAP_CITY", city())
        .env("SERVICEMAP_DATABASE", database)
        .output()
        .unwrap()
}

fn done(database: &str, arguments: &[&str]) -> Vec<u8> {
    let output = run(database, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A place in the middle of the city, and steps from it in degrees.
fn at(east: f64, south: f64) -> String {
    format!("{},{}", 116.4 + east, 39.93 - south)
}

/// Months in which few tickets are beside many, and on the borders of tiles: by month how many
/// at which place.
fn cases() -> Vec<(&'static str, Vec<(usize, String)>)> {
    let nowhere = || ",".to_owned();
    // Borders of tiles of zoom 12 lie at multiples of 360/4096 degrees.
    let border = 360.0 / 4096.0 * 1324.0;
    vec![
        ("2020-01", vec![(19, at(0.0, 0.0)), (20, at(0.03, 0.0))]),
        ("2020-02", vec![(100, at(0.0, 0.0))]),
        ("2020-03", vec![(19, at(-0.6, 0.2)), (60, at(0.0, 0.0)), (60, at(0.05, 0.0))]),
        (
            "2020-04",
            vec![
                (25, format!("{border},39.93")),
                (25, format!("{},39.93", border - 1e-9)),
                (1, format!("{},40.5", border - 0.5)),
            ],
        ),
        ("2020-05", vec![(19, at(0.0, 0.0))]),
        // A corner of four tiles of zoom 8 is between them.
        (
            "2020-06",
            [(0.2, 0.0), (0.34, 0.0), (0.2, 0.04), (0.34, 0.04)]
                .map(|(east, south)| (19, at(east, south)))
                .to_vec(),
        ),
        ("2020-07", vec![(20, at(0.0, 0.0)), (20, at(0.2, 0.2)), (19, nowhere())]),
        (
            "2020-08",
            vec![(20, at(0.0, 0.0)), (20, at(0.2, 0.2)), (2, at(0.5, 0.0)), (20, nowhere())],
        ),
        ("2020-09", vec![(19, at(0.0, 0.0)), (1, nowhere())]),
    ]
}

/// Tickets of the given months, as a file that `import tickets` reads.
fn csv(of: &[(&str, Vec<(usize, String)>)]) -> String {
    let mut csv = "id,category,requested_at,lon,lat\n".to_owned();
    for (month, places) in of {
        for (i, (count, at)) in places.iter().enumerate() {
            for n in 0..*count {
                writeln!(csv, "{month}-{i}-{n},noise,{month}-15 12:00,{at}").unwrap();
            }
        }
    }
    csv
}

fn import(folder: &Path, database: &str, tickets: &str) {
    let file = folder.join("tickets.csv");
    std::fs::write(&file, tickets).unwrap();
    done(database, &["import", "tickets", "--crs", "wgs84", file.to_str().unwrap()]);
}

/// A city with made-up tickets of 36 months, the cases, and all releases that are due.
struct Released {
    folder: tempfile::TempDir,
    database: String,
}

impl Released {
    fn new(count: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("city.gpkg").display().to_string();
        done(&database, &["generate", "tickets", "--count", count, "--until", "2023-12-31"]);
        import(folder.path(), &database, &csv(&cases()));
        done(&database, &["release", "make"]);
        Self { folder, database }
    }

    fn path(&self) -> PathBuf {
        self.database.clone().into()
    }

    fn serve(&self) -> Server {
        Server::start_with(&city(), &["--database", &self.database])
    }
}

#[test]
fn figures_are_released_once_and_told_without_a_key() {
    let released = Released::new("3000");
    let again: Value =
        serde_json::from_slice(&done(&released.database, &["release", "make", "--json"])).unwrap();
    assert_eq!(again["months"], serde_json::json!([]), "no month is released twice");
    let refused = run(&released.database, &["release", "make", "--month", "2020-02"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("figures stay as they are"));
    let refused = run(&released.database, &["release", "make", "--month", "2020-05"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("20 tickets or more"));

    let server = released.serve();
    let list = server.json("/v1/release");
    let months = list["releases"].as_array().unwrap();
    let month = |name: &str| months.iter().find(|m| m["month"] == name).unwrap();
    assert!(!months.iter().any(|m| m["month"] == "2020-05"), "it has 19 tickets");
    for (name, cells, total, elsewhere) in [
        ("2020-01", 1, 39, Value::Null),
        ("2020-02", 1, 100, Value::Null),
        ("2020-03", 1, 139, Value::Null),
        ("2020-04", 2, 50, Value::Null),
        ("2020-06", 1, 76, Value::Null),
        ("2020-07", 2, 40, Value::Null),
        ("2020-08", 2, 62, 22.into()),
        ("2020-09", 0, 20, 20.into()),
    ] {
        let found = month(name);
        assert_eq!((&found["cells"], &found["total"]), (&cells.into(), &total.into()), "{found}");
        assert_eq!(found["elsewhere"], elsewhere, "{found}");
        assert_eq!((&found["k"], &found["method"]), (&20.into(), &1.into()));
        assert!(found.get("seq").is_none(), "numbers of the log count writes");
    }

    let answer = server.get("/v1/release/2020-08");
    assert_eq!(answer.header("cache-control"), "public, max-age=86400, immutable");
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let tag = answer.header("etag").to_owned();
    let same = server.get_with("/v1/release/2020-08", &[("if-none-match", &tag)]);
    assert_eq!((same.status, same.header("cache-control").contains("immutable")), (304, true));
    assert_eq!(server.json("/v1/release?month=2020-08"), answer.json());
    let features = answer.json()["features"].take();
    for feature in features.as_array().unwrap() {
        assert_eq!(feature["properties"]["count"], 20);
        let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
        assert_eq!((ring.len(), &ring[0]), (5, &ring[4]));
    }
    let table = server.get("/v1/release/2020-08?format=csv").text();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "month,z,x,y,west,south,east,north,count");
    assert_eq!((rows.len(), rows[3]), (4, "2020-08,,,,,,,,22"));

    // Afterwards nothing changes them.
    import(
        released.folder.path(),
        &released.database,
        &csv(&[("2020-08", vec![(9, at(0.0, 0.0))])]),
    );
    done(&released.database, &["release", "make"]);
    assert_eq!(server.get("/v1/release/2020-08").body, answer.body);
    server.assert_log_clean();
}

#[test]
fn without_a_key_density_gives_whole_released_months_and_nothing_else() {
    let released = Released::new("3000");
    let server = released.serve();
    let all = server.json("/v1/density");
    let list = server.json("/v1/release");
    let totals = list["releases"].as_array().unwrap().iter().map(|m| m["total"].as_u64().unwrap());
    assert_eq!(all["total"], totals.sum::<u64>());
    let one = server.json("/v1/density?from=2020-08-01&to=2020-09-01&zoom=12&grid=5");
    assert_eq!((&one["total"], &one["elsewhere"]), (&62.into(), &22.into()));
    assert_eq!(one["months"], serde_json::json!(["2020-08"]));
    let cells = one["cells"].as_array().unwrap();
    assert!(cells.iter().all(|cell| cell["count"] == 20 && cell["z"].as_u64() < Some(17)), "{one}");
    // Tiles have the same figures, and children those of their parent.
    let months = "from=2020-08-01&to=2020-09-01";
    let tile = |z: u32, x: u32, y: u32| -> u64 {
        let tile = server.get(&format!("/tiles/density/{z}/{x}/{y}?{months}"));
        assert!(!tile.header("cache-control").contains("private"));
        if tile.status == 204 {
            return 0;
        }
        properties(&tile.body, "density").iter().map(|p| number(p.get("count"))).sum()
    };
    assert_eq!(tile(0, 0, 0), 40);
    let mut tiles = vec![(0, 0)];
    for z in 1..=12 {
        let quarters = |(x, y): &(u32, u32)| {
            [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| (2 * x + i, 2 * y + j))
        };
        tiles = tiles.iter().flat_map(quarters).filter(|(x, y)| tile(z, *x, *y) > 0).collect();
        assert_eq!(tiles.iter().map(|(x, y)| tile(z, *x, *y)).sum::<u64>(), 40, "zoom {z}");
    }
    // A cell that is larger than a tile is drawn in all that it covers, with all of its count.
    let (x, y) = tiles[0];
    let deep = server.get(&format!("/tiles/density/18/{}/{}?shape=cell&{months}", x << 6, y << 6));
    for cell in properties(&deep.body, "density") {
        assert_eq!(number(cell.get("count")), 20);
    }

    // Far from the one cell, and beside it: it is given whole or not at all.
    let boxed =
        server.json("/v1/density?from=2020-02-01&to=2020-03-01&bbox=116.39,39.92,116.392,39.921");
    assert_eq!((&boxed["total"], boxed.get("elsewhere")), (&100.into(), None));
    let boxed = server.json("/v1/density?from=2020-02-01&to=2020-03-01&bbox=10,10,11,11");
    assert_eq!((&boxed["total"], &boxed["cells"]), (&0.into(), &serde_json::json!([])));
    for asked in [
        "category=noise",
        "status=open",
        "hour=8",
        "division=110101",
        "from=2020-08-02",
        "from=2020-08-01&to=2020-08-15",
        "from=2020-05-01&to=2020-06-01",
        "to=2024-03-24",
        "metric=rate",
    ] {
        let answer = server.get(&format!("/v1/density?{asked}"));
        answer.problem(401);
        assert!(answer.text().contains("analyst"), "{}", answer.text());
    }
    assert_eq!(server.get("/v1/density?zoom=99&bbox=1,2,3").problem(400), ["zoom", "bbox"]);
    assert_eq!(server.get("/v1/release?month=2020-1&format=xls").problem(400), ["month", "format"]);
    assert_eq!(server.get("/v1/release?format=csv").problem(400), ["format"]);
    for path in ["/v1/release/2020-05", "/v1/release/2024-03", "/v1/release/soon"] {
        server.get(path).problem(404);
    }
    let agent = make_key(&city(), &released.path(), "agent");
    let bearer = format!("Bearer {agent}");
    let start = Instant::now();
    // The key is known within a second.
    while server.get_with("/v1/density", &[("authorization", &bearer)]).status != 403 {
        assert!(start.elapsed() < Duration::from_mins(1));
    }
    server.assert_log_clean();
}

#[test]
fn public_figures_are_exported() {
    let released = Released::new("3000");
    let out = released.folder.path().join("figures.csv");
    let out = out.to_str().unwrap();
    done(&released.database, &["export", "release", out, "--month", "2020-08"]);
    let table = std::fs::read_to_string(out).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[0], "month,k,z,x,y,count,wkt");
    assert_eq!((rows.len(), rows[3]), (4, "2020-08,20,,,,22,"));
    assert!(rows[1].contains(",20,\"MULTIPOLYGON"), "{table}");
    let all = released.folder.path().join("figures.geojson");
    done(&released.database, &["export", "release", all.to_str().unwrap()]);
    let all: Value = serde_json::from_slice(&std::fs::read(all).unwrap()).unwrap();
    assert!(all["features"].as_array().unwrap().len() > 8);
    let refused = run(&released.database, &["export", "release", out, "--month", "2020-05"]);
    assert!(!refused.status.success());
}

#[test]
fn of_servers_that_share_a_database_one_releases_by_itself() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let database = cluster.address();
    let pack = packs::copy();
    packs::edit(pack.path(), "city.toml", |text| {
        text.replace("[search]\n", "[release]\nquiet_minutes = 0\n\n[search]\n")
    });
    import(folder.path(), &database, &csv(&cases()));
    let servers = [(); 2].map(|()| Server::start_with(pack.path(), &["--database", &database]));
    let expected = cases().len() - 1;
    let [one, other] = servers.each_ref().map(|server| {
        let start = Instant::now();
        loop {
            let list = server.json("/v1/release");
            if list["releases"].as_array().unwrap().len() == expected {
                return list;
            }
            assert!(start.elapsed() < Duration::from_mins(1), "{list}");
        }
    });
    assert_eq!(one, other);
    let store = store::open(&database, "beijing").unwrap();
    assert_eq!(store.entries(Kind::Release, 0).unwrap().len(), expected);
    for server in servers {
        server.assert_log_clean();
    }
}
