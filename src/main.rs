//! The command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    servicemap::cli::run()
}
