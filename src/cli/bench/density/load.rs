//! Synthetic tickets into the index, as a server has them.

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use jiff::Timestamp;

use super::super::super::generate;
use super::super::super::progress::Progress;
use super::super::{per_second, row};
use crate::city::synthetic::hotline::{Hotline, Profile};
use crate::city::{self, City, Ticket};
use crate::geo::LonLat;
use crate::index::DivisionIndex;
use crate::index::tickets::{Builder, TicketIndex};

/// Tickets that are handed over at a time.
const BATCH: u64 = 10_000;
/// Positions that are kept, to look at.
const SPOTS: u64 = 10_000;

/// Tickets, and what questions about them are made of.
pub(super) struct Loaded {
    pub(super) city: City,
    pub(super) index: TicketIndex,
    pub(super) count: u64,
    pub(super) seed: u64,
    pub(super) profile: Profile,
    /// Where some of them are.
    pub(super) spots: Vec<LonLat>,
    /// From the first moment to the last.
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Loaded {
    /// The tickets again, located, in the order of their numbers.
    pub(super) fn tickets(&self) -> Result<impl Iterator<Item = Ticket> + '_, Box<dyn Error>> {
        let days = generate::days(None, self.city.today())?;
        let hotline = Hotline::new(&self.city, &self.profile, self.seed, self.count, days);
        let divisions = DivisionIndex::build(&self.city);
        Ok((0..self.count).map(move |number| {
            let (mut ticket, _) = hotline.ticket(number);
            generate::locate(&self.city, &divisions, &mut ticket);
            ticket
        }))
    }
}

/// Draws, locates and indexes so many tickets, on as many threads as there are cores.
pub(super) fn run(folder: &Path, count: u64, seed: u64) -> Result<Loaded, Box<dyn Error>> {
    let city = city::load(folder)?;
    let profile = Profile::shipped()?;
    let days = generate::days(None, city.today())?;
    let divisions = DivisionIndex::build(&city);
    let hotline = Hotline::new(&city, &profile, seed, count, days);
    let start = Instant::now();
    let mut progress = Progress::new("loading tickets");
    let mut builder = Builder::new(&city.zone);
    let (next, (to, drawn)) = (AtomicU64::new(0), mpsc::sync_channel::<Vec<(u64, Ticket)>>(8));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut spots = Vec::new();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (to, next, hotline, city, divisions) =
                (to.clone(), &next, &hotline, &city, &divisions);
            scope.spawn(move || {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    if from >= count {
                        return;
                    }
                    let tickets = from..count.min(from + BATCH);
                    let drawn = tickets.map(|number| {
                        let (mut ticket, _) = hotline.ticket(number);
                        generate::locate(city, divisions, &mut ticket);
                        (number + 1, ticket)
                    });
                    if to.send(drawn.collect()).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to);
        let mut done = 0;
        for batch in drawn {
            done += batch.len();
            for (number, ticket) in batch {
                if number % (count / SPOTS).max(1) == 0 {
                    spots.extend(ticket.location);
                }
                builder.push(number, &ticket.into());
            }
            progress.tell(done, Some(done as f64 / count as f64));
        }
    });
    drop(progress);
    let index = builder.finish(1);
    let took = start.elapsed();
    let note = format!("{:.0} s: drawn, located, indexed", took.as_secs_f64());
    row("tickets loaded", &per_second(count as usize, took), &note);
    let each = index.bytes() as f64 / index.len() as f64;
    row("memory a ticket", &format!("{each:.1} bytes"), "wanted 24");
    let (from, to) = index.span().ok_or("there are no tickets")?;
    Ok(Loaded { city, index, count, seed, profile, spots, from, to })
}
