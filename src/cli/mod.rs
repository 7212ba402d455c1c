//! The command line: one file a command. The only room that prints.

mod backup;
mod bench;
mod check;
mod export;
mod export_tiles;
mod generate;
mod import;
mod key;
mod links;
mod locate;
mod outside;
mod progress;
mod release;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Given;
use crate::geo::Datum;

/// A city's service map: find and book the responsible office, learn whose street a
/// place is, and draw both on a map.
#[derive(Debug, Parser)]
#[command(name = "servicemap", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a city's map.
    Serve {
        #[command(flatten)]
        given: Given,
        /// Settings file; flags and environment win over it.
        #[arg(long, env = "SERVICEMAP_CONFIG", value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Say whose jurisdiction the positions of a file are, row by row.
    Locate(locate::Options),
    /// Write records, or the map, into files that other programs open.
    Export {
        #[command(subcommand)]
        what: export::What,
    },
    /// Make up records, marked as synthetic.
    Generate {
        #[command(subcommand)]
        what: generate::What,
    },
    /// Make, list and revoke keys to the interface.
    Key {
        #[command(subcommand)]
        action: key::Action,
    },
    /// Visit the links of reservations, and say which are dead.
    Links {
        #[command(subcommand)]
        action: links::Action,
    },
    /// Copy all records to one file, as they are at one moment; a server may run meanwhile.
    Backup(backup::BackupOptions),
    /// Make records from a backup, where there are none.
    Restore(backup::RestoreOptions),
    /// Take files of the city's offices into its records, checked.
    Import(import::Options),
    /// Make the public figures of months that are over.
    Release {
        #[command(subcommand)]
        action: release::Action,
    },
    /// Say how good the records are: what is missing, doubtful or contradictory.
    Check(check::Options),
    /// Measure what the program does in a second, on this machine.
    Bench {
        #[command(subcommand)]
        subject: bench::Subject,
    },
    /// Print the description of the HTTP interface (OpenAPI) and stop.
    Openapi,
}

/// Runs the program. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { given, config } => serve::run(given, config.as_deref()),
        Command::Locate(options) => locate::run(&options),
        Command::Export { what } => export::run(&what),
        Command::Generate { what } => generate::run(&what),
        Command::Key { action } => key::run(&action),
        Command::Links { action } => links::run(&action),
        Command::Backup(options) => backup::backup(&options),
        Command::Restore(options) => backup::restore(&options),
        Command::Import(options) => import::run(&options),
        Command::Release { action } => release::run(&action),
        Command::Check(options) => check::run(&options),
        Command::Bench { subject } => bench::run(&subject),
        Command::Openapi => print_openapi(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            print_error(e.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Reads the value of `--crs`.
fn datum(text: &str) -> Result<Datum, String> {
    Datum::parse(text).ok_or_else(|| format!("one of {}", Datum::NAMES))
}

type CommandResult = Result<(), Box<dyn std::error::Error>>;

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn print_openapi() -> CommandResult {
    println!("{}", crate::http::openapi().to_pretty_json()?);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the command line says why it failed")]
fn print_error(error: &dyn std::error::Error) {
    eprintln!("servicemap: {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        eprintln!("  because: {inner}");
        cause = inner.source();
    }
}
