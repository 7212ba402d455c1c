//! A whole city pack written out of an extract.
//!
//! The folder appears when everything is in it, under its name, or not at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use geo::{Geometry, MultiLineString};
use geozero::ToJson;
use serde_json::json;

use super::{Extract, Found, Mapping};
use crate::city::{Division, Lang, Level, Localized, Place, Road};

/// How far a border may be off: the surveyors of OpenStreetMap mostly draw from pictures.
const ACCURACY_M: f64 = 50.0;

/// What an extract cannot say of a city.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Short id: a–z, 0–9, `-`.
    pub id: String,
    /// Its name.
    pub name: Localized,
    /// IANA time zone.
    pub time_zone: String,
}

/// Writes the pack into `folder`, which must not exist yet, or be empty.
///
/// # Errors
/// Where the folder is in use or cannot be written; then nothing is left of the pack.
pub fn write(
    folder: &Path,
    extract: &Extract,
    mapping: &Mapping,
    identity: &Identity,
) -> io::Result<()> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(io::Error::other(format!("{} is not empty", folder.display())));
    }
    let unfinished = beside(folder)?;
    let pack = Pack { root: &unfinished, extract, mapping, identity };
    let written = pack.write().and_then(|()| {
        // An empty folder may be replaced, a file or a full one may not.
        fs::rename(&unfinished, folder)
    });
    if written.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    written
}

/// A new folder beside the one that is to be.
fn beside(folder: &Path) -> io::Result<PathBuf> {
    let name = folder.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let above = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(above)?;
    let name = format!(".{}.unfinished-{}", name.to_string_lossy(), std::process::id());
    let path = above.join(name);
    fs::create_dir(&path)?;
    Ok(path)
}

struct Pack<'a> {
    root: &'a Path,
    extract: &'a Extract,
    mapping: &'a Mapping,
    identity: &'a Identity,
}

