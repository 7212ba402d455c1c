//! `servicemap backup` and `servicemap restore`: a copy of all records in one file.

use std::path::{Path, PathBuf};

use super::CommandResult;
use crate::city;
use crate::store::{self, GeoPackage, PostGis, Store as _};

/// What to copy, and to where.
#[derive(Debug, clap::Args)]
pub(super) struct BackupOptions {
    /// The file that is made; it must not exist yet.
    #[arg(value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    records: RecordsAt,
}

/// What to bring back, and to where.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreOptions {
    /// A file that `servicemap backup` has made.
    #[arg(value_name = "IN")]
    from: PathBuf,
    #[command(flatten)]
    records: RecordsAt,
}

/// The records.
#[derive(Debug, clap::Args)]
struct RecordsAt {
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// File (GeoPackage) or postgres:// address of the records.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "DATABASE")]
    database: String,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Copies the records at one moment; servers may run meanwhile.
pub(super) fn backup(options: &BackupOptions) -> CommandResult {
    let (records, out) = (&options.records, &options.out);
    let city = city::load(&records.city)?.manifest.id;
    let seq = if store::is_address(&records.database) {
        GeoPackage::receive(&PostGis::open(&records.database, &city)?, out, &city)?
    } else {
        GeoPackage::copy(Path::new(&records.database), out, &city)?
    };
    say(records, &out.display().to_string(), seq);
    Ok(())
}

/// Makes records from a backup, where there are none.
pub(super) fn restore(options: &RestoreOptions) -> CommandResult {
    let (records, from) = (&options.records, &options.from);
    let city = city::load(&records.city)?.manifest.id;
    if !store::is_address(&records.database) {
        let seq = GeoPackage::copy(from, Path::new(&records.database), &city)?;
        say(records, &records.database, seq);
        return Ok(());
    }
    // A copy of the copy: to open a file is to bring it up to date, and a backup stays as it
    // is.
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("records.gpkg");
    GeoPackage::copy(from, &copy, &city)?;
    let to = PostGis::open(&records.database, &city)?;
    let seq = to.receive(&GeoPackage::open(&copy, &city)?)?;
    say(records, &to.place(), seq);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(records: &RecordsAt, file: &str, seq: u64) {
    if records.json {
        println!("{}", serde_json::json!({ "file": file, "seq": seq }));
    } else {
        println!("{file} has all records up to change {seq}");
    }
}
