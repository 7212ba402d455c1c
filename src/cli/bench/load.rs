//! The server under load: the same process, a socket, and clients that wait for each
//! answer.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::super::CommandResult;
use super::{per_second, row};
use crate::config::{Given, Settings};
use crate::geo::LonLat;
use crate::http::{self, AppState};
use crate::index::Snapshot;
use crate::telemetry::Metrics;
use crate::tiles::Archives;

/// Clients at a time.
const CLIENTS: usize = 16;
/// Questions of each client.
const QUESTIONS: usize = 5_000;

/// Asks for what lies around each of `points`, one by one and all together.
pub(super) fn run(snapshot: Snapshot, points: &[LonLat]) -> CommandResult {
    with_server(snapshot, |address| {
        let path = |p: &LonLat| format!("/v1/locate?lon={}&lat={}", p.lon, p.lat);
        let paths: Vec<String> = points.iter().take(CLIENTS * QUESTIONS).map(path).collect();
        singles(address, &paths, QUESTIONS)?;
        batch(address, points)
    })
}

/// Asks for `paths`, so many a client.
pub(super) fn search(snapshot: Snapshot, paths: &[String], each: usize) -> CommandResult {
    with_server(snapshot, |address| singles(address, paths, each))
}

fn with_server(
    snapshot: Snapshot,
    what: impl FnOnce(SocketAddr) -> CommandResult,
) -> CommandResult {
    let given = Given { city: Some("synthetic".into()), ..Given::default() };
    let state =
        AppState::new(Settings::resolve(given, None)?, Archives::default(), Metrics::install()?);
    state.publish(snapshot);
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let server = runtime.spawn(axum::serve(listener, http::build(state)).into_future());

    let done = what(address);
    server.abort();
    done
}

/// Single questions of [`CLIENTS`] clients.
fn singles(address: SocketAddr, paths: &[String], each: usize) -> CommandResult {
    let start = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|i| {
            let own: Vec<String> =
                paths.iter().skip(i).step_by(CLIENTS).take(each).cloned().collect();
            thread::spawn(move || ask(address, &own).map_err(|e| e.to_string()))
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.join().map_err(|_| "a client panicked")??);
    }
    let took = start.elapsed();
    row("HTTP, single, 16 clients", &per_second(times.len(), took), "clients on the same cores");
    let (mut outside, mut inside): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
    for (which, times) in [("as the clients wait", &mut outside), ("in the server", &mut inside)] {
        times.sort_unstable();
        let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        row(
            &format!("HTTP, single, 16 clients, {which}, p50 / p99"),
            &format!("{:.2} / {:.2} ms", millis(at(0.5)), millis(at(0.99))),
            "",
        );
    }
    Ok(())
}

fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}

/// How long an answer took for the client, and in the server as it says itself.
type Times = (Duration, Duration);

/// One client with one connection.
fn ask(address: SocketAddr, paths: &[String]) -> Result<Vec<Times>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut body) = (String::new(), Vec::new());
    let mut times = Vec::with_capacity(paths.len());
    for path in paths {
        let start = Instant::now();
        let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let (mut length, mut inside) = (0, Duration::ZERO);
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse()?;
            } else if let Some(value) = line.strip_prefix("server-timing: total;dur=") {
                inside = Duration::from_secs_f64(value.trim().parse::<f64>()? / 1e3);
            } else if line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.1 200") {
                return Err(format!("the server answered {line}").into());
            } else if line.trim().is_empty() {
                break;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        times.push((start.elapsed(), inside));
    }
    Ok(times)
}

/// All positions as one NDJSON body, sent and read at the same time.
fn batch(address: SocketAddr, points: &[LonLat]) -> CommandResult {
    let mut body = Vec::with_capacity(points.len() * 64);
    for (i, p) in points.iter().enumerate() {
        writeln!(body, "{{\"id\":{i},\"lon\":{:.7},\"lat\":{:.7}}}", p.lon, p.lat)?;
    }
    let mut stream = TcpStream::connect(address)?;
    let mut reader = BufReader::with_capacity(256 * 1024, stream.try_clone()?);
    let head = format!(
        "POST /v1/locate HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\
         content-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let start = Instant::now();
    let sender = thread::spawn(move || {
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)
    });
    let mut rows = 0;
    let mut before = 0u8;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        // Each row ends so; what frames the pieces does not.
        for i in memchr::memchr_iter(b'\n', bytes) {
            rows += usize::from((if i > 0 { bytes[i - 1] } else { before }) == b'}');
        }
        before = bytes[bytes.len() - 1];
        let read = bytes.len();
        reader.consume(read);
    }
    let took = start.elapsed();
    sender.join().map_err(|_| "the sender panicked")??;
    if rows != points.len() {
        return Err(format!("{} rows were sent and {rows} came back", points.len()).into());
    }
    row("HTTP, NDJSON batch, one connection", &per_second(rows, took), "client on the same cores");
    Ok(())
}
