//! `servicemap locate FILE`: a batch from a file or from standard input.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CommandResult;
use crate::city::{self, Lang};
use crate::geo::Datum;
use crate::index::Snapshot;
use crate::locate::batch::{Batch, Format, Terms};

/// What to locate, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// CSV with a header, or a JSON object a line, with id, lon and lat; - is standard input.
    file: PathBuf,
    /// Folder of the city pack.
    #[arg(long, env = "SERVICEMAP_CITY", value_name = "FOLDER")]
    city: PathBuf,
    /// Datum of the positions: wgs84, cgcs2000, gcj02, bd09.
    #[arg(long, value_name = "DATUM", default_value = "wgs84", value_parser = super::datum)]
    crs: Datum,
    /// As of which day, such as 2026-01-31; today if left out.
    #[arg(long, value_name = "DAY")]
    date: Option<jiff::civil::Date>,
    /// Language of names: zh or en; the city's if left out.
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    lang: Option<Lang>,
}

pub(super) fn language(text: &str) -> Result<Lang, String> {
    Lang::parse(text).ok_or_else(|| "zh or en".to_owned())
}

/// How much is read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// Answers on standard output, in the format of the file; says on standard error how many
/// rows had an error.
pub(super) fn run(options: &Options) -> CommandResult {
    let mut input: Box<dyn Read> = if options.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&options.file);
        Box::new(file.map_err(|e| format!("{}: {e}", options.file.display()))?)
    };
    let snapshot = Arc::new(Snapshot::build(city::load(&options.city)?));
    let mut piece = vec![0; PIECE_BYTES];
    let mut read = input.read(&mut piece)?;
    let terms = Terms {
        format: guess(&piece[..read]),
        crs: options.crs,
        day: options.date.unwrap_or_else(|| snapshot.divisions.today()),
        lang: options.lang.unwrap_or_else(|| snapshot.city.manifest.default_lang()),
        first_line: 1,
    };
    let mut batch = Batch::new(snapshot, terms);
    let mut output = io::stdout().lock();
    let mut out = Vec::new();
    while read > 0 {
        batch.push(&piece[..read], &mut out)?;
        if !passed_on(&mut output, &mut out)? {
            return Ok(());
        }
        read = input.read(&mut piece)?;
    }
    batch.finish(&mut out)?;
    passed_on(&mut output, &mut out)?;
    let (_, broken) = batch.counts();
    if broken > 0 {
        complain(broken);
    }
    Ok(())
}

/// The format by the first character that is not space: an object begins with a brace.
fn guess(bytes: &[u8]) -> Format {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => Format::Ndjson,
        _ => Format::Csv,
    }
}

/// Writes what there is; false where nobody reads any more, as behind `head`.
fn passed_on(output: &mut impl Write, out: &mut Vec<u8>) -> io::Result<bool> {
    let result = output.write_all(out).and_then(|()| output.flush());
    out.clear();
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

#[expect(clippy::print_stderr, reason = "standard output holds the rows")]
fn complain(broken: u64) {
    eprintln!("{broken} rows could not be answered; each has an error in its place");
}
