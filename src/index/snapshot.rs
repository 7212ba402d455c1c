//! One consistent state of everything that is asked.

use std::sync::LazyLock;
use std::thread;
use std::time::Instant;

use super::{DivisionIndex, PlaceIndex, PointIndex, Shapes, TextIndex};
use crate::city::City;

/// One consistent state of everything that is asked.
#[derive(Debug)]
pub struct Snapshot {
    /// The records.
    pub city: City,
    /// Names this state; part of every entity tag.
    pub version: String,
    /// Service points by place, category, matter, division.
    pub points: PointIndex,
    /// Divisions by place and code.
    pub divisions: DivisionIndex,
    /// The gazetteer by place.
    pub places: PlaceIndex,
    /// Everything that has a name, by its names.
    pub text: TextIndex,
    /// Outlines and lines made ready for drawing.
    pub shapes: Shapes,
}

impl Snapshot {
    /// Builds every read model, on two threads. About half a second for a city of
    /// 40,000 names.
    pub fn build(city: City) -> Self {
        let start = Instant::now();
        let (version, places, divisions, points, text) = thread::scope(|scope| {
            let program = scope.spawn(program);
            // The longest of them starts first.
            let text = scope.spawn(|| TextIndex::build(&city));
            let places = scope.spawn(|| PlaceIndex::build(&city.places));
            let divisions = DivisionIndex::build(&city);
            let points = PointIndex::build(&city, &divisions);
            // A panic of the other thread is this thread's panic too.
            let places = places.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let mut text = text.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            text.settle(&city, &divisions);
            let program = program.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let version = format!("{}-{program}", city.digest);
            (version, places, divisions, points, text)
        });
        tracing::info!(
            points = city.points.len(),
            divisions = city.divisions.len(),
            places = city.places.len(),
            elapsed_ms = start.elapsed().as_millis() as u64,
            "snapshot built"
        );
        let shapes = Shapes::default();
        Self { city, version, points, divisions, places, text, shapes }
    }
}

/// Names this build of the program. Part of the version, because another build may
/// answer differently from the same records, and browsers keep what they have.
fn program() -> &'static str {
    static DIGEST: LazyLock<String> = LazyLock::new(|| {
        let bytes = std::env::current_exe().and_then(std::fs::read);
        bytes.map_or_else(
            |_| env!("CARGO_PKG_VERSION").to_owned(),
            |bytes| blake3::hash(&bytes).to_hex()[..8].to_owned(),
        )
    });
    &DIGEST
}
