//! The same tiles from `PostGIS`, as a tile server asks for them.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::cold::Medians;
use crate::geo::{TileId, ewkb};
use crate::index::Snapshot;

/// The median time of `ST_AsMVT` for the points of each tile: single from zoom 14, below
/// it counted in the same grid of 8 × 8 cells as ours, with the most frequent category
/// left out, which SQL would make slower still. Loading is not counted; the clock is the
/// database's own, so that no connection is in it.
pub(super) fn medians(
    url: &str,
    snapshot: &Snapshot,
    tiles: &[(u8, Vec<TileId>)],
) -> Result<Medians, Box<dyn Error>> {
    let mut script = String::from(
        "BEGIN;
         CREATE TEMP TABLE point (id text, name text, name_en text, category text, icon text,
             color text, bookable boolean, at geometry(Point, 4326));
         CREATE TEMP TABLE tile (z int, x int, y int);
         CREATE TEMP TABLE run (z int, took double precision);
         COPY point FROM STDIN;\n",
    );
    let city = &snapshot.city;
    let categories: Vec<_> = city.categories.iter().collect();
    for (number, point) in city.points.iter().enumerate() {
        let facts = snapshot.points.facts(number as u32);
        let (icon, color) = categories
            .get(facts.category)
            .map_or(("", ""), |c| (c.icon.as_str(), c.color.as_str()));
        let (name, booked) = (&point.name, if facts.bookable { "t" } else { "f" });
        let at = ewkb::point(point.location);
        let (id, category) = (&point.id, &point.category);
        writeln!(
            script,
            "{id}\t{}\t{}\t{category}\t{icon}\t{color}\t{booked}\t{at}",
            name.zh, name.en
        )?;
    }
    script += "\\.\nCOPY tile FROM STDIN;\n";
    for TileId { z, x, y } in tiles.iter().flat_map(|(_, tiles)| tiles) {
        writeln!(script, "{z}\t{x}\t{y}")?;
    }
    script += "\\.\n
        ALTER TABLE point ADD COLUMN geom geometry(Point, 3857);
        UPDATE point SET geom = ST_Transform(at, 3857);
        CREATE INDEX ON point USING gist (geom);
        ANALYZE point;
        DO $$
        DECLARE t record; start timestamptz; box geometry; cell double precision;
        BEGIN
            FOR t IN SELECT * FROM tile LOOP
                start := clock_timestamp();
                box := ST_TileEnvelope(t.z, t.x, t.y);
                cell := (ST_XMax(box) - ST_XMin(box)) / 8;
                IF t.z < 14 THEN
                    PERFORM ST_AsMVT(q, 'points', 4096, 'mvt') FROM (
                        SELECT ST_AsMVTGeom(ST_Centroid(ST_Collect(geom)), box, 4096, 0) AS mvt,
                            count(*) AS point_count,
                            count(*) FILTER (WHERE bookable) AS bookable_count
                        FROM point WHERE geom && box
                        GROUP BY floor(ST_X(geom) / cell), floor(ST_Y(geom) / cell)) q;
                ELSE
                    PERFORM ST_AsMVT(q, 'points', 4096, 'mvt') FROM (
                        SELECT ST_AsMVTGeom(geom, box, 4096, 0) AS mvt,
                            id, name, name_en, category, icon, color, bookable
                        FROM point WHERE geom && box) q;
                END IF;
                INSERT INTO run VALUES (t.z, extract(epoch FROM clock_timestamp() - start));
            END LOOP;
        END $$;
        SELECT z, percentile_disc(0.5) WITHIN GROUP (ORDER BY took) FROM run GROUP BY z ORDER BY z;
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
    let mut medians = Medians::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (z, seconds) = line.split_once(' ').ok_or_else(|| format!("psql said {line}"))?;
        medians.insert(z.parse()?, Duration::from_secs_f64(seconds.parse()?));
    }
    Ok(medians)
}