impl Pack<'_> {
    fn write(&self) -> io::Result<()> {
        fs::create_dir(self.root.join("divisions"))?;
        self.text("city.toml", &self.manifest())?;
        self.text("categories.toml", &self.categories())?;
        self.text("matters.toml", MATTERS)?;
        self.text("SOURCES.md", &self.sources())?;
        let websites: Vec<&Found> =
            self.extract.points.iter().filter(|f| f.website.is_some()).collect();
        if !websites.is_empty() {
            self.text("portals.toml", &portals(&websites))?;
        }
        self.points()?;
        self.places(&self.extract.places)?;
        self.lines("roads.geojsonl", self.extract.roads.iter().map(road))?;
        for level in self.levels() {
            let of_level = self.extract.divisions.iter().filter(|d| d.level == level);
            self.lines(file(level), of_level.map(division))?;
        }
        Ok(())
    }

    /// Levels of the pack: at least one, though it may have no divisions.
    fn levels(&self) -> Vec<Level> {
        let found: Vec<Level> = self.extract.levels.pairs().iter().map(|(_, l)| *l).collect();
        if found.is_empty() { vec![Level::District] } else { found }
    }

    fn create(&self, file: &str) -> io::Result<io::BufWriter<fs::File>> {
        Ok(io::BufWriter::new(fs::File::create(self.root.join(file))?))
    }

    fn text(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.root.join(file), text)
    }

    fn lines(
        &self,
        file: &str,
        features: impl Iterator<Item = io::Result<serde_json::Value>>,
    ) -> io::Result<()> {
        let mut out = self.create(file)?;
        for feature in features {
            serde_json::to_writer(&mut out, &feature?)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    fn manifest(&self) -> String {
        let Identity { id, name, time_zone } = self.identity;
        let languages = match self.extract.language {
            Lang::Zh => r#"["zh", "en"]"#,
            Lang::En => r#"["en", "zh"]"#,
        };
        let b = self.extract.bounds;
        let (lon, lat) = (f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north));
        // The whole city across a page of a thousand pixels.
        let zoom = (720.0 / (b.east - b.west).max(1e-3)).log2().clamp(2.0, 15.0);
        let mut text = format!(
            "format = 1\nid = {}\nname = {}\ntime_zone = {}\nlanguages = {languages}\n\
             crs = \"wgs84\"\nbounds = [{}, {}, {}, {}]\ncenter = [{lon}, {lat}]\nzoom = {zoom:.1}\n",
            quoted(id),
            localized(name),
            quoted(time_zone),
            b.west,
            b.south,
            b.east,
            b.north,
        );
        for level in self.levels() {
            let name = match level {
                Level::District => ("区", "District"),
                Level::Township => ("街道（乡镇）", "Township"),
                Level::Community => ("社区（村）", "Community"),
            };
            let name = Localized { zh: name.0.to_owned(), en: name.1.to_owned() };
            let _ = write!(
                text,
                "\n[[level]]\nkey = \"{}\"\nname = {}\nfile = \"{}\"\nquality = \"approximate\"\n\
                 accuracy_m = {ACCURACY_M}\n",
                level.key(),
                localized(&name),
                file(level),
            );
        }
        let _ = write!(
            text,
            "\n[search]\ndrop_prefixes = [{}]\n\n[map]\nattribution = {}\n\n\
             [[source]]\nid = \"osm\"\nname = \"OpenStreetMap\"\nlicence = \"ODbL-1.0\"\n\
             url = \"https://www.openstreetmap.org/copyright\"\nattribution = {}\n",
            quoted(&name.zh),
            quoted(ATTRIBUTION),
            quoted(ATTRIBUTION),
        );
        text
    }

    /// The kinds of which there is a point, and the groups above them.
    fn categories(&self) -> String {
        let kinds = self.mapping.kinds();
        let mut used: BTreeSet<&str> =
            self.extract.points.iter().map(|f| f.point.category.as_str()).collect();
        // As often as groups may lie in each other.
        for _ in 0..kinds.len() {
            let above = kinds.iter().filter(|k| used.contains(k.code.as_str()));
            let above: Vec<&str> = above.filter_map(|k| k.parent.as_deref()).collect();
            let before = used.len();
            used.extend(above);
            if used.len() == before {
                break;
            }
        }
        if used.is_empty() {
            return "category = []\n".to_owned();
        }
        let mut text = String::new();
        for kind in kinds.iter().filter(|k| used.contains(k.code.as_str())) {
            let _ = write!(text, "[[category]]\ncode = {}\n", quoted(&kind.code));
            if let Some(parent) = &kind.parent {
                let _ = writeln!(text, "parent = {}", quoted(parent));
            }
            let aliases: Vec<String> = kind.aliases.iter().map(|a| quoted(a)).collect();
            let _ = write!(
                text,
                "name = {}\nicon = {}\ncolor = {}\nimportance = {}\naliases = [{}]\n\n",
                localized(&kind.name),
                quoted(&kind.icon),
                quoted(&kind.color),
                kind.importance,
                aliases.join(", "),
            );
        }
        text
    }

    fn sources(&self) -> String {
        let Extract { points, divisions, places, roads, .. } = self.extract;
        let seen = points.first().and_then(|f| f.point.observed_at);
        let cut = seen.map_or_else(String::new, |day| format!(", as of {day}"));
        format!(
            "# Sources\n\nEverything in this folder comes from an extract of \
             [OpenStreetMap](https://www.openstreetmap.org/copyright){cut}: {} service points, \
             {} divisions, {} streets, stops, buildings, addresses and waters, {} roads. It is \
             made by its contributors and licensed under the Open Database Licence (ODbL) 1.0: \
             whoever shows it says \"{ATTRIBUTION}\", and whoever passes on a changed database \
             does so under the same licence.\n\nBorders are marked `approximate`: they are not \
             those of the responsible office.\n",
            points.len(),
            divisions.len(),
            places.len(),
            roads.len(),
        )
    }

    fn points(&self) -> io::Result<()> {
        let mut out = csv::Writer::from_writer(self.create("points.csv")?);
        out.write_record([
            "id",
            "name",
            "name_en",
            "aliases",
            "category",
            "address",
            "phone",
            "opening_hours",
            "accessibility",
            "lon",
            "lat",
            "source",
            "observed_at",
        ])?;
        for Found { point: p, .. } in &self.extract.points {
            out.write_record([
                &p.id,
                &p.name.zh,
                &p.name.en,
                &p.aliases.join(";"),
                &p.category,
                p.address.as_deref().unwrap_or_default(),
                p.phone.as_deref().unwrap_or_default(),
                p.hours.as_ref().map(crate::city::hours::Hours::raw).unwrap_or_default(),
                &p.accessibility.join(";"),
                &degrees(p.location.lon),
                &degrees(p.location.lat),
                &p.source,
                &p.observed_at.map(|day| day.to_string()).unwrap_or_default(),
            ])?;
        }
        out.flush()
    }

    fn places(&self, places: &[Place]) -> io::Result<()> {
        let mut out = csv::Writer::from_writer(self.create("places.csv")?);
        out.write_record([
            "id", "name", "name_en", "kind", "class", "lon", "lat", "extent_m", "source",
        ])?;
        for p in places {
            out.write_record([
                &p.id,
                &p.name.zh,
                &p.name.en,
                p.kind.key(),
                &p.class,
                &degrees(p.location.lon),
                &degrees(p.location.lat),
                &format!("{:.0}", p.extent_m),
                &p.source,
            ])?;
        }
        out.flush()
    }
}

