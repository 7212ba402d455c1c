//! `servicemap serve`: reads the city and answers questions about it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::CommandResult;
use crate::access::Key;
use crate::city::{self, City, Lang};
use crate::config::{Given, Settings};
use crate::http::{self, AppState};
use crate::index::tickets::{self, Keeper};
use crate::index::{self, Follower, Snapshot, follow, ticket_text};
use crate::store::{self, Serving, Store};
use crate::telemetry::{self, Metrics};
use crate::tiles::Archives;
use crate::{locate, redraw, release};

/// How often samples of the metrics are dropped.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);
/// From so many names on reading their index is faster than building it.
const MANY_NAMES: usize = 200_000;
/// How often the files of basemaps are looked at.
const ARCHIVES_REFRESH: Duration = Duration::from_secs(1);

/// Listens first, so that a probe gets 503 rather than a refused connection, then
/// reads the city. A pack with faults ends the program.
pub(super) fn run(given: Given, file: Option<&Path>) -> CommandResult {
    let settings = Settings::resolve(given, file)?;
    telemetry::init_log(settings.log_format);
    let archives = Archives::open(&settings.basemaps)?;
    let metrics = Metrics::install()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings, archives, metrics))
}

async fn serve(settings: Settings, archives: Archives, metrics: Metrics) -> CommandResult {
    let start = Instant::now();
    let listener = TcpListener::bind(settings.listen).await.map_err(|e| {
        format!("cannot listen on {}: {e}; --listen takes another address", settings.listen)
    })?;
    let address = listener.local_addr()?;
    say(&format!("listening on http://{address}"));
    let (folder, database) = (settings.city.clone(), settings.database.clone());
    let kept = settings.index_folder.clone();
    let private = address.ip().is_loopback() && settings.public_url.is_none();
    let demo_key = settings.demo_key && private;
    let state = AppState::new(settings, archives, metrics.clone());
    let server =
        tokio::spawn(http::serve(listener, http::service(state.clone()), stop_requested()));
    tokio::spawn(keep_metrics(metrics));
    if !state.archives().is_empty() {
        tokio::spawn(keep_archives(state.clone()));
    }
    let (mut snapshot, mut live) =
        tokio::task::spawn_blocking(move || read(&folder, database.as_deref(), kept.as_deref()))
            .await?
            .map_err(|e| -> Box<dyn std::error::Error> { e })?;
    let name = snapshot.city.manifest.name.clone();
    tracing::info!(
        version = snapshot.version,
        ready_after_ms = start.elapsed().as_millis() as u64,
        "ready"
    );
    for finding in locate::routing::check(&snapshot.city) {
        tracing::warn!("{}", finding.say(&snapshot.city));
    }
    let mut secret = None;
    if let Some(live) = &mut live {
        state.keep_in(Arc::clone(&live.store));
        if demo_key && live.follower.keys().is_empty() {
            secret = Some(admit_newcomer(&mut live.follower)?);
            snapshot = snapshot.with_keys(live.follower.keys());
        }
    }
    let published = state.publish(snapshot);
    say(&welcome(&name.zh, name.get(Lang::En), address, secret.as_deref()));
    keep_up(state, published, live)?;
    server.await?;
    Ok(())
}

/// Makes the key of a newcomer, which is in no record; its secret. The log has its id alone:
/// logs are kept, and read by others.
fn admit_newcomer(follower: &mut Follower) -> Result<String, getrandom::Error> {
    let (key, secret) = Key::demo(Timestamp::now())?;
    tracing::info!(key = key.id, "a demo key holds until this server stops");
    follower.admit(key);
    Ok(secret)
}

/// Starts the threads that keep the snapshot up with the records and with the day.
fn keep_up(state: AppState, current: Arc<Snapshot>, live: Option<Live>) -> CommandResult {
    let thread = |name: &str| std::thread::Builder::new().name(name.into());
    let Some(Live { store, serving, follower, keeper }) = live else {
        thread("day").spawn(move || index::renew(current, |snapshot| state.publish(snapshot)))?;
        return Ok(());
    };
    let (redrawn, snapshots) = channel();
    redrawn.send(Arc::clone(&current))?;
    let records = Arc::clone(&store);
    thread("redraw").spawn(move || redraw::follow(records.as_ref(), &snapshots))?;
    let (records, served) = (Arc::clone(&store), state.clone());
    thread("release").spawn(move || release::follow(records.as_ref(), || served.current()))?;
    let (records, folder) = (Arc::clone(&store), beside(store.as_ref(), "words"));
    let shown = state.clone();
    thread("ticket text").spawn(move || {
        let publish = |text| shown.publish_ticket_text(text);
        ticket_text::follow(records.as_ref(), folder.as_deref(), publish)
    })?;
    let borders = Mutex::new(Arc::clone(&current.divisions));
    let publish = move |snapshot| {
        let published = state.publish(snapshot);
        let mut known = borders.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&known, &published.divisions) {
            *known = Arc::clone(&published.divisions);
            // Without the other thread borders are taken in at the next start.
            let _ = redrawn.send(Arc::clone(&published));
        }
        published
    };
    thread("follower").spawn(move || {
        let _kept = serving;
        follow(store.as_ref(), follower, current, keeper, publish)
    })?;
    Ok(())
}

