//! Records in PostgreSQL with PostGIS, for several servers that share them.
//!
//! - [`receive`]: all records of another store
//! - [`link`]: a connection that comes back after the database was away
//! - [`schema`]: the format of the database and its migrations
//! - [`rows`]: records in and out of tables
//! - [`tickets`]: tickets in and out of theirs, by the row in [`ticket_row`]
//! - [`times`]: dates and times in the encoding of PostgreSQL
//!
//! **The order of the log.** A sequence of PostgreSQL would number changes in the order
//! in which they are written, not in which they are committed: a reader could see 8,
//! remember it, and never see 7, which commits later. So the number comes from a counter
//! row that a write locks until it commits. Locks are released after the commit has
//! become visible, so whoever sees a number sees all before it. It makes writes wait for
//! each other; batches that arrive meanwhile share a commit.

mod link;
mod receive;
mod rows;
mod schema;
mod ticket_row;
mod tickets;
mod times;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fallible_iterator::FallibleIterator;
use postgres::config::Host;
use postgres::{Client, Config, IsolationLevel, Transaction};

use super::group::{Commit, Committer, Signal};
use super::{
    Batch, Change, EachTicket, EachWords, Entry, KeptTicket, Kind, Receipt, Records, Serving,
    Store, StoreError, replay,
};
use crate::city::TicketTexts;
use link::{Link, Statements, fault};

/// How often the counter is looked at if nobody tells of changes.
const LOOK: Duration = Duration::from_secs(1);
/// How long one wait for news lasts; after it the thread looks whether to end.
const NEWS: Duration = Duration::from_millis(500);

/// Records in a database of PostgreSQL.
pub struct PostGis {
    place: String,
    config: Config,
    reader: Mutex<Link>,
    committer: Committer,
    signal: Arc<Signal>,
    closed: Arc<AtomicBool>,
}

impl std::fmt::Debug for PostGis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostGis").field("place", &self.place).finish_non_exhaustive()
    }
}

impl PostGis {
    /// Opens the records of a city in the database of a `postgres://` address, and makes
    /// the tables if there are none. Older ones are brought up to date. The connection is
    /// not encrypted: the database belongs on the same machine or in a network of its own.
    ///
    /// # Errors
    /// A database of a newer program, of another program or of another city is refused
    /// untouched.
    pub fn open(address: &str, city: &str) -> Result<Self, StoreError> {
        let config: Config = address.parse().map_err(|e: postgres::Error| {
            let cause = std::error::Error::source(&e).map(ToString::to_string);
            let detail = cause.unwrap_or_else(|| e.to_string());
            StoreError::NotOurs { place: "the address".into(), detail }
        })?;
        let place = place(&config);
        let mut link = Link::new(&config);
        let client = link.client()?;
        schema::migrate(client, &place, city)?;
        warn_of_settings(client, &place)?;
        let signal = Arc::new(Signal::default());
        let committer = Committer::start(Link::new(&config), &signal)?;
        let closed = Arc::new(AtomicBool::new(false));
        let (news, raised, end) = (Link::new(&config), Arc::clone(&signal), Arc::clone(&closed));
        std::thread::Builder::new()
            .name("record news".into())
            .spawn(move || listen(news, &raised, &end))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { place, config, reader: Mutex::new(link), committer, signal, closed })
    }

    /// Takes in all records of another store, as they are at one moment, with the same
    /// sequence numbers, in one transaction; gives back the last of them. Programs may write
    /// to `from` meanwhile.
    ///
    /// # Errors
    /// Where there are records here already, or either store fails. Then nothing is changed.
    pub fn receive(&self, from: &dyn Store) -> Result<u64, StoreError> {
        let mut link = Link::new(&self.config);
        let mut transaction = link.client()?.transaction().map_err(fault)?;
        if rows::take_head(&mut transaction)? > 0 {
            return Err(StoreError::NotEmpty(self.place()));
        }
        let mut receiver = receive::Receiver::new(&mut transaction);
        let head = replay::replay(from, &mut receiver)?;
        receiver.flush()?;
        rows::put_head(&mut transaction, head)?;
        transaction.commit().map_err(fault)?;
        Ok(head)
    }

    fn ask<T>(
        &self,
        question: impl Fn(&mut Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).ask(question)
    }
}

impl Drop for PostGis {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

impl Store for PostGis {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn load(&self) -> Result<Records, StoreError> {
        self.ask(|client| {
            let mut moment = moment(client)?;
            rows::load(&mut moment)
        })
    }

    fn tickets(&self, after: u64, each: &mut EachTicket<'_>) -> Result<u64, StoreError> {
        // A connection of its own: reading millions takes seconds.
        let mut link = Link::new(&self.config);
        let mut moment = moment(link.client()?)?;
        tickets::each(&mut moment, after, each)
    }

    fn ticket(&self, id: &str) -> Result<Option<KeptTicket>, StoreError> {
        self.ask(|client| tickets::find(client, id))
    }

    fn numbered(&self, numbers: &[u64], words: bool) -> Result<Vec<KeptTicket>, StoreError> {
        self.ask(|client| tickets::numbered(client, numbers, words))
    }

