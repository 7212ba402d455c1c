//! One consistent state of everything that is asked.

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
        let version = city.digest.clone();
        let (places, divisions, points, text) = thread::scope(|scope| {
            // The longest of them starts first.
            let text = scope.spawn(|| TextIndex::build(&city));
            let places = scope.spawn(|| PlaceIndex::build(&city.places));
            let divisions = DivisionIndex::build(&city);
            let points = PointIndex::build(&city, &divisions);
            // A panic of the other thread is this thread's panic too.
            let places = places.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let mut text = text.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            text.settle(&city, &divisions);
            (places, divisions, points, text)
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