const ATTRIBUTION: &str = "© OpenStreetMap contributors";
const MATTERS: &str = "# What people come to an office for. OpenStreetMap does not know: see \
                       docs/city-pack.md for how to say it.\nmatter = []\n";

const fn file(level: Level) -> &'static str {
    match level {
        Level::District => "divisions/districts.geojsonl",
        Level::Township => "divisions/townships.geojsonl",
        Level::Community => "divisions/communities.geojsonl",
    }
}

/// A string of TOML. That of JSON is one, where there are no control characters.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn localized(name: &Localized) -> String {
    if name.en.is_empty() {
        return format!("{{ zh = {} }}", quoted(&name.zh));
    }
    format!("{{ zh = {}, en = {} }}", quoted(&name.zh), quoted(&name.en))
}

/// Degrees as OpenStreetMap has them: to the seventh place, about a centimetre.
fn degrees(value: f64) -> String {
    let text = format!("{value:.7}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn portals(websites: &[&Found]) -> String {
    let mut text = String::new();
    for Found { point, website } in websites {
        let Some(url) = website else { continue };
        let _ = write!(
            text,
            "[[portal]]\nid = \"web-{}\"\nname = {{ zh = \"网站\", en = \"Website\" }}\nurl = {}\n\
             deep = true\nchannel = \"website\"\npoints = [{}]\nstatus = \"unchecked\"\n\
             source = \"osm\"\n\n",
            point.id,
            quoted(url),
            quoted(&point.id),
        );
    }
    text
}

fn geometry(geometry: &Geometry<f64>) -> io::Result<serde_json::Value> {
    let text = geometry.to_json().map_err(io::Error::other)?;
    Ok(serde_json::from_str(&text)?)
}

fn road(road: &Road) -> io::Result<serde_json::Value> {
    let lines: &MultiLineString<f64> = &road.lines;
    Ok(json!({
        "type": "Feature",
        "properties": {
            "name": road.name, "class": road.class.key(), "schematic": road.schematic,
        },
        "geometry": geometry(&Geometry::MultiLineString(lines.clone()))?,
    }))
}

fn division(d: &Division) -> io::Result<serde_json::Value> {
    let area = d.area.clone().map(|area| geometry(&Geometry::MultiPolygon(area))).transpose()?;
    Ok(json!({
        "type": "Feature",
        "properties": {
            "code": d.code, "name": d.name.zh, "name_en": d.name.en, "aliases": d.aliases,
            "parent": d.parent, "quality": d.quality, "source": d.source,
            "population": d.residents.map(|r| r.count),
            "population_at": d.residents.map(|r| r.on.to_string()),
        },
        "geometry": area,
    }))
}
