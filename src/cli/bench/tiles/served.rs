//! Tiles over HTTP: kept ones beside a bare hyper server, while records change, and from
//! an archive. Clients and servers share the cores.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::super::super::CommandResult;
use super::super::{per_second, row};
use super::{Options, drawn};
use crate::city::{Lang, ServicePoint};
use crate::config::{Given, Settings};
use crate::geo::TileId;
use crate::http::{self, AppState};
use crate::index::{Follower, PointFilter, Snapshot, follow};
use crate::store::{self, Batch, GeoPackage, PointRecord, Record, Store};
use crate::telemetry::Metrics;
use crate::tiles::archive::{self, Plan};
use crate::tiles::{Archives, LayerSet, MEDIA_TYPE, encode};

/// Clients at a time, each with a connection.
const CLIENTS: usize = 8;
/// How long one measurement lasts.
const MEASURED: Duration = Duration::from_secs(3);
/// Times that servers are measured in turn; the best counts.
const ROUNDS: usize = 3;
/// The kept tile that is asked for has about this many bytes.
const WANTED_BYTES: usize = 10_000;
/// Points that change at once.
const CHANGED: usize = 10_000;

pub(super) fn run(snapshot: Snapshot, options: &Options) -> CommandResult {
    let folder = Folder::new()?;
    let archive = folder.0.join("bench.pmtiles");
    let layers = LayerSet::parse("points,divisions")?;
    let plan = Plan { layers, zooms: 0..=12, lang: Lang::En };
    let start = Instant::now();
    let written = archive::export(&snapshot, &plan, &archive, |_, _| {})?;
    row(
        "export pmtiles, points and divisions, to zoom 12",
        &per_second(written.tiles as usize, start.elapsed()),
        &format!("{} tiles, {} KB", written.tiles, written.bytes / 1000),
    );
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let given = Given { city: Some("synthetic".into()), ..Given::default() };
    let archives = Archives::open(&[("base".to_owned(), archive)])?;
    let state = AppState::new(Settings::resolve(given, None)?, archives, Metrics::install()?);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(http::serve(listener, http::service(state.clone()), std::future::pending()));

    let (tile, bytes) = kept(&snapshot, options.seed);
    let mut base = drawn(&snapshot, 12, options.seed);
    base.truncate(64);
    let points = snapshot.city.points.clone();
    changing(&folder.0, snapshot, &state, address, &points)?;
    hot(&runtime, address, tile, bytes)?;
    basemap(address, &base)
}

/// The tile that is nearest to [`WANTED_BYTES`], and its bytes.
fn kept(snapshot: &Snapshot, seed: u64) -> (TileId, Vec<u8>) {
    let tiles = [13, 14, 15, 16].into_iter().flat_map(|z| drawn(snapshot, z, seed));
    let layers = LayerSet::parse("points").unwrap_or_else(|_| LayerSet::all());
    let encoded = tiles.map(|t| (t, encode(snapshot, &layers, t, &PointFilter::default())));
    let nearest = encoded.min_by_key(|(_, bytes)| bytes.len().abs_diff(WANTED_BYTES));
    nearest.unwrap_or((TileId { z: 0, x: 0, y: 0 }, Vec::new()))
}

fn path_of(layers: &str, tile: TileId) -> String {
    let TileId { z, x, y } = tile;
    format!("/tiles/{layers}/{z}/{x}/{y}")
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").into_bytes()
}

/// One kept tile again and again, and the same bytes from a server that does nothing else.
fn hot(runtime: &Runtime, address: SocketAddr, tile: TileId, bytes: Vec<u8>) -> CommandResult {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let bare = listener.local_addr()?;
    let size = bytes.len();
    runtime.spawn(bare_server(listener, bytes.into()));
    let request = request(&path_of("points", tile));
    let mut best = [0.0f64; 2];
    for _ in 0..ROUNDS {
        for (best, server) in best.iter_mut().zip([bare, address]) {
            let (count, took) = hammer(server, std::slice::from_ref(&request))?;
            *best = best.max(count as f64 / took.as_secs_f64());
        }
    }
    let second = Duration::from_secs(1);
    let note = format!("{CLIENTS} clients, {size} bytes");
    row("bare hyper server", &per_second(best[0] as usize, second), &note);
    row(
        "a kept tile",
        &per_second(best[1] as usize, second),
        &format!("{:.0} % of the bare server", best[1] / best[0] * 100.0),
    );
    Ok(())
}

/// Answers everything with the same bytes.
async fn bare_server(listener: TcpListener, bytes: Bytes) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let bytes = bytes.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |_| {
                let answer = hyper::Response::builder()
                    .header("content-type", MEDIA_TYPE)
                    .body(Full::new(bytes.clone()));
                async { answer }
            });
            let server = hyper::server::conn::http1::Builder::new();
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

/// Different tiles of an archive, all of them kept after the first round.
fn basemap(address: SocketAddr, tiles: &[TileId]) -> CommandResult {
    let requests: Vec<Vec<u8>> =
        tiles.iter().map(|tile| request(&path_of("base", *tile))).collect();
    let (count, took) = hammer(address, &requests)?;
    let note = format!("{} different tiles, {CLIENTS} clients", tiles.len());
    row("tiles of a PMTiles archive", &per_second(count, took), &note);
    Ok(())
}

