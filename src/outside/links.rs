//! Whether the links to reservations still lead anywhere.
//!
//! A visit is one GET, as a browser would make it, whose answer is not kept. What it finds
//! is written as the reservation's status with the day, so that every server follows. A
//! link that fails is `failing` and still offered; one that has failed on so many days in
//! a row is `dead` and offered no more, until a visit gets an answer again. How often it
//! failed is what the change log says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use jiff::civil::Date;
use serde::Serialize;
use url::Url;

use super::robots::{self, Robots};
use super::{Client, FetchError};
use crate::city::{Channel, LinkStatus, Portal};
use crate::store::{Batch, Change, Kind, Record, Store, StoreError};

/// Name under which hosts can speak of this program in their `robots.txt`.
const AGENT: &str = "servicemap";
/// Bytes of a page that must arrive for it to be there.
const PAGE: u64 = 64 * 1024;
/// Longest pause between two requests to one host.
const MAX_DELAY: Duration = Duration::from_mins(1);

/// How links are visited and judged.
#[derive(Debug, Clone)]
pub struct LinkTerms {
    /// The day it is.
    pub today: Date,
    /// Days in a row on which a link must fail to be dead; at least 1.
    pub dead_after: usize,
    /// Pause between two requests to one host.
    pub delay: Duration,
    /// Hosts that are visited at the same time; at least 1.
    pub hosts_at_once: usize,
}

/// What a visit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "found", content = "detail", rename_all = "lowercase")]
pub enum Found {
    /// A page.
    Answer,
    /// None, or an error.
    Failure(String),
    /// Nothing that says whether people get a page.
    Unsaid(String),
}

/// One link, and what became of it.
#[derive(Debug, Serialize)]
pub struct Visited {
    /// Id of the reservation.
    pub id: String,
    /// The address that was visited.
    pub url: String,
    /// What the visit found.
    #[serde(flatten)]
    pub found: Found,
    /// What was known before.
    pub before: LinkStatus,
    /// What is known now.
    pub after: LinkStatus,
}

/// What came of all visits.
#[derive(Debug, Serialize)]
pub struct LinkReport {
    /// The day.
    pub day: Date,
    /// Every link, by the id of its reservation.
    pub links: Vec<Visited>,
    /// No host at all was reached, so that our own network must be at fault: nothing was
    /// written.
    pub offline: bool,
    /// Reservations whose record changed.
    pub written: usize,
}

/// A visit's outcome, with whether the network may have been at fault.
type Outcome = (Found, bool);

/// Visits the links of all reservations that hold, and writes what it found. With
/// `dry_run` it only looks. Takes as long as the slowest host.
///
/// # Errors
/// Where the records cannot be read or written. A host that cannot be reached is no error.
pub fn check(
    store: &dyn Store,
    client: &Client,
    terms: &LinkTerms,
    dry_run: bool,
) -> Result<LinkReport, StoreError> {
    let mut by_host: BTreeMap<String, BTreeSet<Url>> = BTreeMap::new();
    for portal in online(store)?.values() {
        if let Some(url) = address(portal) {
            by_host.entry(url.host_str().unwrap_or_default().to_owned()).or_default().insert(url);
        }
    }
    let outcomes = visit_all(client, by_host, terms);
    let offline = outcomes.len() > 1 && outcomes.values().all(|(_, ours)| *ours);

    // The records again: somebody may have changed them during the visits.
    let mut report = LinkReport { day: terms.today, links: Vec::new(), offline, written: 0 };
    let mut batch = Batch::by("servicemap links");
    for (id, mut record) in store.load()?.reservations {
        let visited = Some(&record.portal).filter(|p| is_online(p) && record.retired.is_none());
        let Some((url, (found, _))) = visited
            .and_then(address)
            .and_then(|url| outcomes.get(&url).map(|outcome| (url, outcome)))
        else {
            continue;
        };
        let before = record.portal.status;
        let after = if offline {
            before
        } else {
            let history = store.history(Kind::Reservation, &id)?;
            judged(before, found, failing_days(&history, terms.today), terms.dead_after)
        };
        report.links.push(Visited { id, url: url.into(), found: found.clone(), before, after });
        if !offline && !matches!(found, Found::Unsaid(_)) {
            record.portal.status = after;
            record.portal.checked_at = Some(terms.today);
            batch = batch.put(Record::Reservation(record));
        }
    }
    if !dry_run && !batch.writes.is_empty() {
        report.written = store.write(batch)?.changed;
    }
    Ok(report)
}

/// Reservations that hold and have a page, by id.
fn online(store: &dyn Store) -> Result<BTreeMap<String, Portal>, StoreError> {
    let held = store.load()?.reservations.into_values().filter(|r| r.retired.is_none());
    let pages = held.map(|record| record.portal).filter(is_online);
    Ok(pages.map(|portal| (portal.id.clone(), portal)).collect())
}

fn is_online(portal: &Portal) -> bool {
    portal.channel != Channel::Phone
}

