//! `servicemap key`: makes, lists and revokes the keys to the interface.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::CommandResult;
use crate::access::{Key, Role};
use crate::city::{self, City};
use crate::store::{self, Batch, KeyRecord, Kind, Record, Store};

/// Which records.
#[derive(Debug, Args)]
pub(super) struct Records {
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// Where the records are kept: a GeoPackage file, or postgres://…
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "FILE|URL")]
    database: String,
}

impl Records {
    fn open(&self) -> Result<Box<dyn Store>, Box<dyn std::error::Error>> {
        Ok(self.open_with_pack()?.0)
    }

    /// The records, and the city pack.
    pub(super) fn open_with_pack(
        &self,
    ) -> Result<(Box<dyn Store>, City), Box<dyn std::error::Error>> {
        let pack = city::load(&self.city)?;
        let store = store::open(&self.database, &pack.manifest.id)?;
        // Keys must not be what the records begin with: a server would then find some
        // and not take in its pack.
        store::seed(store.as_ref(), &pack)?;
        Ok((store, pack))
    }
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Make a key and print its secret, which is shown this once and kept nowhere.
    Create {
        #[command(flatten)]
        records: Records,
        /// What its holder may do.
        #[arg(long)]
        role: Role,
        /// For whom or what it is.
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List the keys, the revoked ones too.
    List {
        #[command(flatten)]
        records: Records,
    },
    /// Take a key out of use. Servers know within a second.
    Revoke {
        #[command(flatten)]
        records: Records,
        /// The key's id: the second part of its secret.
        id: String,
        /// Why.
        #[arg(long, default_value = "revoked")]
        reason: String,
    },
}

/// Who writes, in the change log.
const ACTOR: &str = "servicemap key";

pub(super) fn run(action: &Action) -> CommandResult {
    match action {
        Action::Create { records, role, label } => {
            let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond())?;
            let (key, secret) = Key::create(*role, label, now)?;
            let batch = Batch::by(ACTOR).put(Record::Key(KeyRecord::from(&key)));
            records.open()?.write(batch)?;
            say(&secret);
        }
        Action::List { records } => {
            let keys = records.open()?.load()?.keys;
            for key in keys.values() {
                let state = key.retired.as_ref().map_or_else(String::new, |retired| {
                    format!("  revoked {}: {}", retired.at, retired.reason)
                });
                say(&format!(
                    "{}  {:<7}  {}  {}{state}",
                    key.id, key.role, key.created_at, key.label
                ));
            }
        }
        Action::Revoke { records, id, reason } => {
            records.open()?.write(Batch::by(ACTOR).retire(Kind::Key, id, None, reason))?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