/// Asks the same questions in turn on all connections; how many answers came in how long.
fn hammer(address: SocketAddr, requests: &[Vec<u8>]) -> Result<(usize, Duration), Box<dyn Error>> {
    let start = Instant::now();
    let count = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|i| {
                scope.spawn(move || -> Result<usize, String> {
                    let mut client = Client::connect(address).map_err(|e| e.to_string())?;
                    let mut count = 0;
                    while start.elapsed() < MEASURED {
                        let request = &requests[(count + i) % requests.len()];
                        client.ask(request).map_err(|e| e.to_string())?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        let mut all = 0;
        for client in clients {
            all += client.join().map_err(|_| "a client panicked".to_owned())??;
        }
        Ok::<usize, String>(all)
    })?;
    Ok((count, start.elapsed()))
}

/// A connection that waits for each answer.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 20] })
    }

    /// Asks, and reads the answer, which must be 200 or 204; gives its head.
    fn ask(&mut self, request: &[u8]) -> std::io::Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let (mut head, mut end) = (0, usize::MAX);
        while filled < end {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err(std::io::Error::other("the server closed a connection"));
            }
            filled += read;
            if end == usize::MAX
                && let Some(at) = memchr::memmem::find(&self.buffer[..filled], b"\r\n\r\n")
            {
                head = at + 4;
                end = head + content_length(&self.buffer[..head]);
            }
        }
        let head = &self.buffer[..head];
        if head.starts_with(b"HTTP/1.1 200") || head.starts_with(b"HTTP/1.1 204") {
            return Ok(head);
        }
        Err(std::io::Error::other(String::from_utf8_lossy(head).into_owned()))
    }
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length: ";
    let Some(at) = memchr::memmem::find(head, NAME) else { return 0 };
    let digits = head[at + NAME.len()..].iter().take_while(|b| b.is_ascii_digit());
    digits.fold(0, |n, b| n * 10 + usize::from(b - b'0'))
}

fn etag(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head);
    let tag = text.lines().find_map(|line| line.strip_prefix("etag: "));
    tag.unwrap_or_default().to_owned()
}

/// Changes many points at once, and asks meanwhile: how soon the change shows, and how
/// long others wait.
fn changing(
    folder: &Path,
    snapshot: Snapshot,
    state: &AppState,
    address: SocketAddr,
    points: &[ServicePoint],
) -> CommandResult {
    let store: Arc<dyn Store> =
        Arc::new(GeoPackage::open(&folder.join("bench.gpkg"), "synthetic")?);
    store::seed(store.as_ref(), &snapshot.city)?;
    let mut follower = Follower::new(snapshot.city, store.load()?);
    // As `serve` does: what the follower has not touched is shared from then on.
    let snapshot = Snapshot::build(follower.city());
    snapshot.shapes.warm(&snapshot.city);
    let current = state.publish(snapshot);
    let (followed, published) = (Arc::clone(&store), state.clone());
    thread::spawn(move || {
        follow(followed.as_ref(), follower, current, None, |next| published.publish(next))
    });

    // Jurisdictions, and tiles of which some change.
    let questions: Vec<Vec<u8>> = points
        .iter()
        .step_by(points.len() / 50)
        .flat_map(|p| {
            let (lon, lat) = (p.location.lon, p.location.lat);
            [request(&format!("/v1/locate?lon={lon}&lat={lat}")), request(&tile_of(p, 14))]
        })
        .collect();
    let watched = request(&tile_of(&points[0], 14));
    let mut watcher = Client::connect(address)?;
    let before = etag(watcher.ask(&watched)?);
    let changed = CHANGED.min(points.len());
    let mut batch = Batch::by("servicemap bench");
    for point in &points[..changed] {
        let mut record = PointRecord::from(point);
        record.name.zh.push_str("（改）");
        batch = batch.put(Record::Point(record));
    }
    let stop = AtomicBool::new(false);
    let (durable, visible, mut times) = thread::scope(|scope| {
        let asking: Vec<_> = (0..2)
            .map(|i| {
                let (stop, questions) = (&stop, &questions);
                scope.spawn(move || -> std::io::Result<Vec<Duration>> {
                    let mut client = Client::connect(address)?;
                    let mut times = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let start = Instant::now();
                        client.ask(&questions[(times.len() + i) % questions.len()])?;
                        times.push(start.elapsed());
                        // A map that is looked at, not an attack.
                        thread::sleep(Duration::from_micros(500));
                    }
                    Ok(times)
                })
            })
            .collect();
        let start = Instant::now();
        let written = store.write(batch);
        let durable = start.elapsed();
        let acknowledged = Instant::now();
        let shown = loop {
            match watcher.ask(&watched) {
                Ok(head) if etag(head) != before => break Ok(acknowledged.elapsed()),
                Err(e) => break Err(e),
                Ok(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for client in asking {
            times.extend(client.join().map_err(|_| "a client panicked")??);
        }
        written?;
        Ok::<_, Box<dyn Error>>((durable, shown?, times))
    })?;
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    row(
        &format!("{changed} points changed, until a tile shows it"),
        &format!("{} ms", visible.as_millis()),
        &format!("after the write was durable, which took {} ms", durable.as_millis()),
    );
    row(
        "others meanwhile, p50 / p99 / worst",
        &format!("{:.2} / {:.2} / {:.2} ms", at(0.5), at(0.99), at(1.0)),
        &format!("{} answers, two clients", times.len()),
    );
    Ok(())
}

fn tile_of(point: &ServicePoint, z: u8) -> String {
    let (x, y) = crate::geo::World::project(point.location).cell(u32::from(z));
    path_of("points", TileId { z, x, y })
}

/// A folder that goes when this does.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("servicemap-bench-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