/// Drops samples of the metrics that nobody came to read.
async fn keep_metrics(metrics: Metrics) {
    let mut clock = tokio::time::interval(METRICS_UPKEEP);
    loop {
        clock.tick().await;
        metrics.upkeep();
    }
}

/// Opens basemaps again whose files have changed.
async fn keep_archives(state: AppState) {
    let mut clock = tokio::time::interval(ARCHIVES_REFRESH);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let state = state.clone();
        let _ = tokio::task::spawn_blocking(move || state.archives().refresh()).await;
    }
}

/// The records of a database that is served, and what follows them.
struct Live {
    store: Arc<dyn Store>,
    serving: Serving,
    follower: Follower,
    keeper: Option<Keeper>,
}

/// Reads the city: the pack alone, or the records of a database with what the pack says
/// of the city as a whole. A database without records gets those of the pack.
fn read(
    folder: &Path,
    database: Option<&str>,
    kept: Option<&Path>,
) -> Result<(Snapshot, Option<Live>), Box<dyn std::error::Error + Send + Sync>> {
    let pack = city::load(folder)?;
    let Some(database) = database else { return Ok((build(pack, kept), None)) };
    let store: Arc<dyn Store> = store::open(database, &pack.manifest.id)?.into();
    let serving = store.serve()?;
    if let Some(receipt) = store::seed(store.as_ref(), &pack)? {
        tracing::info!(place = store.place(), records = receipt.changed, "made from the city pack");
    }
    // Tickets after the records: what came in between is in them, and is not counted twice.
    let records = store.load()?;
    let copy = beside(store.as_ref(), "tickets");
    let tickets = tickets::open(store.as_ref(), copy.as_deref(), &pack.zone)?;
    let mut follower = Follower::new(pack, records).with_tickets(tickets);
    tracing::info!(place = store.place(), seq = follower.seq(), "records loaded");
    let keeper = copy.map(Keeper::new);
    let city = follower.city();
    let many = city.places.len() + city.divisions.len() >= MANY_NAMES;
    let names = kept.map(Path::to_owned);
    let names = names.or_else(|| many.then(|| beside(store.as_ref(), "names")).flatten());
    let snapshot =
        build(city, names.as_deref()).with_keys(follower.keys()).with_tickets(follower.tickets());
    Ok((snapshot, Some(Live { store, serving, follower, keeper })))
}

/// Where something is kept that can be made again from the records: beside a file; for a
/// database that is elsewhere in the user's folder for such things, if there is one.
fn beside(store: &dyn Store, what: &str) -> Option<PathBuf> {
    if let Some(file) = store.file() {
        let mut name = file.to_owned().into_os_string();
        name.push(format!(".{what}"));
        return Some(name.into());
    }
    let given = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")))?;
    let folder = cache.join("servicemap");
    std::fs::create_dir_all(&folder).ok()?;
    let name = blake3::hash(store.place().as_bytes()).to_hex();
    Some(folder.join(format!("{}.{what}", &name[..16])))
}

/// The snapshot of a city, with its outlines thinned: whoever opens the map first should
/// not wait for that.
fn build(city: City, kept: Option<&Path>) -> Snapshot {
    let snapshot = Snapshot::build_kept(city, kept);
    snapshot.shapes.warm(&snapshot.city);
    snapshot
}

/// What whoever started the server wants to open. The secret of the demo key stands behind
/// `#`, which browsers keep to themselves.
fn welcome(zh: &str, en: &str, address: SocketAddr, secret: Option<&str>) -> String {
    let key = secret.map_or_else(String::new, |secret| format!("#key={secret}"));
    let analysts = secret.map_or_else(String::new, |_| {
        format!(
            "analysts       http://{address}/analyst{key}\n                 \
             (with a demo key, which holds until this stops; --demo-key false gives none)\n  "
        )
    });
    format!(
        "\n  {zh} · {en}\n\n  \
         the map        http://{address}/\n  \
         agents         http://{address}/agent{key}\n  \
         {analysts}\
         the interface  http://{address}/docs\n  \
         tiles          http://{address}/tiles\n  \
         health         http://{address}/health/ready\n\n  \
         Ctrl-C stops.\n"
    )
}

/// Resolves on Ctrl-C, and on the signal that service managers send.
async fn stop_requested() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}

#[expect(clippy::print_stdout, reason = "the command line speaks on standard output")]
fn say(text: &str) {
    println!("{text}");
}
