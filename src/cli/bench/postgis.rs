//! The same question to `PostGIS`, through `psql`, and its answers held against ours.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::geo::{LonLat, ewkb};
use crate::index::Snapshot;

/// How long `PostGIS` takes to find the lowest covering division of each level, for all
/// positions in one statement, with a `GiST` index on both sides. Loading is not counted.
pub(super) fn covering(
    url: &str,
    snapshot: &Snapshot,
    points: &[LonLat],
) -> Result<Duration, Box<dyn Error>> {
    let mut script = String::from(
        "BEGIN;
         CREATE TEMP TABLE area (level int, number int, geom geometry(MultiPolygon, 4326));
         CREATE TEMP TABLE point (id int, geom geometry(Point, 4326));
         COPY area FROM STDIN;\n",
    );
    for (number, division) in snapshot.city.divisions.iter().enumerate() {
        let Some(area) = &division.area else { continue };
        let (level, geom) = (division.level as u8, ewkb::multipolygon(area));
        writeln!(script, "{level}\t{number}\t{geom}")?;
    }
    script += "\\.\nCOPY point FROM STDIN;\n";
    for (id, p) in points.iter().enumerate() {
        writeln!(script, "{id}\t{}", ewkb::point(*p))?;
    }
    script += "\\.\n
        CREATE INDEX ON area USING gist (geom);
        CREATE INDEX ON point USING gist (geom);
        ANALYZE area; ANALYZE point;
        CREATE TEMP TABLE run (step int, at timestamptz);
        INSERT INTO run VALUES (0, clock_timestamp());
        CREATE TEMP TABLE answer AS SELECT p.id, a.level, min(a.number) AS number
            FROM area a JOIN point p ON ST_Covers(a.geom, p.geom) GROUP BY p.id, a.level;
        INSERT INTO run VALUES (1, clock_timestamp());
        SELECT extract(epoch FROM max(at) - min(at)) FROM run;
        SELECT id, level, number FROM answer;
        ROLLBACK;";
    let mut psql = Command::new("psql")
        .args([url, "-X", "-q", "-A", "-t", "-F", " ", "-v", "ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("psql cannot be started: {e}"))?;
    let mut stdin = psql.stdin.take().ok_or("psql takes no input")?;
    let writer = thread::spawn(move || stdin.write_all(script.as_bytes()));
    let output = psql.wait_with_output()?;
    if !output.status.success() {
        return Err("psql failed; what it said is above".into());
    }
    writer.join().map_err(|_| "the script was not written")??;
    let text = String::from_utf8(output.stdout)?;
    let mut lines = text.lines().filter(|l| !l.is_empty());
    let seconds: f64 = lines.next().ok_or("psql answered nothing")?.parse()?;
    check(snapshot, points, lines)?;
    Ok(Duration::from_secs_f64(seconds))
}

/// Its answers are ours.
fn check<'a>(
    snapshot: &Snapshot,
    points: &[LonLat],
    lines: impl Iterator<Item = &'a str>,
) -> Result<(), Box<dyn Error>> {
    let mut said = vec![[None; 3]; points.len()];
    for line in lines {
        let n = line.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        let [id, level, number] = n[..] else { return Err(format!("psql said {line}").into()) };
        said[id as usize][level as usize] = Some(number);
    }
    let differ = points.iter().zip(&said).filter(|(p, s)| snapshot.divisions.covering(**p) != **s);
    match differ.count() {
        0 => Ok(()),
        n => Err(format!("PostGIS answers {n} positions differently").into()),
    }
}
