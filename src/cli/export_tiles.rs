//! `servicemap export pmtiles`: the map as one file, for a host that serves only files.

use std::path::PathBuf;

use clap::Args;

use super::CommandResult;
use crate::city::{self, Lang};
use crate::index::{Follower, Snapshot};
use crate::store;
use crate::tiles::archive::{self, Plan};
use crate::tiles::{LayerSet, MAX_ZOOM};

/// Which layers, from where, to where.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The archive that is made; replaced when the new one is whole.
    out: PathBuf,
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// Where the records are kept; the pack alone without it.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "FILE|URL")]
    database: Option<String>,
    /// The layers, separated by commas.
    #[arg(long, default_value = "points,divisions,places,roads", value_parser = layers)]
    layers: LayerSet,
    /// The lowest zoom.
    #[arg(long, value_name = "ZOOM", default_value_t = 0, value_parser = zoom())]
    min_zoom: u8,
    /// The deepest zoom. Maps draw the deepest tiles larger, so 14 is mostly enough.
    #[arg(long, value_name = "ZOOM", default_value_t = 14, value_parser = zoom())]
    max_zoom: u8,
    /// Say what was written as JSON.
    #[arg(long)]
    json: bool,
}

fn layers(text: &str) -> Result<LayerSet, String> {
    LayerSet::parse(text).map_err(|e| e.to_string())
}

fn zoom() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(0..=i64::from(MAX_ZOOM))
}

pub(super) fn run(options: &Options) -> CommandResult {
    if options.min_zoom > options.max_zoom {
        return Err("--min-zoom is deeper than --max-zoom".into());
    }
    let pack = city::load(&options.city)?;
    let lang = pack.manifest.default_lang();
    let snapshot = Snapshot::build(records(pack, options.database.as_deref())?);
    let plan =
        Plan { layers: options.layers.clone(), zooms: options.min_zoom..=options.max_zoom, lang };
    let written = archive::export(&snapshot, &plan, &options.out, |zoom, tiles| {
        note(&format!("zoom {zoom}: {tiles} tiles"));
    })?;
    let (file, title) = (options.out.display(), snapshot.city.manifest.name.get(Lang::En));
    if options.json {
        let (tiles, contents, bytes) = (written.tiles, written.contents, written.bytes);
        say(&serde_json::json!({ "tiles": tiles, "contents": contents, "bytes": bytes })
            .to_string());
    } else {
        let (tiles, contents, kib) = (written.tiles, written.contents, written.bytes / 1024);
        say(&format!("{title}: {tiles} tiles, {contents} of them different, {kib} KiB in {file}"));
    }
    Ok(())
}

/// The city as its records say, where they are kept apart from the pack.
fn records(
    pack: city::City,
    database: Option<&str>,
) -> Result<city::City, Box<dyn std::error::Error>> {
    let Some(database) = database else { return Ok(pack) };
    let store = store::open(database, &pack.manifest.id)?;
    let records = store.load()?;
    // As a server would: a database without records gets those of the pack.
    if records.seq == 0 {
        return Ok(pack);
    }
    Ok(Follower::new(pack, records).city())
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "progress is for whoever waits")]
fn note(text: &str) {
    eprintln!("{text}");
}
