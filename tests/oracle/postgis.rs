//! A private PostGIS (`scripts/with-postgis`), spoken to through `psql`.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

use servicemap::city::City;
use servicemap::geo::{LonLat, ewkb};

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
            let _ = writeln!(
                script,
                "{}\t{number}\t{}",
                division.level as u8,
                ewkb::multipolygon(area)
            );
        }
        script += "\\.\nCOPY point FROM STDIN;\n";
        for (id, p) in points.iter().enumerate() {
            let _ = writeln!(script, "{id}\t{}", ewkb::point(*p));
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