    fn tickets_of(&self, ids: &[&str]) -> Result<HashMap<String, KeptTicket>, StoreError> {
        self.ask(|client| tickets::find_all(client, ids))
    }

    fn head(&self) -> Result<u64, StoreError> {
        self.ask(rows::head)
    }

    fn replaced_texts(&self, seq: u64) -> Result<Vec<(u64, TicketTexts)>, StoreError> {
        self.ask(|client| tickets::replaced(client, seq))
    }

    fn words(&self, each: &mut EachWords<'_>) -> Result<u64, StoreError> {
        let mut link = Link::new(&self.config);
        let mut moment = moment(link.client()?)?;
        tickets::words(&mut moment, each)
    }

    fn changes(&self, after: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.ask(|client| rows::changes(client, "seq > $1", &[&(after as i64)], Some(limit)))
    }

    fn history(&self, kind: Kind, id: &str) -> Result<Vec<Change>, StoreError> {
        if kind == Kind::Ticket {
            return super::tickets::history(self, id);
        }
        let condition = "kind = $1 AND record = $2";
        self.ask(|client| rows::changes(client, condition, &[&kind.key(), &id], None))
    }

    fn entries(&self, kind: Kind, after: u64) -> Result<Vec<Entry>, StoreError> {
        self.ask(|client| rows::entries(client, kind, after))
    }

    fn changes_of(&self, import: &str) -> Result<Vec<Change>, StoreError> {
        self.ask(|client| rows::changes(client, "import = $1", &[&import], None))
    }

    fn write(&self, batch: Batch) -> Result<Receipt, StoreError> {
        self.committer.write(batch)
    }

    fn wait(&self, after: u64, patience: Duration) -> Result<u64, StoreError> {
        self.signal.wait(after, patience, LOOK, || self.head())
    }

    fn serve(&self) -> Result<Serving, StoreError> {
        Ok(Serving { _lock: None })
    }
}

/// A transaction in which everything is as it was at one moment.
fn moment(client: &mut Client) -> Result<Transaction<'_>, StoreError> {
    client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(fault)
}

impl Commit for Link {
    fn commit(&mut self, group: &[Batch]) -> Vec<Result<Receipt, StoreError>> {
        // A dead connection shows at the first question, before anything was written.
        let alive = self.ask(|client| client.batch_execute("SELECT 1").map_err(fault));
        let result = alive.and_then(|()| {
            let (client, statements) = self.prepared()?;
            commit(client, statements, group)
        });
        match result {
            Ok(results) => results,
            // One of them has something that the database does not take: each for itself.
            Err(e) if !e.is_temporary() && group.len() > 1 => {
                group.iter().flat_map(|batch| self.commit(std::slice::from_ref(batch))).collect()
            }
            Err(e) => {
                self.reset();
                group.iter().map(|_| Err(e.again())).collect()
            }
        }
    }
}

/// Commits a group. An error here is one of the whole group: the connection or the
/// commit itself has failed. If it was the commit, what was written may be there or not;
/// writing it again is harmless, because an equal record changes nothing.
fn commit(
    client: &mut Client,
    statements: &mut Statements,
    group: &[Batch],
) -> Result<Vec<Result<Receipt, StoreError>>, StoreError> {
    let mut write = client.transaction().map_err(fault)?;
    let start = rows::take_head(&mut write)?;
    let (results, head) = rows::write(&mut write, statements, group, start)?;
    if head > start {
        rows::put_head(&mut write, head)?;
    }
    write.commit().map_err(fault)?;
    Ok(results)
}

/// Raises `signal` whenever the database tells of changes, until the store is closed.
/// After a lost connection there may be changes that nobody told of, so it is raised then
/// too. That is only for speed: the counter is the truth.
fn listen(mut link: Link, signal: &Signal, closed: &AtomicBool) {
    let mut listening = false;
    while !closed.load(Ordering::Relaxed) {
        let heard = link.client().and_then(|client| {
            if !listening {
                client.batch_execute("LISTEN servicemap_change").map_err(fault)?;
            }
            let mut notifications = client.notifications();
            let news = notifications.timeout_iter(NEWS).next().map_err(fault)?;
            Ok(news.is_some() || !listening)
        });
        if heard.as_ref().is_ok_and(|news| *news) {
            signal.raise();
        }
        listening = heard.is_ok();
        if !listening {
            link.reset();
            std::thread::sleep(NEWS);
        }
    }
}

/// Host and database, without user and password.
fn place(config: &Config) -> String {
    let host = config.get_hosts().first().map_or_else(String::new, |host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    format!("PostgreSQL at {host}, database {}", config.get_dbname().unwrap_or("of the user"))
}

/// A database that does not wait for the disk cannot promise what the store promises.
fn warn_of_settings(client: &mut Client, place: &str) -> Result<(), StoreError> {
    let fsync: String = client.query_one("SHOW fsync", &[]).map_err(fault)?.get(0);
    if fsync != "on" {
        tracing::warn!(place, fsync, "a power failure may lose records: switch fsync on");
    }
    Ok(())
}