/// The address of a reservation, as far as no visit is known.
fn address(portal: &Portal) -> Option<Url> {
    portal.link(&[]).ok().and_then(|link| Url::parse(&link).ok())
}

/// The days before `today` on which a link failed, back from the last change to the last
/// visit that did not.
fn failing_days(history: &[Change], today: Date) -> usize {
    let portals = history.iter().rev().map_while(|change| match &change.record {
        Record::Reservation(record) => Some(&record.portal),
        _ => None,
    });
    let failing =
        portals.take_while(|p| matches!(p.status, LinkStatus::Failing | LinkStatus::Dead));
    let days: BTreeSet<Date> =
        failing.filter_map(|p| p.checked_at).filter(|day| *day < today).collect();
    days.len()
}

/// What is known of a link after a visit, which failed on `days` days before.
fn judged(before: LinkStatus, found: &Found, days: usize, dead_after: usize) -> LinkStatus {
    match found {
        Found::Answer => LinkStatus::Ok,
        Found::Unsaid(_) => before,
        Found::Failure(_) if before == LinkStatus::Dead || days + 1 >= dead_after => {
            LinkStatus::Dead
        }
        Found::Failure(_) => LinkStatus::Failing,
    }
}

/// Visits every address: some hosts at a time, each host's one after the other.
fn visit_all(
    client: &Client,
    by_host: BTreeMap<String, BTreeSet<Url>>,
    terms: &LinkTerms,
) -> BTreeMap<Url, Outcome> {
    let workers = terms.hosts_at_once.clamp(1, by_host.len().max(1));
    let hosts = Mutex::new(by_host.into_values());
    let found = Mutex::new(BTreeMap::new());
    // A thread that panicked has left the lists whole: each is one step.
    let next = || hosts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(urls) = next() {
                    let outcomes = visit_host(client, urls, terms.delay);
                    let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    found.extend(outcomes);
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Visits addresses of one host, with a pause before each.
fn visit_host(client: &Client, urls: BTreeSet<Url>, delay: Duration) -> Vec<(Url, Outcome)> {
    let delay = delay.min(MAX_DELAY);
    let robots = urls.first().map(|url| robots_of(client, url)).unwrap_or_default();
    let visit = |url: Url| {
        thread::sleep(delay);
        let outcome = visit(client, &robots, &url);
        (url, outcome)
    };
    urls.into_iter().map(visit).collect()
}

/// The rules of a host; none where it has none that can be read.
fn robots_of(client: &Client, url: &Url) -> Robots {
    let Ok(file) = url.join("/robots.txt") else { return Robots::default() };
    let answer = client.get(&file, &[]).ok().filter(|answer| answer.status == 200);
    let text = answer.and_then(|answer| answer.begin(robots::MAX_BYTES).ok());
    text.map(|text| Robots::parse(&String::from_utf8_lossy(&text), AGENT)).unwrap_or_default()
}

fn visit(client: &Client, robots: &Robots, url: &Url) -> Outcome {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    if !robots.allow(path) {
        return (Found::Unsaid("its robots.txt asks programs to stay away".to_owned()), false);
    }
    let answer = client.get(url, &[("accept", "text/html,*/*;q=0.8")]);
    let found = answer.and_then(|answer| {
        let status = answer.status;
        if (200..300).contains(&status) {
            answer.begin(PAGE)?;
        }
        Ok(of_status(status))
    });
    match found {
        Ok(found) => (found, false),
        Err(e) => {
            let ours = e.may_be_ours();
            (failure(&e), ours)
        }
    }
}

fn failure(error: &FetchError) -> Found {
    Found::Failure(error.to_string())
}

/// What a status says of a page. Some turn programs away and let people in.
fn of_status(status: u16) -> Found {
    match status {
        200..300 => Found::Answer,
        401 | 403 | 405 | 406 | 407 | 412 | 418 | 421 | 429 => {
            Found::Unsaid(format!("it turns programs away with status {status}"))
        }
        _ => Found::Failure(format!("it answers with status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use LinkStatus::{Dead, Failing, Ok};

    use super::*;

    #[test]
    fn a_link_is_dead_after_so_many_days_and_lives_again_at_the_first_answer() {
        let failed = Found::Failure("gone".into());
        let mut status = LinkStatus::Unchecked;
        let mut seen = Vec::new();
        for days in 0..4 {
            status = judged(status, &failed, days, 3);
            seen.push(status);
        }
        assert_eq!(seen, [Failing, Failing, Dead, Dead]);
        assert_eq!(judged(Dead, &Found::Unsaid(String::new()), 3, 3), Dead);
        assert_eq!(judged(Dead, &Found::Answer, 3, 3), Ok);
        assert_eq!(judged(Ok, &failed, 0, 1), Dead);
    }

    #[test]
    fn a_page_that_turns_programs_away_is_not_called_dead() {
        assert_eq!(of_status(200), Found::Answer);
        assert!(matches!(of_status(403), Found::Unsaid(_)));
        for gone in [404, 410, 500, 503, 304] {
            assert!(matches!(of_status(gone), Found::Failure(_)), "{gone}");
        }
    }
}
