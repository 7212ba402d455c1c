//! `servicemap backup` and `servicemap restore`: a copy of all records in one file.

use std::path::{Path, PathBuf};

use super::CommandResult;
use crate::city;
use crate::store::{self, GeoPackage};

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
    /// File (GeoPackage) of the records.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "FILE")]
    database: String,
    /// Report as one JSON object.
    #[arg(long)]
    json: bool,
}

impl RecordsAt {
    /// The id of the city, and the file.
    fn read(&self, for_a_database: &str) -> Result<(String, &Path), Box<dyn std::error::Error>> {
        if store::is_address(&self.database) {
            return Err(for_a_database.into());
        }
        let city = city::load(&self.city)?.manifest.id;
        Ok((city, Path::new(&self.database)))
    }
}

/// Copies the records at one moment; a server may run meanwhile.
pub(super) fn backup(options: &BackupOptions) -> CommandResult {
    let records = &options.records;
    let (city, file) = records.read(
        "a database of PostgreSQL is backed up by its own program, while servers run: \
         pg_dump --format=custom --file=OUT DATABASE",
    )?;
    let seq = GeoPackage::copy(file, &options.out, &city)?;
    say(records, &options.out, seq);
    Ok(())
}

/// Makes records from a backup, where there are none.
pub(super) fn restore(options: &RestoreOptions) -> CommandResult {
    let records = &options.records;
    let (city, file) = records.read(
        "a database of PostgreSQL is brought back by its own program, into an empty one: \
         pg_restore --dbname=DATABASE IN",
    )?;
    let seq = GeoPackage::copy(&options.from, file, &city)?;
    say(records, file, seq);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(records: &RecordsAt, made: &Path, seq: u64) {
    let file = made.display().to_string();
    if records.json {
        println!("{}", serde_json::json!({ "file": file, "seq": seq }));
    } else {
        println!("{file} has all records up to change {seq}");
    }
}
