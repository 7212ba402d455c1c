//! One GET of an address that is not trusted.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::DefaultConnector;
use url::Url;

use super::address::{NotPublic, PublicOnly};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// Most bytes of the head of an answer.
const MAX_HEAD: usize = 64 * 1024;

/// How other servers are asked.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How long a request may take, with its redirects and whatever is read of the body.
    pub timeout: Duration,
    /// Address or mailbox under which whoever is asked can reach the operator.
    pub contact: Option<String>,
    /// Hosts whose address the operator names. Only these may be in a private network.
    pub named: BTreeMap<String, SocketAddr>,
    /// Certificates (PEM) that are trusted; those of the system where left out.
    pub authorities: Option<Vec<u8>>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(15),
            contact: None,
            named: BTreeMap::new(),
            authorities: None,
        }
    }
}

/// Why there is no answer. None of these says anything secret.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address, or one that it leads on to, is not https.
    #[error("{0} is not encrypted (https)")]
    NotHttps(String),
    /// The address, or one that it leads on to, is in a private network.
    #[error(transparent)]
    NotPublic(NotPublic),
    /// It leads on and on.
    #[error("it leads on more than {MAX_REDIRECTS} times")]
    Redirects,
    /// It leads on to what is no address.
    #[error("it leads on to \"{0}\", which is no address")]
    Location(String),
    /// Nothing came in time.
    #[error("it does not answer in time")]
    Timeout,
    /// The certificate or the handshake is bad.
    #[error("its encryption is broken: {0}")]
    Tls(String),
    /// There is no such host, or nobody listens.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// What came is no HTTP.
    #[error("its answer is broken: {0}")]
    Broken(String),
    /// More came than is read.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// The trusted certificates cannot be read.
    #[error("the trusted certificates cannot be read: {0}")]
    Authorities(String),
}

impl FetchError {
    /// Whether our own network may be what failed.
    pub const fn may_be_ours(&self) -> bool {
        matches!(self, Self::Timeout | Self::Unreachable(_))
    }
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status: never one of a redirect that was followed.
    pub status: u16,
    /// Where it came from, after redirects.
    pub url: Url,
    headers: HeaderMap,
    body: ureq::Body,
}

impl Answer {
    /// A header, where it is a text.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body.
    ///
    /// # Errors
    /// Where it is larger than `limit` bytes or does not arrive.
    pub fn read(self, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        let mut body = self.body.into_reader().take(limit + 1);
        body.read_to_end(&mut bytes).map_err(|e| of_io(&e))?;
        if bytes.len() as u64 > limit { Err(FetchError::TooLarge(limit)) } else { Ok(bytes) }
    }

    /// The first bytes of the body, at most `limit` of them; the rest is not waited for.
    ///
    /// # Errors
    /// Where not even these arrive.
    pub fn begin(self, limit: u64) -> Result<Vec<u8>, FetchError> {
        let mut bytes = Vec::new();
        self.body.into_reader().take(limit).read_to_end(&mut bytes).map_err(|e| of_io(&e))?;
        Ok(bytes)
    }
}

/// Asks other servers.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
}

impl Client {
    /// A client on these terms. It takes no proxy from the environment: a proxy would look
    /// hosts up itself.
    ///
    /// # Errors
    /// [`FetchError::Authorities`].
    pub fn new(terms: &Terms) -> Result<Self, FetchError> {
        let roots = match &terms.authorities {
            None => RootCerts::PlatformVerifier,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let contact = terms.contact.as_ref().map(|c| format!(" (+{c})")).unwrap_or_default();
        let config = Config::builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(None)
            .https_only(true)
            .http_status_as_error(false)
            // Each step is looked at before it is taken.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(terms.timeout))
            .max_response_header_size(MAX_HEAD)
            .max_idle_connections(0)
            .user_agent(format!("servicemap/{}{contact}", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = PublicOnly { named: terms.named.clone() };
        Ok(Self { agent: Agent::with_parts(config, DefaultConnector::default(), resolver) })
    }

    /// The answer to a GET, after at most five redirects.
    ///
    /// # Errors
    /// Where there is none, or none that may be had.
    pub fn get(&self, url: &Url, headers: &[(&str, &str)]) -> Result<Answer, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            if url.scheme() != "https" {
                return Err(FetchError::NotHttps(url.to_string()));
            }
            let mut request = self.agent.get(url.as_str());
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (head, body) = request.call().map_err(of_ureq)?.into_parts();
            if is_redirect(head.status)
                && let Some(location) = head.headers.get(header::LOCATION)
            {
                let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
                url = url.join(&location).map_err(|_| FetchError::Location(location))?;
                continue;
            }
            let status = head.status.as_u16();
            return Ok(Answer { status, url, headers: head.headers, body });
        }
        Err(FetchError::Redirects)
    }
}

const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, FetchError> {
    let fault = |e: ureq::Error| FetchError::Authorities(e.to_string());
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(fault)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(FetchError::Authorities("there is no certificate in the file".to_owned()));
    }
    Ok(certificates)
}

fn of_ureq(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(_) => FetchError::Timeout,
        ureq::Error::Io(e) => of_io(&e),
        ureq::Error::HostNotFound => FetchError::Unreachable("there is no such host".to_owned()),
        ureq::Error::ConnectionFailed => FetchError::Unreachable("nobody listens".to_owned()),
        ureq::Error::Rustls(e) => FetchError::Tls(e.to_string()),
        ureq::Error::Tls(what) => FetchError::Tls(what.to_owned()),
        ureq::Error::RequireHttpsOnly(url) => FetchError::NotHttps(url),
        ureq::Error::Other(e) => match e.downcast::<NotPublic>() {
            Ok(refused) => FetchError::NotPublic(*refused),
            Err(e) => FetchError::Broken(e.to_string()),
        },
        e => FetchError::Broken(e.to_string()),
    }
}

/// The error of a connection: what is inside says more than its kind.
fn of_io(error: &io::Error) -> FetchError {
    let inner = error.get_ref();
    if let Some(inner) = inner.and_then(|e| e.downcast_ref::<ureq::Error>()) {
        return match inner {
            ureq::Error::Timeout(_) => FetchError::Timeout,
            e => FetchError::Broken(e.to_string()),
        };
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FetchError::Timeout,
        // The error of a handshake; what is wrong with HTTP has errors of its own.
        io::ErrorKind::InvalidData => FetchError::Tls(error.to_string()),
        io::ErrorKind::UnexpectedEof => FetchError::Broken(error.to_string()),
        _ => FetchError::Unreachable(error.to_string()),
    }
}
