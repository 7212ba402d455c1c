//! The short way for a tile that was asked for before.
//!
//! A kept tile is a few microseconds of routing, parameters and layers around a copy of
//! nothing. Where the same address was answered from the same snapshot, in the same
//! coding, the answer is the same to the byte: it is remembered here, whole, as the long
//! way gave it, and sent again without going that way. Whatever is not exactly that goes
//! the long way: another method, a tag to compare, a filter that depends on the clock, a
//! basemap, whose file may have changed.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::Service;
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::accept::accepts;
use super::coding;
use super::layers::{PATH, TILE_TYPES};
use super::router::SERVER_TIMING;
use super::state::AppState;
use crate::index::Snapshot;
use crate::telemetry::RouteMetrics;
use crate::tiles::Coding;

/// What an entry takes beside its tile: headers, key, links.
const BYTES_AN_ENTRY: usize = 1024;
/// About what an entry takes in all, for the number of them that is made room for.
const BYTES_EXPECTED: u64 = 8192;

/// An answer that was given before, or one that comes the long way.
type Answer = Response<Either<Full<Bytes>, Body>>;
/// What a router answers with.
type Routed = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Put on an answer by its handler: it depends on nothing but the address, the coding and
/// the snapshot.
#[derive(Clone)]
pub(super) struct Repeatable {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) bytes: Bytes,
    pub(super) coding: Coding,
}

/// The whole service: the short way before the long one.
#[derive(Clone)]
pub struct Front {
    inner: Arc<Inner>,
}

struct Inner {
    state: AppState,
    router: Router,
    answers: Cache<Key, Kept, Weigh>,
    metrics: RouteMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Path and query.
    address: String,
    coding: Coding,
}

/// A key that owns nothing. Hashed as a [`Key`] is.
#[derive(Hash)]
struct Asked<'a> {
    address: &'a str,
    coding: Coding,
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.coding == key.coding && self.address == key.address
    }
}

#[derive(Clone)]
struct Kept {
    /// Keeps the address of its snapshot from being used again, but not what is in it.
    snapshot: Weak<Snapshot>,
    headers: HeaderMap,
    bytes: Bytes,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<Key, Kept> for Weigh {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.address.len() + kept.bytes.len() + BYTES_AN_ENTRY) as u64
    }
}

impl Front {
    /// Puts the short way before `router`, which answers from `state`.
    pub(super) fn new(state: AppState, router: Router) -> Self {
        let room = state.settings().tile_cache / 4;
        let entries = (room / BYTES_EXPECTED).clamp(1, 1 << 16) as usize;
        let answers = Cache::with_weighter(entries, room, Weigh);
        let metrics = state.metrics().route(PATH, "GET", StatusCode::OK.as_u16());
        Self { inner: Arc::new(Inner { state, router, answers, metrics }) }
    }
}

impl Inner {
    /// The answer, if it was given before and still holds.
    fn again(&self, request: &Request<Incoming>) -> Option<Answer> {
        let start = Instant::now();
        let headers = request.headers();
        if headers.contains_key(header::IF_NONE_MATCH) || !accepts(headers, &TILE_TYPES) {
            return None;
        }
        let address = request.uri().path_and_query()?.as_str();
        let kept = self.answers.get(&Asked { address, coding: coding::accepted(headers) })?;
        if !self.state.answers_from(&kept.snapshot) {
            return None;
        }
        let mut response = Response::new(Either::Left(Full::new(kept.bytes)));
        *response.headers_mut() = kept.headers;
        self.state.tile_cache().count_hit();
        self.metrics.record(start.elapsed());
        Some(response)
    }

    /// Remembers an answer that may be repeated.
    fn remember(&self, address: String, response: &mut Response<Body>) {
        let Some(repeatable) = response.extensions_mut().remove::<Repeatable>() else { return };
        let Repeatable { snapshot, bytes, coding } = repeatable;
        let snapshot = Arc::downgrade(&snapshot);
        // How long it took says nothing of the answers to come.
        let mut headers = response.headers().clone();
        headers.remove(SERVER_TIMING);
        let kept = Kept { snapshot, headers, bytes };
        self.answers.insert(Key { address, coding }, kept);
    }
}

impl Service<Request<Incoming>> for Front {
    type Response = Answer;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let mut router = self.inner.router.clone();
        let mut route = |request| tower_service::Service::call(&mut router, request);
        let may_repeat =
            request.method() == Method::GET && request.uri().path().starts_with("/tiles/");
        if !may_repeat {
            return Answering::Long(Box::pin(route(request)));
        }
        if let Some(answer) = self.inner.again(&request) {
            return Answering::Short(Some(answer));
        }
        let address = request.uri().path_and_query().map(|p| p.as_str().to_owned());
        let inner = Arc::clone(&self.inner);
        let answer = route(request);
        Answering::Long(Box::pin(async move {
            let mut response = answer.await?;
            inner.remember(address.unwrap_or_default(), &mut response);
            Ok(response)
        }))
    }
}

/// An answer that is there, or one that is made.
pub enum Answering {
    /// Taken when it is polled.
    Short(Option<Answer>),
    /// The long way.
    Long(Routed),
}

impl Future for Answering {
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // Nobody polls an answer that was taken.
            Self::Short(answer) => answer.take().map_or(Poll::Pending, |a| Poll::Ready(Ok(a))),
            Self::Long(answer) => {
                answer.as_mut().poll(context).map_ok(|response| response.map(Either::Right))
            }
        }
    }
}
