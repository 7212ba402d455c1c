//! One consistent state of everything that is asked.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Instant;

use jiff::civil::Date;

use super::text::is_known_alike;
use super::{DivisionIndex, PlaceIndex, PointIndex, Shapes, TextIndex, TicketIndex};
use crate::access::Keys;
use crate::city::{City, ServicePoint};

/// One consistent state of everything that is asked.
#[derive(Debug)]
pub struct Snapshot {
    /// The records.
    pub city: City,
    /// Names this state; part of every entity tag.
    pub version: String,
    /// Names what stays when points, divisions or keys change: the pack and the program.
    pub ground: String,
    /// Service points by place, category, matter, division.
    pub points: Arc<PointIndex>,
    /// Divisions by place and code.
    pub divisions: Arc<DivisionIndex>,
    /// The gazetteer by place.
    pub places: Arc<PlaceIndex>,
    /// Everything that has a name, by its names.
    pub text: Arc<TextIndex>,
    /// Outlines and lines made ready for drawing.
    pub shapes: Arc<Shapes>,
    /// Who may do what.
    pub keys: Arc<Keys>,
    /// Tickets, for counting. They have a sequence number of their own, because they change
    /// by the minute and nothing else depends on them: `version` does not tell them.
    pub tickets: Arc<TicketIndex>,
}

impl Snapshot {
    /// Builds every read model, on two threads. About half a second for a city of
    /// 40,000 names.
    pub fn build(city: City) -> Self {
        let today = city.today();
        Self::build_on(city, today)
    }

    /// Builds it as if `today` were today.
    pub fn build_on(city: City, today: Date) -> Self {
        Self::build_after(city, today, None, None)
    }

    /// Builds it with the index of names kept in `folder` ([`TextIndex::build_kept`]).
    pub fn build_kept(city: City, folder: Option<&Path>) -> Self {
        let today = city.today();
        Self::build_after(city, today, None, folder)
    }

    /// The snapshot of `city`, which came from this one's by some changes. Equal to
    /// [`Snapshot::build`], and shares what has not changed: outlines, borders, gazetteer
    /// and the names of all three if no division did, and the names of the points if
    /// none of them did. So the time is that of the points: some milliseconds for 500.
    #[must_use]
    pub fn next(&self, city: City) -> Self {
        let today = city.today();
        self.next_on(city, today)
    }

    /// The same as if `today` were today.
    #[must_use]
    pub fn next_on(&self, city: City, today: Date) -> Self {
        Self::build_after(city, today, Some(self), None)
    }

    /// Whether a day has begun on which there are other divisions.
    pub fn is_outdated(&self) -> bool {
        !self.divisions.holds_on(self.city.today())
    }

    /// The same with other keys.
    #[must_use]
    pub fn with_keys(mut self, keys: Arc<Keys>) -> Self {
        self.keys = keys;
        self
    }

    /// The same but for the tickets.
    #[must_use]
    pub fn with_tickets(&self, tickets: Arc<TicketIndex>) -> Self {
        Self {
            city: self.city.clone(),
            version: self.version.clone(),
            ground: self.ground.clone(),
            points: Arc::clone(&self.points),
            divisions: Arc::clone(&self.divisions),
            places: Arc::clone(&self.places),
            text: Arc::clone(&self.text),
            shapes: Arc::clone(&self.shapes),
            tickets,
            keys: Arc::clone(&self.keys),
        }
    }

    fn build_after(city: City, today: Date, before: Option<&Self>, folder: Option<&Path>) -> Self {
        let start = Instant::now();
        let same_divisions = before
            .filter(|b| Arc::ptr_eq(&b.city.divisions, &city.divisions))
            .filter(|b| b.divisions.holds_on(today));
        let same_places = before.filter(|b| Arc::ptr_eq(&b.city.places, &city.places));
        let same_ground = same_divisions.filter(|_| same_places.is_some());
        let same_names = same_ground.filter(|b| has_same_names(&b.city.points, &city.points));
        let (program, places, divisions, points, text) = thread::scope(|scope| {
            let program = scope.spawn(program);
            // The longest of them starts first.
            let text = match same_names {
                Some(before) => Ok(Arc::clone(&before.text)),
                None => Err(scope.spawn(|| match same_ground {
                    Some(before) => before.text.next(&before.city, &city),
                    None => TextIndex::build_kept(&city, folder),
                })),
            };
            let places = same_places.map_or_else(
                || Arc::new(PlaceIndex::build(&city.places)),
                |before| Arc::clone(&before.places),
            );
            let divisions = same_divisions.map_or_else(
                || Arc::new(DivisionIndex::build_on(&city.divisions, today)),
                |before| Arc::clone(&before.divisions),
            );
            let points = PointIndex::build(&city, &divisions);
            let text = text.unwrap_or_else(|building| {
                // A panic of the other thread is this thread's panic too.
                let mut text =
                    building.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                text.settle(&city, &divisions);
                Arc::new(text)
            });
            let program = program.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (program, places, divisions, points, text)
        });
        let mut version = format!("{}-{program}", city.digest);
        if let Some(since) = divisions.since() {
            version.push_str(&since.strftime("-%Y%m%d").to_string());
        }
        let ground = format!("{}-{program}", city.pack_digest());
        let same_roads = before.is_some_and(|b| Arc::ptr_eq(&b.city.roads, &city.roads));
        let shapes = same_divisions
            .filter(|_| same_roads)
            .map_or_else(|| Arc::new(Shapes::new(today)), |before| Arc::clone(&before.shapes));
        tracing::info!(
            points = city.points.len(),
            divisions = city.divisions.len(),
            places = city.places.len(),
            elapsed_ms = start.elapsed().as_millis() as u64,
            "snapshot built"
        );
        let keys = before.map_or_else(Arc::default, |b| Arc::clone(&b.keys));
        let tickets = before.map_or_else(Arc::default, |before| Arc::clone(&before.tickets));
        let points = Arc::new(points);
        Self { city, version, ground, points, divisions, places, text, shapes, keys, tickets }
    }
}

/// Names this build of the program. Part of the version, because another build may
/// answer differently from the same records, and browsers keep what they have.
pub(super) fn program() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let bytes = std::env::current_exe().and_then(std::fs::read);
        bytes.map_or_else(
            |_| env!("CARGO_PKG_VERSION").to_owned(),
            |bytes| blake3::hash(&bytes).to_hex()[..8].to_owned(),
        )
    });
    &DIGEST
}

/// Whether the text index of `a` is that of `b`: the same points in the same order, as
/// far as it knows them.
fn has_same_names(a: &[ServicePoint], b: &[ServicePoint]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(p, q)| is_known_alike(p, q))
}
