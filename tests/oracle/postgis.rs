//! A private PostGIS (`scripts/with-postgis`), spoken to through `psql`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use geo::MultiPolygon;
use servicemap::city::City;
use servicemap::geo::LonLat;

/// A running cluster; it stops when this goes, and also when the test is killed, because
/// its standard input then ends.
pub(crate) struct PostGis {
    child: Child,
    alive: Option<ChildStdin>,
    url: String,
    /// Where the tables are, because several tests may share one server.
    schema: String,
}

impl PostGis {
    pub(crate) fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/with-postgis");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo \"$POSTGIS_URL\"; exec cat >/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/with-postgis starts");
        let alive = child.stdin.take();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(!url.is_empty(), "there is no PostGIS; scripts/test-needs installs it");
        // Each test is a process of its own, or a thread with a name of its own.
        let name = thread::current().name().unwrap_or("oracle").replace(':', "_");
        let schema = format!("{}_{}", &name[..name.len().min(40)], std::process::id());
        let db = Self { child, alive, url, schema };
        db.run(format!("CREATE SCHEMA {};", db.schema));
        db
    }

    /// Runs a script and returns the rows that it selects, split into columns.
    pub(crate) fn run(&self, script: String) -> Vec<Vec<String>> {
        let mut psql = Command::new("psql")
            .env(
                "PGOPTIONS",
                format!("-c search_path={},public -c client_min_messages=warning", self.schema),
            )
            .args([&self.url, "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql starts");
        let mut stdin = psql.stdin.take().unwrap();
        let writer = thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = psql.wait_with_output().unwrap();
        writer.join().unwrap().expect("psql reads the whole script");
        assert!(output.status.success(), "psql failed");
        String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter(|l| !l.is_empty())
            .map(|l| l.split('\t').map(str::to_owned).collect())
            .collect()
    }

    /// The tables `area (level, number, geom)`, as the city has them, and `point (id, geom)`.
    pub(crate) fn load(&self, city: &City, points: &[LonLat]) {
        let mut script = String::from(
            "CREATE TABLE area (level int, number int, geom geometry(MultiPolygon, 4326));
             CREATE TABLE point (id int, geom geometry(Point, 4326));
             COPY area FROM STDIN;\n",
        );
        for (number, division) in city.divisions.iter().enumerate() {
            let Some(area) = &division.area else { continue };
            let _ = writeln!(script, "{}\t{number}\t{}", division.level as u8, multipolygon(area));
        }
        script += "\\.\nCOPY point FROM STDIN;\n";
        for (id, p) in points.iter().enumerate() {
            let _ = writeln!(script, "{id}\t{}", point(*p));
        }
        script += "\\.\n
             CREATE INDEX ON area USING gist (geom);
             CREATE INDEX ON point USING gist (geom);
             ANALYZE area, point;";
        self.run(script);
    }
}

impl Drop for PostGis {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.run(format!("DROP SCHEMA {} CASCADE;", self.schema));
        }
        drop(self.alive.take());
        let _ = self.child.wait();
    }
}

/// Extended well-known binary in hexadecimal, which keeps each bit of a coordinate.
#[derive(Default)]
struct Ewkb(String);

impl Ewkb {
    fn bytes(&mut self, bytes: &[u8]) {
        for b in bytes {
            let _ = write!(self.0, "{b:02x}");
        }
    }

    /// Little-endian; with the SRID on the outermost geometry.
    fn head(&mut self, kind: u32, outermost: bool) {
        self.bytes(&[1]);
        self.bytes(&(kind | u32::from(outermost) << 29).to_le_bytes());
        if outermost {
            self.count(4326);
        }
    }

    fn count(&mut self, n: usize) {
        self.bytes(&(n as u32).to_le_bytes());
    }

    fn coord(&mut self, x: f64, y: f64) {
        self.bytes(&x.to_le_bytes());
        self.bytes(&y.to_le_bytes());
    }
}

fn point(p: LonLat) -> String {
    let mut out = Ewkb::default();
    out.head(1, true);
    out.coord(p.lon, p.lat);
    out.0
}

fn multipolygon(area: &MultiPolygon<f64>) -> String {
    let mut out = Ewkb::default();
    out.head(6, true);
    out.count(area.0.len());
    for polygon in area {
        out.head(3, false);
        out.count(1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            out.count(ring.0.len());
            for c in &ring.0 {
                out.coord(c.x, c.y);
            }
        }
    }
    out.0
}
