//! Questions without a text: what is near, and what is here.

use super::admit::Admission;
use super::rank::{Score, WEIGHTS, nearness, score};
use super::{Accuracy, Hit, HitKind, MAX_SIZE, MatchType, Query, accuracy_of, gid};
use crate::geo::{Bounds, LonLat};
use crate::index::Snapshot;
use crate::index::text::Kind;

/// Metres beyond which a place is no longer "here".
const HERE: f64 = 5_000.0;
/// Points or places looked at in one question, whatever the filters.
const VISITED: usize = 20_000;

/// The selected points, nearest first; from the middle of the city where nobody stands
/// anywhere. Nothing where there is neither a filter nor a position.
pub(super) fn without_text(s: &Snapshot, query: &Query) -> Vec<Hit> {
    let admission = Admission::new(s, query);
    let circle = query.circle.map(|(center, _)| center);
    let asked = query.focus.or(circle);
    if asked.is_none() && admission.points.is_none() {
        return Vec::new();
    }
    let from = asked.unwrap_or_else(|| s.city.manifest.center());
    s.points
        .nearest(from, &admission.points)
        .take(VISITED)
        .filter(|(point, _)| admission.point(*point))
        .take(query.size.min(MAX_SIZE))
        .map(|(point, metres)| hit(s, HitKind::Point(point), asked.map(|_| metres)))
        .collect()
}

/// What a global id names, as a hit.
pub fn place(s: &Snapshot, gid: &str) -> Option<Hit> {
    gid::by_gid(s, gid).map(|kind| hit(s, kind, None))
}

/// What is at a position: the nearest points and places, nearest first, then the
/// divisions that cover it, smallest first. `layers` leaves these alone.
pub fn reverse(s: &Snapshot, at: LonLat, layers: Option<&[String]>, size: usize) -> Vec<Hit> {
    let size = size.min(MAX_SIZE);
    let wanted = |hit: HitKind| layers.is_none_or(|l| l.iter().any(|l| l == gid::layer(s, hit)));
    let near = |walk: &mut dyn Iterator<Item = (HitKind, f64)>| -> Vec<(HitKind, f64)> {
        walk.take(VISITED)
            .take_while(|(_, metres)| *metres <= HERE)
            .filter(|(hit, _)| wanted(*hit))
            .take(size)
            .collect()
    };
    let mut all = Vec::new();
    // From far away every place would be measured, to find none.
    if Bounds::around(at, HERE).meets(&s.city.manifest.bounds) {
        let points = s.points.nearest(at, &None);
        all.extend(near(&mut points.map(|(i, m)| (HitKind::Point(i), m))));
        let places = s.places.nearest(&s.city.places, at);
        all.extend(near(&mut places.map(|(i, m)| (HitKind::Place(i), m))));
    }
    all.sort_by(|a, b| a.1.total_cmp(&b.1));
    let covering = s.divisions.covering(at).into_iter().flatten().rev();
    let covering: Vec<HitKind> = covering.map(HitKind::Division).filter(|h| wanted(*h)).collect();
    // Room is kept for the divisions: they are what is certain. But the nearest thing
    // comes in any case, for whoever asks for one answer.
    all.truncate(size.saturating_sub(covering.len()).max(1));
    let near = all.into_iter().map(|(kind, metres)| hit(s, kind, Some(metres)));
    let around =
        covering.into_iter().map(|kind| Hit { distance_m: Some(0.0), ..hit(s, kind, None) });
    near.chain(around).take(size).collect()
}

fn hit(s: &Snapshot, kind: HitKind, distance_m: Option<f64>) -> Hit {
    let index_kind = match kind {
        HitKind::Point(_) => Kind::Point,
        HitKind::Place(_) => Kind::Place,
        HitKind::Division(_) => Kind::Division,
        HitKind::Matter(_) => Kind::Matter,
    };
    let accuracy = accuracy_of(s, kind);
    let near = distance_m.map_or(0.0, nearness);
    let score = Score { near: near * WEIGHTS.near, ..score(0.0, 0.0, index_kind, None) };
    Hit {
        kind,
        layer: gid::layer(s, kind),
        // Pelias' measure for an answer by position: sure at hand, less with distance.
        confidence: distance_m.map_or(1.0, |_| 0.5 + 0.5 * near),
        match_type: if accuracy == Accuracy::Centroid {
            MatchType::Centroid
        } else {
            MatchType::Exact
        },
        accuracy,
        location: super::location(s, kind),
        distance_m,
        highlight: Vec::new(),
        matched: None,
        because: None,
        points: None,
        score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::PointFilter;
    use crate::search::{fixture, search};

    #[test]
    fn an_empty_text_with_a_category_gives_the_nearest_of_it() {
        let s = fixture::snapshot();
        let filter = PointFilter { category: Some("library".into()), ..PointFilter::default() };
        let focus = Some(LonLat::new(116.41, 39.91));
        let query = Query { filter, focus, size: 10, ..Query::default() };
        let hits = search(&s, &query).hits;
        assert!(!hits.is_empty());
        assert!(hits.is_sorted_by_key(|h| h.distance_m.unwrap()));
        assert!(hits.iter().all(|h| h.layer == "venue"));
        assert!(search(&s, &Query { size: 10, ..Query::default() }).hits.is_empty());
    }

    #[test]
    fn a_position_is_answered_with_what_is_near_and_what_covers_it() {
        let s = fixture::snapshot();
        let hits = reverse(&s, LonLat::new(116.35, 39.95), None, 10);
        assert_eq!(hits.last().map(|h| h.layer), Some("county"));
        let only = reverse(&s, LonLat::new(116.35, 39.95), Some(&["street".to_owned()]), 10);
        assert!(!only.is_empty() && only.iter().all(|h| h.layer == "street"));
    }
}
