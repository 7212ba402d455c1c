//! How far a long command is: one line that renews itself on a terminal, a line now and then
//! elsewhere. It speaks on standard error; standard output is for results.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often a terminal is told, and a log.
const EVERY: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// Tells how far something is.
pub(super) struct Progress {
    what: String,
    start: Instant,
    told: Instant,
    terminal: bool,
    shown: bool,
}

impl Progress {
    pub(super) fn new(what: &str) -> Self {
        let (now, terminal) = (Instant::now(), io::stderr().is_terminal());
        Self { what: what.to_owned(), start: now, told: now, terminal, shown: false }
    }

    /// `done` rows, and the part of the whole where that is known.
    pub(super) fn tell(&mut self, done: usize, part: Option<f64>) {
        let now = Instant::now();
        if now - self.told < EVERY[usize::from(!self.terminal)] {
            return;
        }
        self.told = now;
        self.shown = true;
        let line = line(&self.what, done, part, now - self.start);
        // Progress that cannot be told stops nothing.
        let mut out = io::stderr().lock();
        let _ = if self.terminal {
            write!(out, "\r\x1b[K{line}").and_then(|()| out.flush())
        } else {
            writeln!(out, "{line}")
        };
    }
}

impl Drop for Progress {
    /// Leaves the line clean for what comes after.
    fn drop(&mut self) {
        if self.shown && self.terminal {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// `reading a.csv: 12000 rows, 34 %, 45000 rows/s, 3 s left`.
fn line(what: &str, done: usize, part: Option<f64>, elapsed: Duration) -> String {
    use std::fmt::Write as _;
    let seconds = elapsed.as_secs_f64().max(1e-3);
    let mut line = format!("{what}: {done} rows");
    let part = part.filter(|part| part.is_finite() && *part > 0.0);
    if let Some(part) = part {
        let _ = write!(line, ", {:.0} %", part.min(1.0) * 100.0);
    }
    let _ = write!(line, ", {:.0} rows/s", done as f64 / seconds);
    if let Some(part) = part.filter(|part| *part >= 0.01) {
        let left = seconds * (1.0 - part.min(1.0)) / part;
        let _ = write!(line, ", {left:.0} s left");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_are_said_where_they_are_known() {
        let two = Duration::from_secs(2);
        assert_eq!(
            line("reading", 1000, Some(0.25), two),
            "reading: 1000 rows, 25 %, 500 rows/s, 6 s left"
        );
        assert_eq!(line("reading", 10, None, two), "reading: 10 rows, 5 rows/s");
        assert_eq!(line("reading", 10, Some(f64::NAN), two), "reading: 10 rows, 5 rows/s");
    }
}
