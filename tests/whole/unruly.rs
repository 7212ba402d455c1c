//! A server of https on this machine that behaves, or misbehaves as it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) host: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

/// What is answered.
pub(crate) enum Reply {
    /// Status, headers, body.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Nothing, and the connection stays.
    Silence,
    /// 200 and a body without end.
    Endless,
    /// What is no HTTP.
    Garbage,
    /// A body that is announced, and half of it.
    Half,
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Plain(200, Vec::new(), body.into())
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), Vec::new())
    }

    pub(crate) fn to(location: &str) -> Self {
        Self::Plain(302, vec![("location", location.to_owned())], Vec::new())
    }
}

type Handler = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

struct Shared {
    handler: Mutex<Arc<Handler>>,
    seen: Mutex<Vec<Request>>,
    /// Requests under way by host, and the most that ever were.
    busy: Mutex<BTreeMap<String, (usize, usize)>>,
    stopped: AtomicBool,
    silent: AtomicUsize,
}

/// The server. Whatever the host, it has a certificate that [`Unruly::authorities`] trusts,
/// but for `untrusted.example`, `expired.example` and `misnamed.example`.
pub(crate) struct Unruly {
    pub(crate) address: SocketAddr,
    /// PEM.
    pub(crate) authorities: String,
    shared: Arc<Shared>,
}

impl Unruly {
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (certificates, authorities) = Certificates::make();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(certificates));
        let shared = Arc::new(Shared {
            handler: Mutex::new(Arc::new(Box::new(handler))),
            seen: Mutex::default(),
            busy: Mutex::default(),
            stopped: AtomicBool::new(false),
            silent: AtomicUsize::new(0),
        });
        let (config, own) = (Arc::new(config), Arc::clone(&shared));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if own.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (config, own) = (Arc::clone(&config), Arc::clone(&own));
                // A client that gives up is none of our business.
                thread::spawn(move || stream.and_then(|stream| serve(stream, config, &own)));
            }
        });
        Self { address, authorities, shared }
    }

    /// Answers otherwise from now on.
    pub(crate) fn now(&self, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        *self.shared.handler.lock().unwrap() = Arc::new(Box::new(handler));
    }

    /// What was asked since the last time.
    pub(crate) fn seen(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }

    /// The most requests to one host that were under way at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.busy.lock().unwrap().values().map(|(_, most)| *most).max().unwrap_or_default()
    }
}

impl Drop for Unruly {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, shared: &Shared) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let host = headers.get("host").cloned().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_owned();
    let request = Request { host: host.clone(), path, headers };
    shared.seen.lock().unwrap().push(request.clone());
    {
        let mut busy = shared.busy.lock().unwrap();
        let (now, most) = busy.entry(host.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }
    let handler = Arc::clone(&shared.handler.lock().unwrap());
    let reply = handler(&request);
    let written = write(stream.get_mut(), reply, shared);
    shared.busy.lock().unwrap().get_mut(&host).unwrap().0 -= 1;
    written
}

fn write(
    stream: &mut StreamOwned<ServerConnection, TcpStream>,
    reply: Reply,
    shared: &Shared,
) -> std::io::Result<()> {
    match reply {
        Reply::Plain(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head += &[name, ": ", &value, "\r\n"].concat();
            }
            stream.write_all((head + "connection: close\r\n\r\n").as_bytes())?;
            stream.write_all(&body)?;
        }
        Reply::Silence => {
            shared.silent.fetch_add(1, Ordering::SeqCst);
            // Until the client goes, or the test is over.
            stream.sock.set_read_timeout(Some(Duration::from_secs(30)))?;
            let _ = stream.read(&mut [0]);
        }
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 16 * 1024])?;
            }
        }
        Reply::Garbage => stream.write_all(b"220 mail.example ready\r\n\r\n")?,
        Reply::Half => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf")?;
        }
    }
    stream.conn.send_close_notify();
    stream.flush()
}

/// A certificate for each host that asks.
#[derive(Debug)]
struct Certificates {
    trusted: Issuer<'static, KeyPair>,
    unknown: Issuer<'static, KeyPair>,
}

impl Certificates {
    /// With the authority that is to be trusted.
    fn make() -> (Self, String) {
        let authority = || {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let pem = params.self_signed(&key).unwrap().pem();
            (Issuer::new(params, key), pem)
        };
        let ((trusted, pem), (unknown, _)) = (authority(), authority());
        (Self { trusted, unknown }, pem)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().unwrap_or("127.0.0.1");
        let named = if host == "misnamed.example" { "another.example" } else { host };
        let mut params = CertificateParams::new(vec![named.to_owned()]).ok()?;
        if host == "expired.example" {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let issuer = if host == "untrusted.example" { &self.unknown } else { &self.trusted };
        let key = KeyPair::generate().ok()?;
        let certificate = params.signed_by(&key, issuer).ok()?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).ok()?;
        let key = ring::sign::any_supported_type(&key).ok()?;
        Some(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
    }
}
