//! `servicemap import`: the city's own files into its records, checked.

mod addresses;
mod feed;
mod osm;
mod show;
mod tickets;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::CommandResult;
use super::progress::Progress;
use crate::city::{self, City};
use crate::geo::Datum;
use crate::import::calendar;
use crate::import::columns::{self, ColumnMap, Subject};
use crate::import::divisions;
use crate::import::gather::{Gathered, Maps, gather};
use crate::import::points;
use crate::import::report::{Prepared, Report};
use crate::import::words::counted;
use crate::import::{read, rejected, slots, undo};
use crate::index::Follower;
use crate::store::{self, Batch, Kind, PointRecord, Records, Store, Write};
use addresses::BySearch;

/// What to import, or to take back.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// Take back the import with this id, which stands in its report.
    #[arg(long, value_name = "ID")]
    undo: Option<String>,
    #[command(flatten)]
    records: RecordsAt,
}

/// Which records, and how to speak of them.
#[derive(Debug, clap::Args)]
struct RecordsAt {
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER", global = true)]
    city: Option<PathBuf>,
    /// File (GeoPackage) or postgres:// address of the records.
    #[arg(long, env = "SERVICEMAP_DATABASE", value_name = "DATABASE", global = true)]
    database: Option<String>,
    /// Say what would be done, and do nothing.
    #[arg(long, global = true)]
    dry_run: bool,
    /// Report as one JSON object a file.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Service points: a table with names and positions or addresses, or features.
    Points(Files),
    /// Divisions of one or more levels: a layer of outlines, or a table without.
    Divisions {
        #[command(flatten)]
        files: Files,
        /// The file is all there is of its levels: divisions that are not in it are retired.
        #[arg(long)]
        replace: bool,
    },
    /// Tickets: a table of any length, written in batches; known by the ids that they have.
    Tickets(Files),
    /// Public holidays and make-up workdays of a year, which every server follows.
    Calendar {
        #[command(flatten)]
        files: Files,
        /// The file is all there is of its years: days that are not in it are retired.
        #[arg(long)]
        replace: bool,
    },
    /// Free slots of service points: all there are of the points and matters in the file.
    Slots(Files),
    /// Free slots as their publisher says them: a feed of "SMART Scheduling Links".
    SlotFeed(Box<feed::Options>),
    /// A whole new city pack, out of an extract of OpenStreetMap.
    Osm(osm::Options),
}

