//! `servicemap import osm EXTRACT`: any city in one command.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{RecordsAt, wrong_usage};
use crate::city::{self, Lang, Localized};
use crate::cli::CommandResult;
use crate::cli::progress::Progress;
use crate::import::osm::pack::{self, Identity};
use crate::import::osm::{self, Extract, Findings, Levels, Mapping, Wishes};

/// The extract, and what it cannot say.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// An extract of OpenStreetMap (.osm.pbf) that holds one city.
    extract: PathBuf,
    /// Short id of the city: a-z, 0-9 and -; the folder's name if left out.
    #[arg(long)]
    id: Option<String>,
    /// The city's name; that of its area in the extract if left out.
    #[arg(long)]
    name: Option<String>,
    /// The city's English name.
    #[arg(long)]
    name_en: Option<String>,
    /// IANA time zone, such as Asia/Shanghai.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: String,
    /// Which `admin_level` is which level; by what there is if left out.
    #[arg(long, value_name = "N=LEVEL,…", value_parser = Levels::parse)]
    levels: Option<Levels>,
    /// Language of the map: zh or en; by the letters of its names if left out.
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    lang: Option<Lang>,
    /// Which tags make which kind of service point, instead of the mapping that comes along.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

fn zone(name: &str) -> Result<String, String> {
    jiff::tz::TimeZone::get(name).map(|_| name.to_owned()).map_err(|_| "no such zone".to_owned())
}

fn language(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| "zh or en".to_owned())
}

/// Reads the extract, writes the pack into the new folder `--city`, and reads it as the
/// server will.
pub(super) fn run(options: &Options, records: &RecordsAt) -> CommandResult {
    let Some(folder) = records.city.as_deref() else {
        wrong_usage("--city names the folder of the city pack to make")
    };
    if records.database.is_some() {
        wrong_usage(
            "`import osm` makes a city pack; into the records of a city goes `import points` \
             with the same extract",
        );
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!(
            "{} is not empty; --city takes a new folder. Into the records of a city that there \
             is goes `servicemap import points` with the same extract",
            folder.display()
        )
        .into());
    }
    let mapping = match &options.mapping {
        Some(file) => {
            let named = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
            Mapping::parse(&fs::read_to_string(file).map_err(|e| named(&e))?)
                .map_err(|e| named(&e))?
        }
        None => Mapping::shipped()?,
    };
    let wishes = Wishes { levels: options.levels.clone(), language: options.lang };
    let mut progress = Progress::new(&format!("reading {}", options.extract.display()));
    let extract = osm::read(&options.extract, &mapping, &wishes, &mut |elements, part| {
        progress.tell(elements, Some(part));
    })?;
    drop(progress);
    let identity = identity(options, folder, &extract)?;
    if !records.dry_run {
        pack::write(folder, &extract, &mapping, &identity)
            .map_err(|e| format!("{} cannot be written: {e}", folder.display()))?;
        city::load(folder)?;
    }
    say(folder, records, &extract)?;
    Ok(())
}

fn identity(options: &Options, folder: &Path, extract: &Extract) -> Result<Identity, String> {
    let found = extract.city.clone();
    let name = match (&options.name, found) {
        (Some(name), found) => {
            let en = found.filter(|f| f.zh == *name).map(|f| f.en).unwrap_or_default();
            Localized { zh: name.clone(), en }
        }
        (None, Some(found)) => found,
        (None, None) => {
            return Err("no area in the extract holds nearly everything, so the city's name is \
                        not known; give it with --name"
                .to_owned());
        }
    };
    let en = options.name_en.clone().unwrap_or(name.en);
    let own = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let id = options.id.clone().unwrap_or(own);
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(is_code) {
        return Err(format!("\"{id}\" cannot be the city's id (a-z, 0-9, -); give one with --id"));
    }
    let time_zone = options.time_zone.clone();
    Ok(Identity { id, name: Localized { zh: name.zh, en }, time_zone })
}

/// What was made, and what could not be used.
fn say(folder: &Path, records: &RecordsAt, extract: &Extract) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let report = &extract.report;
    let findings = [
        ("opening hours not understood, left out", &report.hours_unknown),
        ("points that are there twice, as a node and an area", &report.twice),
        ("divisions of which the extract has only a part, left out", &report.cut),
        ("divisions whose border cannot be closed, kept without an area", &report.broken),
        ("borders that crossed themselves, drawn anew", &report.repaired),
        ("populations without a day, left out", &report.undated),
    ];
    let levels: Vec<String> = extract
        .levels
        .pairs()
        .iter()
        .map(|(number, level)| format!("{number}={}", level.key()))
        .collect();
    if records.json {
        let list = |f: &Findings| json!({ "count": f.count, "listed": f.listed });
        let done = json!({
            "city": folder,
            "dry_run": records.dry_run,
            "elements": { "nodes": report.elements[0], "ways": report.elements[1],
                          "relations": report.elements[2] },
            "points": extract.points.len(),
            "divisions": extract.divisions.len(),
            "levels": levels,
            "places": extract.places.len(),
            "roads": extract.roads.len(),
            "opening_hours": report.hours,
            "opening_hours_not_understood": list(&report.hours_unknown),
            "twice": list(&report.twice),
            "divisions_cut": list(&report.cut),
            "divisions_broken": list(&report.broken),
            "divisions_repaired": list(&report.repaired),
            "populations_left_out": list(&report.undated),
        });
        return writeln!(out, "{done:#}");
    }
    let [nodes, ways, relations] = report.elements;
    writeln!(out, "read     {nodes} nodes, {ways} ways, {relations} relations")?;
    writeln!(out, "points   {}, {} with opening hours", extract.points.len(), report.hours)?;
    let levels = if levels.is_empty() { "none found".to_owned() } else { levels.join(",") };
    writeln!(out, "borders  {} divisions (--levels {levels})", extract.divisions.len())?;
    writeln!(out, "places   {}, roads {}", extract.places.len(), extract.roads.len())?;
    for (what, found) in findings.iter().filter(|(_, found)| found.count > 0) {
        writeln!(out, "\n{} {what}:", found.count)?;
        for line in &found.listed {
            writeln!(out, "  {line}")?;
        }
        if found.count > found.listed.len() as u64 {
            writeln!(out, "  …")?;
        }
    }
    if records.dry_run {
        return writeln!(out, "\nnothing was written");
    }
    writeln!(out, "\nservicemap serve --city {}", folder.display())
}