/// The files, and how they are to be understood.
#[derive(Debug, clap::Args)]
struct Files {
    /// CSV, XLSX, GeoJSON (also a feature a line) or another format that is recognised.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Datum of the positions: wgs84, cgcs2000, gcj02 (Amap, Tencent), bd09 (Baidu).
    #[arg(long, value_name = "DATUM", value_parser = super::datum)]
    crs: Option<Datum>,
    /// Which column holds what: a TOML file, or a built-in map by its name.
    #[arg(long, value_name = "MAP")]
    columns: Option<PathBuf>,
    /// A value for all rows that have none of their own, such as category=library.
    #[arg(long = "set", value_name = "FIELD=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Id of the source in city.toml; the same as --set source=ID.
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// The sheet or layer, where the file has several.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// All rows or none.
    #[arg(long)]
    strict: bool,
    /// Where rows that do not go in are written, with the reasons.
    #[arg(long, value_name = "FILE", default_value = "rejected.csv")]
    rejected: PathBuf,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("FIELD=VALUE, such as category=library")?;
    Ok((field.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn run(options: &Options) -> CommandResult {
    let records = &options.records;
    match (&options.what, &options.undo) {
        (Some(What::Points(files)), None) => {
            let import = Import::open(records)?;
            each(files, |file, rejected| import.file(files, &Kinds::Points, file, rejected))
        }
        (Some(What::Divisions { files, replace }), None) => {
            let (import, kind) = (Import::open(records)?, Kinds::Divisions { replace: *replace });
            each(files, |file, rejected| import.file(files, &kind, file, rejected))
        }
        (Some(What::Calendar { files, replace }), None) => {
            let (import, kind) = (Import::open(records)?, Kinds::Calendar { replace: *replace });
            each(files, |file, rejected| import.file(files, &kind, file, rejected))
        }
        (Some(What::Slots(files)), None) => {
            let import = Import::open(records)?;
            each(files, |file, rejected| import.file(files, &Kinds::Slots, file, rejected))
        }
        (Some(What::Tickets(files)), None) => {
            let import = Import::open(records)?;
            each(files, |file, rejected| import.tickets(files, file, rejected))
        }
        (Some(What::SlotFeed(options)), None) => feed::run(options, records),
        (Some(What::Osm(options)), None) => osm::run(options, records),
        (None, Some(id)) => take_back(records, id),
        (Some(_), Some(_)) => wrong_usage("--undo takes an import back, and nothing else"),
        (None, None) => wrong_usage(
            "say what to import (points, divisions, tickets, calendar, slots, slot-feed, osm), or --undo ID",
        ),
    }
}

/// Calls `import` with each file, and where its rejected rows go.
fn each(files: &Files, import: impl Fn(&Path, &Path) -> CommandResult) -> CommandResult {
    for (i, file) in files.paths.iter().enumerate() {
        let rejected = match i {
            0 => files.rejected.clone(),
            _ => numbered(&files.rejected, i + 1),
        };
        import(file, &rejected)?;
    }
    Ok(())
}

/// Ends the program as for any other wrong usage.
fn wrong_usage(what: &str) -> ! {
    use clap::CommandFactory;
    super::Arguments::command().error(clap::error::ErrorKind::MissingRequiredArgument, what).exit()
}

fn load_pack(records: &RecordsAt) -> Result<(City, &Path), Box<dyn std::error::Error>> {
    let Some(folder) = records.city.as_deref() else {
        wrong_usage("--city names the folder of the city pack")
    };
    Ok((city::load(folder)?, folder))
}

/// What the rows of the files are.
enum Kinds {
    Points,
    Divisions { replace: bool },
    Calendar { replace: bool },
    Slots,
}

/// An import on its way.
struct Import<'a> {
    options: &'a RecordsAt,
    pack: City,
    folder: &'a Path,
    /// `None` where nothing is written and there are no records yet.
    store: Option<Box<dyn Store>>,
}

impl<'a> Import<'a> {
    fn open(options: &'a RecordsAt) -> Result<Self, Box<dyn std::error::Error>> {
        let (pack, folder) = load_pack(options)?;
        let store = match &options.database {
            None if options.dry_run => None,
            None => wrong_usage("--database names the records; --dry-run does without"),
            // Looking must not make a file.
            Some(database)
                if options.dry_run
                    && !store::is_address(database)
                    && !Path::new(database).exists() =>
            {
                None
            }
            Some(database) => Some(store::open(database, &pack.manifest.id)?),
        };
        if let Some(store) = store.as_deref().filter(|_| !options.dry_run) {
            store::seed(store, &pack)?;
        }
        Ok(Self { options, pack, folder, store })
    }

    /// One file: read, checked, written in one transaction.
    fn file(&self, files: &Files, kind: &Kinds, file: &Path, rejected: &Path) -> CommandResult {
        let kept = self.kept()?;
        let Prepared { writes, rejected: bad, mut report } = match kind {
            Kinds::Points => {
                let gathered = self.read(files, file, Subject::Points)?;
                self.points(files, gathered, &kept)?
            }
            Kinds::Calendar { replace } => {
                let gathered = self.read(files, file, Subject::Calendar)?;
                let city = Follower::new(self.pack.clone(), kept.clone()).city();
                let terms = calendar::Terms { city: &city, kept: &kept.days, replace: *replace };
                calendar::prepare(gathered, &terms)?
            }
            Kinds::Slots => {
                let gathered = self.read(files, file, Subject::Slots)?;
                let city = Follower::new(self.pack.clone(), kept.clone()).city();
                let terms = slots::Terms {
                    city: &city,
                    points: &kept.points,
                    kept: &kept.schedules,
                    written: Timestamp::try_from(std::fs::metadata(file)?.modified()?)?,
                    now: Timestamp::now(),
                };
                slots::prepare(gathered, &terms)?
            }
            Kinds::Divisions { replace } => {
                let gathered = self.read(files, file, Subject::Divisions)?;
                let city = Follower::new(self.pack.clone(), kept.clone()).city();
                let (kept, crs, replace) = (&kept.divisions, files.crs, *replace);
                let terms = divisions::Terms { city: &city, kept, crs, replace };
                divisions::prepare(gathered, &terms)?
            }
        };
        report.dry_run = self.options.dry_run;
        if !bad.is_empty() && !self.options.dry_run {
            rejected::save(&bad, rejected)
                .map_err(|e| format!("{} cannot be written: {e}", rejected.display()))?;
            report.rejected_file = Some(rejected.display().to_string());
        }
        if files.strict && !bad.is_empty() {
            self.say(&report);
            return Err(format!(
                "{}: nothing was imported: of {}, {} wrong, and --strict takes all or none",
                file.display(),
                counted(report.read, "row"),
                bad.len()
            )
            .into());
        }
        if let (Some(store), false) = (&self.store, self.options.dry_run || writes.is_empty()) {
            let id = import_id(file);
            let import = Some(id.clone());
            let actor = "servicemap import".to_owned();
            unchanged_since(store.as_ref(), kept.seq, &writes)?;
            store.write(Batch { actor, import, writes, ..Batch::default() })?;
            report.import = Some(id);
        }
        self.say(&report);
        Ok(())
    }

    fn read(
        &self,
        files: &Files,
        file: &Path,
        subject: Subject,
    ) -> Result<Gathered, Box<dyn std::error::Error>> {
        let options = read::Options { layer: files.layer.clone() };
        let mut rows = read::open(file, &options)?;
        let maps = if let Some(path) = &files.columns {
            Maps::Given(ColumnMap::open(path)?)
        } else {
            let mut maps = columns::of_pack(self.folder)?;
            maps.extend_from_slice(columns::shipped());
            Maps::Choose(maps)
        };
        let mut set = files.set.clone();
        set.extend(files.source.clone().map(|id| ("source".to_owned(), id)));
        let name = file.display().to_string();
        let mut progress = Progress::new(&format!("reading {name}"));
        let mut told = |p: crate::import::gather::Progress| progress.tell(p.rows, p.part);
        Ok(gather(&name, rows.as_mut(), subject, maps, &set, &mut told)?)
    }

    /// The records as they are now; those of the pack where there are none yet.
    fn kept(&self) -> Result<Records, Box<dyn std::error::Error>> {
        if let Some(store) = self.store.as_deref()
            && store.head()? > 0
        {
            return Ok(store.load()?);
        }
        let mut records = Records::default();
        for point in &self.pack.points {
            records.points.insert(point.id.clone(), PointRecord::from(point));
        }
        for division in self.pack.divisions.iter() {
            records.divisions.insert(division.code.clone(), division.into());
        }
        Ok(records)
    }

    fn points(
        &self,
        files: &Files,
        gathered: Gathered,
        kept: &Records,
    ) -> Result<Prepared, Box<dyn std::error::Error>> {
        let city = Follower::new(self.pack.clone(), kept.clone()).city();
        let mut addresses = BySearch::new(&city);
        let terms =
            points::Terms { city: &city, kept: &kept.points, crs: files.crs, today: city.today() };
        Ok(points::prepare(gathered, &terms, &mut addresses)?)
    }

    fn say(&self, report: &Report) {
        show::report(report, self.options.json);
    }
}

/// Refuses to write over what somebody else has changed since the records were read.
fn unchanged_since(store: &dyn Store, seq: u64, writes: &[Write]) -> CommandResult {
    if store.head()? == seq {
        return Ok(());
    }
    let own: HashSet<(Kind, &str)> = writes.iter().map(Write::about).collect();
    for change in store.changes(seq, usize::MAX >> 1)? {
        let (kind, id) = (change.record.kind(), change.record.id());
        if own.contains(&(kind, id)) {
            return Err(format!(
                "{} \"{id}\" was changed by {} meanwhile; nothing was imported, do it again",
                kind.key(),
                change.actor
            )
            .into());
        }
    }
    Ok(())
}

fn take_back(options: &RecordsAt, id: &str) -> CommandResult {
    let (pack, _) = load_pack(options)?;
    let Some(database) = options.database.as_deref() else {
        wrong_usage("--database names the records")
    };
    let store = store::open(database, &pack.manifest.id)?;
    let own = format!("undo-{}", import_id(Path::new(id)));
    let undone = undo::undo(store.as_ref(), id, &own, options.dry_run)?;
    show::undone(&undone, options.json);
    Ok(())
}

/// An id that sorts by time and is not given twice.
fn import_id(of: &Path) -> String {
    let now = Timestamp::now();
    let mut digest = blake3::Hasher::new();
    digest.update(now.as_nanosecond().to_string().as_bytes());
    digest.update(of.as_os_str().as_encoded_bytes());
    digest.update(&std::process::id().to_le_bytes());
    let unique = digest.finalize().to_hex();
    format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), &unique[..6])
}

/// `rejected-2.csv`.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number}{}", extension.unwrap_or_default()))
}
